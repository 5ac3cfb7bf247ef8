//! T16: canaries as secrets, through every error path, with everything told: none in the log, the journal, on the screen or
//! in what is printed.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use wharf::demo::{Fault, REGION, Rule};

use crate::support::wharf::{Run, Stage};

use super::size;

/// Of so many bytes that its base64 stands whole in that of a key which begins with it.
const CANARY: &str = "canary7Qz";

/// A customer's key that begins with the canary.
fn key(fill: u8) -> [u8; 32] {
    let mut key = [fill; 32];
    key[..CANARY.len()].copy_from_slice(CANARY.as_bytes());
    key
}

/// Whether the canary stands here: as it is, or as bytes are written.
fn is_told(content: &[u8]) -> bool {
    let forms = [
        CANARY.to_owned(),
        STANDARD.encode(CANARY),
        hex::encode(CANARY),
    ];
    forms.iter().any(|form| {
        let form = form.as_bytes();
        content.windows(form.len()).any(|part| part == form)
    })
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    stage
        .demo
        .store()
        .put("vault", "p/a", b"a".to_vec())
        .unwrap();
    stage.file("data/b", b"b");
    stage
}

/// Runs a command with everything told and canaries for all that is secret.
fn run(stage: &Stage, args: &[&str], secrets: &[(&str, &str)]) -> Run {
    let mut command = stage.command(args);
    command.env("WHARF_LOG", "trace");
    for (name, value) in secrets {
        command.env(name, value);
    }
    Run::from(command.output().unwrap())
}

/// Every file below the folder that holds the canary.
fn found(folder: &Path, except: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let content = std::fs::read(&path).unwrap_or_default();
            if is_told(&content) && !except.contains(&&*name) {
                found.push(name);
            }
        }
    }
    found
}

const COMMANDS: [&[&str]; 7] = [
    &["ls", "-r", "s3://vault/p", "-vvv"],
    &["sync", "s3://vault/p", "out", "--yes", "-vvv"],
    &["sync", "data", "s3://vault/p", "--yes", "-vvv"],
    &["diff", "data", "s3://vault/p", "--json", "-vvv"],
    &["verify", "data", "s3://vault/p", "-vvv"],
    &["doctor", "-vvv"],
    &["config", "show", "--origins"],
];

/// The ways in which requests go wrong.
fn faults() -> Vec<Option<Fault>> {
    let mut faults = vec![None];
    let helpful = [
        Fault::InternalError,
        Fault::SlowDown,
        Fault::Reset,
        Fault::Cut,
        Fault::Lost,
        Fault::Conflict,
    ];
    faults.extend(helpful.map(Some));
    faults
}

/// Runs, and those of them that told a canary.
#[derive(Default)]
struct Looks {
    runs: usize,
    told: Vec<String>,
}

impl Looks {
    fn look(&mut self, what: String, run: &Run) {
        self.runs += 1;
        if is_told(run.stdout.as_bytes()) || is_told(run.stderr.as_bytes()) {
            self.told.push(what);
        }
    }

    /// Tells the figures, and stops where anything secret was told or is found in a file but these.
    fn judge(self, stage: &Stage, what: &str, secret: &[&str]) {
        let Self { runs, told } = self;
        let files = found(&stage.path(""), secret);
        let log = std::fs::read_dir(stage.path("state/log")).unwrap();
        let lines = log.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let lines: usize = lines.map(|text| text.lines().count()).sum();
        println!(
            "T16 of={what} runs={runs} log_lines={lines} told={} files={}",
            told.len(),
            files.len()
        );
        assert!(told.is_empty(), "{told:#?}");
        assert!(files.is_empty(), "{files:#?}");
        assert!(lines > 300, "everything was told");
    }

    /// What a customer's key is used for, where it is right, wrong, or none.
    fn with_customer_keys(&mut self, stage: &Stage) {
        let at = |name: &str| format!("customer:{}", stage.path(name).display());
        let (right, wrong, short) = (at("key"), at("wrong"), at("short"));
        // A key where its place is asked for.
        let itself = format!("customer:{}", STANDARD.encode(key(1)));
        let by_variable = "customer:env:WHARF_TEST_KEY";
        let variable = hex::encode(key(2));
        let up = [
            "sync",
            "data",
            "s3://vault/e",
            "--existing",
            "always",
            "--sse",
        ];
        let down = [
            "sync",
            "s3://vault/e",
            "out",
            "--existing",
            "always",
            "--sse",
        ];
        let check = ["verify", "data", "s3://vault/e", "--sse"];
        let copy = [
            "sync",
            "s3://vault/e",
            "s3://vault/f",
            "--existing",
            "always",
            "--source-sse",
        ];
        let commands: Vec<Vec<&str>> = vec![
            [&up[..], &[&right]].concat(),
            [&down[..], &[&right]].concat(),
            [&down[..], &[&wrong]].concat(),
            [&down[..], &[&short]].concat(),
            [&down[..], &[&itself]].concat(),
            [&check[..], &[&right]].concat(),
            [&copy[..], &[&right, "--sse", by_variable]].concat(),
            vec!["tasks", "list", "--json"],
            vec!["tasks", "report", "1"],
            vec!["config", "show", "--origins"],
        ];
        let some = faults().into_iter().take(size(3, usize::MAX));
        for (fault, args) in some.flat_map(|fault| commands.iter().map(move |args| (fault, args))) {
            stage.demo.faults().clear();
            if let Some(fault) = fault {
                stage.demo.faults().add(Rule::new(fault).share(0.3));
            }
            let args = [&args[..], &["-vvv"]].concat();
            let run = run(stage, &args, &[("WHARF_TEST_KEY", &variable)]);
            self.look(format!("{fault:?}, {args:?}"), &run);
        }
        stage.demo.faults().clear();
    }

