//! The pairs that the benches of the tree and of the screen share.

use wharf::domain::{
    diff::{Level, Pair, Verdict},
    entry::{Facts, Identity, Kind},
};

/// Cards in small folders and in one large one; every 400th name, and every name with "M" in a third of the cases,
/// is missing on the right.
pub(crate) fn pairs(n: u64) -> Vec<Pair> {
    let key = |number: u64| {
        let letter = char::from(b'A' + u8::try_from(number * 26 / n).unwrap_or(0));
        if number.is_multiple_of(2) {
            format!(
                "processed/{letter}{:07}-en/aug_{}.png",
                number / 4,
                number / 2 % 2
            )
        } else {
            format!("raw/card_images/{letter}{number:07}-en.png")
        }
    };
    let mut pairs: Vec<Pair> = (0..n)
        .map(|number| {
            let modified =
                jiff::Timestamp::from_second(i64::try_from(number * 7919 % 100_000).unwrap_or(0))
                    .ok();
            let facts = Facts {
                kind: Kind::Object,
                size: number * 7919 % 1_000_003,
                modified,
                identity: Identity::None,
            };
            let key = key(number);
            let missing = number % 4000 == 1 || key.contains("/M") && number % 3 == 1;
            let verdict = if missing {
                Verdict::OnlyLeft
            } else {
                Verdict::Same { proof: Level::Time }
            };
            let right = if missing { None } else { Some(facts.clone()) };
            Pair {
                key: key.as_str().into(),
                left: Some(facts),
                right,
                verdict,
            }
        })
        .collect();
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    pairs
}
