//! Names and numbers in a line: `loss=0.5`, `loss: 0.5`, `"loss": 0.5`, and `loss 0.5` for names that are known.

use crate::domain::training::names::{is_known, qualifies};

use super::build::Builder;

/// What a line must hold to be taken for one that tells metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Any pair with a sign between.
    Any,
    /// The same, and known names without one.
    Known,
    /// A step or an epoch beside the pairs, or a name that is known once a step was told.
    Telling,
}

/// Tells the pairs of a line to the builder; `false` where the line is none that tells metrics.
pub(super) fn read(line: &str, wanted: Wanted, builder: &mut Builder) -> bool {
    let found = pairs(line);
    let telling = || {
        let known = |pair: &Pair<'_>| is_known(pair.name) || pair.qualifier.is_some();
        let counts = |pair: &Pair<'_>| {
            let name = pair.name.to_ascii_lowercase();
            [
                "step",
                "global_step",
                "iter",
                "iteration",
                "epoch",
                "it",
                "steps",
            ]
            .contains(&&*name)
        };
        found.iter().any(counts)
            || (builder.knows_step() && found.iter().any(known))
            || builder.has_row()
    };
    if wanted == Wanted::Telling && !telling() {
        return false;
    }
    for pair in &found {
        match pair.qualifier {
            Some(qualifier) => builder.number(&format!("{qualifier}_{}", pair.name), pair.value),
            None => builder.number(pair.name, pair.value),
        }
    }
    builder.has_row()
}

/// A name and its number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair<'a> {
    /// `train` of `train loss`.
    qualifier: Option<&'a str>,
    name: &'a str,
    value: f64,
}

fn pairs(line: &str) -> Vec<Pair<'_>> {
    let mut found: Vec<Pair<'_>> = Vec::new();
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let Some((length, value)) = number_at(bytes, at) else {
            at += 1;
            continue;
        };
        if let Some(pair) = line.get(..at).and_then(|before| named(before, value))
            && may_follow(bytes, at + length, &pair)
            && found
                .iter()
                .all(|other| other.name != pair.name || other.qualifier != pair.qualifier)
        {
            found.push(pair);
        }
        at += length;
    }
    found
}

/// The number that begins at a place: how long it is, and what it is.
fn number_at(bytes: &[u8], at: usize) -> Option<(usize, f64)> {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
        return None;
    }
    let rest = bytes.get(at..)?;
    let sign = usize::from(matches!(rest.first(), Some(b'-' | b'+')));
    if sign == 1 && before.is_some_and(|byte| !matches!(byte, b' ' | b'=' | b':' | b'(' | b'[')) {
        return None;
    }
    for word in ["nan", "inf", "Infinity"] {
        let end = sign + word.len();
        let matches = rest
            .get(sign..end)
            .is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()));
        if matches && !rest.get(end).is_some_and(u8::is_ascii_alphanumeric) {
            let value = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
            return Some((end, value));
        }
    }
    let is_digit = |at: usize| rest.get(at).is_some_and(u8::is_ascii_digit);
    let is_sign = |at: usize| matches!(rest.get(at), Some(b'-' | b'+'));
    let begins = is_digit(sign) || (rest.get(sign) == Some(&b'.') && is_digit(sign + 1));
    if !begins {
        return None;
    }
    let mut end = sign;
    while let Some(&byte) = rest.get(end) {
        let next = end + 1;
        let exponent = is_digit(next) || (is_sign(next) && is_digit(next + 1));
        if matches!(byte, b'e' | b'E') && exponent {
            end += 2;
        } else if byte.is_ascii_digit() || byte == b'.' {
            end += 1;
        } else {
            break;
        }
    }
    let text = std::str::from_utf8(rest.get(..end)?).ok()?;
    let value = text.trim_end_matches('.').parse().ok()?;
    Some((end, value))
}

/// Whether what stands behind a number lets it be one: a unit, but no further digits of a time or date.
fn may_follow(bytes: &[u8], at: usize, pair: &Pair<'_>) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first() {
        Some(b':' | b'-') => !rest.get(1).is_some_and(u8::is_ascii_digit),
        Some(byte) if byte.is_ascii_alphabetic() => {
            let unit = rest
                .iter()
                .take_while(|byte| byte.is_ascii_alphabetic())
                .count();
            unit <= 4 && !pair.name.eq_ignore_ascii_case("eta")
        }
        Some(_) | None => true,
    }
}

/// The name that stands before a number.
fn named(before: &str, value: f64) -> Option<Pair<'_>> {
    let bare = before.trim_end_matches([' ', '\t', '[', '(']);
    let signed = bare.strip_suffix(['=', ':']);
    let text = signed
        .unwrap_or(bare)
        .trim_end()
        .trim_end_matches(['"', '\'']);
    let (rest, name) = last_word(text)?;
    let letter = name
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    let counts = ["step", "iter", "iteration", "epoch"].contains(&&*name.to_ascii_lowercase());
    if !letter || name.len() > 80 || (signed.is_none() && !is_known(name) && !counts) {
        return None;
    }
    let before = rest.strip_suffix(' ').and_then(last_word);
    let qualifier = before.map(|(_, word)| word).filter(|word| qualifies(word));
    Some(Pair {
        qualifier,
        name,
        value,
    })
}

/// The word at the end of a text, and what stands before it.
fn last_word(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '@');
    let start = text.rfind(|c: char| !is_part(c)).map_or(0, |at| {
        at + text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8)
    });
    let (rest, word) = text.split_at_checked(start)?;
    (!word.is_empty()).then_some((rest, word))
}
