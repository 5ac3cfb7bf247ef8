//! `wharf rename` and `wharf mkdir`: names and folders where they stand, by plan.

use std::{sync::Arc, time::Instant};

use crate::cli::{
    args::{EditArgs, RenameArgs, RestoreArgs, UndeleteArgs, VersionsArgs},
    exit::Exit,
};
use crate::config::{
    Error,
    bears::{bears, restore as read_restore},
    setting::SyncKey,
};
use crate::domain::{
    key::Key,
    location::Location,
    plan::{Edit, SyncOptions, renamed},
};
use crate::engine::{Command, EditAsk};

use super::{
    Approval, Context, VIEW, approval::Asking, look::below, progress::Watched, sync::run_and_tell,
};

/// A place with the options that hold there.
type At = (Location, Arc<SyncOptions>);

/// Runs `wharf rename`.
pub(super) async fn rename(
    context: &mut Context,
    args: &RenameArgs,
    (location, options): At,
) -> Exit {
    let Some((place, key)) = entry(&location) else {
        let message = format_args!("{location} is no object, file or folder that could be renamed");
        let help = "name what is to get another name, as s3://bucket/key or a path";
        context.output.error(message, Some(help));
        return Exit::Usage;
    };
    let to = match renamed(&key, &args.name) {
        Ok(to) => to,
        Err(refusal) => {
            let help = "wharf rename LOCATION NAME; wharf move brings things elsewhere";
            context.output.error(refusal, Some(help));
            return Exit::Usage;
        }
    };
    let ask = match place {
        Location::S3(_) => match place.child(&to) {
            Ok(destination) => Command::Plan {
                view: VIEW,
                source: location,
                destination,
                only: Vec::new(),
                options: Arc::new(options.of_rename()),
            },
            Err(refusal) => {
                context.output.error(refusal, Some("choose another name"));
                return Exit::Usage;
            }
        },
        Location::Disk(_) | Location::Buckets(_) | Location::Manifest(_) => wanted(EditAsk {
            place,
            only: vec![key],
            edit: Edit::Rename { to },
            options,
        }),
    };
    let approval = Approval::of(args.yes);
    planned(context, ask, (args.dry_run, approval)).await
}

/// Runs `wharf mkdir`.
pub(super) async fn mkdir(context: &mut Context, dry_run: bool, (location, options): At) -> Exit {
    let Some((place, key)) = entry(&location) else {
        let message = format_args!("{location} is no folder that could be made");
        let help = "name it, as s3://bucket/folder/ or a path; buckets are made in the console";
        context.output.error(message, Some(help));
        return Exit::Usage;
    };
    let key = if key.is_folder() { key } else { key.join("/") };
    let ask = wanted(EditAsk {
        place,
        only: vec![key],
        edit: Edit::NewFolder,
        options,
    });
    planned(context, ask, (dry_run, Approval::Given)).await
}

/// Runs `wharf undelete`.
pub(super) async fn undelete(
    context: &mut Context,
    args: &UndeleteArgs,
    (location, options): At,
) -> Exit {
    let of = (args.recursive, args.dry_run, Approval::Given);
    in_place(context, (location, Edit::Undelete, options), of).await
}

/// Runs `wharf versions --bring-back`.
pub(super) async fn bring_back(
    context: &mut Context,
    (args, version): (&VersionsArgs, &str),
    (location, options): At,
) -> Exit {
    let edit = Edit::BringBack {
        version: version.into(),
    };
    let options = Arc::new(options.of_bring_back());
    let of = (false, args.dry_run, Approval::of(args.yes));
    in_place(context, (location, edit, options), of).await
}

/// Runs `wharf restore`.
pub(super) async fn restore(
    context: &mut Context,
    args: &RestoreArgs,
    (location, options): At,
) -> Exit {
    let restore = match read_restore(&args.tier) {
        Ok(restore) => restore,
        Err(invalid) => return wrong(context, "--tier", invalid),
    };
    let options = Arc::new(SyncOptions {
        restore: Some(restore),
        ..options.as_ref().clone()
    });
    let of = (args.recursive, args.dry_run, Approval::Given);
    in_place(context, (location, Edit::Restore, options), of).await
}

