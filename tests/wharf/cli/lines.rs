//! `wharf run` of a command file of s5cmd: lines become routes, what they did not mean is refused, and so is every other line,
//! by its number.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use crate::support::wharf::Stage;

/// Six objects below `data/`, in a bucket of a store without latency.
fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    store.create_bucket("cards", "us-east-1");
    for key in [
        "raw/a.png",
        "raw/b c.png",
        "raw/it's.png",
        "raw/x*y.png",
        "c/one.txt",
        "c/two.txt",
    ] {
        store
            .put("cards", &format!("data/{key}"), key.to_owned())
            .unwrap();
    }
    stage
}

fn keys(stage: &Stage, prefix: &str) -> Vec<String> {
    let keys = stage.demo.store().keys("cards", prefix);
    keys.iter()
        .map(|key| key.trim_start_matches(prefix).to_owned())
        .collect()
}

#[test]
fn what_wharf_wrote_for_s5cmd_it_runs_itself() {
    let stage = stage();
    let plan = [
        "plan",
        "s3://cards/data/",
        "s3://cards/new/",
        "--format",
        "s5cmd",
    ];
    stage
        .run(&[&plan[..], &["--out", "all.s5cmd"]].concat())
        .ended_with(0);
    stage.demo.log().clear();
    let run = stage.run(&["run", "all.s5cmd", "--json"]).ended_with(0);
    assert_eq!(run.summary()["done"], 6);
    assert_eq!(run.summary()["routes"], 1, "one listing for all lines");
    assert_eq!(keys(&stage, "new/"), keys(&stage, "data/"));
    assert_eq!(stage.demo.log().count("CopyObject"), 6);
    let again = stage.run(&["run", "all.s5cmd", "--json"]).ended_with(0);
    assert_eq!(again.summary()["done"], 0);
}

#[test]
fn moves_other_names_and_patterns_are_routes_like_any_other() {
    let stage = stage();
    stage.file(
        "go.s5cmd",
        b"# by hand\nmv s3://cards/data/c/one.txt s3://cards/moved/one.txt\n\
          cp s3://cards/data/c/two.txt s3://cards/other/second.txt\n\
          cp 's3://cards/data/raw/*.png' s3://cards/all/\n",
    );
    let run = stage
        .run(&["run", "go.s5cmd", "--json", "--yes"])
        .ended_with(0);
    assert_eq!(run.summary()["routes"], 3);
    assert_eq!(keys(&stage, "data/c/"), ["two.txt"]);
    assert_eq!(keys(&stage, "moved/"), ["one.txt"]);
    assert_eq!(keys(&stage, "other/"), ["second.txt"]);
    assert_eq!(keys(&stage, "all/").len(), 4);
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
}

#[test]
fn a_removal_wants_a_yes_and_goes_by_what_was_listed() {
    let stage = stage();
    let store = stage.demo.store();
    for key in [
        "new/raw/old.png",
        "new/raw/keep.png",
        "gone/1",
        "gone/deep/2",
    ] {
        store.put("cards", key, "old").unwrap();
    }
    stage.file(
        "go.s5cmd",
        b"cp s3://cards/data/raw/a.png s3://cards/new/raw/a.png\nrm s3://cards/new/raw/old.png\nrm 's3://cards/gone/*'\n",
    );
    // Nobody is there to say yes: what writes over nothing runs.
    stage.run(&["run", "go.s5cmd"]).ended_with(5);
    assert_eq!(keys(&stage, "new/raw/"), ["a.png", "keep.png", "old.png"]);
    assert_eq!(keys(&stage, "gone/").len(), 2);
    let dry = stage.run(&["run", "go.s5cmd", "--dry-run", "--json"]);
    assert_eq!(dry.of_type("step").len(), 3, "{}", dry.stdout);
    stage.run(&["run", "go.s5cmd", "--yes"]).ended_with(0);
    assert_eq!(keys(&stage, "new/raw/"), ["a.png", "keep.png"]);
    assert!(keys(&stage, "gone/").is_empty());
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
    let again = stage.run(&["run", "go.s5cmd", "--yes"]).ended_with(3);
    let told = "1 object of those that lines name are not at s3://cards";
    assert!(again.stderr.contains(told), "{}", again.stderr);
}

#[test]
fn a_file_of_removals_alone_is_run_too() {
    let stage = stage();
    stage.file(
        "go.s5cmd",
        b"rm s3://cards/data/c/one.txt s3://cards/data/c/two.txt\nrm --raw 's3://cards/data/raw/x*y.png'\n",
    );
    stage.demo.log().clear();
    let run = stage
        .run(&["run", "go.s5cmd", "--json", "--yes"])
        .ended_with(0);
    assert_eq!(run.summary()["done"], 3);
    assert_eq!(
        stage.demo.log().count("ListObjectsV2"),
        1,
        "one listing for all lines"
    );
    assert_eq!(
        keys(&stage, "data/"),
        ["raw/a.png", "raw/b c.png", "raw/it's.png"]
    );
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
}

#[test]
fn every_other_line_is_refused_by_its_number_and_nothing_is_asked() {
    let stage = stage();
    stage.file(
        "go.s5cmd",
        b"cp s3://cards/data/c/one.txt s3://cards/new/one.txt\nls s3://cards/\n\ncp --acl public-read a s3://cards/a\nrm s3://cards/data/c/one.txt\n",
    );
    stage.demo.log().clear();
    let run = stage.run(&["run", "go.s5cmd"]).ended_with(2);
    for told in [
        "line 2: \"ls\" is none of cp, sync, mv and rm",
        "line 4: cp --acl",
        "line 5: rm of s3://cards/data/c/one.txt, and another line reads or brings",
    ] {
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    assert_eq!(stage.demo.log().lines().len(), 0);
    stage.file("empty.s5cmd", b"# nothing\n");
    let run = stage.run(&["run", "empty.s5cmd"]).ended_with(2);
    assert!(
        run.stderr.contains("neither a plan nor a command"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_named_object_that_is_not_there_is_told() {
    let stage = stage();
    stage.file(
        "go.s5cmd",
        b"cp s3://cards/data/c/one.txt s3://cards/new/one.txt\ncp s3://cards/data/c/none.txt s3://cards/new/none.txt\n",
    );
    let run = stage.run(&["run", "go.s5cmd"]).ended_with(3);
    assert!(
        run.stderr.contains("1 object of those that lines name"),
        "{}",
        run.stderr
    );
    assert_eq!(keys(&stage, "new/"), ["one.txt"]);
}
