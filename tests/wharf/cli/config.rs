//! `wharf config`: found, checked, shown and begun, by the real program.

use std::fs;

use crate::support::wharf::Stage;

#[test]
fn the_order_of_places_is_told_and_the_first_is_used() {
    let stage = Stage::new();
    let none = stage.run(&["config", "path"]).ended_with(0);
    assert!(none.stderr.contains("none is there"), "{}", none.stderr);
    fs::create_dir_all(stage.path(".config/wharf")).unwrap();
    fs::write(stage.path(".config/wharf/wharf.toml"), "").unwrap();
    fs::write(stage.path("other.toml"), "").unwrap();
    let used = |args: &[&str]| {
        let places = stage.run(args).ended_with(0).of_type("place");
        places
            .into_iter()
            .find(|place| place["used"] == true)
            .expect("one is used")["why"]
            .clone()
    };
    assert_eq!(
        used(&["config", "path", "--json"]),
        "the configuration folder"
    );
    fs::write(stage.path("wharf.toml"), "").unwrap();
    assert_eq!(used(&["config", "path", "--json"]), "the working folder");
    assert_eq!(
        used(&["--config", "other.toml", "config", "path", "--json"]),
        "--config"
    );
}

#[test]
fn init_writes_a_file_that_changes_nothing_and_never_overwrites() {
    let stage = Stage::new();
    let before = stage.run(&["config", "show"]).ended_with(0).stdout;
    stage.run(&["config", "init"]).ended_with(0);
    stage.run(&["config", "check"]).ended_with(0);
    assert_eq!(stage.run(&["config", "show"]).ended_with(0).stdout, before);
    fs::write(stage.path("wharf.toml"), "[defaults]\nworkers = 3\n").unwrap();
    stage.run(&["config", "init"]).ended_with(5);
    let shown = stage
        .run(&["config", "show", "--origins"])
        .ended_with(0)
        .stdout;
    let workers = shown
        .lines()
        .find(|line| line.starts_with("defaults.workers"))
        .unwrap();
    assert!(
        workers.contains('3') && workers.ends_with("wharf.toml:2"),
        "{workers}"
    );
}

#[test]
fn a_slip_is_told_with_its_line_and_the_nearest_key() {
    let stage = Stage::new();
    fs::write(
        stage.path("wharf.toml"),
        "[defaults]\nexistnig = \"keep\"\n",
    )
    .unwrap();
    let run = stage.run(&["config", "check"]).ended_with(2);
    assert!(
        run.stderr
            .contains("wharf.toml:2:1: defaults.existnig: unknown key"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("did you mean \"existing\"?"),
        "{}",
        run.stderr
    );
    stage.run(&["diff", ".", "s3://bucket/"]).ended_with(2);
}

#[test]
fn a_mapping_that_a_command_hides_is_told() {
    let stage = Stage::new();
    let text = "[mappings.ls]\nlocal = \"/a\"\nremote = \"s3://bucket/a\"\n";
    fs::write(stage.path("wharf.toml"), text).unwrap();
    let run = stage.run(&["config", "check"]).ended_with(0);
    assert!(
        run.stderr
            .contains("mapping ls bears the name of a command"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_linked_program_finds_its_configuration_beside_the_real_file() {
    let stage = Stage::new();
    let (tools, data) = (stage.path("tools"), stage.path("data"));
    fs::create_dir_all(&tools).unwrap();
    fs::create_dir_all(&data).unwrap();
    let program = assert_cmd::cargo::cargo_bin("wharf");
    let real = tools.join("wharf");
    if fs::hard_link(&program, &real).is_err() {
        fs::copy(&program, &real).unwrap();
    }
    std::os::unix::fs::symlink(&real, data.join("wharf")).unwrap();
    fs::write(tools.join("wharf.toml"), "[defaults]\nworkers = 5\n").unwrap();
    let mut command = std::process::Command::new(data.join("wharf"));
    command
        .env_clear()
        .env("HOME", stage.path(""))
        .env("WHARF_STATE", stage.path("state"));
    let output = command
        .args(["config", "path"])
        .current_dir(&data)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let used = told.lines().find(|line| line.starts_with("used")).unwrap();
    assert!(
        used.contains("tools/wharf.toml  (beside the program's real file)"),
        "{told}"
    );
}

#[test]
fn a_production_remote_wants_its_name() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("live", "us-east-1");
    fs::write(
        stage.path("wharf.toml"),
        "[remotes.prod]\nproduction = true\n",
    )
    .unwrap();
    stage.file("a/x.txt", b"x");
    let line = ["sync", "a", "prod:s3://live/a"];
    let run = stage.run(&line).ended_with(5);
    assert!(run.stderr.contains("--confirm prod"), "{}", run.stderr);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
    stage
        .run(&[&line[..], &["--read-only", "--confirm", "prod"]].concat())
        .ended_with(5);
    stage
        .run(&[&line[..], &["--confirm", "prod"]].concat())
        .ended_with(0);
    assert_eq!(stage.demo.log().count("PutObject"), 1);
}

#[test]
fn completions_and_the_manual_are_printed() {
    let stage = Stage::new();
    assert!(
        stage
            .run(&["completions", "bash"])
            .ended_with(0)
            .stdout
            .contains("_wharf")
    );
    assert!(
        stage
            .run(&["man"])
            .ended_with(0)
            .stdout
            .contains(".TH wharf")
    );
    stage.run(&["synk", "--no-such-flag"]).ended_with(2);
    let slip = stage.run(&["synk"]).ended_with(2);
    assert!(
        slip.stderr.contains("did you mean \"sync\"?"),
        "{}",
        slip.stderr
    );
    let nowhere = stage.run(&[]).ended_with(2);
    assert!(
        nowhere.stderr.contains("wants a terminal"),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn logs_hold_no_secret_and_stdout_no_log() {
    let stage = Stage::new();
    let mut command = stage.command(&["-vvv", "ls", "s3://no-such-bucket/", "--json"]);
    command.env("AWS_SECRET_ACCESS_KEY", "CANARY0secret0CANARY");
    let run = command.output().unwrap();
    let log: String = fs::read_dir(stage.path("state/log"))
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(log.contains("wharf begins"), "{log}");
    for text in [
        log.as_str(),
        &String::from_utf8_lossy(&run.stdout),
        &String::from_utf8_lossy(&run.stderr),
    ] {
        assert!(!text.contains("CANARY0secret0CANARY"), "{text}");
    }
    for line in String::from_utf8_lossy(&run.stdout).lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("only records on stdout");
    }
}
