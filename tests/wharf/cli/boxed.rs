//! The run on its instance: the user data that a launch really sent is run in a folder, with the program itself, against the
//! embedded S3 and SSM; only `shutdown` is a stand-in.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where its stage cannot be set, and says what it leaves out"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{Parameter, State},
};

use crate::support::wharf::{Run, Stage};

/// A launched run whose instance is a folder here.
pub(super) struct Machine {
    pub(super) stage: Stage,
    id: String,
    launch: String,
}

pub(super) fn has(program: &str) -> bool {
    let tried = Command::new(program).arg("--version").output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// `None` where this machine lacks what an instance has.
pub(super) fn machine(train: &str, more: &str) -> Option<Machine> {
    if !["bash", "curl", "git", "timeout"]
        .iter()
        .all(|program| has(program))
    {
        eprintln!("left out: bash, curl, git or timeout is not installed");
        return None;
    }
    let stage = Stage::new();
    let binary = assert_cmd::cargo::cargo_bin("wharf");
    let text = format!(
        "base_dir = \"data\"\n\
         [mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\nexisting = \"update\"\n\
         [mappings.datasets]\nlocal = \"sets\"\nremote = \"s3://vault/sets\"\ndirection = \"pull\"\n\
         [runs.stage2]\ninputs = [\"datasets\"]\noutputs = [\"models\"]\nat_end = \"terminate\"\n\
         [runs.stage2.launch]\nbinary = \"{}\"\nimage = \"ami-0123456789abcdef0\"\ntype = \"g5.xlarge\"\n\
         instance_profile = \"wharf-run\"\nupload = [\"scripts/\"]\ntrain = \"scripts/train.sh\"\nmax_hours = 12\n{more}",
        binary.display()
    );
    stage.file("wharf.toml", text.as_bytes());
    stage.file("scripts/train.sh", train.as_bytes());
    stage.file(
        "scripts/init.sh",
        b"echo ready > \"$WHARF_BOX/init-was-here\"\n",
    );
    stage.demo.store().create_bucket("vault", REGION);
    stage
        .demo
        .store()
        .put("vault", "sets/a", b"data".to_vec())
        .unwrap();
    Some(Machine {
        stage,
        id: String::new(),
        launch: String::new(),
    })
}

impl Machine {
    pub(super) fn launched(mut self) -> Self {
        let args = [
            "instances",
            "launch",
            "stage2",
            "--yes",
            "--no-wait",
            "--json",
        ];
        let summary = self.stage.run(&args).ended_with(0).summary();
        summary["id"].as_str().unwrap().clone_into(&mut self.id);
        summary["launch"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.launch);
        self.stage.demo.clock().advance(Duration::from_mins(1));
        self
    }

    /// The first boot: the user data as EC2 would run it.
    pub(super) fn boot(&self) -> Command {
        let mut data = String::new();
        self.stage
            .demo
            .cloud()
            .change(&self.id, |one| data.clone_from(&one.made.user_data));
        let script = self.stage.file("user-data", data.as_bytes());
        self.bash(&script)
    }

    /// A later boot, by the script that the first one left.
    pub(super) fn boot_again(&self) -> Command {
        let mut command = self.bash(&self.stage.path("box/box.sh"));
        command.arg("boot");
        command
    }

    /// The instance.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// `wharf wrap-up` of the run from the machine that launched it, whose path has the stand-ins.
    pub(super) fn wrap_up(&self, more: &[&str]) -> Run {
        let mut process = self.stage.process(&[&["wrap-up", "stage2"], more].concat());
        let path = std::env::var("PATH").unwrap();
        let bin = self.stage.path("bin");
        process
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("WHARF_BOX", self.stage.path("box"))
            .env("WHARF_INSTANCE", &self.id)
            .env("WHARF_RETRY", "0");
        Run::from(process.output().unwrap())
    }

    fn bash(&self, script: &std::path::Path) -> Command {
        let bin = self.stage.path("bin");
        self.stand_in("shutdown", "echo \"$@\" >> \"$WHARF_BOX/shutdown\"\n");
        // The instance's image has no AWS CLI: requests are signed by curl.
        self.stand_in("aws", "exit 1\n");
        // The program's own surroundings, as an instance's role gives them.
        let own = self.stage.process(&[]);
        let mut command = Command::new("bash");
        command.arg(script).env_clear();
        for (name, value) in own.get_envs() {
            if let Some(value) = value.filter(|_| name != "WHARF_STATE") {
                command.env(name, value);
            }
        }
        let path = std::env::var("PATH").unwrap();
        command
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("WHARF_BOX", self.stage.path("box"))
            .env("WHARF_INSTANCE", &self.id)
            .env("WHARF_SYSTEMD", self.stage.path("systemd"))
            .env("WHARF_RETRY", "0")
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.stage.path("boot.log")).unwrap());
        command
    }

    /// A program on its path that stands in for one of the instance's.
    pub(super) fn stand_in(&self, name: &str, script: &str) {
        let text = format!("#!/bin/sh\n{script}");
        let program = self.stage.file(&format!("bin/{name}"), text.as_bytes());
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Changes its configuration before the launch.
    pub(super) fn reconfigured(self, from: &str, to: &str) -> Self {
        let text = fs::read_to_string(self.stage.path("wharf.toml")).unwrap();
        assert!(text.contains(from), "{text}");
        self.stage
            .file("wharf.toml", text.replace(from, to).as_bytes());
        self
    }

    /// Boots it and waits for its end.
    pub(super) fn run(&self) {
        let mut child = self.boot().spawn().unwrap();
        self.until_over(&mut child);
    }

    /// Waits for its end, while time goes on in the world until it is terminated: an hour later it would be told no more.
    pub(super) fn until_over(&self, child: &mut Child) {
        let demo = &self.stage.demo;
        while child.try_wait().unwrap().is_none() {
            let asked = demo.log().count("TerminateInstances") > 0;
            if asked && demo.cloud().state(&self.id) != Some(State::Terminated) {
                demo.clock().advance(Duration::from_secs(1));
            }
            std::thread::yield_now();
        }
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.stage.path("box").join(name)).unwrap_or_default()
    }

    pub(super) fn kept(&self, name: &str) -> Option<Vec<u8>> {
        let place = format!("s3://vault/{name}");
        let to = self.stage.path("fetched");
        fs::remove_file(&to).unwrap_or_default();
        let to = to.to_str().unwrap();
        let run = self
            .stage
            .run(&["sync", &place, to, "--existing", "always", "--yes"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        fs::read(to).ok()
    }

    pub(super) fn status(&self) -> Value {
        let name = format!("wharf-runs/stage2/{}/status.json", self.launch);
        let told = self.kept(&name).unwrap_or_default();
        serde_json::from_slice(&told).unwrap_or_else(|_| {
            panic!(
                "no status: {} {} {}",
                self.text("log.txt"),
                self.text("../boot.log"),
                self.text("put.log")
            )
        })
    }

    pub(super) fn proof(&self) -> Value {
        let run = self.stage.run(&["wrap-up", "stage2", "--json"]);
        run.of_type("proof")[0].clone()
    }
}

pub(super) const TRAIN: &str = "set -e\ntest -f \"$WHARF_BOX/init-was-here\"\ncat \"$WHARF_BOX/data/sets/a\"\nmkdir -p \"$WHARF_BOX/data/models\"\necho weights > \"$WHARF_BOX/data/models/a.bin\"\n";

#[test]
fn a_run_pulls_trains_pushes_proves_and_ends_itself() {
    let Some(machine) = machine(TRAIN, "init = \"scripts/init.sh\"\n") else {
        return;
    };
    let machine = machine.launched();
    machine.run();
    let log = machine.text("log.txt");
    let status = machine.status();
    assert_eq!(
        (&status["state"], &status["outcome"], &status["exit"]),
        (&json!("ended"), &json!("done"), &json!(0)),
        "{log}"
    );
    for said in ["pushed", "recorded", "proven"] {
        assert_eq!(status[said], json!(true), "{said}: {log}");
    }
    assert_eq!(status["instance"], json!(machine.id));
    assert_eq!(machine.kept("models/a.bin").unwrap(), b"weights\n");
    assert_eq!(
        machine.stage.demo.cloud().state(&machine.id),
        Some(State::Terminated),
        "{log}"
    );
    assert_eq!(
        machine.text("shutdown"),
        "-h +720 wharf: the time of this run is over\n"
    );
    let proof = machine.proof();
    assert_eq!(
        (&proof["proven"], &proof["objects"]),
        (&json!(true), &json!(1)),
        "{proof}"
    );
}

#[test]
fn a_training_that_fails_pushes_all_the_same() {
    let train = format!("{TRAIN}exit 3\n").replace("test -f", ": ");
    let Some(machine) = machine(&train, "") else {
        return;
    };
    let machine = machine.launched();
    machine.run();
    let status = machine.status();
    assert_eq!(
        (&status["outcome"], &status["exit"], &status["proven"]),
        (&json!("failed"), &json!(3), &json!(true)),
        "{}",
        machine.text("log.txt")
    );
    assert_eq!(machine.kept("models/a.bin").unwrap(), b"weights\n");
}

#[test]
fn without_its_inputs_nothing_is_trained_and_the_status_says_why() {
    let Some(machine) = machine(TRAIN, "") else {
        return;
    };
    let machine = machine.launched();
    machine
        .stage
        .demo
        .store()
        .put("vault", "sets/a", b"other".to_vec())
        .unwrap();
    let here = machine.stage.path("box/data/sets");
    fs::create_dir_all(here.parent().unwrap()).unwrap();
    // A file where the folder should be: nothing can be pulled there.
    fs::write(&here, b"in the way").unwrap();
    machine.run();
    let status = machine.status();
    assert_eq!(
        (&status["outcome"], &status["pushed"]),
        (&json!("inputs"), &Value::Null)
    );
    assert!(
        status["why"]
            .as_str()
            .unwrap()
            .contains("training did not begin")
    );
    assert_eq!(machine.kept("models/a.bin"), None);
    assert!(machine.text("shutdown").ends_with("-h now\n"));
    assert_eq!(
        machine.stage.demo.cloud().state(&machine.id),
        Some(State::Running)
    );
}

#[test]
fn a_run_that_is_ended_from_outside_pushes_what_it_has() {
    let train = format!("{TRAIN}touch \"$WHARF_BOX/goes-on\"\nwhile true; do sleep 0.05; done\n")
        .replace("test -f", ": ");
    let Some(machine) = machine(&train, "") else {
        return;
    };
    let machine = machine.launched();
    let mut child = machine.boot().spawn().unwrap();
    let mark = machine.stage.path("box/goes-on");
    while !mark.exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "{}",
            machine.text("log.txt")
        );
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    machine.until_over(&mut child);
    let status = machine.status();
    assert_eq!(
        (&status["outcome"], &status["proven"]),
        (&json!("killed"), &json!(true)),
        "{}",
        machine.text("log.txt")
    );
    assert_eq!(machine.kept("models/a.bin").unwrap(), b"weights\n");
}

