//! `wharf instances exec`: a command on an instance, by SSM or ssh. Its output goes where it would have gone, its exit code is ours.

use std::time::Duration;

use serde::Serialize;

use crate::cli::{args::InstancesExec, exit::Exit};
use crate::domain::{
    cloud::{CommandState, Said},
    shell,
};
use crate::engine::cloud::Place;
use crate::humanize;

use super::Context;

/// `said`: what a command on an instance came to.
#[derive(Serialize)]
struct SaidRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    state: &'static str,
    exit: Option<i32>,
    stdout: &'a str,
    stderr: &'a str,
    stdout_cut: bool,
    stderr_cut: bool,
}

pub(super) async fn exec(
    context: &mut Context,
    args: &InstancesExec,
    place: Place,
) -> Result<Exit, Exit> {
    let Ok(seconds @ 1..=172_800) = u64::try_from(args.limit.as_secs()) else {
        let help = "name a time from 1s to 48h";
        context
            .output
            .error("--limit is no time that SSM takes", Some(help));
        return Err(Exit::Usage);
    };
    let (id, said) = context
        .said(
            (place, &args.way),
            shell::script(&args.command),
            Duration::from_secs(seconds),
        )
        .await?;
    context.output.record(&SaidRecord {
        r#type: "said",
        id: &id,
        state: word(said.state),
        exit: said.code,
        stdout: &said.stdout,
        stderr: &said.stderr,
        stdout_cut: said.stdout_cut,
        stderr_cut: said.stderr_cut,
    });
    tell(context, &said);
    Ok(exit(&said))
}

fn tell(context: &mut Context, said: &Said) {
    if context.output.style().json {
        return;
    }
    if context.output.style().terminal {
        for line in humanize::printable_lines(said.stdout.as_bytes()) {
            context.output.line(line);
        }
    } else {
        context.output.text(&said.stdout);
    }
    context.output.flush();
    for line in humanize::printable_lines(said.stderr.as_bytes()) {
        context.output.tell(line);
    }
    for cut in humanize::cuts(said) {
        context.output.tell(format_args!("! {cut}"));
    }
    match said.state {
        CommandState::Ended | CommandState::Running => {}
        CommandState::TimedOut => {
            context.output.error(
                "the command took longer than it may",
                Some("give it more with --limit"),
            );
        }
        CommandState::Cancelled => context
            .output
            .error("somebody called the command off", None),
        CommandState::Undelivered => context.output.error(
            "the command never reached the instance",
            Some("wharf instances show tells how it stands"),
        ),
    }
}

fn word(state: CommandState) -> &'static str {
    match state {
        CommandState::Running => "running",
        CommandState::Ended => "ended",
        CommandState::TimedOut => "timed out",
        CommandState::Cancelled => "cancelled",
        CommandState::Undelivered => "undelivered",
    }
}

/// The command's own exit code; 3 where it came to none.
fn exit(said: &Said) -> Exit {
    match said.code {
        Some(0) => Exit::Ok,
        Some(code) => Exit::Ran(u8::try_from(code).unwrap_or(u8::MAX)),
        None => Exit::Failed,
    }
}
