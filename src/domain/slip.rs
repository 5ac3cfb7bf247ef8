//! Slips of the pen: which word was meant by one that is none.

/// The most words that are told for one.
const MOST: usize = 3;

/// The word with the fewest changes to `text`, where they are few enough to be a slip.
pub fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let limit = limit(text);
    words
        .iter()
        .map(|&word| (distance(&text.to_lowercase(), &word.to_lowercase()), word))
        .filter(|&(changes, _)| changes <= limit)
        .min_by_key(|&(changes, _)| changes)
        .map(|(_, word)| word)
}

/// The words that a slip or a beginning may have meant, the nearest first.
pub fn near<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let limit = limit(&text).min(2);
    let mut found: Vec<(bool, usize, &str)> = words
        .iter()
        .map(|&word| (word.to_lowercase(), word))
        .map(|(low, word)| (!low.starts_with(&text), distance(&text, &low), word))
        .filter(|&(other, changes, _)| changes <= limit || (!other && text.len() >= 3))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .take(MOST)
        .map(|(.., word)| word)
        .collect()
}

/// Changes that are still a slip.
fn limit(text: &str) -> usize {
    (text.chars().count() / 3).clamp(1, 3)
}

/// Insertions, removals, replacements and swaps of neighbours that lead from one text to the other.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, &a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in other.iter().enumerate() {
            let swapped = i > 0 && j > 0 && a == other[j - 1] && one[i - 1] == b;
            let mut cost = (rows[i][j] + usize::from(a != b))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if swapped {
                cost = cost.min(rows[i - 1][j - 1] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{distance, near, nearest};

    #[test]
    fn slips_find_their_word_and_others_do_not() {
        let keys = ["direction", "existing", "exclude", "include", "local"];
        assert_eq!(nearest("direktion", &keys), Some("direction"));
        assert_eq!(nearest("exlcude", &keys), Some("exclude"));
        assert_eq!(nearest("LOCAL", &keys), Some("local"));
        assert_eq!(nearest("bucket", &keys), None);
    }

    #[test]
    fn the_beginning_of_an_id_is_near_it_and_the_nearest_come_first() {
        let ids = ["vol-0aa1", "vol-0ab1", "vol-0ab2", "i-0ab1", "vol-9f3c"];
        assert_eq!(near("vol-0ab", &ids), ["vol-0ab1", "vol-0ab2", "vol-0aa1"]);
        assert_eq!(near("vol-9", &ids), ["vol-9f3c"]);
        assert_eq!(near("", &ids), [""; 0]);
        assert_eq!(near("snapshot", &ids), [""; 0]);
    }

    proptest! {
        #[test]
        fn distance_is_a_metric(a in "[a-c]{0,6}", b in "[a-c]{0,6}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &b) <= a.len().max(b.len()));
        }
    }
}
