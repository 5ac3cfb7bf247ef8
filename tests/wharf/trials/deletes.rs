//! T7 and T8: deletes against a model, with overwrites between the plan and the delete; and with listings that break at
//! every page.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use wharf::{
    demo::Fault,
    domain::{
        entry::End,
        location::Location,
        plan::{Op, Plan},
        progress::Outcome,
        retry::FailureKind,
    },
    engine::FailedClass,
};

use crate::engine::{
    desk::{Desk, bucket, steps},
    transfer::{BUCKET, Rig},
};

use super::{Luck, mirror, seed, size};

/// What is to become of a key that only the destination has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is what the plan saw: deleted.
    Deleted,
    /// It is overwritten before the delete arrives: kept.
    Overwritten,
    /// It is gone before the delete arrives.
    Gone,
}

/// A small world of one run.
struct World {
    prefix: String,
    both: Vec<String>,
    extra: BTreeMap<String, Fate>,
}

impl World {
    fn new(luck: &mut Luck, number: usize) -> Self {
        let name = |luck: &mut Luck, at: usize| {
            let odd = ["", "\u{1}", "é", "x/y", " ", "+"];
            format!("k{at}{}", luck.pick(&odd))
        };
        let both = (0..luck.below(4)).map(|at| name(luck, at)).collect();
        let fates = [Fate::Deleted, Fate::Deleted, Fate::Overwritten, Fate::Gone];
        let mut extra = BTreeMap::new();
        for at in 10..=10 + luck.below(6) {
            extra.insert(name(luck, at), *luck.pick(&fates));
        }
        Self {
            prefix: format!("w{number}/"),
            both,
            extra,
        }
    }

    /// Changes what the hook is to change, once.
    fn change(extra: &mut BTreeMap<String, Fate>, overwrite: impl Fn(&str), remove: impl Fn(&str)) {
        for (key, fate) in std::mem::take(extra) {
            match fate {
                Fate::Deleted => {}
                Fate::Overwritten => overwrite(&key),
                Fate::Gone => remove(&key),
            }
        }
    }
}

/// Changes the objects below `prefix` when the first delete arrives.
fn change_objects(rig: &Rig, world: &World) {
    let (store, prefix) = (rig.demo.store().clone(), world.prefix.clone());
    let due = Mutex::new(world.extra.clone());
    let full = move |key: &str| format!("{prefix}{key}");
    rig.demo.faults().before_each(move |asked| {
        if !asked.operation.starts_with("DeleteObject") {
            return;
        }
        let put = |key: &str| store.put(BUCKET, &full(key), b"unseen".to_vec()).unwrap();
        let delete = |key: &str| store.delete(BUCKET, &full(key));
        World::change(&mut due.lock().unwrap(), put, delete);
    });
}

/// Changes the files when the first object is fetched, which comes before the deletes.
fn change_files(rig: &Rig, world: &World) {
    let folder = rig.path(&world.prefix);
    let due = Mutex::new(world.extra.clone());
    rig.demo.faults().before_each(move |asked| {
        if asked.operation != "GetObject" {
            return;
        }
        let write = |key: &str| std::fs::write(folder.join(key), b"unseen").unwrap();
        let remove = |key: &str| std::fs::remove_file(folder.join(key)).unwrap();
        World::change(&mut due.lock().unwrap(), write, remove);
    });
}

