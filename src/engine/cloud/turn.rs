//! Turning an instance: guards first, then the request, then its state until the effect holds.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{Instance, State, Turn},
    retry::FailureKind,
    text::printable,
};

use super::{CloudTold, Place, details::instance, patient::patient};
use crate::engine::{
    answer::Answer,
    event::{Body, Failed, FailedClass},
    room::Room,
};

/// How long an effect is waited for.
const PATIENCE: Duration = Duration::from_mins(15);

pub(super) async fn turn(
    room: &Room,
    answer: &Answer,
    place: &Place,
    (turn, every): (Turn, Duration),
) -> Result<CloudTold, Failed> {
    guard(room, place, turn)?;
    let door = room.door(place).await?;
    let before = instance(&door, &place.id).await?;
    consent(room, &before, turn)?;
    if let Err(why) = turn.allowed(before.state) {
        return Err(Failed {
            help: Some("wharf instances tells how it stands".to_owned()),
            ..Failed::usage(format!("{}: {why}", named(&before)))
        });
    }
    patient(|| door.turn(&before.id, turn)).await?;
    let began = Instant::now();
    let mut told = before.state;
    loop {
        let state = state(&door, &before.id).await?;
        if state == turn.goal() {
            return Ok(CloudTold::Turned(state));
        }
        if state != told {
            told = state;
            answer.tell(Body::Cloud(CloudTold::Turning(state))).await;
        }
        if began.elapsed() > PATIENCE {
            return Err(stuck(&before, state));
        }
        sleep(every).await;
    }
}

/// The state now; an instance that is gone is over.
async fn state(door: &Ec2, id: &str) -> Result<State, Error> {
    match patient(|| door.instance(id)).await {
        Ok(Some(instance)) => Ok(instance.state),
        Ok(None) => Ok(State::Terminated),
        Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(State::Terminated),
        Err(error) => Err(error),
    }
}

fn guard(room: &Room, place: &Place, turn: Turn) -> Result<(), Failed> {
    if room.options.read_only {
        let message = format!("wharf is read-only: nothing is asked to {turn}");
        return Err(Failed::guard(message, "start wharf without --read-only"));
    }
    if room.wants_word(&place.remote) {
        let name = place.remote.name().unwrap_or("(unnamed)");
        let message = format!(
            "the remote {name} is marked as production: no instance of it is asked to {turn} without its name"
        );
        return Err(Failed::guard(message, format!("--confirm {name}")));
    }
    Ok(())
}

/// An end is for good: it wants the instance's name, or its id.
fn consent(room: &Room, instance: &Instance, turn: Turn) -> Result<(), Failed> {
    let words = [instance.name(), &instance.id];
    if turn != Turn::Terminate || words.iter().any(|word| !room.wants_consent(word)) {
        return Ok(());
    }
    let goes = instance.volumes.iter();
    let goes = goes.filter(|volume| volume.goes_with_instance).count();
    let message = format!(
        "{} would be gone for good, with {goes} of its {} volumes, and nobody gave its name",
        named(instance),
        instance.volumes.len()
    );
    Err(Failed::guard(
        message,
        format!("--confirm {}", printable(instance.name().as_bytes())),
    ))
}

/// `trainer (i-0ab1…)`.
fn named(instance: &Instance) -> String {
    let name = printable(instance.name().as_bytes());
    if *name == *instance.id {
        return name.into_owned();
    }
    format!("{name} ({})", instance.id)
}

fn stuck(instance: &Instance, state: State) -> Failed {
    Failed {
        class: FailedClass::Broken,
        help: Some(
            "`aws ec2 stop-instances --force`, or look at its console with wharf instances console"
                .to_owned(),
        ),
        ..Failed::usage(format!(
            "{} is still {} after {} minutes",
            named(instance),
            state.word(),
            PATIENCE.as_secs() / 60
        ))
    }
}
