//! `Gate`: how many requests of a task may be on their way at once, shared by small objects and by parts of large ones.
//! Neither kind waits behind the other: while both want in, the larger share is the small ones', a quarter is the parts'.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// A whole object that one request moves.
    Small,
    /// A part of a large object.
    Part,
}

/// Room for requests.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    allowed: u16,
    inside: [u16; 2],
    waiting: [u16; 2],
    /// Whether one had to wait since this was last asked.
    full: bool,
    /// Those who left again since this was last asked.
    left: u64,
}

impl State {
    fn lets_in(&self, lane: Lane) -> bool {
        let room = self.allowed;
        let [small, parts] = self.inside;
        if small + parts >= room {
            return false;
        }
        let for_parts = (room / 4).max(1);
        match lane {
            Lane::Small => self.waiting[1] == 0 || small < room.saturating_sub(for_parts).max(1),
            Lane::Part => self.waiting[0] == 0 || parts < for_parts,
        }
    }
}

impl Gate {
    /// A gate for that many requests at once.
    pub(super) fn new(allowed: u16) -> Arc<Self> {
        let allowed = allowed.max(1);
        Arc::new(Self {
            state: Mutex::new(State {
                allowed: allowed.max(1),
                inside: [0, 0],
                waiting: [0, 0],
                full: false,
                left: 0,
            }),
            freed: Notify::new(),
        })
    }

    /// Waits for room; the place is given back when the permit is dropped.
    pub(super) async fn enter(self: &Arc<Self>, lane: Lane) -> Permit {
        if let Some(permit) = self.try_enter(lane) {
            return permit;
        }
        let _waiting = Waiting::new(self, lane);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(permit) = self.try_enter(lane) {
                return permit;
            }
            freed.await;
        }
    }

    fn try_enter(self: &Arc<Self>, lane: Lane) -> Option<Permit> {
        let mut state = self.lock();
        if !state.lets_in(lane) {
            return None;
        }
        state.inside[lane as usize] += 1;
        drop(state);
        Some(Permit {
            gate: Arc::clone(self),
            lane,
        })
    }

    /// Changes how many may be inside; those inside stay.
    pub(super) fn allow(&self, allowed: u16) {
        self.lock().allowed = allowed.max(1);
        self.freed.notify_waiters();
    }

    /// How many may be inside now.
    pub(super) fn width(&self) -> u16 {
        self.lock().allowed
    }

    /// Since the last call: how many left, and whether one had to wait.
    pub(super) fn passed(&self) -> (u64, bool) {
        let mut state = self.lock();
        let full = state.waiting != [0, 0];
        let full = std::mem::replace(&mut state.full, full) || full;
        (std::mem::take(&mut state.left), full)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for one request; given back on drop.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    lane: Lane,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.inside[self.lane as usize] -= 1;
        state.left += 1;
        drop(state);
        self.gate.freed.notify_waiters();
    }
}

/// Counts one who waits, however the wait ends.
struct Waiting<'a> {
    gate: &'a Gate,
    lane: Lane,
}

impl<'a> Waiting<'a> {
    fn new(gate: &'a Gate, lane: Lane) -> Self {
        let mut state = gate.lock();
        state.waiting[lane as usize] += 1;
        state.full = true;
        drop(state);
        Self { gate, lane }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.gate.lock().waiting[self.lane as usize] -= 1;
        self.gate.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Gate, Lane, Permit};

    async fn enter_all(gate: &Arc<Gate>, lane: Lane, count: usize) -> Vec<Permit> {
        let mut inside = Vec::new();
        for _ in 0..count {
            inside.push(gate.enter(lane).await);
        }
        inside
    }

    fn waiter(gate: &Arc<Gate>, lane: Lane) -> tokio::task::JoinHandle<Permit> {
        let gate = Arc::clone(gate);
        tokio::spawn(async move { gate.enter(lane).await })
    }

    #[tokio::test]
    async fn small_ones_get_the_places_that_parts_leave() {
        let gate = Gate::new(8);
        let mut parts = enter_all(&gate, Lane::Part, 8).await;
        let small = waiter(&gate, Lane::Small);
        let part = waiter(&gate, Lane::Part);
        tokio::task::yield_now().await;
        for _ in 0..3 {
            parts.pop();
        }
        assert!(small.await.is_ok());
        tokio::task::yield_now().await;
        // Nobody small waits any more, so that the part may take a free place.
        assert!(part.await.is_ok());
    }

    #[tokio::test]
    async fn parts_get_in_beside_a_crowd_of_small_ones() {
        let gate = Gate::new(8);
        let mut small = enter_all(&gate, Lane::Small, 8).await;
        let part = waiter(&gate, Lane::Part);
        let more = waiter(&gate, Lane::Small);
        tokio::task::yield_now().await;
        small.pop();
        assert!(part.await.is_ok());
        small.pop();
        assert!(more.await.is_ok());
    }

    #[tokio::test]
    async fn a_gate_of_one_serves_both() {
        let gate = Gate::new(1);
        drop(gate.enter(Lane::Part).await);
        let inside = gate.enter(Lane::Small).await;
        let part = waiter(&gate, Lane::Part);
        tokio::task::yield_now().await;
        drop(inside);
        assert!(part.await.is_ok());
    }

    #[tokio::test]
    async fn it_tells_who_passed_and_whether_one_waited() {
        let gate = Gate::new(2);
        drop(gate.enter(Lane::Small).await);
        let inside = enter_all(&gate, Lane::Part, 2).await;
        assert_eq!(gate.passed(), (1, false));
        let more = waiter(&gate, Lane::Small);
        tokio::task::yield_now().await;
        drop(inside);
        assert!(more.await.is_ok());
        assert_eq!(gate.passed(), (3, true));
        assert_eq!(gate.passed(), (0, false));
    }

    #[tokio::test]
    async fn a_wider_gate_lets_those_in_who_wait() {
        let gate = Gate::new(1);
        let _inside = gate.enter(Lane::Small).await;
        let more = waiter(&gate, Lane::Small);
        tokio::task::yield_now().await;
        assert!(!more.is_finished());
        gate.allow(2);
        assert!(more.await.is_ok());
    }
}
