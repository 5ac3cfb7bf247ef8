//! The command of a mapping that proves what was moved: run by the shell exactly as it is configured, in the mapping's
//! folder, when all was moved and counted. No name from S3 comes near it.

use std::{collections::VecDeque, process::Stdio, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    time::{Duration, timeout},
};

use crate::domain::{
    progress::{Checked, TaskEvent, TaskState},
    text::printable,
};
use crate::engine::command::Check;

use super::Context;

/// Lines that are kept, and bytes of each.
const LINES: usize = 20;
const WIDTH: usize = 500;
/// How long a command may take to end that is told to.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the command, where there is one; why the task failed, where it did not end well.
pub(super) async fn run(ctx: &Arc<Context>) -> Option<String> {
    let check = ctx.check.as_ref()?;
    if ctx.control.is_cancelled() {
        return None;
    }
    let about = format!("runs {}", printable(check.command.as_bytes()));
    ctx.events
        .state(TaskState::Running, Some(about.into()))
        .await;
    let checked = match start(check) {
        Ok(child) => followed(ctx, check, child).await,
        Err(error) => Checked {
            command: printable(check.command.as_bytes()).into(),
            code: None,
            lines: vec![format!("it cannot be run: {error}").into()],
        },
    };
    let reason = (!checked.is_good()).then(|| checked.words());
    ctx.events.event(TaskEvent::Checked(checked)).await;
    reason
}

fn start(check: &Check) -> std::io::Result<Child> {
    std::fs::create_dir_all(&check.folder)?;
    Command::new("sh")
        .arg("-c")
        .arg(&*check.command)
        .current_dir(&check.folder)
        .env("WHARF_MAPPING", &*check.mapping)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Reads what the command says until it ends; where the task is cancelled meanwhile, the command ends with it.
async fn followed(ctx: &Arc<Context>, check: &Check, mut child: Child) -> Checked {
    let group = child.id();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let ending = async {
        let (out, err, status) = tokio::join!(last_lines(out), last_lines(err), child.wait());
        let lines: Vec<Box<str>> = out.into_iter().chain(err).collect();
        (status.ok().and_then(|status| status.code()), lines)
    };
    tokio::pin!(ending);
    let (code, lines) = tokio::select! {
        ended = &mut ending => ended,
        () = ctx.control.cancelled() => {
            let (_, mut lines) = stop(group, &mut ending).await.unwrap_or_default();
            lines.push("wharf stopped it: the task was cancelled".into());
            (None, lines)
        }
    };
    Checked {
        command: printable(check.command.as_bytes()).into(),
        code,
        lines,
    }
}

/// Ends the command with all that it began: it leads a group of processes of its own. First it is asked to, then it must.
async fn stop<T>(group: Option<u32>, mut ending: impl Future<Output = T> + Unpin) -> Option<T> {
    let group = group?;
    for signal in ["-TERM", "-KILL"] {
        let kill = Command::new("kill")
            .args([signal, "--", &format!("-{group}")])
            .stderr(Stdio::null())
            .status()
            .await;
        if let Err(error) = kill {
            tracing::warn!(%error, "a cancelled verify_command may still run");
        }
        if let Ok(ended) = timeout(GRACE, &mut ending).await {
            return Some(ended);
        }
    }
    None
}

/// The last lines of an output, safe for a terminal.
async fn last_lines(output: Option<impl AsyncRead + Unpin>) -> VecDeque<Box<str>> {
    let mut last = VecDeque::new();
    let Some(output) = output else { return last };
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
        let text = line.trim_ascii_end();
        let text = text.get(..WIDTH).unwrap_or(text);
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(printable(text).into());
        line.clear();
    }
    last
}
