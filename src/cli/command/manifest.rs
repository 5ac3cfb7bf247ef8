//! `wharf manifest`: a listing written down, to compare with later or elsewhere (`manifest:FILE` as a location).
//! The last line tells that it is whole; a file without it is a broken listing and proves no absence.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use serde::Serialize;

use crate::cli::{args::ManifestArgs, exit::Exit, output::record::EntryRecord};
use crate::domain::{
    entry::{Entry, Kind, Tally},
    location::Location,
    plan::SyncOptions,
    sums::Sums,
};
use crate::engine::{Body, Command};
use crate::humanize;

use super::{Context, VIEW, listing::Listing};

/// The last line.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
}

/// Runs the command; without `--out` the lines go to stdout.
pub(super) async fn manifest(
    context: &mut Context,
    args: &ManifestArgs,
    location: Location,
    options: Arc<SyncOptions>,
) -> Exit {
    let sink = match Sink::open(args.out.as_deref()) {
        Ok(sink) => sink,
        Err(error) => return unwritable(context, &error, Exit::Usage),
    };
    let what = location.to_string();
    let mut written = Written {
        sink,
        total: Tally::default(),
        failed: false,
    };
    let listing = Listing {
        location,
        deep: true,
        options,
    };
    let mut listed = if args.checksum {
        summed(context, listing, &mut written).await
    } else {
        context
            .list(listing, |context, entries| {
                for entry in &entries {
                    written.take(context, entry, None);
                }
            })
            .await
    };
    let Written {
        mut sink,
        total,
        failed,
    } = written;
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
    if failed {
        listed = listed.and(Exit::Failed);
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

/// What was written so far.
struct Written {
    sink: Sink,
    total: Tally,
    /// Whether a content could not be read.
    failed: bool,
}

impl Written {
    fn take(&mut self, context: &mut Context, entry: &Entry, sums: Option<&Sums>) {
        if entry.facts.kind == Kind::Object {
            self.total.add(entry.facts.size);
        }
        let record = EntryRecord::from(entry).with_sums(sums);
        self.sink.write(context, &record);
    }
}

/// Lists with checksums; a content that cannot be read is told, and recorded without one: it proves nothing.
async fn summed(context: &mut Context, listing: Listing, written: &mut Written) -> Exit {
    context.ask(Command::Record {
        view: VIEW,
        location: listing.location,
        options: listing.options,
    });
    let told = |body| {
        if let Body::Recorded { rows, end } = body {
            Some((rows, end))
        } else {
            None
        }
    };
    loop {
        let (rows, end) = match context.awaited(told).await {
            Ok(told) => told,
            Err(exit) => return exit,
        };
        for row in &rows {
            if let Some(why) = &row.failed {
                written.failed = true;
                let key = row.entry.key.printable();
                context.output.error(
                    format_args!("{key}: {why}"),
                    Some("it is recorded without a checksum"),
                );
            }
            written.take(context, &row.entry, row.sums.as_ref());
        }
        if let Some(end) = end {
            return context.ended(&end);
        }
    }
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
