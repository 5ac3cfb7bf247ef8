//! The lower half of the plan dialog: requests, options, brakes and notices.

use ratatui::style::Style;

use crate::domain::{
    estimate::{Estimate, Prices, Terms},
    plan::{Brake, Plan},
};

use crate::humanize;

use crate::tui::shell::Shell;

/// A name, a text and its style.
pub(super) type Fact = (String, String, Style);

/// The most notices that are shown; all are in the export.
const NOTICES: usize = 4;

/// What a person should know before saying yes.
pub(super) fn facts(plan: &Plan, shell: &Shell) -> Vec<Fact> {
    let theme = &shell.theme;
    let named = |(name, text): (&str, String)| (name.to_owned(), text, Style::new());
    let mut facts: Vec<Fact> = estimates(plan, shell).into_iter().map(named).collect();
    facts.extend(
        humanize::batch_briefly(plan)
            .into_iter()
            .enumerate()
            .map(|(at, text)| {
                let name = if at == 0 { "batch" } else { " " };
                named((name, text))
            }),
    );
    if plan.source != plan.destination {
        facts.push(named(("options", options(plan))));
    }
    if let Some(start) = plan.start {
        let at = humanize::timestamp_exact(start, &shell.zone);
        facts.push(named(("starts", format!("not before {at}"))));
    }
    for brake in plan.open_brakes() {
        facts.push((
            String::new(),
            format!("! {}", brake_words(brake)),
            theme.missing,
        ));
    }
    for notice in plan.notices.iter().take(NOTICES) {
        facts.push((String::new(), format!("* {notice}"), theme.differs));
    }
    if plan.notices.len() > NOTICES {
        let more = format!(
            "* and {} more; e exports them",
            plan.notices.len() - NOTICES
        );
        facts.push((String::new(), more, theme.differs));
    }
    facts
}

/// Requests, money, traffic and time of what is ticked.
fn estimates(plan: &Plan, shell: &Shell) -> Vec<(&'static str, String)> {
    let prices = Prices::embedded();
    let terms = Terms {
        pace: shell.pace,
        ..Terms::of(plan)
    };
    let estimate = Estimate::of(plan, &terms, prices);
    let asked =
        |(operation, count): &(Box<str>, u64)| format!("{} {operation}", humanize::count(*count));
    let mut requests: Vec<String> = estimate.requests.by_operation.iter().map(asked).collect();
    if estimate.recount > 0 {
        requests.push(format!(
            "{} to count again",
            humanize::count(estimate.recount)
        ));
    }
    let now = humanize::about(&humanize::money(estimate.cost()));
    let month = humanize::about(&humanize::money_change(estimate.month_cost));
    let ways = [
        (estimate.up, "up"),
        (estimate.down, "down"),
        (estimate.within, "within S3"),
    ];
    let moved = ways.iter().filter(|(bytes, _)| *bytes > 0);
    let traffic: Vec<String> = moved
        .map(|(bytes, way)| format!("{} {way}", humanize::bytes(*bytes)))
        .collect();
    let mut rows = vec![
        ("requests", or_none(requests.join(", "))),
        ("traffic", or_none(traffic.join(", "))),
        (
            "cost",
            format!("{now} now, {month} a month (prices of {})", prices.dated),
        ),
    ];
    if let Some((soonest, latest)) = estimate.time {
        rows.push((
            "time",
            format!(
                "~{}, at the pace of this session",
                humanize::duration_range(soonest, latest)
            ),
        ));
    }
    rows
}

fn or_none(text: String) -> String {
    if text.is_empty() {
        "none".to_owned()
    } else {
        text
    }
}

fn options(plan: &Plan) -> String {
    let options = &plan.options;
    let mut parts = Vec::new();
    parts.extend(plan.gzips().then(|| "gzip".to_owned()));
    parts.extend(options.sse.as_deref().map(str::to_owned));
    parts.extend(options.storage_class.as_deref().map(str::to_owned));
    parts.push(match options.verify {
        Some(level) => format!("verify by {} after", level_word(level)),
        None => "verify off".to_owned(),
    });
    parts.push(if options.recount {
        "count again at the end".to_owned()
    } else {
        "no recount".to_owned()
    });
    parts.extend(options.workers.map(|workers| format!("{workers} workers")));
    parts.extend(
        options
            .bandwidth
            .map(|rate| format!("at most {}", humanize::rate(rate as f64))),
    );
    parts.join(" · ")
}

fn level_word(level: crate::domain::diff::Level) -> &'static str {
    use crate::domain::diff::Level;
    match level {
        Level::Size => "size",
        Level::Time => "size and time",
        Level::Checksum => "checksum",
        Level::Read => "reading back",
    }
}

/// What stands in the way, and what answers it.
fn brake_words(brake: &Brake) -> String {
    match brake {
        Brake::TooManyDeletes { planned, of } => format!(
            "deletes {} of {} objects, more than this sync may by itself: Enter asks for the number",
            humanize::count(*planned),
            humanize::count(*of)
        ),
        Brake::EmptySource => {
            "the source is empty, so everything there would go: Enter asks for a word".to_owned()
        }
        Brake::BrokenListing { reason } => format!("{reason}: nothing may be deleted; list afresh"),
    }
}
