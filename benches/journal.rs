//! What the journal costs: rows a second, a plan of 1,000,000 steps made, kept and read back, and 10,000 small files sent
//! with a journal and without.
//! `cargo bench --bench journal`; `cargo bench --profile dev --bench journal` builds faster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, stops at the first surprise, and looks at another process now and then"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use wharf::{
    demo::{Demo, Options, REGION},
    domain::{
        diff::{Level, Pair, Verdict},
        entry::{End, Facts, FileId, Identity, Kind, ObjectId},
        key::Key,
        location::Location,
        plan::{Op, Plan, Planner, SyncOptions},
        progress::{EndedStep, Outcome, TaskKind, TaskState},
    },
    engine::{
        Checksum,
        journal::{Content, Journal, Proof, Setting, Setup, TaskJournal},
        tasks::Brief,
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");
const STEPS: u64 = 1_000_000;
const ENDED: u64 = 100_000;
const FILES: usize = 10_000;
const BUCKET: &str = "bench";
/// What making a plan may take.
const MAKING: Duration = Duration::from_secs(3);
/// What this process may hold with a plan of a million steps, MB.
const MEMORY: f64 = 400.0;
/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(5);

fn main() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // First: what it holds at most must not be what another measure left behind.
    runtime.block_on(large_plan(home.path()));
    runtime.block_on(rows(home.path()));
    small_files(home.path());
}

fn key(number: u64) -> Key {
    Key::from(&*format!(
        "raw/card_images/{:05}/{number:08}-en_base.png",
        number / 1000
    ))
}

fn file(number: u64) -> Facts {
    let ns = i128::from(1_700_000_000 + number) * 1_000_000_000;
    Facts {
        kind: Kind::Object,
        size: 4096,
        modified: Timestamp::from_nanosecond(ns).ok(),
        identity: Identity::File(FileId {
            device: 1,
            inode: number,
            mtime_ns: ns,
            ctime_ns: ns,
        }),
    }
}

fn object(number: u64) -> Facts {
    Facts {
        identity: Identity::Object(ObjectId {
            etag: Some(format!("{number:032x}").into()),
            ..ObjectId::default()
        }),
        ..file(number)
    }
}

/// The plan that sends so many, or fetches them.
fn plan(steps: u64, facts: fn(u64) -> Facts) -> Plan {
    let disk = Location::Disk("/data".into());
    let bucket = Location::parse("s3://bench/data/").unwrap();
    let is_download = facts(0).file().is_none();
    let (source, destination) = if is_download {
        (bucket, disk)
    } else {
        (disk, bucket)
    };
    let options = SyncOptions::default();
    let mut planner = Planner::new(source, destination, Vec::new(), options).unwrap();
    for number in 0..steps {
        planner.push(&Pair {
            key: key(number),
            left: Some(facts(number)),
            right: None,
            verdict: Verdict::OnlyLeft,
        });
    }
    planner.finish(End::Complete, End::Complete, Timestamp::now())
}

async fn begun(journal: &Journal, plan: &Arc<Plan>) -> TaskJournal {
    let setting = Setting {
        filed: (&plan.source, &plan.destination),
        flags: &Arc::from([]),
        check: None,
    };
    let brief = Brief::of(TaskKind::Sync, plan);
    journal.begin(&brief, plan, setting).await.unwrap()
}

async fn opened(home: &Path, name: &str) -> Journal {
    let complain = |error| println!("{error}");
    Journal::open(&home.join(name), Setup::default(), complain)
        .await
        .unwrap()
}

/// Outcomes and proofs as 64 workers tell them.
async fn rows(home: &Path) {
    let journal = opened(home, "rows.sqlite").await;
    let plan = Arc::new(plan(ENDED, file));
    let task = begun(&journal, &plan).await;
    let began = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..64 {
        let task = task.clone();
        workers.spawn(async move {
            for number in (worker..ENDED).step_by(64) {
                end(&task, number).await;
            }
        });
    }
    workers.join_all().await;
    journal.settle().await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let rows = (3 * ENDED) as f64 / seconds;
    println!(
        "{ENDED} outcomes, each with a proof of both sides: {seconds:.2} s, {rows:.0} rows a second"
    );
    task.state(TaskState::Done, None).await;
    journal.close().await;
}

