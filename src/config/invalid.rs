//! Why a text is no value, without the place where it stood: the reader of a file, a variable or a flag adds that.

use crate::domain::text::printable;

/// A text that is no value of its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Invalid {
    /// What is wrong, safe for a terminal.
    pub message: String,
    /// The words that would be right; empty where there are too many to list.
    pub allowed: Vec<String>,
    /// The right word that is nearest to what was written.
    pub nearest: Option<String>,
}

impl Invalid {
    /// `text` does not have the form that is described.
    pub fn form(text: &str, form: &str) -> Self {
        Self::because(format!("\"{}\" is not {form}", printable(text.as_bytes())))
    }

    /// A sentence of its own.
    pub fn because(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            allowed: Vec::new(),
            nearest: None,
        }
    }

    /// `text` is none of these words.
    pub fn word(text: &str, allowed: &[&str]) -> Self {
        Self {
            message: format!("\"{}\" is not allowed here", printable(text.as_bytes())),
            allowed: allowed.iter().map(|&word| word.to_owned()).collect(),
            nearest: nearest(text, allowed).map(str::to_owned),
        }
    }

    /// `name` is none of these names, which are `what`: "no such machine".
    pub fn unknown(name: &str, what: &str, known: &[&str]) -> Self {
        Self {
            message: format!("there is no {what} \"{}\"", printable(name.as_bytes())),
            ..Self::word(name, known)
        }
    }

    /// What would have been right, as a sentence's end; empty where nothing can be said.
    pub fn advice(&self) -> Option<String> {
        let allowed =
            (!self.allowed.is_empty()).then(|| format!("allowed: {}", self.allowed.join(", ")));
        let nearest = self
            .nearest
            .as_ref()
            .map(|word| format!("did you mean \"{word}\"?"));
        match (allowed, nearest) {
            (Some(allowed), Some(nearest)) => Some(format!("{nearest} ({allowed})")),
            (one, other) => one.or(other),
        }
    }

    fn sentence(&self) -> String {
        match self.advice() {
            Some(advice) => format!("{}; {advice}", self.message),
            None => self.message.clone(),
        }
    }
}

/// The word with the fewest changes to `text`, where they are few enough to be a slip.
pub fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let limit = (text.chars().count() / 3).clamp(1, 3);
    words
        .iter()
        .map(|&word| (distance(&text.to_lowercase(), &word.to_lowercase()), word))
        .filter(|&(changes, _)| changes <= limit)
        .min_by_key(|&(changes, _)| changes)
        .map(|(_, word)| word)
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

    use super::{Invalid, distance, nearest};

    #[test]
    fn slips_find_their_word_and_others_do_not() {
        let keys = ["direction", "existing", "exclude", "include", "local"];
        assert_eq!(nearest("direktion", &keys), Some("direction"));
        assert_eq!(nearest("exlcude", &keys), Some("exclude"));
        assert_eq!(nearest("LOCAL", &keys), Some("local"));
        assert_eq!(nearest("bucket", &keys), None);
    }

    #[test]
    fn the_sentence_tells_what_would_be_right() {
        let invalid = Invalid::word("pul", &["pull", "push", "both"]);
        assert_eq!(
            invalid.to_string(),
            "\"pul\" is not allowed here; did you mean \"pull\"? (allowed: pull, push, both)"
        );
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
