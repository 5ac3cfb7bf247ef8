//! T4: the program is killed at seeded points of an upload, a download and a copy, sometimes twice, and told to go on.
//! The request log is the oracle: both ends are equal, at most what was in flight is sent again, no upload is forgotten
//! and no temporary file is left. 40 rounds; `WHARF_TRIALS=full` plays 200.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and tells its figures"
)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    process::{Child, Stdio},
};

use wharf::demo::{
    LogLine, Options,
    s3::{NewObject, UploadView},
};

use crate::support::wharf::Stage;

/// Requests at once.
const WORKERS: usize = 4;
/// The seed of all rounds; each tells its own number.
const SEED: u64 = 20_261_127;

/// Where data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Upload,
    Download,
    Copy,
}

/// Seeded luck, the same on every machine.
struct Luck(u64);

impl Luck {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}

/// A few small contents and, where parts can be made of them, two large ones.
fn contents(luck: &mut Luck, way: Way) -> BTreeMap<String, Vec<u8>> {
    let mut sizes: Vec<u64> = (0..10).map(|_| luck.below(40_000)).collect();
    if way != Way::Copy {
        sizes.extend([
            (5 << 20) + 1 + luck.below(1 << 20),
            (10 << 20) + 1 + luck.below(1 << 20),
        ]);
    }
    let content = |(at, size): (usize, u64)| {
        let mut bytes = vec![0; usize::try_from(size).unwrap()];
        let mut luck = Luck(SEED + at as u64 + size);
        for chunk in bytes.chunks_mut(8) {
            let random = luck.below(u64::MAX).to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
        (format!("d{}/k{at}.bin", at % 3), bytes)
    };
    sizes.into_iter().enumerate().map(content).collect()
}

/// One round.
struct Round {
    way: Way,
    stage: Stage,
    contents: BTreeMap<String, Vec<u8>>,
}

impl Round {
    fn new(way: Way, luck: &mut Luck) -> Self {
        let faults = "latency=2ms,bandwidth=60MB".parse().unwrap();
        let stage = Stage::with(Options {
            faults,
            ..Options::default()
        });
        stage.demo.store().create_bucket("vault", "us-east-1");
        let contents = contents(luck, way);
        for (key, content) in &contents {
            match way {
                Way::Upload => drop(stage.file(&format!("here/{key}"), content)),
                Way::Download | Way::Copy => {
                    let object = NewObject::from(content.clone());
                    let key = format!("from/{key}");
                    stage.demo.store().put("vault", &key, object).unwrap();
                }
            }
        }
        // What the plan overwrites is met by a run that goes on, too.
        let (key, _) = contents.first_key_value().unwrap();
        match way {
            Way::Download => drop(stage.file(&format!("here/{key}"), b"old")),
            Way::Upload | Way::Copy => {
                let object = NewObject::from(b"old".to_vec());
                let key = format!("to/{key}");
                stage.demo.store().put("vault", &key, object).unwrap();
            }
        }
        Self {
            way,
            stage,
            contents,
        }
    }

    fn sync(&self) -> Vec<&'static str> {
        let (from, to) = match self.way {
            Way::Upload => ("here", "s3://vault/to"),
            Way::Download => ("s3://vault/from", "here"),
            Way::Copy => ("s3://vault/from", "s3://vault/to"),
        };
        vec![
            "sync",
            from,
            to,
            "--yes",
            "--part-size",
            "5MiB",
            "--workers",
            "4",
        ]
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.stage.process(args);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Kills the program after so many requests that move something arrived, or were answered; false where it ended before.
    fn kill_after(&self, mut child: Child, requests: usize, answered: bool) -> bool {
        let log = self.stage.demo.log();
        let base = moves(&log.lines()).count();
        let enough = |lines: &[LogLine]| {
            moves(lines)
                .skip(base)
                .filter(|line| !answered || line.status != 0)
                .count()
                > requests
        };
        let ended = loop {
            if enough(&log.lines()) {
                break false;
            }
            if child.try_wait().unwrap().is_some() {
                break true;
            }
            std::thread::yield_now();
        };
        child.kill().unwrap();
        child.wait().unwrap();
        !ended
    }

    /// The newest task that the journal knows and that is not over.
    fn interrupted(&self) -> Option<String> {
        let args = ["tasks", "list", "--state", "interrupted", "--json"];
        let run = self.stage.run(&args).ended_with(0);
        let task = run.of_type("task").into_iter().next()?;
        Some(task["id"].to_string())
    }

    /// Both ends hold the same, and nothing else was left anywhere.
    fn assert_whole(&self) {
        let store = self.stage.demo.store();
        let forgotten: Vec<UploadView> = store.uploads("vault");
        assert!(forgotten.is_empty(), "forgotten: {forgotten:?}");
        let expected: BTreeSet<String> = self.contents.keys().cloned().collect();
        if self.way == Way::Download {
            let root = self.stage.path("here");
            assert_eq!(files(&root), expected);
            for (key, content) in &self.contents {
                assert!(
                    fs::read(root.join(key)).unwrap() == *content,
                    "{key} differs"
                );
            }
            return;
        }
        let keys = store.keys("vault", "to/").into_iter();
        let keys: BTreeSet<String> = keys.map(|key| key.replacen("to/", "", 1)).collect();
        assert_eq!(keys, expected);
        for (key, content) in &self.contents {
            let body = store.body("vault", &format!("to/{key}")).unwrap();
            assert!(body == *content, "{key} differs");
        }
    }

    /// Contents and parts that were sent or fetched more often than once, each time counted.
    fn sent_again(&self) -> usize {
        let lines = self.stage.demo.log().lines();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for line in moves(&lines) {
            let part = line
                .query
                .split('&')
                .find(|part| part.starts_with("partNumber="));
            let range = line.range.clone().unwrap_or_default();
            let unit = format!("{} {} {}", line.key, part.unwrap_or_default(), range);
            *seen.entry(unit).or_default() += 1;
        }
        seen.values().map(|count| count - 1).sum()
    }
}

/// The requests that move contents.
fn moves(lines: &[LogLine]) -> impl Iterator<Item = &LogLine> {
    let moving = ["PutObject", "UploadPart", "CopyObject", "GetObject"];
    lines
        .iter()
        .filter(move |line| moving.contains(&line.operation))
}

/// Every file below a folder, hidden ones too.
fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap();
                found.insert(below.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Plays a round: killed once or twice, and gone on with to its end. Gives the kills that hit, and what was sent again.
fn play(way: Way, number: u64) -> (usize, usize) {
    let mut luck = Luck(SEED.wrapping_mul(number + 1) | 1);
    luck.below(1);
    let round = Round::new(way, &mut luck);
    let units = round.contents.len() as u64 + if way == Way::Copy { 0 } else { 3 };
    let mut kills = 0;
    let mut child = round.start(&round.sync());
    for _ in 0..=luck.below(2) {
        let after = usize::try_from(luck.below(units)).unwrap();
        if !round.kill_after(child, after, luck.below(2) == 0) {
            round.assert_whole();
            return (kills, 0);
        }
        kills += 1;
        let Some(id) = round.interrupted() else {
            // Killed between the last request and the end: it is over.
            round.assert_whole();
            return (kills, 0);
        };
        child = round.start(&["tasks", "resume", &id, "--quiet"]);
    }
    let status = child.wait().unwrap();
    if status.code() != Some(0) {
        let told = round.stage.run(&["tasks", "report", "1"]);
        panic!("{way:?} {number}: {status}\n{}{}", told.stdout, told.stderr);
    }
    round.assert_whole();
    let again = round.sent_again();
    assert!(
        again <= 2 * WORKERS * kills,
        "{way:?} {number}: {again} sent again after {kills} kills"
    );
    (kills, again)
}

#[test]
fn a_killed_task_is_gone_on_with_wherever_it_was_killed() {
    let full = std::env::var("WHARF_TRIALS").is_ok_and(|trials| trials == "full");
    let rounds = if full { 200 } else { 40 };
    let (mut kills, mut again, mut most) = (0, 0, 0);
    for number in 0..rounds {
        let way = [Way::Upload, Way::Download, Way::Copy][usize::try_from(number % 3).unwrap()];
        let (hit, sent) = play(way, number);
        kills += hit;
        again += sent;
        most = most.max(sent);
    }
    eprintln!(
        "T4: {rounds} of {rounds} rounds ended equal, {kills} kills, {again} contents or parts sent again (at most {most} in a round of {WORKERS} workers), 0 forgotten uploads, 0 stray temporaries, seed {SEED}"
    );
    assert!(
        kills * 10 >= usize::try_from(rounds).unwrap() * 8,
        "only {kills} kills hit"
    );
}
