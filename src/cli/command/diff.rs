//! `wharf diff`: two locations compared, a line a difference, streaming in constant memory; with `--gaps` what the
//! missing have in common.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::{
    args::DiffArgs,
    exit::Exit,
    output::record::{GapRecord, PairRecord, TallyRecord, requests},
    target::Target,
};
use crate::domain::{
    diff::{Newer, Pair, Sign, Totals, Verdict},
    gaps::Gaps,
    side::Side,
};
use crate::engine::{Body, Command, event::Compared};
use crate::humanize;

use super::{Context, VIEW};

/// `summary` of diff.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
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

/// What is printed and gathered while pairs come.
struct Shown {
    only: Vec<Sign>,
    quiet: bool,
    gaps: Option<[(Side, Gaps); 2]>,
}

/// Runs the command.
pub(super) async fn diff(context: &mut Context, args: &DiffArgs, target: Target) -> Exit {
    let only = match signs(args.only.as_deref()) {
        Ok(only) => only,
        Err(message) => {
            context.output.error(
                message,
                Some("the signs are = + - * ~ # ! ? x @, together as in --only '+*!'"),
            );
            return Exit::Usage;
        }
    };
    let gaps = args
        .gaps
        .then(|| [Side::Right, Side::Left].map(|side| (side, Gaps::default())));
    let mut shown = Shown {
        only,
        quiet: args.summary,
        gaps,
    };
    context.ask(Command::Compare {
        view: VIEW,
        left: target.left,
        right: target.right,
        options: target.options,
    });
    loop {
        match context.answer().await {
            Body::Pairs(pairs) => {
                for pair in &pairs {
                    context.show_pair(&mut shown, pair);
                }
                if context.output.is_gone() {
                    context.ask(Command::Stop(VIEW));
                    return Exit::Differences;
                }
            }
            Body::Compared(compared) => return context.compared(&shown, &compared),
            Body::Failed(failed) => return context.fail(&failed),
            Body::Listed { .. }
            | Body::Buckets(_)
            | Body::Planned(_)
            | Body::PlannedBoth(_)
            | Body::Stat(_)
            | Body::Past(_)
            | Body::Report(_)
            | Body::Accepted(_) => {}
        }
    }
}

/// The signs that are printed; without a wish, all that a person must look at.
fn signs(wish: Option<&str>) -> Result<Vec<Sign>, String> {
    let Some(wish) = wish else {
        return Ok(Sign::ALL
            .into_iter()
            .filter(|sign| !matches!(sign, Sign::Same | Sign::Excluded))
            .collect());
    };
    let find = |c: char| Sign::ALL.into_iter().find(|sign| sign.symbol() == c);
    wish.chars()
        .map(|c| find(c).ok_or_else(|| format!("\"{}\" is no sign", c.escape_debug())))
        .collect()
}

impl Context {
    fn show_pair(&mut self, shown: &mut Shown, pair: &Pair) {
        if let Some(gaps) = &mut shown.gaps {
            for (side, gaps) in gaps {
                gaps.add_pair(pair, *side);
            }
        }
        // Folders and markers are no content: they are counted apart, and never a difference by themselves.
        if shown.quiet || pair.is_folder() || !shown.only.contains(&pair.verdict.sign()) {
            return;
        }
        self.output.record(&PairRecord::from(pair));
        self.output.line(line(pair, self.output.style().terminal));
    }

    fn compared(&mut self, shown: &Shown, compared: &Compared) -> Exit {
        let exit = self.ended(&compared.left).and(self.ended(&compared.right));
        for (side, gaps) in shown.gaps.iter().flatten() {
            self.show_gaps(gaps, *side);
        }
        let totals = &compared.totals;
        self.output.record(&summary(totals, compared));
        let line = sentence(totals, compared);
        if shown.quiet {
            self.output.line(line);
        } else {
            self.output.remark(line);
        }
        let differs = if totals.differences() > 0 {
            Exit::Differences
        } else {
            Exit::Ok
        };
        let broken = if totals.of(Sign::Error).objects > 0 {
            Exit::Failed
        } else {
            Exit::Ok
        };
        exit.and(differs).and(broken)
    }

    /// Tells what is missing on `side`.
    fn show_gaps(&mut self, gaps: &Gaps, side: Side) {
        let explanation = gaps.explain();
        for rule in &explanation.rules {
            self.output.record(&GapRecord::new(rule, side.other()));
        }
        for sentence in humanize::explain_gap(&explanation, side) {
            self.output.line(sentence);
        }
    }
}

/// `+ key` for a pipe; with size and word for a person.
fn line(pair: &Pair, terminal: bool) -> String {
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

fn summary<'a>(totals: &Totals, compared: &'a Compared) -> Summary<'a> {
    let n = |sign: Sign| totals.of(sign).objects;
    Summary {
        r#type: "summary",
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

fn sentence(totals: &Totals, compared: &Compared) -> String {
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
