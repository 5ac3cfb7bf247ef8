//! Hooks: commands of the person's own that are run when a task ends, or waits for a person. Each gets one JSON object on its
//! standard input; what it answers goes to the log. A hook that fails or hangs changes nothing for the task.

use std::{process::Stdio, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

use crate::domain::{
    plan::Plan,
    progress::{TaskId, TaskKind, TaskState},
    training::alert::Alert,
};

use super::tasks::Task;

/// How long a hook may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of what it says that the log keeps.
const SAID: usize = 2_000;

/// Which command is run when; run by the shell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// When a task is done.
    pub success: Option<Arc<str>>,
    /// When a task failed.
    pub failure: Option<Arc<str>>,
    /// When a person must say something: a plan waits for a yes, or a task is held until its cause is mended.
    pub approval: Option<Arc<str>>,
    /// When a rule finds something wrong with an instance.
    pub alert: Option<Arc<str>>,
}

/// What a rule found of an instance, as a hook is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingTold {
    /// The instance.
    pub instance: Box<str>,
    /// Its name, as it stands in its tags.
    pub name: Box<str>,
    /// Where it is.
    pub region: Box<str>,
    /// The run that made it.
    pub run: Option<Box<str>>,
    /// The rule.
    pub rule: &'static str,
    /// `warning` or `grave`.
    pub gravity: &'static str,
    /// A sentence.
    pub text: String,
}

/// The same as an event.
#[derive(Debug, Serialize)]
struct FindingEvent<'a> {
    event: &'static str,
    #[serde(flatten)]
    found: &'a FindingTold,
}

/// What a hook is told.
#[derive(Debug, Serialize)]
struct Told<'a> {
    event: &'static str,
    task: Option<TaskId>,
    name: Option<&'a str>,
    kind: TaskKind,
    state: TaskState,
    reason: Option<&'a str>,
    source: &'a str,
    destination: &'a str,
    planned: u64,
    done: u64,
    failed: u64,
    skipped: u64,
    bytes: u64,
    text: String,
}

/// What a hook is told of a training run.
#[derive(Debug, Serialize)]
struct RunTold<'a> {
    event: &'static str,
    run: &'a str,
    alert: &'static str,
    text: String,
}

impl Hooks {
    /// The hook that a state calls for.
    fn of(&self, state: TaskState) -> Option<(&'static str, &Arc<str>)> {
        let (event, hook) = match state {
            TaskState::Done => ("success", &self.success),
            TaskState::Failed => ("failure", &self.failure),
            TaskState::Paused => ("approval", &self.approval),
            TaskState::Waiting
            | TaskState::Running
            | TaskState::Recounting
            | TaskState::Cancelled
            | TaskState::Interrupted => return None,
        };
        hook.as_ref().map(|hook| (event, hook))
    }

    /// Runs the hook that a task's state calls for, to its end.
    pub(super) async fn tell(&self, task: &Task) {
        let now = task.snapshot();
        let Some((event, hook)) = self.of(now.state) else {
            return;
        };
        let name = now.name.as_deref();
        let text = format!(
            "wharf: {} {}: {} of {} done, {} failed, {} → {}",
            name.map_or_else(|| format!("task {}", now.id.0), ToOwned::to_owned),
            event,
            now.done + now.skipped,
            now.planned,
            now.failed,
            now.source,
            now.destination
        );
        let told = Told {
            event,
            task: Some(now.id),
            name,
            kind: now.kind,
            state: now.state,
            reason: now.reason.as_deref(),
            source: &now.source,
            destination: &now.destination,
            planned: now.planned,
            done: now.done,
            failed: now.failed,
            skipped: now.skipped,
            bytes: now.bytes,
            text,
        };
        run(hook, (told.event, &told)).await;
    }

    /// Runs the hook that what happened to a training run calls for, to its end.
    pub(super) async fn tell_run(&self, run: &str, alert: Alert, text: &str) {
        let (event, hook) = match alert {
            Alert::Ended => ("success", &self.success),
            Alert::Failed | Alert::Stalled | Alert::Unsaved => ("failure", &self.failure),
            Alert::Recovered => return,
        };
        let Some(hook) = hook else {
            return;
        };
        let told = RunTold {
            event,
            run,
            alert: alert.word(),
            text: format!("wharf: {text}"),
        };
        self::run(hook, (event, &told)).await;
    }

    /// Runs the hook that hears of instances, to its end.
    pub(super) async fn tell_finding(&self, found: &FindingTold) {
        if let Some(hook) = &self.alert {
            let event = "alert";
            run(hook, (event, &FindingEvent { event, found })).await;
        }
    }

    /// Runs the hook that says that a plan waits for a yes, to its end.
    pub(super) async fn ask(&self, plan: &Plan) {
        let Some(hook) = &self.approval else {
            return;
        };
        let (source, destination) = (plan.source.to_string(), plan.destination.to_string());
        let moves = plan.moves();
        let told = Told {
            event: "approval",
            task: None,
            name: None,
            kind: TaskKind::Sync,
            state: TaskState::Waiting,
            reason: Some("a plan waits for a yes"),
            planned: plan.steps().count() as u64,
            done: 0,
            failed: 0,
            skipped: 0,
            bytes: moves.bytes,
            text: format!("wharf: a plan waits for a yes: {source} → {destination}"),
            source: &source,
            destination: &destination,
        };
        run(hook, (told.event, &told)).await;
    }
}

/// Runs a command with this on its standard input, and keeps in the log what went wrong.
async fn run(command: &str, (event, told): (&'static str, &impl Serialize)) {
    let Ok(mut text) = serde_json::to_vec(told) else {
        return;
    };
    text.push(b'\n');
    match timeout(PATIENCE, fed(command, &text)).await {
        Ok(Ok(output)) if output.status.success() => tracing::info!(event, "the hook was run"),
        Ok(Ok(output)) => {
            let said = [output.stdout, output.stderr].concat();
            let said = said.get(..SAID).unwrap_or(&said);
            let said = String::from_utf8_lossy(said);
            tracing::error!(event, status = %output.status, %said, "the hook failed");
        }
        Ok(Err(error)) => tracing::error!(event, %error, "the hook could not be run"),
        Err(_) => tracing::error!(event, "the hook took too long and was stopped"),
    }
}

async fn fed(command: &str, text: &[u8]) -> std::io::Result<std::process::Output> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read its input is a right one too.
        input.write_all(text).await.ok();
    }
    child.wait_with_output().await
}