/// Whether a fate is told as it is.
fn is_right(fate: Fate, outcome: &Outcome) -> bool {
    match (fate, outcome) {
        (Fate::Deleted, Outcome::Done { .. }) | (Fate::Gone, Outcome::Skipped { .. }) => true,
        (Fate::Overwritten, Outcome::Failed(failure)) => failure.kind == FailureKind::Changed,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t7_only_what_the_plan_saw_is_deleted_from_s3() {
    let (seed, runs) = (seed(7), size(150, 5_000));
    let mut luck = Luck::new(seed);
    let rig = Rig::new();
    let (mut deletes, mut overwritten) = (0, 0);
    for number in 0..runs {
        let world = World::new(&mut luck, number);
        for key in &world.both {
            rig.file(&format!("{}{key}", world.prefix), b"same");
            rig.object(&format!("{}{key}", world.prefix), b"same");
        }
        for key in world.extra.keys() {
            rig.object(&format!("{}{key}", world.prefix), b"seen");
        }
        std::fs::create_dir_all(rig.path(&world.prefix)).unwrap();
        let source = Location::Disk(rig.path(&world.prefix));
        let plan = rig
            .plan(&source, &Rig::bucket(&world.prefix), mirror())
            .await;
        change_objects(&rig, &world);
        let ended = rig.run(plan).await;
        rig.demo.faults().before_each(|_| {});
        for (key, fate) in &world.extra {
            let outcome = &ended.told.outcomes[key];
            assert!(
                is_right(*fate, outcome),
                "run {number} {key:?}: {fate:?}, {outcome:?}"
            );
            let body = rig.body(&format!("{}{key}", world.prefix));
            let expected = (*fate == Fate::Overwritten).then(|| b"unseen".to_vec());
            assert_eq!(body, expected, "run {number} {key:?}");
            deletes += usize::from(*fate == Fate::Deleted);
            overwritten += usize::from(*fate == Fate::Overwritten);
        }
        for key in &world.both {
            let body = rig.body(&format!("{}{key}", world.prefix));
            assert_eq!(body.unwrap(), b"same", "run {number} {key:?}");
        }
    }
    let unguarded = rig.demo.store().unguarded_deletes();
    println!(
        "T7 seed={seed} to=s3 runs={runs} deletes={deletes} overwritten={overwritten} wrong=0 without_if_match={unguarded}"
    );
    assert_eq!(unguarded, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t7_only_what_the_plan_saw_is_deleted_from_disk() {
    let (seed, runs) = (seed(77), size(150, 5_000));
    let mut luck = Luck::new(seed);
    let rig = Rig::new();
    let (mut deletes, mut overwritten) = (0, 0);
    for number in 0..runs {
        let world = World::new(&mut luck, number);
        // Something is fetched before the deletes: its request brings the changes.
        rig.object(&format!("{}first", world.prefix), b"first");
        for key in world.extra.keys() {
            rig.file(&format!("{}{key}", world.prefix), b"seen");
        }
        let folder = rig.path(&world.prefix);
        let plan = rig
            .plan(
                &Rig::bucket(&world.prefix),
                &Location::Disk(folder.clone()),
                mirror(),
            )
            .await;
        change_files(&rig, &world);
        let ended = rig.run(plan).await;
        for (key, fate) in &world.extra {
            let outcome = &ended.told.outcomes[key];
            assert!(
                is_right(*fate, outcome),
                "run {number} {key:?}: {fate:?}, {outcome:?}"
            );
            let body = std::fs::read(folder.join(key)).ok();
            let expected = (*fate == Fate::Overwritten).then(|| b"unseen".to_vec());
            assert_eq!(body, expected, "run {number} {key:?}");
            deletes += usize::from(*fate == Fate::Deleted);
            overwritten += usize::from(*fate == Fate::Overwritten);
        }
    }
    println!(
        "T7 seed={seed} to=disk runs={runs} deletes={deletes} overwritten={overwritten} wrong=0"
    );
}

/// What became of the plans of T8.
#[derive(Default)]
struct Plans {
    refused: usize,
    /// Only a page was hit that was fetched ahead and not wanted: the listing is whole.
    whole: usize,
}

impl Plans {
    /// A plan whose listing broke deletes nothing and is not run; a whole one deletes exactly these.
    async fn judge(&mut self, desk: &mut Desk, plan: Option<Arc<Plan>>, extra: usize) {
        let Some(plan) = plan else { return };
        let prints = [&plan.source_print, &plan.destination_print];
        let deletes = steps(&plan)
            .iter()
            .filter(|(_, op)| *op == Op::Delete)
            .count();
        if prints
            .iter()
            .all(|print| matches!(print.end, End::Complete))
        {
            assert_eq!(deletes, extra);
            self.whole += 1;
            return;
        }
        assert_eq!(deletes, 0);
        let told = desk.submit(&plan).await.unwrap_err();
        assert_eq!(told.class, FailedClass::Guard);
        self.refused += 1;
    }
}

#[tokio::test]
async fn t8_a_listing_that_breaks_at_any_page_deletes_nothing() {
    let pages = size(12, 40);
    let mut plans = Plans::default();
    for page in 1..=pages {
        let mut desk = Desk::new();
        let mut limits = desk.demo.store().limits();
        limits.page = 10;
        desk.demo.store().set_limits(limits);
        let objects = pages * 10 - 5;
        desk.objects("k", objects);
        desk.file("k00000", b"x");
        desk.break_page(page as u64);
        // As the destination, and as the source.
        let up = desk.plan(&desk.local(), &bucket(""), mirror()).await;
        assert!(
            desk.demo.faults().hits(Fault::ExpiredToken) > 0,
            "page {page}"
        );
        desk.demo.faults().clear();
        for number in 0..50 {
            desk.file(&format!("l{number}"), b"x");
        }
        desk.break_page(page as u64);
        let down = desk.plan(&bucket(""), &desk.local(), mirror()).await;
        assert!(
            desk.demo.faults().hits(Fault::ExpiredToken) > 0,
            "page {page}"
        );
        desk.demo.faults().clear();
        assert_eq!((up.is_err(), down.is_err()), (page == 1, page == 1));
        for (plan, extra) in [(up, objects - 1), (down, 50)] {
            plans.judge(&mut desk, plan.ok(), extra).await;
        }
        let log = desk.demo.log();
        assert_eq!(log.count("DeleteObjects") + log.count("DeleteObject"), 0);
        assert_eq!(desk.demo.store().keys("pics", "").len(), objects);
        assert!((0..50).all(|number| desk.path(&format!("l{number}")).exists()));
    }
    let Plans { refused, whole } = plans;
    println!("T8 pages={pages} sides=2 refused={refused} whole_all_the_same={whole} deletes=0");
    assert!(refused > pages);
}
