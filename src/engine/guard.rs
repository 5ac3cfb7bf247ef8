//! What the engine refuses, whoever asks: overlapping places, prefixes that only pull, folders that git tracks, production
//! without its name. Plans are looked at before anything is listed, and once more before they run.

use std::path::Path;

use tokio::task::spawn_blocking;

use crate::backend::{Sessions, disk::git_tracks};
use crate::domain::{
    diff::Level,
    key::Key,
    location::Location,
    plan::{Brake, Cleaning, Plan, PlanError, Symlinks, SyncOptions},
};

use super::{
    alias::{one_name, real},
    ends::Ends,
    event::Failed,
    room::Room,
};

/// Whether a plan between these places may be made.
pub(super) async fn plan(
    room: &Room,
    ends: &Ends,
    only: &[Key],
    options: &SyncOptions,
) -> Result<(), Failed> {
    let (source, target) = (&ends.left.location, &ends.right.location);
    match ends.single_target() {
        Some(target) => apart(&room.sessions, source, &target, &[]).await?,
        None => apart(&room.sessions, source, target, only).await?,
    }
    if let Some(kept) = &options.backup_dir {
        for place in [source, target] {
            aside(&room.sessions, kept, place).await?;
        }
    }
    can_be_listed(options)?;
    if options.remove_source {
        can_move(options)?;
        destination(room, source).await?;
    }
    destination(room, target).await
}

/// Whether what is asked may rest on an inventory, where one stands in for the source's listing.
fn can_be_listed(options: &SyncOptions) -> Result<(), Failed> {
    let why = match options {
        _ if options.listing.is_none() => return Ok(()),
        _ if options.delete.is_on() || options.remove_source => {
            "an inventory is hours old, and licenses no delete"
        }
        _ if options.gzip => "an inventory is not in the order of gzip streams",
        _ => return Ok(()),
    };
    Err(Failed {
        help: Some("list the bucket itself: name it as s3://bucket/prefix".to_owned()),
        ..Failed::usage(why)
    })
}

/// Whether these options make a move.
fn can_move(options: &SyncOptions) -> Result<(), Failed> {
    let refuse = |message: &str, help: &str| {
        Err(Failed {
            help: Some(help.to_owned()),
            ..Failed::usage(message)
        })
    };
    if options.delete.is_on() {
        return refuse(
            "a move empties its source, and the next one would delete at the destination what this one brought",
            "leave --delete out",
        );
    }
    if options.verify.is_none_or(|level| level < Level::Checksum) {
        return refuse(
            "a source goes only where its copy is proven by checksum, and that is off",
            "leave --verify out, or use wharf sync, which leaves sources where they are",
        );
    }
    if options.symlinks == Symlinks::Follow {
        return refuse(
            "what a link points to lies elsewhere, and is not moved away from there",
            "choose --symlinks skip or --symlinks store",
        );
    }
    Ok(())
}

/// Whether this plan may run now.
pub(super) async fn run(room: &Room, plan: &Plan) -> Result<(), Failed> {
    if room.options.read_only {
        let help = "start wharf without --read-only to run it";
        return Err(Failed::guard("wharf is read-only: nothing is run", help));
    }
    plan.check_version()?;
    for place in plan.changes().chain(&plan.options.backup_dir) {
        destination(room, place).await?;
        production(room, place)?;
    }
    if let Some(cleaning) = &plan.cleans
        && room.wants_consent(&cleaning.word)
    {
        let Cleaning { task, word } = cleaning;
        let message = format!(
            "the clean-up behind task {task} deletes {word} sources, and nobody gave its word"
        );
        return Err(Failed::guard(
            message,
            format!("look at it with --dry-run, then say --confirm {word}"),
        ));
    }
    match plan.open_brakes().next() {
        Some(brake) => Err(braked(brake)),
        None => Ok(()),
    }
}

/// Whether this place may be written to now, without a plan.
pub(super) async fn writes(room: &Room, place: &Location) -> Result<(), Failed> {
    if room.options.read_only {
        let help = "start wharf without --read-only to change it";
        return Err(Failed::guard(
            "wharf is read-only: nothing is changed",
            help,
        ));
    }
    destination(room, place).await?;
    production(room, place)
}

/// Whether anything may be written to this place.
pub(super) async fn destination(room: &Room, place: &Location) -> Result<(), Failed> {
    for protected in &room.options.protected {
        let other = one_name(&room.sessions, place, protected.place.clone()).await?;
        if place.overlaps(&other) {
            return Err(Failed::guard(&*protected.message, &*protected.help));
        }
    }
    let Location::Disk(path) = place else {
        return Ok(());
    };
    if room
        .options
        .allow_git
        .iter()
        .any(|folder| is_in(path, folder))
    {
        return Ok(());
    }
    let path = path.clone();
    match spawn_blocking(move || git_tracks(&path)).await {
        Ok(Some(refusal)) => Err(Failed::guard(
            refusal.to_string(),
            "another folder, or one that git ignores",
        )),
        Ok(None) | Err(_) => Ok(()),
    }
}

/// Whether a path lies in a folder, by their names.
fn is_in(path: &Path, folder: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_unknown| path.to_owned());
    whole(path).starts_with(whole(folder))
}

fn production(room: &Room, place: &Location) -> Result<(), Failed> {
    let Some(prefix) = place.s3().filter(|prefix| room.wants_word(&prefix.remote)) else {
        return Ok(());
    };
    let name = prefix.remote.name().unwrap_or("(unnamed)");
    let message = format!(
        "the remote {name} is marked as production: {place} is not written to without its name"
    );
    Err(Failed::guard(message, format!("--confirm {name}")))
}

fn braked(brake: &Brake) -> Failed {
    match brake {
        Brake::TooManyDeletes { planned, of } => Failed::guard(
            format!("{planned} of {of} objects at the destination would be deleted"),
            "--max-delete with a higher number, if that is meant",
        ),
        Brake::EmptySource => Failed::guard(
            "the source is empty, and everything at the destination would be deleted",
            "--allow-empty-source, if that is meant",
        ),
        Brake::BrokenListing { reason } => Failed::guard(
            reason.clone(),
            "list again; without whole listings nothing may be deleted",
        ),
    }
}

/// Refuses a place for backups that overlaps one of those that are synced: each run would find the copies of the last one.
async fn aside(sessions: &Sessions, kept: &Location, place: &Location) -> Result<(), Failed> {
    let (real_kept, real_place) = (real(kept).await, real(place).await);
    let other = one_name(sessions, &real_place, real_kept).await?;
    if real_place.overlaps(&other) {
        return Err(Failed::guard(
            format!(
                "the backups' place {kept} and {place} overlap: each run would find the copies of the last one"
            ),
            "choose a place beside it with --backup-dir",
        ));
    }
    Ok(())
}

/// Refuses a source and a destination that overlap, by whatever names they go.
async fn apart(
    sessions: &Sessions,
    source: &Location,
    destination: &Location,
    only: &[Key],
) -> Result<(), Failed> {
    let refuse = |guard| Failed::from(PlanError::Guard(guard));
    Plan::guards(source, destination, only).map_err(refuse)?;
    let (source, destination) = (real(source).await, real(destination).await);
    let destination = one_name(sessions, &source, destination).await?;
    Plan::guards(&source, &destination, only).map_err(refuse)
}
