//! Where a value came from: every value of the configuration bears it, so that `config show --origins` can tell.

use std::{fmt, path::Path, sync::Arc};

use crate::domain::text::printable;

/// Where a value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in: what the program does when nobody says anything.
    BuiltIn,
    /// The reference that is built in, `config/default.toml`.
    Default {
        /// Line in it, from 1.
        line: usize,
    },
    /// A configuration file.
    File {
        /// Which one.
        path: Arc<Path>,
        /// Line in it, from 1.
        line: usize,
    },
    /// Another program's file, named by ours.
    Foreign {
        /// Which one.
        path: Arc<Path>,
        /// Line in it, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(Arc<str>),
    /// A flag of the command line, with its dashes.
    Flag(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Default { line } => write!(f, "default.toml:{line}"),
            Self::File { path, line } | Self::Foreign { path, line } => {
                let path = printable(path.as_os_str().as_encoded_bytes());
                write!(f, "{path}:{line}")
            }
            Self::Variable(name) => write!(f, "${name}"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// The value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Another value from the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced::new(change(self.value), self.origin)
    }
}
