//! How long the record counts that an instance made of its outputs: as long as nothing can have been written there after it.

use jiff::Timestamp;

use crate::domain::launch::Status;

/// How awake a run's instances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wake {
    /// Whether one may be writing.
    pub awake: bool,
    /// When one was started last, as far as AWS still tells.
    pub started: Option<Timestamp>,
    /// Whether one may run in a region that was not asked.
    pub elsewhere: bool,
}

/// Why a record that was not made just now says too little; `None` where nothing can have been written after it.
pub fn stale(status: Option<&Status>, wake: &Wake, at: Option<Timestamp>) -> Option<&'static str> {
    let Some(at) = at else {
        return Some("nobody tells when the instance recorded it");
    };
    let Some(status) = status else {
        return Some("the instance has told nothing of the record's time");
    };
    if status.is_over() && status.recorded != Some(true) {
        return Some("the instance did not record it at its end");
    }
    if !status.is_over() && status.at.is_none_or(|told| told > at) {
        return Some("the instance went on after it recorded it");
    }
    if wake.elsewhere {
        return Some("it may run on in a region that was not asked since the instance recorded it");
    }
    if wake.awake {
        return Some("the instance still runs after it recorded it");
    }
    if wake.started.is_some_and(|started| started > at) {
        return Some("the instance was started anew after it recorded it");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Status, Timestamp, Wake, stale};

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn status(text: &str) -> Status {
        Status::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_record_counts_only_where_nothing_can_have_been_written_after_it() {
        let rest = Wake::default();
        let ended = status(r#"{"state":"ended","recorded":true,"at":"1970-01-01T00:01:50Z"}"#);
        assert_eq!(stale(Some(&ended), &rest, at(100)), None);
        let started = |second| Wake {
            started: at(second),
            ..rest
        };
        assert_eq!(stale(Some(&ended), &started(50), at(100)), None);
        let awake = Wake {
            awake: true,
            started: at(50),
            ..rest
        };
        let elsewhere = Wake {
            elsewhere: true,
            ..rest
        };
        for (told, wake, record) in [
            // The record of the end failed, or an older script did not tell.
            (Some(r#"{"state":"ended","recorded":false}"#), rest, at(100)),
            (Some(r#"{"state":"ended","recorded":null}"#), rest, at(100)),
            (Some(r#"{"state":"ended"}"#), rest, at(100)),
            // It goes on, or went on.
            (Some(r#"{"state":"ended","recorded":true}"#), awake, at(100)),
            (
                Some(r#"{"state":"ended","recorded":true}"#),
                started(101),
                at(100),
            ),
            (
                Some(r#"{"state":"training","at":"1970-01-01T00:01:41Z"}"#),
                rest,
                at(100),
            ),
            (Some(r#"{"state":"training"}"#), rest, at(100)),
            // Nothing is known.
            (
                Some(r#"{"state":"ended","recorded":true}"#),
                elsewhere,
                at(100),
            ),
            (Some(r#"{"state":"ended","recorded":true}"#), rest, None),
            (None, rest, at(100)),
        ] {
            let status = told.map(status);
            assert!(
                stale(status.as_ref(), &wake, record).is_some(),
                "{told:?} {wake:?} {record:?}"
            );
        }
        let before = status(r#"{"state":"proving","at":"1970-01-01T00:01:40Z"}"#);
        assert_eq!(stale(Some(&before), &rest, at(100)), None);
    }
}
