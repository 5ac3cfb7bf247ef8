//! The clean-up behind a task: sources go whose copies the journal proves by checksum or better, while both sides still are
//! what was proven. Both are listed afresh for the plan, and each is looked at once more before it goes; nothing is proven anew.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    diff::{Pair, Sign, Verdict},
    entry::{End, Facts, Kind},
    key::Key,
    plan::{
        Change, Claim, Cleaning, Deletes, Group, Op, Plan, PlannedRoute, Proven, Refusal, Since,
        Stays, Step, SyncOptions,
    },
    progress::{TaskId, TaskKind},
};

use super::{
    command::{Family, Member},
    ends::Ends,
    event::{Failed, FailedClass},
    family::AT_ONCE,
    go_on::{children, one},
    guard,
    journal::{Journal, PastTask},
    plan::{Memory, about, about_versions, compared, over},
    room::Room,
    transfer::Earlier,
};

/// Plans the clean-up behind a task, or behind each task of a group.
pub(super) async fn plan(room: &Room, id: TaskId) -> Result<Vec<PlannedRoute>, Failed> {
    let journal = room.remembered().await?;
    let head = one(&journal, id).await?;
    let tasks = match head.kind {
        TaskKind::Group => children(&journal, id).await?,
        TaskKind::Sync => vec![head.clone()],
        TaskKind::Verify => {
            let message = format!("task {} moved nothing: it proved what was there", id.0);
            return Err(Failed::usage(message));
        }
        TaskKind::Cleanup => vec![],
    };
    let behind: Vec<&PastTask> = tasks
        .iter()
        .filter(|task| task.kind == TaskKind::Sync)
        .collect();
    if behind.is_empty() {
        let message = format!("task {} copied nothing: no source stands behind it", id.0);
        return Err(Failed::usage(message));
    }
    let mut plans = Vec::with_capacity(tasks.len());
    for task in behind {
        let plan = of_task(room, &journal, task).await?;
        let name = task.name.clone().unwrap_or_else(|| "sources".into());
        plans.push((name, plan));
    }
    let cleaning = cleaning(id, plans.iter().map(|(_, plan)| plan));
    let named = plans.into_iter().map(|(name, mut plan)| {
        plan.cleans = Some(cleaning.clone());
        PlannedRoute {
            name,
            plan: Arc::new(plan),
        }
    });
    Ok(named.collect())
}

/// What licenses the removal of what is ticked in these plans.
fn cleaning<'p>(task: TaskId, plans: impl Iterator<Item = &'p Plan>) -> Cleaning {
    let goes: usize = plans.map(|plan| plan.steps().count()).sum();
    Cleaning {
        task: task.0,
        word: goes.to_string().into(),
    }
}

impl Family {
    /// What goes behind a task, as it was shown and ticked; the word that licenses it counts that alone.
    pub fn of_cleanup(task: TaskId, shown: impl IntoIterator<Item = PlannedRoute>) -> Self {
        let goes = |route: &PlannedRoute| route.plan.steps().next().is_some();
        let mut goes: Vec<PlannedRoute> = shown.into_iter().filter(goes).collect();
        let cleaning = cleaning(task, goes.iter().map(|route| &*route.plan));
        for route in &mut goes {
            Arc::make_mut(&mut route.plan).cleans = Some(cleaning.clone());
        }
        let name: Arc<str> = format!("clean up behind task {}", task.0).into();
        let alone = goes.len() == 1;
        let members = goes.into_iter().map(|route| Member {
            // One alone is a task of its own.
            name: if alone { Arc::clone(&name) } else { route.name },
            plan: route.plan,
            check: None,
        });
        Self {
            members: members.collect(),
            name,
            at_once: AT_ONCE,
        }
    }
}

