//! Watching training runs: each source is read once and then tailed, one GET a poll and run where nothing comes; a prefix is
//! listed when a watch begins, and again only after a long silence, ever more rarely.

mod boxed;
mod file;
mod follow;
mod intake;
mod launched;
mod logs;
mod machine;
mod shell;
mod source;
mod watch;

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::launch::Status;
use crate::domain::training::{
    ask::RunAsk,
    batch::Batch,
    checkpoint::Checkpoint,
    machine::Machine,
    run::{Run, Stream},
    standing::Standing,
};

use super::{answer::Answer, event::Body};

pub use follow::Followed;
pub(super) use watch::watch;

/// How runs are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// Look again so often; once where `None`.
    pub every: Option<Duration>,
    /// Read all of a source, however large it is.
    pub whole: bool,
}

/// Something about one of the runs that are watched.
#[derive(Debug, Clone)]
pub struct RunNews {
    /// Its place among those that were asked for.
    pub run: usize,
    /// What.
    pub news: News,
}

/// What is told of a run.
#[derive(Debug, Clone)]
pub enum News {
    /// A stream told something.
    Told {
        /// Which.
        stream: Stream,
        /// What.
        batch: Batch,
        /// When it was last written to, by the clock of whoever keeps it.
        written: Timestamp,
    },
    /// How a source stands.
    Source {
        /// Its place among those of the run.
        source: usize,
        /// How.
        standing: Standing,
    },
    /// The newest checkpoint of a place.
    Checkpoint {
        /// Its place among those of the run.
        place: usize,
        /// Which; an error for a person where the place cannot be listed.
        newest: Result<Option<Checkpoint>, Box<str>>,
    },
    /// What its newest launch tells of itself.
    Launch {
        /// What; `None` where that is not new.
        status: Option<Box<Status>>,
        /// Why it cannot be looked at, for a person.
        failed: Option<Box<str>>,
    },
    /// What its machine's lamps show.
    Machine(Box<Machine>),
    /// Its turn is over.
    Polled {
        /// When it was looked at; `None` where something could not be read: silence says nothing then.
        looked: Option<Timestamp>,
    },
}

/// The way back to whoever watches a run.
#[derive(Debug)]
struct Teller {
    answer: Answer,
    run: usize,
    /// How far the run is, by what was told: its steps and its end, without its metrics.
    progress: Run,
}

impl Teller {
    fn new(answer: &Answer, run: usize, ask: &RunAsk) -> Self {
        Self {
            answer: answer.clone(),
            run,
            progress: Run::new(ask.terms),
        }
    }

    /// Tells what a stream told.
    async fn told(&mut self, stream: Stream, batch: Batch, written: Timestamp) {
        self.progress.absorb(&stream, &batch.progress(), written);
        let news = News::Told {
            stream,
            batch,
            written,
        };
        self.tell(news).await;
    }

    /// Whether the run ended, by all that was told.
    fn has_ended(&self) -> bool {
        self.progress.ended().is_some()
    }

    async fn tell(&self, news: News) {
        let news = RunNews {
            run: self.run,
            news,
        };
        self.answer.tell(Body::Run(Box::new(news))).await;
    }
}
