//! The end of a run in words: how its outputs stand, who made what, what keeps the gate shut, and the report. The same on the
//! screen and on the command line.

pub mod record;
pub mod report;
pub mod training;

use crate::domain::{
    cloud::Price,
    text::printable,
    wrap_up::{Claim, Open, Origin, OutputProof, Resource},
};

use super::{bytes, counted};

/// Hours of a month, as AWS counts them.
const MONTH: f64 = 730.0;
/// Below this an hour's price says nothing to a person: a month's is told.
const TINY: f64 = 0.001;
/// Below this a day's does neither.
const TINY_DAY: f64 = 0.01;

/// A day of something, in dollars: `$24.14`, `~$0.53`; nothing where that is too little to read, or not known.
pub fn a_day(price: Price) -> String {
    let day = price.times(24.0);
    if day.amount < TINY_DAY {
        return String::new();
    }
    super::amount(Some(day))
}

/// An hour of something: `$1.006/h`, `~$0.022/h`, `price unknown`; a dash where it costs nothing, and a month of what is tiny:
/// `~$0.14/mo`.
pub fn an_hour(price: Price) -> String {
    match (price.amount > 0.0, price.estimate) {
        (false, true) => "price unknown".to_owned(),
        (false, false) => "—".to_owned(),
        (true, estimate) => {
            let about = if estimate { "~" } else { "" };
            if price.amount < TINY {
                return format!("{about}{}/mo", month(price.amount * MONTH));
            }
            format!("{about}${:.3}/h", price.amount)
        }
    }
}

/// A month's dollars, to the cent.
fn month(dollars: f64) -> String {
    if dollars < 0.01 {
        return "<$0.01".to_owned();
    }
    format!("${dollars:.2}")
}

/// Who made a thing, in words.
pub fn made_by(one: &Resource) -> String {
    match &one.origin {
        Origin::OtherRun(run) => format!("the run {}", printable(run.as_bytes())),
        Origin::ThisRun | Origin::Unknown | Origin::Gone => one.origin.words().to_owned(),
    }
}

/// What a thing is, and what it is kept for.
pub fn about(one: &Resource) -> String {
    match &one.held_by {
        Some(held) => format!("{}, {}", one.about, holds(held)),
        None => one.about.clone(),
    }
}

/// What keeps the holder of something that stays.
pub fn holds(held: &str) -> String {
    format!("holds {}, which stays", printable(held.as_bytes()))
}

/// How an output stands, in a line.
pub fn proven(proof: &OutputProof) -> String {
    let name = printable(proof.name.as_bytes());
    match &proof.claim {
        Claim::Proven(told) => format!(
            "✓ {name}: {}, {}, proven by checksum at {}{}",
            counted(told.objects, "object"),
            bytes(told.bytes),
            told.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            super::of_record(told)
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
