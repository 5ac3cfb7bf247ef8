//! `Reader`: the bytes of one source, in pieces of any size, become batches. What it is, it finds out by its content.
//! What is torn at the end of a piece waits for the next one; what cannot be read is counted and told, never fatal.

mod build;
mod events;
mod gzip;
mod json;
mod pairs;
mod pattern;
mod quick;
mod table;
mod text;

use super::batch::{Batch, Time};

use build::Builder;
use gzip::Inflate;
use pattern::Pattern;
use table::Table;
use text::Context;

/// Bytes by which a format is told; less is enough where a source is shorter.
pub const HEAD: usize = 4096;
/// Bytes of a gzip stream that are unpacked at once.
const PACKED: usize = 64 * 1024;
/// Lines by which a format is told, where they come one by one; blank ones tell nothing.
const FIRST: usize = 50;
/// The most bytes of one line or record that are waited for.
const LONGEST: usize = 64 << 20;

/// What a source is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Cells under names.
    Table,
    /// Lines for people.
    Text,
    /// `trainer_state.json`: read whole each time.
    TrainerState,
    /// An event file of `TensorBoard`.
    Events,
}

impl Format {
    /// What a person calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Jsonl => "JSON lines",
            Self::Table => "table",
            Self::Text => "text",
            Self::TrainerState => "trainer state",
            Self::Events => "TensorBoard events",
        }
    }

    /// Whether it is written anew as a whole, instead of appended to.
    pub fn is_whole(self) -> bool {
        self == Self::TrainerState
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Jsonl(Context),
    Table(Table),
    Text(Context),
    Pattern(Box<Pattern>),
    TrainerState,
    Events,
}

/// Reads one source from a beginning on.
#[derive(Debug, Default)]
pub struct Reader {
    kind: Option<Kind>,
    builder: Builder,
    /// What is not whole yet.
    carry: Vec<u8>,
    inflate: Option<Box<Inflate>>,
    /// The next line is not whole: reading began inside of it.
    is_cut: bool,
    pattern: Option<Box<str>>,
    trouble: Option<Box<str>>,
    /// Lines that a person's pattern took.
    matched: u64,
    lines: u64,
}

impl Reader {
    /// A reader; lines are read by `pattern` where a person gave one.
    pub fn new(pattern: Option<&str>) -> Self {
        Self {
            pattern: pattern.map(Box::from),
            ..Self::default()
        }
    }

    /// What the source is; `None` before enough was seen.
    pub fn format(&self) -> Option<Format> {
        Some(match self.kind.as_ref()? {
            Kind::Jsonl(_) => Format::Jsonl,
            Kind::Table(_) => Format::Table,
            Kind::Text(_) | Kind::Pattern(_) => Format::Text,
            Kind::TrainerState => Format::TrainerState,
            Kind::Events => Format::Events,
        })
    }

    /// Whether the source is a gzip stream, which can be read from its beginning only.
    pub fn is_gzip(&self) -> bool {
        self.inflate.is_some()
    }

    /// Takes the first bytes of a source of which the middle is left out: only its format and names are learnt.
    pub fn learn(&mut self, head: &[u8]) {
        if self.begin(head) && self.inflate.is_none() {
            self.is_cut = true;
        }
    }

    /// Takes the next bytes; `last` where the source ends with them for now.
    pub fn feed(&mut self, bytes: &[u8], last: bool) -> Batch {
        if self.kind.is_none() && self.inflate.is_none() && self.trouble.is_none() {
            self.carry.extend_from_slice(bytes);
            let head = std::mem::take(&mut self.carry);
            let enough = head.len() >= HEAD || last;
            if !enough || !self.begin(&head) {
                self.carry = head;
                return self.take();
            }
            self.unpack(&head, last);
        } else {
            self.unpack(bytes, last);
        }
        self.take()
    }

