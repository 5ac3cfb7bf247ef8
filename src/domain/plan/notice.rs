//! What a person should know before saying yes to a plan, in sentences.

use jiff::Timestamp;

use super::{Op, Step};
use crate::domain::{
    entry::{End, Kind},
    key::Key,
    text::printable,
};

/// Seconds within which a file counts as just changed.
const JUST_CHANGED: i64 = 10;

/// Clocks of one machine and its disks agree within so many seconds.
const CLOCK_SLACK: i64 = 2;

/// Sentences about files that may change under the plan.
pub(super) fn about_steps<'a>(
    steps: impl Iterator<Item = &'a Step>,
    now: Timestamp,
) -> Vec<String> {
    let (mut fresh, mut future) = (Named::default(), Named::default());
    for step in steps.filter(|step| step.op == Op::Upload) {
        let modified = step
            .source
            .as_ref()
            .filter(|facts| facts.kind == Kind::Object)
            .and_then(|facts| facts.modified);
        let Some(age) = modified.map(|at| now.as_second() - at.as_second()) else {
            continue;
        };
        if age < -CLOCK_SLACK {
            future.add(&step.key, age);
        } else if age <= JUST_CHANGED {
            fresh.add(&step.key, age);
        }
    }
    let mut told = Vec::new();
    told.extend(fresh.tell(|name, age| {
        format!(
            "{name} changed {} s ago: it may still be being written",
            age.max(0)
        )
    }));
    told.extend(future.tell(|name, _| {
        format!("{name} is dated in the future: it will be taken for newer than its copy until that time has passed")
    }));
    told
}

/// Sentences about what is at the source and stays behind.
pub(super) fn about_left(archived: u64, links: Left, specials: Left) -> Vec<String> {
    let told = [
        (
            archived,
            None,
            "archived object",
            "--restore TIER restores it first",
        ),
        (
            links.count,
            links.first,
            "symbolic link",
            "--symlinks follow takes what it points to, --symlinks store the link itself",
        ),
        (
            specials.count,
            specials.first,
            "special file",
            "a socket, pipe or device has no content to move",
        ),
    ];
    let sentence = |(count, first, thing, hint): (u64, Option<Key>, &str, &str)| {
        let s = if count == 1 { "" } else { "s" };
        let name = first.map_or_else(String::new, |key| format!(" ({key}{})", more(count)));
        format!("{count} {thing}{s} left{name}: {hint}")
    };
    told.into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(sentence)
        .collect()
}

/// What is at the source and is never moved: how many, and the first of them by name.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) count: u64,
    pub(super) first: Option<Key>,
}

impl Left {
    pub(super) fn add(&mut self, key: &Key) {
        self.count += 1;
        self.first.get_or_insert_with(|| key.clone());
    }
}

fn more(count: u64) -> &'static str {
    if count > 1 { ", …" } else { "" }
}

/// A sentence about a listing that broke.
pub(super) fn broken(side: &str, end: &End) -> Option<String> {
    let End::Broken { after, reason } = end else {
        return None;
    };
    let place = after.as_ref().map_or_else(
        || "at its beginning".to_owned(),
        |key| format!("after {key}"),
    );
    Some(format!(
        "the listing of the {side} broke {place}: {}",
        printable(reason.as_bytes())
    ))
}

/// How many keys, and the youngest of them by name.
#[derive(Default)]
struct Named {
    count: usize,
    first: Option<(i64, Key)>,
}

impl Named {
    fn add(&mut self, key: &Key, age: i64) {
        self.count += 1;
        if self
            .first
            .as_ref()
            .is_none_or(|(youngest, _)| age < *youngest)
        {
            self.first = Some((age, key.clone()));
        }
    }

    fn tell(self, sentence: impl Fn(&str, i64) -> String) -> Option<String> {
        let (age, key) = self.first?;
        let more = match self.count {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Some(sentence(&format!("{key}{more}"), age))
    }
}
