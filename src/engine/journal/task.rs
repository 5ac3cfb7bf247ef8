//! `TaskJournal`: one task's way into the journal. Without a journal everything is forgotten, and nothing else changes.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::backend::store::Checksum;
use crate::domain::{
    diff::Level,
    entry::Facts,
    key::Key,
    location::Location,
    progress::{EndedStep, Recount, Requests, TaskId, TaskState},
};

use super::{
    cut::Cut,
    jobs::KeptJob,
    line::{Closed, Line},
    owner::Heard,
    partial::KeptPart,
    place::Ends,
    write::{Begun, Fact, Write},
};

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

    /// The content that two entries are taken to share by what their listings tell; it proves nothing.
    pub fn of_listing(level: Level, left: &Facts, right: &Facts) -> Self {
        let etag = right.etag().or_else(|| left.etag()).unwrap_or_default();
        Self(
            format!("{level:?}:{}:{etag}", right.size)
                .to_lowercase()
                .into(),
        )
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

/// A task's quantities at a beat of its heart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// Which task.
    pub task: TaskId,
    /// Steps done, failed and skipped, and those of the done that are proven by checksum.
    pub done: u64,
    /// See `done`.
    pub failed: u64,
    /// See `done`.
    pub skipped: u64,
    /// See `done`.
    pub verified: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// 503 answers.
    pub throttled: u64,
    /// Requests that it sent, in all its runs.
    pub requests: Requests,
}

impl Pulse {
    /// The requests as they stand in the journal: `{"PutObject": 3}`.
    pub(super) fn requests_json(&self) -> Option<String> {
        let by_name: BTreeMap<&str, u64> = self
            .requests
            .by_operation
            .iter()
            .map(|(name, count)| (&**name, *count))
            .collect();
        serde_json::to_string(&by_name).ok()
    }
}

/// What another program asks of the one that runs a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To stop it and to clean up behind it.
    Cancel,
    /// To hold it.
    Pause,
    /// To let it go on.
    Resume,
    /// To let it go after what is in flight, so that another may take it over.
    Release,
    /// To let it go before others of the queue.
    Raise,
    /// To let others of the queue go before it.
    Lower,
}

impl Wish {
    const ALL: [Self; 6] = [
        Self::Cancel,
        Self::Pause,
        Self::Resume,
        Self::Release,
        Self::Raise,
        Self::Lower,
    ];

    /// By how much it moves a task within the queue; `None` for other wishes.
    pub fn raises(self) -> Option<i64> {
        match self {
            Self::Raise => Some(1),
            Self::Lower => Some(-1),
            Self::Cancel | Self::Pause | Self::Resume | Self::Release => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Release => "release",
            Self::Raise => "raise",
            Self::Lower => "lower",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.word() == text)
    }
}

/// One task's way into the journal; clones share it.
#[derive(Debug, Clone)]
pub struct TaskJournal {
    task: TaskId,
    /// Names temporary files; `None` where nobody would look for them.
    seed: Option<u64>,
    pub(super) way: Option<Way>,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Way {
    writer: Line,
    /// Where source and destination are; a group has none.
    pub(super) ends: Option<Arc<Ends>>,
}

impl TaskJournal {
    /// Waits until all that was told is on the medium; at once where nothing is kept.
    pub async fn settle(&self) {
        if let Some(way) = &self.way {
            // A writer that ended has told why.
            way.writer.settle().await.unwrap_or_default();
        }
    }

    /// The way of a task that files its ends as these locations.
    pub(super) fn new(
        begun: Begun,
        writer: Line,
        (source, destination): (&Location, &Location),
    ) -> Self {
        let way = Way {
            writer,
            ends: Some(Ends::of(source, destination)),
        };
        Self {
            task: begun.task,
            seed: Some(begun.seed),
            way: Some(way),
        }
    }

    /// The way of a group: its states are kept, and nothing else.
    pub(super) fn of_head(begun: Begun, writer: Line) -> Self {
        let way = Way { writer, ends: None };
        Self {
            task: begun.task,
            seed: Some(begun.seed),
            way: Some(way),
        }
    }

    /// A task that nothing is kept of.
    pub fn none(task: TaskId) -> Self {
        Self {
            task,
            seed: None,
            way: None,
        }
    }

