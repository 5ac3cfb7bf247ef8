//! A running task watched to its end: bars on a terminal, a plain line every ten seconds otherwise, failures as they come.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::{
    exit::Exit,
    output::record::{OutcomeRecord, ProgressRecord},
};
use crate::domain::{
    diff::Level,
    plan::Op,
    progress::{EndedStep, Outcome, Recount, TaskEvent, TaskId, TaskSnapshot, TaskState},
    retry::FailureKind,
};
use crate::engine::{Command, Event};
use crate::humanize;

use super::Context;

/// How often bars move, and how often a plain line is written.
const FRAME: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(10);

/// What a task told until its end.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) state: Option<TaskState>,
    pub(super) reason: Option<Box<str>>,
    pub(super) recount: Option<Recount>,
    /// Outcomes by proof: checksum or better, weaker, none.
    pub(super) proofs: [u64; 3],
    pub(super) done: u64,
    pub(super) skipped: u64,
    /// Failures by what they mean for the exit code.
    pub(super) missing: u64,
    pub(super) mismatched: u64,
    pub(super) failed: u64,
    pub(super) by_op: [u64; 5],
}

impl Context {
    /// Watches a task to its end. Ctrl-C stops the task, cleanly; a second one does not wait for that.
    pub(super) async fn watch(&mut self, task: TaskId) -> Watched {
        let mut watched = Watched::default();
        let bar = self.bar(task);
        let period = if self.output.style().live {
            FRAME
        } else {
            LINE
        };
        let mut tick = interval_at(Instant::now() + period, period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut stopping = false;
        while !watched.state.is_some_and(TaskState::is_over) {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(Event::Task { id, event }) if id == task => self.take(&mut watched, &bar, &event),
                    Some(Event::Task { .. } | Event::View { .. }) => {}
                    None => break,
                },
                _ = tick.tick() => self.tick(task, &bar),
                () = self.interrupts.next() => {
                    if stopping {
                        watched.state = Some(TaskState::Cancelled);
                    }
                    stopping = true;
                    self.engine.submit(Command::Cancel(task));
                }
            }
        }
        bar.finish_and_clear();
        watched
    }

    fn bar(&self, task: TaskId) -> ProgressBar {
        let planned = self.snapshot(task).map_or(0, |task| task.planned_bytes);
        let target = if self.output.style().live {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(planned), target);
        // The template is a constant of ours; where it were wrong, the plain bar is drawn.
        if let Ok(style) = ProgressStyle::with_template("{bar:28} {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar
    }

    fn snapshot(&self, task: TaskId) -> Option<TaskSnapshot> {
        self.engine
            .snapshot()
            .tasks
            .into_iter()
            .find(|snapshot| snapshot.id == task)
    }

    fn tick(&mut self, task: TaskId, bar: &ProgressBar) {
        let Some(now) = self.snapshot(task) else {
            return;
        };
        bar.set_length(now.planned_bytes.max(1));
        bar.set_position(now.bytes);
        bar.set_message(message(&now, bar));
        if !self.output.style().live {
            self.output.remark(message(&now, bar));
        }
        self.output.record(&ProgressRecord {
            r#type: "progress",
            task,
            planned: now.planned,
            done: now.done,
            failed: now.failed,
            bytes: now.bytes,
            planned_bytes: now.planned_bytes,
        });
    }

    fn take(&mut self, watched: &mut Watched, bar: &ProgressBar, event: &TaskEvent) {
        match event {
            TaskEvent::State { state, reason } => {
                watched.state = Some(*state);
                if let Some(reason) = reason {
                    bar.suspend(|| self.output.tell(format_args!("wharf: {reason}")));
                    watched.reason = Some(reason.clone());
                }
            }
            TaskEvent::Ended { steps } => {
                for step in steps {
                    watched.count(step);
                    bar.suspend(|| self.tell_step(step));
                }
            }
            TaskEvent::Retried { .. } => {}
            TaskEvent::Recounted(recount) => watched.recount = Some(recount.clone()),
        }
    }

    fn tell_step(&mut self, step: &EndedStep) {
        self.output.record(&OutcomeRecord::from(step));
        match &step.outcome {
            Outcome::Failed(failure) => {
                let id = failure
                    .request_id
                    .as_ref()
                    .map(|id| format!(" (request id {id})"))
                    .unwrap_or_default();
                self.output
                    .tell(format_args!("! {}: {}{id}", step.key, failure.reason));
            }
            Outcome::Skipped { reason } => self
                .output
                .remark(format_args!("  {}: left, {reason}", step.key)),
            Outcome::Done { .. } => {}
        }
    }
}

fn message(now: &TaskSnapshot, bar: &ProgressBar) -> String {
    let seconds = bar.elapsed().as_secs_f64().max(0.001);
    let rate = now.bytes as f64 / seconds;
    let left = now.planned_bytes.saturating_sub(now.bytes);
    let eta = if rate > 0.0 && left > 0 {
        format!(
            "  ETA {:#}",
            HumanDuration(Duration::from_secs_f64(left as f64 / rate))
        )
    } else {
        String::new()
    };
    let failed = if now.failed > 0 {
        format!("  {} failed", humanize::count(now.failed))
    } else {
        String::new()
    };
    let counting = if now.state == TaskState::Recounting {
        "  counting both sides"
    } else {
        ""
    };
    format!(
        "{} of {}  {} of {}  {}{eta}{failed}{counting}",
        humanize::count(now.done + now.skipped),
        humanize::counted(now.planned, "object"),
        humanize::bytes(now.bytes),
        humanize::bytes(now.planned_bytes),
        humanize::rate(rate)
    )
}

impl Watched {
    fn count(&mut self, step: &EndedStep) {
        match &step.outcome {
            Outcome::Done { proof, .. } => {
                self.done += 1;
                self.by_op[step.op as usize] += 1;
                // A delete leaves nothing that could be proven.
                if step.op != Op::Delete {
                    let strength = match proof {
                        Some(Level::Checksum | Level::Read) => 0,
                        Some(Level::Size | Level::Time) => 1,
                        None => 2,
                    };
                    self.proofs[strength] += 1;
                }
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Failed(failure) => match failure.kind {
                FailureKind::Corrupt => self.mismatched += 1,
                FailureKind::NotFound => self.missing += 1,
                FailureKind::Throttled
                | FailureKind::Transient
                | FailureKind::Changed
                | FailureKind::Denied
                | FailureKind::Credentials
                | FailureKind::DiskFull
                | FailureKind::Archived
                | FailureKind::Refused
                | FailureKind::Cancelled => self.failed += 1,
            },
        }
    }

    /// Steps that failed, of any kind.
    pub(super) fn all_failed(&self) -> u64 {
        self.failed + self.missing + self.mismatched
    }

    /// What the end means for a task that moves.
    pub(super) fn exit(&self) -> Exit {
        match self.state {
            Some(TaskState::Cancelled) => Exit::Cancelled,
            Some(TaskState::Done) if self.all_failed() == 0 => Exit::Ok,
            Some(
                TaskState::Done
                | TaskState::Failed
                | TaskState::Waiting
                | TaskState::Running
                | TaskState::Paused
                | TaskState::Recounting,
            )
            | None => Exit::Failed,
        }
    }
}
