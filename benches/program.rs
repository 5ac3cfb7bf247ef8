//! The program itself, as a process: how much memory `wharf diff` takes at most, of 100,000 keys against 100,000 and of ten times as
//! many, how soon the screen is painted although no request is ever answered, and what it does when nobody does anything.
//! `cargo bench --bench program`; `cargo bench --profile dev --bench program` builds faster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, stops at the first surprise, and looks at another process now and then"
)]

#[path = "../tests/wharf/support/terminal.rs"]
#[allow(dead_code, reason = "the tests use more of the terminal")]
mod terminal;

use std::{
    ffi::OsStr,
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use portable_pty::CommandBuilder;
use terminal::Terminal;
use wharf::demo::{Demo, Options, REGION};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");
const KEYS: usize = 100_000;
/// Ten times as many may not take more memory: what a diff holds does not grow with what it reads.
const MANY: usize = 10 * KEYS;
const BUCKET: &str = "bench";
/// What a diff may take at most, MB.
const MEMORY: f64 = 60.0;
/// How often the child's peak is read: the kernel keeps it, so that only what comes after the last look is missed.
const LOOK: Duration = Duration::from_millis(2);
/// How often the program is started for its first paint.
const STARTS: usize = 20;
/// What the first paint may take.
const PAINT: Duration = Duration::from_millis(100);
/// How long nobody does anything, and what share of a core that may take.
const STILL: Duration = Duration::from_secs(20);
const IDLE: f64 = 0.01;

fn main() {
    let home = tempfile::tempdir().unwrap();
    memory_of_diff(home.path());
    first_paint(home.path());
    idle(home.path());
}

/// Fills two prefixes: every 400th key is missing on the right; every 500th differs. Tells the names of the left.
fn filled(demo: &Demo, keys: usize) -> Vec<String> {
    let store = demo.store();
    let side = |n: usize| {
        let name = format!("raw/card_images/{n:08}-en_base_base1_{n}.png");
        store
            .put(BUCKET, &format!("{keys}/left/{name}"), "x")
            .unwrap();
        if !n.is_multiple_of(400) {
            let body = if n.is_multiple_of(500) { "yy" } else { "x" };
            let key = format!("{keys}/right/{name}");
            store.put(BUCKET, &key, body).unwrap();
        }
        name
    };
    (0..keys).map(side).collect()
}

fn memory_of_diff(home: &Path) {
    let demo = Demo::start(Options::default()).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    let folder = home.join("data");
    for name in filled(&demo, KEYS) {
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    filled(&demo, MANY);
    let sides = [
        ("S3 × S3", format!("s3://{BUCKET}/{KEYS}/left/"), KEYS),
        ("folder × S3", folder.display().to_string(), KEYS),
        ("S3 × S3", format!("s3://{BUCKET}/{MANY}/left/"), MANY),
    ];
    let empty = home.join("empty");
    fs::create_dir_all(&empty).unwrap();
    let empty = empty.display().to_string();
    let (alone, _) = watched(diff(home, &empty, &empty).spawn().unwrap());
    println!("the program with nothing to compare: {alone:.1} MB, most of it the mapped binary");
    for (name, left, keys) in sides {
        let mut command = diff(home, &left, &format!("s3://{BUCKET}/{keys}/right/"));
        command.envs(variables(&demo));
        let began = Instant::now();
        let (peak, code) = watched(command.spawn().unwrap());
        let seconds = began.elapsed().as_secs_f64();
        let told = fs::read_to_string(home.join("out.json")).unwrap();
        assert_eq!(code, Some(1), "{told}");
        let summary = told.lines().next_back().unwrap_or_default();
        let missing = format!("\"only_left\":{},", keys / 400);
        assert!(summary.contains(&missing), "{summary}");
        println!(
            "diff {name:<12} {keys:>7} keys: {peak:.1} MB at most ({} {MEMORY} MB), {seconds:.1} s",
            word(peak < MEMORY)
        );
    }
}

/// What a client of the embedded S3 needs in its environment.
fn variables(demo: &Demo) -> Vec<(String, String)> {
    let exports = demo.exports();
    let pairs = exports.iter().map(|export| {
        let pair = export.trim_start_matches("export ").split_once('=');
        let (name, value) = pair.unwrap();
        (name.to_owned(), value.trim_matches(['"', '\'']).to_owned())
    });
    pairs.collect()
}

/// `wharf diff` with a home of its own, its records in `out.json`.
fn diff(home: &Path, left: &str, right: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["diff", left, right, "--json"])
        .env("WHARF_STATE", home.join("state"))
        .env("HOME", home)
        .stdout(fs::File::create(home.join("out.json")).unwrap())
        .stderr(Stdio::null());
    command
}

/// The most memory that a child held, MB, and its exit code.
fn watched(mut child: Child) -> (f64, Option<i32>) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    loop {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or(0.0) * 1024.0 / 1e6);
        if let Some(status) = child.try_wait().unwrap() {
            return (peak, status.code());
        }
        std::thread::sleep(LOOK);
    }
}

/// From the start of the process to the whole first frame in its terminal; the endpoint takes connections and says nothing.
fn first_paint(home: &Path) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let folder = home.as_os_str();
            let args: [&OsStr; 4] = [
                "--endpoint-url".as_ref(),
                endpoint.as_ref(),
                folder,
                "s3://bench/right/".as_ref(),
            ];
            let began = Instant::now();
            let mut terminal = Terminal::start(Path::new(PROGRAM), &args, home, (132, 36));
            terminal.wait_for("the first frame", |screen| {
                screen.contains("Browse") && screen.contains("quit")
            });
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let (middle, worst) = (times[STARTS / 2], times[STARTS - 1]);
    println!(
        "first paint of {STARTS} starts: p50 {} ms, slowest {} ms ({} {} ms)",
        middle.as_millis(),
        worst.as_millis(),
        word(middle < PAINT),
        PAINT.as_millis()
    );
}

/// What share of a core the screen takes while nobody does anything: a folder beside a prefix whose store answers.
fn idle(home: &Path) {
    let demo = Demo::start(Options::default()).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    filled(&demo, 1000);
    let mut command = CommandBuilder::new(PROGRAM);
    command.args([
        home.join("data").as_os_str(),
        "s3://bench/1000/left/".as_ref(),
    ]);
    for (name, value) in variables(&demo) {
        command.env(name, value);
    }
    command.env("TERM", "xterm-256color");
    command.env("HOME", home);
    command.env("WHARF_STATE", home.join("state"));
    let mut terminal = Terminal::spawn(command, (132, 36));
    terminal.until("raw");
    let before = terminal.worked();
    std::thread::sleep(STILL);
    let share = terminal.worked().saturating_sub(before).as_secs_f64() / STILL.as_secs_f64();
    println!(
        "idle for {} s: {:.2} % of a core ({} {} %)",
        STILL.as_secs(),
        share * 100.0,
        word(share < IDLE),
        IDLE * 100.0
    );
}

fn word(holds: bool) -> &'static str {
    if holds { "under" } else { "OVER" }
}
