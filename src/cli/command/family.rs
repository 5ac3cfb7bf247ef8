//! Several plans as one task with a child for each: run, watched to their end, and what mappings and routes both tell of them.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{exit::Exit, output::record::TallyRecord};
use crate::domain::{
    plan::{Plan, PlannedRoute},
    progress::{Checked, Proofs, Recount, TaskId, TaskKind, TaskSnapshot, TaskState},
};
use crate::engine::{Body, Command, Family};
use crate::humanize;

use super::{Context, VIEW, progress::Watched, sync::planned};

/// How it came to an end.
pub(super) enum End {
    /// It was only to be told.
    Dry,
    /// There was nothing to do.
    Idle,
    /// Tasks ran.
    Ran(Run),
}

impl End {
    pub(super) fn run(&self) -> Option<&Run> {
        match self {
            Self::Ran(run) => Some(run),
            Self::Dry | Self::Idle => None,
        }
    }
}

/// Tasks that ran, and what they told.
pub(super) struct Run {
    pub(super) head: TaskId,
    pub(super) watched: BTreeMap<TaskId, Watched>,
    /// The task of each plan that ran, in the order of the members.
    pub(super) tasks: Vec<TaskId>,
}

impl Run {
    /// Whether a person stopped the whole.
    pub(super) fn exit(&self) -> Exit {
        let head = self.watched.get(&self.head);
        let cancelled = head.and_then(|head| head.state) == Some(TaskState::Cancelled);
        if cancelled { Exit::Cancelled } else { Exit::Ok }
    }
}

impl Context {
    /// The plans of several routes, by whatever question.
    pub(super) async fn planned_routes(
        &mut self,
        ask: Command,
    ) -> Result<Arc<[PlannedRoute]>, Exit> {
        self.ask(ask);
        self.awaited(|body| {
            if let Body::PlannedRoutes(planned) = body {
                Some(planned)
            } else {
                None
            }
        })
        .await
    }

    /// Runs a family, and watches it to its end.
    pub(super) async fn run_family(&mut self, family: Family) -> Result<Run, Exit> {
        let single = family.members.len() == 1;
        let head = self
            .accepted(Command::RunFamily { view: VIEW, family })
            .await?;
        let tasks = self.engine.snapshot().tasks.into_iter();
        let children = tasks.filter(|task| task.parent == Some(head));
        let tasks = if single {
            vec![head]
        } else {
            children.map(|task| task.id).collect()
        };
        let watched = self.watch_all(head).await;
        Ok(Run {
            head,
            watched,
            tasks,
        })
    }
}

/// `task`: one task of the whole.
#[derive(Serialize)]
pub(super) struct TaskRecord<'a> {
    r#type: &'static str,
    id: TaskId,
    parent: Option<TaskId>,
    mapping: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    kind: TaskKind,
    state: TaskState,
    source: &'a str,
    destination: &'a str,
    planned: u64,
    done: u64,
    failed: u64,
    skipped: u64,
    verified: u64,
    bytes: u64,
    started: Timestamp,
    ended: Option<Timestamp>,
    proof: Proofs,
    recount: Option<&'a Recount>,
    check: Option<&'a Checked>,
}

impl<'a> TaskRecord<'a> {
    /// The record of a task and of what it told.
    pub(super) fn new(task: &'a TaskSnapshot, watched: &'a Watched) -> Self {
        Self {
            r#type: "task",
            id: task.id,
            parent: task.parent,
            mapping: None,
            route: None,
            kind: task.kind,
            state: task.state,
            source: &task.source,
            destination: &task.destination,
            planned: task.planned,
            done: task.done,
            failed: task.failed,
            skipped: task.skipped,
            verified: task.verified,
            bytes: task.bytes,
            started: task.started,
            ended: task.ended,
            proof: watched.proofs,
            recount: watched.recount.as_ref(),
            check: watched.checked.as_ref(),
        }
    }

    /// The same for the task of a mapping.
    pub(super) fn of_mapping(self, name: &'a str) -> Self {
        Self {
            mapping: Some(name),
            ..self
        }
    }

    /// The same for the task of a route.
    pub(super) fn of_route(self, name: &'a str) -> Self {
        Self {
            route: Some(name),
            ..self
        }
    }
}

/// What some tasks did together.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Sum {
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    pub(super) verified: u64,
    pub(super) bytes: u64,
    pub(super) proof: Proofs,
}

impl Sum {
    pub(super) fn add(&mut self, task: &TaskSnapshot, proof: Proofs) {
        self.proof.join(proof);
        self.done += task.done;
        self.failed += task.failed;
        self.skipped += task.skipped;
        self.verified += task.verified;
        self.bytes += task.bytes;
    }

    pub(super) fn join(&mut self, other: Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.verified += other.verified;
        self.bytes += other.bytes;
        self.proof.join(other.proof);
    }

    /// In words, where each is called `thing`.
    pub(super) fn words(self, thing: &str) -> String {
        let mut parts = vec![
            humanize::counted(self.done, thing),
            format!("{} failed", humanize::count(self.failed)),
            humanize::bytes(self.bytes),
        ];
        if self.skipped > 0 {
            parts.push(format!("{} left", humanize::count(self.skipped)));
        }
        parts.join(", ")
    }
}

/// How what a task moved is proven, in words.
pub(super) fn proofs(watched: &Watched) -> Vec<String> {
    let mut parts = humanize::proofs(watched.proofs);
    if let Some(recount) = &watched.recount {
        let sign = if recount.equal { "=" } else { "≠" };
        parts.push(format!(
            "counted again {} {sign} {}",
            humanize::count(recount.source),
            humanize::count(recount.destination)
        ));
    }
    parts.extend(watched.checked.as_ref().map(Checked::words));
    parts
}

/// What all plans would do and leave, summed.
pub(super) fn all_planned<'p>(
    plans: impl Iterator<Item = &'p Plan>,
) -> BTreeMap<&'static str, TallyRecord> {
    let mut sum: BTreeMap<&'static str, TallyRecord> = BTreeMap::new();
    for (name, tally) in plans.flat_map(planned) {
        let of = sum.entry(name).or_insert(TallyRecord {
            objects: 0,
            bytes: 0,
        });
        of.objects += tally.objects;
        of.bytes += tally.bytes;
    }
    sum
}
