//! A wrap-up for people: the steps, what still costs, what keeps the gate shut, what became of what was to go.

use crate::cli::{
    args::WrapUpArgs,
    output::table::{Align, table},
};
use crate::domain::{
    cloud::{Price, Rates},
    text::printable,
    wrap_up::{Claim, End, Fate, Kind, Open, Origin, OutputProof, Resource},
};
use crate::engine::wrap_up::Wrapped;
use crate::humanize;

use super::Context;

/// Kinds of things that cost and that this version does not look for: told, so that nobody takes silence for their absence.
pub(super) const NOT_LOOKED_FOR: [&str; 12] = [
    "NAT gateways",
    "load balancers",
    "images",
    "spot requests",
    "auto scaling groups",
    "launch templates",
    "EFS",
    "FSx",
    "log groups",
    "SageMaker endpoints",
    "S3 storage",
    "unfinished uploads",
];

const HEAD: [(&str, Align); 6] = [
    ("", Align::Left),
    ("what", Align::Left),
    ("name", Align::Left),
    ("", Align::Left),
    ("$/h", Align::Right),
    ("made by", Align::Left),
];

/// Tells how everything stands.
pub(super) fn tell(context: &mut Context, wrapped: &Wrapped) {
    for proof in &wrapped.proofs {
        context.output.line(proven(proof));
    }
    if wrapped.proofs.is_empty() {
        context
            .output
            .line("- the run names no outputs: nothing is proven");
    }
    let there: Vec<&Resource> = wrapped
        .resources
        .iter()
        .filter(|one| one.exists())
        .collect();
    if there.is_empty() {
        context
            .output
            .line("nothing of what is looked for costs anything any more");
    } else {
        let rows: Vec<[String; 6]> = there.iter().map(|one| row(one)).collect();
        for line in table(HEAD, &rows) {
            context.output.line(line);
        }
    }
    let gone = wrapped.resources.len() - there.len();
    if gone > 0 {
        let things = humanize::counted(gone as u64, "thing");
        context
            .output
            .line(format_args!("{things} of the ledger are gone already"));
    }
    for one in there.iter().filter(|one| is_left_behind(one, &there)) {
        let id = printable(one.id.as_bytes());
        context.output.line(format_args!(
            "! {} {id} hangs on what goes, stays, and costs on (--also {id})",
            one.kind.word()
        ));
    }
    let (all, ticked) = costs(&wrapped.resources);
    let dated = &Rates::embedded().dated;
    context.output.remark(format_args!(
        "all of it costs {}/h, {}/day; what is ticked {}/h (prices of {dated})",
        humanize::amount(Some(all)),
        humanize::amount(Some(all.times(24.0))),
        humanize::amount(Some(ticked)),
    ));
    context.output.remark(format_args!(
        "not looked for: {}",
        NOT_LOOKED_FOR.join(", ")
    ));
    for trouble in &wrapped.troubles {
        context.output.tell(format_args!(
            "! {} in {}: {}",
            trouble.operation, trouble.region, trouble.words
        ));
    }
}

/// Whether a thing hangs on one that goes, and is not ticked itself: a ghost cost in the making.
fn is_left_behind(one: &Resource, all: &[&Resource]) -> bool {
    let goes = |id: &str| all.iter().any(|other| other.selected && *other.id == *id);
    !one.selected && !one.goes_with && one.on.as_deref().is_some_and(goes)
}

/// What all costs, and what is ticked.
pub(super) fn costs(resources: &[Resource]) -> (Price, Price) {
    let mut sums = (Price::default(), Price::default());
    for one in resources {
        sums.0 = sums.0.and(one.price);
        if one.selected {
            sums.1 = sums.1.and(one.price);
        }
    }
    sums
}

fn row(one: &Resource) -> [String; 6] {
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let tick = match (one.selected, one.kept) {
        (true, _) => "[x]",
        (false, true) => "[k]",
        (false, false) => "[ ]",
    };
    [
        tick.to_owned(),
        format!("{} {}", one.kind.word(), text(&one.id)),
        text(&one.name),
        text(&one.about),
        humanize::hourly(Some(one.price)),
        made_by(one),
    ]
}

/// Who made a thing, in words.
pub(super) fn made_by(one: &Resource) -> String {
    match &one.origin {
        Origin::OtherRun(run) => format!("the run {}", printable(run.as_bytes())),
        Origin::ThisRun | Origin::Unknown | Origin::Gone => one.origin.words().to_owned(),
    }
}

/// The other run that made a thing.
pub(super) fn other_run(one: &Resource) -> Option<&str> {
    match &one.origin {
        Origin::OtherRun(run) => Some(run),
        Origin::ThisRun | Origin::Unknown | Origin::Gone => None,
    }
}

/// How an output stands, in a line.
pub(super) fn proven(proof: &OutputProof) -> String {
    let name = printable(proof.name.as_bytes());
    match &proof.claim {
        Claim::Proven(told) => format!(
            "✓ {name}: {}, {}, proven by checksum at {}",
            humanize::counted(told.objects, "object"),
            humanize::bytes(told.bytes),
            told.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        ),
        Claim::Gaps { objects, words } => {
            let objects = humanize::counted(*objects, "object");
            format!("! {name}: {objects} not proven: {words}")
        }
        Claim::Nothing { why } => {
            format!("! {name}: nothing is proven: {}", printable(why.as_bytes()))
        }
    }
}

/// What keeps the gate shut, in words.
pub(super) fn open(open: &Open) -> String {
    let shown = |text: &str| printable(text.as_bytes()).into_owned();
    match open {
        Open::Running(n) => {
            let instances = humanize::counted(*n as u64, "instance");
            format!("{instances} of the run still run (--ended says that the training is over)")
        }
        Open::NoOutputs => {
            "the run names no outputs (outputs = [\"MAPPING\"] in [runs.NAME], or --override-proof REASON)"
                .to_owned()
        }
        Open::Unproven(name) => format!(
            "{} is not proven (push it, or --override-proof REASON)",
            shown(name)
        ),
        Open::NoAccount => "nobody named the account (--account ID)".to_owned(),
        Open::WrongAccount { named, asked } => format!(
            "the account {} was named, and {} is asked",
            shown(named),
            shown(asked)
        ),
    }
}

/// What became of one thing.
pub(super) fn tell_one(context: &mut Context, end: &End) {
    let kind: Kind = end.target.kind;
    let id = printable(end.target.id.as_bytes());
    match &end.fate {
        Fate::Gone => context
            .output
            .line(format_args!("✓ {} {id} is gone", kind.word())),
        Fate::Stays { why } => context
            .output
            .line(format_args!("! {} {id} stays: {why}", kind.word())),
    }
}

/// How it ended.
pub(super) fn tell_end(context: &mut Context, wrapped: &Wrapped, args: &WrapUpArgs) {
    if wrapped.applied && !wrapped.open.is_empty() {
        context
            .output
            .tell("wharf: nothing was deleted; what keeps the gate shut:");
    }
    for words in wrapped.open.iter().map(open) {
        if wrapped.applied {
            context.output.tell(format_args!("  - {words}"));
        } else {
            context
                .output
                .remark(format_args!("before --apply: {words}"));
        }
    }
    let ticked = wrapped.resources.iter().any(|one| one.selected);
    if !wrapped.applied && ticked {
        context.output.remark(format_args!(
            "nothing was changed; wharf wrap-up {} --apply --account {} deletes what is ticked",
            printable(args.run.as_bytes()),
            wrapped.account
        ));
    }
}
