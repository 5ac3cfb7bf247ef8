//! A running task watched to its end: bars on a terminal, a plain line every ten seconds otherwise, failures as they come.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::{
    exit::Exit,
    output::record::{OtherWayRecord, OutcomeRecord, ProgressRecord},
};
use crate::domain::{
    plan::Op,
    progress::{
        Checked, EndedStep, Outcome, Proofs, Recount, TaskEvent, TaskId, TaskSnapshot, TaskState,
    },
    retry::FailureKind,
};
use crate::engine::{Command, Event};
use crate::humanize;

use super::{Context, interrupts::Interrupt};

/// How often bars move, and how often a plain line is written.
const FRAME: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(10);

/// What a task told until its end.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) state: Option<TaskState>,
    pub(super) reason: Option<Box<str>>,
    pub(super) recount: Option<Recount>,
    pub(super) checked: Option<Checked>,
    /// By what proof.
    pub(super) proofs: Proofs,
    pub(super) done: u64,
    pub(super) skipped: u64,
    /// Failures by what they mean for the exit code.
    pub(super) missing: u64,
    pub(super) mismatched: u64,
    pub(super) failed: u64,
    pub(super) by_op: [u64; Op::COUNT],
    /// Keys of which one way failed, and another was taken.
    pub(super) other_way: u64,
}

/// Bars on a terminal: one, or one for each task of a group.
struct Bars {
    all: MultiProgress,
    bars: Vec<(TaskId, ProgressBar)>,
}

impl Bars {
    /// Takes the bars away for lines that stay; the next frame brings them back.
    fn make_room(&self) {
        // A terminal that is gone must not stop what is on its way to a worker: indicatif's `suspend` panics there.
        let _gone = self.all.clear();
    }
}

impl Context {
    /// Watches a task to its end. Ctrl-C stops the task, cleanly; a second one does not wait for that.
    pub(super) async fn watch(&mut self, task: TaskId) -> Watched {
        let mut watched = self.watch_all(task).await;
        watched.remove(&task).unwrap_or_default()
    }

