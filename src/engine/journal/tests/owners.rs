//! Who owns a task, by a clock that the test turns: one at a time, whoever is silent loses it, whoever lost it is not heard.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{begin, here, history, open_as, there};
use crate::domain::{
    key::Key,
    plan::Op,
    progress::{EndedStep, Outcome, Requests, TaskId, TaskState},
};
use crate::engine::journal::{
    Clock, Heard, Journal, NotTaken, Owner, Pulse, Setup, Taken, TaskJournal, Wish,
};

/// A number that no process bears.
const DEAD: u32 = u32::MAX;

/// Journals of several programs in one file, and the time that all of them see.
struct World {
    folder: TempDir,
    now: Arc<AtomicI64>,
}

impl World {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            now: Arc::new(AtomicI64::new(1_000_000)),
        }
    }

    fn wait(&self, ms: i64) {
        self.now.fetch_add(ms, SeqCst);
    }

    /// A program with this process number.
    async fn program(&self, process: u32) -> Journal {
        let now = Arc::clone(&self.now);
        let setup = Setup {
            owner: Owner {
                process,
                ..Owner::of_process()
            },
            clock: Clock::new(move || now.load(SeqCst)),
            keep: None,
        };
        open_as(&self.folder, setup).await
    }
}

fn alive() -> u32 {
    std::process::id()
}

async fn take(journal: &Journal, task: TaskId) -> Result<Taken, NotTaken> {
    let filed = async |_: &_| (here(), there());
    journal.take(task, filed).await.unwrap()
}

fn pulse(task: TaskId, done: u64) -> Pulse {
    Pulse {
        task,
        done,
        failed: 0,
        skipped: 0,
        verified: done,
        bytes: 10 * done,
        retries: 0,
        throttled: 0,
        requests: Requests {
            by_operation: vec![("PutObject".into(), done)],
        },
    }
}

fn done(seq: u32) -> EndedStep {
    EndedStep {
        seq,
        key: Key::from("a"),
        op: Op::Upload,
        outcome: Outcome::Done {
            bytes: 10,
            proof: None,
        },
    }
}

#[tokio::test]
async fn a_task_that_is_run_is_not_taken_over_and_shows_how_it_goes_on() {
    let world = World::new();
    let (one, other) = (world.program(alive()).await, world.program(alive()).await);
    let task = begin(&one).await;
    task.state(TaskState::Running, None).await;
    assert_eq!(task.beat(pulse(task.task(), 2)).await, Heard::Nothing);
    world.wait(9_000);
    let refused = take(&other, task.task()).await.unwrap_err();
    assert!(matches!(refused, NotTaken::Runs { process, .. } if process == alive()));
    let seen = &history(&other).await[0];
    assert_eq!(
        (seen.state, seen.done, seen.bytes),
        (TaskState::Running, 2, 20)
    );
    assert_eq!(seen.requests.total(), 2);
}

#[tokio::test]
async fn a_silent_owner_loses_its_task_after_ten_seconds_and_is_not_heard_any_more() {
    let world = World::new();
    let (one, other) = (world.program(alive()).await, world.program(alive()).await);
    let task = begin(&one).await;
    world.wait(10_000);
    assert_eq!(history(&other).await[0].state, TaskState::Interrupted);
    let taken = take(&other, task.task()).await.unwrap();
    assert_eq!((taken.task.runs, taken.task.flags.len()), (2, 2));
    assert_eq!(task.beat(pulse(task.task(), 9)).await, Heard::Lost);
    task.ended(&done(7)).await;
    task.state(TaskState::Done, None).await;
    one.settle().await.unwrap();
    taken.journal.ended(&done(1)).await;
    taken.journal.state(TaskState::Cancelled, None).await;
    let seen = &history(&other).await[0];
    assert_eq!((seen.state, seen.done), (TaskState::Cancelled, 1));
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "the figures are the test's result")]
async fn t12_exactly_one_of_two_programs_runs_a_task_and_a_silent_one_loses_it_within_ten_seconds()
{
    const RACES: usize = 100;
    let world = World::new();
    let (one, other) = (world.program(alive()).await, world.program(alive()).await);
    let mut taken = [0; 3];
    for _ in 0..RACES {
        let task = begin(&world.program(DEAD).await).await.task();
        let (mine, theirs) = tokio::join!(take(&one, task), take(&other, task));
        taken[usize::from(mine.is_ok()) + usize::from(theirs.is_ok())] += 1;
    }
    let (mut latest, mut too_early) = (0, 0);
    for silence in (0..10_000).step_by(500) {
        let task = begin(&one).await;
        task.state(TaskState::Running, None).await;
        world.wait(silence);
        task.beat(pulse(task.task(), 1)).await;
        let mut waited = 0;
        while take(&other, task.task()).await.is_err() {
            world.wait(100);
            waited += 100;
        }
        latest = latest.max(waited);
        too_early += usize::from(waited < 10_000);
    }
    println!(
        "T12 races={RACES} ran_by_none={} ran_by_one={} ran_by_both={} taken_over_after_ms={latest} too_early={too_early}",
        taken[0], taken[1], taken[2]
    );
    assert_eq!(taken, [0, RACES, 0]);
    assert!(latest <= 10_000 && too_early == 0);
}

