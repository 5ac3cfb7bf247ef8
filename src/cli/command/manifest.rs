//! `wharf manifest`: a listing written down, to compare with later or elsewhere (`manifest:FILE` as a location).
//! The last line tells that it is whole; a file without it is a broken listing and proves no absence.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use serde::Serialize;

use crate::cli::{exit::Exit, output::record::EntryRecord};
use crate::domain::{entry::Kind, entry::Tally, location::Location, plan::SyncOptions};
use crate::humanize;

use super::{Context, listing::Listing};

/// The last line.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
}

/// Runs the command; without `out` the lines go to stdout.
pub(super) async fn manifest(
    context: &mut Context,
    out: Option<&Path>,
    location: Location,
    options: Arc<SyncOptions>,
) -> Exit {
    let mut sink = match Sink::open(out) {
        Ok(sink) => sink,
        Err(error) => return unwritable(context, &error, Exit::Usage),
    };
    let mut total = Tally::default();
    let what = location.to_string();
    let deep = true;
    let listing = Listing {
        location,
        deep,
        options,
    };
    let listed = context
        .list(listing, |context, entries| {
            for entry in &entries {
                if entry.facts.kind == Kind::Object {
                    total.add(entry.facts.size);
                }
                sink.write(context, &EntryRecord::from(entry));
            }
        })
        .await;
    if listed == Exit::Ok {
        let Tally { objects, bytes } = total;
        let r#type = "summary";
        sink.write(
            context,
            &Summary {
                r#type,
                objects,
                bytes,
            },
        );
    }
    if let Err(error) = sink.close() {
        return listed.and(unwritable(context, &error, Exit::Failed));
    }
    let (objects, bytes) = (
        humanize::counted(total.objects, "object"),
        humanize::bytes(total.bytes),
    );
    context
        .output
        .remark(format_args!("{what}: {objects}, {bytes}"));
    listed
}

fn unwritable(context: &mut Context, error: &io::Error, exit: Exit) -> Exit {
    context.output.error(
        format_args!("the manifest cannot be written: {error}"),
        Some("make room, or choose another file with --out"),
    );
    exit
}

/// Where the lines go: a file, or stdout. A file that failed once takes no more, and `close` tells it.
struct Sink(Option<io::Result<BufWriter<File>>>);

impl Sink {
    fn open(out: Option<&Path>) -> io::Result<Self> {
        let file = out.map(File::create).transpose()?;
        Ok(Self(file.map(|file| Ok(BufWriter::new(file)))))
    }

    fn write(&mut self, context: &mut Context, record: &impl Serialize) {
        let line = serde_json::to_string(record).map_err(io::Error::from);
        let written = match (&mut self.0, line) {
            (None, Ok(line)) => {
                context.output.text(&line);
                context.output.text("\n");
                Ok(())
            }
            (Some(Ok(file)), Ok(line)) => writeln!(file, "{line}"),
            (_, Err(error)) => Err(error),
            (Some(Err(_)), Ok(_)) => Ok(()),
        };
        if let Err(error) = written {
            self.0 = Some(Err(error));
        }
    }

    fn close(self) -> io::Result<()> {
        match self.0 {
            None => Ok(()),
            Some(file) => file?.flush(),
        }
    }
}
