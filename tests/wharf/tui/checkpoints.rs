//! In Training: the newest checkpoint of this machine's disk is pushed through the plan of the mapping that holds it.
#![allow(
    clippy::unwrap_used,
    reason = "a stage that cannot be set must stop the test"
)]

use wharf::{
    domain::{key::Key, training::checkpoint::Checkpoint},
    engine::{Command, training::News},
};

use super::stage::{Stage, now};

const RUN: &str = "
[runs.stage2]
metrics = [{ from = \"/data/m.jsonl\" }]
checkpoints = [\"s3://runs/ckpt/stage2\", \"/data/checkpoints/stage2\"]
";

/// A screen whose run has a checkpoint in S3 and a newer one on this machine.
fn stage(mapping: &str) -> Stage {
    let text = format!("{mapping}{RUN}");
    let (mut stage, view) = Stage::watching(&text);
    for (place, step) in [(0, 300), (1, 400)] {
        let checkpoint = Checkpoint {
            name: Key::from(&*format!("step={step}.pt")),
            at: now(),
            step: Some(step),
            size: 1 << 20,
            on_box: false,
        };
        let newest = Ok(Some(checkpoint));
        let news = News::Checkpoint { place, newest };
        stage.tell_run(view, news);
    }
    stage
}

const MAPPING: &str = "
[mappings.checkpoints]
local = \"/data/checkpoints\"
remote = \"s3://runs/ckpt\"
";

/// What is planned for `p`, and whereto.
fn planned(mapping: &str) -> (Vec<Key>, String) {
    let mut stage = stage(mapping);
    stage.press("p");
    stage.asked(|command| {
        let Command::Plan {
            only, destination, ..
        } = command
        else {
            return None;
        };
        Some((only.clone(), destination.to_string()))
    })
}

#[test]
fn the_newest_checkpoint_here_is_pushed_through_a_plan() {
    let (only, to) = planned(&format!("{MAPPING}direction = \"both\"\n"));
    assert_eq!(only, [Key::from("stage2/step=400.pt")]);
    assert_eq!(to, "s3://runs/ckpt");
}

#[test]
fn of_mappings_that_hold_it_the_deepest_pushes_it() {
    let around = |name: &str| {
        format!(
            "[mappings.{name}]\nlocal = \"/data\"\nremote = \"s3://{name}\"\ndirection = \"both\"\n"
        )
    };
    let mappings = [
        around("all"),
        format!("{MAPPING}direction = \"both\"\n"),
        around("rest"),
    ];
    let (only, to) = planned(&mappings.concat());
    assert_eq!(only, [Key::from("stage2/step=400.pt")]);
    assert_eq!(to, "s3://runs/ckpt");
}

#[test]
fn without_a_mapping_that_pushes_it_says_what_is_missing() {
    let said = |mapping: &str| {
        let mut stage = stage(mapping);
        stage.press("p");
        let plans =
            stage.all_asked(|command| matches!(command, Command::Plan { .. }).then_some(()));
        assert_eq!(plans, []);
        stage.text((132, 36))
    };
    let none = said("");
    assert!(
        none.contains("No mapping holds /data/checkpoints/stage2"),
        "{none}"
    );
    let pull = said(&format!("{MAPPING}direction = \"pull\"\n"));
    assert!(pull.contains("only pulls"), "{pull}");
}
