//! `[runs.NAME.health]`: from where on something is wrong with an instance that the run made.

use jiff::SignedDuration;

use crate::domain::health::Limits;

use super::{document::Table, invalid::Invalid, quantity, training};

/// Reads the limits; those that are not told are the program's own.
pub(super) fn limits(table: &Table<'_>) -> Limits {
    let own = Limits::default();
    let Some(table) = table.table("health") else {
        return own;
    };
    let span = |key, own: SignedDuration| table.read(key, span).map_or(own, |told| told.value);
    let percent = |key, own: f64| table.read(key, percent).map_or(own, |told| told.value);
    let limits = Limits {
        idle_after: span("idle_after", own.idle_after),
        idle_below: percent("idle_below", own.idle_below),
        full: percent("full", own.full),
        brimful: percent("brimful", own.brimful),
        silent_after: span("silent_after", own.silent_after),
        agent_after: span("agent_after", own.agent_after),
        stuck_after: span("stuck_after", own.stuck_after),
        cost: None,
    };
    table.close();
    limits
}

fn span(text: &str) -> Result<SignedDuration, Invalid> {
    let span = quantity::span(text)?;
    training::length(text, span).map(|_length| span)
}

/// A share of a hundred, with or without its sign.
fn percent(text: &str) -> Result<f64, Invalid> {
    let number = text.trim_end_matches('%').trim().parse().ok();
    number
        .filter(|number: &f64| (0.0..=100.0).contains(number))
        .ok_or_else(|| Invalid::form(text, "a percentage like 90%"))
}