#[tokio::test]
async fn the_task_of_a_dead_process_is_taken_over_at_once() {
    let world = World::new();
    let (dead, other) = (world.program(DEAD).await, world.program(alive()).await);
    let task = begin(&dead).await;
    assert_eq!(history(&other).await[0].state, TaskState::Interrupted);
    assert!(take(&other, task.task()).await.is_ok());
}

#[tokio::test]
async fn a_task_that_was_let_go_can_be_had_at_once_by_one() {
    let world = World::new();
    let one = world.program(alive()).await;
    let task = begin(&one).await;
    task.state(TaskState::Interrupted, None).await;
    one.settle().await.unwrap();
    let (a, b) = (world.program(alive()).await, world.program(alive()).await);
    let (a, b) = tokio::join!(take(&a, task.task()), take(&b, task.task()));
    assert!(a.is_ok() ^ b.is_ok());
}

#[tokio::test]
async fn what_is_done_or_unknown_is_not_gone_on_with() {
    let world = World::new();
    let one = world.program(alive()).await;
    let task = begin(&one).await;
    task.state(TaskState::Done, None).await;
    assert_eq!(take(&one, task.task()).await.unwrap_err(), NotTaken::Done);
    assert_eq!(take(&one, TaskId(99)).await.unwrap_err(), NotTaken::Unknown);
}

#[tokio::test]
async fn a_wish_is_heard_once_by_the_owner() {
    let world = World::new();
    let (one, other) = (world.program(alive()).await, world.program(alive()).await);
    let task = begin(&one).await;
    other.ask(task.task(), Wish::Cancel).await.unwrap();
    assert_eq!(
        task.beat(pulse(task.task(), 0)).await,
        Heard::Wish(Wish::Cancel)
    );
    assert_eq!(task.beat(pulse(task.task(), 0)).await, Heard::Nothing);
}

/// What happens to one task among several programs.
#[derive(Debug, Clone)]
enum Deed {
    Wait(i64),
    Take(usize),
    Beat(usize),
    Release(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        (0_i64..12_000).prop_map(Deed::Wait),
        (0_usize..3).prop_map(Deed::Take),
        (0_usize..3).prop_map(Deed::Beat),
        (0_usize..3).prop_map(Deed::Release),
    ];
    proptest::collection::vec(deed, 1..24)
}

/// Does the deeds beside a model of one owner with a heartbeat; three programs that live, of which the first begins.
async fn play(deeds: Vec<Deed>) {
    let world = World::new();
    let mut programs = Vec::new();
    for _ in 0..3 {
        programs.push(world.program(alive()).await);
    }
    let first = begin(&programs[0]).await;
    let id = first.task();
    let mut hold: Vec<Option<TaskJournal>> = vec![Some(first), None, None];
    let (mut owner, mut beat) = (Some(0), world.now.load(SeqCst));
    for deed in deeds {
        let now = world.now.load(SeqCst);
        match deed {
            Deed::Wait(ms) => world.wait(ms),
            Deed::Take(who) => {
                let taken = take(&programs[who], id).await;
                let free = owner.is_none() || now - beat >= 10_000;
                assert_eq!(
                    taken.is_ok(),
                    free,
                    "{owner:?} was heard {} ms ago",
                    now - beat
                );
                if let Ok(taken) = taken {
                    hold[who] = Some(taken.journal);
                    (owner, beat) = (Some(who), now);
                }
            }
            Deed::Beat(who) => {
                let Some(task) = &hold[who] else { continue };
                let heard = task.beat(pulse(id, 0)).await;
                assert_eq!(heard == Heard::Lost, owner != Some(who));
                if owner == Some(who) {
                    beat = now;
                }
            }
            Deed::Release(who) => {
                let Some(task) = &hold[who] else { continue };
                task.state(TaskState::Interrupted, None).await;
                programs[who].settle().await.unwrap();
                if owner == Some(who) {
                    owner = None;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn one_program_at_a_time_owns_a_task(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(play(deeds));
    }
}
