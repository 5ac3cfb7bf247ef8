//! `pull`, `push` and `both` by the real program: groups, parts, filters, authority, two ways, backups and the command that
//! proves a pull, on the stories' own configurations.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use wharf::domain::plan::{Plan, PlanSet};

use crate::support::wharf::{Run, Stage};

const HPC: &str = include_str!("../../../config/examples/hpc-dataset.toml");
const TRAINING: &str = include_str!("../../../config/examples/training-run.toml");
const EMBEDDINGS: &str = include_str!("../../../config/examples/embeddings-backup.toml");

impl Stage {
    /// Puts an object where the story has it.
    fn object(&self, target: &str, content: &[u8]) {
        let file = self.file("made/object", content);
        let file = file.to_str().unwrap();
        // Without the mappings: the test is the one who owns the bucket.
        let args = [
            "--config",
            "/dev/null",
            "sync",
            file,
            target,
            "--existing",
            "always",
        ];
        self.run(&args).ended_with(0);
    }

    /// What an object holds; `None` where it is gone.
    fn content(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let source = format!("s3://{bucket}/{key}");
        let target = self.path("read");
        fs::remove_file(&target).ok();
        let target = target.to_str().unwrap();
        let run = self.run(&["--config", "/dev/null", "sync", &source, target]);
        fs::read(target).ok().filter(|_| run.code == 0)
    }

    fn configure(&self, text: &str) {
        fs::write(self.path("wharf.toml"), text).unwrap();
    }
}

fn mapping(run: &Run, name: &str) -> serde_json::Value {
    let found = run
        .of_type("mapping")
        .into_iter()
        .find(|m| m["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in\n{}{}", run.stdout, run.stderr))
}

/// The scenes of story 3 in a bucket, and its configuration with the data of a laptop below `base`.
fn scenes() -> Stage {
    let stage = Stage::new();
    stage
        .demo
        .store()
        .create_bucket("greenland-glacier-data", "us-east-1");
    for name in [
        "sentinel2/clipped/134_Arsuk/2019.tif",
        "sentinel2/metadata/134_Arsuk.json",
        "sentinel2/clipped/101_sermiligarssuk/2019.tif",
        "sentinel2/download/134_Arsuk/raw.tif",
        "landsat/clipped/134_Arsuk.tif",
    ] {
        let target = format!("s3://greenland-glacier-data/1_download_merge_and_clip/{name}");
        stage.object(&target, name.as_bytes());
    }
    let text = HPC
        .replace("~/glacier_flow", stage.path("base").to_str().unwrap())
        .replace("us-west-2", "us-east-1");
    fs::create_dir_all(stage.path("tool")).unwrap();
    fs::write(stage.path("tool/wharf.toml"), text).unwrap();
    stage.demo.log().clear();
    stage
}

/// Files below a folder, by their paths.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(
                    path.strip_prefix(folder)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

