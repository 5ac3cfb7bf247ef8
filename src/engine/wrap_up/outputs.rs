//! How the outputs of a run compare: with this machine's folders where they were made here, else with the record that the
//! instance left beside the run in S3. While the instance runs, a fresh record is asked for; no record, no proof.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Made, Output, Places, WrapAsk, look::Look};
use crate::backend::{
    Error, Store,
    store::{ListQuery, Pages as _, ReadQuery},
};
use crate::domain::{
    diff::Level,
    entry::End,
    key::Key,
    launch::{Status, on_box},
    location::Location,
    plan::SyncOptions,
    retry::FailureKind,
    side::Side,
    text::printable,
    wrap_up::{Claim, OutputProof, Proven, Wake, stale},
};
use crate::engine::{
    cloud::{exec, way::Way},
    ends::Ends,
    event::Failed,
    plan,
    room::Room,
};

/// How long an instance may take to record its outputs: all of them are read.
const RECORDING: Duration = Duration::from_hours(2);
/// From one look at its recording to the next.
const EVERY: Duration = Duration::from_secs(5);

/// Proves outputs one by one; what the instance left is looked for once.
pub(super) struct Outputs {
    left: Option<Result<Left, String>>,
    /// Whether all regions were asked that the run may have instances in.
    all_asked: bool,
}

/// What the newest launch of a run left in S3.
struct Left {
    /// Its folder.
    folder: Location,
    store: Store,
    /// The last thing that the instance told; `None` where it told nothing.
    status: Option<Status>,
    /// Whether it recorded its outputs just now, and why not.
    fresh: Result<(), String>,
    /// Whether an instance of the run may be writing, and when one was started last.
    wake: Wake,
}

impl Outputs {
    pub(super) fn new(all_asked: bool) -> Self {
        let left = None;
        Self { left, all_asked }
    }

