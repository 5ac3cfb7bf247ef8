//! `wharf manifest`: a listing written down, to compare with later or elsewhere (`manifest:FILE` as a location).
//! The last line tells that it is whole; a file without it is a broken listing and proves no absence.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
};

use serde::Serialize;

use crate::{
    cli::{exit::Exit, output::record::EntryRecord},
    domain::{entry::Kind, entry::Tally, location::Location, plan::SyncOptions},
    humanize,
};

use super::{Context, listing::Listing};

/// The last line.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
}

/// Runs the command; without `out` the lines go to stdout.
pub async fn manifest(context: &mut Context, out: Option<&Path>, location: Location, options: Arc<SyncOptions>) -> Exit {
    let mut sink: Box<dyn Write> = match out.map(File::create) {
        None => Box::new(Vec::new()),
        Some(Ok(file)) => Box::new(BufWriter::new(file)),
        Some(Err(error)) => {
            let name = out.unwrap_or(Path::new("")).display().to_string();
            context.output.error(format_args!("{name} cannot be written: {error}"), Some("choose another file with --out"));
            return Exit::Usage;
        }
    };
    let mut written = Ok(());
    let mut total = Tally::default();
    let what = location.to_string();
    let listing = Listing { location, deep: true, options };
    let mut exit = context
        .list(listing, |context, entries| {
            for entry in &entries {
                if entry.facts.kind == Kind::Object {
                    total.add(entry.facts.size);
                }
                emit(context, out.is_some(), &mut *sink, &mut written, &EntryRecord::from(entry));
            }
        })
        .await;
    if exit == Exit::Ok {
        let summary = Summary { r#type: "summary", objects: total.objects, bytes: total.bytes };
        emit(context, out.is_some(), &mut *sink, &mut written, &summary);
    }
    if let Err(error) = written.and_then(|()| sink.flush()) {
        context.output.error(format_args!("the manifest could not be written: {error}"), Some("make room, or choose another file with --out"));
        exit = exit.and(Exit::Failed);
    }
    let (objects, bytes) = (humanize::counted(total.objects, "object"), humanize::bytes(total.bytes));
    context.output.remark(format_args!("{what}: {objects}, {bytes}"));
    exit
}

/// One line of the manifest, to the file or to stdout.
fn emit(context: &mut Context, to_file: bool, sink: &mut dyn Write, written: &mut std::io::Result<()>, record: &impl Serialize) {
    let Ok(mut line) = serde_json::to_string(record) else { return };
    line.push('\n');
    if !to_file {
        context.output.text(&line);
    } else if written.is_ok() {
        *written = sink.write_all(line.as_bytes());
    }
}
