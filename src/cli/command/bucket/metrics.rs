//! `wharf bucket metrics`: what CloudWatch knows of a bucket, with its age: nothing is listed.

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::domain::{bucket::Metrics, location::Location, text::printable};
use crate::engine::look::{LookAsk, LookTold};
use crate::humanize;

use super::{Context, NAME, name};

/// `storage`: a kind of storage of a bucket.
#[derive(Serialize)]
struct StorageRecord<'a> {
    r#type: &'static str,
    kind: &'a str,
    bytes: u64,
    /// US dollars a month for storage alone.
    month: f64,
}

/// `requests`: what a filter of the bucket's request metrics counted in 24 hours.
#[derive(Serialize)]
struct RequestsRecord<'a> {
    r#type: &'static str,
    filter: &'a str,
    requests: u64,
}

/// `summary` of bucket metrics.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    bucket: &'a str,
    bytes: u64,
    objects: Option<u64>,
    month: f64,
    /// The day that was measured.
    at: Option<Timestamp>,
}

pub(super) async fn metrics(context: &mut Context, bucket: Location) -> Exit {
    let name = name(&bucket).to_owned();
    context.look(LookAsk::Metrics { bucket });
    loop {
        match context.looked().await {
            Ok(LookTold::Metrics(told)) => {
                tell(context, &name, &told);
                return Exit::Ok;
            }
            Ok(_) => {}
            Err(exit) => return exit,
        }
    }
}

fn tell(context: &mut Context, bucket: &str, told: &Metrics) {
    for (kind, bytes, month) in &told.storage {
        context.output.record(&StorageRecord {
            r#type: "storage",
            kind,
            bytes: *bytes,
            month: *month,
        });
        line(context, kind, (*bytes, *month));
    }
    for (filter, requests) in &told.requests {
        context.output.record(&RequestsRecord {
            r#type: "requests",
            filter,
            requests: *requests,
        });
    }
    context.output.record(&Summary {
        r#type: "summary",
        bucket,
        bytes: told.bytes(),
        objects: told.objects,
        month: told.month(),
        at: told.at,
    });
    let Some(at) = told.at else {
        let words = "CloudWatch has told nothing of its storage: it does so once a day, for the first time after a day or two";
        return context.output.line(words);
    };
    line(context, "all", (told.bytes(), told.month()));
    let objects = told
        .objects
        .map(|objects| humanize::counted(objects, "object"));
    let age = humanize::age_of(at, Timestamp::now());
    context.output.line(format_args!(
        "{:<NAME$} {}, told for the day that began {age}",
        "",
        objects.unwrap_or_else(|| "objects were not told".to_owned()),
    ));
    for (filter, requests) in &told.requests {
        context.output.line(format_args!(
            "{:<NAME$} {} in 24 hours ({})",
            "requests",
            humanize::counted(*requests, "request"),
            printable(filter.as_bytes())
        ));
    }
    if told.requests.is_empty() {
        context.output.line(format_args!(
            "{:<NAME$} not counted: the bucket's request metrics are off, and cost",
            "requests"
        ));
    }
}

fn line(context: &mut Context, kind: &str, (bytes, month): (u64, f64)) {
    context.output.line(format_args!(
        "{:<NAME$} {:>12}  {:>12} a month for storage",
        printable(kind.as_bytes()),
        humanize::bytes(bytes),
        humanize::about(&humanize::money(month))
    ));
}
