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
    let is_bucket = location.s3().is_some_and(|prefix| prefix.path.is_empty());
    let place = location.parent().filter(|_| !is_bucket);
    let (Some(place), Some(name)) = (place, location.base_name()) else {
        context.output.error(
            format_args!("{location} is no object, prefix, file or folder that could be deleted"),
            Some("name what is to go, as s3://bucket/key or -r s3://bucket/prefix/"),
        );
        return Exit::Usage;
    };
    let only = vec![named(&name, args.recursive)];
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

/// The key as it is named, or the folder of that name.
fn named(name: &Key, recursive: bool) -> Key {
    if recursive && !name.is_folder() {
        return Key::new([name.as_bytes(), b"/"].concat());
    }
    name.clone()
}
