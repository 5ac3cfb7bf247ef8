//! `wharf instances list`: a table, what is wrong with whom, what could not be had, and what asking cost.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::cli::{
    args::{InstanceSort, InstancesList},
    exit::Exit,
    output::table::{Align, table},
};
use crate::domain::{
    cloud::{Gauge, Observed, Price, State, Survey},
    location::Remote,
    text::printable,
};
use crate::engine::cloud::{CloudAsk, CloudTold};
use crate::humanize;

use super::{
    Context,
    record::{InstanceRecord, SummaryRecord, TroubleRecord},
    scope,
};

/// The columns.
const HEAD: [(&str, Align); 13] = [
    ("name", Align::Left),
    ("id", Align::Left),
    ("type", Align::Left),
    ("zone", Align::Left),
    ("state", Align::Left),
    ("checks", Align::Left),
    ("up", Align::Right),
    ("$/h", Align::Right),
    ("so far", Align::Right),
    ("cpu", Align::Right),
    ("gpu", Align::Right),
    ("mem", Align::Right),
    ("disk", Align::Right),
];

pub(super) async fn list(
    context: &mut Context,
    list: &InstancesList,
    remote: Remote,
) -> Result<Exit, Exit> {
    let ask = CloudAsk::Survey {
        scope: scope(list, remote),
        span: list.span.into(),
    };
    let survey = context
        .cloud(ask, |told| {
            if let CloudTold::Survey(survey) = told {
                Some(survey)
            } else {
                None
            }
        })
        .await?;
    let now = survey.at;
    let shown = shown(&survey, list);
    for seen in &shown {
        context.output.record(&InstanceRecord::new(seen, now));
    }
    if shown.is_empty() {
        let regions = survey.regions.join(", ");
        let what = match (&list.filter, survey.seen.is_empty()) {
            (Some(text), false) => format!("no instance matches {text:?}"),
            (Some(_) | None, _) => "no instances".to_owned(),
        };
        context.output.line(format_args!(
            "{what} in {regions} (--regions, --all-regions looks elsewhere)"
        ));
    } else {
        let rows: Vec<[String; 13]> = shown.iter().map(|seen| row(seen, now)).collect();
        for line in table(HEAD, &rows) {
            context.output.line(line);
        }
    }
    tell_findings(context, &shown, now);
    for trouble in &survey.troubles {
        context.output.record(&TroubleRecord::new(trouble));
        context.output.tell(format_args!(
            "! {} in {}: {}",
            trouble.operation, trouble.region, trouble.words
        ));
    }
    tell_sum(context, &survey, &shown);
    Ok(if survey.troubles.is_empty() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

/// What is shown of a survey, in its order.
fn shown<'a>(survey: &'a Survey, list: &InstancesList) -> Vec<&'a Observed> {
    let wanted = |seen: &&Observed| match &list.filter {
        Some(text) => seen.instance.holds(text),
        None => true,
    };
    let mut shown: Vec<&Observed> = survey.seen.iter().filter(wanted).collect();
    let now = survey.at;
    let name = |seen: &&Observed| {
        let over = seen.instance.state == State::Terminated;
        (
            over,
            seen.instance.name().to_owned(),
            seen.instance.id.clone(),
        )
    };
    shown.sort_by_cached_key(name);
    // Nobody who has no value stands before one who has.
    let most = |a: Option<f64>, b: Option<f64>| {
        let of = |value: Option<f64>| value.unwrap_or(-1.0);
        of(b).total_cmp(&of(a))
    };
    match list.sort {
        InstanceSort::Name => {}
        InstanceSort::Up => shown.sort_by_key(|seen| Reverse(seen.instance.up(now))),
        InstanceSort::Price => {
            let price = |seen: &Observed| seen.hourly().map(|price| price.amount);
            shown.sort_by(|a, b| most(price(a), price(b)));
        }
        InstanceSort::Cpu => {
            let cpu = |seen: &Observed| seen.now(Gauge::Cpu, now);
            shown.sort_by(|a, b| most(cpu(a), cpu(b)));
        }
        InstanceSort::Health => shown.sort_by_key(|seen| Reverse(seen.gravity())),
    }
    shown
}

fn row(seen: &Observed, now: Timestamp) -> [String; 13] {
    let instance = &seen.instance;
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let gauge = |gauge| humanize::gauged(gauge, seen.now(gauge, now));
    let dash = || "—".to_owned();
    [
        text(instance.tag("Name").unwrap_or("—")),
        text(&instance.id),
        text(&instance.kind),
        text(&instance.zone),
        instance.state.word().to_owned(),
        humanize::checks(&seen.checks),
        instance.up(now).map_or_else(dash, humanize::length),
        humanize::hourly(seen.hourly()),
        humanize::amount(seen.so_far(now)),
        gauge(Gauge::Cpu),
        gauge(Gauge::Gpu),
        gauge(Gauge::Memory),
        gauge(Gauge::Disk),
    ]
}

fn tell_findings(context: &mut Context, shown: &[&Observed], now: Timestamp) {
    for seen in shown {
        let name = printable(seen.instance.name().as_bytes());
        for finding in &seen.findings {
            let sentence = humanize::finding(finding, now);
            context.output.line(format_args!("! {name}: {sentence}"));
        }
    }
}

fn tell_sum(context: &mut Context, survey: &Survey, shown: &[&Observed]) {
    let of = |state| {
        let all = shown.iter();
        all.filter(|seen| seen.instance.state == state).count()
    };
    let mut hourly = Price::default();
    for seen in shown {
        let price = seen.hourly();
        hourly = hourly.and(price.unwrap_or(Price {
            amount: 0.0,
            estimate: true,
        }));
    }
    let dated = &crate::domain::cloud::Rates::embedded().dated;
    context.output.remark(format_args!(
        "{} running, {} stopped: {} an hour for instances (prices of {dated}; volumes and addresses are not in it)",
        of(State::Running),
        of(State::Stopped),
        humanize::amount(Some(hourly)),
    ));
    context.output.remark(format_args!(
        "asked with {}",
        humanize::spent(&survey.spent)
    ));
    context
        .output
        .record(&SummaryRecord::new(survey, shown.len(), hourly));
}
