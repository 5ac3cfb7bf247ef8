//! A gap explained in sentences, the same on the screen and on the command line.

use crate::domain::{
    gaps::{Explanation, Kind, Rule, Unit},
    side::Side,
};

use super::{bytes, count, counted, share};

/// Kinds that a person would ask for first: told when they separate nothing.
const ASKED: [Kind; 5] = [
    Kind::FirstLetter,
    Kind::Folder,
    Kind::Size,
    Kind::Modified,
    Kind::Extension,
];

/// What is missing on `side`, what separates it, and what that reads like; nothing where nothing is missing.
pub fn explain_gap(gap: &Explanation, side: Side) -> Vec<String> {
    if gap.missing.objects + gap.markers == 0 {
        return Vec::new();
    }
    let mut sentences = vec![what_is_missing(gap, side)];
    let Some((first, others)) = gap.rules.split_first() else {
        if let Some(no) = rejected(gap) {
            sentences.push(format!("Nothing separates them from what is there ({no})."));
        }
        return sentences;
    };
    let nothing_else = rejected(gap)
        .filter(|_| others.is_empty())
        .map(|no| format!(" Nothing else separates them ({no})."));
    sentences.push(format!(
        "{}.{}",
        explain_rule(gap, first),
        nothing_else.unwrap_or_default()
    ));
    sentences.extend(
        others
            .iter()
            .map(|rule| format!("Also: {}.", explain_rule(gap, rule))),
    );
    sentences.extend(first.cause.map(|cause| format!("Reads like {cause}.")));
    sentences
}

/// One rule with its counts: `36 of 36 names (20 files, 16 folders) begin with "M"; 9.1 % of all do`.
pub fn explain_rule(gap: &Explanation, rule: &Rule) -> String {
    let whole = gap.whole_folders.len() as u64;
    let unit = match rule.unit {
        Unit::Objects => "objects".to_owned(),
        Unit::Names if whole > 0 && rule.missing == gap.single + whole => {
            format!(
                "names ({}, {})",
                counted(gap.single, "file"),
                counted(whole, "folder")
            )
        }
        Unit::Names => "names".to_owned(),
    };
    let text = rule.text_of_many();
    let auxiliary = ["are", "were"]
        .into_iter()
        .find(|word| text.starts_with(word))
        .unwrap_or("do");
    let (hit, missing) = (count(rule.matched_missing), count(rule.missing));
    format!(
        "{hit} of {missing} {unit} {text}; {} of all {auxiliary}",
        share(rule.base_rate)
    )
}

/// `50 objects, 27.1 MiB, are missing on the right: 20 single, 30 in 16 whole folders.`
fn what_is_missing(gap: &Explanation, side: Side) -> String {
    let side = side.word();
    if gap.missing.objects == 0 {
        let are = if gap.markers == 1 { "is" } else { "are" };
        return format!(
            "{} {are} missing on the {side}; no object is.",
            counted(gap.markers, "folder marker")
        );
    }
    let are = if gap.missing.objects == 1 {
        "is"
    } else {
        "are"
    };
    let start = format!(
        "{}, {}, {are} missing on the {side}",
        counted(gap.missing.objects, "object"),
        bytes(gap.missing.bytes)
    );
    let folders = counted(gap.whole_folders.len() as u64, "whole folder");
    match (gap.single, gap.in_whole_folders) {
        (_, 0) => format!("{start}."),
        (0, _) => format!("{start}: {folders}."),
        (single, inside) => format!(
            "{start}: {} single, {} in {folders}.",
            count(single),
            count(inside)
        ),
    }
}

fn rejected(gap: &Explanation) -> Option<String> {
    let words: Vec<&str> = ASKED
        .into_iter()
        .filter(|kind| gap.rejected.contains(kind))
        .map(Kind::word)
        .collect();
    (!words.is_empty()).then(|| format!("{}: no", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gaps::{Gaps, Presence, Seen};

    fn presence(missing: bool) -> Presence {
        if missing {
            Presence::Missing
        } else {
            Presence::Present
        }
    }

    /// A flat folder of 26 × 40 names, of which some are missing.
    fn explained(missing: impl Fn(&str) -> bool) -> Explanation {
        let mut gaps = Gaps::default();
        for letter in 'A'..='Z' {
            for number in 0..40_u64 {
                let key = format!("{letter}{number:02}.png");
                let seen = Seen {
                    marker: false,
                    size: 1 << 20,
                    modified: Some(0),
                    class: None,
                };
                gaps.add(key.as_bytes(), seen, presence(missing(&key)));
            }
        }
        gaps.explain()
    }

    #[test]
    fn a_rule_is_told_with_its_counts_and_its_likely_cause() {
        let gap = explained(|key| key.starts_with('M'));
        assert_eq!(
            explain_gap(&gap, Side::Right),
            [
                "40 objects, 40.0 MiB, are missing on the right.",
                "40 of 40 names begin with \"M\"; 3.8 % of all do. Nothing else separates them (folder, size, time, extension: no).",
                "Reads like a shard, filter or worker that never ran.",
            ]
        );
    }

    #[test]
    fn chance_is_told_as_such() {
        let gap = explained(|key| key.ends_with("7.png"));
        let told = explain_gap(&gap, Side::Left);
        assert_eq!(
            told[1],
            "Nothing separates them from what is there (first letter, folder, size, time, extension: no)."
        );
        assert_eq!(
            explain_gap(&explained(|_| false), Side::Left),
            [] as [&str; 0]
        );
    }

    #[test]
    fn files_and_whole_folders_are_counted_apart() {
        let mut gaps = Gaps::default();
        for (key, missing) in [("M/a", true), ("M/b", true), ("x", true), ("y", false)] {
            let seen = Seen {
                marker: false,
                size: 1,
                modified: None,
                class: None,
            };
            gaps.add(key.as_bytes(), seen, presence(missing));
        }
        let gap = gaps.explain();
        assert_eq!(
            explain_gap(&gap, Side::Right)[0],
            "3 objects, 3 B, are missing on the right: 1 single, 2 in 1 whole folder."
        );
    }
}
