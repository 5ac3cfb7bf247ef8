//! The headless worker: a process of this same program that goes on with tasks when the screen or the terminal is gone.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::domain::{location::Remote, progress::TaskId};

/// How the worker is started.
#[derive(Debug, Clone, Default)]
pub struct Worker {
    /// This program.
    pub program: PathBuf,
    /// Where it says what nobody is there to read.
    pub log: Option<PathBuf>,
}

impl Worker {
    /// Starts it, apart from this process's group and terminal; gives its process number.
    ///
    /// # Errors
    /// Where the program or its log cannot be opened.
    pub(super) fn go_on(&self, tasks: &[TaskId], confirmed: &[Remote]) -> io::Result<u32> {
        let log = match &self.log {
            Some(path) => File::options().create(true).append(true).open(path)?.into(),
            None => Stdio::null(),
        };
        let mut command = Command::new(&self.program);
        // The global flags that a task was begun with stand in the journal.
        command.args(["tasks", "resume", "--detached", "--quiet"]);
        for name in confirmed.iter().filter_map(Remote::name) {
            command.args(["--confirm", name]);
        }
        command.args(tasks.iter().map(|task| task.0.to_string()));
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()?;
        Ok(child.id())
    }
}
