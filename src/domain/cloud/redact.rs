//! User data made fit to be shown: values of names that sound like secrets, and words that look like keys, are struck out.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What stands in a secret's place.
const STRUCK: &str = "•••";

/// Names whose values are secrets, whatever they look like.
const NAMED: &str = r#"(?ix)\b([a-z0-9_.-]*(?:secret|token|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth)[a-z0-9_.-]*)(\s*[=:]\s*|\s+)("[^"]*"|'[^']*'|[^\s;&|]+)"#;

/// Words that are keys by their form.
const FORMED: &str = r"(?x)\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|hf_[A-Za-z0-9]{8,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{12,}|sk-[A-Za-z0-9_-]{16,}|xox[abpr]-[A-Za-z0-9-]{10,}|[A-Za-z0-9/+]{40})\b";

/// The user of an address.
const IN_ADDRESS: &str = r"(://)[^/\s@:]+:[^/\s@]+@";

/// A whole private key.
const PEM: &str =
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)";

static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        (PEM, "•••"),
        (NAMED, "${1}${2}•••"),
        (FORMED, "•••"),
        (IN_ADDRESS, "${1}•••@"),
    ];
    let compiled = rules
        .iter()
        .filter_map(|(rule, to)| Some((Regex::new(rule).ok()?, *to)));
    compiled.collect()
});

/// A text without the secrets that can be told from it; how many were struck out.
pub fn redacted(text: &str) -> (String, usize) {
    let before = text.matches(STRUCK).count();
    let mut shown = Cow::Borrowed(text);
    for (rule, to) in RULES.iter() {
        shown = Cow::Owned(rule.replace_all(&shown, *to).into_owned());
    }
    let after = shown.matches(STRUCK).count();
    (shown.into_owned(), after.saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::{RULES, redacted};

    #[test]
    fn all_rules_are_rules() {
        assert_eq!(RULES.len(), 4);
    }

    #[test]
    fn secrets_are_struck_out_and_the_rest_stays() {
        for (text, shown) in [
            (
                "export HF_TOKEN=hf_0123456789\nrun",
                "export HF_TOKEN=•••\nrun",
            ),
            ("PASSWORD: 'a b c' x", "PASSWORD: ••• x"),
            (
                "login --password hunter2 --user ada",
                "login --password ••• --user ada",
            ),
            ("key AKIAABCDEFGHIJKLMNOP end", "key ••• end"),
            (
                "git clone https://ada:pw@host/x.git",
                "git clone https://•••@host/x.git",
            ),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb",
                "a\n•••\nb",
            ),
            ("#!/bin/bash\necho hi", "#!/bin/bash\necho hi"),
        ] {
            assert_eq!(redacted(text).0, shown);
        }
        assert_eq!(redacted("A_TOKEN=1 B_SECRET=2").1, 2);
    }
}
