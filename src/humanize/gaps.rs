//! What a gap explanation says, in sentences: the panel and `diff --gaps` tell the same.

use crate::domain::{gaps::Explanation, side::Side};

use super::{bytes, count, counted, share};

/// What is missing on `side` and what it has in common, a sentence or two a line; empty where nothing is missing.
pub fn sentences(explanation: &Explanation, side: Side) -> Vec<String> {
    let missing = explanation.missing;
    if missing.objects == 0 && explanation.markers == 0 {
        return Vec::new();
    }
    let mut lines = vec![losses(explanation, side)];
    match rule(explanation) {
        Some(text) => lines.push(text),
        None => lines.push("Nothing separates them from what is there: no letter, folder, extension, size, time or class.".to_owned()),
    }
    lines.extend(explanation.rules.first().and_then(|rule| rule.cause).map(str::to_owned));
    lines
}

/// How much is missing: `50 objects, 27.1 MiB, are missing on the right: 20 single, 30 in 16 whole folders.`
fn losses(explanation: &Explanation, side: Side) -> String {
    let missing = explanation.missing;
    let where_missing = match side {
        Side::Left => "left",
        Side::Right => "right",
    };
    let be = if missing.objects == 1 { "is" } else { "are" };
    let mut text = format!("{}, {}, {be} missing on the {where_missing}", counted(missing.objects, "object"), bytes(missing.bytes));
    let folders = explanation.whole_folders.len() as u64;
    if folders > 0 {
        text.push_str(&format!(
            ": {} single, {} in {} whole {}",
            count(explanation.single),
            count(explanation.in_whole_folders),
            count(folders),
            if folders == 1 { "folder" } else { "folders" }
        ));
    }
    if explanation.markers > 0 {
        text.push_str(&format!("; and {}", counted(explanation.markers, "folder marker")));
    }
    text.push('.');
    text
}

/// What the first rule says: `36 of 36 names begin with "M"; 9.1 % of all do. Nothing else separates them.`
fn rule(explanation: &Explanation) -> Option<String> {
    use crate::domain::gaps::Unit;
    let rule = explanation.rules.first()?;
    let unit = match rule.unit {
        Unit::Names => "names",
        Unit::Objects => "objects",
    };
    let also = match explanation.rules.get(1) {
        None => " Nothing else separates them.".to_owned(),
        Some(other) => format!(" Also: {} of {} {}.", count(other.matched_missing), count(other.missing), other.text_of_many()),
    };
    Some(format!(
        "{} of {} {unit} {}; {} of all do.{also}",
        count(rule.matched_missing),
        count(rule.missing),
        rule.text_of_many(),
        share(rule.base_rate)
    ))
}
