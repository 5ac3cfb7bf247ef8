//! The request log: every request the embedded AWS saw, with what became of it. Tests read it as their oracle.
//! A line is there before the request is answered; its status and bytes are filled in as the answer goes out.

use super::call::Call;
use super::clock::Clock;
use super::uri;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// Lines kept; older ones are dropped, the counts go on.
const KEPT: usize = 400_000;

/// One request, as far as it has come.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// The request's number, counted from 1; also in `x-amz-request-id`.
    pub id: u64,
    /// When it came in, by the demo's clock.
    pub at: SystemTime,
    /// The TCP connection it came on, counted from 1.
    pub connection: u64,
    /// The service in the signature's scope; `s3` when unsigned.
    pub service: String,
    /// The operation's name as in the SDK (`PutObject`), or `Unknown`.
    pub operation: &'static str,
    /// The bucket; empty for `ListBuckets`.
    pub bucket: String,
    /// The key, or the prefix of a listing.
    pub key: String,
    /// The raw query string; of EC2 the form.
    pub query: String,
    /// The region in the signature's scope.
    pub region: Option<String>,
    /// The access key that signed; `None` for an anonymous request.
    pub access_key: Option<String>,
    /// The `Range` (or copy-source range) header.
    pub range: Option<String>,
    /// Conditional headers, lower-case names with their values.
    pub conditions: Vec<(&'static str, String)>,
    /// Bytes of the request's payload, as announced by its headers.
    pub bytes_in: u64,
    /// The status answered; 0 while open or when the connection was cut before an answer.
    pub status: u16,
    /// Bytes of the answer's body handed to the connection so far.
    pub bytes_out: u64,
    /// From arrival until the answer's head, once that is out.
    pub took: Option<Duration>,
    /// The fault that was done to it, by its name in a SPEC.
    pub fault: Option<&'static str>,
}

impl LogLine {
    /// The value of a conditional header, by its lower-case name.
    pub fn condition(&self, name: &str) -> Option<&str> {
        let found = self.conditions.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A value of the query string or the form, decoded.
    pub fn value(&self, name: &str) -> Option<String> {
        uri::query_value(&self.query, name)
    }

    /// Whether it was answered with a 2xx status.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A request in flight: what it asked, and counters that are still moving.
#[derive(Debug)]
pub(super) struct Record {
    pub id: u64,
    pub call: Call,
    at: SystemTime,
    arrived: Instant,
    connection: u64,
    status: AtomicU16,
    bytes_out: AtomicU64,
    took: OnceLock<Duration>,
    fault: OnceLock<&'static str>,
}

impl Record {
    pub(super) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Release);
        self.took.get_or_init(|| self.arrived.elapsed());
    }

    pub(super) fn sent(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn hurt_by(&self, fault: &'static str) {
        self.fault.get_or_init(|| fault);
    }

    fn line(&self) -> LogLine {
        let call = self.call.clone();
        LogLine {
            id: self.id,
            at: self.at,
            connection: self.connection,
            service: call.service,
            operation: call.operation,
            bucket: call.bucket,
            key: call.key,
            query: call.query,
            region: call.region,
            access_key: call.access_key,
            range: call.range,
            conditions: call.conditions,
            bytes_in: call.bytes_in,
            status: self.status.load(Ordering::Acquire),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            took: self.took.get().copied(),
            fault: self.fault.get().copied(),
        }
    }
}

/// The shared log; every clone reads and writes the same lines.
#[derive(Debug, Clone)]
pub struct Log {
    pages: Arc<Mutex<Pages>>,
    clock: Clock,
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Pages {
    lines: VecDeque<Arc<Record>>,
    counts: BTreeMap<&'static str, u64>,
    seen: u64,
}

impl Log {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            pages: Arc::default(),
            clock,
            news: watch::Sender::new(0),
        }
    }