async fn end(task: &TaskJournal, number: u64) {
    let proof = Proof {
        key: key(number),
        level: Level::Checksum,
        content: Content::of(&Checksum::Crc64Nvme(number)).unwrap(),
        source: file(number),
        destination: object(number),
        at: Timestamp::now(),
    };
    task.proof(proof).await;
    let ended = EndedStep {
        seq: u32::try_from(number).unwrap(),
        key: key(number),
        op: Op::Upload,
        outcome: Outcome::Done {
            bytes: 4096,
            proof: Some(Level::Checksum),
        },
    };
    task.ended(&ended).await;
}

async fn large_plan(home: &Path) {
    let before = held("VmRSS");
    let began = Instant::now();
    let plan = Arc::new(plan(STEPS, object));
    let making = began.elapsed();
    let own = held("VmRSS") - before;
    println!(
        "a plan of {STEPS} steps: made in {:.2} s ({} {} s), {own:.0} MB",
        making.as_secs_f64(),
        word(making < MAKING),
        MAKING.as_secs()
    );
    let journal = opened(home, "plan.sqlite").await;
    let began = Instant::now();
    let task = begun(&journal, &plan).await;
    let kept = began.elapsed().as_secs_f64();
    let with_journal = held("VmHWM");
    drop(plan);
    let began = Instant::now();
    let (again, _, _) = journal.recall(task.task()).await.unwrap().unwrap();
    let read = began.elapsed().as_secs_f64();
    assert_eq!(again.steps().count() as u64, STEPS);
    println!(
        "kept in the journal step by step in {kept:.2} s, read back in {read:.2} s; {with_journal:.0} MB at most until it was kept ({} {MEMORY} MB)",
        word(with_journal < MEMORY)
    );
    journal.close().await;
}

/// The program sends small files, with its journal and where none can be made.
fn small_files(home: &Path) {
    let demo = Demo::start(Options::default()).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    let source = home.join("files");
    fs::create_dir_all(&source).unwrap();
    for number in 0..FILES {
        fs::write(source.join(format!("{number:06}")), [7; 4096]).unwrap();
    }
    let nowhere = home.join("a-file");
    fs::write(&nowhere, "no folder can be made here").unwrap();
    for (name, state) in [
        ("with a journal", home.join("state")),
        ("without one", nowhere),
    ] {
        let to = format!("s3://{BUCKET}/{}/", name.replace(' ', "-"));
        let mut command = Command::new(PROGRAM);
        command
            .args(["-q", "sync"])
            .arg(&source)
            .arg(&to)
            .env("WHARF_STATE", state)
            .env("HOME", home)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        for export in demo.exports() {
            let (name, value) = export
                .trim_start_matches("export ")
                .split_once('=')
                .unwrap();
            command.env(name, value.trim_matches(['"', '\'']));
        }
        let (wall, cpu) = watched(&mut command);
        println!("{FILES} files of 4 KiB sent {name}: {wall:.2} s, {cpu:.2} s of processor time");
    }
}

/// Wall and processor seconds of a program that must end well.
fn watched(command: &mut Command) -> (f64, f64) {
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let stat = format!("/proc/{}/stat", child.id());
    // Behind its name: the state, and with a zombie all that it used.
    let told = loop {
        let told = fs::read_to_string(&stat).unwrap();
        let behind = told
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        if behind.starts_with('Z') {
            break behind;
        }
        std::thread::sleep(LOOK);
    };
    let wall = began.elapsed().as_secs_f64();
    assert!(child.wait().unwrap().success());
    let ticks: f64 = told
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<f64>().unwrap())
        .sum();
    (wall, ticks / 100.0)
}

/// A line of this process's status, MB.
fn held(line: &str) -> f64 {
    let told = fs::read_to_string("/proc/self/status").unwrap();
    let value = told.lines().find_map(|told| told.strip_prefix(line));
    let kib = value.and_then(|value| {
        value
            .trim_matches([':', '\t', ' ', 'k', 'B'])
            .parse::<f64>()
            .ok()
    });
    kib.unwrap() * 1024.0 / 1e6
}

fn word(holds: bool) -> &'static str {
    if holds { "under" } else { "NOT under" }
}