async fn of_task(room: &Room, journal: &Journal, task: &PastTask) -> Result<Plan, Failed> {
    if !task.state.is_over() {
        let message = format!(
            "task {} is not over: its sources are still needed",
            task.id.0
        );
        return Err(Failed::guard(message, "wait for its end, or cancel it"));
    }
    let Some((mut moved, ..)) = journal.recall(task.id).await? else {
        let message = format!("the plan of task {} was not kept", task.id.0);
        return Err(Failed::usage(message));
    };
    // What goes is looked at freshly, whatever the move was listed by.
    moved.options.listing = None;
    let ends = Ends::of_plan(&room.sessions, &moved).await?;
    guard::destination(room, &ends.left.location).await?;
    let mut sorted = Sorted::default();
    let mut comparison = compared(room, &ends, &moved.options).await?;
    let mut memory = Memory::of(room, &ends).await;
    while let Some(pairs) = comparison.next().await {
        let proven = proven(journal, &ends, &pairs).await?;
        for pair in &pairs {
            let since = memory.since(pair).await;
            sorted.take(pair, (proven.get(&pair.key), since), may_be_one(&ends));
        }
    }
    let broken = over(&comparison)?
        .into_iter()
        .find(|end| !matches!(end, End::Complete));
    if broken.is_some() {
        return Err(Failed {
            class: FailedClass::Broken,
            help: Some("run it again: nothing was deleted".to_owned()),
            ..Failed::usage("a listing broke, so that it is not known what stands where")
        });
    }
    let mut plan = sorted.plan(&ends, &moved);
    plan.notices.extend(about(room, &ends));
    plan.notices.extend(about_versions(&plan, &ends).await);
    Ok(plan)
}

fn may_be_one(ends: &Ends) -> bool {
    ends.left.location.may_be(&ends.right.location)
}

/// How the sources of these pairs are proven.
async fn proven(
    journal: &Journal,
    ends: &Ends,
    pairs: &[Pair],
) -> Result<HashMap<Key, Proven>, Failed> {
    let sources = pairs.iter().filter(|pair| pair.right.is_some());
    let sources = sources.filter_map(|pair| Some((pair.key.clone(), pair.left.clone()?)));
    let sources: Vec<(Key, Facts)> = sources.collect();
    let places = (&ends.left.filed, &ends.right.filed);
    Ok(journal.proven(places, sources).await?)
}

/// What may go, and what stays.
#[derive(Default)]
struct Sorted {
    steps: Vec<Step>,
    stays: Vec<Refusal>,
}

impl Sorted {
    fn take(&mut self, pair: &Pair, (proven, since): (Option<&Proven>, Since), may_be_one: bool) {
        let Some(source) = &pair.left else { return };
        if source.kind != Kind::Object || pair.verdict == Verdict::Excluded {
            return;
        }
        let claim = Claim {
            planned: source,
            source,
            destination: pair.right.as_ref(),
            proven,
            may_be_one,
        };
        match claim.judge() {
            Ok(()) => self.steps.push(Step {
                seq: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
                op: Op::Remove,
                key: pair.key.clone(),
                source: pair.left.clone(),
                destination: pair.right.clone().map(Box::new),
            }),
            Err(why) => self.stays.push(Refusal {
                key: pair.key.clone(),
                sign: Sign::Unproven,
                reason: reason(why, since).into(),
            }),
        }
    }

    fn plan(self, ends: &Ends, moved: &Plan) -> Plan {
        let places = (ends.left.location.clone(), ends.right.location.clone());
        let options = SyncOptions {
            remove_source: true,
            recount: false,
            delete: Deletes::Never,
            backup_dir: None,
            ..moved.options.clone()
        };
        let mut plan = Plan::of_proof(places, moved.only.clone(), options, Timestamp::now());
        plan.left.refused = self.stays;
        if !self.steps.is_empty() {
            plan.groups.push(Group {
                sign: Sign::Same,
                op: Op::Remove,
                overwrites: false,
                selected: true,
                why: Some(
                    "proven by checksum in this journal, unchanged on both sides since".into(),
                ),
                steps: self.steps,
            });
        }
        plan
    }
}

/// Why a source stays: the journal tells a change since the proof from one that was never proven.
fn reason(why: Stays, since: Since) -> String {
    match (why, since) {
        (
            Stays::Unproven,
            Since::Proven {
                left: Change::Changed | Change::Gone,
                ..
            },
        ) => "it changed since it was proven".to_owned(),
        (
            Stays::Unproven
            | Stays::Changed
            | Stays::Unknown
            | Stays::Missing
            | Stays::Other
            | Stays::Itself,
            _,
        ) => why.to_string(),
    }
}

/// What a clean-up begins with: the proofs that license it.
pub(super) async fn earlier(
    room: &Room,
    plan: &Plan,
    ends: &Ends,
) -> Result<Option<Earlier>, Failed> {
    if plan.cleans.is_none() {
        return Ok(None);
    }
    let steps = plan.steps();
    let sources = steps.filter_map(|step| Some((step.key.clone(), step.source.clone()?)));
    let sources: Vec<(Key, Facts)> = sources.collect();
    let journal = room.remembered().await?;
    let places = (&ends.left.filed, &ends.right.filed);
    Ok(Some(Earlier {
        proven: journal.proven(places, sources).await?,
        ..Earlier::default()
    }))
}
