//! Pace: memory at any number of workers, small objects beside large ones, one pool of connections, limits changed live.

use std::sync::Arc;

use wharf::{
    demo::{Fault, Rule},
    domain::plan::SyncOptions,
    engine::Pace,
};

use crate::engine::transfer::{PART, Rig, noise};

use super::{Luck, size};

fn workers(workers: u16) -> SyncOptions {
    SyncOptions {
        workers: Some(workers),
        recount: false,
        ..SyncOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buffers_keep_to_their_budget_at_any_number_of_workers() {
    const BUDGET: u64 = 6 * PART as u64;
    let mut luck = Luck::new(1);
    let mut most = Vec::new();
    for wide in [1, 8, 250] {
        let mut rig = Rig::new();
        rig.tuning.memory = BUDGET;
        let files = size(60, 600);
        for number in 0..files {
            let size = luck.below(4 * PART);
            rig.file(&format!("{number:03}"), &noise(size, number as u64));
        }
        for (source, destination) in [
            (rig.local(), Rig::bucket("up/")),
            (Rig::bucket("up/"), rig.local()),
        ] {
            let plan = rig.plan(&source, &destination, workers(wide)).await;
            let count = plan.steps().count() as u64;
            let running = rig.start(plan).await;
            let counters = Arc::clone(&running.task.counters);
            let ended = running.end().await;
            assert_eq!(ended.snapshot.done, count, "{:?}", ended.told);
            let held = counters.most_buffered();
            assert!(held <= BUDGET, "{held} of {BUDGET} with {wide} workers");
            most.push(held);
            std::fs::remove_dir_all(rig.folder.path()).unwrap();
            std::fs::create_dir(rig.folder.path()).unwrap();
        }
    }
    println!("pace memory budget={BUDGET} most={most:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_parts_are_on_their_way_than_memory_holds() {
    let mut rig = Rig::new();
    // Parts may take three quarters.
    rig.tuning.memory = 8 * PART as u64;
    rig.file("large", &noise(40 * PART, 1));
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), workers(200)).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("UploadPart"));
    let running = rig.start(plan).await;
    faults.until_stalled(6).await;
    // All that could still run on this runtime runs before a request would reach the log.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.demo.log().count("UploadPart"), 6);
    faults.clear();
    assert_eq!(running.end().await.snapshot.done, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_objects_end_while_large_ones_stand_still() {
    let mut rig = Rig::new();
    rig.tuning.memory = 8 * PART as u64;
    let small = size(200, 2_000);
    for number in 0..8 {
        rig.file(&format!("a/{number}"), &noise(30 * PART, number));
    }
    for number in 0..small {
        rig.file(&format!("b/{number:04}"), &noise(PART / 2, number as u64));
    }
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), workers(16)).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("UploadPart"));
    let running = rig.start(plan).await;
    let counters = Arc::clone(&running.task.counters);
    rig.demo
        .log()
        .until(|log| {
            log.of("PutObject")
                .iter()
                .filter(|line| line.succeeded())
                .count()
                == small
        })
        .await;
    let parts = rig.demo.log().of("UploadPart");
    assert!(
        parts.iter().all(|line| !line.succeeded()),
        "no part was answered"
    );
    assert!(!parts.is_empty(), "large ones began, too");
    faults.clear();
    let ended = running.end().await;
    assert_eq!(ended.snapshot.done, small as u64 + 8);
    println!(
        "pace small={small} ended while 8 large stood still; most_buffered={}",
        counters.most_buffered()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_used_again() {
    let rig = Rig::new();
    let objects = size(300, 3_000);
    for number in 0..objects {
        rig.file(&format!("{number:04}"), &noise(1000, number as u64));
    }
    rig.file("large", &noise(20 * PART, 1));
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), workers(8)).await;
    let ended = rig.run(plan).await;
    assert_eq!(ended.snapshot.done, objects as u64 + 1);
    let (connections, requests) = (rig.demo.log().connections(), rig.demo.log().total());
    println!("pace workers=8 requests={requests} connections={connections}");
    // As many as workers and one for the requests around the parts; where the machine is slow a request may leave before the
    // connection of the last one is back in the pool.
    assert!(connections <= 16, "{connections}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_a_second_are_limited_and_let_go_while_a_task_runs() {
    let rig = Rig::new();
    for number in 0..1000 {
        rig.file(&format!("{number:03}"), &noise(10, number));
    }
    let options = SyncOptions {
        requests_per_second: Some(20),
        ..workers(64)
    };
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), options).await;
    let running = rig.start(plan).await;
    assert_eq!(running.task.snapshot().requests_per_second, Some(20));
    rig.demo
        .log()
        .until(|log| log.count("PutObject") >= 12)
        .await;
    let lines = rig.demo.log().of("PutObject");
    let took = lines[11]
        .at
        .duration_since(lines[0].at)
        .unwrap()
        .as_secs_f64();
    assert!(took > 0.3, "12 requests at 20/s in {took} s");
    running.task.control.set_pace(Pace {
        requests: Some(0),
        ..Pace::default()
    });
    let let_go = std::time::Instant::now();
    assert_eq!(running.task.snapshot().requests_per_second, None);
    let ended = running.end().await;
    assert_eq!(ended.snapshot.done, 1000);
    let took = let_go.elapsed().as_secs_f64();
    assert!(
        took < 45.0,
        "the rest alone would take 49 s at 20/s, not {took} s"
    );
}
