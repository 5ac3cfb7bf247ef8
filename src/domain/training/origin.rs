//! Where a source of a run is: a file, an object or a folder of them, streams of CloudWatch Logs, or a file on its machine.

use std::{fmt, path::Path};

use crate::domain::{
    location::{Location, Remote},
    text::printable,
};

/// Where a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, an object, or a folder of them.
    Place(Location),
    /// Streams of a group of CloudWatch Logs.
    Logs(LogPlace),
    /// A file on the run's own machine, read through its shell: `box:/PATH`.
    OnBox(Box<str>),
}

/// Streams of a group of CloudWatch Logs: `logs:GROUP`, `logs:GROUP:STREAM`, `REMOTE:logs:GROUP:STREAM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// Whose.
    pub remote: Remote,
    /// The group.
    pub group: Box<str>,
    /// With what the names of the streams begin; all where `None`.
    pub stream: Option<Box<str>>,
}

/// Why a text names no streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "logs:GROUP or logs:GROUP:STREAM, as logs:/train/stage2:i-0ab1; a group has letters, digits and -_/.# in its name"
)]
pub struct NoLogs;

/// Why a text names no file on a run's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("box:/PATH, the whole path of a log on the run's instance")]
pub struct NoPath;

impl Origin {
    /// The file on a run's machine that a text names; `None` where it names something else.
    pub fn on_box(text: &str) -> Option<Result<Self, NoPath>> {
        let path = text.strip_prefix("box:")?;
        // A remote may be called `box` too.
        if path.starts_with("s3:") || path.starts_with("logs:") {
            return None;
        }
        let whole = path.starts_with('/') && !path.ends_with('/');
        Some(if whole {
            Ok(Self::OnBox(path.into()))
        } else {
            Err(NoPath)
        })
    }

    /// The path on this machine's disk, where it is one.
    pub fn disk(&self) -> Option<&Path> {
        match self {
            Self::Place(place) => place.disk(),
            Self::Logs(_) | Self::OnBox(_) => None,
        }
    }

    /// The remote that it is at; `None` on this machine's disk, and on the run's machine.
    pub fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Place(place) => place.s3().map(|prefix| &prefix.remote),
            Self::Logs(logs) => Some(&logs.remote),
            Self::OnBox(_) => None,
        }
    }
}

impl LogPlace {
    /// The streams that a text names; `None` where it names something else.
    pub fn of(text: &str) -> Option<Result<Self, NoLogs>> {
        let (remote, rest) = match text.strip_prefix("logs:") {
            // A remote may be called `logs` too.
            Some(rest) if !rest.starts_with("s3:") => (Remote::default(), rest),
            Some(_) => return None,
            None => {
                let (name, rest) = text.split_once(":logs:")?;
                if !Remote::is_name(name) {
                    return None;
                }
                (Remote::named(name), rest)
            }
        };
        let (group, stream) = match rest.split_once(':') {
            Some((group, stream)) => (group, Some(stream).filter(|stream| !stream.is_empty())),
            None => (rest, None),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_/.#".contains(c);
        let is_group = (1..=512).contains(&group.len()) && group.chars().all(fits);
        let is_stream = stream.is_none_or(|stream| !stream.contains([':', '*']));
        if !is_group || !is_stream {
            return Some(Err(NoLogs));
        }
        Some(Ok(Self {
            remote,
            group: group.into(),
            stream: stream.map(Box::from),
        }))
    }
}

impl From<Location> for Origin {
    fn from(place: Location) -> Self {
        Self::Place(place)
    }
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.remote.name() {
            write!(f, "{name}:")?;
        }
        write!(f, "logs:{}", self.group)?;
        match &self.stream {
            Some(stream) => write!(f, ":{}", printable(stream.as_bytes())),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Origin {
    /// As a person would type it, safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => place.fmt(f),
            Self::Logs(logs) => logs.fmt(f),
            Self::OnBox(path) => write!(f, "box:{}", printable(path.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LogPlace, NoPath, Origin};

    #[test]
    fn a_file_on_the_machine_has_a_whole_path() {
        let told = |text| Origin::on_box(text).map(|told| told.map(|origin| origin.to_string()));
        assert_eq!(told("box:/data/a b"), Some(Ok("box:/data/a b".to_owned())));
        assert_eq!(told("box:logs/x.jsonl"), Some(Err(NoPath)));
        assert_eq!(told("box:/data/"), Some(Err(NoPath)));
        assert_eq!(told("box:s3://bucket/k"), None);
        assert_eq!(told("/data/x"), None);
    }

    #[test]
    fn streams_are_named_in_a_word_and_told_as_it_was() {
        for text in [
            "logs:/train/stage2",
            "logs:/train/stage2:i-0ab1/train",
            "main:logs:group#1:s",
        ] {
            let place = LogPlace::of(text).unwrap().unwrap();
            assert_eq!(place.to_string(), text);
        }
        for other in [
            "logs/metrics.jsonl",
            "logs:s3://bucket/k",
            "s3://b/logs:x",
            "a b:logs:x",
        ] {
            assert!(LogPlace::of(other).is_none(), "{other}");
        }
        for wrong in ["logs:", "logs:a b", "logs:g:s*", "main:logs::s"] {
            assert!(LogPlace::of(wrong).unwrap().is_err(), "{wrong}");
        }
    }
}
