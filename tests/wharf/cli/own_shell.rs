//! The demo's instances answer what the README asks of them: `df -h`, and who uses the GPUs, as their type, volumes and metrics
//! have it.

use wharf::demo::cloud::{Load, NewInstance, NewVolume, Shape};

use crate::support::wharf::Stage;

fn volume(device: &str, gib: u32) -> NewVolume {
    NewVolume {
        device: device.to_owned(),
        gib,
        ..NewVolume::default()
    }
}

/// A stage with a trainer of this type.
fn stage(kind: &str, gpu: f64) -> Stage {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let id = cloud.add_instance(NewInstance {
        name: "trainer".to_owned(),
        kind: kind.to_owned(),
        volumes: vec![volume("/dev/sdf", 200), volume("/dev/xvda", 60)],
        ..NewInstance::default()
    });
    let load = Load {
        disk: Some(Shape::Flat(51.0)),
        gpus: vec![Shape::Flat(gpu)],
        ..Load::default()
    };
    cloud.set_load(&id, load);
    stage
}

#[test]
fn disks_are_those_of_the_instance_and_its_metric() {
    let stage = stage("g5.xlarge", 97.0);
    let df = ["instances", "exec", "trainer", "--", "df", "-h"];
    let run = stage.run(&df).ended_with(0);
    let rows: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["/dev/nvme0n1p1", "60G", "30G", "30G", "51%", "/"],
            ["/dev/nvme1n1", "200G", "42G", "158G", "21%", "/data"]
        ]
    );
    let one = [
        "instances",
        "exec",
        "trainer",
        "--",
        "df",
        "-h",
        "/data/sets",
    ];
    let run = stage.run(&one).ended_with(0);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

#[test]
fn gpus_are_those_of_the_type_and_work_while_their_metric_says_so() {
    let busy = stage("g5.xlarge", 97.0);
    let run = busy.run(&["instances", "gpu", "trainer", "--json"]);
    let run = run.ended_with(0);
    let process = &run.of_type("gpu_process")[0];
    assert_eq!(process["pid"], 4711);
    assert_eq!(process["memory_mib"], 18_420);
    let asked = "nvidia-smi --query-gpu=name,utilization.gpu,memory.total --format=csv,noheader";
    let smi =
        |stage: &Stage, script: &str| stage.run(&["instances", "exec", "trainer", "--", script]);
    let told = smi(&busy, asked).ended_with(0);
    assert_eq!(told.stdout, "NVIDIA A10G, 97 %, 23028 MiB\n");
    let shown = smi(&busy, "nvidia-smi").ended_with(0);
    for words in ["NVIDIA A10G", "97%", "4711"] {
        assert!(shown.stdout.contains(words), "{}", shown.stdout);
    }
    let wide = shown.stdout.lines().map(str::len);
    assert!(wide.clone().max() == wide.min(), "{}", shown.stdout);
    let odd = smi(&busy, "nvidia-smi --query-gpu=colour --format=csv").ended_with(2);
    assert!(odd.stdout.contains("colour"), "{}", odd.stdout);
    let idle = stage("g5.xlarge", 0.0);
    let run = idle.run(&["instances", "gpu", "trainer", "--json"]);
    assert_eq!(run.ended_with(0).of_type("gpu_process").len(), 0);
    // Without a GPU there is no such program.
    let none = stage("t3.large", 0.0);
    let run = none.run(&["instances", "gpu", "trainer"]).ended_with(3);
    assert!(run.stderr.contains("it has no GPU"), "{}", run.stderr);
}
