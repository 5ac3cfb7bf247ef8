//! What is wrong with a configuration: each problem with its place, the line as it stands, and what would be right.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::domain::text::printable;

use super::invalid::Invalid;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file that was asked for is not there.
    #[error("there is no configuration at {} ({named_by})", printable(path.as_os_str().as_encoded_bytes()))]
    Missing {
        /// The file.
        path: PathBuf,
        /// Who named it: `--config` or `$WHARF_CONFIG`.
        named_by: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", printable(path.as_os_str().as_encoded_bytes()))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that is no configuration.
    #[error("{0}")]
    Problems(Problems),
    /// A word is neither a mapping nor a path that could be meant.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// A mapping's folder lies below a base folder that nobody names for this machine.
    #[error(
        "mapping {mapping}: its folder \"{local}\" lies below base_dir, and no base_dir holds on this machine ({tried})"
    )]
    NoBase {
        /// The mapping.
        mapping: String,
        /// Its folder.
        local: String,
        /// The machines and why none is this one.
        tried: String,
    },
}

impl Error {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "write one with `wharf config init`, or see where it is looked for with `wharf config path`"
                    .to_owned(),
            ),
            Self::Read { .. } => {
                Some("check its owner and mode, or name another with --config FILE".to_owned())
            }
            Self::NoBase { .. } => Some(
                "give base_dir at the top of the file, or a [machines.NAME] whose `when` holds here; `wharf doctor` shows what was tried"
                    .to_owned(),
            ),
            Self::Problems(_) | Self::Invalid(_) => None,
        }
    }
}

/// All that is wrong, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// The whole name of the key, such as `mappings.sentinel2.direction`; empty where there is none.
    pub key: String,
    /// What is wrong and what would be right.
    pub invalid: Invalid,
}

/// Where a wrong value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(FilePlace),
    /// In a variable of the environment.
    Variable(Arc<str>),
    /// In a flag of the command line, with its dashes.
    Flag(Arc<str>),
}

/// A stretch of one line in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub path: Arc<Path>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that are wrong, at least 1.
    pub width: usize,
    /// The whole line.
    pub text: String,
}

impl Problem {
    /// A problem of `key` at `place`.
    pub fn new(place: Place, key: impl Into<String>, invalid: Invalid) -> Self {
        Self {
            place,
            key: key.into(),
            invalid,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(place) => {
                let path = printable(place.path.as_os_str().as_encoded_bytes());
                write!(f, "{path}:{}:{}: ", place.line, place.column)?;
            }
            Place::Variable(name) => write!(f, "${name}: ")?,
            Place::Flag(name) => write!(f, "{name}: ")?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.invalid.message)?;
        if let Place::File(place) = &self.place {
            place.write_line(f)?;
        }
        match self.invalid.advice() {
            Some(advice) => write!(f, "\n  = {advice}"),
            None => Ok(()),
        }
    }
}

impl FilePlace {
    /// The line as it stands, with a mark under what is wrong.
    fn write_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gap = " ".repeat(number.len());
        let (start, width) = (self.column - 1, self.width.max(1));
        let line: String = unsigned(&self.text).chars().map(plain).collect();
        let width = width.min(line.chars().count().saturating_sub(start).max(1));
        write!(
            f,
            "\n{gap} |\n{number} | {line}\n{gap} | {}{}",
            " ".repeat(start),
            "^".repeat(width)
        )
    }
}

/// The line without the query of a presigned address, which is as good as a key.
fn unsigned(line: &str) -> Cow<'_, str> {
    let signed = |rest: &str| {
        let end = rest.find(['"', '\'', ' ']).unwrap_or(rest.len());
        let query = rest.get(..end)?.to_ascii_lowercase();
        let is_signed = query.contains("x-amz-") || query.contains("signature=");
        is_signed.then_some(end)
    };
    let Some((head, rest)) = line.split_once('?') else {
        return Cow::Borrowed(line);
    };
    match signed(rest) {
        Some(end) => Cow::Owned(format!(
            "{head}?[redacted]{}",
            rest.get(end..).unwrap_or_default()
        )),
        None => Cow::Borrowed(line),
    }
}

/// A tab is one column here, and nothing of the file may reach the terminal unescaped.
fn plain(c: char) -> char {
    if c.is_control() || c.is_whitespace() {
        ' '
    } else {
        c
    }
}
