//! Four routes of 13,000 objects against one route of all of them, each with 20 ms of latency a request, the same budget of
//! workers and an empty journal, three times by turns, of which the middle one counts: objects a second (0.9 of one route's
//! are owed) and processor time of the program (2 % more at most).
//! `cargo bench --bench routes`; `cargo bench --profile dev --bench routes -- 1000` takes fewer objects a route.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use wharf::demo::{Demo, Options, REGION};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");
const BUCKET: &str = "bench";
const ROUTES: [&str; 4] = ["calibration", "raw", "processed", "reference"];
/// Objects of a route.
const OBJECTS: usize = 13_000;
/// How often each is run, by turns.
const ROUNDS: usize = 3;
/// Requests at once, for all routes together.
const WORKERS: &str = "64";
/// The share of one route's rate that four routes owe.
const OWED: f64 = 0.9;
/// Ticks of a second in `/proc`: what Linux shows to programs on every machine.
const TICKS: f64 = 100.0;

/// What a migration took.
struct Taken {
    /// Wall seconds of the tasks: planning and listing again are left out.
    seconds: f64,
    /// Processor seconds of the process.
    processor: f64,
    objects: u64,
}

impl Taken {
    fn rate(&self) -> f64 {
        self.objects as f64 / self.seconds
    }

    fn tell(&self, name: &str) {
        println!(
            "{name:<12} {:>7} objects in {:>6.2} s: {:>6.0} a second, {:>6.2} s of processor time ({:.0} µs an object)",
            self.objects,
            self.seconds,
            self.rate(),
            self.processor,
            self.processor * 1e6 / self.objects as f64
        );
    }
}

fn main() {
    let given = std::env::args().find_map(|word| word.parse::<usize>().ok());
    let objects = given.unwrap_or(OBJECTS);
    let home = tempfile::tempdir().unwrap();
    let demo = Demo::start(Options {
        threads: 2,
        ..Options::default()
    })
    .unwrap();
    let store = demo.store();
    store.create_bucket(BUCKET, REGION);
    for route in ROUTES {
        for number in 0..objects {
            let key = format!("data/{route}/{number:06}.png");
            store.put(BUCKET, &key, "x".repeat(100)).unwrap();
        }
    }
    demo.faults().set("latency=20ms".parse().unwrap());
    let route = |from: &str, to: &str| format!("s3://{BUCKET}/{from}=s3://{BUCKET}/{to}");
    let (mut ones, mut fours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let state = |kind: &str| home.path().join(format!("{kind}-{round}"));
        let target = format!("one-{round}");
        ones.push(migrated(&demo, &state("one"), &[route("data", &target)]));
        let four =
            ROUTES.map(|name| route(&format!("data/{name}"), &format!("four-{round}/{name}")));
        fours.push(migrated(&demo, &state("four"), &four));
    }
    let (one, four) = (median(ones), median(fours));
    one.tell("one route");
    four.tell("four routes");
    assert_eq!(one.objects, four.objects);
    let share = four.rate() / one.rate();
    let word = if share >= OWED { "at least" } else { "UNDER" };
    println!("four routes reach {share:.2} of one route's rate ({word} {OWED})");
    let more = (four.processor / one.processor - 1.0) * 100.0;
    println!("and take {more:+.1} % of its processor time more (2 % at most are owed)");
}

/// The run in the middle, by its processor time.
fn median(mut runs: Vec<Taken>) -> Taken {
    runs.sort_by(|one, other| one.processor.total_cmp(&other.processor));
    runs.swap_remove(runs.len() / 2)
}

/// Runs `wharf migrate` of these routes as a process with a journal of its own, and proves them.
fn migrated(demo: &Demo, home: &Path, routes: &[String]) -> Taken {
    fs::create_dir(home).unwrap();
    let out = home.join("out.json");
    let mut command = Command::new(PROGRAM);
    command
        .args(["migrate", "--workers", WORKERS, "--json"])
        .env("WHARF_STATE", home.join("state"))
        .env("HOME", home)
        .stdout(fs::File::create(&out).unwrap())
        .stderr(Stdio::null());
    for export in demo.exports() {
        let export = export.trim_start_matches("export ");
        let (name, value) = export.split_once('=').unwrap();
        command.env(name, value.trim_matches(['"', '\'']));
    }
    for route in routes {
        command.args(["--route", route]);
    }
    let (before, began) = (of_children(), Instant::now());
    let status = command.status().unwrap();
    let whole = began.elapsed().as_secs_f64();
    let processor = of_children() - before;
    let told = fs::read_to_string(&out).unwrap();
    assert!(status.success(), "{told}");
    let records: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let summary = records.last().unwrap();
    Taken {
        seconds: of_tasks(&records).unwrap_or(whole),
        processor,
        objects: summary["proof"]["checksum"].as_u64().unwrap(),
    }
}

/// From the first task's beginning to the last one's end.
fn of_tasks(records: &[serde_json::Value]) -> Option<f64> {
    let tasks = records.iter().filter(|record| record["type"] == "task");
    let times = tasks.filter_map(|task| {
        let at = |name: &str| task[name].as_str()?.parse::<jiff::Timestamp>().ok();
        Some((at("started")?, at("ended")?))
    });
    let (started, ended): (Vec<_>, Vec<_>) = times.unzip();
    let whole = ended
        .into_iter()
        .max()?
        .duration_since(started.into_iter().min()?);
    Some(whole.as_secs_f64())
}

/// Processor seconds of all children that ended.
fn of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name, which may hold anything: state is the first field, the children's times the 14th and 15th.
    let behind = stat.rsplit_once(") ").unwrap().1;
    let fields: Vec<&str> = behind.split(' ').collect();
    let ticks: f64 = [13, 14]
        .iter()
        .map(|at| fields[*at].parse::<f64>().unwrap())
        .sum();
    ticks / TICKS
}
