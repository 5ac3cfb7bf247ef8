//! The rounds of a watch: all sources at first, then one of a run at a time until something comes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use jiff::Timestamp;

use crate::backend::Sessions;
use crate::domain::training::{
    ask::RunAsk, checkpoint::Checkpoint, origin::Origin, standing::Standing,
};

use crate::engine::{
    answer::Answer,
    event::{Body, Failed},
    room::Room,
};

use super::{
    Manner, News, Teller, boxed, launched, machine,
    source::{Source, listed, words},
};

/// How long a folder must be silent before it is listed again; twice as long each further time.
const SILENCE: Duration = Duration::from_mins(5);
/// How often checkpoints are listed at most, while a run goes on.
const CHECKPOINTS: Duration = Duration::from_mins(5);
/// Files of a folder that are looked at: the newest ones.
const NEWEST: usize = 4;

/// Watches runs until it is stopped, or once.
pub(in crate::engine) async fn watch(
    room: &Room,
    answer: &Answer,
    (asks, manner): (&Arc<[RunAsk]>, Manner),
) -> Result<Body, Failed> {
    let machines = asks.iter().enumerate().filter_map(|(at, ask)| {
        let watched = machine::Watched::new(ask.machine.clone()?, Teller::new(answer, at, ask));
        Some(watched.watch(room, manner.every))
    });
    let launches = asks.iter().enumerate().filter_map(|(at, ask)| {
        let teller = Teller::new(answer, at, ask);
        let watched = launched::Watched::new(ask.launches.clone()?, teller);
        Some(watched.watch(&room.sessions, manner.every))
    });
    let asks = asks.iter().enumerate();
    let runs = asks
        .map(|(at, ask)| Watched::new(Teller::new(answer, at, ask), ask.clone()))
        .collect();
    // Side by side: a machine that answers late holds up no log.
    tokio::join!(
        logs(room, runs, manner),
        join_all(machines),
        join_all(launches)
    );
    Ok(Body::Watched)
}

/// Follows the logs until the watch is stopped, or once.
async fn logs(room: &Room, mut runs: Vec<Watched>, manner: Manner) {
    loop {
        let rounds = runs.iter_mut().map(|run| run.round(room, manner));
        // Side by side: one that answers late holds up no other.
        join_all(rounds).await;
        let Some(every) = manner.every else {
            return;
        };
        tokio::time::sleep(every).await;
    }
}

/// One run that is watched.
struct Watched {
    teller: Teller,
    ask: RunAsk,
    sources: Vec<Source>,
    /// What was told last of each source.
    told: Vec<Option<Standing>>,
    streams: usize,
    /// Looks since the beginning: which file's turn it is.
    turn: usize,
    /// Something could not be read in this turn.
    failed: bool,
    /// When something last came.
    heard: Instant,
    /// How long to be silent before the next listing.
    patience: Duration,
    /// Whether something came since checkpoints were listed, and when that was.
    checkpoints: Option<(bool, Instant)>,
    /// Whether the run had ended by the last look.
    ended: bool,
}

impl Watched {
    fn new(teller: Teller, ask: RunAsk) -> Self {
        let sources = ask.sources.iter().cloned().enumerate();
        let source = |(at, source)| Source::new(at, source, ask.machine.clone());
        Self {
            teller,
            sources: sources.map(source).collect(),
            told: vec![None; ask.sources.len()],
            streams: 0,
            turn: 0,
            failed: false,
            heard: Instant::now(),
            patience: SILENCE,
            checkpoints: None,
            ended: false,
            ask,
        }
    }

