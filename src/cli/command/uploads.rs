//! `wharf uploads`: what was begun to be sent and never finished; given up by plan, behind a yes.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::cli::{args::UploadsArgs, exit::Exit, output::record::KeyText};
use crate::config::{Error, quantity};
use crate::domain::{
    entry::{Facts, Tally},
    location::Location,
    plan::{Edit, Plan, SyncOptions},
};
use crate::engine::EditAsk;
use crate::humanize;

use super::{
    Approval, Context,
    edit::{planned, wanted},
    look::below,
};

/// `upload`.
#[derive(Serialize)]
struct Record<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    upload: Option<&'a str>,
    began: Option<Timestamp>,
    /// What its parts hold.
    size: u64,
}

/// `summary` of uploads.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    uploads: u64,
    bytes: u64,
}

/// Runs the command.
pub(super) async fn uploads(
    context: &mut Context,
    args: &UploadsArgs,
    (location, options): (Location, Arc<SyncOptions>),
) -> Exit {
    let now = Timestamp::now();
    let before = args.older_than.as_deref();
    let before = match before.map(|text| quantity::moment(text, now)).transpose() {
        Ok(before) => before,
        Err(invalid) => {
            let error = Error::Invalid(invalid);
            let help = error.help();
            let message = format_args!("--older-than: {error}");
            context.output.error(message, help.as_deref());
            return Exit::Usage;
        }
    };
    let (place, key) = match below(&location, true) {
        Ok(found) => found,
        Err(help) => {
            let message = format_args!("{location} has no uploads");
            context.output.error(message, Some(help));
            return Exit::Usage;
        }
    };
    let only = Some(key).filter(|key| !key.is_empty());
    let ask = wanted(EditAsk {
        place,
        only: only.into_iter().collect(),
        edit: Edit::Abort { before },
        options,
    });
    if args.abort {
        return planned(context, ask, (false, Approval::of(args.yes))).await;
    }
    match context.asked_plan(ask).await {
        Ok(plan) => tell(context, &plan),
        Err(exit) => exit,
    }
}

fn tell(context: &mut Context, plan: &Plan) -> Exit {
    let zone = TimeZone::system();
    let mut all = Tally::default();
    for step in plan.steps() {
        all.add(step.size());
        let id = step.source.as_ref().and_then(Facts::object);
        let began = step.source.as_ref().and_then(|facts| facts.modified);
        context.output.record(&Record {
            r#type: "upload",
            key: (&step.key).into(),
            upload: id.and_then(|id| id.version.as_deref()),
            began,
            size: step.size(),
        });
        let time = began.map(|at| humanize::timestamp(at, &zone));
        context.output.line(format_args!(
            "{:>10}  {:<16}  {}",
            humanize::bytes(step.size()),
            time.unwrap_or_default(),
            step.key
        ));
    }
    context.output.record(&Summary {
        r#type: "summary",
        uploads: all.objects,
        bytes: all.bytes,
    });
    context.output.remark(format_args!(
        "{}, {}; --abort gives them up",
        humanize::counted(all.objects, "unfinished upload"),
        humanize::bytes(all.bytes)
    ));
    Exit::Ok
}