    /// Watches a task and all of its group to its end, as `watch` does.
    pub(super) async fn watch_all(&mut self, head: TaskId) -> BTreeMap<TaskId, Watched> {
        let tasks = self.engine.snapshot().tasks.into_iter();
        let family = tasks.filter(|task| task.id == head || task.parent == Some(head));
        let family: Vec<TaskSnapshot> = family.collect();
        let mut watched: BTreeMap<TaskId, Watched> = BTreeMap::from([(head, Watched::default())]);
        watched.extend(family.iter().map(|task| (task.id, Watched::default())));
        let bars = self.bars(&family, head);
        let period = if self.output.style().live {
            FRAME
        } else {
            LINE
        };
        let mut tick = interval_at(Instant::now() + period, period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut stopping, mut handing) = (false, false);
        let is_over = |watched: &BTreeMap<TaskId, Watched>| {
            let head = watched.get(&head).and_then(|watched| watched.state);
            head.is_some_and(TaskState::is_over)
        };
        while !is_over(&watched) {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(Event::Task { id, event }) => if let Some(watched) = watched.get_mut(&id) {
                        self.take(watched, &bars, &event);
                    },
                    Some(Event::View { .. }) => {}
                    None => break,
                },
                _ = tick.tick() => self.tick(&bars),
                word = self.interrupts.next() => {
                    if word == Interrupt::Hangup && self.engine.can_hand_over() {
                        handing = true;
                        self.engine.submit(Command::Release(head));
                        continue;
                    }
                    if stopping && let Some(head) = watched.get_mut(&head) {
                        head.state = Some(TaskState::Cancelled);
                    }
                    stopping = true;
                    self.engine.submit(Command::Cancel(head));
                }
            }
        }
        bars.bars.iter().for_each(|(_, bar)| bar.finish_and_clear());
        let left = watched.get(&head).and_then(|watched| watched.state);
        if handing && left == Some(TaskState::Interrupted) {
            self.hand_over(head).await;
        }
        watched
    }

    /// Waits until all these tasks are over. A word to stop cancels them; a second one does not wait for that.
    pub(super) async fn watch_ends(&mut self, tasks: &[TaskId]) {
        let mut open: BTreeSet<TaskId> = tasks.iter().copied().collect();
        // What told its end while others were still taken in tells it no more.
        for task in self.engine.snapshot().tasks {
            if task.state.is_over() {
                open.remove(&task.id);
            }
        }
        let mut stopping = false;
        while !open.is_empty() {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(Event::Task { id, event: TaskEvent::State { state, .. } }) if state.is_over() => {
                        open.remove(&id);
                    }
                    Some(Event::Task { .. } | Event::View { .. }) => {}
                    None => return,
                },
                _ = self.interrupts.next() => {
                    if stopping {
                        return;
                    }
                    stopping = true;
                    for task in &open {
                        self.engine.submit(Command::Cancel(*task));
                    }
                }
            }
        }
    }

    /// The terminal is gone: a worker goes on with the task.
    async fn hand_over(&mut self, task: TaskId) {
        match self.engine.start_worker(&[task]).await {
            Ok(process) => {
                tracing::info!(
                    task = task.0,
                    process,
                    "the terminal is gone; a worker goes on"
                );
            }
            Err(failed) => {
                tracing::error!(task = task.0, "{}", failed.message);
                self.fail(&failed);
            }
        }
    }

    /// A bar for each task; for a group its totals, and below them its children.
    fn bars(&self, family: &[TaskSnapshot], head: TaskId) -> Bars {
        let target = if self.output.style().live {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let all = MultiProgress::with_draw_target(target);
        let is_group = family.len() > 1;
        let bars = family.iter().map(|task| {
            let bar = all.add(ProgressBar::new(task.planned_bytes));
            // The template is a constant of ours; where it were wrong, the plain bar is drawn.
            if let Ok(style) = ProgressStyle::with_template("{prefix}{bar:28} {msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            if task.id == head && is_group {
                bar.set_prefix(format!("{:<16} ", "all"));
            } else if let Some(name) = task.name.as_ref().filter(|_| is_group) {
                bar.set_prefix(format!("{name:<16} "));
            }
            (task.id, bar)
        });
        Bars {
            bars: bars.collect(),
            all,
        }
    }

    fn tick(&mut self, bars: &Bars) {
        let snapshot = self.engine.snapshot();
        for (task, bar) in &bars.bars {
            if let Some(now) = snapshot.tasks.iter().find(|now| now.id == *task) {
                self.tick_one(now, bar, bars.bars.len() > 1);
            }
        }
    }

    fn tick_one(&mut self, now: &TaskSnapshot, bar: &ProgressBar, bars_are_several: bool) {
        bar.set_length(now.planned_bytes.max(1));
        bar.set_position(now.bytes);
        bar.set_message(message(now, bar));
        if !self.output.style().live {
            let name = now.name.as_deref().filter(|_| bars_are_several);
            let name = name.map_or_else(String::new, |name| format!("{name}: "));
            self.output
                .remark(format_args!("{name}{}", message(now, bar)));
        }
        self.output.record(&ProgressRecord {
            r#type: "progress",
            task: now.id,
            planned: now.planned,
            done: now.done,
            failed: now.failed,
            bytes: now.bytes,
            planned_bytes: now.planned_bytes,
        });
    }

    fn take(&mut self, watched: &mut Watched, bars: &Bars, event: &TaskEvent) {
        match event {
            TaskEvent::State { state, reason } => {
                watched.state = Some(*state);
                if let Some(reason) = reason {
                    bars.make_room();
                    self.output.tell(format_args!("wharf: {reason}"));
                    watched.reason = Some(reason.clone());
                }
            }
            TaskEvent::Ended { steps } => {
                let is_silent = |step: &EndedStep| matches!(step.outcome, Outcome::Done { .. });
                if !steps.iter().all(is_silent) {
                    bars.make_room();
                }
                for step in steps {
                    watched.count(step);
                    self.tell_step(step);
                }
            }
            TaskEvent::Retried { .. } => {}
            TaskEvent::OtherWay { .. } => {
                watched.other_way += 1;
                bars.make_room();
                self.tell_other_way(event);
            }
            TaskEvent::Recounted(recount) => watched.recount = Some(recount.clone()),
            TaskEvent::Checked(checked) => {
                bars.make_room();
                self.tell_check(checked);
                watched.checked = Some(checked.clone());
            }
        }
    }

    fn tell_check(&mut self, checked: &Checked) {
        for line in &checked.lines {
            self.output.remark(format_args!("  | {line}"));
        }
        self.output.remark(checked.words());
    }

    /// Tells that a way failed for a key, and that another is taken.
    fn tell_other_way(&mut self, event: &TaskEvent) {
        let TaskEvent::OtherWay {
            key, all, failure, ..
        } = event
        else {
            return;
        };
        self.output.record(&OtherWayRecord::new(key, failure));
        let id = failure.request_id.as_deref();
        let id = id.map_or_else(String::new, |id| format!(" (request id {id})"));
        self.output.tell(format_args!(
            "~ {key}: the server did not copy it, it goes through this machine: {}{id}",
            failure.reason
        ));
        if *all {
            self.output.tell(
                "~ nothing could be copied by the server: the rest goes through this machine",
            );
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
    let counting = match now.state {
        TaskState::Recounting => "  counting both sides",
        TaskState::Waiting => "  waiting",
        TaskState::Paused => "  paused",
        TaskState::Running
        | TaskState::Done
        | TaskState::Failed
        | TaskState::Cancelled
        | TaskState::Interrupted => "",
    };
    let kept = match now.kept {
        0 => String::new(),
        kept => format!(" ({} not sent again)", humanize::bytes(kept)),
    };
    format!(
        "{} of {}  {} of {}{kept}  {}{eta}{failed}{counting}",
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
                // A delete leaves nothing that could be proven, and a removal was licensed by a proof.
                if step.op.moves() {
                    self.proofs.add(*proof);
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

    /// Whether the mapping's own command found that what was moved is not what it should be.
    pub(super) fn is_disproven(&self) -> bool {
        self.checked
            .as_ref()
            .is_some_and(|checked| !checked.is_good())
    }

    /// What the end means for a task that moves.
    pub(super) fn exit(&self) -> Exit {
        if self.is_disproven() {
            return Exit::Mismatch;
        }
        match self.state {
            // An interrupted task has its end elsewhere: this command did not see it.
            Some(TaskState::Cancelled | TaskState::Interrupted) => Exit::Cancelled,
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
