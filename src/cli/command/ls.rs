//! `wharf ls`: entries of a location, their totals, counts by one feature, or the tree of folders; `s3://` lists buckets.

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::{
    args::{CountBy, LsArgs},
    exit::Exit,
    output::record::EntryRecord,
};
use crate::domain::{
    entry::{Entry, Kind, Tally},
    key::Key,
    layout::{self, Feature, Layout},
    location::{Location, Remote},
    plan::SyncOptions,
};
use crate::engine::{Body, Command};
use crate::humanize;

use super::{Context, VIEW, listing::Listing};

/// `summary` of ls.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
    folders: u64,
    complete: bool,
}

/// `count` of `ls --count-by`.
#[derive(Serialize)]
struct Count<'a> {
    r#type: &'static str,
    by: &'a str,
    value: &'a str,
    objects: u64,
    bytes: u64,
}

/// Runs the command.
pub(super) async fn ls(
    context: &mut Context,
    args: &LsArgs,
    location: Location,
    options: Arc<SyncOptions>,
) -> Exit {
    if let Location::Buckets(remote) = &location {
        return buckets(context, remote.clone()).await;
    }
    let counts_only = args.summarize || args.count_by.is_some() || args.tree;
    let listing = Listing {
        location,
        deep: args.recursive || counts_only,
        options,
    };
    let mut seen = Seen::new(args);
    let zone = TimeZone::system();
    let exit = context
        .list(listing, |context, entries| {
            for entry in &entries {
                seen.add(entry);
                if !counts_only {
                    context.output.record(&EntryRecord::from(entry));
                    context.output.line(line(entry, &zone));
                }
            }
        })
        .await;
    seen.tell(context, args, exit == Exit::Ok);
    exit
}

/// One entry as a person reads it: size, time, class where it is not the usual one, key.
pub(super) fn line(entry: &Entry, zone: &TimeZone) -> String {
    let facts = &entry.facts;
    let (size, time) = match facts.kind {
        Kind::Folder => (String::new(), String::new()),
        Kind::Object | Kind::Symlink | Kind::Special => (
            humanize::bytes(facts.size),
            facts
                .modified
                .map(|at| humanize::timestamp(at, zone))
                .unwrap_or_default(),
        ),
    };
    let note = match facts.kind {
        Kind::Symlink => "  (symbolic link)",
        Kind::Special => "  (no file)",
        Kind::Object | Kind::Folder => "",
    };
    let class = facts
        .class()
        .filter(|class| *class != "STANDARD")
        .map(|class| format!("  {class}"))
        .unwrap_or_default();
    format!("{size:>10}  {time:<16}  {}{class}{note}", entry.key)
}

/// What was listed, counted as the flags ask.
struct Seen {
    total: layout::Summary,
    layout: Option<(CountBy, Layout)>,
    tree: Option<BTreeMap<Key, Tally>>,
}

impl Seen {
    fn new(args: &LsArgs) -> Self {
        Self {
            total: layout::Summary::default(),
            layout: args.count_by.map(|by| (by, Layout::by(feature(by)))),
            tree: args.tree.then(BTreeMap::new),
        }
    }

    fn add(&mut self, entry: &Entry) {
        self.total.add(&entry.key, &entry.facts);
        if entry.facts.kind != Kind::Object {
            return;
        }
        if let Some((_, layout)) = &mut self.layout {
            layout.add(&entry.key, &entry.facts);
        }
        if let Some(tree) = &mut self.tree {
            let mut folder = entry.key.parent();
            while !folder.is_empty() {
                tree.entry(folder.clone())
                    .or_default()
                    .add(entry.facts.size);
                folder = folder.parent();
            }
        }
    }

