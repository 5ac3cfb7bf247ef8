//! `Followed`: a run with all that was told of it while it is watched. Front ends own one for each run.

use jiff::Timestamp;

use crate::domain::training::{
    alert::{Alert, Alerts},
    ask::RunAsk,
    machine::Machine,
    run::Run,
    standing::Standing,
};

use super::News;

/// A run that is watched, as far as it was told.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    /// What was asked for.
    pub ask: RunAsk,
    /// What its sources told.
    pub run: Run,
    /// How its sources stand, in their order.
    pub standings: Vec<Standing>,
    /// Why places of checkpoints could not be listed, in their order.
    pub unlisted: Vec<Option<Box<str>>>,
    /// What its machine's lamps show.
    pub machine: Machine,
    /// Why its launch cannot be looked at.
    pub launch_failed: Option<Box<str>>,
    /// Whether all sources were looked at.
    pub polled: bool,
    alerts: Alerts,
}

impl Followed {
    /// A run of which nothing was told.
    pub fn new(ask: RunAsk) -> Self {
        let mut run = Run::new(ask.terms);
        run.checkpoints = vec![None; ask.checkpoints.len()];
        Self {
            run,
            standings: vec![Standing::default(); ask.sources.len()],
            unlisted: vec![None; ask.checkpoints.len()],
            machine: Machine::before(ask.machine.as_ref()),
            ask,
            ..Self::default()
        }
    }

    /// Forgets what was told: all is read afresh. What a person heard of stays heard.
    pub fn begin_again(&mut self) {
        let alerts = self.alerts;
        *self = Self {
            alerts,
            ..Self::new(self.ask.clone())
        };
    }

    /// Takes what was told.
    pub fn absorb(&mut self, news: News) {
        match news {
            News::Told {
                stream,
                batch,
                written,
            } => self.run.absorb(&stream, &batch, written),
            News::Source { source, standing } => {
                if let Some(place) = self.standings.get_mut(source) {
                    *place = standing;
                }
            }
            News::Checkpoint { place, newest } => {
                let why = newest.as_ref().err().cloned();
                // What was there is not gone because it cannot be listed now.
                if let (Some(known), Ok(newest)) = (self.run.checkpoints.get_mut(place), newest) {
                    *known = newest;
                }
                if let Some(known) = self.unlisted.get_mut(place) {
                    *known = why;
                }
            }
            News::Launch { status, failed } => {
                self.launch_failed = failed;
                if let Some(status) = status {
                    self.run.launch = Some(*status);
                }
            }
            News::Machine(machine) => self.machine = *machine,
            News::Polled { looked } => {
                self.polled = true;
                self.run.looked = looked.or(self.run.looked);
            }
        }
    }

    /// What a person should hear of that was not told before.
    pub fn alerts(&mut self, now: Timestamp) -> Vec<Alert> {
        if self.polled {
            self.alerts.next(&self.run, now)
        } else {
            Vec::new()
        }
    }

    /// Whether the checkpoints of a place were listed: else nothing is known of them.
    pub fn has_listed(&self, place: usize) -> bool {
        self.polled && self.unlisted.get(place).is_some_and(Option::is_none)
    }

    /// Whether nothing could be read of it at all.
    pub fn is_unreadable(&self) -> bool {
        let dark = |standing: &Standing| standing.trouble.is_some();
        self.run.metrics().next().is_none()
            && self.run.last().is_none()
            && self.standings.iter().all(dark)
    }
}
