//! How the training of a run ended, in words.

use jiff::Timestamp;

use crate::domain::{
    launch::{Phase, Status},
    text::printable,
    wrap_up::{Launched, Training, Wrapped},
};
use crate::humanize::{count, counted};

/// How it stands: `exit 0, 77,760/77,760 steps`; `steps` are those that its log told, of how many.
pub fn training(wrapped: &Wrapped, steps: Option<(u64, Option<u64>)>) -> String {
    let status = wrapped.launch.as_ref().and_then(|one| one.status.as_ref());
    match (wrapped.training, status) {
        (Training::Unknown, _) => String::new(),
        (Training::NeverLaunched, _) => {
            "nothing of it was ever launched, as far as anybody knows".to_owned()
        }
        (Training::Ended, Some(status)) => {
            let still = (wrapped.awake > 0).then(|| runs(wrapped.awake, "still "));
            let parts = [Some(ended(status, steps)), at(status.at), still];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
        (Training::NeverTrained, Some(status)) => {
            format!("it never came to train: {}", outcome(status))
        }
        (Training::Silent, _) => silent(wrapped.launch.as_ref()),
        (Training::Runs, Some(status)) if !status.is_over() => {
            let phase = status.state.word();
            format!(
                "{}; its launch told last that it is {phase}",
                runs(wrapped.awake, "")
            )
        }
        (Training::Idle | Training::Runs, _) => with_process(wrapped),
        (Training::Ended | Training::NeverTrained, None) => "it is over".to_owned(),
    }
}

/// How its launch ended: `done, exit 0`, `failed, exit 3: the training ended with 3`; foreign words are safe for a terminal.
pub fn outcome(status: &Status) -> String {
    let shown = |text: &str| printable(text.as_bytes()).into_owned();
    let outcome = shown(status.outcome.as_deref().unwrap_or("ended"));
    let exit = status.exit.map(|exit| format!(", exit {exit}"));
    let why = status.why.as_deref().filter(|why| !why.is_empty());
    let why = why.map(|why| format!(": {}", shown(why)));
    format!(
        "{outcome}{}{}",
        exit.unwrap_or_default(),
        why.unwrap_or_default()
    )
}

/// An end at which it trained: what went well is not said beside its code.
fn ended(status: &Status, steps: Option<(u64, Option<u64>)>) -> String {
    let end = match (status.outcome.as_deref(), status.exit) {
        (Some("done"), Some(exit)) => format!("exit {exit}"),
        (_, _) => outcome(status),
    };
    match steps {
        Some((last, Some(all))) => format!("{end}, {}/{} steps", count(last), count(all)),
        Some((last, None)) => format!("{end}, {} steps", count(last)),
        None => end,
    }
}

fn silent(launched: Option<&Launched>) -> String {
    let rests = "no instance of it runs";
    let Some(launched) = launched else {
        return rests.to_owned();
    };
    let Some(status) = &launched.status else {
        return format!("{rests}; its launch told nothing: it never came to train");
    };
    let when = at(status.at).map(|at| format!(" ({at})"));
    let when = when.unwrap_or_default();
    let phase = status.state.word();
    match status.state {
        Phase::Booting | Phase::Init | Phase::Code | Phase::Inputs => {
            format!(
                "{rests}; it never came to train: its launch told last that it is {phase}{when}"
            )
        }
        Phase::Training | Phase::Pushing | Phase::Proving | Phase::Ended | Phase::Unknown => {
            format!("{rests}; its launch told no end, only that it is {phase}{when}")
        }
    }
}

/// What runs, and what was seen of its process there; that is safe for a terminal.
fn with_process(wrapped: &Wrapped) -> String {
    let runs = runs(wrapped.awake, "");
    match &wrapped.process {
        Some(process) => format!("{runs}; {process}"),
        None => runs,
    }
}

fn runs(awake: usize, still: &str) -> String {
    let instances = counted(awake as u64, "instance");
    let run = if awake == 1 { "runs" } else { "run" };
    format!("{instances} of it {still}{run}")
}

fn at(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.strftime("%Y-%m-%d %H:%MZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::{Launched, Status, Training, Wrapped, training};

    fn told(state: Training, awake: usize, status: &str) -> String {
        let launch = Launched {
            status: Status::read(status.as_bytes()),
            ..Launched::default()
        };
        let wrapped = Wrapped {
            training: state,
            launch: Some(launch),
            awake,
            ..Wrapped::default()
        };
        training(&wrapped, Some((77_760, Some(77_760))))
    }

    #[test]
    fn each_end_has_its_sentence() {
        let done = r#"{"state":"ended","outcome":"done","exit":0,"at":"2026-01-11T18:22:07Z"}"#;
        let failed = r#"{"state":"ended","outcome":"failed","exit":3,"why":"the training\u001b ended with 3"}"#;
        let inputs = r#"{"state":"ended","outcome":"inputs","why":"training did not begin"}"#;
        let trains = r#"{"state":"training"}"#;
        let boots = r#"{"state":"booting"}"#;
        for (state, awake, status, words) in [
            (
                Training::Ended,
                0,
                done,
                "exit 0, 77,760/77,760 steps · 2026-01-11 18:22Z",
            ),
            (
                Training::Ended,
                1,
                failed,
                "failed, exit 3: the training\\x1b ended with 3, 77,760/77,760 steps · 1 instance of it still runs",
            ),
            (
                Training::NeverTrained,
                0,
                inputs,
                "it never came to train: inputs: training did not begin",
            ),
            (
                Training::Silent,
                0,
                trains,
                "no instance of it runs; its launch told no end, only that it is training",
            ),
            (
                Training::Silent,
                0,
                boots,
                "no instance of it runs; it never came to train: its launch told last that it is booting",
            ),
            (
                Training::Silent,
                0,
                "",
                "no instance of it runs; its launch told nothing: it never came to train",
            ),
            (
                Training::Runs,
                2,
                trains,
                "2 instances of it run; its launch told last that it is training",
            ),
            (
                Training::NeverLaunched,
                0,
                "",
                "nothing of it was ever launched, as far as anybody knows",
            ),
        ] {
            assert_eq!(told(state, awake, status), words);
        }
    }
}
