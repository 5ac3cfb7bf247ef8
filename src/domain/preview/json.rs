//! JSON for reading: indented by its brackets as far as it came, so that a part of a long one is laid out like the whole.

use super::{Glance, LINES, Line};

/// Spaces for each level.
const INDENT: usize = 2;
/// Deeper levels are not indented further.
const DEEPEST: usize = 20;

/// Whether a text without a telling name is JSON: it begins as an object or an array, and holds a member or an element.
pub(super) fn looks_like(text: &str) -> bool {
    let mut rest = text.trim_start().chars();
    let opened = rest.next();
    let next = rest.find(|c| !c.is_whitespace());
    match opened {
        Some('{') => matches!(next, Some('"' | '}')),
        Some('[') => matches!(next, Some('{' | '[' | '"' | ']' | '-' | '0'..='9')),
        Some(_) | None => false,
    }
}

/// One document indented; lines of documents (JSON Lines) as they stand.
pub(super) fn glance(text: &str, whole: bool) -> Glance {
    if is_lines(text) {
        return Glance {
            what: "JSON Lines".to_owned(),
            ..super::plain(text, whole)
        };
    }
    let mut pretty = Pretty::default();
    for c in text.chars() {
        pretty.push(c);
        if pretty.lines.len() >= LINES {
            break;
        }
    }
    let cut = pretty.lines.len() >= LINES;
    pretty.end();
    let lines = pretty.lines.iter().map(|line| Line::new(line));
    Glance {
        what: "JSON".to_owned(),
        lines: lines.take(LINES).collect(),
        more: !whole || cut,
        picture: None,
    }
}

/// Whether the first two lines are a document each.
fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let is_document = |line: &str| {
        line.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()
    };
    lines.next().is_some_and(is_document) && lines.next().is_some_and(|line| line.starts_with('{'))
}

/// A text on its way to its lines.
#[derive(Default)]
struct Pretty {
    lines: Vec<String>,
    line: String,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// A bracket was opened and nothing stands in it yet.
    opened: bool,
}

impl Pretty {
    fn push(&mut self, c: char) {
        if self.in_string {
            self.line.push(c);
            self.in_string = self.escaped || c != '"';
            self.escaped = !self.escaped && c == '\\';
            return;
        }
        match c {
            _ if c.is_whitespace() => {}
            '{' | '[' => {
                self.begin();
                self.line.push(c);
                self.opened = true;
                self.depth += 1;
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.opened) {
                    self.end();
                    self.indent();
                }
                self.line.push(c);
            }
            ',' => {
                self.line.push(c);
                self.end();
                self.indent();
            }
            ':' => self.line.push_str(": "),
            _ => {
                self.begin();
                self.line.push(c);
                self.in_string = c == '"';
            }
        }
    }

    /// A line of its own for the first thing in a bracket.
    fn begin(&mut self) {
        if std::mem::take(&mut self.opened) {
            self.end();
            self.indent();
        }
    }

    fn end(&mut self) {
        if !self.line.trim().is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
        }
        self.line.clear();
    }

    fn indent(&mut self) {
        let blanks = self.depth.min(DEEPEST) * INDENT;
        self.line.extend(std::iter::repeat_n(' ', blanks));
    }
}