    fn tell(&self, context: &mut Context, args: &LsArgs, complete: bool) {
        if let Some((by, layout)) = &self.layout {
            tell_counts(context, *by, layout);
        }
        if let Some(tree) = &self.tree {
            tell_tree(context, tree);
        }
        context.output.record(&Summary {
            r#type: "summary",
            objects: self.total.tally.objects,
            bytes: self.total.tally.bytes,
            folders: self.total.folders,
            complete,
        });
        if !complete && self.is_empty() {
            // The error says it all: nothing was listed.
            return;
        }
        let total = self.sentence(complete);
        if args.summarize {
            context.output.line(total);
        } else {
            context.output.remark(total);
        }
    }
}

impl Seen {
    fn is_empty(&self) -> bool {
        self.total.tally.objects + self.total.folders + self.total.others == 0
    }

    /// `17,572 objects, 12.9 GiB, 2 folders`.
    fn sentence(&self, complete: bool) -> String {
        let layout::Summary {
            tally,
            folders,
            others,
            ..
        } = &self.total;
        let mut parts = vec![
            humanize::counted(tally.objects, "object"),
            humanize::bytes(tally.bytes),
        ];
        if *folders > 0 {
            parts.push(humanize::counted(*folders, "folder"));
        }
        if *others > 0 {
            parts.push(format!(
                "{} that cannot be moved (links, sockets, devices)",
                humanize::count(*others)
            ));
        }
        if !complete {
            parts.push("incomplete".to_owned());
        }
        parts.join(", ")
    }
}

fn feature(by: CountBy) -> Feature {
    match by {
        CountBy::Letter => Feature::Letter,
        CountBy::Folder => Feature::Folder,
        CountBy::Extension => Feature::Extension,
        CountBy::Day => Feature::Day,
        CountBy::Class => Feature::Class,
        CountBy::Size => Feature::Size,
    }
}

fn tell_counts(context: &mut Context, by: CountBy, layout: &Layout) {
    let by = format!("{by:?}").to_lowercase();
    for (value, tally) in layout.rows() {
        let value = value.to_string();
        context.output.record(&Count {
            r#type: "count",
            by: &by,
            value: &value,
            objects: tally.objects,
            bytes: tally.bytes,
        });
        context.output.line(format_args!(
            "{:>10}  {:>10}  {value}",
            humanize::count(tally.objects),
            humanize::bytes(tally.bytes)
        ));
    }
}

fn tell_tree(context: &mut Context, tree: &BTreeMap<Key, Tally>) {
    for (folder, tally) in tree {
        let depth = folder.as_bytes().split(|&byte| byte == b'/').count() - 2;
        let name = crate::domain::text::printable(folder.name_bytes()).into_owned();
        let value = folder.printable();
        context.output.record(&Count {
            r#type: "count",
            by: "folder",
            value: &value,
            objects: tally.objects,
            bytes: tally.bytes,
        });
        context.output.line(format_args!(
            "{:>10}  {:>10}  {}{name}",
            humanize::count(tally.objects),
            humanize::bytes(tally.bytes),
            "  ".repeat(depth)
        ));
    }
}

/// `bucket`: one bucket of a remote.
#[derive(Serialize)]
struct BucketRecord<'a> {
    r#type: &'static str,
    name: &'a str,
    created: Option<jiff::Timestamp>,
    region: Option<&'a str>,
}

async fn buckets(context: &mut Context, remote: Remote) -> Exit {
    context.ask(Command::Buckets { view: VIEW, remote });
    let told = |body| {
        if let Body::Buckets(buckets) = body {
            Some(buckets)
        } else {
            None
        }
    };
    let buckets = match context.awaited(told).await {
        Ok(buckets) => buckets,
        Err(exit) => return exit,
    };
    for bucket in &buckets {
        let record = BucketRecord {
            r#type: "bucket",
            name: &bucket.name,
            created: bucket.created,
            region: bucket.region.as_deref(),
        };
        context.output.record(&record);
        context.output.line(format_args!("s3://{}", bucket.name));
    }
    let count = humanize::counted(buckets.len() as u64, "bucket");
    context.output.remark(count);
    Exit::Ok
}
