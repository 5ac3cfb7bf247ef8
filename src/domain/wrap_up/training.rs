//! How a run's training stands when its end is asked for: by what its newest launch told, else by what runs.

use jiff::Timestamp;

use crate::domain::launch::Status;

/// The newest launch of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Launched {
    /// Its name.
    pub name: Box<str>,
    /// Its instance, as far as anybody knows.
    pub instance: Option<Box<str>>,
    /// The instance's type.
    pub kind: Option<Box<str>>,
    /// Whether the instance is one of spot.
    pub spot: Option<bool>,
    /// The last thing that it told; `None` where it told nothing.
    pub status: Option<Status>,
}

/// An instance of the run that is not at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awake {
    /// Its id.
    pub id: Box<str>,
    /// When it was started last.
    pub started: Option<Timestamp>,
}

/// How the training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Training {
    /// It was not looked at.
    #[default]
    Unknown,
    /// Nothing of it was ever launched, as far as anybody knows.
    NeverLaunched,
    /// Its newest launch ended before it came to train.
    NeverTrained,
    /// Its newest launch told its end, and nothing was started since.
    Ended,
    /// Nothing of it runs, and nobody told an end.
    Silent,
    /// Instances of it run, and the process of the run is on none of them.
    Idle,
    /// Instances of it run.
    Runs,
}

impl Launched {
    /// When it told its end; `None` where it told none.
    pub fn ended(&self) -> Option<Timestamp> {
        let status = self.status.as_ref().filter(|status| status.is_over());
        status.and_then(|status| status.at)
    }

    /// Whether it came to train: where it did, its outputs were pushed, or that was tried.
    fn trained(&self) -> bool {
        let status = self.status.as_ref();
        status.is_some_and(|status| status.pushed.is_some() || status.recorded.is_some())
    }
}

impl Training {
    /// By the newest launch, by what of the run is awake, and whether anything of it was ever seen.
    pub fn of(launched: Option<&Launched>, awake: &[Awake], seen: bool) -> Self {
        let told = launched.and_then(|launched| launched.status.as_ref());
        // What was started since the end was told, or by somebody else, may train.
        let is_its_own = |one: &Awake| {
            let status = told.filter(|status| status.instance.as_deref() == Some(&*one.id));
            let at = status.and_then(|status| status.at);
            at.is_some_and(|at| one.started.is_none_or(|started| started <= at))
        };
        let is_over = told.is_some_and(Status::is_over) && awake.iter().all(is_its_own);
        match (is_over, awake.is_empty(), launched) {
            (true, _, Some(launched)) if launched.trained() => Self::Ended,
            (true, ..) => Self::NeverTrained,
            (false, false, _) => Self::Runs,
            (false, true, None) if !seen => Self::NeverLaunched,
            (false, true, _) => Self::Silent,
        }
    }

    /// Whether it is over, by its launch's word or by its process.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::NeverTrained | Self::Idle)
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NeverLaunched => "never launched",
            Self::NeverTrained => "never trained",
            Self::Ended => "ended",
            Self::Silent => "silent",
            Self::Idle => "idle",
            Self::Runs => "runs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Awake, Launched, Status, Timestamp, Training};

    fn launched(status: &str) -> Launched {
        Launched {
            status: Status::read(status.as_bytes()),
            ..Launched::default()
        }
    }

    fn awake(id: &str, minute: i64) -> Awake {
        Awake {
            id: id.into(),
            started: Timestamp::from_second(minute * 60).ok(),
        }
    }

    #[test]
    fn its_own_word_counts_until_something_is_started_since() {
        let ended =
            r#"{"state":"ended","instance":"i-1","pushed":true,"at":"1970-01-01T01:00:00Z"}"#;
        let ended = launched(ended);
        let of = |awake: &[Awake]| Training::of(Some(&ended), awake, true);
        assert_eq!(of(&[]), Training::Ended);
        assert_eq!(of(&[awake("i-1", 10)]), Training::Ended);
        assert_eq!(of(&[awake("i-1", 61)]), Training::Runs);
        assert_eq!(of(&[awake("i-1", 10), awake("i-2", 10)]), Training::Runs);
        assert_eq!(ended.ended(), Timestamp::from_second(3600).ok());
    }

    #[test]
    fn a_launch_that_never_trained_told_nothing_or_never_was_is_no_end() {
        let early = launched(r#"{"state":"ended","outcome":"inputs","pushed":null}"#);
        assert_eq!(
            Training::of(Some(&early), &[], true),
            Training::NeverTrained
        );
        let died = launched(r#"{"state":"training","at":"1970-01-01T01:00:00Z"}"#);
        assert_eq!(Training::of(Some(&died), &[], true), Training::Silent);
        assert_eq!(died.ended(), None);
        let silent = launched("");
        assert_eq!(Training::of(Some(&silent), &[], false), Training::Silent);
        assert_eq!(Training::of(None, &[], true), Training::Silent);
        assert_eq!(Training::of(None, &[], false), Training::NeverLaunched);
        assert_eq!(Training::of(None, &[awake("i-1", 0)], true), Training::Runs);
    }
}
