//! A command on an instance. By SSM: whether its agent answers, then the script, followed until it is over.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{CloudTold, Place, details::instance, patient::patient, way::Way};
use crate::backend::{Agent, Ec2};
use crate::domain::{
    cloud::{CommandState, Reach, Said, State},
    location::Remote,
    text::printable,
};
use crate::engine::{
    event::{Failed, FailedClass},
    room::Room,
};

/// From one look at a command to the next, at first.
const SOON: Duration = Duration::from_millis(300);
/// How long beyond its own limit a command is followed.
const GRACE: Duration = Duration::from_mins(2);

/// Answers the question.
pub(super) async fn exec(
    room: &Room,
    (place, named): (&Place, Option<&Reach>),
    script: (&str, Duration),
    every: Duration,
) -> Result<CloudTold, Failed> {
    guard(room, &place.remote)?;
    let door = room.door(place).await?;
    let found = instance(&door, &place.id).await?;
    if found.state != State::Running {
        let id = printable(found.id.as_bytes());
        return Err(Failed {
            help: Some(format!("wharf instances start {id}")),
            ..Failed::usage(format!(
                "{id} is {}: nothing can be run on it",
                found.state.word()
            ))
        });
    }
    let way = Way::to(room, (&place.remote, &door), &found, named)?;
    let said = way.run(script, every).await?;
    Ok(CloudTold::Said {
        id: found.id,
        said: Box::new(said),
    })
}

/// Refuses what may run no command on the instances of a remote.
pub(in crate::engine) fn guard(room: &Room, remote: &Remote) -> Result<(), Failed> {
    if room.options.read_only {
        let message = "wharf is read-only: no command is run on an instance";
        return Err(Failed::guard(message, "start wharf without --read-only"));
    }
    if room.wants_word(remote) {
        let name = remote.name().unwrap_or("(unnamed)");
        let message = format!(
            "the remote {name} is marked as production: no command is run there without its name"
        );
        return Err(Failed::guard(message, format!("--confirm {name}")));
    }
    Ok(())
}

/// Refuses an instance on which the agent of SSM does not answer.
pub(super) async fn answers(door: &Ec2, id: &str) -> Result<(), Failed> {
    match patient(|| door.agent(id)).await? {
        Agent::Online => Ok(()),
        Agent::Lost => {
            Err(Failed {
                class: FailedClass::Broken,
                help: Some("it may still boot, or be overloaded: wharf instances console tells what it wrote last".to_owned()),
                ..Failed::usage(format!("the agent of SSM on {id} does not answer any more"))
            })
        }
        Agent::None => {
            Err(Failed {
                class: FailedClass::Broken,
                help: Some("its role needs AmazonSSMManagedInstanceCore, its image the agent, its subnet a way out; or say reach = \"ssh\"".to_owned()),
                ..Failed::usage(format!("SSM knows no agent on {id}"))
            })
        }
    }
}

/// Runs a script by SSM on an instance whose agent is known to answer, and waits for its end.
pub(super) async fn said(
    door: &Ec2,
    id: &str,
    (script, limit): (&str, Duration),
    every: Duration,
) -> Result<Said, Failed> {
    // Sent once: a lost answer may mean that it runs, and nothing is run twice.
    let command = door.send_command(id, script, limit).await?;
    let began = Instant::now();
    let mut wait = SOON.min(every);
    loop {
        sleep(wait).await;
        wait = (wait * 2).min(every);
        let said = patient(|| door.invocation(&command, id)).await?;
        if let Some(said) = said.filter(|said| said.state.is_over()) {
            return Ok(said);
        }
        if began.elapsed() > limit + GRACE {
            // Nobody waits for it any longer: it may still lie before an agent that takes it later.
            if let Err(error) = patient(|| door.cancel_command(&command)).await {
                tracing::warn!(%command, %error, "the command could not be called off");
            }
            return Ok(Said {
                state: CommandState::TimedOut,
                ..Said::default()
            });
        }
    }
}
