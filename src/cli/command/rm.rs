//! `wharf rm`: what is named goes, after it was listed, shown and agreed to, each entry only while it is what was listed.

use std::{sync::Arc, time::Instant};

use crate::cli::{args::RmArgs, exit::Exit};
use crate::domain::{key::Key, location::Location, plan::SyncOptions};
use crate::engine::Command;

use super::{
    Context, VIEW,
    approval::{Approval, Asking},
    progress::Watched,
    sync,
};

/// Runs the command.
pub(super) async fn rm(
    context: &mut Context,
    args: &RmArgs,
    (location, options): (Location, Arc<SyncOptions>),
) -> Exit {
    let began = Instant::now();
    let (place, only) = match what(&location, args.recursive) {
        Ok((place, key)) => (place, vec![key]),
        Err((message, help)) => {
            context.output.error(message, Some(help));
            return Exit::Usage;
        }
    };
    let ask = Command::PlanDeletion {
        view: VIEW,
        place,
        only,
        options,
    };
    let plan = match context.asked_plan(ask).await {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    if plan.steps().next().is_none() {
        let help = if args.recursive {
            "wharf ls tells what is there"
        } else {
            "-r takes all below a prefix; wharf ls tells what is there"
        };
        context
            .output
            .error(format_args!("nothing is at {location}"), Some(help));
        return Exit::Failed;
    }
    context.show(&plan);
    if args.dry_run {
        context.show_steps(&plan, None);
        let seconds = began.elapsed().as_secs_f64();
        context.summary(None, &plan, &Watched::default(), seconds);
        return Exit::Ok;
    }
    let approval = Approval::of(args.yes);
    let mut asking = [Asking { plan, approval }];
    let exit = match context.approved(&mut asking) {
        Ok(exit) => exit,
        Err(refused) => return refused,
    };
    let [Asking { plan, .. }] = asking;
    if plan.steps().next().is_none() {
        return exit;
    }
    sync::run_and_tell(context, (&plan, began), exit).await
}

/// The place and the key of what is to go.
fn what(location: &Location, recursive: bool) -> Result<(Location, Key), (String, &'static str)> {
    let path = location.s3().map(|prefix| &*prefix.path);
    let place = location.parent().filter(|_| path != Some(""));
    let (Some(place), Some(name)) = (place, location.base_name()) else {
        return Err((
            format!("{location} is no object, prefix, file or folder that could be deleted"),
            "name what is to go, as s3://bucket/key or -r s3://bucket/prefix/",
        ));
    };
    if !recursive && path.is_some_and(|path| path.ends_with('/')) {
        return Err((
            format!("{location} is a prefix, and without -r only one object goes"),
            "-r takes all below it; without the slash at its end an object is named",
        ));
    }
    Ok((place, named(&name, recursive)))
}

/// The key as it is named, or the folder of that name.
fn named(name: &Key, recursive: bool) -> Key {
    if recursive && !name.is_folder() {
        return Key::new([name.as_bytes(), b"/"].concat());
    }
    name.clone()
}
