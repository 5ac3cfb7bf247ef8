//! T13: a server that answers so many requests a second: the task finds that out, and asks hardly more.

use std::time::Duration;

use wharf::domain::plan::SyncOptions;

use crate::engine::transfer::{Rig, noise};

use super::size;

/// How long the tempo may take to settle.
const SETTLES: Duration = Duration::from_secs(4);

/// The share of what the server allows that must arrive: beside all other tests, which may take the processor away for
/// seconds; and alone, as `WHARF_TRIALS=full` is run.
const GOODPUT: [f64; 2] = [0.6, 0.9];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t13_goodput_is_nearly_what_the_server_allows() {
    for (rate, latency) in [(150_u32, 0), (150, 30)] {
        let seconds = size(14, 60);
        let rig = Rig::new();
        let objects = rate as usize * seconds;
        for number in 0..objects {
            rig.file(&format!("{number:05}"), &noise(100, number as u64));
        }
        let options = SyncOptions {
            recount: false,
            ..SyncOptions::default()
        };
        let plan = rig.plan(&rig.local(), &Rig::bucket(""), options).await;
        let limits = format!("rate={rate},latency={latency}ms");
        rig.demo.faults().set(limits.parse().unwrap());
        let ended = rig.run(plan).await;
        assert_eq!(
            ended.snapshot.done, objects as u64,
            "{:?}",
            ended.told.states
        );
        let lines = rig.demo.log().of("PutObject");
        let begun = lines[0].at;
        let steady: Vec<_> = lines
            .iter()
            .filter(|line| line.at.duration_since(begun).unwrap_or_default() > SETTLES)
            .collect();
        let steadily = steady.last().unwrap().at.duration_since(steady[0].at);
        let seconds = steadily.unwrap().as_secs_f64();
        let answered = steady.iter().filter(|line| line.succeeded()).count();
        let goodput = answered as f64 / seconds / f64::from(rate);
        let throttled = 1.0 - answered as f64 / steady.len() as f64;
        println!(
            "T13 rate={rate}/s latency={latency}ms objects={objects} goodput={:.1}% throttled={:.2}% slowed_to={:?}",
            goodput * 100.0,
            throttled * 100.0,
            ended.snapshot.slowed_to
        );
        assert!(goodput >= GOODPUT[size(0, 1)] && throttled <= 0.05);
    }
}
