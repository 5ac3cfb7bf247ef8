//! A person's own pattern for lines: its named groups are metrics, or `step`, `epoch`, `time` and the totals.

use regex::Regex;

use super::build::Builder;

/// A pattern with the names of its groups.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    names: Vec<Box<str>>,
}

impl Pattern {
    /// Reads a pattern; tells a person what is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(text).map_err(|error| {
            let all = error.to_string();
            let last = all
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            format!("its pattern is no regular expression: {last}")
        })?;
        let names: Vec<Box<str>> = regex.capture_names().flatten().map(Box::from).collect();
        if names.is_empty() {
            return Err(
                "its pattern has no named group: write (?P<step>\\d+) and (?P<loss>[\\d.]+)"
                    .to_owned(),
            );
        }
        Ok(Self { regex, names })
    }

    /// Reads a line as a row; `false` where the pattern does not match.
    pub(super) fn line(&self, line: &str, builder: &mut Builder) -> bool {
        let Some(found) = self.regex.captures(line) else {
            return false;
        };
        for name in &self.names {
            if let Some(value) = found.name(name) {
                builder.text(name, value.as_str());
            }
        }
        builder.end_row();
        true
    }
}
