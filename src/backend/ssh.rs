//! Scripts on an instance by the system's ssh: its configuration, keys and known hosts hold. It never asks anybody, and no shell of
//! this machine sees a word of the script.

use std::{io, net::IpAddr, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
    time::{Instant, timeout},
};

use crate::domain::{
    cloud::{CommandState, Said},
    shell::quoted,
    text::{last_line, printable},
};

/// The program.
const SSH: &str = "ssh";
/// What ssh itself ends with where it could not do its part.
const NOT_THERE: i32 = 255;
/// What `timeout` ends with where the time was up.
const TIME_UP: i32 = 124;
/// Bytes of stdout that are told.
const STDOUT: u64 = 1 << 20;
/// Bytes of stderr that are told.
const STDERR: u64 = 64 << 10;
/// How long it may take beyond a script's own limit: the way there and back.
const GRACE: Duration = Duration::from_secs(30);
/// No question to a person, a dead way is noticed, and no terminal is asked for.
const MANNER: [&str; 8] = [
    "-T",
    "-n",
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=15",
    "-o",
    "ServerAliveInterval=15",
];

/// A way to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssh {
    /// Who logs in.
    pub user: Box<str>,
    /// Where.
    pub address: IpAddr,
}

/// Why ssh could not.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// There is no such program here.
    #[error("ssh is not on the path")]
    Missing,
    /// It cannot be run.
    #[error("ssh cannot be run: {0}")]
    Run(io::Error),
    /// It did not come in.
    #[error("ssh could not log in as {login}: {why}")]
    Unreached {
        /// User and address.
        login: String,
        /// In its words, safe for a terminal.
        why: String,
    },
}

impl Ssh {
    /// Runs a script for at most this long; its user's shell sees it as one word.
    pub async fn run(&self, script: &str, limit: Duration) -> Result<Said, SshError> {
        let told = format!(
            "timeout {} sh -c {}",
            limit.as_secs().max(1),
            quoted(script)
        );
        let began = Instant::now();
        let run = self.answer(&told);
        let Ok(answer) = timeout(limit.saturating_add(GRACE), run).await else {
            return Ok(Said {
                state: CommandState::TimedOut,
                ..Said::default()
            });
        };
        let said = answer?;
        match said.code {
            Some(NOT_THERE) => Err(self.unreached(&said.stderr)),
            Some(TIME_UP) if began.elapsed() >= limit => Ok(Said {
                state: CommandState::TimedOut,
                code: None,
                ..said
            }),
            Some(_) | None => Ok(said),
        }
    }

    async fn answer(&self, command: &str) -> Result<Said, SshError> {
        let mut child = Command::new(SSH)
            .args(MANNER)
            .args(["-l", &self.user, &self.address.to_string(), command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                if error.kind() == io::ErrorKind::NotFound {
                    return SshError::Missing;
                }
                SshError::Run(error)
            })?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr, status) =
            tokio::join!(told(stdout, STDOUT), told(stderr, STDERR), child.wait());
        let ((stdout, stdout_cut), (stderr, stderr_cut)) = (stdout, stderr);
        Ok(Said {
            state: CommandState::Ended,
            code: status.map_err(SshError::Run)?.code(),
            stdout,
            stderr,
            stdout_cut,
            stderr_cut,
        })
    }

    fn unreached(&self, stderr: &str) -> SshError {
        let why = last_line(stderr).unwrap_or_else(|| "it gave no reason".to_owned());
        SshError::Unreached {
            login: format!("{}@{}", printable(self.user.as_bytes()), self.address),
            why,
        }
    }
}

/// The beginning of what is written, and whether there was more, which is read and let go.
async fn told(from: Option<impl AsyncRead + Unpin>, most: u64) -> (String, bool) {
    let Some(mut from) = from else {
        return (String::new(), false);
    };
    let mut bytes = Vec::new();
    let begun = (&mut from).take(most).read_to_end(&mut bytes).await;
    let more = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    let cut = begun.is_err() || more.is_ok_and(|more| more > 0);
    (String::from_utf8_lossy(&bytes).into_owned(), cut)
}
