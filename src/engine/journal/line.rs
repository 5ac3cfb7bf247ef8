//! `Line`: the way of facts to the writer thread. Facts gather for a moment and are committed together: a transaction and a
//! change of threads for each of them would cost more than the facts. Who waits for a commit rings, and is served at once.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::write::Write;

/// Facts under way to the writer; beyond that, tasks wait.
const QUEUE: usize = 2048;
/// How long a fact waits for company. What a killed process forgets is asked for again, so that nothing heavy waits; of small
/// steps more share each page that is written, which counts most where several tasks write by turns.
const GATHERS: Duration = Duration::from_millis(100);

/// Where facts are told; clones lead to the same writer.
#[derive(Debug, Clone)]
pub(super) struct Line {
    facts: mpsc::Sender<Write>,
    bell: Arc<Bell>,
}

/// Where the writer takes them.
#[derive(Debug)]
pub(super) struct Facts {
    facts: mpsc::Receiver<Write>,
    bell: Arc<Bell>,
}

/// The writer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

/// What wakes the writer while facts gather.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

/// A line and its end.
pub(super) fn line() -> (Line, Facts) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let bell = Arc::<Bell>::default();
    let line = Line {
        facts: sender,
        bell: Arc::clone(&bell),
    };
    let facts = Facts {
        facts: receiver,
        bell,
    };
    (line, facts)
}

impl Line {
    /// Tells the writer, waiting where it is far behind.
    pub(super) async fn tell(&self, fact: Write) -> Result<(), Closed> {
        let presses = fact.presses() || self.facts.capacity() < QUEUE / 2;
        if presses {
            // Before the fact too: the writer must not gather while this waits for room.
            self.bell.ring();
        }
        self.facts.send(fact).await.map_err(|_gone| Closed)?;
        if presses {
            self.bell.ring();
        }
        Ok(())
    }

    /// Waits until all that was told is on the medium.
    pub(super) async fn settle(&self) -> Result<(), Closed> {
        let (answer, settled) = oneshot::channel();
        self.tell(Write::Settle(answer)).await?;
        settled.await.map_err(|_gone| Closed)
    }
}

impl Facts {
    /// Waits for facts and takes those that gathered, up to `most`; false when nobody can tell any more.
    pub(super) fn take(&mut self, into: &mut Vec<Write>, most: usize) -> bool {
        if self.facts.blocking_recv_many(into, most) == 0 {
            return false;
        }
        if into.len() < most && !into.iter().any(Write::presses) && !self.facts.is_closed() {
            self.bell.wait(GATHERS);
        }
        while into.len() < most
            && let Ok(fact) = self.facts.try_recv()
        {
            into.push(fact);
        }
        true
    }

    /// Whether nothing is told now, and something may be later.
    pub(super) fn is_idle(&self) -> bool {
        self.facts.is_empty() && !self.facts.is_closed()
    }
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_one();
    }

    /// Waits until it rings, or has rung since it was last heard.
    fn wait(&self, longest: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waited = self
            .heard
            .wait_timeout_while(rung, longest, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        *waited.0 = false;
    }
}