    /// The same task, of whose parts nothing is kept but the names of temporary files.
    #[must_use]
    pub fn names_only(&self) -> Self {
        Self {
            way: None,
            ..self.clone()
        }
    }

    /// The number of the task.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The number that names a step's temporary file, the same in every run of the task; `None` where nothing is kept,
    /// so that nobody would find it again.
    pub fn temporary(&self, seq: u32) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        (self.seed?, self.task.0, seq).hash(&mut hasher);
        Some(hasher.finish())
    }

    /// Keeps that both sides of a key hold the same content now.
    pub async fn proof(&self, proof: Proof) {
        if let Some(way) = &self.way
            && let Some(places) = way.ends.clone()
        {
            let proof = Box::new(proof);
            way.tell(Write::Proof { places, proof }).await;
        }
    }

    /// Keeps how the destination's object of this key was cut, for a later change of its file.
    pub async fn cut(&self, key: &Key, cut: Cut) {
        if let Some(way) = &self.way
            && let Some(places) = way.ends.clone()
        {
            let (key, cut) = (key.clone(), Box::new(cut));
            way.tell(Write::Cut { places, key, cut }).await;
        }
    }

    /// How the destination's object of this key was cut when wharf wrote it; `None` where that is not known.
    pub async fn cut_of(&self, key: &Key) -> Option<Cut> {
        let way = self.way.as_ref()?;
        let (answer, cut) = oneshot::channel();
        let (places, key) = (way.ends.clone()?, key.clone());
        way.tell(Write::CutOf {
            places,
            key,
            answer,
        })
        .await;
        cut.await.ok()?
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

    /// Keeps the task's place in the queue.
    pub async fn priority(&self, priority: i64) {
        if let Some(way) = &self.way {
            let task = self.task;
            way.tell(Write::Priority { task, priority }).await;
        }
    }

    /// Keeps how a step ended; `TaskSender` calls this.
    pub async fn ended(&self, step: &EndedStep) {
        if self.way.is_some() {
            self.tell(Fact::Ended(Box::new(step.clone()))).await;
        }
    }

    /// Keeps where the task stands; `TaskSender` calls this.
    pub async fn state(&self, state: TaskState, reason: Option<Box<str>>) {
        self.tell(Fact::State(state, reason)).await;
    }

    /// Keeps what both sides held at the end; `TaskSender` calls this.
    pub async fn recounted(&self, recount: &Recount) {
        self.tell(Fact::Recounted(Box::new(recount.clone()))).await;
    }

    /// Keeps, for good before this returns, that a step's content is moved in parts from now on.
    pub async fn partial(&self, seq: u32, handle: &str, part_size: u64) {
        let (answer, kept) = oneshot::channel();
        let partial = Fact::Partial {
            seq,
            handle: handle.into(),
            part_size,
            answer,
        };
        self.tell(partial).await;
        // Without a writer nobody answers, and the work goes on without a journal.
        kept.await.unwrap_or_default();
    }

    /// Keeps that a part arrived.
    pub async fn part(&self, seq: u32, number: u32, part: KeptPart) {
        self.tell(Fact::Part { seq, number, part }).await;
    }

    /// Keeps that an upload or a temporary file is gone.
    pub async fn partial_over(&self, seq: u32, handle: &str) {
        let handle = handle.into();
        self.tell(Fact::PartialOver { seq, handle }).await;
    }

    /// Keeps how far a job of S3 Batch Operations has come.
    pub async fn job(&self, job: KeptJob) {
        self.tell(Fact::Job(Box::new(job))).await;
    }

    /// Keeps the task's quantities and that its program lives; tells what others want of it.
    pub async fn beat(&self, pulse: Pulse) -> Heard {
        let Some(way) = &self.way else {
            return Heard::Nothing;
        };
        let (answer, heard) = oneshot::channel();
        let pulse = Box::new(pulse);
        way.tell(Write::Beat { pulse, answer }).await;
        heard.await.unwrap_or(Heard::Nothing)
    }

    async fn tell(&self, fact: Fact) {
        if let Some(way) = &self.way {
            let task = self.task;
            way.tell(Write::OfTask { task, fact }).await;
        }
    }
}

impl Way {
    pub(super) async fn tell(&self, write: Write) {
        // The writer ends early only when its disk failed, which it told when it happened.
        if let Err(Closed) = self.writer.tell(write).await {
            tracing::trace!("the journal ended");
        }
    }
}