#[test]
fn story_3_a_group_is_pulled_with_the_configuration_beside_the_program() {
    let stage = scenes();
    // The data folder holds a link to the program; the configuration lies beside the real file.
    let program = assert_cmd::cargo::cargo_bin("wharf");
    fs::copy(&program, stage.path("tool/wharf")).unwrap();
    fs::create_dir_all(stage.path("data")).unwrap();
    symlink(stage.path("tool/wharf"), stage.path("data/wharf")).unwrap();
    let command = stage.process(&["pull", "scenes"]);
    let mut linked = std::process::Command::new(stage.path("data/wharf"));
    linked.env_clear().args(command.get_args());
    for (name, value) in command.get_envs() {
        linked.env(name, value.unwrap_or_default());
    }
    linked.current_dir(stage.path("data"));
    let run = Run::from(linked.output().unwrap()).ended_with(0);
    for told in [
        "Reading configuration from",
        "Machine: laptop",
        "Mapping: sentinel2",
        "Leaving out download/**",
        "Existing files are kept",
    ] {
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    assert!(
        run.stdout.contains("sentinel2: 3 files, 0 failed"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("left out: 36 B in 1 file"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("2 mappings: 4 files, 0 failed"),
        "{}",
        run.stdout
    );
    let folder = stage.path("base/1_download_merge_and_clip");
    assert_eq!(
        below(&folder),
        [
            "landsat/clipped/134_Arsuk.tif",
            "sentinel2/clipped/101_sermiligarssuk/2019.tif",
            "sentinel2/clipped/134_Arsuk/2019.tif",
            "sentinel2/metadata/134_Arsuk.json",
        ]
    );
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

#[test]
fn a_group_is_one_task_with_a_child_for_each_and_a_second_run_moves_nothing() {
    let stage = scenes();
    let config = stage.path("tool/wharf.toml");
    let args = ["--config", config.to_str().unwrap(), "pull", "--json"];
    let run = stage.run(&args).ended_with(0);
    let tasks = run.of_type("task");
    assert_eq!(tasks.len(), 2);
    assert_eq!(tasks[0]["parent"], run.summary()["task"]);
    assert_eq!(tasks[0]["state"], "done");
    assert_eq!(tasks[0]["recount"]["equal"], true);
    assert_eq!(mapping(&run, "sentinel2")["verified"], 3);
    assert_eq!(
        (&run.summary()["done"], &run.summary()["failed"]),
        (&4.into(), &0.into())
    );
    let again = stage.run(&args).ended_with(0);
    assert!(again.of_type("task").is_empty());
    assert_eq!(mapping(&again, "sentinel2")["same"]["objects"], 3);
}

/// Runs wharf with the configuration of the scenes.
fn with_scenes(stage: &Stage, args: &[&str]) -> Run {
    let config = stage.path("tool/wharf.toml");
    stage.run(&[&["--config", config.to_str().unwrap()], args].concat())
}

#[test]
fn a_group_is_compared_with_a_line_for_each_mapping() {
    let stage = scenes();
    let wharf = |args: &[&str]| with_scenes(&stage, args);
    let folder = |name: &str| stage.path(&format!("base/1_download_merge_and_clip/{name}"));
    fs::create_dir_all(folder("landsat")).unwrap();
    let missing = wharf(&["diff", "scenes", "--summary"]).ended_with(2);
    assert!(
        missing.stderr.contains("sentinel2: no such file or folder"),
        "{}",
        missing.stderr
    );
    assert!(
        missing.stdout.contains("landsat: 0 ≠ 1 object"),
        "{}",
        missing.stdout
    );
    fs::create_dir_all(folder("sentinel2")).unwrap();
    let diff = wharf(&["diff", "scenes", "--json"]).ended_with(1);
    let of = |run: &Run, name: &str| {
        let pairs = run.of_type("pair");
        let pairs = pairs.iter().filter(|pair| pair["mapping"] == name);
        pairs.count()
    };
    assert_eq!((of(&diff, "sentinel2"), of(&diff, "landsat")), (3, 1));
    assert_eq!(mapping(&diff, "sentinel2")["only_right"], 3);
    let sum = diff.summary();
    assert_eq!(
        (&sum["mappings"], &sum["only_right"]),
        (&2.into(), &4.into())
    );
    let told = wharf(&["diff", "scenes"]).ended_with(1);
    assert!(
        told.stdout.ends_with("landsat:\n- clipped/134_Arsuk.tif\n"),
        "{}",
        told.stdout
    );
    assert!(
        told.stderr.contains("2 mappings: 0 ≠ 4 objects"),
        "{}",
        told.stderr
    );

    let refused = wharf(&["sync", "scenes"]).ended_with(2);
    assert!(
        refused.stderr.contains("wharf pull scenes"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_group_is_planned_with_a_line_for_each_mapping() {
    let stage = scenes();
    let wharf = |args: &[&str]| with_scenes(&stage, args);
    let out = stage.path("plan.json");
    let plan = wharf(&["plan", "scenes", "--out", out.to_str().unwrap()]).ended_with(0);
    for told in [
        "sentinel2: 3 files, 114 B to move, 0 the same, left out: 36 B in 1 file",
        "2 mappings: 4 files, 143 B to move",
    ] {
        assert!(plan.stderr.contains(told), "{told}\n{}", plan.stderr);
    }
    let set: PlanSet = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    let [sentinel2, landsat] = set.mappings.as_slice() else {
        panic!("not two mappings: {set:?}")
    };
    assert_eq!(sentinel2.pull.as_ref().unwrap().steps().count(), 3);
    assert!(landsat.push.is_none() && set.check_version().is_ok());
    let csv = wharf(&["plan", "scenes", "--format", "csv"]).ended_with(0);
    assert!(
        csv.stdout
            .contains("\nlandsat,pull,download,+,clipped/134_Arsuk.tif,29,\n"),
        "{}",
        csv.stdout
    );
}

#[test]
fn the_report_of_a_group_tells_files_failures_bytes_folder_and_proof_of_each() {
    let stage = scenes();
    let wharf = |args: &[&str]| with_scenes(&stage, args);
    let head = wharf(&["pull", "scenes", "--json"]).ended_with(0).summary();
    assert_eq!(head["proof"]["checksum"], 4);
    let report = wharf(&["tasks", "report", &head["task"].to_string()]).ended_with(0);
    let local = stage.path("base/1_download_merge_and_clip/sentinel2");
    let row = format!(
        "| sentinel2 | done | 3 | 0 | 114 B | {} | 3 proven by checksum | 3 = 3 |",
        local.display()
    );
    assert!(report.stdout.contains(&row), "{row}\n{}", report.stdout);
    assert!(
        report.stdout.contains("| done | 4 objects, 143 B |"),
        "{}",
        report.stdout
    );

    let verify = wharf(&["verify", "scenes", "--json"]).ended_with(0);
    assert_eq!(mapping(&verify, "landsat")["verified"], 1);
    assert_eq!(verify.summary()["verified"], 4);
}

#[test]
fn a_plan_of_both_ways_holds_both_and_the_conflicts() {
    let stage = two_ways("existing = \"update\"");
    stage.file("base/notes/a", b"one");
    stage.file("base/notes/b", b"b");
    stage.run(&["both", "notes"]).ended_with(0);
    stage.file("base/notes/a", b"changed here");
    stage.object("s3://shared-data/notes/a", b"changed there, too");
    stage.file("base/notes/new", b"only here");
    stage.object("s3://shared-data/notes/b", b"b, changed there");
    let plan = stage.run(&["plan", "notes", "--json"]).ended_with(0);
    let plans = &plan.of_type("plans")[0];
    let set: PlanSet = serde_json::from_value(plans.clone()).unwrap();
    let notes = &set.mappings[0];
    let keys = |plan: &Option<Plan>| -> Vec<String> {
        let steps = plan.as_ref().unwrap().steps();
        steps.map(|step| step.key.to_string()).collect()
    };
    assert_eq!(
        (keys(&notes.push), keys(&notes.pull)),
        (vec!["new".to_owned()], vec!["b".to_owned()])
    );
    assert_eq!(notes.conflicts.len(), 1);
    assert_eq!(plan.summary()["conflicts"], 1);
    let out = stage.path("both.csv");
    let args = [
        "plan",
        "notes",
        "--format",
        "csv",
        "--out",
        out.to_str().unwrap(),
    ];
    stage.run(&args).ended_with(0);
    assert_eq!(
        fs::read_to_string(out).unwrap(),
        "mapping,way,action,sign,key,size,destination_size\n\
         notes,push,upload,+,new,9,\nnotes,pull,overwrite,*,b,16,1"
    );
}

#[test]
fn parts_are_picked_by_name_and_a_slip_is_told_with_the_nearest() {
    let stage = scenes();
    let config = stage.path("tool/wharf.toml");
    let pull = |parts: &str| {
        let args = [
            "--config",
            config.to_str().unwrap(),
            "pull",
            "sentinel2",
            "--only",
            parts,
        ];
        stage.run(&args)
    };
    let slip = pull("134_Arsuc").ended_with(2);
    assert!(
        slip.stderr.contains("did you mean \"134_Arsuk\"?"),
        "{}",
        slip.stderr
    );
    pull("134_Arsuk").ended_with(0);
    assert_eq!(
        below(&stage.path("base/1_download_merge_and_clip/sentinel2")),
        ["clipped/134_Arsuk/2019.tif", "metadata/134_Arsuk.json"]
    );
    let args = [
        "--config",
        config.to_str().unwrap(),
        "pull",
        "landsat",
        "--only",
        "x",
    ];
    let told = stage.run(&args).ended_with(2);
    assert!(
        told.stderr.contains("[mappings.landsat]"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_dry_run_prints_a_line_for_each_action_and_moves_nothing() {
    let stage = scenes();
    let config = stage.path("tool/wharf.toml");
    let args = [
        "--config",
        config.to_str().unwrap(),
        "pull",
        "-n",
        "--no-exclude",
        "sentinel2",
    ];
    let run = stage.run(&args).ended_with(0);
    assert_eq!(run.stdout.lines().count(), 4, "{}", run.stdout);
    assert!(
        run.stdout
            .contains("+ download  download/134_Arsuk/raw.tif"),
        "{}",
        run.stdout
    );
    assert!(below(&stage.path("base")).is_empty());
    assert_eq!(stage.demo.log().count("GetObject"), 0);
}

#[test]
fn a_named_filter_is_laid_over_a_mapping() {
    let stage = scenes();
    let config = stage.path("tool/wharf.toml");
    let text =
        fs::read_to_string(&config).unwrap() + "\n[filters.tables]\ninclude = [\"**/*.json\"]\n";
    fs::write(&config, text).unwrap();
    let args = [
        "--config",
        config.to_str().unwrap(),
        "pull",
        "sentinel2",
        "--with",
        "tables",
    ];
    stage.run(&args).ended_with(0);
    assert_eq!(
        below(&stage.path("base")),
        ["1_download_merge_and_clip/sentinel2/metadata/134_Arsuk.json"]
    );
    let slip = [
        "--config",
        config.to_str().unwrap(),
        "pull",
        "--with",
        "tabels",
    ];
    assert!(
        stage
            .run(&slip)
            .ended_with(2)
            .stderr
            .contains("did you mean \"tables\"?")
    );
}

#[test]
fn a_pull_mapping_is_not_written_to_by_any_name() {
    let stage = scenes();
    let endpoint = stage.demo.endpoint();
    let text = fs::read_to_string(stage.path("tool/wharf.toml")).unwrap()
        + &format!("\n[remotes.alias]\nregion = \"us-east-1\"\nendpoint_url = \"{endpoint}\"\n");
    stage.configure(&text);
    stage.file("mine/a.txt", b"a");
    for place in ["main:s3://", "alias:s3://", "s3://"] {
        let target = format!("{place}greenland-glacier-data/1_download_merge_and_clip/landsat/x");
        let run = stage.run(&["sync", "mine", &target]).ended_with(5);
        assert!(run.stderr.contains("only pulls"), "{}", run.stderr);
    }
    assert_eq!(stage.run(&["push", "landsat"]).code, 5);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

/// The training run of story 5 on the box, or on the laptop.
fn training(on_the_box: bool) -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("your-bucket", "us-east-1");
    let text = TRAINING
        .replace("/opt/wharf-run", stage.path("box").to_str().unwrap())
        .replace(
            "\"/data\"",
            &format!("\"{}\"", stage.path("base").display()),
        )
        .replace("~/cards", stage.path("base").to_str().unwrap())
        .replace("profile = \"research\"\n", "")
        .replace("us-east-2", "us-east-1");
    if on_the_box {
        fs::create_dir_all(stage.path("box")).unwrap();
    }
    stage.configure(&text);
    stage
}

#[test]
fn story_5_the_box_pushes_and_elsewhere_a_push_wants_its_name() {
    let stage = training(true);
    stage.object("s3://your-bucket/cached-datasets/a.parquet", b"data");
    stage.object("s3://your-bucket/cached-datasets/notes.txt", b"notes");
    let run = stage.run(&["pull", "datasets"]).ended_with(0);
    assert_eq!(
        below(&stage.path("base")),
        ["data/cached_datasets/a.parquet"],
        "{}",
        run.stderr
    );
    stage.file("base/data/models/m.pkl", b"model");
    stage.run(&["push", "models"]).ended_with(0);
    assert_eq!(
        stage.content("your-bucket", "models/m.pkl").unwrap(),
        b"model"
    );
    // On another machine the mapping only pulls.
    fs::remove_dir(stage.path("box")).unwrap();
    stage.file("base/data/models/m.pkl", b"mine, and longer");
    let refused = stage.run(&["push", "models"]).ended_with(5);
    assert!(
        refused.stderr.contains("--override-authority trainer"),
        "{}",
        refused.stderr
    );
    stage
        .run(&["push", "models", "--override-authority", "laptop"])
        .ended_with(2);
    stage
        .run(&["push", "models", "--override-authority", "trainer"])
        .ended_with(0);
    assert_eq!(
        stage.content("your-bucket", "models/m.pkl").unwrap(),
        b"mine, and longer"
    );
}

#[test]
fn story_5_of_checkpoints_the_newer_one_wins_both_ways() {
    let stage = training(true);
    stage.file("base/data/checkpoints/old.bin", b"old");
    stage.object("s3://your-bucket/checkpoints/there.bin", b"there");
    let both = ["both", "checkpoints", "--json"];
    stage.run(&both).ended_with(0);
    assert_eq!(
        stage.content("your-bucket", "checkpoints/old.bin").unwrap(),
        b"old"
    );
    assert_eq!(
        fs::read(stage.path("base/data/checkpoints/there.bin")).unwrap(),
        b"there"
    );
    // Both changed since: the remote one lately, the local one a day ago.
    stage.file("base/data/checkpoints/old.bin", b"a day old");
    stage.object("s3://your-bucket/checkpoints/old.bin", b"of this minute");
    fs::write(
        stage.path("base/data/checkpoints/there.bin"),
        "changed here",
    )
    .unwrap();
    stage.run(&both).ended_with(0);
    assert_eq!(
        fs::read(stage.path("base/data/checkpoints/old.bin")).unwrap(),
        b"of this minute"
    );
    assert_eq!(
        stage
            .content("your-bucket", "checkpoints/there.bin")
            .unwrap(),
        b"changed here"
    );
}

/// A mapping of both directions with these lines of its own.
fn two_ways(lines: &str) -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("shared-data", "us-east-1");
    stage.configure(&format!(
        "base_dir = \"{}\"\n[remotes.main]\nregion = \"us-east-1\"\n[mappings.notes]\nlocal = \"notes\"\n\
         remote = \"main:s3://shared-data/notes\"\ndirection = \"both\"\n{lines}\n",
        stage.path("base").display()
    ));
    stage
}

#[test]
fn what_changed_on_one_side_goes_to_the_other_and_a_second_run_plans_nothing() {
    let stage = two_ways("existing = \"update\"\ndelete = \"propagate\"\nmax_delete = \"50%\"");
    for name in ["a", "b", "c", "d"] {
        stage.file(&format!("base/notes/{name}"), name.as_bytes());
    }
    let both = ["both", "notes", "--json"];
    assert_eq!(stage.run(&both).ended_with(0).summary()["done"], 4);
    stage.file("base/notes/a", b"a, changed here");
    stage.object("s3://shared-data/notes/b", b"b, changed there");
    fs::remove_file(stage.path("base/notes/c")).unwrap();
    stage.file("base/notes/new", b"new");
    let run = stage.run(&both).ended_with(0);
    assert_eq!(run.summary()["done"], 4, "{}", run.stdout);
    assert_eq!(
        stage.content("shared-data", "notes/a").unwrap(),
        b"a, changed here"
    );
    assert_eq!(
        fs::read(stage.path("base/notes/b")).unwrap(),
        b"b, changed there"
    );
    assert_eq!(stage.content("shared-data", "notes/c"), None);
    assert_eq!(stage.content("shared-data", "notes/new").unwrap(), b"new");
    let quiet = stage.run(&both).ended_with(0);
    assert!(quiet.of_type("task").is_empty(), "{}", quiet.stdout);
    // A file of a deleted one's name is a new file.
    stage.object("s3://shared-data/notes/c", b"c again");
    stage.run(&both).ended_with(0);
    assert_eq!(fs::read(stage.path("base/notes/c")).unwrap(), b"c again");
}

#[test]
fn a_conflict_is_listed_left_and_settled_by_a_word() {
    let stage = two_ways("existing = \"update\"");
    stage.file("base/notes/a", b"one");
    stage.run(&["both", "notes"]).ended_with(0);
    stage.file("base/notes/a", b"changed here");
    stage.object("s3://shared-data/notes/a", b"changed there, too");
    stage.file("base/notes/b", b"only here");
    let dry = stage.run(&["both", "notes", "-n"]).ended_with(1);
    assert_eq!(dry.stdout, "→ + upload    b\n");
    let left = stage.run(&["both", "notes", "--json"]).ended_with(1);
    let conflict = &left.of_type("conflict")[0];
    assert_eq!(
        (&conflict["key"], &conflict["reason"], &conflict["winner"]),
        (
            &"a".into(),
            &"changed on both sides".into(),
            &serde_json::Value::Null
        )
    );
    assert_eq!(left.summary()["conflicts"], 1);
    assert_eq!(
        fs::read(stage.path("base/notes/a")).unwrap(),
        b"changed here"
    );
    let run = stage.run(&[
        "both",
        "notes",
        "--conflicts",
        "right",
        "--backup-dir",
        "kept",
    ]);
    let run = run.ended_with(0);
    assert_eq!(
        fs::read(stage.path("base/notes/a")).unwrap(),
        b"changed there, too"
    );
    let kept = below(&stage.path("kept"));
    assert_eq!(kept.len(), 1, "{}", run.stderr);
    assert_eq!(
        fs::read(stage.path("kept").join(&kept[0])).unwrap(),
        b"changed here"
    );
}

#[test]
fn what_is_the_same_on_the_first_run_is_what_changes_are_told_from() {
    let stage = two_ways("existing = \"update\"\ndelete = \"propagate\"\nmax_delete = \"50%\"");
    for name in ["a", "b", "c"] {
        // Equal in size and time, put there by others: wharf never proved them.
        stage.file(&format!("base/notes/{name}"), name.as_bytes());
        let body = name.as_bytes().to_vec();
        stage
            .demo
            .store()
            .put("shared-data", &format!("notes/{name}"), body)
            .unwrap();
    }
    let both = ["both", "notes"];
    let first = stage.run(&both).ended_with(0);
    assert!(
        first.stderr.contains("(3 by size and time)"),
        "{}",
        first.stderr
    );
    let again = stage.run(&both).ended_with(0);
    assert!(!again.stderr.contains("never proven"), "{}", again.stderr);
    stage.file("base/notes/a", b"a, changed here");
    fs::remove_file(stage.path("base/notes/b")).unwrap();
    let diff = stage.run(&["diff", "notes", "--check", "checksum", "--only", "=~"]);
    assert!(
        diff.ended_with(1).stdout.contains("= c"),
        "checked, not believed"
    );
    let run = stage.run(&["both", "notes", "--json"]).ended_with(0);
    assert_eq!(
        (&run.summary()["done"], &run.summary()["conflicts"]),
        (&2.into(), &0.into())
    );
    assert_eq!(
        stage.content("shared-data", "notes/a").unwrap(),
        b"a, changed here"
    );
    assert_eq!(stage.content("shared-data", "notes/b"), None);
}

#[test]
fn without_a_proof_nothing_is_guessed() {
    let stage = two_ways("existing = \"update\"\ndelete = \"propagate\"");
    stage.file("base/notes/a", b"here");
    stage.object("s3://shared-data/notes/a", b"there, never seen here");
    stage.object("s3://shared-data/notes/b", b"b");
    let run = stage.run(&["both", "notes"]).ended_with(1);
    assert!(
        run.stderr
            .contains("! a: differs, and was never proven equal"),
        "{}",
        run.stderr
    );
    // What is missing here was never here: it is new, not deleted.
    assert_eq!(fs::read(stage.path("base/notes/b")).unwrap(), b"b");
}

#[test]
fn deletes_of_both_ways_stop_at_the_brakes() {
    let stage = two_ways("existing = \"update\"\ndelete = \"propagate\"");
    stage.file("base/notes/a", b"a");
    stage.file("base/notes/b", b"b");
    stage.run(&["both", "notes"]).ended_with(0);
    fs::remove_file(stage.path("base/notes/a")).unwrap();
    let run = stage.run(&["both", "notes"]).ended_with(5);
    assert!(run.stderr.contains("--max-delete 1"), "{}", run.stderr);
    fs::remove_dir_all(stage.path("base/notes")).unwrap();
    let run = stage
        .run(&["both", "notes", "--max-delete", "100%"])
        .ended_with(5);
    assert!(
        run.stderr.contains("--allow-empty-source"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.demo.log().count("DeleteObjects"), 0);
}

#[test]
fn one_way_propagates_only_what_the_source_is_proven_to_have_held() {
    let stage = two_ways("existing = \"update\"\ndelete = \"propagate\"\nmax_delete = \"100%\"");
    stage.file("base/notes/a", b"a");
    stage.file("base/notes/b", b"b");
    stage.run(&["push", "notes"]).ended_with(0);
    stage.object("s3://shared-data/notes/other", b"of somebody else");
    fs::remove_file(stage.path("base/notes/a")).unwrap();
    stage.run(&["push", "notes"]).ended_with(0);
    assert_eq!(stage.content("shared-data", "notes/a"), None);
    assert_eq!(
        stage.content("shared-data", "notes/other").unwrap(),
        b"of somebody else"
    );
}

#[test]
fn story_4_the_way_back_is_proven_by_the_mappings_own_command() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("your-bucket", "us-east-1");
    let check = "sh ../../scripts/check.sh";
    let mut text = EMBEDDINGS
        .replace("ap-southeast-1", "us-east-1")
        .replace("gzip = true\n", "");
    let line = text
        .lines()
        .find(|line| line.starts_with("verify_command"))
        .unwrap()
        .to_owned();
    text = text.replace(&line, &format!("verify_command = \"{check}\""));
    stage.configure(&text);
    stage.file("data/vector_db/chroma.sqlite3", b"database");
    stage.file("data/vector_db/0f3a/index; touch pwned", b"index");
    stage.file("data/metadata/documents.json", b"{}");
    let pushed = stage.run(&["push"]).ended_with(0);
    assert!(
        pushed.stdout.contains("embeddings: 2 files, 0 failed"),
        "{}",
        pushed.stdout
    );
    fs::remove_dir_all(stage.path("data")).unwrap();
    let script = stage.file(
        "scripts/check.sh",
        b"ls; echo \"$WHARF_MAPPING holds 1,250 documents\"\n",
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let pulled = stage.run(&["pull", "embeddings", "--json"]).ended_with(0);
    let check = &pulled.of_type("task")[0]["check"];
    assert_eq!(check["code"], 0);
    let lines = check["lines"].as_array().unwrap();
    assert_eq!(lines.last().unwrap(), "embeddings holds 1,250 documents");
    assert!(!stage.path("data/vector_db/pwned").exists());
    stage.file("scripts/check.sh", b"echo broken; exit 3\n");
    let wrong = stage.run(&["pull", "embeddings"]).ended_with(4);
    assert!(
        wrong.stdout.contains("ended with exit code 3"),
        "{}{}",
        wrong.stdout,
        wrong.stderr
    );
    assert!(wrong.stderr.contains("| broken"), "{}", wrong.stderr);
}

#[test]
fn what_is_overwritten_and_deleted_is_kept_first_on_either_side() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("shared-data", "us-east-1");
    let sync = |from: &str, to: &str, kept: &str| {
        let args = [
            "sync",
            from,
            to,
            "--delete",
            "--max-delete",
            "100%",
            "--yes",
            "--backup-dir",
            kept,
        ];
        stage.run(&args)
    };
    for (from, to, kept) in [
        ("new", "s3://shared-data/p", "s3://shared-data/kept"),
        ("new", "s3://shared-data/q", "kept-here"),
    ] {
        stage.object(&format!("{to}/a"), b"old a, of another size");
        stage.object(&format!("{to}/gone"), b"old and gone");
        stage.file("new/a", b"new a");
        sync(from, to, kept).ended_with(0);
    }
    let listed = stage
        .run(&["ls", "-r", "s3://shared-data/kept", "--json"])
        .ended_with(0);
    let keys: Vec<String> = listed
        .of_type("entry")
        .iter()
        .map(|entry| {
            entry["key"]
                .as_str()
                .unwrap()
                .split_once('/')
                .unwrap()
                .1
                .to_owned()
        })
        .collect();
    assert_eq!(keys, ["a", "gone"]);
    assert_eq!(below(&stage.path("kept-here")).len(), 2);
    assert_eq!(stage.content("shared-data", "q/gone"), None);
    // A disk's files go to a bucket, or to another folder.
    for kept in ["s3://shared-data/kept-too", "kept-too"] {
        stage.file("mine/a", b"mine, and it is long");
        stage.file("mine/b", b"mine alone");
        sync("s3://shared-data/p", "mine", kept).ended_with(0);
        assert_eq!(below(&stage.path("mine")), ["a"]);
    }
    assert_eq!(below(&stage.path("kept-too")).len(), 2);
    // Where it cannot be kept, nothing is lost.
    stage.file("mine/a", b"mine, and it is long");
    fs::write(stage.path("blocked"), "a file").unwrap();
    sync("s3://shared-data/p", "mine", "blocked/kept").ended_with(3);
    assert_eq!(
        fs::read(stage.path("mine/a")).unwrap(),
        b"mine, and it is long"
    );
    let inside = sync("new", "s3://shared-data/p", "s3://shared-data/p/kept").ended_with(5);
    assert!(inside.stderr.contains("overlap"), "{}", inside.stderr);
}

#[test]
fn git_may_be_allowed_for_one_mapping_and_no_other() {
    let stage = two_ways(
        "[mappings.code]\nlocal = \"code\"\nremote = \"main:s3://shared-data/notes\"\nforbid_git = false",
    );
    stage.object("s3://shared-data/notes/a", b"a");
    fs::create_dir_all(stage.path("base/.git")).unwrap();
    stage.run(&["pull", "code"]).ended_with(0);
    assert_eq!(below(&stage.path("base/code")), ["a"]);
    let refused = stage.run(&["pull", "notes"]).ended_with(5);
    assert!(
        refused.stderr.contains("forbid_git = false"),
        "{}",
        refused.stderr
    );
    assert!(!stage.path("base/notes/a").exists());
}

#[test]
fn shared_folders_keep_their_group_and_the_umask_holds() {
    use std::os::unix::fs::MetadataExt as _;
    let stage = two_ways("");
    stage.object("s3://shared-data/notes/deep/a", b"a");
    let folder = stage.path("base/notes");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o2775)).unwrap();
    let mut command = std::process::Command::new("sh");
    let inner = stage.process(&["pull", "notes"]);
    command.env_clear().current_dir(stage.path(""));
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let line = format!(
        "umask 027; exec {} pull notes",
        inner.get_program().to_str().unwrap()
    );
    let run = Run::from(command.args(["-c", &line]).output().unwrap()).ended_with(0);
    let of = |path: &str| fs::metadata(folder.join(path)).unwrap();
    let group = fs::metadata(&folder).unwrap().gid();
    assert_eq!(of("deep/a").mode() & 0o7777, 0o640, "{}", run.stderr);
    assert_eq!(
        of("deep").mode() & 0o2777,
        0o2750,
        "set-group-ID is handed down"
    );
    assert_eq!((of("deep").gid(), of("deep/a").gid()), (group, group));
}
