//! What a comparison comes to: a line a pair, the counts as a sentence and as a record, of one pair of places or of many.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::output::record::{TallyRecord, requests};
use crate::domain::diff::{Newer, Pair, Sign, Totals, Verdict};
use crate::engine::event::Compared;
use crate::humanize;

/// What a comparison found, as `summary`, `mapping` and the totals of a group tell it.
#[derive(Serialize)]
pub(super) struct Counts<'a> {
    left: TallyRecord,
    right: TallyRecord,
    same: u64,
    same_by: BTreeMap<&'static str, u64>,
    only_left: u64,
    only_right: u64,
    differs: u64,
    unproven: u64,
    clash: u64,
    errors: u64,
    archived: u64,
    not_scanned: u64,
    excluded: u64,
    complete: bool,
    requests: BTreeMap<&'a str, u64>,
    seconds: f64,
}

/// `+ key` for a pipe; with size and word for a person.
pub(super) fn line(pair: &Pair, terminal: bool) -> String {
    let sign = pair.verdict.sign();
    let mark = match &pair.verdict {
        Verdict::Same { proof } => proof.letter(),
        Verdict::Differs { newer: Newer::Left } => '>',
        Verdict::Differs {
            newer: Newer::Right,
        } => '<',
        Verdict::Differs {
            newer: Newer::Unknown,
        }
        | Verdict::OnlyLeft
        | Verdict::OnlyRight
        | Verdict::Unproven
        | Verdict::Clash { .. }
        | Verdict::Error { .. }
        | Verdict::NotScanned
        | Verdict::Excluded
        | Verdict::Archived => ' ',
    };
    let reason = if let Verdict::Clash { reason } | Verdict::Error { reason } = &pair.verdict {
        format!(": {reason}")
    } else {
        String::new()
    };
    if !terminal {
        return format!("{} {}{reason}", sign.symbol(), pair.key);
    }
    let size = pair
        .facts()
        .map(|facts| humanize::bytes(facts.size))
        .unwrap_or_default();
    format!(
        "{}{mark} {:<11} {size:>10}  {}{reason}",
        sign.symbol(),
        sign.word(),
        pair.key
    )
}

/// The counts of a comparison.
pub(super) fn counts(compared: &Compared) -> Counts<'_> {
    let totals = &compared.totals;
    let n = |sign: Sign| totals.of(sign).objects;
    Counts {
        left: totals.left.into(),
        right: totals.right.into(),
        same: n(Sign::Same),
        same_by: ["size", "time", "checksum", "read"]
            .into_iter()
            .zip(totals.same)
            .map(|(name, tally)| (name, tally.objects))
            .collect(),
        only_left: n(Sign::OnlyLeft),
        only_right: n(Sign::OnlyRight),
        differs: n(Sign::Differs),
        unproven: n(Sign::Unproven),
        clash: n(Sign::Clash),
        errors: n(Sign::Error),
        archived: n(Sign::Archived),
        not_scanned: n(Sign::NotScanned),
        excluded: n(Sign::Excluded),
        complete: compared.left.is_complete() && compared.right.is_complete(),
        requests: requests(&compared.requests),
        seconds: compared.seconds,
    }
}

/// "17,592 ≠ 17,572 objects  same 17,572  +20 only left".
pub(super) fn sentence(compared: &Compared) -> String {
    let totals: &Totals = &compared.totals;
    let sides = if totals.left == totals.right {
        '='
    } else {
        '≠'
    };
    let mut parts = vec![
        format!(
            "{} {sides} {}",
            humanize::count(totals.left.objects),
            humanize::counted(totals.right.objects, "object")
        ),
        format!("same {}", humanize::count(totals.of(Sign::Same).objects)),
    ];
    for sign in Sign::ALL.into_iter().filter(|sign| *sign != Sign::Same) {
        let n = totals.of(sign).objects;
        if n > 0 {
            parts.push(format!(
                "{}{} {}",
                sign.symbol(),
                humanize::count(n),
                sign.word()
            ));
        }
    }
    let requests = compared.requests.total();
    if requests > 0 {
        let requests = humanize::counted(requests, "request");
        parts.push(format!("({requests} in {:.1} s)", compared.seconds));
    }
    parts.join("  ")
}
