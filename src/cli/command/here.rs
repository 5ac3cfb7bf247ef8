//! The commands that speak of one location.

use std::sync::Arc;

use crate::cli::{args::Command, exit::Exit};
use crate::domain::{location::Location, plan::SyncOptions};

use super::{Context, bucket::bucket, edit, look, ls, manifest, preview, rm, uploads::uploads};

/// Runs a command at one location; `None` where it is none of these.
pub(super) async fn here(
    context: &mut Context,
    command: &Command,
    (location, options): (Location, Arc<SyncOptions>),
) -> Option<Exit> {
    let at = (location, options);
    if let Some(exit) = edited(context, command, &at).await {
        return Some(exit);
    }
    let (location, options) = at;
    Some(match (command, location) {
        (Command::Ls(args), location) => ls(context, args, location, options).await,
        (Command::Manifest(args), location) => manifest(context, args, location, options).await,
        (Command::Preview(args), location) => preview(context, &location, args.lines).await,
        (Command::Bucket(args), location) => bucket(context, &args.action, (location, &[])).await,
        (Command::Find(args), location) => look::find(context, args, (location, options)).await,
        (Command::Presign(args), location) => look::presign(context, args, location).await,
        (Command::Versions(args), location) => look::versions(context, args, location).await,
        _ => return None,
    })
}

/// Runs a command that changes something there, by plan.
async fn edited(
    context: &mut Context,
    command: &Command,
    at: &(Location, Arc<SyncOptions>),
) -> Option<Exit> {
    Some(match (command, at.clone()) {
        (Command::Rm(args), at) => rm(context, args, at).await,
        (Command::Rename(args), at) => edit::rename(context, args, at).await,
        (Command::Mkdir(args), at) => edit::mkdir(context, args.dry_run, at).await,
        (Command::Undelete(args), at) => edit::undelete(context, args, at).await,
        (Command::Restore(args), at) => edit::restore(context, args, at).await,
        (Command::Uploads(args), at) => uploads(context, args, at).await,
        (Command::Edit(args), at) => edit::edit(context, args, at).await,
        (Command::Versions(args), at) => match &args.bring_back {
            Some(version) => edit::bring_back(context, (args, version), at).await,
            None => return None,
        },
        _ => return None,
    })
}
