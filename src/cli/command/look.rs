//! `wharf find`, `presign` and `versions`: what stands somewhere, looked at and not changed.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::cli::{
    args::{FindArgs, PresignArgs, VersionsArgs},
    exit::Exit,
    output::record::{EntryRecord, KeyText},
};
use crate::config::quantity;
use crate::domain::{
    entry::Tally, key::Key, location::Location, plan::SyncOptions, version::Version,
};
use crate::engine::{
    Body, Command,
    look::{LookAsk, LookTold},
};
use crate::humanize;

use super::{Context, VIEW, edit::entry, ls::line};

/// The longest that S3 takes an address for.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// `summary` of find.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
    /// How many entries were looked at.
    seen: u64,
    complete: bool,
}

/// `address`.
#[derive(Serialize)]
struct AddressRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    url: &'a str,
    expires: Timestamp,
}

/// `version`.
#[derive(Serialize)]
struct VersionRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    version: &'a str,
    latest: bool,
    delete_marker: bool,
    modified: Option<Timestamp>,
    size: Option<u64>,
    etag: Option<&'a str>,
    class: Option<&'a str>,
}

impl Context {
    /// What is told next of what was looked at.
    pub(super) async fn looked(&mut self) -> Result<LookTold, Exit> {
        self.awaited(|body| {
            if let Body::Looked(told) = body {
                Some(*told)
            } else {
                None
            }
        })
        .await
    }

    /// Asks for a look.
    pub(super) fn look(&self, ask: LookAsk) {
        self.ask(Command::Look {
            view: VIEW,
            ask: Box::new(ask),
        });
    }
}

/// Runs `wharf find`.
pub(super) async fn find(
    context: &mut Context,
    args: &FindArgs,
    (location, options): (Location, Arc<SyncOptions>),
) -> Exit {
    context.look(LookAsk::Find {
        location,
        folder: Key::default(),
        text: args.text.clone(),
        options,
    });
    let zone = TimeZone::system();
    let mut found = Tally::default();
    loop {
        let told = match context.looked().await {
            Ok(told) => told,
            Err(exit) => return exit,
        };
        let LookTold::Found { entries, seen, end } = told else {
            continue;
        };
        for entry in &entries {
            found.add(entry.facts.size);
            context.output.record(&EntryRecord::from(entry));
            context.output.line(line(entry, &zone));
        }
        let Some(end) = end else {
            if context.output.is_gone() {
                context.ask(Command::Stop(VIEW));
                return Exit::Ok;
            }
            continue;
        };
        let exit = context.ended(&end);
        context.output.record(&Summary {
            r#type: "summary",
            objects: found.objects,
            bytes: found.bytes,
            seen,
            complete: exit == Exit::Ok,
        });
        context.output.remark(format_args!(
            "{} found among {}, {}",
            humanize::count(found.objects),
            humanize::count(seen),
            humanize::bytes(found.bytes)
        ));
        return exit;
    }
}

/// Runs `wharf presign`.
pub(super) async fn presign(context: &mut Context, args: &PresignArgs, location: Location) -> Exit {
    let object = entry(&location).filter(|(_, key)| location.s3().is_some() && !key.is_folder());
    let Some((place, key)) = object else {
        let message = format_args!("{location} is no object that an address could read");
        context
            .output
            .error(message, Some("name one, as s3://bucket/key"));
        return Exit::Usage;
    };
    let time = quantity::span(&args.expires).map(Duration::try_from);
    let time = match time {
        Ok(Ok(time)) if !time.is_zero() && time <= LONGEST => time,
        _ => {
            let message = format_args!("--expires: \"{}\" is no time up to 7 days", args.expires);
            let help = "write it as 15m, 12h or 7d";
            context.output.error(message, Some(help));
            return Exit::Usage;
        }
    };
    context.look(LookAsk::Address {
        location: place,
        key: key.clone(),
        time,
    });
    match context.looked().await {
        Ok(LookTold::Address { address, until }) => {
            context.output.record(&AddressRecord {
                r#type: "address",
                key: (&key).into(),
                url: address.reveal(),
                expires: until,
            });
            context.output.line(address.reveal());
            context.output.remark(format_args!(
                "anybody can read it by this address until {until}, or until the credentials end that signed it"
            ));
            Exit::Ok
        }
        Ok(_) => Exit::Failed,
        Err(exit) => exit,
    }
}

/// Runs `wharf versions`.
pub(super) async fn versions(
    context: &mut Context,
    args: &VersionsArgs,
    location: Location,
) -> Exit {
    let (place, below) = match below(&location, args.recursive) {
        Ok(found) => found,
        Err(help) => {
            let message = format_args!("{location} has no versions that could be listed");
            context.output.error(message, Some(help));
            return Exit::Usage;
        }
    };
    context.look(LookAsk::Versions {
        location: place,
        below,
    });
    let zone = TimeZone::system();
    let mut count = 0;
    loop {
        match context.looked().await {
            Ok(LookTold::Versions { versions, over }) => {
                for version in &versions {
                    count += 1;
                    tell_version(context, version, &zone);
                }
                if over {
                    break;
                }
                if context.output.is_gone() {
                    context.ask(Command::Stop(VIEW));
                    return Exit::Ok;
                }
            }
            Ok(_) => {}
            Err(exit) => return exit,
        }
    }
    context.output.remark(humanize::counted(count, "version"));
    Exit::Ok
}

fn tell_version(context: &mut Context, version: &Version, zone: &TimeZone) {
    let held = version.content.as_ref();
    context.output.record(&VersionRecord {
        r#type: "version",
        key: (&version.key).into(),
        version: &version.id,
        latest: version.is_latest,
        delete_marker: version.is_marker(),
        modified: version.modified,
        size: held.map(|held| held.size),
        etag: held.and_then(|held| held.etag.as_deref()),
        class: held.and_then(|held| held.class.as_deref()),
    });
    let size = held.map_or_else(|| "deleted".to_owned(), |held| humanize::bytes(held.size));
    let time = version
        .modified
        .map(|at| humanize::timestamp(at, zone))
        .unwrap_or_default();
    let latest = if version.is_latest { "latest" } else { "" };
    context.output.line(format_args!(
        "{size:>10}  {time:<16}  {latest:<6}  {}  {}",
        crate::domain::text::printable(version.id.as_bytes()),
        version.key
    ));
}

/// The place, and what below it is meant: one object, or a folder with all in it.
///
/// # Errors
/// What to do instead.
pub(super) fn below(location: &Location, recursive: bool) -> Result<(Location, Key), &'static str> {
    let Some(prefix) = location.s3() else {
        return Err("name what is in S3, as s3://bucket/key");
    };
    if prefix.path.is_empty() {
        let all = recursive.then(|| (location.clone(), Key::default()));
        return all.ok_or("-r takes all of a bucket");
    }
    let (place, key) = entry(location).ok_or("name an object, or a prefix with -r")?;
    match (recursive, key.is_folder()) {
        (true, false) => Ok((place, key.join("/"))),
        (false, true) => Err("-r takes all below a prefix"),
        (true, true) | (false, false) => Ok((place, key)),
    }
}