    pub(super) fn open(&self, call: Call, connection: u64) -> Arc<Record> {
        let mut pages = self.pages();
        pages.seen += 1;
        *pages.counts.entry(call.operation).or_default() += 1;
        let record = Arc::new(Record {
            id: pages.seen,
            call,
            at: self.clock.now(),
            arrived: Instant::now(),
            connection,
            status: AtomicU16::new(0),
            bytes_out: AtomicU64::new(0),
            took: OnceLock::new(),
            fault: OnceLock::new(),
        });
        if pages.lines.len() >= KEPT {
            pages.lines.pop_front();
        }
        pages.lines.push_back(Arc::clone(&record));
        record
    }

    /// Wakes those who wait in [`Log::until`]; called when a request has come or was answered.
    pub(super) fn tell(&self) {
        if self.news.receiver_count() > 0 {
            self.news.send_modify(|count| *count += 1);
        }
    }

    /// Every line since the last [`Log::clear`], oldest first.
    pub fn lines(&self) -> Vec<LogLine> {
        let records: Vec<_> = self.pages().lines.iter().cloned().collect();
        records.iter().map(|record| record.line()).collect()
    }

    /// The lines of one operation, oldest first.
    pub fn of(&self, operation: &str) -> Vec<LogLine> {
        let pages = self.pages();
        let wanted = pages.lines.iter();
        wanted
            .filter(|record| record.call.operation == operation)
            .map(|record| record.line())
            .collect()
    }

    /// How many requests of `operation` came in since the last [`Log::clear`].
    pub fn count(&self, operation: &str) -> u64 {
        self.pages().counts.get(operation).copied().unwrap_or(0)
    }

    /// All requests by operation since the last [`Log::clear`].
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.pages().counts.clone()
    }

    /// The number of all requests since the last [`Log::clear`].
    pub fn total(&self) -> u64 {
        self.pages().counts.values().sum()
    }

    /// The connections that carried requests since the last [`Log::clear`].
    pub fn connections(&self) -> usize {
        let pages = self.pages();
        let mut seen: Vec<u64> = pages.lines.iter().map(|line| line.connection).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }

    /// Forgets all lines and counts; request numbers go on.
    pub fn clear(&self) {
        let mut pages = self.pages();
        pages.lines.clear();
        pages.counts.clear();
    }

    /// Waits until `enough` holds; looks again whenever a request comes in or is answered.
    pub async fn until(&self, enough: impl Fn(&Self) -> bool) {
        let mut news = self.news.subscribe();
        while !enough(self) {
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &'static str) -> Call {
        Call {
            operation,
            ..Call::default()
        }
    }

    #[test]
    fn lines_carry_what_became_of_the_request() {
        let log = Log::new(Clock::default());
        let record = log.open(call("GetObject"), 1);
        assert_eq!(log.lines()[0].status, 0);
        record.answered(206);
        record.sent(10);
        record.sent(5);
        record.hurt_by("cut");
        let line = &log.of("GetObject")[0];
        assert_eq!(
            (line.status, line.bytes_out, line.fault),
            (206, 15, Some("cut"))
        );
        assert!(line.succeeded());
    }

    #[test]
    fn counts_are_by_operation_and_cleared_together() {
        let log = Log::new(Clock::default());
        log.open(call("PutObject"), 1);
        log.open(call("PutObject"), 2);
        log.open(call("HeadObject"), 2);
        assert_eq!(
            (log.count("PutObject"), log.total(), log.connections()),
            (2, 3, 2)
        );
        log.clear();
        assert_eq!(log.total(), 0);
        assert_eq!(log.open(call("PutObject"), 1).id, 4);
    }

    #[tokio::test]
    async fn waiting_ends_when_the_condition_holds() {
        let log = Log::new(Clock::default());
        let other = log.clone();
        let waiting =
            tokio::spawn(async move { other.until(|log| log.count("PutObject") == 2).await });
        for _ in 0..2 {
            log.open(call("PutObject"), 1);
            log.tell();
            tokio::task::yield_now().await;
        }
        waiting.await.unwrap();
    }
}
