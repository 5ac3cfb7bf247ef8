//! `wharf training`: how runs stand by their logs, once or until they end.

mod record;
mod told;

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{
    args::{RunOf, TrainingAction, TrainingArgs},
    exit::Exit,
    target::TargetError,
};
use crate::config::{Config, quantity};
use crate::domain::{
    text::printable,
    training::{
        ask::RunAsk,
        origin::{LogPlace, Origin},
        run::State,
    },
};
use crate::engine::{
    Body, Command,
    training::{Followed, Manner, News, RunNews},
};

use crate::humanize;

use super::{Context, VIEW};

/// Runs to look at.
#[derive(Debug, Clone)]
pub struct Watching {
    /// Which.
    runs: Vec<RunAsk>,
    /// Look again so often; once where `None`.
    every: Option<Duration>,
}

/// What the words of the command mean.
pub(super) fn watching(config: &Config, args: &TrainingArgs) -> Result<Watching, TargetError> {
    let once = |run| Watching {
        runs: vec![run],
        every: None,
    };
    match &args.action {
        None | Some(TrainingAction::List) => Ok(Watching {
            runs: config.runs.values().cloned().collect(),
            every: None,
        }),
        Some(TrainingAction::Show { of, .. }) => Ok(once(run_of(config, &of.run)?)),
        Some(TrainingAction::Watch { of, every }) => {
            let run = run_of(config, &of.run)?;
            let told = every.as_deref().map(span).transpose()?;
            Ok(Watching {
                every: Some(told.unwrap_or(run.every())),
                ..once(run)
            })
        }
    }
}

/// A run of the configuration, else the place that the word is.
fn run_of(config: &Config, word: &str) -> Result<RunAsk, TargetError> {
    if let Some(run) = config.runs.get(word) {
        return Ok(run.clone());
    }
    if let Some(on_box) = Origin::on_box(word) {
        let how = "write it into a run: instance = \"…\" and metrics = [{ from = \"box:/PATH\" }], then name the run";
        return Err(TargetError::Words {
            message: format!("{word:?} is on the instance of a run, and no run is named"),
            help: on_box.map_or_else(|error| error.to_string(), |_| how.to_owned()),
        });
    }
    if let Some(logs) = LogPlace::of(word) {
        let logs = logs.map_err(|error| TargetError::Words {
            message: format!("{word:?} names no streams of CloudWatch Logs"),
            help: error.to_string(),
        })?;
        return Ok(RunAsk::of_place(word, Origin::Logs(logs)));
    }
    let path = word.contains(['/', '.', ':']) || std::path::Path::new(word).exists();
    if !path {
        return Ok(config.run(word)?.clone());
    }
    Ok(RunAsk::of_place(word, config.location(word)?))
}

fn span(text: &str) -> Result<Duration, TargetError> {
    let span = quantity::span(text)
        .ok()
        .and_then(|span| Duration::try_from(span).ok());
    let span = span.filter(|span| *span >= Duration::from_secs(1));
    span.ok_or_else(|| TargetError::Words {
        message: format!("--every {text:?} is no time"),
        help: "write 10s or 1m, and at least 1s".to_owned(),
    })
}

/// Runs the command.
pub(super) async fn training(
    context: &mut Context,
    args: &TrainingArgs,
    watching: Watching,
) -> Exit {
    if watching.runs.is_empty() {
        context.output.remark("No run is configured: write [runs.NAME] with metrics = [{ from = \"…\" }] into wharf.toml, or name a log: wharf training show PATH");
        return Exit::Ok;
    }
    let mut followed: Vec<Followed> = watching.runs.iter().cloned().map(Followed::new).collect();
    let of = match &args.action {
        Some(TrainingAction::Show { of, .. } | TrainingAction::Watch { of, .. }) => Some(of),
        Some(TrainingAction::List) | None => None,
    };
    context.ask(Command::Watch {
        view: VIEW,
        runs: watching.runs.into(),
        manner: Manner {
            every: watching.every,
            whole: of.is_some_and(|of: &RunOf| of.whole),
        },
    });
    match &args.action {
        Some(TrainingAction::Watch { .. }) => follow(context, &mut followed).await,
        Some(TrainingAction::Show { lines, .. }) => match looked_at(context, &mut followed).await {
            Ok(()) => show(context, &followed, *lines),
            Err(exit) => exit,
        },
        Some(TrainingAction::List) | None => match looked_at(context, &mut followed).await {
            Ok(()) => list(context, &followed),
            Err(exit) => exit,
        },
    }
}

/// Takes all that one look brings.
async fn looked_at(context: &mut Context, followed: &mut [Followed]) -> Result<(), Exit> {
    loop {
        let told = |body| {
            if let Body::Run(news) = body {
                Some(Some(news))
            } else {
                matches!(body, Body::Watched).then_some(None)
            }
        };
        let Some(news) = context.awaited(told).await? else {
            return Ok(());
        };
        absorb(followed, *news);
    }
}

fn absorb(followed: &mut [Followed], news: RunNews) {
    if let Some(run) = followed.get_mut(news.run) {
        run.absorb(news.news);
    }
}

fn list(context: &mut Context, followed: &[Followed]) -> Exit {
    let now = Timestamp::now();
    for run in followed {
        context.output.record(&record::record(run, now));
    }
    for line in told::table(followed, now) {
        context.output.line(line);
    }
    exit_of(followed)
}

fn show(context: &mut Context, followed: &[Followed], lines: usize) -> Exit {
    let now = Timestamp::now();
    for run in followed {
        context.output.record(&record::record(run, now));
        for line in told::lines(run, now)
            .into_iter()
            .chain(told::tail(run, lines))
        {
            context.output.line(line);
        }
    }
    exit_of(followed)
}

/// 3 where a run could not be read at all.
fn exit_of(followed: &[Followed]) -> Exit {
    if followed.iter().any(Followed::is_unreadable) {
        Exit::Failed
    } else {
        Exit::Ok
    }
}

/// Tells each change until the run ends: 0 where it ended well, 3 where it did not.
async fn follow(context: &mut Context, followed: &mut [Followed]) -> Exit {
    let mut told = None;
    loop {
        let news = context
            .awaited(|body| {
                if let Body::Run(news) = body {
                    Some(news)
                } else {
                    None
                }
            })
            .await;
        let news = match news {
            Ok(news) => news,
            Err(exit) => return exit,
        };
        let polled = matches!(news.news, News::Polled { .. });
        absorb(followed, *news);
        let Some(run) = followed.first_mut().filter(|_| polled) else {
            continue;
        };
        let now = Timestamp::now();
        let lamps = run.machine.each().map(|(_, seen)| seen.light);
        let stands = (
            run.run.last(),
            run.run.state(now),
            (run.standings.clone(), lamps),
        );
        if told.as_ref() != Some(&stands) {
            context.output.record(&record::record(run, now));
            context.output.line(told::line(run, now));
            for line in told::troubles(run) {
                context.output.remark(line);
            }
            told = Some(stands);
        }
        for alert in run.alerts(now) {
            let name = printable(run.ask.name.as_bytes());
            let text = humanize::training::alert(&name, alert, &run.run, now);
            context.ask(Command::TellHook {
                run: std::sync::Arc::clone(&run.ask.name),
                alert,
                text: text.clone(),
            });
            context
                .output
                .record(&record::AlertRecord::new(&run.ask.name, alert, &text));
            context.output.remark(format_args!("! {text}"));
        }
        context.output.flush();
        match run.run.state(now) {
            State::Ended => return Exit::Ok,
            State::Failed => return Exit::Failed,
            State::Training | State::Stalled | State::Unknown => {}
        }
    }
}
