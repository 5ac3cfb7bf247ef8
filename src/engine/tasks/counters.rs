//! `Counters`: the quantities of a task, counted where they happen and read by every frame's snapshot.
//! Bytes of a step in flight are counted at once; a try that is given up takes its bytes back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use crate::backend::Meter;
use crate::domain::{
    diff::Level,
    key::Key,
    plan::Op,
    progress::{InFlight, Outcome, TaskSnapshot},
};

/// The most steps in flight that a snapshot shows.
pub(super) const SHOWN_IN_FLIGHT: usize = 64;

/// Quantities of one task; shared by its workers.
#[derive(Debug, Default)]
pub struct Counters {
    bytes: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    verified: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    kept: AtomicU64,
    workers: AtomicU16,
    /// 0 until the store asked to slow down.
    slowed_to: AtomicU32,
    buffered: AtomicU64,
    most_buffered: AtomicU64,
    flights: Mutex<Table>,
}

/// Steps in flight by order of their beginning.
#[derive(Debug, Default)]
struct Table {
    next: u64,
    rows: BTreeMap<u64, Row>,
}

#[derive(Debug)]
struct Row {
    seq: u32,
    key: Key,
    op: Op,
    size: u64,
    bytes: Arc<AtomicU64>,
}

impl Counters {
    /// Puts a step of `size` bytes among those in flight, until the returned value is dropped.
    pub fn begin(self: &Arc<Self>, seq: u32, key: &Key, op: Op, size: u64) -> Flight {
        let bytes = Arc::new(AtomicU64::new(0));
        let row = Row {
            seq,
            key: key.clone(),
            op,
            size,
            bytes: Arc::clone(&bytes),
        };
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        table.rows.insert(number, row);
        drop(table);
        Flight {
            counters: Arc::clone(self),
            number,
            bytes,
        }
    }

    /// Counts how a step ended; bytes were counted while they moved.
    pub fn ended(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Done { proof, .. } => {
                self.done.fetch_add(1, Relaxed);
                if proof.is_some_and(|level| level >= Level::Checksum) {
                    self.verified.fetch_add(1, Relaxed);
                }
            }
            Outcome::Skipped { .. } => {
                self.skipped.fetch_add(1, Relaxed);
            }
            Outcome::Failed(_) => {
                self.failed.fetch_add(1, Relaxed);
            }
        }
    }

    /// Counts what earlier runs of the task did: bytes, too.
    pub fn ended_before(&self, outcome: &Outcome) {
        self.ended(outcome);
        if let Outcome::Done { bytes, .. } = outcome {
            self.bytes.fetch_add(*bytes, Relaxed);
        }
    }

    /// Steps that ended so far, however they did.
    pub fn ended_steps(&self) -> u64 {
        self.done.load(Relaxed) + self.failed.load(Relaxed) + self.skipped.load(Relaxed)
    }

    /// Takes a counted failure back: a person asked for the step once more.
    pub fn tried_again(&self) {
        self.failed.fetch_sub(1, Relaxed);
    }

    /// Counts a try beyond the first.
    pub fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// Counts an answer that asked to slow down.
    pub fn throttled(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    /// Counts bytes of changed files that stayed in S3 instead of being sent again.
    pub fn kept(&self, bytes: u64) {
        self.kept.fetch_add(bytes, Relaxed);
    }

    /// Tells how many workers are allowed now.
    pub fn set_workers(&self, workers: u16) {
        self.workers.store(workers, Relaxed);
    }

    /// Tells how many requests a second the store bears.
    pub fn set_slowed_to(&self, per_second: f64) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float that is too large saturates, and none is below 1"
        )]
        self.slowed_to.store(per_second as u32, Relaxed);
    }

    /// Counts bytes that a buffer may hold from now on.
    pub fn buffered(&self, bytes: u64) {
        let now = self.buffered.fetch_add(bytes, Relaxed) + bytes;
        self.most_buffered.fetch_max(now, Relaxed);
    }

    /// Counts bytes that are no longer held.
    pub fn freed(&self, bytes: u64) {
        self.buffered.fetch_sub(bytes, Relaxed);
    }

    /// The most bytes that all buffers held together.
    pub fn most_buffered(&self) -> u64 {
        self.most_buffered.load(Relaxed)
    }

    /// Bytes moved so far, those in flight included.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Writes the quantities into a snapshot.
    pub fn show(&self, into: &mut TaskSnapshot) {
        into.bytes = self.bytes.load(Relaxed);
        into.done = self.done.load(Relaxed);
        into.failed = self.failed.load(Relaxed);
        into.skipped = self.skipped.load(Relaxed);
        into.verified = self.verified.load(Relaxed);
        into.retries = self.retries.load(Relaxed);
        into.throttled = self.throttled.load(Relaxed);
        into.kept = self.kept.load(Relaxed);
        into.workers = self.workers.load(Relaxed);
        into.slowed_to = Some(self.slowed_to.load(Relaxed)).filter(|&rate| rate > 0);
        into.in_flight = self
            .table()
            .rows
            .values()
            .take(SHOWN_IN_FLIGHT)
            .map(|row| InFlight {
                seq: row.seq,
                key: row.key.clone(),
                op: row.op,
                bytes: row.bytes.load(Relaxed),
                size: row.size,
            })
            .collect();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step on its way: counts its bytes, and leaves the table of steps in flight when dropped. Parts may share it.
#[derive(Debug)]
pub struct Flight {
    counters: Arc<Counters>,
    number: u64,
    bytes: Arc<AtomicU64>,
}

impl Flight {
    /// Counts bytes that moved.
    pub fn moved(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.counters.bytes.fetch_add(bytes, Relaxed);
    }

    /// Takes back bytes of a try (or a part) that was given up.
    pub fn gave_up(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Relaxed);
        self.counters.bytes.fetch_sub(bytes, Relaxed);
    }

    /// Bytes counted for this step.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Takes back all bytes of this step: it starts over, or failed.
    pub fn start_over(&self) {
        let bytes = self.bytes.swap(0, Relaxed);
        self.counters.bytes.fetch_sub(bytes, Relaxed);
    }
}

