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
    /// Starts it in a session of its own, so that nothing that becomes of this terminal reaches it; gives its process number.
    ///
    /// # Errors
    /// Where the program or its log cannot be opened.
    pub(super) fn go_on(&self, tasks: &[TaskId], confirmed: &[Remote]) -> io::Result<u32> {
        // In place of itself it runs the program, as the same process.
        let mut in_session = Command::new("setsid");
        in_session.arg(&self.program);
        match self.start(in_session, tasks, confirmed) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut in_group = Command::new(&self.program);
                in_group.process_group(0);
                self.start(in_group, tasks, confirmed)
            }
            started => started,
        }
    }

    fn start(
        &self,
        mut command: Command,
        tasks: &[TaskId],
        confirmed: &[Remote],
    ) -> io::Result<u32> {
        let log = match &self.log {
            Some(path) => File::options().create(true).append(true).open(path)?.into(),
            None => Stdio::null(),
        };
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
            .spawn()?;
        Ok(child.id())
    }
}
