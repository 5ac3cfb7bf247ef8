//! Trouble that stands in the way of the whole task and mends without it: credentials that expired, a full disk. The task is
//! held, says what to do, looks with growing patience whether that was done, and then goes on by itself.

use tokio::{
    sync::watch,
    time::{Duration, Instant, sleep},
};

use crate::backend::{
    Pages as _,
    store::{ListQuery, Store},
};
use crate::domain::{
    key::Key,
    progress::{Failure, TaskState},
    retry::FailureKind,
};

use super::{Context, halt::Halt, tries::luck};

/// Trouble that comes back within this time after it was mended is the old one: it is looked at as patiently.
const SAME: Duration = Duration::from_mins(1);

/// A disk that has room for this much has room for small files too.
const ROOM: u64 = 1 << 20;

/// What holds a task now; `None` where nothing does.
#[derive(Debug)]
pub(super) struct Troubles(watch::Sender<Option<Trouble>>);

/// What was met, by which step.
#[derive(Debug, Clone)]
struct Trouble {
    kind: FailureKind,
    key: Key,
    size: u64,
}

impl Default for Troubles {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Context {
    /// Holds the task until the cause is mended, and waits until it was let go more than `resumes` times: what failed
    /// before the last time may be mended already.
    pub(super) async fn hold(
        &self,
        resumes: u64,
        (key, size): (&Key, u64),
        failure: Failure,
    ) -> Result<(), Halt> {
        if self.control.hold().resumes == resumes && self.control.hold_up() {
            let reason = format!(
                "{} (held; it goes on by itself once that is mended)",
                failure.reason
            );
            self.events
                .state(TaskState::Paused, Some(reason.into()))
                .await;
            self.troubles.0.send_replace(Some(Trouble {
                kind: failure.kind,
                key: key.clone(),
                size,
            }));
        }
        if self.control.resumed_after(resumes).await {
            Ok(())
        } else {
            Err(Halt::cancelled())
        }
    }

    /// Lets the task go on when what holds it is mended; never ends.
    pub(super) async fn look_after_troubles(&self) {
        let mut troubles = self.troubles.0.subscribe();
        let mut looks = 0;
        let mut mended = Instant::now();
        loop {
            let Ok(trouble) = troubles
                .wait_for(Option::is_some)
                .await
                .map(|told| told.clone())
            else {
                return std::future::pending().await;
            };
            if mended.elapsed() > SAME {
                looks = 0;
            }
            if let Some(trouble) = trouble {
                self.until_mended(&trouble, &mut looks).await;
            }
            mended = Instant::now();
            self.troubles.0.send_replace(None);
            if self.control.go_on() {
                self.events.resumed().await;
            }
        }
    }

    /// Waits until the trouble is over, or a person let the task go on.
    async fn until_mended(&self, trouble: &Trouble, looks: &mut u32) {
        let resumes = self.control.hold().resumes;
        while self.control.hold().resumes == resumes {
            *looks += 1;
            let wait = self.tuning.looks.wait(*looks, 0.5 + luck() / 2.0);
            tokio::select! {
                _ = self.control.resumed_after(resumes) => return,
                () = sleep(wait) => {}
            }
            if self.is_mended(trouble).await {
                return;
            }
        }
    }

    async fn is_mended(&self, trouble: &Trouble) -> bool {
        if trouble.kind != FailureKind::DiskFull {
            return accepts(&self.source).await && accepts(&self.destination).await;
        }
        match &self.destination {
            Store::Disk(disk) => disk
                .draft(&trouble.key, trouble.size.max(ROOM))
                .await
                .is_ok(),
            Store::S3(_) | Store::Manifest(_) => true,
        }
    }
}

/// Whether a store accepts our credentials: whatever else it says.
async fn accepts(store: &Store) -> bool {
    let Store::S3(_) = store else { return true };
    let query = ListQuery {
        shallow: true,
        ..ListQuery::default()
    };
    let mut listing = store.pages(query);
    listing.next().await;
    listing
        .failure()
        .is_none_or(|error| error.failure_kind() != FailureKind::Credentials)
}
