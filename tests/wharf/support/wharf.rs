//! The real binary as a script calls it, pointed at an embedded S3, with a home and state of its own.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::{
    fs::Permissions,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::PathBuf,
    process::Output,
    time::Duration,
};

use assert_cmd::Command;
use portable_pty::CommandBuilder;
use serde_json::Value;
use tempfile::TempDir;
use wharf::demo::{Demo, Options, REGION, s3::NewObject};

use super::terminal::Terminal;

/// The user and group of nobody.
const NOBODY: u32 = 65_534;

/// An embedded S3 and a folder to work in.
pub(crate) struct Stage {
    pub(crate) demo: Demo,
    home: TempDir,
}

/// What a command printed, and its exit code.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self {
            demo: Demo::start(options).unwrap(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// A bucket `vault` with these objects, each of which holds its key.
    pub(crate) fn vault(keys: &[&str]) -> Self {
        let stage = Self::new();
        let store = stage.demo.store();
        store.create_bucket("vault", REGION);
        for key in keys {
            let object = NewObject::from(key.as_bytes().to_vec());
            store.put("vault", key, object).unwrap();
        }
        stage
    }

    /// The keys of the bucket `vault`.
    pub(crate) fn kept(&self) -> Vec<String> {
        let objects = self.demo.store().objects("vault");
        objects.into_iter().map(|object| object.key).collect()
    }

    /// A path in the folder to work in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file with a time that lies a day back, as files that nobody is writing have.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let day_ago = std::time::SystemTime::now() - Duration::from_hours(24);
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(day_ago)
            .unwrap();
        path
    }

    /// The program with these arguments, as a script starts it, stopped where it hangs.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::from_std(self.process(args));
        command.timeout(Duration::from_mins(2));
        command
    }

    /// The program with these arguments, for a test that steers it while it runs.
    pub(crate) fn process(&self, args: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("wharf"));
        command.env_clear().current_dir(self.home.path()).args(args);
        command
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("WHARF_STATE", self.path("state"))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        for export in self.demo.exports() {
            let (name, value) = export
                .trim_start_matches("export ")
                .split_once('=')
                .unwrap();
            command.env(name, value.trim_matches(['"', '\'']));
        }
        command
    }

    /// Runs it in a terminal of this size, with more of the surroundings of a process.
    pub(crate) fn terminal(
        &self,
        args: &[&str],
        more: &[(&str, &str)],
        size: (u16, u16),
    ) -> Terminal {
        let process = self.process(args);
        let mut command = CommandBuilder::new(process.get_program());
        command.args(process.get_args());
        command.env_clear();
        for (name, value) in process.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let terminal = [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")];
        for (name, value) in terminal.iter().chain(more) {
            command.env(name, value);
        }
        command.cwd(self.path(""));
        Terminal::spawn(command, size)
    }

    /// Runs it to its end as somebody whom permissions bind: where the tests run as root, as nobody.
    pub(crate) fn run_bound(&self, args: &[&str]) -> Run {
        let mut process = self.process(args);
        if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
            // Nobody may not be able to reach the build's folder, but the temporary one.
            let program = self.path("wharf");
            let built = assert_cmd::cargo::cargo_bin("wharf");
            if !program.exists() && std::fs::hard_link(&built, &program).is_err() {
                std::fs::copy(&built, &program).unwrap();
            }
            for folder in ["", "state"] {
                let folder = self.path(folder);
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
            }
            let environment: Vec<_> = process
                .get_envs()
                .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
                .collect();
            process = std::process::Command::new(program);
            process.env_clear().current_dir(self.home.path()).args(args);
            for (name, value) in environment {
                process.env(name, value.unwrap_or_default());
            }
            process.uid(NOBODY).gid(NOBODY);
        }
        Run::from(process.output().unwrap())
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().unwrap())
    }

    /// The same, while time goes on in the world: by so much before each request of this operation is served.
    pub(crate) fn run_while(&self, args: &[&str], operation: &'static str, by: Duration) -> Run {
        let (faults, clock) = (self.demo.faults(), self.demo.clock().clone());
        faults.before_each(move |asked| {
            if asked.operation == operation {
                clock.advance(by);
            }
        });
        let run = self.run(args);
        faults.before_each(|_| {});
        run
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Every line of stdout as JSON.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The records of one type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Value> {
        self.records()
            .into_iter()
            .filter(|record| record["type"] == kind)
            .collect()
    }

    /// The last record, which is a summary.
    pub(crate) fn summary(&self) -> Value {
        let last = self.records().pop().unwrap_or_default();
        assert_eq!(last["type"], "summary", "{}\n{}", self.stdout, self.stderr);
        last
    }

    /// The same run, which must have ended with this code.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }
}
