//! The report of a wrap-up: proof, what was deleted, what remains and why, what it costs. Markdown for people, JSON for programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{
    cloud::{Price, Rates},
    text::printable,
    wrap_up::{Bounds, Fate, Keep, NOT_LOOKED_FOR, Resource, Spent, Wrapped, cost},
};
use crate::humanize;

use super::{
    a_day, about, an_hour, made_by, open, proven,
    record::{CostRecord, EndRecord, ProofRecord, ResourceRecord, SummaryRecord},
    training::{outcome, training},
};

#[derive(Serialize)]
struct Report<'a> {
    at: Timestamp,
    summary: SummaryRecord<'a>,
    proofs: Vec<ProofRecord<'a>>,
    resources: Vec<ResourceRecord<'a>>,
    costs: Vec<CostRecord<'a>>,
    ended: Vec<EndRecord<'a>>,
}

/// The report as JSON.
pub fn json(run: &str, wrapped: &Wrapped, at: Timestamp) -> String {
    let report = Report {
        at,
        summary: SummaryRecord::new(run, wrapped, at),
        proofs: wrapped.proofs.iter().map(ProofRecord::new).collect(),
        resources: wrapped.resources.iter().map(ResourceRecord::new).collect(),
        costs: (wrapped.spent.iter())
            .map(|one| CostRecord::new(one, at))
            .collect(),
        ended: wrapped.ends.iter().map(EndRecord::new).collect(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// The report as Markdown.
pub fn markdown(run: &str, wrapped: &Wrapped, at: Timestamp) -> String {
    let mut text = format!(
        "# Wrap-up of {}\n\nAt {at}, account {}.\n",
        escaped(run),
        escaped(&wrapped.whose())
    );
    section(&mut text, "Training", &trained(wrapped));
    let mut proof: Vec<String> = wrapped.proofs.iter().map(proven).collect();
    if proof.is_empty() {
        proof.push("The run names no outputs.".to_owned());
    }
    let without = wrapped.override_proof.as_deref();
    proof.extend(without.map(|why| format!("Deleted without proof, because: {}", escaped(why))));
    section(&mut text, "Proof", &proof);
    text += &costs(wrapped);
    text += &came_to(wrapped, at);
    let open: Vec<String> = wrapped.open.iter().map(open).collect();
    section(&mut text, "What kept the gate shut", &open);
    let troubles = wrapped.troubles.iter();
    let troubles: Vec<String> = troubles
        .map(|one| format!("{} in {}: {}", one.operation, one.region, one.words))
        .collect();
    section(&mut text, "What could not be looked at", &troubles);
    let not = NOT_LOOKED_FOR.join(", ");
    text + &format!("\nNot looked for: {not}.\n")
}

/// How the training ended, and what it ran on.
fn trained(wrapped: &Wrapped) -> Vec<String> {
    let mut points = vec![escaped(&training(wrapped, None))];
    points.retain(|words| !words.is_empty());
    let Some(launch) = &wrapped.launch else {
        return points;
    };
    let spot = launch
        .spot
        .map(|spot| if spot { "spot" } else { "on demand" });
    let what = [launch.instance.as_deref(), launch.kind.as_deref(), spot];
    let what: Vec<&str> = what.into_iter().flatten().collect();
    points.push(escaped(&format!(
        "Launch {}: {}",
        launch.name,
        what.join(", ")
    )));
    let Some(status) = &launch.status else {
        return points;
    };
    if status.is_over() {
        points.push(escaped(&format!("Outcome: {}", outcome(status))));
    }
    let commit = status.commit.as_deref().filter(|commit| !commit.is_empty());
    points.extend(commit.map(|commit| escaped(&format!("Commit: {commit}"))));
    let times = [("Began", status.began), ("Told last", status.at)];
    points.extend(
        times
            .into_iter()
            .filter_map(|(word, at)| Some(format!("{word}: {}", at?))),
    );
    points
}

/// What there is, with what an hour of it costs; what was deleted does not count any more.
fn costs(wrapped: &Wrapped) -> String {
    let all = cost(wrapped.left(), |_| true);
    let rows: String = wrapped
        .resources
        .iter()
        .map(|one| row(one, wrapped))
        .collect();
    let was = if wrapped.ends.is_empty() {
        String::new()
    } else {
        let was = humanize::amount(Some(wrapped.was));
        format!(" Before: {was}/h.")
    };
    format!(
        "\n## What it costs\n\n| what | name | is | an hour | a day | made by | became |\n\
         |---|---|---|--:|--:|---|---|\n{rows}\nAll of it: {}/h, {}/day, by prices of {}.{was}\n",
        humanize::amount(Some(all)),
        humanize::amount(Some(all.times(24.0))),
        Rates::embedded().dated,
    )
}

/// What the run came to, the dearest first, also what is gone; what never cost anything is left out.
fn came_to(wrapped: &Wrapped, at: Timestamp) -> String {
    let costs = |one: &&Spent| one.cost(at) != Price::default();
    let mut spent: Vec<&Spent> = wrapped.spent.iter().filter(costs).collect();
    spent.sort_by(|a, b| b.cost(at).amount.total_cmp(&a.cost(at).amount));
    if spent.is_empty() {
        return String::new();
    }
    let rows: String = spent.into_iter().map(|one| spent_row(one, at)).collect();
    let all = wrapped.spent(at);
    format!(
        "\n## What the run came to\n\n| what | name | is | from | until | cost |\n\
         |---|---|---|---|---|--:|\n{rows}\nThe run came to {} by {at}; what is stored in S3 and what is carried over the network is not \
         in it.\n{}",
        humanize::amount(Some(all)),
        bounds(wrapped.bounds, all)
    )
}

fn spent_row(one: &Spent, at: Timestamp) -> String {
    let time = |time: Option<Timestamp>| {
        time.map_or_else(String::new, |time| {
            time.strftime("%Y-%m-%d %H:%MZ").to_string()
        })
    };
    cells(&[
        format!("{} {}", one.kind, one.id),
        one.name.to_string(),
        one.about.to_string(),
        time(one.since()),
        one.until()
            .map_or_else(|| "costs on".to_owned(), |until| time(Some(until))),
        humanize::amount(Some(one.cost(at))),
    ])
}

/// What the run allows, beside what it cost; nothing where it sets no bound.
fn bounds(bounds: Bounds, so_far: Price) -> String {
    let hours = bounds.max_hours.map(|hours| format!("max_hours {hours}"));
    let cost = bounds.max_cost.filter(|most| *most > 0.0).map(|most| {
        let part = so_far.amount / most * 100.0;
        let about = if so_far.estimate { "~" } else { "" };
        let most = humanize::money(most);
        format!("max_cost {most}, of which {about}{part:.0}% is told above")
    });
    let told: Vec<String> = cost.into_iter().chain(hours).collect();
    if told.is_empty() {
        return String::new();
    }
    format!("A launch may take: {}.\n", told.join("; "))
}

/// A heading with its points; nothing where there are none.
fn section(text: &mut String, heading: &str, points: &[String]) {
    if points.is_empty() {
        return;
    }
    let points = points.join("\n- ");
    // Writing to a text does not fail.
    write!(text, "\n## {heading}\n\n- {points}\n").unwrap_or_default();
}

fn row(one: &Resource, wrapped: &Wrapped) -> String {
    let became = match wrapped.fate(&one.target()) {
        Some(Fate::Gone) => "deleted".to_owned(),
        Some(Fate::Stays { why }) => format!("stays: {why}"),
        None if !one.exists() => "gone before".to_owned(),
        None => one.kept.map_or("left", Keep::words).to_owned(),
    };
    let is_gone = wrapped.fate(&one.target()) == Some(&Fate::Gone);
    let (hour, day) = if is_gone && one.price.amount > 0.0 {
        (format!("was {}", an_hour(one.price)), String::new())
    } else {
        (an_hour(one.price), a_day(one.price))
    };
    cells(&[
        format!("{} {}", one.kind.word(), one.id),
        one.name.to_string(),
        about(one),
        hour,
        day,
        made_by(one),
        became,
    ])
}

/// A row of a table.
fn cells(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text that a table of Markdown holds in one cell.
fn escaped(text: &str) -> String {
    printable(text.as_bytes()).replace('|', "\\|")
}
