//! What the newest launch of a run tells of itself: its end is that of the run, whatever its log says.

use jiff::SignedDuration;

use crate::domain::launch::Status;

use super::{Ended, Run};

/// The last lines of a log may be stamped a little later than the end was told.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

impl Run {
    /// How its launch says that it ended; `None` where it goes on, or steps were told since: somebody trains it otherwise.
    pub(super) fn launch_ended(&self) -> Option<Ended> {
        let status = self.launch.as_ref().filter(|status| status.is_over())?;
        let went_on =
            |(last, told): (jiff::Timestamp, jiff::Timestamp)| last.duration_since(told) > SLACK;
        if self.last_time().zip(status.at).is_some_and(went_on) {
            return None;
        }
        Some(Ended {
            well: status.outcome.as_deref() == Some("done"),
            words: words(status).into(),
        })
    }
}

/// `failed: the training ended with 3, outputs proven`; foreign text, not yet safe for a terminal.
fn words(status: &Status) -> String {
    let outcome = status.outcome.as_deref().unwrap_or("ended");
    let why = status.why.as_deref().filter(|why| !why.is_empty());
    let exit = status.exit.filter(|exit| *exit != 0);
    let end = match (why, exit) {
        (Some(why), _) => format!("{outcome}: {why}"),
        (None, Some(exit)) => format!("{outcome}, exit {exit}"),
        (None, None) => outcome.to_owned(),
    };
    let outputs = match (status.pushed, status.proven) {
        (_, Some(true)) => ", outputs proven",
        (Some(true), _) => ", outputs pushed but not proven",
        (Some(false), _) => ", outputs not pushed",
        (None, _) => "",
    };
    format!("{end}{outputs}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::{Run, Status};
    use crate::domain::training::{
        read::Reader,
        run::{State, Stream, Terms},
    };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_140_000 + second).unwrap()
    }

    fn run(steps: i64) -> Run {
        let line = |step| {
            format!(
                "{{\"step\": {step}, \"timestamp\": {}}}\n",
                1_768_140_000 + step
            )
        };
        let text: String = (0..=steps).map(line).collect();
        let mut run = Run::new(Terms::default());
        let stream = Stream {
            number: 0,
            source: 0,
            label: Arc::from(""),
        };
        run.absorb(
            &stream,
            &Reader::new(None).feed(text.as_bytes(), true),
            second(steps),
        );
        run
    }

    fn status(more: &str, at: i64) -> Option<Status> {
        let at = second(at);
        Status::read(format!("{{{more}, \"at\": \"{at}\"}}").as_bytes())
    }

    #[test]
    fn a_launch_ends_its_run_unless_steps_were_told_since() {
        let mut run = run(100);
        let ended = |run: &Run| {
            run.ended()
                .map(|ended| (ended.well, ended.words.into_string()))
        };
        run.launch = status("\"state\": \"training\"", 90);
        assert_eq!(
            (ended(&run), run.state(second(101))),
            (None, State::Training)
        );
        run.launch = status(
            "\"state\":\"ended\",\"outcome\":\"done\",\"exit\":0,\"why\":null,\"pushed\":true,\"proven\":true",
            160,
        );
        assert_eq!(ended(&run), Some((true, "done, outputs proven".to_owned())));
        assert_eq!(run.state(second(9000)), State::Ended);
        run.launch = status(
            "\"state\":\"ended\",\"outcome\":\"failed\",\"exit\":3,\"why\":\"the training ended with 3\",\"pushed\":true,\"proven\":false",
            160,
        );
        let words = "failed: the training ended with 3, outputs pushed but not proven";
        assert_eq!(ended(&run), Some((false, words.to_owned())));
        run.launch = status(
            "\"state\":\"ended\",\"outcome\":\"spot\",\"exit\":143,\"pushed\":false",
            99,
        );
        assert_eq!(
            ended(&run),
            Some((false, "spot, exit 143, outputs not pushed".to_owned()))
        );
        // An earlier launch says nothing of what goes on.
        run.launch = status("\"state\":\"ended\",\"outcome\":\"done\"", 10);
        assert_eq!(ended(&run), None);
    }
}