    /// Takes whole lines of a log whose keeper knows when each was written, milliseconds since 1970.
    pub fn feed_lines<'l>(&mut self, lines: impl Iterator<Item = (i64, &'l str)> + Clone) -> Batch {
        if self.kind.is_none() && self.trouble.is_none() {
            let mut head = Vec::new();
            let told = lines.clone().filter(|(_, line)| !is_blank(line.as_bytes()));
            for (_, line) in told.take(FIRST) {
                head.extend_from_slice(line.as_bytes());
                head.push(b'\n');
            }
            if !self.begin(&head) {
                return self.take();
            }
            if matches!(self.kind, Some(Kind::TrainerState)) {
                // What comes line by line is never written anew as a whole.
                self.kind = Some(Kind::Jsonl(Context::default()));
            }
        }
        let mut whole = Vec::new();
        for (at, line) in lines {
            whole.clear();
            whole.extend_from_slice(line.as_bytes());
            whole.push(b'\n');
            self.builder.stamp = Time::At(at).sensible();
            self.read(&whole, false);
        }
        self.builder.stamp = Time::Unknown;
        self.take()
    }

    fn take(&mut self) -> Batch {
        let mut batch = self.builder.take();
        if batch.trouble.is_none() {
            batch.trouble.clone_from(&self.trouble);
        }
        if matches!(self.kind, Some(Kind::Pattern(_))) && self.matched == 0 && self.lines > 0 {
            let words = format!("its pattern matches none of {} lines", self.lines);
            batch.trouble.get_or_insert_with(|| words.into());
        }
        batch
    }

    /// Finds out what the source is; `false` where its first bytes do not tell yet.
    fn begin(&mut self, head: &[u8]) -> bool {
        if gzip::begins(head) {
            self.inflate = Some(Box::default());
            return true;
        }
        if gzip::may_begin(head) {
            return false;
        }
        match kind(head, self.pattern.as_deref()) {
            Ok(Some(kind)) => {
                self.kind = Some(kind);
                true
            }
            Ok(None) => false,
            Err(trouble) => {
                self.trouble = Some(trouble.into());
                true
            }
        }
    }

    fn unpack(&mut self, bytes: &[u8], last: bool) {
        let Some(mut inflate) = self.inflate.take() else {
            return self.read(bytes, last);
        };
        // In small pieces: a few bytes may unpack to a thousand times as many.
        let mut pieces = bytes.chunks(PACKED).peekable();
        while let Some(piece) = pieces.next() {
            match inflate.feed(piece) {
                Ok(plain) => self.unpacked(&plain, last && pieces.peek().is_none()),
                Err(trouble) => self.trouble = Some(trouble.into()),
            }
        }
        self.inflate = Some(inflate);
    }

    /// Takes what a stream unpacked to; its first bytes tell what it is.
    fn unpacked(&mut self, plain: &[u8], last: bool) {
        if self.kind.is_some() || self.trouble.is_some() {
            return self.read(plain, last);
        }
        self.carry.extend_from_slice(plain);
        let head = std::mem::take(&mut self.carry);
        match kind(&head, self.pattern.as_deref()) {
            Ok(Some(kind)) => {
                self.kind = Some(kind);
                self.read(&head, last);
            }
            Ok(None) => self.carry = head,
            Err(trouble) => self.trouble = Some(trouble.into()),
        }
    }

    fn read(&mut self, bytes: &[u8], last: bool) {
        let by_line = matches!(
            self.kind,
            Some(Kind::Jsonl(_) | Kind::Table(_) | Kind::Text(_) | Kind::Pattern(_))
        );
        let bytes = match bytes.iter().position(|byte| *byte == b'\n') {
            // Only the line that was torn is joined: the piece behind it is read where it is.
            Some(end) if by_line && !self.carry.is_empty() => {
                let (torn, rest) = bytes.split_at(end + 1);
                let mut line = std::mem::take(&mut self.carry);
                line.extend_from_slice(torn);
                self.lines(&line);
                rest
            }
            Some(_) | None => bytes,
        };
        let mut carry = std::mem::take(&mut self.carry);
        let joined = if carry.is_empty() {
            bytes
        } else {
            carry.extend_from_slice(bytes);
            &carry
        };
        let used = match self.kind {
            Some(Kind::Events) => self.events(joined),
            Some(Kind::TrainerState) => self.whole(joined, last),
            Some(Kind::Jsonl(_) | Kind::Table(_) | Kind::Text(_) | Kind::Pattern(_)) => {
                self.lines(joined)
            }
            None => joined.len(),
        };
        let mut rest = joined.get(used..).unwrap_or_default().to_vec();
        if rest.len() > LONGEST {
            self.trouble = Some("a line or record is longer than 64 MiB: it is left out".into());
            rest.clear();
        }
        self.carry = rest;
    }

    fn events(&mut self, bytes: &[u8]) -> usize {
        let read = events::read(bytes, &mut self.builder);
        // Where reading began in the middle, what is passed over at first is no damage.
        if read.damaged > 0 && !self.is_cut {
            let words = format!("{} damaged bytes were passed over", read.damaged);
            self.trouble = Some(words.into());
            self.builder.batch.odd += 1;
        }
        self.is_cut &= read.damaged > 0 && read.used == read.damaged;
        read.used
    }

    fn whole(&mut self, bytes: &[u8], last: bool) -> usize {
        if !last {
            return 0;
        }
        if !json::trainer_state(bytes, &mut self.builder) {
            self.trouble = Some(
                "it is not whole yet, or no trainer_state.json: it is read again when it changes"
                    .into(),
            );
        }
        bytes.len()
    }

    /// Reads all whole lines; gives how many bytes they are.
    fn lines(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            return 0;
        };
        let mut lines = bytes
            .get(..end)
            .unwrap_or_default()
            .split(|byte| *byte == b'\n');
        if std::mem::take(&mut self.is_cut) {
            lines.next();
        }
        let mut kind = self.kind.take();
        if let Some(kind) = &mut kind {
            lines.for_each(|line| self.line(line, kind));
        }
        self.kind = kind;
        end + 1
    }

    fn line(&mut self, line: &[u8], kind: &mut Kind) {
        if is_blank(line) {
            return;
        }
        self.lines += 1;
        let builder = &mut self.builder;
        builder.batch.read += 1;
        match kind {
            Kind::Jsonl(context) => {
                if !json::line(line, builder) {
                    builder.batch.odd += u64::from(line.starts_with(b"{"));
                    context.line(&plain(line), builder);
                }
                builder.batch.keep(line);
            }
            Kind::Table(table) => {
                builder.batch.odd += u64::from(!table.line(line, builder));
                builder.batch.keep(line);
            }
            Kind::Text(context) => {
                let parts = line.split(|byte| *byte == b'\r');
                let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty()).collect();
                for part in &parts {
                    context.line(&plain(part), builder);
                }
                if let Some(last) = parts.last() {
                    builder.batch.keep(last);
                }
            }
            Kind::Pattern(pattern) => {
                self.matched += u64::from(pattern.line(&plain(line), builder));
                builder.batch.keep(line);
            }
            Kind::TrainerState | Kind::Events => {}
        }
    }
}

