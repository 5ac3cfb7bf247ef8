//! What a run's own log says of its end: evidence for the first step, taken from what Training follows.

use jiff::Timestamp;

use crate::domain::training::run::State;
use crate::engine::training::Followed;
use crate::humanize;

/// What the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogSays {
    /// The run that it is of.
    pub(super) run: Box<str>,
    /// Whether it says that the training is over.
    pub(super) is_over: bool,
    /// How the run stands, in words.
    pub(super) words: String,
    /// Its last step, and how many there are to be.
    pub(super) steps: Option<(u64, Option<u64>)>,
}

impl LogSays {
    /// What a log that is followed says; `None` where nothing was told yet.
    pub(super) fn of(followed: &Followed, now: Timestamp) -> Option<Self> {
        let state = followed.run.state(now);
        let is_over = match state {
            State::Ended | State::Failed => true,
            State::Training | State::Stalled => false,
            State::Unknown => return None,
        };
        let mut words = vec![state.word().to_owned()];
        let standing = humanize::training::standing(&followed.run, now);
        words.extend(
            standing
                .into_iter()
                .filter(|part| part.starts_with("step ") || part.starts_with("last step ")),
        );
        Some(Self {
            run: followed.ask.name.as_ref().into(),
            is_over,
            words: words.join(", "),
            steps: (followed.run.last()).map(|last| (last.step, followed.run.total_steps())),
        })
    }
}
