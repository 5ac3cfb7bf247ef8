//! T11: a full disk, no permission, a read-only disk, a name that is too long: a message, an exit code, nothing partial.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use wharf::demo::{REGION, s3::NewObject};

use crate::support::wharf::{Run, Stage};

/// A user that owns nothing here.
const NOBODY: u32 = 65_534;

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    stage
}

fn put(stage: &Stage, key: &str, size: usize) {
    let object = NewObject::from(vec![b'x'; size]);
    stage.demo.store().put("vault", key, object).unwrap();
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

/// The program as a user who may not do everything.
fn as_nobody(stage: &Stage, args: &[&str]) -> Run {
    let mut command = stage.process(args);
    // Root is refused nothing; whoever else runs the tests is refused as a user is.
    if rustix_is_root() {
        open_to_all(&stage.path(""));
        command.uid(NOBODY).gid(NOBODY);
    }
    Run::from(command.output().unwrap())
}

fn rustix_is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// Nothing of ours lies about, and no file has another size than it should.
fn is_whole(folder: &Path, size: u64) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(!name.starts_with(".wharf-"), "{name} is left");
        if entry.metadata().unwrap().is_file() && name.starts_with("object") {
            assert_eq!(entry.metadata().unwrap().len(), size, "{name} is partial");
        }
    }
}

fn told(run: &Run, words: &[&str]) {
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    for word in words {
        assert!(
            run.stderr.contains(word),
            "{word:?} is not told:\n{}",
            run.stderr
        );
    }
}

#[test]
fn t11_a_name_that_is_too_long_is_a_row_and_the_rest_arrives() {
    let stage = stage();
    put(&stage, &format!("p/{}", "l".repeat(300)), 10);
    put(&stage, "p/object", 10);
    let run = stage.run(&["sync", "s3://vault/p", "out"]).ended_with(3);
    told(&run, &["lll", "long"]);
    is_whole(&stage.path("out"), 10);
    assert!(stage.path("out/object").exists());
    println!("T11 case=name_too_long exit=3 partial=0 panics=0");
}

#[test]
fn t11_no_permission_is_told_for_source_and_destination() {
    let stage = stage();
    put(&stage, "p/object", 10);
    fs::create_dir(stage.path("shut")).unwrap();
    fs::set_permissions(stage.path("shut"), fs::Permissions::from_mode(0o555)).unwrap();
    let down = as_nobody(&stage, &["sync", "s3://vault/p", "shut"]).ended_with(3);
    told(&down, &["object", "ermission"]);
    assert_eq!(fs::read_dir(stage.path("shut")).unwrap().count(), 0);
    stage.file("data/a", b"a");
    let secret = stage.file("data/secret", b"s");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let up = as_nobody(&stage, &["sync", "data", "s3://vault/up"]).ended_with(3);
    told(&up, &["secret", "ermission"]);
    assert_eq!(stage.demo.store().keys("vault", "up/"), ["up/a"]);
    println!("T11 case=no_permission exit=3 partial=0 panics=0");
}

/// Runs a script in a mount name space of its own; `None` where the system gives none.
fn in_own_mounts(stage: &Stage, script: &str) -> Option<Run> {
    let able = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"])
        .output();
    if !able.is_ok_and(|able| able.status.success()) {
        return None;
    }
    // What the program is started with is the same for the shell around it.
    let program = stage.process(&[]);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]);
    command.arg(program.get_program());
    command.env_clear().current_dir(stage.path(""));
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Some(Run::from(command.output().unwrap()))
}

#[test]
fn t11_a_read_only_disk_is_told() {
    let stage = stage();
    put(&stage, "p/object", 10);
    fs::create_dir(stage.path("out")).unwrap();
    let script =
        "mount -t tmpfs tmpfs out && mount -o remount,ro out && exec \"$1\" sync s3://vault/p out";
    let Some(run) = in_own_mounts(&stage, script) else {
        return println!("T11 case=read_only skipped: no mounts of one's own here");
    };
    told(&run.ended_with(3), &["object", "ead-only"]);
    println!("T11 case=read_only exit=3 partial=0 panics=0");
}

#[test]
fn t11_a_full_disk_holds_the_task_until_there_is_room() {
    let stage = stage();
    for number in 0..3 {
        put(&stage, &format!("p/object{number}"), 1 << 20);
    }
    fs::create_dir(stage.path("out")).unwrap();
    // Three files of 1 MiB do not fit beside the filler; when the program has said so, the filler goes.
    let script = r#"mount -t tmpfs -o size=5m tmpfs out && head -c 3000000 /dev/zero >out/filler
        "$1" sync s3://vault/p out 2>told & program=$!
        until grep -q 'by itself' told; do kill -0 $program || break; done
        ls -A out >at-pause
        rm out/filler
        wait $program; code=$?
        cat told >&2
        ls -lA out
        exit $code"#;
    let Some(run) = in_own_mounts(&stage, script) else {
        return println!("T11 case=disk_full skipped: no mounts of one's own here");
    };
    let run = run.ended_with(0);
    told(&run, &["disk is full", "free some space", "by itself"]);
    let whole = run.stdout.lines().filter(|line| line.contains(" 1048576 "));
    assert_eq!(whole.count(), 3, "{}", run.stdout);
    assert!(!run.stdout.contains(".wharf-"), "{}", run.stdout);
    let paused = fs::read_to_string(stage.path("at-pause")).unwrap();
    assert!(!paused.contains(".wharf-"), "{paused}");
    println!("T11 case=disk_full held=1 exit=0 partial=0 panics=0");
}
