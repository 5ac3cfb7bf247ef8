//! What the newest launch of a run tells of itself: its status object, looked at by a conditional GET beside the logs, and rarely.
//! Which launch is the newest is asked again only where none goes on, ever more rarely.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::backend::{
    Error, Sessions,
    store::{Growth, Known, Pin, Store},
};
use crate::domain::{key::Key, launch::Status, location::Location, retry::FailureKind};
use crate::engine::wrap_up::newest_launch;

use super::{News, Teller, machine::pause, source::words};

/// How long until it is asked again which launch is the newest, where none goes on; twice as long each further time.
const SILENCE: Duration = Duration::from_mins(5);

/// The status of a run's newest launch.
#[derive(Debug)]
pub(super) struct Watched {
    folder: Location,
    teller: Teller,
    seen: Option<Seen>,
    /// When launches were listed, and how long to wait before they are again.
    listed: Option<(Instant, Duration)>,
    /// Why it could not be looked at last.
    failed: Option<Box<str>>,
}

/// The status object of one launch.
#[derive(Debug)]
struct Seen {
    store: Store,
    key: Key,
    pin: Option<Pin>,
    is_over: bool,
}

impl Watched {
    pub(super) fn new(folder: Location, teller: Teller) -> Self {
        Self {
            folder,
            teller,
            seen: None,
            listed: None,
            failed: None,
        }
    }

    /// Looks until it is stopped, or once; `every` is how often the logs are looked at. What cannot be read takes nothing back.
    pub(super) async fn watch(mut self, sessions: &Sessions, every: Option<Duration>) {
        loop {
            let (status, failed) = match self.look(sessions).await {
                Ok(status) => (status, None),
                Err(error) => (
                    None,
                    Some(words(&error, &self.folder.clone().into()).into()),
                ),
            };
            if status.is_some() || failed != self.failed {
                self.failed.clone_from(&failed);
                let status = status.map(Box::new);
                self.teller.tell(News::Launch { status, failed }).await;
            }
            let Some(every) = every else {
                return;
            };
            sleep(pause(every)).await;
        }
    }

    /// What is new of it.
    async fn look(&mut self, sessions: &Sessions) -> Result<Option<Status>, Error> {
        self.list(sessions).await?;
        let Some(seen) = &mut self.seen else {
            return Ok(None);
        };
        let known = Known {
            pin: seen.pin.clone(),
            ..Known::default()
        };
        let reading = match seen.store.growth(&seen.key, &known).await {
            Ok(Growth::More(reading)) => reading,
            Ok(Growth::None | Growth::Less) => return Ok(None),
            // It boots, and told nothing so far.
            Err(error) if error.failure_kind() == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let pin = reading.pin();
        let text = reading.all().await?;
        let status = Status::read(&text).ok_or_else(|| {
            let words = "its status.json is none";
            Error::new("read", seen.key.printable(), FailureKind::Refused, words)
        })?;
        seen.pin = pin;
        seen.is_over = status.is_over();
        Ok(Some(status))
    }

    /// Finds the newest launch, where none goes on.
    async fn list(&mut self, sessions: &Sessions) -> Result<(), Error> {
        let goes_on = self.seen.as_ref().is_some_and(|seen| !seen.is_over);
        let patience = match self.listed {
            Some((at, patience)) if goes_on || at.elapsed() < patience => return Ok(()),
            Some((_, patience)) => patience.saturating_mul(2),
            None => SILENCE,
        };
        let store = sessions.store(&self.folder).await?;
        let launch = newest_launch(&store).await?;
        self.listed = Some((Instant::now(), patience));
        let key = launch.map(|launch| Key::new([launch.as_bytes(), b"status.json"].concat()));
        if key.as_ref() != self.seen.as_ref().map(|seen| &seen.key) {
            self.listed = Some((Instant::now(), SILENCE));
            self.seen = key.map(|key| Seen {
                store,
                key,
                pin: None,
                is_over: false,
            });
        }
        Ok(())
    }
}
