//! Parts of a name that tell something about it: its first letter and its extension.
//! Used by `gaps` and `layout`, so that both mean the same.

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

#[cfg(test)]
mod tests {
    use super::*;

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
