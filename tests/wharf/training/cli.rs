//! `wharf training` as a script calls it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::support::wharf::Stage;

/// A log whose last step was reached so many seconds ago, one each second.
fn log(steps: std::ops::RangeInclusive<u64>, total: u64, ago: u64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let last = *steps.end();
    let line = |step| {
        let at = now - ago - (last - step);
        format!(
            "{{\"step\": {step}, \"loss/train\": {}, \"timestamp\": {at}, \"total_steps\": {total}}}\n",
            100.0 / (step + 1) as f64
        )
    };
    steps.map(line).collect::<Vec<_>>().concat()
}

/// A log, written when its last step was reached.
fn write(stage: &Stage, name: &str, text: &str, ago: u64) {
    let path = stage.path(name);
    std::fs::write(&path, text).unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(ago))
        .unwrap();
}

const CONFIG: &str = "
[hooks]
failure = \"cat > told.json\"
[remotes.main]
region = \"us-east-1\"
[runs.stage2]
metrics = [{ from = \"stage2.jsonl\" }]
checkpoints = [\"main:s3://runs/ckpt\"]
[runs.old]
metrics = [{ from = \"old.jsonl\" }]
[runs.gone]
metrics = [{ from = \"main:s3://runs/none.jsonl\" }]
";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("runs", "us-east-1");
    stage
        .demo
        .store()
        .put("runs", "ckpt/step=600.pt", Bytes::from_static(b"weights"))
        .unwrap();
    std::fs::write(stage.path("wharf.toml"), CONFIG).unwrap();
    write(&stage, "stage2.jsonl", &log(0..=693, 1000, 2), 2);
    write(&stage, "old.jsonl", &log(0..=300, 1000, 2460), 2460);
    stage
}

#[test]
fn runs_are_listed_as_they_stand() {
    let run = stage().run(&["training", "list", "--json"]).ended_with(3);
    let runs = run.of_type("run");
    let of = |name: &str| runs.iter().find(|run| run["name"] == name).unwrap();
    let stage2 = of("stage2");
    assert_eq!(
        (
            &stage2["state"],
            &stage2["last_step"],
            &stage2["total_steps"]
        ),
        (&"training".into(), &693.into(), &1000.into())
    );
    assert!((stage2["progress"].as_f64().unwrap() - 0.693).abs() < 1e-9);
    let eta = stage2["eta_seconds"].as_array().unwrap();
    assert!(
        eta[0].as_u64() <= Some(307) && eta[1].as_u64() >= Some(300),
        "{eta:?}"
    );
    assert_eq!(stage2["metrics"]["loss/train"]["step"], 693);
    assert_eq!(stage2["lamps"]["step"], "on");
    assert_eq!(stage2["checkpoints"][0]["lost_steps"], 93);
    let old = of("old");
    assert_eq!(
        (&old["state"], &old["lamps"]["step"], &old["eta_seconds"]),
        (&"stalled".into(), &"off".into(), &serde_json::Value::Null)
    );
    assert!(
        of("gone")["sources"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("nothing at"),
        "told, with exit code 3"
    );
}

#[test]
fn a_run_is_shown_with_its_evidence() {
    let stage = stage();
    let run = stage.run(&["training", "show", "old"]).ended_with(0);
    assert!(
        run.stdout.contains("stalled for 41m, usual step 1.0 s"),
        "{}",
        run.stdout
    );
    let run = stage
        .run(&["training", "show", "stage2", "-n", "1"])
        .ended_with(0);
    let told = &run.stdout;
    assert!(
        told.contains("step 693/1,000 · 69 %")
            && told.contains("and 93 steps")
            && told.contains("\"step\": 693"),
        "{told}"
    );
    let run = stage
        .run(&["training", "show", "./old.jsonl", "--json"])
        .ended_with(0);
    assert_eq!(run.of_type("run")[0]["last_step"], 300);
    let run = stage.run(&["training", "show", "stage3"]).ended_with(2);
    assert!(
        run.stderr.contains("did you mean \"stage2\"?"),
        "{}",
        run.stderr
    );
}

#[test]
fn watching_ends_with_the_run() {
    let stage = stage();
    write(&stage, "done.jsonl", &log(0..=1000, 1000, 2), 2);
    let run = stage
        .run(&["training", "watch", "done.jsonl", "--json"])
        .ended_with(0);
    assert_eq!(run.of_type("run").last().unwrap()["state"], "ended");
    write(
        &stage,
        "died.log",
        "step 1 loss: 0.5\nstep 2 loss: 0.4\ntorch.OutOfMemoryError: CUDA out of memory\n",
        2,
    );
    let run = stage.run(&["training", "watch", "died.log"]).ended_with(3);
    assert!(
        run.stderr.contains("failed: torch.OutOfMemoryError"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    let told = std::fs::read_to_string(stage.path("told.json")).unwrap();
    assert!(
        told.contains("\"alert\":\"failed\"") && told.contains("OutOfMemoryError"),
        "{told}"
    );
    stage
        .run(&["training", "watch", "died.log", "--every", "soon"])
        .ended_with(2);
}
