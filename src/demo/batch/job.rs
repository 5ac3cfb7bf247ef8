//! One job: what it was asked, how far it is, and what became of its tasks. Time drives it: whoever looks brings it to where
//! it stands at that moment.

use std::time::{Duration, SystemTime};

use crate::demo::{
    call::Call,
    fault::Faults,
    s3::{Place, Refused, Store},
};

use super::{Pace, asked::Asked, manifest, report};

/// Tasks from which a job that mostly fails is given up.
const THRESHOLD: usize = 1000;

/// Where a job stands, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its manifest is read.
    Preparing,
    /// It waits until somebody confirms it.
    Suspended,
    /// Its tasks are done.
    Active,
    /// Its report was written, and it is about to be over.
    Completing,
    /// Over: every task was tried.
    Complete,
    /// Over: nothing could be begun, or too much failed.
    Failed,
    /// Over: somebody stopped it.
    Cancelled,
}

impl State {
    /// AWS's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Preparing => "Preparing",
            Self::Suspended => "Suspended",
            Self::Active => "Active",
            Self::Completing => "Completing",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing more happens.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Cancelled)
    }
}

/// A task that was done, or not.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) place: Place,
    pub(super) refused: Option<Refused>,
}

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) asked: Asked,
    pub(super) priority: i32,
    pub(super) state: State,
    pub(super) created: SystemTime,
    pub(super) total: usize,
    pub(super) ended: Vec<Ended>,
    pub(super) failed: usize,
    pub(super) failure: Option<(&'static str, String)>,
    pub(super) why: Option<String>,
    pub(super) over: Option<SystemTime>,
    waiting: std::vec::IntoIter<Place>,
    /// Since when its tasks are done.
    active: Option<SystemTime>,
    completes: Option<SystemTime>,
}

/// What jobs work with.
pub(super) struct World<'a> {
    pub(super) store: &'a Store,
    pub(super) faults: &'a Faults,
    pub(super) roles: &'a [String],
    pub(super) pace: Pace,
    pub(super) now: SystemTime,
}

impl Job {
    pub(super) fn new(id: String, region: String, asked: Asked, created: SystemTime) -> Self {
        Self {
            id,
            region,
            priority: asked.priority,
            asked,
            state: State::Preparing,
            created,
            total: 0,
            ended: Vec::new(),
            failed: 0,
            failure: None,
            why: None,
            over: None,
            waiting: Vec::new().into_iter(),
            active: None,
            completes: None,
        }
    }

    /// Brings it to where it stands now.
    pub(super) fn settle(&mut self, world: &World<'_>) {
        let prepared = self.created + world.pace.preparing;
        if self.state == State::Preparing && world.now >= prepared {
            self.prepare(world, prepared);
        }
        if self.state == State::Active {
            self.work(world);
        }
        if self.state == State::Completing
            && let Some(completes) = self.completes.filter(|at| world.now >= *at)
        {
            self.end(State::Complete, completes);
        }
    }

    fn end(&mut self, state: State, at: SystemTime) {
        self.state = state;
        self.over = Some(at);
        self.waiting = Vec::new().into_iter();
    }