impl Flight {
    /// Begins to count the body of one request as it leaves.
    pub fn sending(self: &Arc<Self>) -> Sending {
        Sending(Arc::new(Slices {
            flight: Arc::clone(self),
            counted: Mutex::new(Some(0)),
        }))
    }
}

/// The body of one request on its way. Its bytes count as they leave, and go back when this is dropped before `arrived`.
#[derive(Debug)]
pub struct Sending(Arc<Slices>);

impl Sending {
    /// What is told of each slice.
    pub fn meter(&self) -> Arc<dyn Meter> {
        Arc::<Slices>::clone(&self.0)
    }

    /// The request succeeded: exactly so many bytes moved, however often some were sent.
    pub fn arrived(self, bytes: u64) {
        self.0.settle(bytes);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.settle(0);
    }
}

#[derive(Debug)]
struct Slices {
    flight: Arc<Flight>,
    /// `None` once it is settled: a body that outlives its request counts no more.
    counted: Mutex<Option<u64>>,
}

impl Slices {
    fn settle(&self, bytes: u64) {
        let Some(counted) = self.lock().take() else {
            return;
        };
        self.flight.moved(bytes.saturating_sub(counted));
        self.flight.gave_up(counted.saturating_sub(bytes));
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for Slices {
    fn sent(&self, bytes: u64) {
        if let Some(counted) = &mut *self.lock() {
            *counted += bytes;
            self.flight.moved(bytes);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.counters.table().rows.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Counters, SHOWN_IN_FLIGHT};
    use crate::domain::{
        diff::Level,
        key::Key,
        plan::Op,
        progress::{Outcome, TaskSnapshot},
    };
    use crate::engine::tasks::tests::blank;

    fn shown(counters: &Counters) -> TaskSnapshot {
        let mut snapshot = blank();
        counters.show(&mut snapshot);
        snapshot
    }

    #[test]
    fn a_try_that_is_given_up_takes_its_bytes_back() {
        let counters = Arc::new(Counters::default());
        let flight = counters.begin(3, &Key::from("a"), Op::Upload, 100);
        flight.moved(60);
        flight.gave_up(20);
        let now = shown(&counters);
        assert_eq!((now.bytes, now.in_flight[0].bytes), (40, 40));
        flight.start_over();
        flight.moved(100);
        drop(flight);
        let now = shown(&counters);
        assert_eq!((now.bytes, now.in_flight.len()), (100, 0));
    }

    #[test]
    fn a_body_counts_as_it_leaves_and_once() {
        let counters = Arc::new(Counters::default());
        let flight = Arc::new(counters.begin(3, &Key::from("a"), Op::Upload, 100));
        let failed = flight.sending();
        failed.meter().sent(60);
        assert_eq!(shown(&counters).bytes, 60);
        let late = failed.meter();
        drop(failed);
        late.sent(40);
        assert_eq!(shown(&counters).bytes, 0, "a try that failed goes back");
        let redirected = flight.sending();
        redirected.meter().sent(100);
        redirected.meter().sent(100);
        redirected.arrived(100);
        assert_eq!(shown(&counters).bytes, 100);
    }

    #[test]
    fn the_oldest_in_flight_are_shown_and_no_more_than_fit() {
        let counters = Arc::new(Counters::default());
        let flights: Vec<_> = (0..100)
            .map(|seq| counters.begin(seq, &Key::from("a"), Op::Copy, 1))
            .collect();
        let now = shown(&counters);
        assert_eq!(now.in_flight.len(), SHOWN_IN_FLIGHT);
        assert_eq!((now.in_flight[0].seq, flights.len()), (0, 100));
    }

    #[test]
    fn proofs_below_checksum_are_done_but_not_verified() {
        let counters = Counters::default();
        for proof in [
            None,
            Some(Level::Size),
            Some(Level::Checksum),
            Some(Level::Read),
        ] {
            counters.ended(&Outcome::Done { bytes: 1, proof });
        }
        let now = shown(&counters);
        assert_eq!((now.done, now.verified), (4, 2));
    }
}