    /// How one output stands, by checksum at least.
    pub(super) async fn proof(
        &mut self,
        room: &Room,
        (ask, look): (&WrapAsk, &Look<'_>),
        output: &Output,
    ) -> OutputProof {
        let claim = match &output.places {
            Err(why) => Claim::Nothing { why: why.clone() },
            Ok(places) => self.claim(room, (ask, look), (&output.name, places)).await,
        };
        OutputProof {
            name: output.name.clone(),
            claim,
        }
    }

    async fn claim(
        &mut self,
        room: &Room,
        (ask, look): (&WrapAsk, &Look<'_>),
        (name, places): (&str, &Places),
    ) -> Claim {
        let Places {
            made,
            kept,
            options,
        } = places;
        match made {
            Made::Here(made) => claimed(room, (made, kept), options).await,
            Made::OnBox(folder) => {
                if self.left.is_none() {
                    let left = left(room, (ask, look), folder).await;
                    self.left = Some(left.map(|left| left.unless(self.all_asked)));
                }
                match &self.left {
                    Some(Ok(left)) => left.claim(room, name, (kept, options)).await,
                    Some(Err(why)) => Claim::Nothing { why: why.clone() },
                    None => nothing("nothing was looked for"),
                }
            }
        }
    }
}

fn nothing(why: impl Into<String>) -> Claim {
    Claim::Nothing { why: why.into() }
}

/// Looks for what the newest launch left, and has its outputs recorded afresh where its instance can be reached.
async fn left(
    room: &Room,
    (ask, look): (&WrapAsk, &Look<'_>),
    folder: &Location,
) -> Result<Left, String> {
    let told = |error: Error| error.to_string();
    let home = room.sessions.store(folder).await.map_err(told)?;
    let launch = newest(&home).await.map_err(told)?.ok_or_else(|| {
        format!(
            "no launch left anything in {folder}: it was made on the instance; push it from there and say \
             --made-here where this is the machine that made it"
        )
    })?;
    let folder = folder
        .child(&launch)
        .map_err(|refusal| refusal.to_string())?;
    let store = room.sessions.store(&folder).await.map_err(told)?;
    let key = Key::from("status.json");
    let status = status(&store, &key).await.map_err(told)?;
    let instance = status.as_ref().and_then(|told| told.instance.clone());
    let fresh = record(room, (ask, look), instance.as_deref()).await;
    Ok(Left {
        folder,
        store,
        status,
        fresh,
        wake: look.wake(&ask.run, instance.as_deref()),
    })
}

/// The folder of the newest launch: they are named by their times. A listing without its end does not tell which is the newest.
pub(in crate::engine) async fn newest(home: &Store) -> Result<Option<Key>, Error> {
    let query = ListQuery {
        shallow: true,
        ..ListQuery::default()
    };
    let mut pages = home.pages(query);
    let mut last = None;
    while let Some(page) = pages.next().await {
        let folders = page.entries.into_iter().map(|entry| entry.key);
        last = folders
            .filter(|key| key.as_bytes().ends_with(b"/"))
            .last()
            .or(last);
        match page.end {
            Some(End::Complete) => return Ok(last),
            Some(End::Broken { reason, .. }) => return Err(unlisted(&reason)),
            None => {}
        }
    }
    Err(unlisted("the listing stopped before its end"))
}

fn unlisted(reason: &str) -> Error {
    let target = "the run's folder";
    Error::new("list", target, FailureKind::Transient, reason)
}

/// What an instance told last; `None` where it told nothing.
pub(super) async fn status(store: &Store, key: &Key) -> Result<Option<Status>, Error> {
    let read = async { store.read(key, ReadQuery::default()).await?.all().await };
    match Box::pin(read).await {
        Ok(text) => Ok(Status::read(&text)),
        Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Has the instance record its outputs now; it is a command on an instance, and refused like any other.
async fn record(
    room: &Room,
    (ask, look): (&WrapAsk, &Look<'_>),
    instance: Option<&str>,
) -> Result<(), String> {
    let id = instance.ok_or("the instance has not told who it is")?;
    let awake = look.awake(id, &ask.run);
    let (door, found) =
        awake.ok_or_else(|| format!("{} does not run", printable(id.as_bytes())))?;
    exec::guard(room, &ask.scope.remote).map_err(|refused| refused.message)?;
    let way = Way::to(room, (&ask.scope.remote, door), found, None);
    let way = way.map_err(|failed| failed.message)?;
    let said = way.run((&on_box("record"), RECORDING), EVERY).await;
    match said {
        Ok(said) if said.code == Some(0) => Ok(()),
        Ok(said) => {
            let words = said.stderr.lines().last().unwrap_or_default();
            Err(format!("it could not: {}", printable(words.as_bytes())))
        }
        Err(failed) => Err(failed.message),
    }
}

impl Left {
    /// With the doubt that regions leave which were not asked.
    fn unless(mut self, all_asked: bool) -> Self {
        self.wake.elsewhere = !all_asked;
        self
    }

    async fn claim(
        &self,
        room: &Room,
        name: &str,
        (kept, options): (&Location, &Arc<SyncOptions>),
    ) -> Claim {
        let key = Key::from(&*format!("manifest/{name}.jsonl"));
        let stat = match self.store.stat(&key).await {
            Ok(stat) => stat,
            Err(error) if error.failure_kind() == FailureKind::NotFound => {
                return nothing(self.missing());
            }
            Err(error) => return nothing(error.to_string()),
        };
        let at = stat.entry.facts.modified;
        if let Some(why) = self.outlived(at) {
            return nothing(why);
        }
        let file = match self.folder.child(&key) {
            Ok(file) => file,
            Err(refusal) => return nothing(refusal.to_string()),
        };
        let record = Location::Manifest(Box::new(file));
        match claimed(room, (&record, kept), options).await {
            Claim::Proven(proven) => Claim::Proven(Proven {
                record: at,
                ..proven
            }),
            claim @ (Claim::Gaps { .. } | Claim::Nothing { .. }) => claim,
        }
    }

    /// Why there is no record.
    fn missing(&self) -> String {
        let stands = match &self.status {
            Some(status) => format!("the instance told last that it is {}", status.state.word()),
            None => "the instance has told nothing".to_owned(),
        };
        match &self.fresh {
            Ok(()) => format!("the instance recorded nothing of it; {stands}"),
            Err(why) => format!("the instance left no record of it; {stands}; {why}"),
        }
    }

    /// Why a record of that time says too little: the instance went on after it, or may have.
    fn outlived(&self, at: Option<Timestamp>) -> Option<String> {
        let Err(why) = &self.fresh else {
            return None;
        };
        let stale = stale(self.status.as_ref(), &self.wake, at)?;
        Some(format!("{stale}, and made no new record: {why}"))
    }
}

async fn claimed(room: &Room, places: (&Location, &Location), options: &SyncOptions) -> Claim {
    let mut options = options.clone();
    options.check = options.check.max(Level::Checksum);
    match compared(room, places, &options).await {
        Ok(claim) => claim,
        Err(failed) => nothing(failed.message),
    }
}

async fn compared(
    room: &Room,
    places: (&Location, &Location),
    options: &SyncOptions,
) -> Result<Claim, Failed> {
    let ends = Ends::of_comparison(&room.sessions, places, options).await?;
    let mut comparison = plan::compared(room, &ends, options).await?;
    while comparison.next().await.is_some() {}
    if let Some(error) = comparison.failure_at_start() {
        return Err(error.into());
    }
    let complete = [Side::Left, Side::Right]
        .into_iter()
        .all(|side| comparison.end(side).is_complete());
    Ok(Claim::of(comparison.totals(), complete, Timestamp::now()))
}
