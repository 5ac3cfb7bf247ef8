//! Each way of moving is killed at one known point: one request stands still, all others were answered. What goes on then
//! sends that one request, ends equal, and leaves no upload and no temporary file.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use wharf::demo::{Demo, Fault, Options, Rule, Spec};

use crate::support::wharf::{Run, Stage};

use super::{Kept, files, noise, spawn};

const MIB: usize = 1 << 20;
/// How long a busy machine may take.
const PATIENCE: Duration = Duration::from_mins(2);

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", "us-east-1");
    stage
}

/// Waits while the program runs until this holds.
fn until(child: &mut Child, what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !holds() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended before {what}: {ended:?}");
        assert!(Instant::now() < limit, "waited for {what}");
        std::thread::yield_now();
    }
}

/// Kills the program, and hurts no request from here on.
fn kill(demo: &Demo, child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
    // What stands still stays so: a request of a program that is gone must not be done after all.
    demo.faults().set(Spec::default());
    demo.log().clear();
}

/// Goes on with the task that was killed, to its good end.
fn resume(stage: &Stage) -> Run {
    let args = ["tasks", "list", "--state", "interrupted", "--json"];
    let list = stage.run(&args).ended_with(0);
    let id = list.of_type("task")[0]["id"].to_string();
    stage.run(&["tasks", "resume", &id]).ended_with(0)
}

fn count(demo: &Demo, operation: &str) -> usize {
    demo.log().of(operation).len()
}

/// The parts of the one upload that is under way.
fn parts(demo: &Demo) -> usize {
    demo.store()
        .uploads("vault")
        .first()
        .map_or(0, |upload| upload.parts)
}

fn assert_nothing_left(stage: &Stage) {
    let uploads = stage.demo.store().uploads("vault");
    assert!(uploads.is_empty(), "forgotten: {uploads:?}");
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_gzip_stream_on_its_way_up_sends_only_the_part_that_was_in_flight() {
    let stage = stage();
    let content = noise(17 * MIB, 1);
    stage.file("d/table.bin", &content);
    let third = Rule::new(Fault::Stall).on("UploadPart").nth(3);
    stage.demo.faults().add(third);
    let args = [
        "sync",
        "d",
        "s3://vault/d",
        "--gzip",
        "--part-size",
        "5MiB",
        "--workers",
        "4",
    ];
    let mut child = spawn(&stage, &args);
    until(&mut child, "three parts", || {
        parts(&stage.demo) == 3 && stage.demo.faults().stalled() == 1
    });
    kill(&stage.demo, &mut child);
    resume(&stage);
    assert_eq!(count(&stage.demo, "UploadPart"), 1);
    assert_eq!(count(&stage.demo, "CreateMultipartUpload"), 0);
    assert_nothing_left(&stage);
    let stored = stage.demo.store().body("vault", "d/table.bin.gz").unwrap();
    let mut found = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&stored[..]);
    std::io::Read::read_to_end(&mut decoder, &mut found).unwrap();
    assert!(found == content, "the stream holds something else");
}

#[test]
fn a_gzip_stream_that_was_complete_before_the_kill_is_known_and_not_sent_again() {
    let stage = stage();
    stage.file("d/table.bin", &noise(11 * MIB, 2));
    let complete = |fault, nth| Rule::new(fault).on("CompleteMultipartUpload").nth(nth);
    stage.demo.faults().add(complete(Fault::Lost, 1));
    stage.demo.faults().add(complete(Fault::Stall, 1));
    let args = ["sync", "d", "s3://vault/d", "--gzip", "--part-size", "5MiB"];
    let mut child = spawn(&stage, &args);
    until(&mut child, "the second completion", || {
        stage.demo.faults().stalled() == 1
    });
    kill(&stage.demo, &mut child);
    resume(&stage);
    for operation in [
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
    ] {
        assert_eq!(count(&stage.demo, operation), 0, "{operation}");
    }
    assert_nothing_left(&stage);
}

