//! The picker in a real terminal: mappings and groups go through the plan dialog, with ticks for parts, and conflicts are
//! settled by a person.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::fs;

use crate::support::{terminal::Terminal, wharf::Stage};

const HPC: &str = include_str!("../../config/examples/hpc-dataset.toml");

/// The terminal interface on a stage's S3 and configuration.
pub(crate) fn screen(stage: &Stage, size: (u16, u16)) -> Terminal {
    let mut terminal = stage.terminal(&[], &[], size);
    terminal.until("1 Browse");
    terminal
}

fn scenes() -> Stage {
    let stage = Stage::new();
    let bucket = "greenland-glacier-data";
    stage.demo.store().create_bucket(bucket, "us-east-1");
    for name in [
        "sentinel2/clipped/134_Arsuk/2019.tif",
        "sentinel2/clipped/101_sermiligarssuk/2019.tif",
        "sentinel2/download/134_Arsuk/raw.tif",
        "landsat/clipped/134_Arsuk.tif",
    ] {
        let file = stage.file("made/object", name.as_bytes());
        let target = format!("s3://{bucket}/1_download_merge_and_clip/{name}");
        let args = [
            "--config",
            "/dev/null",
            "sync",
            file.to_str().unwrap(),
            &target,
        ];
        stage.run(&args).ended_with(0);
    }
    let text = HPC
        .replace("~/glacier_flow", stage.path("base").to_str().unwrap())
        .replace("us-west-2", "us-east-1");
    fs::write(stage.path("wharf.toml"), text).unwrap();
    stage
}

#[test]
fn a_group_is_pulled_through_the_plan_dialog() {
    let stage = scenes();
    let mut terminal = screen(&stage, (132, 36));
    terminal.press("m");
    terminal.until("groups");
    terminal.press("jjj\r");
    terminal.until("Pull: from S3 to this machine");
    terminal.press("\r");
    terminal.until("a filter leaves it out");
    // Each mapping is listed in its own time, and what is not listed is not run.
    terminal.until("[x] + download");
    terminal.until_gone("listing both sides");
    terminal.press("\r");
    terminal.press("2");
    terminal.until("pull scenes");
    terminal.until("0 running, 3 over");
    let text = terminal.text();
    for name in ["sentinel2", "landsat"] {
        let child = |line: &str| line.contains("│   ✓ ") && line.contains(name);
        assert!(
            text.lines().any(child),
            "{name} stands indented below its group\n{text}"
        );
    }
    let folder = stage.path("base/1_download_merge_and_clip");
    assert!(folder.join("sentinel2/clipped/134_Arsuk/2019.tif").exists());
    assert!(folder.join("landsat/clipped/134_Arsuk.tif").exists());
    assert!(!folder.join("sentinel2/download").exists());
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn parts_are_ticked_before_a_mapping_is_pulled() {
    let stage = scenes();
    let mut terminal = screen(&stage, (80, 24));
    terminal.press("m");
    terminal.until("sentinel2");
    terminal.press("\r");
    terminal.until("Only some parts of it");
    terminal.press("G\r");
    terminal.until("[ ] 134_Arsuk");
    terminal.press("j ");
    terminal.until("[x] 134_Arsuk");
    terminal.press("\r");
    terminal.until("Pull: from S3 to this machine");
    terminal.press("\r");
    terminal.until("[x] + download");
    terminal.until("1 object");
    terminal.until_gone("listing both sides");
    terminal.press("\r");
    terminal.press("2");
    terminal.until("0 running, 1 over");
    let folder = stage.path("base/1_download_merge_and_clip/sentinel2/clipped");
    assert!(folder.join("134_Arsuk/2019.tif").exists());
    assert!(!folder.join("101_sermiligarssuk").exists());
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn a_conflict_is_settled_by_a_person() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("shared-data", "us-east-1");
    let text = format!(
        "base_dir = \"{}\"\n[remotes.main]\nregion = \"us-east-1\"\n[mappings.notes]\nlocal = \"notes\"\n\
         remote = \"main:s3://shared-data/notes\"\ndirection = \"both\"\nexisting = \"update\"\n",
        stage.path("base").display()
    );
    fs::write(stage.path("wharf.toml"), text).unwrap();
    let notes = stage.file("base/notes/a", b"one");
    stage.run(&["both", "notes"]).ended_with(0);
    stage.file("base/notes/a", b"changed here");
    let there = stage.file("made/object", b"changed there, too");
    let target = "s3://shared-data/notes/a";
    let args = [
        "--config",
        "/dev/null",
        "sync",
        there.to_str().unwrap(),
        target,
        "--yes",
    ];
    stage.run(&args).ended_with(0);
    let mut terminal = screen(&stage, (132, 36));
    terminal.press("m");
    terminal.until("notes");
    terminal.press("\r");
    terminal.until("Both ways");
    terminal.press("jjj\r");
    terminal.until("a: changed on both sides");
    terminal.until("both stay");
    terminal.press("  ");
    terminal.until("right wins");
    terminal.until_gone("listing both sides");
    terminal.press("\r");
    terminal.press("2");
    terminal.until("notes ←");
    terminal.until("0 running, 1 over");
    assert_eq!(fs::read(notes).unwrap(), b"changed there, too");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn what_was_looked_at_last_is_shown_again() {
    let stage = Stage::new();
    stage.file("data/one.txt", b"1");
    stage.demo.store().create_bucket("shared-data", "us-east-1");
    let mut terminal = screen(&stage, (80, 24));
    terminal.until("data/");
    terminal.press("o");
    terminal.until("left side: go to");
    // The folder under the cursor stands there already.
    terminal.press("\r");
    terminal.until("one.txt");
    terminal.press("\to");
    terminal.until("right side: go to");
    terminal.press("s3://shared-data\r");
    terminal.until("RIGHT s3://shared-data");
    terminal.press("c");
    terminal.until("missing");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    let mut terminal = screen(&stage, (80, 24));
    terminal.until("one.txt");
    terminal.until("RIGHT s3://shared-data");
    terminal.until("missing");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    fs::write(stage.path("state/screen.toml"), "last = 1").unwrap();
    let mut terminal = screen(&stage, (80, 24));
    terminal.until("bookmarks cannot be read");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}
