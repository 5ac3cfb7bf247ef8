//! The end of a run in words: how its outputs stand, who made what, what keeps the gate shut, and the report. The same on the
//! screen and on the command line.

pub mod record;
pub mod report;

use crate::domain::{
    cloud::Price,
    text::printable,
    wrap_up::{Claim, Open, Origin, OutputProof, Resource},
};

use super::{bytes, counted, money};

/// An hour of something: `$1.006/h`, `~$0.022/h`, `price unknown`; a dash where it costs nothing.
pub fn an_hour(price: Price) -> String {
    match (price.amount > 0.0, price.estimate) {
        (false, true) => "price unknown".to_owned(),
        (false, false) => "—".to_owned(),
        (true, estimate) => {
            let about = if estimate { "~" } else { "" };
            let amount = if price.amount < 0.001 {
                money(price.amount)
            } else {
                format!("${:.3}", price.amount)
            };
            format!("{about}{amount}/h")
        }
    }
}

/// Who made a thing, in words.
pub fn made_by(one: &Resource) -> String {
    match &one.origin {
        Origin::OtherRun(run) => format!("the run {}", printable(run.as_bytes())),
        Origin::ThisRun | Origin::Unknown | Origin::Gone => one.origin.words().to_owned(),
    }
}

/// How an output stands, in a line.
pub fn proven(proof: &OutputProof) -> String {
    let name = printable(proof.name.as_bytes());
    match &proof.claim {
        Claim::Proven(told) => format!(
            "✓ {name}: {}, {}, proven by checksum at {}",
            counted(told.objects, "object"),
            bytes(told.bytes),
            told.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        ),
        Claim::Gaps { objects, words } => {
            let objects = counted(*objects, "object");
            format!("! {name}: {objects} not proven: {words}")
        }
        Claim::Nothing { why } => {
            format!("! {name}: nothing is proven: {}", printable(why.as_bytes()))
        }
    }
}

/// What keeps the gate shut, in words.
pub fn open(open: &Open) -> String {
    let shown = |text: &str| printable(text.as_bytes()).into_owned();
    match open {
        Open::Running(n) => {
            let instances = counted(*n as u64, "instance");
            format!("{instances} of the run still run")
        }
        Open::NoOutputs => "the run names no outputs".to_owned(),
        Open::Unproven(name) => format!("{} is not proven", shown(name)),
        Open::Denied { what, why } => format!("{} would stay: {why}", shown(what)),
        Open::NoAccount => "nobody named the account".to_owned(),
        Open::WrongAccount { named, asked } => format!(
            "the account {} was named, and {} is asked",
            shown(named),
            shown(asked)
        ),
    }
}
