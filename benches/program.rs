//! The program itself, as a process: how much memory `wharf diff` of 100,000 keys against 100,000 takes at most, and how
//! soon the screen is painted although no request is ever answered.
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

use terminal::Terminal;
use wharf::demo::{Demo, Options, REGION};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");
const KEYS: usize = 100_000;
const BUCKET: &str = "bench";
/// What a diff may take at most, MB.
const MEMORY: f64 = 60.0;
/// How often the child's peak is read: the kernel keeps it, so that only what comes after the last look is missed.
const LOOK: Duration = Duration::from_millis(2);
/// How often the program is started for its first paint.
const STARTS: usize = 20;
/// What the first paint may take.
const PAINT: Duration = Duration::from_millis(100);

fn main() {
    let home = tempfile::tempdir().unwrap();
    memory_of_diff(home.path());
    first_paint(home.path());
}

/// Every 400th key is missing on the right; every 500th differs.
fn memory_of_diff(home: &Path) {
    let demo = Demo::start(Options::default()).unwrap();
    let store = demo.store();
    store.create_bucket(BUCKET, REGION);
    let folder = home.join("data");
    fs::create_dir_all(&folder).unwrap();
    for n in 0..KEYS {
        let name = format!("raw/card_images/{n:08}-en_base_base1_{n}.png");
        store.put(BUCKET, &format!("left/{name}"), "x").unwrap();
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
        if n % 400 > 0 {
            let body = if n % 500 > 0 { "x" } else { "yy" };
            store.put(BUCKET, &format!("right/{name}"), body).unwrap();
        }
    }
    let sides = [
        ("S3 × S3", format!("s3://{BUCKET}/left/")),
        ("folder × S3", folder.display().to_string()),
    ];
    let empty = home.join("empty");
    fs::create_dir_all(&empty).unwrap();
    let empty = empty.display().to_string();
    let (alone, _) = watched(diff(home, &empty, &empty).spawn().unwrap());
    println!("the program with nothing to compare: {alone:.1} MB, most of it the mapped binary");
    for (name, left) in sides {
        let mut command = diff(home, &left, &format!("s3://{BUCKET}/right/"));
        for export in demo.exports() {
            let (name, value) = export
                .trim_start_matches("export ")
                .split_once('=')
                .unwrap();
            command.env(name, value.trim_matches(['"', '\'']));
        }
        let began = Instant::now();
        let (peak, code) = watched(command.spawn().unwrap());
        let seconds = began.elapsed().as_secs_f64();
        let told = fs::read_to_string(home.join("out.json")).unwrap();
        assert_eq!(code, Some(1), "{told}");
        let summary = told.lines().next_back().unwrap_or_default();
        assert!(summary.contains("\"only_left\":250,"), "{summary}");
        println!(
            "diff {name:<12} {KEYS} keys: {peak:.1} MB at most ({} {MEMORY} MB), {seconds:.1} s",
            word(peak < MEMORY)
        );
    }
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

fn word(holds: bool) -> &'static str {
    if holds { "under" } else { "OVER" }
}
