//! What a content looks like from its first bytes: text, JSON, a table, a picture, or bare bytes; gzip streams are seen
//! through.
//! Pure: the engine brings the bytes, the screen shows the lines. Lines are safe for a terminal.

mod decode;
mod hex;
mod json;
pub mod parquet;
mod picture;
pub mod rows;
mod table;

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::domain::preview::picture::Broken;
pub use crate::domain::preview::picture::{Form, Picture};

use crate::domain::{key::Key, text::readable};

/// The most bytes that a content is read for a preview, and that a stream is expanded to.
pub const MOST: u64 = 64 * 1024;

/// The most lines of a preview.
const LINES: usize = 1_000;
/// The most columns of a line: what is behind them is no preview any more.
const COLUMNS: usize = 2_000;

/// What the first bytes of a content show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// What it is, in a few words: `CSV, 9 columns`, `JSON in gzip`.
    pub what: String,
    /// Its first lines.
    pub lines: Vec<Line>,
    /// Whether more of it stands behind them.
    pub more: bool,
    /// The picture that it is.
    pub picture: Option<Picture>,
}

/// One line of a preview, safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Without its end.
    pub text: String,
    /// Whether it is a heading.
    pub heading: bool,
}

impl Line {
    /// A line of a text, made safe and cut where it is too long.
    pub fn new(text: &str) -> Self {
        let text = text.trim_end_matches(['\r', '\n']);
        let cut = text.char_indices().nth(COLUMNS);
        let text = cut.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
        Self {
            text: readable(text),
            heading: false,
        }
    }
}

/// How a text is laid out, by its name or its first letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Json,
    Table { separator: u8 },
}

impl Glance {
    /// A look at the first bytes (`head`) of the content of `key`; `whole` where they are all of it.
    pub fn of(key: &Key, head: &[u8], whole: bool) -> Self {
        if head.is_empty() {
            return Self {
                what: "empty".to_owned(),
                ..Self::default()
            };
        }
        let name = key.as_bytes().to_ascii_lowercase();
        if !head.starts_with(&[0x1f, 0x8b]) {
            return content(&name, head, whole);
        }
        let (expanded, broken) = expand(head);
        if expanded.is_empty() && broken {
            return Self {
                what: "a broken gzip stream".to_owned(),
                ..hex::glance(head, whole)
            };
        }
        let all = whole && !broken && (expanded.len() as u64) < MOST;
        let inner = name.strip_suffix(b".gz").unwrap_or(&name);
        let mut inside = content(inner, &expanded, all);
        inside.what.push_str(if broken && whole {
            " in a gzip stream that breaks off"
        } else {
            " in gzip"
        });
        inside
    }
}

/// The first bytes of what a stream holds, and whether it broke before its end or before enough of it came. Of a cut stream
/// what came before the cut is good.
fn expand(head: &[u8]) -> (Vec<u8>, bool) {
    let mut expanded = Vec::new();
    let read = MultiGzDecoder::new(head)
        .take(MOST)
        .read_to_end(&mut expanded);
    (expanded, read.is_err())
}

fn content(name: &[u8], head: &[u8], whole: bool) -> Glance {
    match Picture::of(head, whole) {
        Ok(None) => {}
        Ok(Some(picture)) => {
            return Glance {
                what: picture.words(),
                picture: Some(picture),
                ..Glance::default()
            };
        }
        Err(Broken(form)) => {
            return Glance {
                what: format!("a broken {} image", form.word()),
                ..hex::glance(head, whole)
            };
        }
    }
    let Some(decoded) = decode::text(head, whole) else {
        return hex::glance(head, whole);
    };
    let text = decoded.text;
    let mut glance = match shape(name, &text) {
        Shape::Json => json::glance(&text, whole),
        Shape::Table { separator } => table::glance(&text, separator, whole),
        Shape::Plain => plain(&text, whole),
    };
    if let Some(encoding) = decoded.encoding {
        glance.what = format!("{}, {encoding}", glance.what);
    }
    glance
}

fn shape(name: &[u8], text: &str) -> Shape {
    let ends = |endings: &[&str]| {
        endings
            .iter()
            .any(|ending| name.ends_with(ending.as_bytes()))
    };
    if ends(&[".csv"]) {
        Shape::Table { separator: b',' }
    } else if ends(&[".tsv", ".tab"]) {
        Shape::Table { separator: b'\t' }
    } else if ends(&[".json", ".geojson", ".ipynb"]) || json::looks_like(text) {
        Shape::Json
    } else {
        Shape::Plain
    }
}

fn plain(text: &str, whole: bool) -> Glance {
    let mut lines: Vec<Line> = text.lines().take(LINES).map(Line::new).collect();
    let more = !whole || text.lines().nth(LINES).is_some();
    // The last line of a part is cut anywhere: half a line is no line.
    if !whole && !text.ends_with('\n') && lines.len() > 1 && lines.len() < LINES {
        lines.pop();
    }
    Glance {
        what: "text".to_owned(),
        lines,
        more,
        picture: None,
    }
}

#[cfg(test)]
mod tests;
