//! Symbolic links as objects: the content is the link's target, and a word of metadata says what it is. A link is made
//! again only where it stays beneath the place that it was brought to.

use crate::domain::key::Key;

/// The metadata of an object that is a link.
const NAME: &str = "wharf-kind";
const VALUE: &str = "symlink";

/// The type of a link's object.
pub const CONTENT_TYPE: &str = "inode/symlink";

/// What says that an object is a link.
pub fn metadata() -> (String, String) {
    (NAME.to_owned(), VALUE.to_owned())
}

/// Whether this metadata says so.
pub fn is_link(metadata: &[(String, String)]) -> bool {
    metadata
        .iter()
        .any(|(name, value)| name == NAME && value == VALUE)
}

/// Whether a link of this name that leads to `target` stays beneath the place that holds it.
///
/// Steps up may stand at the beginning only: there they lead through real folders. Behind a name that is a link itself a
/// step up could lead anywhere.
pub fn stays_beneath(key: &Key, target: &[u8]) -> bool {
    if target.is_empty() || target.starts_with(b"/") || target.contains(&0) {
        return false;
    }
    let folders = key.as_bytes().split(|byte| *byte == b'/').count() - 1;
    let mut names = target.split(|byte| *byte == b'/').peekable();
    let mut up = 0;
    while names
        .next_if(|name| matches!(*name, b".." | b"." | b""))
        .is_some_and(|name| {
            up += usize::from(name == b"..");
            true
        })
    {}
    up <= folders && names.all(|name| name != b"..")
}

#[cfg(test)]
mod tests {
    use super::{is_link, metadata, stays_beneath};
    use crate::domain::key::Key;

    #[test]
    fn a_link_stays_beneath_or_is_not_made() {
        for (key, target, stays) in [
            ("l", "a", true),
            ("l", "a/b/c", true),
            ("l", "./a", true),
            ("d/l", "../a", true),
            ("d/e/l", "../../a", true),
            ("l", "..", false),
            ("d/l", "../..", false),
            ("l", "../a", false),
            ("l", "/etc/passwd", false),
            ("d/l", "x/../../a", false),
            ("d/l", "x/../a", false),
            ("l", "", false),
            ("l", "a\0b", false),
        ] {
            assert_eq!(
                stays_beneath(&Key::from(key), target.as_bytes()),
                stays,
                "{key} -> {target}"
            );
        }
        assert!(is_link(&[metadata()]) && !is_link(&[]));
    }
}