#[test]
fn a_gzip_stream_on_its_way_down_is_fetched_again_and_no_other() {
    let stage = stage();
    for at in 0..6 {
        let stream = compressed(&noise(3 * MIB, at));
        let key = format!("d/{at}.bin.gz");
        stage.demo.store().put("vault", &key, stream).unwrap();
    }
    let fourth = Rule::new(Fault::Stall).on("GetObject").nth(4);
    stage.demo.faults().add(fourth);
    let args = ["sync", "s3://vault/d", "d", "--gzip", "--workers", "1"];
    let mut child = spawn(&stage, &args);
    // The journal gathers facts for some milliseconds before it keeps them.
    until(&mut child, "a stream that stands still", || {
        stage.demo.faults().stalled() == 1 && Kept::read(&stage).ended.len() == 3
    });
    kill(&stage.demo, &mut child);
    resume(&stage);
    // Three were there, and a stream cannot be expanded from its middle.
    assert_eq!(count(&stage.demo, "GetObject"), 3);
    let names: BTreeSet<String> = (0..6).map(|at| format!("{at}.bin")).collect();
    assert_eq!(files(&stage.path("d")), names);
    for at in 0..6 {
        let found = fs::read(stage.path(&format!("d/{at}.bin"))).unwrap();
        assert!(found == noise(3 * MIB, at), "{at} differs");
    }
}

#[test]
fn a_delta_sends_only_the_changed_part_that_was_in_flight() {
    let stage = stage();
    let mut content = noise(65 * MIB, 3);
    stage.file("d/model.bin", &content);
    stage.run(&["sync", "d", "s3://vault/d"]).ended_with(0);
    content[MIB] ^= 1;
    content[40 * MIB] ^= 1;
    fs::write(stage.file("d/model.bin", &content), &content).unwrap();
    let second = Rule::new(Fault::Stall).on("UploadPart").nth(2);
    stage.demo.faults().add(second);
    let args = ["sync", "d", "s3://vault/d", "--existing", "update"];
    let mut child = spawn(&stage, &args);
    until(&mut child, "all parts but one", || {
        parts(&stage.demo) == 8 && stage.demo.faults().stalled() == 1
    });
    kill(&stage.demo, &mut child);
    resume(&stage);
    assert_eq!(count(&stage.demo, "UploadPart"), 1);
    assert_eq!(count(&stage.demo, "UploadPartCopy"), 0);
    assert_nothing_left(&stage);
    let found = stage.demo.store().body("vault", "d/model.bin").unwrap();
    assert!(found == content, "the object is another one");
}

#[test]
fn a_relay_between_two_servers_fetches_and_sends_only_the_part_that_was_in_flight() {
    let stage = stage();
    let from = Demo::start(Options::default()).unwrap();
    from.store().create_bucket("origin", "us-east-1");
    let content = noise(17 * MIB, 4);
    from.store()
        .put("origin", "d/a.bin", content.clone())
        .unwrap();
    let third = Rule::new(Fault::Stall).on("UploadPart").nth(3);
    stage.demo.faults().add(third);
    let remote = format!("[remotes.other]\nendpoint_url = \"{}\"\n", from.endpoint());
    stage.file("wharf.toml", remote.as_bytes());
    let args = [
        "sync",
        "other:s3://origin/d",
        "s3://vault/d",
        "--part-size",
        "5MiB",
        "--workers",
        "4",
    ];
    let mut child = spawn(&stage, &args);
    // Without the file to compare with, only what the journal holds of a part proves it.
    let kept = || Kept::read(&stage).parts.len() == 3;
    until(&mut child, "three parts that are kept", || {
        stage.demo.faults().stalled() == 1 && kept()
    });
    kill(&stage.demo, &mut child);
    from.log().clear();
    resume(&stage);
    assert_eq!(count(&stage.demo, "UploadPart"), 1);
    assert_eq!(count(&from, "GetObject"), 1);
    assert_nothing_left(&stage);
    let found = stage.demo.store().body("vault", "d/a.bin").unwrap();
    assert!(found == content, "the object is another one");
}