#[test]
fn the_code_is_checked_out_with_its_key_from_ssm_and_its_overrides() {
    let train = "cat train.toml code.txt > \"$WHARF_BOX/saw\"\nmkdir -p \"$WHARF_BOX/data/models\"\necho w > \"$WHARF_BOX/data/models/a.bin\"\n";
    let Some(machine) = machine(train, "") else {
        return;
    };
    let repository = machine.stage.path("repository");
    fs::create_dir(&repository).unwrap();
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        let git = git
            .current_dir(&repository)
            .env("HOME", machine.stage.path("."));
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let told = git.args(identity).args(args).output().unwrap();
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q", "-b", "trunk"]);
    fs::write(repository.join("code.txt"), b"of the code\n").unwrap();
    fs::write(repository.join("train.toml"), b"of the code too\n").unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let key = Parameter {
        value: "-----BEGIN KEY-----\nabc\n-----END KEY-----".to_owned(),
        secret: true,
    };
    machine
        .stage
        .demo
        .cloud()
        .set_parameter(REGION, "/wharf/deploy-key", key);
    machine.stage.file("train.toml", b"of this launch\n");
    let text = fs::read_to_string(machine.stage.path("wharf.toml")).unwrap();
    let text = text.replace(
        "upload = [\"scripts/\"]",
        "upload = [\"scripts/\", \"train.toml\"]",
    );
    let code = format!(
        "{text}[runs.stage2.code]\nrepository = \"file://{}\"\nbranch = \"trunk\"\ndeploy_key = \"ssm:/wharf/deploy-key\"\noverrides = [\"train.toml\"]\n",
        repository.display()
    );
    machine.stage.file("wharf.toml", code.as_bytes());
    let machine = machine.launched();
    machine.run();
    let log = machine.text("log.txt");
    assert_eq!(machine.status()["commit"], json!(commit), "{log}");
    assert_eq!(
        machine.text("saw"),
        "of this launch\nof the code\n",
        "{log}"
    );
    assert_eq!(machine.stage.demo.log().count("GetParameter"), 1);
    // The key is nowhere any more, and never was where others read.
    assert!(!machine.stage.path("box/deploy-key").exists() && !log.contains("BEGIN KEY"));
}

#[test]
fn the_scripts_are_clean_where_shellcheck_is_there_to_say_so() {
    if !has("shellcheck") {
        eprintln!("left out: shellcheck is not installed");
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/box");
    let files = ["user-data.sh", "box.sh"].map(|name| format!("{folder}/{name}"));
    let told = Command::new("shellcheck").args(&files).output().unwrap();
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stdout)
    );
}
