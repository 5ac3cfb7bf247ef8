//! What `pull`, `push` and `both` tell at the end: a line and a `task` record for each mapping, totals and a `summary`.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;

use crate::cli::{
    command::{
        Context,
        family::{End, Run, Sum, TaskRecord, all_planned, proofs},
        plan::left_out,
        progress::Watched,
    },
    exit::Exit,
    output::record::{TallyRecord, requests},
};
use crate::domain::{
    plan::{Plan, Tally},
    progress::{TaskId, TaskSnapshot},
};
use crate::humanize;

use super::Ready;

/// `mapping`: what became of one mapping.
#[derive(Serialize)]
struct MappingRecord<'a> {
    r#type: &'static str,
    name: &'a str,
    way: &'static str,
    local: String,
    remote: String,
    #[serde(flatten)]
    sum: Sum,
    same: TallyRecord,
    left_out: TallyRecord,
    conflicts: u64,
}

/// `summary` of the whole.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    dry_run: bool,
    mappings: u64,
    planned: BTreeMap<&'static str, TallyRecord>,
    #[serde(flatten)]
    sum: Sum,
    conflicts: u64,
    requests: BTreeMap<&'a str, u64>,
    seconds: f64,
}

impl Context {
    /// Tells what became of each mapping and of all; what that means for the exit code.
    pub(in crate::cli::command) fn tell_mappings(
        &mut self,
        ready: &[Ready],
        end: &End,
        began: Instant,
    ) -> Exit {
        let snapshot = self.engine.snapshot();
        let run = end.run();
        let mut tasks = run.map(|run| run.tasks.iter()).into_iter().flatten();
        let (mut exit, mut sum) = (Exit::Ok, Sum::default());
        let dry = matches!(end, End::Dry);
        for ready in ready {
            let runs = ready
                .plans
                .iter()
                .filter(|asking| ready.errand.runs(&asking.plan));
            let ids: Vec<TaskId> = runs.filter_map(|_| tasks.next().copied()).collect();
            let of = |id: &TaskId| snapshot.tasks.iter().find(|task| task.id == *id);
            let ran: Vec<(&TaskSnapshot, &Watched)> = ids
                .iter()
                .filter_map(|id| Some((of(id)?, run?.watched.get(id)?)))
                .collect();
            let own = self.tell_mapping(ready, &ran, dry);
            sum.join(own);
            exit = ran
                .iter()
                .fold(exit, |exit, (_, watched)| exit.and(watched.exit()));
        }
        exit = exit.and(run.map_or(Exit::Ok, Run::exit));
        let seconds = began.elapsed().as_secs_f64();
        if ready.len() > 1 && dry {
            let plans = ready.iter().flat_map(|ready| &ready.plans);
            self.output.remark(format_args!(
                "{}: {}",
                humanize::counted(ready.len() as u64, "mapping"),
                moves(plans.map(|asking| &*asking.plan))
            ));
        } else if ready.len() > 1 {
            let mut parts = vec![sum.words("file")];
            parts.extend(humanize::proofs(sum.proof));
            self.output.line(format_args!(
                "{}: {}, {seconds:.1} s",
                humanize::counted(ready.len() as u64, "mapping"),
                parts.join(", ")
            ));
        }
        let plans = ready.iter().flat_map(|ready| &ready.plans);
        self.output.record(&Summary {
            r#type: "summary",
            task: run.map(|run| run.head),
            dry_run: dry,
            mappings: ready.len() as u64,
            planned: all_planned(plans.map(|asking| &*asking.plan)),
            sum,
            conflicts: ready.iter().map(|ready| ready.conflicts).sum(),
            requests: requests(&snapshot.requests),
            seconds,
        });
        exit
    }

    fn tell_mapping(&mut self, ready: &Ready, ran: &[(&TaskSnapshot, &Watched)], dry: bool) -> Sum {
        let mut sum = Sum::default();
        for (task, watched) in ran {
            sum.add(task, watched.proofs);
            let record = TaskRecord::new(task, watched);
            self.output
                .record(&record.of_mapping(&ready.errand.mapping.name));
        }
        let mapping = &ready.errand.mapping;
        let places = [&ready.errand.left, &ready.errand.right];
        let local = places.iter().find(|place| place.disk().is_some());
        let local = local.map(ToString::to_string).unwrap_or_default();
        self.output.record(&MappingRecord {
            r#type: "mapping",
            name: &mapping.name,
            way: ready.errand.way.word(),
            local: local.clone(),
            remote: mapping.remote.value.to_string(),
            sum,
            same: ready.same.into(),
            left_out: ready.left_out.into(),
            conflicts: ready.conflicts,
        });
        if dry {
            self.output
                .remark(format_args!("{}: {}", mapping.name, ready.would()));
            return sum;
        }
        let mut parts = vec![sum.words("file"), local];
        if ran.is_empty() {
            parts = vec![
                "nothing to do".to_owned(),
                format!("{} the same", humanize::counted(ready.same.objects, "file")),
            ];
        }
        parts.extend(ran.iter().flat_map(|(_, watched)| proofs(watched)));
        if ready.left_out.objects > 0 {
            parts.push(left_out(ready.left_out));
        }
        if ready.conflicts > 0 {
            parts.push(humanize::counted(ready.conflicts, "conflict"));
        }
        self.output
            .line(format_args!("{}: {}", mapping.name, parts.join(", ")));
        for (_, watched) in ran {
            if let Some(recount) = watched.recount.as_ref().filter(|recount| !recount.equal) {
                self.tell_recount(recount);
            }
        }
        sum
    }
}

impl Ready {
    /// What would become of it.
    fn would(&self) -> String {
        let mut parts = vec![
            moves(self.plans.iter().map(|asking| &*asking.plan)),
            format!("{} the same", humanize::count(self.same.objects)),
        ];
        if self.conflicts > 0 {
            parts.push(humanize::counted(self.conflicts, "conflict"));
        }
        if self.left_out.objects > 0 {
            parts.push(left_out(self.left_out));
        }
        parts.join(", ")
    }
}

/// "4 files, 1.2 GiB to move, 1 of them to overwrite, 2 to delete".
fn moves<'p>(plans: impl Iterator<Item = &'p Plan>) -> String {
    let (mut moved, mut lost) = (Tally::default(), [0, 0]);
    for plan in plans {
        moved.join(plan.moves());
        let consent = plan.needs_consent();
        lost[0] += consent.overwrites.objects;
        lost[1] += consent.deletes.objects;
    }
    let mut parts = vec![
        humanize::counted(moved.objects, "file"),
        format!("{} to move", humanize::bytes(moved.bytes)),
    ];
    for (n, word) in lost.into_iter().zip(["of them to overwrite", "to delete"]) {
        if n > 0 {
            parts.push(format!("{} {word}", humanize::count(n)));
        }
    }
    parts.join(", ")
}
