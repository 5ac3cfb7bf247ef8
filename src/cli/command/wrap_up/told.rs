//! A wrap-up for people: the steps, what still costs, what keeps the gate shut, what became of what was to go.

use jiff::Timestamp;

use crate::cli::{
    args::WrapUpArgs,
    output::table::{Align, table},
};
use crate::domain::{
    cloud::{Price, Rates},
    text::printable,
    wrap_up::{End, Fate, Kind, NOT_LOOKED_FOR, Open, Resource, Training, Wrapped, cost},
};
use crate::humanize::{
    self,
    wrap_up::{a_day, about, an_hour, made_by, open, proven, training::training},
};

use super::Context;

const HEAD: [(&str, Align); 7] = [
    ("", Align::Left),
    ("what", Align::Left),
    ("name", Align::Left),
    ("", Align::Left),
    ("costs", Align::Right),
    ("a day", Align::Right),
    ("made by", Align::Left),
];

/// Tells how everything stands.
pub(super) fn tell(context: &mut Context, wrapped: &Wrapped, args: &WrapUpArgs) {
    tell_proofs(context, wrapped);
    let there: Vec<&Resource> = wrapped
        .resources
        .iter()
        .filter(|one| one.exists())
        .collect();
    tell_things(context, &there, args);
    let gone = wrapped.resources.len() - there.len();
    if gone > 0 {
        let things = humanize::counted(gone as u64, "thing");
        context
            .output
            .line(format_args!("{things} of the ledger are gone already"));
    }
    let all = &wrapped.resources;
    for one in all.iter().filter(|one| one.is_left_behind(all)) {
        let id = printable(one.id.as_bytes());
        context.output.line(format_args!(
            "! {} {id} hangs on what goes, stays, and costs on (--also {id})",
            one.kind.word()
        ));
    }
    let all = cost(wrapped.left(), |_| true);
    let ticked = cost(wrapped.left(), |one| one.selected);
    let dated = &Rates::embedded().dated;
    context.output.remark(format_args!(
        "all of it costs {}/h, {}/day; what is ticked {}/h (prices of {dated})",
        humanize::amount(Some(all)),
        humanize::amount(Some(all.times(24.0))),
        humanize::amount(Some(ticked)),
    ));
    tell_spent(context, wrapped);
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

/// How the training ended, and how the outputs stand.
fn tell_proofs(context: &mut Context, wrapped: &Wrapped) {
    context.output.line(format_args!(
        "{} training: {}",
        sign(wrapped.training),
        training(wrapped, None)
    ));
    for proof in &wrapped.proofs {
        context.output.line(proven(proof));
    }
    if wrapped.proofs.is_empty() {
        context
            .output
            .line("- the run names no outputs: nothing is proven");
    }
}

fn sign(training: Training) -> &'static str {
    match training {
        Training::Ended | Training::Idle => "✓",
        Training::Runs => "!",
        Training::Unknown | Training::NeverLaunched | Training::NeverTrained | Training::Silent => {
            "-"
        }
    }
}

/// What the run came to, where anything of it is known.
fn tell_spent(context: &mut Context, wrapped: &Wrapped) {
    let spent = wrapped.spent(Timestamp::now());
    if spent != Price::default() {
        context.output.remark(format_args!(
            "the run came to {} by now, what is gone included (--report tells it thing by thing)",
            humanize::amount(Some(spent)),
        ));
    }
}

/// What is there, as far as it is to be listed.
fn tell_things(context: &mut Context, there: &[&Resource], args: &WrapUpArgs) {
    if there.is_empty() {
        context
            .output
            .line("nothing of what is looked for costs anything any more");
        return;
    }
    let listed = there.iter().filter(|one| args.lists(&one.origin));
    let rows: Vec<[String; 7]> = listed.map(|one| row(one)).collect();
    for line in table(HEAD, &rows) {
        context.output.line(line);
    }
    let others = there.len() - rows.len();
    if others > 0 {
        let others = humanize::counted(others as u64, "more thing");
        context
            .output
            .line(format_args!("{others} that others made are not listed"));
    }
}

fn row(one: &Resource) -> [String; 7] {
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let tick = match (one.selected, one.kept.is_some()) {
        (true, _) => "[x]",
        (false, true) => "[k]",
        (false, false) => "[ ]",
    };
    [
        tick.to_owned(),
        format!("{} {}", one.kind.word(), text(&one.id)),
        text(&one.name),
        text(&about(one)),
        an_hour(one.price),
        a_day(one.price),
        made_by(one),
    ]
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
    for words in wrapped.open.iter().map(shut) {
        if wrapped.applied {
            context.output.tell(format_args!("  - {words}"));
        } else {
            context
                .output
                .remark(format_args!("before --apply: {words}"));
        }
    }
    if !wrapped.ends.is_empty() {
        let left = cost(wrapped.left(), |_| true);
        context.output.remark(format_args!(
            "what is left costs {}/h, before it was {}/h",
            humanize::amount(Some(left)),
            humanize::amount(Some(wrapped.was))
        ));
        tell_spent(context, wrapped);
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

/// What keeps the gate shut, with the flag that opens it.
fn shut(shut: &Open) -> String {
    let flag = match shut {
        Open::Running(_) => " (--ended says that the training is over)",
        Open::NoOutputs => " (outputs = [\"MAPPING\"] in [runs.NAME], or --override-proof REASON)",
        Open::Unproven(_) => " (--push pushes it, --override-proof REASON goes without)",
        Open::NoAccount => " (--account ID)",
        Open::Denied { .. } | Open::WrongAccount { .. } => "",
    };
    open(shut) + flag
}
