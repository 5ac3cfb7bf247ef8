//! What `wharf migrate` tells at the end: a line and a `route` record for each route, totals and a `summary`.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;

use crate::cli::{
    command::{
        Context,
        family::{End, Run, Sum, TaskRecord, all_planned, proofs},
        progress::Watched,
    },
    exit::Exit,
    output::record::{TallyRecord, requests},
};
use crate::domain::{
    plan::Op,
    progress::{TaskId, TaskSnapshot},
};
use crate::humanize;

use super::Ready;

/// `route`: what became of one route.
#[derive(Serialize)]
struct RouteRecord<'a> {
    r#type: &'static str,
    name: &'a str,
    source: String,
    destination: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    /// Why its objects go the way they go.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    planned: u64,
    planned_bytes: u64,
    #[serde(flatten)]
    sum: Sum,
    same: TallyRecord,
    left_out: TallyRecord,
    mode: Mode,
}

/// How objects went between buckets.
#[derive(Serialize, Clone, Copy, Default)]
struct Mode {
    direct: u64,
    relay: u64,
    /// Of the relayed ones, those that the server refused to copy.
    fell_back: u64,
}

/// `summary` of the whole.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    dry_run: bool,
    routes: u64,
    planned: BTreeMap<&'static str, TallyRecord>,
    #[serde(flatten)]
    sum: Sum,
    mode: Mode,
    requests: BTreeMap<&'a str, u64>,
    seconds: f64,
}

impl Context {
    /// Tells what became of each route and of all; what that means for the exit code.
    pub(super) fn tell_routes(&mut self, ready: &[Ready], end: &End, began: Instant) -> Exit {
        let snapshot = self.engine.snapshot();
        let run = end.run();
        let mut tasks = run.map(|run| run.tasks.iter()).into_iter().flatten();
        let (mut exit, mut sum, mut mode) = (Exit::Ok, Sum::default(), Mode::default());
        let dry = matches!(end, End::Dry);
        for route in ready {
            let task = if route.runs() { tasks.next() } else { None };
            let ran = task.and_then(|id| {
                let task = snapshot.tasks.iter().find(|task| task.id == *id)?;
                Some((task, run?.watched.get(id)?))
            });
            let (own, way) = self.tell_route(route, ran, dry);
            sum.join(own);
            mode.join(way);
            exit = exit.and(ran.map_or(Exit::Ok, |(_, watched)| watched.exit()));
        }
        exit = exit.and(run.map_or(Exit::Ok, Run::exit));
        let seconds = began.elapsed().as_secs_f64();
        if ready.len() > 1 && !dry {
            self.output.line(format_args!(
                "{}: {}, {seconds:.1} s",
                humanize::counted(ready.len() as u64, "route"),
                sum.words("object")
            ));
        }
        self.output.record(&Summary {
            r#type: "summary",
            task: run.map(|run| run.head),
            dry_run: dry,
            routes: ready.len() as u64,
            planned: all_planned(ready.iter().map(|route| &*route.plan)),
            sum,
            mode,
            requests: requests(&snapshot.requests),
            seconds,
        });
        exit
    }

    fn tell_route(
        &mut self,
        route: &Ready,
        ran: Option<(&TaskSnapshot, &Watched)>,
        dry: bool,
    ) -> (Sum, Mode) {
        let (mut sum, mut mode) = (Sum::default(), Mode::default());
        if let Some((task, watched)) = ran {
            sum.add(task, watched.proofs);
            mode.add(watched);
            let record = TaskRecord::new(task, watched);
            self.output.record(&record.of_route(&route.name));
        }
        let plan = &route.plan;
        let moves = plan.moves();
        let state = match ran {
            Some((task, _)) => task.stage(),
            None if dry && route.runs() => "planned",
            None => "nothing to do",
        };
        self.output.record(&RouteRecord {
            r#type: "route",
            name: &route.name,
            source: plan.source.to_string(),
            destination: plan.destination.to_string(),
            state,
            task: ran.map(|(task, _)| task.id),
            why: plan.groups.iter().find_map(|group| group.why.as_deref()),
            planned: moves.objects,
            planned_bytes: moves.bytes,
            sum,
            same: plan.left.all_same().into(),
            left_out: plan.left.excluded.into(),
            mode,
        });
        if dry {
            return (sum, mode);
        }
        let mut parts = vec![state.to_owned()];
        match ran {
            Some((_, watched)) => {
                parts.push(sum.words("object"));
                parts.extend(mode.words());
                parts.extend(proofs(watched));
            }
            None => parts.push(format!(
                "{} the same",
                humanize::counted(plan.left.all_same().objects, "object")
            )),
        }
        self.output
            .line(format_args!("{}: {}", route.name, parts.join(", ")));
        let recount = ran.and_then(|(_, watched)| watched.recount.as_ref());
        if let Some(recount) = recount.filter(|recount| !recount.equal) {
            self.tell_recount(recount);
        }
        (sum, mode)
    }
}

impl Mode {
    fn add(&mut self, watched: &Watched) {
        self.direct += watched.by_op[Op::Copy as usize];
        self.relay += watched.by_op[Op::Relay as usize];
        self.fell_back += watched.other_way;
    }

    fn join(&mut self, other: Self) {
        self.direct += other.direct;
        self.relay += other.relay;
        self.fell_back += other.fell_back;
    }

    /// In words, where some went through this machine.
    fn words(self) -> Option<String> {
        let told = match (self.relay, self.fell_back) {
            (0, _) => return None,
            (relay, 0) => format!("{} through this machine", humanize::count(relay)),
            (relay, back) => format!(
                "{} through this machine ({} that the server refused to copy)",
                humanize::count(relay),
                humanize::count(back)
            ),
        };
        Some(told)
    }
}
