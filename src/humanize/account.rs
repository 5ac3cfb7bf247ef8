//! The account of a migration in words: the tree before and after, what was saved, and what was not foreseen.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{
    account::{Account, Amount, Basis, Saving},
    entry::Tally,
};

use super::{bytes, count, counted, duration, money, percent, whole};

/// Rows of what was saved against a relay: what it is, here, by relay, saved. Empty where the server copied nothing.
pub fn savings(account: &Account) -> Vec<[String; 4]> {
    let Some(saved) = account.savings() else {
        return Vec::new();
    };
    let row = |name: &str, saving: &Saving, words: fn(f64) -> String| {
        [
            name.to_owned(),
            amount(&saving.here, words),
            amount(&saving.relay, words),
            words(saving.saved()),
        ]
    };
    vec![
        row("requests", &saved.operations, number),
        row("through this machine", &saved.bytes, size),
        row("local disk", &saved.disk, size),
        row("time", &saved.seconds, time),
        row("money", &saved.money, money),
    ]
}

/// "25.2 GiB never left S3; a relay would have moved 50.4 GiB through this machine".
pub fn never_left(direct: u64) -> String {
    format!(
        "{} never left S3; a relay would have moved {} through this machine",
        bytes(direct),
        bytes(direct * 2)
    )
}

/// How many of the steps that ended were done: "100 %, 52 of 52".
pub fn success(account: &Account) -> String {
    let done = account.direct.objects + account.relayed.objects;
    let ended = done + account.failed;
    format!(
        "{}, {} of {}",
        percent(done, ended),
        count(done),
        count(ended)
    )
}

/// Rows of requests that were not sent as the plan foresaw: operation, foreseen, sent.
pub fn unforeseen(account: &Account) -> Vec<[String; 3]> {
    let rows = account.unforeseen().into_iter();
    rows.map(|row| [row.operation.into(), count(row.foreseen), count(row.sent)])
        .collect()
}

/// The places of a migration as a tree, with what stood there before and after.
pub fn tree(accounts: &[&Account]) -> Vec<String> {
    let mut places: BTreeMap<&str, (Tally, Tally)> = BTreeMap::new();
    for account in accounts {
        for (at, place) in account.places.iter().enumerate() {
            let known = places.entry(place).or_default();
            known.0.join(account.before[at]);
            known.1.join(account.after[at]);
        }
    }
    let names: Vec<&str> = places.keys().copied().collect();
    let root = common(&names);
    let mut lines = vec![root.to_owned()];
    let width = names
        .iter()
        .map(|name| name.len() - root.len())
        .max()
        .unwrap_or_default();
    for (name, (before, after)) in &places {
        let name = name.get(root.len()..).unwrap_or_default();
        let change = if before == after {
            "unchanged".to_owned()
        } else {
            tally(*after)
        };
        lines.push(format!(
            "  {name:<width$}  {:>24} → {change}",
            tally(*before)
        ));
    }
    lines
}

/// The folder that holds all of these.
fn common<'a>(names: &[&'a str]) -> &'a str {
    let Some(first) = names.first() else {
        return "";
    };
    let ends = first.match_indices('/').map(|(at, _)| at + 1);
    let holds = |end: &usize| {
        let folder = first.get(..*end).unwrap_or_default();
        names.iter().all(|name| name.starts_with(folder))
    };
    let end = ends.take_while(holds).last().unwrap_or_default();
    first.get(..end).unwrap_or_default()
}

fn tally(tally: Tally) -> String {
    format!(
        "{}, {}",
        counted(tally.objects, "object"),
        bytes(tally.bytes)
    )
}

fn amount(amount: &Amount, words: fn(f64) -> String) -> String {
    let basis = match amount.basis {
        Basis::Measured => "measured",
        Basis::Estimated => "estimated",
    };
    format!("{} ({basis})", words(amount.value))
}

fn number(value: f64) -> String {
    count(whole(value))
}

fn size(value: f64) -> String {
    bytes(whole(value))
}

fn time(value: f64) -> String {
    duration(Duration::try_from_secs_f64(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{common, tree};
    use crate::domain::{account::Account, entry::Tally};

    #[test]
    fn places_stand_below_the_folder_that_holds_them() {
        assert_eq!(common(&["s3://b/data/raw", "s3://b/new/raw"]), "s3://b/");
        assert_eq!(common(&["s3://b/x"]), "s3://b/");
        let (some, none) = (
            Tally {
                objects: 2,
                bytes: 9,
            },
            Tally::default(),
        );
        let account = Account {
            places: ["s3://b/data".to_owned(), "s3://b/new".to_owned()],
            before: [some, none],
            after: [some, some],
            ..Account::default()
        };
        let told = tree(&[&account]).join("\n");
        assert!(
            told.contains("data") && told.contains("2 objects, 9 B → unchanged"),
            "{told}"
        );
        assert!(told.contains("0 objects, 0 B → 2 objects, 9 B"), "{told}");
    }
}
