//! Following an instance until its checks pass; what hangs on it is noted once AWS tells it.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{LaunchTold, make::note, tell};
use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{Check as Passed, Instance, State},
    retry::FailureKind,
};
use crate::engine::{
    answer::Answer,
    cloud::patient,
    event::{Failed, FailedClass},
    wrap_up::ledger::Ledger,
};

/// How long a launch is followed.
const PATIENCE: Duration = Duration::from_mins(15);

/// Follows an instance until its checks pass; what hangs on it is noted once AWS tells it.
pub(super) async fn follow(
    answer: &Answer,
    (door, ledger): (&Ec2, &Ledger),
    made: Instance,
    every: Duration,
) -> Result<State, Failed> {
    let began = Instant::now();
    let mut told = made.state;
    let mut volumes = made.volumes.len();
    loop {
        sleep(every).await;
        let instance = match patient(|| door.instance(&made.id)).await {
            Ok(Some(instance)) => instance,
            // AWS may not know everywhere yet what it just made.
            Ok(None) => continue_or(&made, began)?,
            Err(error) if error.failure_kind() == FailureKind::NotFound => {
                continue_or(&made, began)?
            }
            Err(error) => return Err(error.into()),
        };
        if instance.volumes.len() > volumes {
            volumes = instance.volumes.len();
            note(ledger, &instance).await?;
        }
        if instance.state != told {
            told = instance.state;
            tell(answer, LaunchTold::State(told)).await;
        }
        match told {
            State::Running if passes(door, &made.id).await? => return Ok(told),
            State::Running | State::Pending | State::Unknown => {}
            State::Stopping | State::Stopped | State::ShuttingDown | State::Terminated => {
                return Err(ended(&instance));
            }
        }
        if began.elapsed() > PATIENCE {
            return Err(slow(&made));
        }
    }
}

fn continue_or(made: &Instance, began: Instant) -> Result<Instance, Failed> {
    if began.elapsed() > PATIENCE {
        return Err(slow(made));
    }
    Ok(made.clone())
}

fn slow(made: &Instance) -> Failed {
    Failed {
        class: FailedClass::Broken,
        help: Some(format!(
            "wharf instances console {} tells what it wrote last",
            made.id
        )),
        ..Failed::usage(format!(
            "{} was launched, and its checks have not passed within {} minutes",
            made.id,
            PATIENCE.as_secs() / 60
        ))
    }
}

fn ended(instance: &Instance) -> Failed {
    Failed {
        class: FailedClass::Broken,
        help: Some(format!(
            "wharf instances console {} tells what it wrote last",
            instance.id
        )),
        ..Failed::usage(format!(
            "{} is {} already",
            instance.id,
            instance.state.word()
        ))
    }
}

/// Whether both checks of a new instance pass.
async fn passes(door: &Ec2, id: &str) -> Result<bool, Error> {
    let told = match patient(|| door.status(id)).await {
        Err(error) if error.failure_kind() == FailureKind::NotFound => None,
        told => told?,
    };
    Ok(told.is_some_and(|status| {
        let checks = [status.checks.system, status.checks.instance];
        checks.iter().all(|check| *check == Passed::Ok)
    }))
}