    /// Presigned addresses wherever a person may put one.
    fn with_presigned_addresses(&mut self, stage: &Stage) {
        let address = format!(
            "{}/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101&X-Amz-Security-Token={CANARY}&X-Amz-Signature={CANARY}",
            stage.demo.endpoint()
        );
        for args in COMMANDS {
            let run = run(stage, args, &[("AWS_ENDPOINT_URL", &address)]);
            self.look(format!("AWS_ENDPOINT_URL, {args:?}"), &run);
        }
        let places: [&[&str]; 7] = [
            &["ls", &address],
            &["sync", &address, "out", "--yes"],
            &["sync", "data", &address, "--yes"],
            &["diff", "data", &address],
            &["plan", "data", &address],
            &["verify", "data", &address],
            &["ls", "s3://vault/p", "--endpoint-url", &address],
        ];
        for args in places {
            self.look(
                format!("{args:?}"),
                &run(stage, &[args, &["-vvv"]].concat(), &[]),
            );
        }
        for text in [
            format!("[remotes.main]\nendpoint_url = \"{address}\"\n"),
            format!("[mappings.m]\nlocal = \"/x\"\nremote = \"{address}\"\n"),
            format!("[mappings.m]\nlocal = \"/x\"\nremote = '{address}' oops\n"),
        ] {
            stage.file("wharf.toml", text.as_bytes());
            for args in COMMANDS {
                self.look(format!("{text}, {args:?}"), &run(stage, args, &[]));
            }
        }
    }

    /// Worlds in which no request can succeed.
    fn in_wrong_worlds(&mut self, stage: &Stage) {
        let secret = format!("{CANARY}/secret/key");
        let token = format!("{CANARY}SessionToken==");
        let address = format!("http://user:{CANARY}@127.0.0.1:9");
        let profile = profile(stage);
        let worlds: [&[(&str, &str)]; 6] = [
            &[("AWS_SECRET_ACCESS_KEY", &secret)],
            &[("AWS_SESSION_TOKEN", &token)],
            &[
                ("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN0KEY00000"),
                ("AWS_SECRET_ACCESS_KEY", &secret),
            ],
            &[("AWS_ENDPOINT_URL", &address)],
            &[
                ("AWS_ENDPOINT_URL", "http://s3.invalid"),
                ("HTTP_PROXY", &address),
            ],
            &[
                ("AWS_PROFILE", "lab"),
                ("AWS_CONFIG_FILE", &profile),
                ("AWS_ACCESS_KEY_ID", ""),
            ],
        ];
        for (number, secrets) in worlds.iter().enumerate() {
            // Wrong credentials hold a task: what could be seen of it the other commands show.
            let ends = |args: &&&[&str]| !["sync", "verify"].contains(&args[0]);
            for args in COMMANDS.iter().filter(ends) {
                self.look(
                    format!("world {number}, {args:?}"),
                    &run(stage, args, secrets),
                );
            }
        }
    }

    /// Requests that go wrong with credentials that are right.
    fn in_faults(&mut self, stage: &Stage) {
        let token = format!("{CANARY}SessionToken==");
        for (fault, args) in faults()
            .into_iter()
            .flat_map(|fault| COMMANDS.map(|args| (fault, args)))
        {
            stage.demo.faults().clear();
            if let Some(fault) = fault {
                stage.demo.faults().add(Rule::new(fault).share(0.3));
            }
            let run = run(stage, args, &[("AWS_SESSION_TOKEN", &token)]);
            self.look(format!("{fault:?}, {args:?}"), &run);
        }
        stage.demo.faults().clear();
    }
}

/// A configuration whose profile asks a program that fails after it told a canary.
fn profile(stage: &Stage) -> String {
    let script = format!(
        "#!/bin/sh\necho 'the session is over' >&2\necho '{{\"Version\":1,\"SecretAccessKey\":\"{CANARY}\"}}'\nexit 1\n"
    );
    let program = stage.file("process.sh", script.as_bytes());
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!(
        "[profile lab]\ncredential_process = {}\n",
        program.display()
    );
    let config = stage.file("aws-config", config.as_bytes());
    config.into_os_string().into_string().unwrap()
}

#[test]
fn t16_no_secret_is_told_on_any_path() {
    let stage = stage();
    let mut looks = Looks::default();
    looks.in_wrong_worlds(&stage);
    looks.in_faults(&stage);
    looks.judge(&stage, "credentials", &["process.sh"]);
}

#[test]
fn t16_no_customer_key_is_told_on_any_path() {
    let stage = stage();
    for (name, key) in [
        ("key", &key(1)[..]),
        ("wrong", &key(2)),
        ("short", &key(1)[..31]),
    ] {
        stage.file(name, key);
    }
    let mut looks = Looks::default();
    looks.with_customer_keys(&stage);
    looks.judge(&stage, "customer_keys", &["key", "wrong", "short"]);
}

#[test]
fn t16_no_presigned_address_is_told_on_any_path() {
    let stage = stage();
    let mut looks = Looks::default();
    looks.with_presigned_addresses(&stage);
    looks.judge(&stage, "presigned_addresses", &["wharf.toml"]);
}
