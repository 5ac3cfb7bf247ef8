//! The machine of a run, looked at beside its logs: the instance and its checks. What fails is told in the lamp it leaves dark.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::backend::{Ec2, Error, Sessions};
use crate::domain::{
    cloud::Instance,
    retry::FailureKind,
    training::machine::{Evidence, Machine, MachineAsk, MachineName, checks, chosen},
};

use crate::engine::cloud::patient;

use super::{News, Teller};

/// A machine is looked at once while its logs are looked at so often: AWS itself checks once a minute.
const POLLS: u32 = 6;

/// A machine that is looked at again and again.
#[derive(Debug)]
pub(super) struct Watched {
    ask: MachineAsk,
    teller: Teller,
    /// The instance, once it was found.
    id: Option<Box<str>>,
}

impl Watched {
    pub(super) fn new(ask: MachineAsk, teller: Teller) -> Self {
        Self {
            ask,
            teller,
            id: None,
        }
    }

    /// Looks until it is stopped, or once; `every` is how often the logs are looked at.
    pub(super) async fn watch(mut self, sessions: &Sessions, every: Option<Duration>) {
        loop {
            let machine = Box::new(self.look(sessions).await);
            self.teller.tell(News::Machine(machine)).await;
            let Some(every) = every else {
                return;
            };
            sleep(pause(every)).await;
        }
    }

    async fn look(&mut self, sessions: &Sessions) -> Machine {
        let found = match sessions.ec2(&self.ask.remote, None).await {
            Ok(door) => self.instance(&door).await.map(|instance| (door, instance)),
            Err(error) => Err(error.reason),
        };
        let (door, instance) = match found {
            Ok(found) => found,
            Err(words) => return Machine::unknown(&words),
        };
        let unasked = "the agent of the instance is not asked yet";
        Machine {
            id: Some(instance.id.clone()),
            checks: seen(&door, &instance).await,
            agent: Evidence::unknown(unasked),
            process: Evidence::unknown(unasked),
        }
    }

    /// The instance: by the id under which it was found, while it is there and goes on.
    async fn instance(&mut self, door: &Ec2) -> Result<Instance, String> {
        if let Some(id) = &self.id {
            match patient(|| door.instance(id)).await {
                Ok(Some(instance)) if instance.state.is_living() => return Ok(instance),
                Err(error) if error.failure_kind() != FailureKind::NotFound => {
                    return Err(error.reason);
                }
                // It is over: another one may bear the name by now.
                Ok(_) | Err(_) => self.id = None,
            }
        }
        let found = match &self.ask.name {
            MachineName::Id(id) => patient(|| door.instance(id))
                .await
                .map(|one| one.into_iter().collect()),
            MachineName::Tag(key, value) => patient(|| door.tagged(key, value)).await,
        };
        let found: Vec<Instance> = found.map_err(|error: Error| error.reason)?;
        let instance = chosen(&found, &self.ask.name, door.region())?;
        self.id = Some(instance.id.clone());
        Ok(instance.clone())
    }
}

/// How long a machine is left alone where its logs are looked at so often.
fn pause(every: Duration) -> Duration {
    every.saturating_mul(POLLS)
}

async fn seen(door: &Ec2, instance: &Instance) -> Evidence {
    match patient(|| door.status(&instance.id)).await {
        Ok(status) => {
            let told = status.as_ref().map(|status| &status.checks);
            checks(instance, told, Timestamp::now())
        }
        Err(error) => Evidence::unknown(error.reason),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause;

    #[test]
    fn a_pause_has_no_end_that_overflows() {
        assert_eq!(pause(Duration::from_secs(10)), Duration::from_mins(1));
        assert_eq!(pause(Duration::MAX), Duration::MAX);
    }
}
