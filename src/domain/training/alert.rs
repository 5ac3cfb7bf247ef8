//! What a person should hear of without looking: a run that stalls, goes on, or ends; a checkpoint that is too old.

use jiff::Timestamp;

use super::run::{Run, State};

/// One thing to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    /// Steps do not advance any more.
    Stalled,
    /// They do again.
    Recovered,
    /// It ended as it should.
    Ended,
    /// It ended otherwise.
    Failed,
    /// More work than was agreed to would be lost.
    Unsaved,
}

impl Alert {
    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stalled => "stalled",
            Self::Recovered => "recovered",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Unsaved => "unsaved",
        }
    }

    /// Whether a person has to do something.
    pub fn is_grave(self) -> bool {
        matches!(self, Self::Stalled | Self::Failed | Self::Unsaved)
    }
}

/// What was told of a run so far, so that nothing is told twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alerts {
    state: Option<State>,
    unsaved: bool,
}

impl Alerts {
    /// What is new at `now`. How a run stands when it is first seen is no news, unless it is bad.
    pub fn next(&mut self, run: &Run, now: Timestamp) -> Vec<Alert> {
        let state = run.state(now);
        let before = self.state.replace(state);
        let turned = match (before, state) {
            (Some(before), state) if before == state => None,
            (Some(State::Stalled), State::Training) => Some(Alert::Recovered),
            (_, State::Stalled) => Some(Alert::Stalled),
            (Some(_), State::Ended) => Some(Alert::Ended),
            (_, State::Failed) => Some(Alert::Failed),
            (None, State::Ended) | (_, State::Training | State::Unknown) => None,
        };
        let unsaved = run.is_unsaved(now);
        let newly = unsaved && !self.unsaved;
        self.unsaved = unsaved;
        turned
            .into_iter()
            .chain(newly.then_some(Alert::Unsaved))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use jiff::Timestamp;

    use super::{Alert, Alerts};
    use crate::domain::{
        key::Key,
        training::{
            checkpoint::Checkpoint,
            read::Reader,
            run::{Run, Stream, Terms},
        },
    };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_140_000 + second).unwrap()
    }

    fn told(run: &mut Run, number: usize, steps: std::ops::Range<i64>, from: i64) {
        let line = |step| {
            format!(
                "{{\"step\": {step}, \"timestamp\": {}}}\n",
                1_768_140_000 + from + step
            )
        };
        let text = steps.clone().map(line).collect::<Vec<_>>().concat();
        let batch = Reader::new(None).feed(text.as_bytes(), true);
        let stream = Stream {
            number,
            source: 0,
            label: Arc::from(""),
        };
        run.absorb(&stream, &batch, second(from + steps.end - 1));
    }

    #[test]
    fn a_stall_its_end_and_the_runs_are_told_once_each() {
        let terms = Terms {
            steps: Some(400),
            lose_at_most: Some(Duration::from_secs(250)),
            ..Terms::default()
        };
        let mut run = Run::new(terms);
        let mut alerts = Alerts::default();
        told(&mut run, 0, 0..200, 0);
        run.checkpoints = vec![Some(Checkpoint {
            name: Key::from("a"),
            at: second(0),
            step: Some(0),
            size: 1,
            on_box: false,
        })];
        assert_eq!(alerts.next(&run, second(200)), []);
        assert_eq!(alerts.next(&run, second(600)), [Alert::Stalled]);
        assert_eq!(alerts.next(&run, second(700)), []);
        told(&mut run, 1, 200..300, 600);
        assert_eq!(
            alerts.next(&run, second(901)),
            [Alert::Recovered, Alert::Unsaved]
        );
        told(&mut run, 2, 300..401, 600);
        assert_eq!(alerts.next(&run, second(1001)), [Alert::Ended]);
        assert_eq!(alerts.next(&run, second(9000)), []);
    }
}
