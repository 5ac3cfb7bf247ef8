//! Starting, stopping, rebooting and terminating, each followed until its effect holds.

use std::time::Instant;

use crate::cli::exit::Exit;
use crate::domain::{
    cloud::{Instance, State, Turn},
    location::Remote,
    text::printable,
};
use crate::engine::{
    Body, Command,
    cloud::{CloudAsk, CloudTold, Place},
};
use crate::humanize;

use super::{Context, EVERY, VIEW, record::TurnedRecord, typed};

pub(super) async fn turn(context: &mut Context, place: Place, turn: Turn) -> Result<Exit, Exit> {
    if turn == Turn::Terminate && context.output.style().asks {
        ask_for_end(context, &place).await?;
    }
    let began = Instant::now();
    context.ask(Command::Cloud {
        view: VIEW,
        ask: Box::new(CloudAsk::Turn {
            place: place.clone(),
            turn,
            every: EVERY,
        }),
    });
    loop {
        let told = context.awaited(|body| {
            if let Body::Cloud(told) = body {
                Some(told)
            } else {
                None
            }
        });
        match told.await? {
            CloudTold::Turning(state) => context.output.remark(format_args!("{}…", state.word())),
            CloudTold::Turned(state) => {
                tell(context, &place, (turn, state), began);
                return Ok(Exit::Ok);
            }
            CloudTold::Survey(_)
            | CloudTold::Unanswered { .. }
            | CloudTold::Said { .. }
            | CloudTold::Launch(_)
            | CloudTold::Session(_)
            | CloudTold::Details(_) => {}
        }
    }
}

fn tell(context: &mut Context, place: &Place, (turn, state): (Turn, State), began: Instant) {
    let id = printable(place.id.as_bytes());
    let time = humanize::duration(began.elapsed());
    context
        .output
        .line(format_args!("{id}: {} after {time}", state.word()));
    context.output.record(&TurnedRecord {
        r#type: "turned",
        id: &place.id,
        turn: turn.word(),
        state: state.word(),
        seconds: began.elapsed().as_secs_f64(),
    });
}

/// Shows what would be gone, and asks for the name.
async fn ask_for_end(context: &mut Context, place: &Place) -> Result<(), Exit> {
    let details = context.details(place.clone()).await?;
    let instance = &details.instance;
    let name = printable(instance.name().as_bytes()).into_owned();
    let question = format!(
        "{name} ({}) would be gone for good{}.",
        instance.id,
        with(instance)
    );
    if typed(context, &question, &name) {
        context.engine.confirm(Remote::named(instance.name()));
    }
    Ok(())
}

/// What goes with an instance, and what stays.
fn with(instance: &Instance) -> String {
    let goes = instance.volumes.iter();
    let goes = goes.filter(|volume| volume.goes_with_instance).count();
    match instance.volumes.len() {
        0 => String::new(),
        all => format!(", with {goes} of its {all} volumes"),
    }
}
