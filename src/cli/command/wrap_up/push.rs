//! `wharf wrap-up --push`: outputs that are not proven are pushed from where they were made, before anything is judged: on the run's
//! instance by the script that its launch left there, from this machine by their mappings.

use crate::cli::{
    args::{MappingArgs, SyncArgs, WayArgs, WrapUpArgs},
    ending::Ending,
    errand::Errands,
    exit::Exit,
};
use crate::domain::{
    launch::{PUSHING, on_box},
    text::printable,
    wrap_up::{OutputProof, Resource},
};
use crate::engine::cloud::Place;
use crate::humanize::{self, wrap_up::proven};

use super::{super::mappings::mappings, Context, ask};

/// Looks, and pushes what is not proven.
pub(super) async fn push(
    context: &mut Context,
    args: &WrapUpArgs,
    ending: &Ending,
) -> Result<Exit, Exit> {
    let looked = ask(context, args, ending, (None, None)).await?;
    let proofs = looked.proofs.iter();
    let gaps: Vec<&OutputProof> = proofs.filter(|proof| !proof.claim.is_proven()).collect();
    if gaps.is_empty() {
        let words = if looked.proofs.is_empty() {
            "the run names no outputs: nothing is pushed"
        } else {
            "every output is proven: nothing is pushed"
        };
        context.output.remark(words);
        return Ok(Exit::Ok);
    }
    for gap in &gaps {
        context.output.remark(proven(gap));
    }
    if let Some(errands) = &ending.push {
        let mut errands = errands.clone();
        let is_open = |name: &str| gaps.iter().any(|gap| *gap.name == *name);
        errands
            .errands
            .retain(|errand| is_open(&errand.mapping.name));
        return from_here(context, args, errands).await;
    }
    let Some(one) = looked.pusher() else {
        context.output.error(
            "the run has no instance any more that could push its outputs",
            Some("--made-here says that they were made on this machine"),
        );
        return Err(Exit::Refused);
    };
    on_instance(context, ending, one).await
}

/// Pushes by the outputs' own mappings; what would be written over needs a word, as ever.
async fn from_here(
    context: &mut Context,
    args: &WrapUpArgs,
    errands: Errands,
) -> Result<Exit, Exit> {
    let sync = SyncArgs {
        yes: args.yes,
        ..SyncArgs::default()
    };
    let given = MappingArgs {
        sync,
        ..MappingArgs::default()
    };
    let exit = Box::pin(mappings(context, &given, errands)).await;
    if matches!(exit, Exit::Refused | Exit::Usage | Exit::Cancelled) {
        return Err(exit);
    }
    Ok(exit)
}

/// Has the instance push all its outputs and record them anew.
async fn on_instance(context: &mut Context, ending: &Ending, one: &Resource) -> Result<Exit, Exit> {
    let id = printable(one.id.as_bytes());
    context.output.remark(format_args!(
        "{id} pushes its outputs and records them anew; they are compared when it is done"
    ));
    let place = Place {
        remote: ending.remote.clone(),
        region: Some(one.region.clone()),
        id: one.id.clone(),
    };
    let way = WayArgs::default();
    let (_, said) = context.said((place, &way), on_box("push"), PUSHING).await?;
    if said.code == Some(0) {
        return Ok(Exit::Ok);
    }
    let told = said.stderr.lines().chain(said.stdout.lines()).last();
    let told = printable(told.unwrap_or("nothing was said").as_bytes());
    context.output.error(
        format_args!(
            "the outputs could not all be pushed on {id}, {}: {told}",
            humanize::ended(&said)
        ),
        Some("its log.txt in the run's folder tells more"),
    );
    Ok(Exit::Failed)
}