    /// One look: at everything at first and where something came, else at one file.
    async fn round(&mut self, room: &Room, manner: Manner) {
        self.failed = false;
        self.open(&room.sessions).await;
        let all = self.turn == 0;
        let places = self.places();
        let mut came = false;
        let count = if all {
            places.len()
        } else {
            places.len().min(1)
        };
        for at in 0..count {
            let place = places.get((self.turn + at) % places.len().max(1));
            came |= self.look(place.copied(), room, manner).await;
        }
        if came && !all {
            for place in places
                .iter()
                .cycle()
                .skip(self.turn + 1)
                .take(places.len() - 1)
            {
                self.look(Some(*place), room, manner).await;
            }
        }
        self.turn += 1;
        if came {
            self.heard = Instant::now();
            self.patience = SILENCE;
        }
        self.list_checkpoints(room, came).await;
        for (at, source) in self.sources.iter().enumerate() {
            let standing = source.standing();
            if self
                .told
                .get(at)
                .is_some_and(|told| told.as_ref() != Some(&standing))
            {
                self.told[at] = Some(standing.clone());
                self.teller
                    .tell(News::Source {
                        source: at,
                        standing,
                    })
                    .await;
            }
        }
        let looked = (!self.failed).then(Timestamp::now);
        self.teller.tell(News::Polled { looked }).await;
    }

    /// Finds the files of sources that have none, and looks for new ones in folders that were silent for long.
    async fn open(&mut self, sessions: &Sessions) {
        let silent = self.heard.elapsed() > self.patience;
        if silent {
            self.patience *= 2;
        }
        for source in &mut self.sources {
            let again = silent && source.is_folder;
            // What cannot be opened is tried again as rarely as a silent folder is listed.
            let untried = self.turn == 0 || (silent && source.feeds.is_empty());
            if (again || untried)
                && let Err(error) = source.open(sessions, &mut self.streams).await
            {
                source.fails(error);
            }
        }
    }

    /// Which streams take turns: the one of each source, and the newest ones of folders.
    fn places(&self) -> Vec<(usize, usize)> {
        let of = |(at, source): (usize, &Source)| {
            let mut feeds: Vec<usize> = (0..source.feeds.len()).collect();
            if self.turn > 0 {
                let written = |feed: &usize| Some(source.feeds.get(*feed)?.intake().written);
                feeds.sort_by_key(written);
                feeds = feeds.split_off(feeds.len().saturating_sub(NEWEST));
            }
            feeds
                .into_iter()
                .map(move |feed| (at, feed))
                .collect::<Vec<_>>()
        };
        self.sources.iter().enumerate().flat_map(of).collect()
    }

    /// Looks at one file; whether something came.
    async fn look(&mut self, place: Option<(usize, usize)>, room: &Room, manner: Manner) -> bool {
        let found = place.and_then(|(source, feed)| {
            let source = self.sources.get_mut(source)?;
            Some((source.feeds.get_mut(feed)?, &source.ask.from))
        });
        let Some((feed, from)) = found else {
            return false;
        };
        let looked = feed.look(room, manner, &mut self.teller).await;
        self.failed |= looked.is_err();
        let intake = feed.intake_mut();
        intake.failed = looked.err().map(|error| words(&error, from).into());
        std::mem::take(&mut intake.came)
    }

    async fn list_checkpoints(&mut self, room: &Room, came: bool) {
        let due = match &mut self.checkpoints {
            None => true,
            Some((grew, at)) => {
                *grew |= came;
                *grew && at.elapsed() >= CHECKPOINTS
            }
        };
        let ended = self.teller.has_ended();
        let ends = ended && !self.ended;
        self.ended = ended;
        if !due && !ends {
            return;
        }
        // What a run leaves is looked at when it ends, and once more later: it may write behind its last line.
        self.checkpoints = Some((ends, Instant::now()));
        for (place, origin) in self.ask.checkpoints.iter().enumerate() {
            let newest = newest(room, &self.ask, origin).await;
            self.teller.tell(News::Checkpoint { place, newest }).await;
        }
    }
}

async fn newest(room: &Room, ask: &RunAsk, place: &Origin) -> Result<Option<Checkpoint>, Box<str>> {
    let (entries, on_box) = match place {
        Origin::Place(location) => {
            let entries = async { listed(&room.sessions.store(location).await?).await };
            let entries = entries.await;
            (entries.map_err(|error| words(&error, place)), false)
        }
        Origin::OnBox(folder) => (
            boxed::listed(room, ask.machine.as_ref(), folder).await,
            true,
        ),
        Origin::Logs(_) => (
            Err("streams of a log hold no checkpoints".to_owned()),
            false,
        ),
    };
    let newest = Checkpoint::newest(&entries?);
    Ok(newest.map(|newest| Checkpoint { on_box, ..newest }))
}
