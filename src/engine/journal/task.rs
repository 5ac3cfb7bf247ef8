//! `TaskJournal`: one task's way into the journal. Without a journal everything is forgotten, and nothing else changes.

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::backend::store::Checksum;
use crate::domain::{
    diff::Level,
    entry::Facts,
    key::Key,
    location::Location,
    progress::{EndedStep, TaskId, TaskState},
};
use crate::engine::tasks::Brief;

use super::error::JournalError;

/// A content's name: two entries that bear the same one hold the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Content(Box<str>);

impl Content {
    /// The content that has this checksum; `None` for one that does not speak of the whole content.
    pub fn of(checksum: &Checksum) -> Option<Self> {
        let text = match checksum {
            Checksum::Crc64Nvme(sum) => format!("crc64nvme:{sum:016x}"),
            Checksum::Crc32(sum) => format!("crc32:{sum:08x}"),
            Checksum::Crc32c(sum) => format!("crc32c:{sum:08x}"),
            Checksum::Sha1(sum) => format!("sha1:{}", hex::encode(sum)),
            Checksum::Sha256(sum) => format!("sha256:{}", hex::encode(sum)),
            Checksum::Md5(sum) => format!("md5:{}", hex::encode(sum)),
            Checksum::Composite(_) => return None,
        };
        Some(Self(text.into()))
    }

    /// The content of a server-side copy that is known by its ETag only.
    pub fn of_etag(etag: &str) -> Self {
        Self(format!("etag:{etag}").into())
    }

    /// As it stands in the journal.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As it was read from the journal.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether both names are of one kind, so that two different ones mean two contents.
    pub fn comparable(&self, other: &Self) -> bool {
        let kind = |text: &str| text.split_once(':').map(|(kind, _)| kind.to_owned());
        kind(&self.0) == kind(&other.0)
    }
}

/// That both sides of a key held the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Name below both locations of the task.
    pub key: Key,
    /// What stands behind it.
    pub level: Level,
    /// The content that both hold.
    pub content: Content,
    /// What the source was, exactly.
    pub source: Facts,
    /// What the destination is now, exactly: the ETag that the write answered, or the new file's identity.
    pub destination: Facts,
    /// When the source was read, or the copy answered.
    pub at: Timestamp,
}

/// What the writer thread is told.
#[derive(Debug)]
pub enum Write {
    /// A task is to begin.
    Begin {
        /// What it is.
        brief: Box<Brief>,
        /// Exact text of the source's location.
        source: String,
        /// Exact text of the destination's location.
        destination: String,
        /// Who waits for its number.
        answer: oneshot::Sender<Result<u64, JournalError>>,
    },
    /// Steps that ended.
    Outcomes {
        /// Of which task.
        task: TaskId,
        /// In the order they ended.
        steps: Vec<EndedStep>,
    },
    /// A content that was proven equal.
    Proof {
        /// Where the source is.
        source: Location,
        /// Where the destination is.
        destination: Location,
        /// What was proven.
        proof: Box<Proof>,
    },
    /// A key that neither place holds any more.
    Gone {
        /// Where it was.
        places: [Location; 2],
        /// Its name below each.
        key: Key,
    },
    /// A task entered a state.
    State {
        /// Which task.
        task: TaskId,
        /// The state.
        state: TaskState,
    },
    /// The tasks of this process are alive.
    Heartbeat,
    /// Somebody waits until all that was told before is in the file.
    Settle(oneshot::Sender<()>),
}

/// One task's way into the journal; clones share it.
#[derive(Debug, Clone)]
pub struct TaskJournal {
    task: TaskId,
    way: Option<Way>,
}

#[derive(Debug, Clone)]
struct Way {
    writer: mpsc::Sender<Write>,
    /// Where source and destination are; a group has none.
    ends: Option<[Location; 2]>,
}

impl TaskJournal {
    /// The way of a task between these locations.
    pub fn new(
        task: TaskId,
        writer: mpsc::Sender<Write>,
        source: Location,
        destination: Location,
    ) -> Self {
        let way = Way {
            writer,
            ends: Some([source, destination]),
        };
        Self {
            task,
            way: Some(way),
        }
    }

    /// The way of a group: its states are kept, and nothing else.
    pub fn of_head(task: TaskId, writer: mpsc::Sender<Write>) -> Self {
        let way = Way { writer, ends: None };
        Self {
            task,
            way: Some(way),
        }
    }

    /// A task that nothing is kept of.
    pub fn none(task: TaskId) -> Self {
        Self { task, way: None }
    }

    /// The number of the task.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// Keeps that both sides of a key hold the same content now.
    pub async fn proof(&self, proof: Proof) {
        if let Some(way) = &self.way
            && let Some([source, destination]) = way.ends.clone()
        {
            let write = Write::Proof {
                source,
                destination,
                proof: Box::new(proof),
            };
            way.tell(write).await;
        }
    }

    /// Forgets what was proven of a key that was deleted: a later entry of that name is a new one.
    pub async fn gone(&self, key: &Key) {
        if let Some(way) = &self.way
            && let Some(places) = way.ends.clone()
        {
            let key = key.clone();
            way.tell(Write::Gone { places, key }).await;
        }
    }

    /// Keeps how steps ended; `TaskSender` calls this.
    pub async fn outcomes(&self, steps: &[EndedStep]) {
        if let Some(way) = &self.way {
            let (task, steps) = (self.task, steps.to_vec());
            way.tell(Write::Outcomes { task, steps }).await;
        }
    }

    /// Keeps where the task stands; `TaskSender` calls this.
    pub async fn state(&self, state: TaskState) {
        if let Some(way) = &self.way {
            let task = self.task;
            way.tell(Write::State { task, state }).await;
        }
    }
}

impl Way {
    async fn tell(&self, write: Write) {
        // The writer ends early only when its disk failed, which it told when it happened.
        self.writer.send(write).await.unwrap_or_default();
    }
}
