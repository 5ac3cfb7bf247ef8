//! The machine of a run, looked at beside its logs: the instance and its checks, its agent, its process. What fails is told in
//! the lamp that it leaves dark.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::backend::{Agent, Ec2, Error};
use crate::domain::{
    cloud::Instance,
    retry::FailureKind,
    text::printable,
    training::{
        lamp::Light,
        machine::{Evidence, Machine, MachineAsk, MachineName, agent, checks, chosen, down},
    },
};

use crate::engine::{
    cloud::{patient, way::Way},
    room::Room,
};

use super::{News, Teller, shell};

/// A machine is looked at once while its logs are looked at so often: AWS itself checks once a minute.
const POLLS: u32 = 6;

/// A machine that is looked at again and again.
#[derive(Debug)]
pub(super) struct Watched {
    finder: Finder,
    teller: Teller,
}

/// Finds the instance that a name means, and keeps to it while it lives.
#[derive(Debug)]
pub(super) struct Finder {
    ask: MachineAsk,
    /// The instance, once it was found.
    id: Option<Box<str>>,
}

impl Watched {
    pub(super) fn new(ask: MachineAsk, teller: Teller) -> Self {
        Self {
            finder: Finder::new(ask),
            teller,
        }
    }

    /// Looks until it is stopped, or once; `every` is how often the logs are looked at.
    pub(super) async fn watch(mut self, room: &Room, every: Option<Duration>) {
        loop {
            let machine = Box::new(self.look(room, every).await);
            self.teller.tell(News::Machine(machine)).await;
            let Some(every) = every else {
                return;
            };
            sleep(pause(every)).await;
        }
    }

    async fn look(&mut self, room: &Room, every: Option<Duration>) -> Machine {
        let (door, instance) = match self.finder.find(room).await {
            Ok(found) => found,
            Err(words) => return Machine::unknown(&words),
        };
        let way = self.finder.way(room, &door, &instance);
        let agent = self.reached(room, (&door, &instance), &way);
        let (checks, agent) = tokio::join!(seen(&door, &instance), agent);
        let process = match (down(&instance, Timestamp::now()), agent.light) {
            // Nothing runs on what is not up.
            (Some(down), _) => down,
            (None, Light::On) => match &way {
                Ok(way) => self.process(room, way, every).await,
                Err(words) => Evidence::unknown(words.as_str()),
            },
            (None, Light::Off | Light::Unknown) => Evidence::unknown(&*agent.words),
        };
        Machine {
            id: Some(instance.id),
            checks,
            agent,
            process,
        }
    }

    /// Whether the instance can be asked: its agent answers, or ssh comes in.
    async fn reached(
        &self,
        room: &Room,
        (door, instance): (&Ec2, &Instance),
        way: &Result<Way, String>,
    ) -> Evidence {
        let way = match way {
            Ok(way) => way,
            Err(words) => return Evidence::unknown(words.as_str()),
        };
        let Some(ssh) = way.ssh() else {
            return answers(door, instance).await;
        };
        if let Some(down) = down(instance, Timestamp::now()) {
            return down;
        }
        match shell::ask(room, (&self.finder.ask.remote, way), "true", None).await {
            Ok(said) if said.code == Some(0) => {
                let login = format!("{}@{}", ssh.user, ssh.address);
                let words = format!("ssh comes in as {}", printable(login.as_bytes()));
                Evidence::seen(Light::On, words, Timestamp::now())
            }
            Ok(_) => Evidence::unknown("ssh did not come in in time"),
            Err(words) => Evidence::unknown(words),
        }
    }

    async fn process(&self, room: &Room, way: &Way, every: Option<Duration>) -> Evidence {
        let ask = &self.finder.ask;
        let Some(process) = &ask.process else {
            return Evidence::unknown(
                "nobody said how it is known: write process = \"pgrep:train.py\" (or pid:/FILE, or gpu) into the run",
            );
        };
        match shell::ask(room, (&ask.remote, way), &process.script(), every).await {
            Ok(said) => process.told(&said, Timestamp::now()),
            Err(words) => Evidence::unknown(words),
        }
    }
}

impl Finder {
    pub(super) fn new(ask: MachineAsk) -> Self {
        Self { ask, id: None }
    }

    /// The instance: by the id under which it was found, while it is there and goes on.
    ///
    /// # Errors
    /// Words for a person.
    pub(super) async fn find(&mut self, room: &Room) -> Result<(Ec2, Instance), String> {
        let door = room.sessions.ec2(&self.ask.remote, None).await;
        let door = door.map_err(|error| error.reason)?;
        let instance = self.instance(&door).await?;
        Ok((door, instance))
    }

    /// The way to its shell, as its run says.
    ///
    /// # Errors
    /// Words for a person.
    pub(super) fn way(&self, room: &Room, door: &Ec2, instance: &Instance) -> Result<Way, String> {
        Way::to(room, (&self.ask.remote, door), instance, None).map_err(shell::words)
    }

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
pub(super) fn pause(every: Duration) -> Duration {
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

/// Whether its agent answers.
async fn answers(door: &Ec2, instance: &Instance) -> Evidence {
    if let Some(down) = down(instance, Timestamp::now()) {
        return down;
    }
    let known = match patient(|| door.agent(&instance.id)).await {
        Ok(Agent::Online) => Some(true),
        Ok(Agent::Lost) => Some(false),
        Ok(Agent::None) => None,
        Err(error) => return Evidence::unknown(error.reason),
    };
    agent(&instance.id, known, Timestamp::now())
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
