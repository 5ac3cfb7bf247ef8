//! One value of another program's INI file, so that one configuration serves both.

use std::path::Path;

/// The value of `key` in `[section]` and its line; names are compared without case, as Python's configparser does.
pub(super) fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<(&'a str, usize)> {
    let mut inside = section.is_empty();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = name.trim().eq_ignore_ascii_case(section);
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            continue;
        };
        if inside && name.trim().eq_ignore_ascii_case(key) {
            return Some((plain(value), at + 1));
        }
    }
    None
}

/// The value without a comment behind it and without quotes around it.
fn plain(value: &str) -> &str {
    let end = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min()
        .unwrap_or(value.len());
    let value = value.get(..end).unwrap_or(value).trim();
    for quote in ['"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|v| v.strip_suffix(quote))
        {
            return inner;
        }
    }
    value
}

/// What was wrong with reading a value from `path`.
pub(super) fn missing(path: &Path, section: &str, key: &str) -> String {
    format!(
        "{} has no key \"{key}\" in [{section}]",
        crate::domain::text::printable(path.as_os_str().as_encoded_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::value;

    const TEXT: &str = "\
# glacier flow
[paths]
BASE_DIR = /fs/project/flow   ; the cluster
local: \"/home/ada/flow\"
[other]
base_dir = /wrong
";

    #[test]
    fn finds_the_key_of_its_section_only() {
        assert_eq!(
            value(TEXT, "PATHS", "base_dir"),
            Some(("/fs/project/flow", 3))
        );
        assert_eq!(value(TEXT, "paths", "local"), Some(("/home/ada/flow", 4)));
        assert_eq!(value(TEXT, "other", "base_dir"), Some(("/wrong", 6)));
        assert_eq!(value(TEXT, "paths", "missing"), None);
        assert_eq!(value(TEXT, "", "base_dir"), None);
    }
}
