//! Who owns a task: one process of one host at a time, told by a heartbeat. Taking over is one compare-and-set, in one
//! transaction: it succeeds where nobody owns the task, where the owner is a dead process of this kernel, or where its
//! heart has not beaten for `SILENCE`. An owner whose own row bears another word stops at once.

use std::{
    fmt, fs,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    process,
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::progress::{TaskId, TaskState};

use super::{
    error::JournalError,
    task::{Pulse, Wish},
    value::{int, read_word, word},
};

/// A task whose owner was silent for so long may be taken over, milliseconds.
pub(super) const SILENCE: i64 = 10_000;

/// One who may own tasks: this process, as one open journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Number of the process.
    pub process: u32,
    /// The machine's name.
    pub host: String,
    /// Which kernel counts the processes: two machines or containers may bear one name.
    pub kernel: String,
    /// A random word, unlike that of any other.
    pub word: String,
}

impl Owner {
    /// This process, under a word of its own.
    pub fn of_process() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let boot = read("/proc/sys/kernel/random/boot_id");
        let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let random = RandomState::new().hash_one(process::id());
        Self {
            process: process::id(),
            host: read("/proc/sys/kernel/hostname").trim().to_owned(),
            kernel: format!("{} {}", boot.trim(), space.display())
                .trim()
                .to_owned(),
            word: format!("{random:016x}"),
        }
    }

    /// Whether this process is known to be dead; one of another kernel never is.
    fn knows_dead(&self, owner: u32, kernel: &str) -> bool {
        !kernel.is_empty()
            && kernel == self.kernel
            && Path::new("/proc/self").exists()
            && !Path::new(&format!("/proc/{owner}")).exists()
    }
}

/// The time, milliseconds since 1970; tests give their own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` tells.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| Timestamp::now().as_millisecond())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Why a task was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// There is no task of this number.
    Unknown,
    /// It is done: nothing is left to do.
    Done,
    /// A process runs it.
    Runs {
        /// Its number.
        process: u32,
        /// The machine that it runs on.
        host: String,
    },
    /// Its plan was not kept: an earlier wharf began it, or it ended before its plan was written.
    NoPlan,
}

/// A row's owner, as it stands.
pub(super) struct Standing {
    pub(super) state: Option<TaskState>,
    pub(super) process: u32,
    pub(super) host: String,
    kernel: String,
    word: Option<String>,
    pub(super) heartbeat: i64,
    pub(super) has_plan: bool,
}

/// The columns of `Standing`, in its order.
pub(super) const STANDING: &str =
    "state, owner, host, kernel, word, heartbeat, head IS NOT NULL OR kind = 'group'";

impl Standing {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            state: read_word(row, 0)?,
            process: row.get(1)?,
            host: row.get(2)?,
            kernel: row.get(3)?,
            word: row.get(4)?,
            heartbeat: row.get(5)?,
            has_plan: row.get(6)?,
        })
    }

    /// Whether somebody runs the task, as far as `me` can know.
    pub(super) fn is_run(&self, me: &Owner, now: i64) -> bool {
        self.word.is_some()
            && self.state.is_some_and(|state| !state.is_over())
            && now - self.heartbeat < SILENCE
            && !me.knows_dead(self.process, &self.kernel)
    }
}

/// Makes `me` the owner of a task that nobody runs; gives what names its temporary files.
pub(super) fn take(
    to: &Connection,
    (me, now): (&Owner, i64),
    task: TaskId,
) -> Result<Result<u64, NotTaken>, JournalError> {
    let select = format!("SELECT {STANDING} FROM task WHERE id = ?1");
    let mut select = to.prepare_cached(&select)?;
    let standing = select.query_row([int(task.0)], Standing::read).optional()?;
    let Some(standing) = standing else {
        return Ok(Err(NotTaken::Unknown));
    };
    if standing.state == Some(TaskState::Done) {
        return Ok(Err(NotTaken::Done));
    }
    if standing.is_run(me, now) {
        return Ok(Err(NotTaken::Runs {
            process: standing.process,
            host: standing.host,
        }));
    }
    if !standing.has_plan {
        return Ok(Err(NotTaken::NoPlan));
    }
    to.prepare_cached(
        "UPDATE task SET owner = ?2, host = ?3, kernel = ?4, word = ?5, heartbeat = ?6, state = 'waiting',
                reason = NULL, ended = NULL, wish = NULL, recount = NULL, runs = runs + 1
         WHERE id = ?1",
    )?
    .execute(params![
        int(task.0),
        me.process,
        me.host,
        me.kernel,
        me.word,
        now
    ])?;
    let seed: i64 = to
        .prepare_cached("SELECT seed FROM task WHERE id = ?1")?
        .query_row([int(task.0)], |row| row.get(0))?;
    Ok(Ok(seed.cast_unsigned()))
}

/// Whether `me` owns the task still.
pub(super) fn owns(to: &Connection, me: &Owner, task: TaskId) -> Result<bool, JournalError> {
    let mut select = to.prepare_cached("SELECT 1 FROM task WHERE id = ?1 AND word = ?2")?;
    Ok(select.exists(params![int(task.0), me.word])?)
}

/// What the owner of a task hears at a beat of its heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing new.
    Nothing,
    /// What another program asks for.
    Wish(Wish),
    /// Another owner took the task over.
    Lost,
}

/// Keeps a task's quantities, and that its owner lives.
pub(super) fn beat(
    to: &Connection,
    (me, now): (&Owner, i64),
    pulse: &Pulse,
) -> Result<Heard, JournalError> {
    let task = int(pulse.task.0);
    let changed = to
        .prepare_cached(
            "UPDATE task SET heartbeat = ?3, done = ?4, failed = ?5, skipped = ?6, verified = ?7, bytes = ?8,
                    retries = ?9, throttled = ?10, requests = ?11
             WHERE id = ?1 AND word = ?2",
        )?
        .execute(params![
            task,
            me.word,
            now,
            int(pulse.done),
            int(pulse.failed),
            int(pulse.skipped),
            int(pulse.verified),
            int(pulse.bytes),
            int(pulse.retries),
            int(pulse.throttled),
            pulse.requests_json(),
        ])?;
    if changed == 0 {
        return Ok(Heard::Lost);
    }
    let wish: Option<String> = to
        .prepare_cached("SELECT wish FROM task WHERE id = ?1")?
        .query_row([task], |row| row.get(0))?;
    let Some(wish) = wish.as_deref().and_then(Wish::parse) else {
        return Ok(Heard::Nothing);
    };
    to.prepare_cached("UPDATE task SET wish = NULL WHERE id = ?1")?
        .execute([task])?;
    Ok(Heard::Wish(wish))
}

/// Lets a task go: it is interrupted, and whoever wants may take it over at once.
pub(super) fn release(to: &Connection, me: &Owner, task: TaskId) -> Result<(), JournalError> {
    to.prepare_cached(
        "UPDATE task SET word = NULL, wish = NULL, state = ?3 WHERE id = ?1 AND word = ?2",
    )?
    .execute(params![int(task.0), me.word, word(&TaskState::Interrupted)])?;
    Ok(())
}

/// Asks something of whoever runs a task.
pub(super) fn ask(to: &Connection, task: TaskId, wish: Wish) -> Result<(), JournalError> {
    to.prepare_cached("UPDATE task SET wish = ?2 WHERE id = ?1 AND ended IS NULL")?
        .execute(params![int(task.0), wish.word()])?;
    Ok(())
}
