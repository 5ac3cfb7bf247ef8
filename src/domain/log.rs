//! What the program tells about itself while it runs: records, and a ring that keeps the last of them for the screen.
//! Texts in here are safe for a terminal and free of secrets: whoever writes a record sees to that.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

/// How grave a record is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every step of the libraries.
    Trace,
    /// Every request.
    Debug,
    /// What happens.
    Info,
    /// What a person should look at.
    Warn,
    /// What failed.
    Error,
}

impl Level {
    /// The word in files, five columns wide.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO ",
            Self::Warn => "WARN ",
            Self::Error => "ERROR",
        }
    }
}

/// One thing that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// How grave.
    pub level: Level,
    /// Which part of the program.
    pub target: Arc<str>,
    /// What was told.
    pub message: String,
    /// What was told beside it, by name; `task`, `key` and `request_id` among them.
    pub fields: Vec<(Arc<str>, String)>,
}

impl Record {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(other, _)| &**other == name)?;
        Some(value)
    }
}

/// The last records, shared between the one who writes and those who look.
#[derive(Debug, Clone)]
pub struct Ring {
    records: Arc<Mutex<Records>>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Records {
    kept: VecDeque<Arc<Record>>,
    /// Number of the first that is kept.
    first: u64,
}

impl Ring {
    /// A ring of the last `capacity` records.
    pub fn new(capacity: usize) -> Self {
        Self {
            records: Arc::default(),
            capacity,
        }
    }

    /// Keeps a record; the oldest falls out.
    pub fn push(&self, record: Record) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.kept.len() == self.capacity {
            records.kept.pop_front();
            records.first += 1;
        }
        records.kept.push_back(Arc::new(record));
    }

    /// The records from number `from` on (0 is the first ever told), and the number to ask for next time.
    pub fn since(&self, from: u64) -> (Vec<Arc<Record>>, u64) {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(from.saturating_sub(records.first)).unwrap_or(usize::MAX);
        let next = records.first + records.kept.len() as u64;
        (records.kept.iter().skip(skip).cloned().collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Level, Record, Ring};

    fn record(message: usize) -> Record {
        Record {
            at: Timestamp::UNIX_EPOCH,
            level: Level::Info,
            target: "test".into(),
            message: message.to_string(),
            fields: vec![("key".into(), "a".into())],
        }
    }

    #[test]
    fn a_reader_gets_each_record_once_and_misses_only_what_fell_out() {
        let ring = Ring::new(3);
        let texts = |from| {
            let (records, next) = ring.since(from);
            let texts: Vec<String> = records.iter().map(|r| r.message.clone()).collect();
            (texts.join(" "), next)
        };
        (0..2).for_each(|n| ring.push(record(n)));
        assert_eq!(texts(0), ("0 1".into(), 2));
        (2..7).for_each(|n| ring.push(record(n)));
        assert_eq!(texts(2), ("4 5 6".into(), 7));
        assert_eq!(texts(7), (String::new(), 7));
        assert_eq!(record(0).field("key"), Some("a"));
    }
}
