//! The machine that a run is on: how a person names it, which of several instances it is, and what its lamps tell, each with
//! its evidence and its age. What cannot be known stays unknown, with the reason and what to do about it.

mod folder;
mod log;
mod name;
mod process;

use jiff::Timestamp;

use crate::domain::{
    cloud::{Check, CheckKind, Checks, Instance, State},
    text::printable,
};

use super::lamp::Light;

pub use folder::{files, newest_files};
pub use log::Piece;
pub use name::{MachineAsk, MachineName, NameError, Process};
pub use process::{failure, quoted};

/// What a lamp of the machine shows, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whether it shines.
    pub light: Light,
    /// What was seen, or why nothing was; safe for a terminal.
    pub words: Box<str>,
    /// When that was seen; `None` where nothing was looked at.
    pub at: Option<Timestamp>,
}

impl Evidence {
    /// Something that was seen.
    pub fn seen(light: Light, words: impl Into<Box<str>>, at: Timestamp) -> Self {
        Self {
            light,
            words: words.into(),
            at: Some(at),
        }
    }

    /// Something that cannot be known, and why.
    pub fn unknown(words: impl Into<Box<str>>) -> Self {
        Self {
            light: Light::Unknown,
            words: words.into(),
            at: None,
        }
    }
}

/// The three lamps of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// The instance, where it was found.
    pub id: Option<Box<str>>,
    /// Whether the instance is up and its checks pass.
    pub checks: Evidence,
    /// Whether its agent answers.
    pub agent: Evidence,
    /// Whether the process of the run is there.
    pub process: Evidence,
}

impl Machine {
    /// A machine of which nothing is known, for one reason.
    pub fn unknown(words: &str) -> Self {
        let evidence = Evidence::unknown(words);
        Self {
            id: None,
            checks: evidence.clone(),
            agent: evidence.clone(),
            process: evidence,
        }
    }

    /// What is known before anything is asked.
    pub fn before(ask: Option<&MachineAsk>) -> Self {
        Self::unknown(match ask {
            Some(_) => "not looked at yet",
            None => {
                "no instance is configured: write instance = \"tag:Name=…\" or \"i-…\" into the run"
            }
        })
    }

    /// Each lamp with its name.
    pub fn each(&self) -> [(&'static str, &Evidence); 3] {
        [
            ("checks", &self.checks),
            ("agent", &self.agent),
            ("process", &self.process),
        ]
    }
}

/// The instance that bears a name, among those that do: the one that runs, else the newest.
///
/// # Errors
/// Words for a person where there is none, or several run.
pub fn chosen<'i>(
    found: &'i [Instance],
    name: &MachineName,
    region: &str,
) -> Result<&'i Instance, String> {
    let mut running = found.iter().filter(|one| one.state == State::Running);
    match (running.next(), running.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let running = found.iter().filter(|one| one.state == State::Running);
            let ids: Vec<&str> = running.map(|one| &*one.id).collect();
            Err(format!(
                "{} instances bear {name}: name one by its id, {}",
                ids.len(),
                printable(ids.join(", ").as_bytes())
            ))
        }
        (None, _) => {
            let newest = found.iter().max_by_key(|one| {
                let living = one.state != State::Terminated;
                (living, one.launched)
            });
            newest.ok_or_else(|| {
                format!("there is no instance with {name} in {region}: it is gone, in another region, or called otherwise (instance = \"…\" of the run)")
            })
        }
    }
}

/// Why nothing on an instance can work; `None` where it is up.
pub fn down(instance: &Instance, at: Timestamp) -> Option<Evidence> {
    let light = match instance.state {
        State::Running => return None,
        State::Pending => Light::Unknown,
        State::Stopping
        | State::Stopped
        | State::ShuttingDown
        | State::Terminated
        | State::Unknown => Light::Off,
    };
    let id = printable(instance.id.as_bytes());
    let mut words = format!("{id} is {}", instance.state.word());
    if !instance.reason.is_empty() {
        words = format!("{words}: {}", printable(instance.reason.as_bytes()));
    }
    Some(Evidence::seen(light, words, at))
}

/// The lamp of the agent on an instance that is up: whether it answers; `None` where SSM knows of none.
pub fn agent(id: &str, answers: Option<bool>, at: Timestamp) -> Evidence {
    let id = printable(id.as_bytes());
    match answers {
        Some(true) => Evidence::seen(Light::On, format!("the agent of SSM on {id} answers"), at),
        Some(false) => Evidence::seen(
            Light::Off,
            format!("the agent of SSM on {id} does not answer any more"),
            at,
        ),
        // An instance without one may train all the same.
        None => Evidence::seen(
            Light::Unknown,
            format!(
                "SSM knows no agent on {id}: its role needs AmazonSSMManagedInstanceCore, its image the agent, its subnet a way out"
            ),
            at,
        ),
    }
}