/// Runs `wharf edit`.
pub(super) async fn edit(context: &mut Context, args: &EditArgs, (location, options): At) -> Exit {
    let class = args
        .storage_class
        .iter()
        .map(|text| (SyncKey::StorageClass, &**text));
    let sse = args.sse.iter().map(|text| (SyncKey::Sse, &**text));
    let metadata = args
        .metadata
        .iter()
        .map(|text| (SyncKey::Metadata, &**text));
    let tags = args.tag.iter().map(|text| (SyncKey::Tags, &**text));
    let bears = match bears(class.chain(sse).chain(metadata).chain(tags)) {
        Ok(bears) => bears,
        Err((key, invalid)) => {
            let flag = format!("--{}", key.name().replace('_', "-"));
            return wrong(context, &flag, invalid);
        }
    };
    let Some(edit) = bears.edit() else {
        let message = "it is not told what is to be changed";
        let help = "--storage-class, --sse, --metadata K=V or --tag K=V";
        context.output.error(message, Some(help));
        return Exit::Usage;
    };
    let options = Arc::new(options.of_edit(&bears));
    let of = (args.recursive, args.dry_run, Approval::of(args.yes));
    in_place(context, (location, edit, options), of).await
}

/// Tells what is wrong with a flag.
fn wrong(context: &mut Context, flag: &str, error: impl Into<Error>) -> Exit {
    let error = error.into();
    let help = error.help();
    let message = format_args!("{flag}: {error}");
    context.output.error(message, help.as_deref());
    Exit::Usage
}

/// Edits one object, or all below a prefix.
async fn in_place(
    context: &mut Context,
    (location, edit, options): (Location, Edit, Arc<SyncOptions>),
    (recursive, dry_run, approval): (bool, bool, Approval),
) -> Exit {
    let (place, key) = match below(&location, recursive) {
        Ok(found) => found,
        Err(help) => {
            let message = format_args!("there is nothing at {location} to {}", edit.word());
            context.output.error(message, Some(help));
            return Exit::Usage;
        }
    };
    let only = Some(key).filter(|key| !key.is_empty());
    let ask = wanted(EditAsk {
        place,
        only: only.into_iter().collect(),
        edit,
        options,
    });
    planned(context, ask, (dry_run, approval)).await
}

/// The question for a plan of this.
pub(super) fn wanted(ask: EditAsk) -> Command {
    Command::PlanEdit {
        view: VIEW,
        ask: Box::new(ask),
    }
}

/// The place that holds what is named, and its key there; a slash at the end stays.
pub(super) fn entry(location: &Location) -> Option<(Location, Key)> {
    let is_bucket = location.s3().is_some_and(|prefix| prefix.path.is_empty());
    let place = location.parent().filter(|_| !is_bucket)?;
    let name = location.base_name()?;
    let slash = match location {
        Location::S3(prefix) => prefix.path.ends_with('/'),
        Location::Disk(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/"),
        Location::Buckets(_) | Location::Manifest(_) => false,
    };
    let name = if slash { name.join("/") } else { name };
    Some((place, name))
}

/// Shows the plan that answers a question, asks where it needs a yes, and runs it.
pub(super) async fn planned(
    context: &mut Context,
    ask: Command,
    (dry_run, approval): (bool, Approval),
) -> Exit {
    let began = Instant::now();
    let plan = match context.asked_plan(ask).await {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let exit = context.meaning(&plan);
    context.show(&plan);
    if dry_run {
        context.show_steps(&plan, None);
        let seconds = began.elapsed().as_secs_f64();
        context.summary(None, &plan, &Watched::default(), seconds);
        return exit;
    }
    if plan.steps().next().is_none() {
        // It was told that there is nothing to do; a copy of nothing was of a name that is not there.
        if plan.edit.is_none() && plan.source_print.tally.objects == 0 {
            let message = format_args!("nothing is at {}", plan.source);
            let help = Some("wharf ls tells what is there");
            context.output.error(message, help);
            return exit.and(Exit::Failed);
        }
        return exit;
    }
    let mut asking = [Asking { plan, approval }];
    let exit = match context.approved(&mut asking) {
        Ok(approved) => exit.and(approved),
        Err(refused) => return refused,
    };
    let [Asking { plan, .. }] = asking;
    run_and_tell(context, (&plan, began), exit).await
}
