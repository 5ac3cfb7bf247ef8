//! Parts of a name that tell something about it: its first letter and its extension.
//! Used by `gaps` and `layout`, so that both mean the same.

use std::cmp::Ordering;

/// The first character of a name (a folder's with or without its `/`); a byte where it is no UTF-8, nothing for a
/// nameless one.
pub fn first_letter(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let more = name
        .iter()
        .skip(1)
        .take(3)
        .take_while(|&&byte| byte & 0xc0 == 0x80)
        .count();
    name.get(..=more).unwrap_or_default()
}

/// What stands behind the last dot, if a name stands before it and it has at most 16 bytes.
pub fn extension(name: &[u8]) -> Option<&[u8]> {
    let dot = name
        .iter()
        .rposition(|&byte| byte == b'.')
        .filter(|&dot| dot > 0)?;
    name.get(dot + 1..)
        .filter(|extension| (1..=16).contains(&extension.len()))
}

/// How two names stand to each other as people count: runs of digits as numbers, all else byte by byte. Names that
/// differ only in leading zeros are equal.
pub fn natural(one: &[u8], other: &[u8]) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (left, right) = (digits(one), digits(other));
        let order = if left > 0 && right > 0 {
            let (one, other) = (number(one, left), number(other, right));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            one.first().cmp(&other.first())
        };
        if order != Ordering::Equal || one.is_empty() || other.is_empty() {
            return order;
        }
        one = one.get(left.max(1)..).unwrap_or_default();
        other = other.get(right.max(1)..).unwrap_or_default();
    }
}

/// The first digits of a name without leading zeros.
fn number(name: &[u8], len: usize) -> &[u8] {
    let run = name.get(..len).unwrap_or_default();
    let zeros = run.iter().take_while(|&&byte| byte == b'0').count();
    run.get(zeros..).unwrap_or_default()
}

/// How many digits a name begins with.
fn digits(name: &[u8]) -> usize {
    name.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let sorted = [
            "",
            "a",
            "v1",
            "v2.9",
            "v2.10",
            "v2.10a",
            "v10",
            "v99999999999999999999999",
            "w",
        ];
        for (at, one) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                let order = natural(one.as_bytes(), other.as_bytes());
                assert_eq!(order, at.cmp(&other_at), "{one} {other}");
            }
        }
        assert_eq!(natural(b"v007", b"v7"), Ordering::Equal);
        assert_eq!(natural(b"v007a", b"v7b"), Ordering::Less);
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(first_letter("Élan".as_bytes()), "É".as_bytes());
        assert_eq!(first_letter(b"M/"), b"M");
        assert_eq!(first_letter(b"/"), b"");
        assert_eq!(first_letter(b"\xff\xfe"), b"\xff");
        assert_eq!(extension(b"a.tar.gz"), Some(&b"gz"[..]));
        assert_eq!(extension(b".profile"), None);
        assert_eq!(extension(b"a."), None);
    }
}