#[test]
fn what_is_kept_of_overwritten_objects_is_whole_after_a_kill() {
    let stage = stage();
    for at in 0..6 {
        stage.file(&format!("d/{at}"), format!("new {at}").as_bytes());
        let old = format!("old {at}").into_bytes();
        stage
            .demo
            .store()
            .put("vault", &format!("d/{at}"), old)
            .unwrap();
    }
    let fourth = Rule::new(Fault::Stall).on("CopyObject").nth(4);
    stage.demo.faults().add(fourth);
    let kept = "s3://vault/kept";
    let args = [
        "sync",
        "d",
        "s3://vault/d",
        "--existing",
        "always",
        "--backup-dir",
        kept,
        "--workers",
        "1",
    ];
    let mut child = spawn(&stage, &args);
    // The journal gathers facts for some milliseconds before it keeps them.
    until(&mut child, "a copy that stands still", || {
        stage.demo.faults().stalled() == 1 && Kept::read(&stage).ended.len() == 3
    });
    kill(&stage.demo, &mut child);
    resume(&stage);
    assert_eq!(count(&stage.demo, "CopyObject"), 3);
    assert_eq!(count(&stage.demo, "PutObject"), 3);
    let store = stage.demo.store();
    let copies = store.keys("vault", "kept/");
    assert_eq!(copies.len(), 6, "{copies:?}");
    for key in copies {
        let at = key.rsplit('/').next().unwrap();
        assert_eq!(
            store.body("vault", &key).unwrap(),
            format!("old {at}").into_bytes()
        );
        assert_eq!(
            store.body("vault", &format!("d/{at}")).unwrap(),
            format!("new {at}").into_bytes()
        );
    }
    assert_nothing_left(&stage);
}

/// A mapping whose command says that it runs, and waits the first time until somebody writes to `go`.
fn with_command(stage: &Stage) -> PathBuf {
    stage
        .demo
        .store()
        .put("vault", "m/a", b"a".to_vec())
        .unwrap();
    stage.file(
        "wharf.toml",
        b"base_dir = \".\"\n[mappings.m]\nlocal = \"data\"\nremote = \"s3://vault/m/\"\ndirection = \"pull\"\nverify_command = \"sh ../check.sh\"\n",
    );
    let script =
        b"echo run >> ../runs; [ $(wc -l < ../runs) != 1 ] || cat ../go; echo 'all is well'\n";
    stage.file("check.sh", script);
    let go = stage.path("go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    go
}

#[test]
fn a_command_that_proves_runs_again_after_a_kill_and_nothing_else_does() {
    let stage = stage();
    let go = with_command(&stage);
    let mut child = spawn(&stage, &["pull", "m"]);
    let runs = stage.path("runs");
    until(&mut child, "the command", || runs.exists());
    kill(&stage.demo, &mut child);
    let resumed = resume(&stage);
    // Lets the first one end, which nobody waits for any more.
    fs::write(go, b"").unwrap();
    assert_eq!(fs::read_to_string(runs).unwrap(), "run\nrun\n");
    assert_eq!(count(&stage.demo, "GetObject"), 0);
    let told = format!("{}{}", resumed.stdout, resumed.stderr);
    assert!(
        told.contains("all is well") || told.contains("is content"),
        "{told}"
    );
}

/// Whether a process is there, and no mere row of its parent.
fn is_alive(id: &str) -> bool {
    let status = Command::new("ps")
        .args(["-o", "stat=", "-p", id.trim()])
        .output();
    let status = String::from_utf8(status.unwrap().stdout).unwrap();
    !status.trim().is_empty() && !status.trim().starts_with('Z')
}

#[test]
fn a_command_that_proves_ends_with_the_task_that_is_cancelled_and_so_do_its_children() {
    let stage = stage();
    with_command(&stage);
    // Both ignore that they are asked to end.
    let script = b"trap '' TERM; echo half; (cat ../go) & echo $$ $! > ../ids.new; mv ../ids.new ../ids; wait; wait\n";
    stage.file("check.sh", script);
    let mut command = stage.process(&["pull", "m"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let ids = stage.path("ids");
    until(&mut child, "the command", || ids.exists());
    stage.run(&["tasks", "cancel", "1"]).ended_with(0);
    let run = Run::from(child.wait_with_output().unwrap()).ended_with(130);
    let told = format!("{}{}", run.stdout, run.stderr);
    assert!(told.contains("did not come to an end"), "{told}");
    assert!(told.contains("| half"), "{told}");
    let ids = fs::read_to_string(ids).unwrap();
    for id in ids.split_whitespace() {
        assert!(!is_alive(id), "{id} runs on");
    }
    let report = stage.run(&["tasks", "report", "1"]).ended_with(0);
    assert!(
        report.stdout.contains("did not come to an end"),
        "{}",
        report.stdout
    );
}