/// The lamp of an instance's checks; `checks` are `None` where EC2 tells none of it.
pub fn checks(instance: &Instance, checks: Option<&Checks>, at: Timestamp) -> Evidence {
    if let Some(down) = down(instance, at) {
        return down;
    }
    let id = printable(instance.id.as_bytes());
    let Some(checks) = checks else {
        return Evidence::seen(
            Light::Unknown,
            format!("EC2 tells no checks of {id} yet"),
            at,
        );
    };
    if let Some((kind, check)) = worst(checks) {
        let light = match check {
            Check::Impaired { .. } => Light::Off,
            Check::Ok
            | Check::Initializing
            | Check::Insufficient
            | Check::NotApplicable
            | Check::Unknown => Light::Unknown,
        };
        let words = format!("the {} check of {id} is {}", kind.word(), check.word());
        return Evidence::seen(light, words, at);
    }
    let (passed, said) = checks.passed();
    let light = if said > 0 { Light::On } else { Light::Unknown };
    Evidence::seen(light, format!("{passed}/{said} checks of {id} pass"), at)
}

/// The check that a person should hear of first: one that failed, else one that has not passed yet.
fn worst(checks: &Checks) -> Option<(CheckKind, Check)> {
    let failed = |check: &Check| matches!(check, Check::Impaired { .. });
    let open = |check: &Check| matches!(check, Check::Initializing | Check::Insufficient);
    let each = checks.each();
    let first = |of: &dyn Fn(&Check) -> bool| each.into_iter().find(|(_, check)| of(check));
    first(&failed).or_else(|| first(&open))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Light, MachineName, checks, chosen};
    use crate::domain::cloud::{Check, Checks, Instance, State};

    fn instance(id: &str, state: State, launched: i64) -> Instance {
        Instance {
            id: id.into(),
            state,
            launched: Timestamp::from_second(launched).ok(),
            ..Instance::default()
        }
    }

    #[test]
    fn the_instance_that_runs_is_the_runs_and_two_are_told_apart_by_a_person() {
        let name: MachineName = "tag:Name=trainer".parse().unwrap();
        let over = instance("i-1", State::Terminated, 9);
        let stopped = instance("i-2", State::Stopped, 1);
        let running = instance("i-3", State::Running, 2);
        let id = |all: &[Instance]| chosen(all, &name, "us-east-1").map(|one| one.id.to_string());
        let all = [over.clone(), stopped.clone(), running.clone()];
        assert_eq!(id(&all), Ok("i-3".to_owned()));
        assert_eq!(id(&all[..2]), Ok("i-2".to_owned()));
        let two = [running, instance("i-4", State::Running, 3)];
        assert!(id(&two).unwrap_err().contains("i-3, i-4"));
        let none = id(&[]).unwrap_err();
        assert!(none.contains("tag:Name=trainer in us-east-1"), "{none}");
    }

    #[test]
    fn checks_shine_go_out_or_are_unknown_with_their_reason() {
        let at = Timestamp::UNIX_EPOCH;
        let runs = instance("i-3", State::Running, 2);
        let all = |check| Checks {
            system: Check::Ok,
            instance: check,
            ebs: Check::Ok,
        };
        let told = |instance: &Instance, check: Option<Check>| {
            let seen = checks(instance, check.map(all).as_ref(), at);
            (seen.light, seen.words.into_string())
        };
        let says = |light, words: &str| (light, words.to_owned());
        assert_eq!(
            told(&runs, Some(Check::Ok)),
            says(Light::On, "3/3 checks of i-3 pass")
        );
        assert_eq!(
            told(&runs, Some(Check::Impaired { since: None })),
            says(Light::Off, "the instance check of i-3 is impaired")
        );
        assert_eq!(
            told(&runs, Some(Check::Initializing)),
            says(Light::Unknown, "the instance check of i-3 is initializing")
        );
        assert_eq!(
            told(&runs, None),
            says(Light::Unknown, "EC2 tells no checks of i-3 yet")
        );
        let mut stopped = instance("i-2", State::Stopped, 1);
        stopped.reason = "User \u{1b}initiated".into();
        let (light, words) = told(&stopped, None);
        assert_eq!(light, Light::Off);
        assert!(words.starts_with("i-2 is stopped: User") && !words.contains('\u{1b}'));
    }
}
