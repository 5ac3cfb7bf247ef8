//! `wharf instances exec` as a script sees it: output, what SSM cut off it, exit codes, and who does not answer.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use wharf::demo::{
    Fault, Rule,
    cloud::{NewInstance, Reply},
};

use crate::support::wharf::Stage;

/// A stage with an instance that is called trainer, and the scripts that its shell was given.
fn stage(reply: Reply) -> (Stage, String, Arc<Mutex<Vec<String>>>) {
    let stage = Stage::new();
    let id = stage.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        ..NewInstance::default()
    });
    let scripts = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&scripts);
    stage.demo.cloud().set_shell(move |_, script| {
        heard.lock().unwrap().push(script.to_owned());
        reply.clone()
    });
    (stage, id, scripts)
}

#[test]
fn a_command_says_what_it_said_and_ends_as_it_ended() {
    let (stage, id, scripts) = stage(Reply {
        stdout: "one\ntwo\n".to_owned(),
        stderr: "odd\u{1b}[2J\n".to_owned(),
        code: 7,
        takes: Duration::ZERO,
    });
    let run = stage.run(&["instances", "exec", "trainer", "--", "ls", "-l", "a b"]);
    let run = run.ended_with(7);
    assert_eq!(run.stdout, "one\ntwo\n");
    assert!(run.stderr.contains("odd") && !run.stderr.contains('\u{1b}'));
    let run = stage.run(&["instances", "exec", &id, "--json", "--", "df | tail"]);
    let said = &run.ended_with(7).of_type("said")[0];
    assert_eq!(said["exit"], 7);
    assert_eq!(said["stdout"], "one\ntwo\n");
    assert_eq!(said["stdout_cut"], false);
    assert_eq!(*scripts.lock().unwrap(), ["ls -l 'a b'", "df | tail"]);
}

#[test]
fn what_ssm_cut_off_is_told() {
    let (stage, _, _) = stage(Reply::said("x".repeat(30_000)));
    let run = stage.run(&["instances", "exec", "trainer", "--", "long"]);
    let run = run.ended_with(0);
    assert!(
        run.stderr.contains("first 24,000 characters"),
        "{}",
        run.stderr
    );
    assert!(!run.stdout.contains("truncated"));
    let run = stage.run(&["instances", "exec", "trainer", "--json", "--", "long"]);
    assert_eq!(run.ended_with(0).of_type("said")[0]["stdout_cut"], true);
}

#[test]
fn who_does_not_answer_or_may_not_be_asked_is_told_and_nothing_is_run_twice() {
    let (stage, id, scripts) = stage(Reply::said("hi\n"));
    let exec = || stage.run(&["instances", "exec", &id, "--", "date"]);
    stage.demo.cloud().change(&id, |one| one.unreachable = true);
    let lost = exec().ended_with(3);
    assert!(
        lost.stderr.contains("does not answer any more"),
        "{}",
        lost.stderr
    );
    stage.demo.cloud().change(&id, |one| {
        one.unreachable = false;
        one.made.unmanaged = true;
    });
    let none = exec().ended_with(3);
    assert!(
        none.stderr.contains("AmazonSSMManagedInstanceCore"),
        "{}",
        none.stderr
    );
    stage
        .demo
        .cloud()
        .change(&id, |one| one.made.unmanaged = false);
    let refused = stage.run(&["--read-only", "instances", "exec", &id, "--", "date"]);
    assert!(refused.ended_with(5).stderr.contains("read-only"));
    stage.demo.cloud().deny("ssm:SendCommand");
    let denied = exec().ended_with(3);
    assert!(
        denied.stderr.contains("ssm:SendCommand"),
        "{}",
        denied.stderr
    );
    stage.demo.cloud().allow("ssm:SendCommand");
    assert_eq!(scripts.lock().unwrap().len(), 0);
    // The answer is lost, and the command runs: it is not sent again.
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::Lost).on("SendCommand").times(1));
    exec().ended_with(3);
    assert_eq!(scripts.lock().unwrap().len(), 1);
    exec().ended_with(0);
    let nothing = stage.run(&["instances", "exec", &id]).ended_with(2);
    assert!(nothing.stderr.contains("COMMAND"));
}

#[test]
fn the_processes_on_the_gpus_are_told() {
    let told = "GPU-a, 0, NVIDIA A10G\n--\nGPU-a, 4242, 18734, python3 train.py\n";
    let (stage, id, scripts) = stage(Reply::said(told.to_owned()));
    let run = stage.run(&["instances", "gpu", "trainer"]).ended_with(0);
    assert!(run.stdout.contains("python3 train.py") && run.stdout.contains("18,734 MiB"));
    let run = stage
        .run(&["instances", "gpu", &id, "--json"])
        .ended_with(0);
    let process = &run.of_type("gpu_process")[0];
    assert_eq!(
        (&process["pid"], &process["memory_mib"]),
        (&4242.into(), &18_734.into())
    );
    assert!(scripts.lock().unwrap()[0].contains("nvidia-smi"));
}

#[test]
fn an_instance_without_gpus_says_so() {
    let (stage, _, _) = stage(Reply {
        stderr: "sh: nvidia-smi: command not found\n".to_owned(),
        code: 127,
        ..Reply::said(String::new())
    });
    let run = stage.run(&["instances", "gpu", "trainer"]).ended_with(3);
    assert!(run.stderr.contains("it has no GPU"), "{}", run.stderr);
}