/// What these first bytes are; `None` where they do not tell yet.
fn kind(head: &[u8], pattern: Option<&str>) -> Result<Option<Kind>, String> {
    if events::begins(head) {
        return Ok(Some(Kind::Events));
    }
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace());
    let Some(text) = start.and_then(|start| head.get(start..)) else {
        return Ok(None);
    };
    if is_binary(head) {
        return Err("it is binary, and no event file of TensorBoard: name a text log, JSON lines, a table or events".to_owned());
    }
    if let Some(pattern) = pattern {
        let pattern = Pattern::new(pattern)?;
        return Ok(Some(Kind::Pattern(Box::new(pattern))));
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if text.starts_with(b"{") && !text.starts_with(b"{'") {
        let whole = line.trim_ascii().len() == 1 || contains(text, b"\"log_history\"");
        return Ok(Some(if whole {
            Kind::TrainerState
        } else {
            Kind::Jsonl(Context::default())
        }));
    }
    if line.len() == text.len() {
        // Not one whole line yet.
        return Ok(None);
    }
    Ok(Some(match Table::of(text) {
        Some(table) => Kind::Table(table),
        None => Kind::Text(Context::default()),
    }))
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Whether bytes are no text: a zero byte, or many that no text has.
fn is_binary(bytes: &[u8]) -> bool {
    let odd = |byte: &&u8| matches!(byte, 0x01..=0x06 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    bytes.contains(&0) || bytes.iter().filter(odd).count() * 10 > bytes.len()
}

/// A line as text, without the codes by which terminals colour and move.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    if !text.contains(['\u{1b}', '\u{8}']) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    chars.by_ref().find(|c| ('@'..='~').contains(c));
                }
            }
            '\u{8}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