    fn fail(&mut self, (code, reason): (&'static str, String), at: SystemTime) {
        self.failure = Some((code, reason));
        self.end(State::Failed, at);
    }

    /// Reads the manifest, and looks at all that the job needs.
    fn prepare(&mut self, world: &World<'_>, at: SystemTime) {
        let places = match self.manifest(world) {
            Ok(places) => places,
            Err(failure) => return self.fail(failure, at),
        };
        self.total = places.len();
        self.waiting = places.into_iter();
        if self.asked.confirmation {
            self.state = State::Suspended;
        } else {
            self.activate(at);
        }
    }

    fn manifest(&self, world: &World<'_>) -> Result<Vec<Place>, (&'static str, String)> {
        let Asked {
            role,
            manifest,
            etag,
            copy,
            report,
            fields,
            ..
        } = &self.asked;
        if !world.roles.contains(role) {
            let reason = format!("S3 Batch Operations cannot assume the role {role}");
            return Err(("AssumeRoleFailed", reason));
        }
        let region = world.store.region_of(&copy.bucket);
        if region.as_ref() != Some(&self.region) {
            let reason = match region {
                None => "The target bucket does not exist".to_owned(),
                Some(_) => "A job must be created in the Region of its target bucket".to_owned(),
            };
            return Err(("InvalidTargetBucket", reason));
        }
        if let Some(report) = report
            && world.store.region_of(&report.bucket).is_none()
        {
            let reason = "The bucket of the completion report does not exist".to_owned();
            return Err(("InvalidReportBucket", reason));
        }
        let read = world.store.read_as(role, manifest);
        let (body, found) = read.map_err(|refused| {
            let Refused { code, .. } = refused;
            let reason = match code.as_str() {
                "AccessDenied" => format!("Reading the manifest is forbidden: {code}"),
                _ => format!("The manifest cannot be read: {code}"),
            };
            ("ManifestUnreadable", reason)
        })?;
        if found != *etag {
            let reason = "The manifest's ETag is not the one that the job names".to_owned();
            return Err(("ManifestETagMismatch", reason));
        }
        manifest::read(&body, fields).map_err(|reason| ("InvalidManifest", reason))
    }

    /// Lets the tasks begin.
    pub(super) fn activate(&mut self, at: SystemTime) {
        self.state = State::Active;
        self.active = Some(at);
    }

    /// Does the tasks that should be done by now.
    fn work(&mut self, world: &World<'_>) {
        let Some(since) = self.active else { return };
        let rate = world.pace.tasks_per_second;
        let elapsed = world.now.duration_since(since).unwrap_or_default();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float that is too large saturates, and none is below 0"
        )]
        let due = (elapsed.as_secs_f64() * rate) as usize;
        while self.ended.len() < due
            && let Some(place) = self.waiting.next()
        {
            self.task(world, place);
            if self.ended.len() >= THRESHOLD && self.failed * 2 > self.ended.len() {
                let reason = "More than half of the tasks failed".to_owned();
                report::write(self, world);
                return self.fail(("FailureThresholdReached", reason), world.now);
            }
        }
        if self.ended.len() == self.total {
            let took = Duration::from_secs_f64(self.total as f64 / rate);
            report::write(self, world);
            self.state = State::Completing;
            self.completes = Some(since + took + world.pace.preparing / 2);
        }
    }

    fn task(&mut self, world: &World<'_>, place: Place) {
        let refused = hurt(world.faults, &self.asked, &place);
        let refused = refused.or_else(|| {
            let copied = world
                .store
                .copy_as(&self.asked.role, &place, &self.asked.copy);
            copied.err()
        });
        self.failed += usize::from(refused.is_some());
        self.ended.push(Ended { place, refused });
    }

    /// Stops it; what is done stays done, and is reported.
    pub(super) fn cancel(&mut self, world: &World<'_>) {
        if !self.ended.is_empty() {
            report::write(self, world);
        }
        self.end(State::Cancelled, world.now);
    }

    /// Seconds for which its tasks were being done.
    pub(super) fn active_for(&self, now: SystemTime) -> u64 {
        let until = self.over.unwrap_or(now);
        let since = self.active.and_then(|at| until.duration_since(at).ok());
        since.unwrap_or_default().as_secs()
    }
}

/// What a fault does to a task in place of the copy: it hits by the key of the copy, as it would hit a request.
fn hurt(faults: &Faults, asked: &Asked, place: &Place) -> Option<Refused> {
    let call = Call {
        service: "s3".to_owned(),
        operation: "CopyObject",
        bucket: asked.copy.bucket.clone(),
        key: asked.copy.target(&place.key),
        ..Call::default()
    };
    let fault = faults.judge(&call).fault?;
    let internal = (
        500,
        "InternalError",
        "We encountered an internal error. Please try again.",
    );
    let (status, code, message) = fault.refusal().unwrap_or(internal);
    Some(Refused {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
    })
}
