//! `wharf bucket`: a bucket as a whole, and its lifecycle rules, which are changed only behind the bucket's name.

mod metrics;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::{args::BucketAction, exit::Exit};
use crate::domain::{
    bucket::{Holds, Known, RuleEdit, Rules, Settings, loses, read_rule, rules_of_run},
    entry::Tally,
    estimate::Prices,
    location::{Location, Remote},
    text::printable,
};
use crate::engine::look::{LookAsk, LookTold};
use crate::humanize;

use super::Context;

/// Columns of a fact's name.
const NAME: usize = 18;

/// `bucket`.
#[derive(Serialize)]
struct Record<'a> {
    r#type: &'static str,
    name: &'a str,
    region: &'a str,
    versioning: Option<&'a str>,
    encryption: Option<&'a str>,
    public_access_blocked: Option<bool>,
    intelligent_tiering: Option<&'a [Box<str>]>,
    /// What could not be told, by name.
    unknown: BTreeMap<&'static str, &'a str>,
}

/// `rule`.
#[derive(Serialize)]
struct RuleRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    enabled: bool,
    prefix: &'a str,
    conditions: &'a [Box<str>],
    actions: Vec<String>,
}

/// `summary` of bucket show.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    objects: u64,
    bytes: u64,
    unfinished_uploads: Option<u64>,
    /// US dollars a month for storage alone.
    month: f64,
    classes: BTreeMap<&'a str, u64>,
    complete: bool,
}

/// What is wanted of the rules.
enum Wish<'a> {
    /// To see them.
    Look,
    /// Them changed so.
    Edit(RuleEdit),
    /// What the outputs of a run want at these places.
    Run(&'a [Box<str>]),
}

/// Runs the command; `places` are those of a run in the bucket, where one was named.
pub(super) async fn bucket(
    context: &mut Context,
    action: &BucketAction,
    (location, places): (Location, &[Box<str>]),
) -> Exit {
    if location.s3().is_none() {
        let message = format_args!("{location} is no bucket");
        context
            .output
            .error(message, Some("name one, as s3://bucket"));
        return Exit::Usage;
    }
    match action {
        BucketAction::Show { no_count, .. } => show(context, location, !no_count).await,
        BucketAction::Metrics { .. } => metrics::metrics(context, location).await,
        BucketAction::Lifecycle {
            add,
            remove,
            dry_run,
            ..
        } => {
            let wish = match (add, remove) {
                (Some(text), _) => match read_rule(text) {
                    Ok(rule) => Wish::Edit(RuleEdit::Add(vec![rule])),
                    Err(why) => {
                        context.output.error(why, None);
                        return Exit::Usage;
                    }
                },
                (None, Some(id)) => Wish::Edit(RuleEdit::Remove(id.as_str().into())),
                (None, None) if places.is_empty() => Wish::Look,
                (None, None) => Wish::Run(places),
            };
            lifecycle(context, location, (wish, *dry_run)).await
        }
    }
}

async fn show(context: &mut Context, bucket: Location, counts: bool) -> Exit {
    let name = name(&bucket).to_owned();
    context.look(LookAsk::Bucket { bucket, counts });
    loop {
        match context.looked().await {
            Ok(LookTold::Settings(settings)) => {
                tell_settings(context, &name, &settings);
                if !counts {
                    return Exit::Ok;
                }
            }
            Ok(LookTold::Holds {
                holds,
                uploads,
                end,
            }) => {
                if let Some(end) = end {
                    let exit = context.ended(&end);
                    tell_holds(context, &holds, (uploads, exit == Exit::Ok));
                    return exit;
                }
                let objects = humanize::counted(holds.total().objects, "object");
                context
                    .output
                    .remark(format_args!("counting: {objects} so far"));
            }
            Ok(_) => {}
            Err(exit) => return exit,
        }
    }
}

fn name(bucket: &Location) -> &str {
    bucket.s3().map_or("", |prefix| &prefix.bucket)
}

fn tell_settings(context: &mut Context, name: &str, settings: &Settings) {
    let mut unknown = BTreeMap::new();
    note(&mut unknown, "versioning", &settings.versioning);
    note(&mut unknown, "encryption", &settings.encryption);
    note(&mut unknown, "public_access", &settings.public_access);
    note(&mut unknown, "lifecycle", &settings.lifecycle);
    note(&mut unknown, "intelligent_tiering", &settings.tiering);
    let blocked = settings.public_access.as_ref().ok();
    context.output.record(&Record {
        r#type: "bucket",
        name,
        region: &settings.region,
        versioning: settings.versioning.as_ref().ok().copied(),
        encryption: settings.encryption.as_ref().ok().map(|words| &**words),
        public_access_blocked: blocked.map(|access| access.is_whole()),
        intelligent_tiering: settings.tiering.as_deref().ok(),
        unknown,
    });
    let tiers = settings.tiering.as_ref().map(|tiers| {
        if tiers.is_empty() {
            "no archive tiers".to_owned()
        } else {
            tiers.join("; ")
        }
    });
    let facts = [
        ("region", settings.region.to_string()),
        (
            "public access",
            words(settings.public_access.as_ref().map(|access| access.words())),
        ),
        ("encryption", words(settings.encryption.as_ref())),
        ("versions", words(settings.versioning.as_ref())),
        ("intelligent tiers", words(tiers)),
    ];
    for (name, value) in facts {
        let value = printable(value.as_bytes());
        context.output.line(format_args!("{name:<NAME$} {value}"));
    }
    match &settings.lifecycle {
        Ok(rules) => tell_rules(context, rules),
        Err(why) => context
            .output
            .line(format_args!("{:<NAME$} {why}", "lifecycle")),
    }
}

