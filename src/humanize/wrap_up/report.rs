//! The report of a wrap-up: proof, what was deleted, what remains and why, what it costs. Markdown for people, JSON for programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{
    cloud::{Price, Rates},
    text::printable,
    wrap_up::{Bounds, Fate, Keep, NOT_LOOKED_FOR, Origin, Resource, Wrapped, cost},
};
use crate::humanize;

use super::{
    a_day, an_hour, made_by, open, proven,
    record::{EndRecord, ProofRecord, ResourceRecord, SummaryRecord},
};

#[derive(Serialize)]
struct Report<'a> {
    at: Timestamp,
    summary: SummaryRecord<'a>,
    proofs: Vec<ProofRecord<'a>>,
    resources: Vec<ResourceRecord<'a>>,
    ended: Vec<EndRecord<'a>>,
}

/// The report as JSON.
pub fn json(run: &str, wrapped: &Wrapped, at: Timestamp) -> String {
    let report = Report {
        at,
        summary: SummaryRecord::new(run, wrapped),
        proofs: wrapped.proofs.iter().map(ProofRecord::new).collect(),
        resources: wrapped.resources.iter().map(ResourceRecord::new).collect(),
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
    let mut proof: Vec<String> = wrapped.proofs.iter().map(proven).collect();
    if proof.is_empty() {
        proof.push("The run names no outputs.".to_owned());
    }
    let without = wrapped.override_proof.as_deref();
    proof.extend(without.map(|why| format!("Deleted without proof, because: {}", escaped(why))));
    section(&mut text, "Proof", &proof);
    let all = cost(&wrapped.resources, |_| true);
    let own = wrapped.resources.iter();
    let own = own.filter(|one| one.origin == Origin::ThisRun);
    let so_far = own.filter_map(|one| one.so_far(at));
    let so_far = so_far.fold(Price::default(), Price::and);
    let rows: String = wrapped
        .resources
        .iter()
        .map(|one| row(one, (wrapped, at)))
        .collect();
    // Writing to a text does not fail.
    write!(
        text,
        "\n## What it costs\n\n| what | name | is | an hour | a day | so far | made by | became |\n\
         |---|---|---|--:|--:|--:|---|---|\n{rows}\nAll of it: {}/h, {}/day, by prices of {}.\n\
         What this run made and is still known: {} so far; an instance is counted from its last start.\n",
        humanize::amount(Some(all)),
        humanize::amount(Some(all.times(24.0))),
        Rates::embedded().dated,
        humanize::amount(Some(so_far)),
    )
    .unwrap_or_default();
    text += &bounds(wrapped.bounds, so_far);
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

fn row(one: &Resource, (wrapped, at): (&Wrapped, Timestamp)) -> String {
    let became = match wrapped.fate(&one.target()) {
        Some(Fate::Gone) => "deleted".to_owned(),
        Some(Fate::Stays { why }) => format!("stays: {why}"),
        None if !one.exists() => "gone before".to_owned(),
        None => one.kept.map_or("left", Keep::words).to_owned(),
    };
    let cells = [
        format!("{} {}", one.kind.word(), one.id),
        one.name.to_string(),
        one.about.clone(),
        an_hour(one.price),
        a_day(one.price),
        one.so_far(at)
            .map_or_else(String::new, |price| humanize::amount(Some(price))),
        made_by(one),
        became,
    ];
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text that a table of Markdown holds in one cell.
fn escaped(text: &str) -> String {
    printable(text.as_bytes()).replace('|', "\\|")
}