fn note<'a, T>(
    unknown: &mut BTreeMap<&'static str, &'a str>,
    name: &'static str,
    known: &'a Known<T>,
) {
    if let Err(why) = known {
        unknown.insert(name, why);
    }
}

fn words<T: ToString, E: ToString>(known: Result<T, E>) -> String {
    known.map_or_else(|why| why.to_string(), |value| value.to_string())
}

fn tell_rules(context: &mut Context, rules: &Rules) {
    if rules.rules.is_empty() {
        context
            .output
            .line(format_args!("{:<NAME$} no rules", "lifecycle"));
    }
    for rule in &rules.rules {
        context.output.record(&RuleRecord {
            r#type: "rule",
            id: &rule.id,
            enabled: rule.enabled,
            prefix: &rule.prefix,
            conditions: &rule.conditions,
            actions: rule.actions.iter().map(ToString::to_string).collect(),
        });
        let off = if rule.enabled { "" } else { " (off)" };
        context.output.line(format_args!(
            "{:<NAME$} {}{off}: {}, {}",
            "lifecycle",
            printable(rule.id.as_bytes()),
            rule.scope(),
            rule.words()
        ));
    }
}

fn tell_holds(context: &mut Context, holds: &Holds, (uploads, complete): (Option<u64>, bool)) {
    let Tally { objects, bytes } = holds.total();
    let classes = holds
        .classes
        .iter()
        .map(|(class, tally, _)| (&**class, tally.bytes));
    context.output.record(&Summary {
        r#type: "summary",
        objects,
        bytes,
        unfinished_uploads: uploads,
        month: holds.month(),
        classes: classes.collect(),
        complete,
    });
    for (class, tally, cost) in &holds.classes {
        context.output.line(format_args!(
            "{:<NAME$} {:>18}  {:>10}  {:>12} a month",
            printable(class.as_bytes()),
            humanize::counted(tally.objects, "object"),
            humanize::bytes(tally.bytes),
            humanize::about(&humanize::money(*cost))
        ));
    }
    let uploads = match uploads {
        Some(0) => "no unfinished uploads".to_owned(),
        Some(n) => format!(
            "{}, which cost and show in no listing",
            humanize::counted(n, "unfinished upload")
        ),
        None => {
            "unfinished uploads are not known: s3:ListBucketMultipartUploads is missing".to_owned()
        }
    };
    context.output.line(format_args!(
        "{:<NAME$} {:>18}  {:>10}  {:>12} a month for storage (prices of {})",
        "all",
        humanize::counted(objects, "object"),
        humanize::bytes(bytes),
        humanize::about(&humanize::money(holds.month())),
        Prices::embedded().dated
    ));
    context.output.line(uploads);
}

async fn lifecycle(
    context: &mut Context,
    bucket: Location,
    (wish, dry_run): (Wish<'_>, bool),
) -> Exit {
    let ask = LookAsk::Bucket {
        bucket: bucket.clone(),
        counts: false,
    };
    context.look(ask);
    let seen = match context.looked().await {
        Ok(LookTold::Settings(settings)) => settings.lifecycle,
        Ok(_) => return Exit::Failed,
        Err(exit) => return exit,
    };
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => {
            context
                .output
                .error(format_args!("the lifecycle rules are {why}"), None);
            return Exit::Failed;
        }
    };
    tell_rules(context, &seen);
    let edit = match wish {
        Wish::Look => return Exit::Ok,
        Wish::Edit(edit) => edit,
        Wish::Run(places) => RuleEdit::Add(rules_of_run(&seen, places)),
    };
    if edit == RuleEdit::Add(Vec::new()) {
        context
            .output
            .line("the places of the run have all that they want: nothing to add");
        return Exit::Ok;
    }
    for line in edit.lines() {
        context.output.line(line);
    }
    if loses(&edit) {
        context.output.remark(
            "objects that it speaks of will be deleted by S3, also those that are there now",
        );
    }
    if dry_run {
        return Exit::Ok;
    }
    change(context, bucket, (edit, seen)).await
}

/// Changes the rules once the bucket's name was given, and tells what they are then.
async fn change(
    context: &mut Context,
    bucket: Location,
    (ruling, seen): (RuleEdit, Rules),
) -> Exit {
    let word = name(&bucket).to_owned();
    if context.output.style().asks
        && context.engine.wants_consent(&word)
        && context.types(
            format_args!("the lifecycle of {word} changes. Type {word} to go on: "),
            &word,
        )
    {
        context.engine.confirm(Remote::named(&word));
    }
    context.look(LookAsk::Lifecycle {
        bucket,
        edit: ruling,
        seen,
    });
    match context.looked().await {
        Ok(LookTold::Rules(rules)) => {
            context.output.remark("the rules are now:");
            tell_rules(context, &rules);
            Exit::Ok
        }
        Ok(_) => Exit::Failed,
        Err(exit) => exit,
    }
}
