//! A shell for a person on an instance: by Session Manager's plugin or by ssh. Whoever runs it gives it the terminal until it ends.

use std::{
    io,
    net::IpAddr,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStderr, Command as Program},
    task::JoinHandle,
    time::timeout,
};

use super::{Place, details::instance, exec, way};
use crate::domain::{
    cloud::{Reach, Session},
    text::last_line,
};
use crate::engine::{event::Failed, room::Room};

/// The program that speaks for Session Manager.
const PLUGIN: &str = "session-manager-plugin";
/// The variable that the plugin reads a session from, where its name is the first argument.
const RESPONSE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The last version of the plugin that wants the session itself there.
const LAST_WITHOUT: [u64; 4] = [1, 2, 497, 0];
/// How long what a program said last is waited for when it is over.
const LINGER: Duration = Duration::from_millis(200);
/// Bytes of what it said that are kept.
const KEPT: usize = 4096;

/// What opens a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A session of Session Manager.
    Session(Session),
    /// ssh.
    Ssh {
        /// Who logs in.
        user: Box<str>,
        /// Where.
        address: IpAddr,
    },
}

impl Opening {
    /// The program, on the terminal that this process has. The plugin is asked for its version before.
    pub async fn program(&self) -> Program {
        match self {
            Self::Session(session) => by_plugin(session).await,
            Self::Ssh { user, address } => {
                let mut program = Program::new("ssh");
                program.arg("-l").arg(&**user).arg(address.to_string());
                program
            }
        }
    }

    /// Why the program could not be run, with what to do.
    pub fn unrun(&self, error: &io::Error) -> Failed {
        let (name, help) = match self {
            Self::Session(_) => (
                PLUGIN,
                "install AWS's Session Manager plugin, or go by ssh (--reach ssh, reach = \"ssh\" of the run)",
            ),
            Self::Ssh { .. } => (
                "ssh",
                "install ssh, or go by SSM (--reach ssm, reach = \"ssm\" of the run)",
            ),
        };
        if error.kind() == io::ErrorKind::NotFound {
            return Failed {
                help: Some(help.to_owned()),
                ..Failed::usage(format!("{name} is not on the path"))
            };
        }
        Failed::usage(format!("{name} cannot be run: {error}"))
    }

    /// Starts it for somebody who puts the screen aside meanwhile: what it says of itself is kept beside being shown.
    ///
    /// # Errors
    /// Where the program is not there, or cannot be run.
    pub async fn start(&self) -> Result<Opened, Failed> {
        let mut program = self.program().await;
        let child = program.stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| self.unrun(&error))?;
        let words = Arc::<Mutex<Vec<u8>>>::default();
        let relay = child.stderr.take().map(|from| {
            let words = Arc::clone(&words);
            tokio::spawn(relayed(from, words))
        });
        Ok(Opened {
            child,
            relay,
            words,
        })
    }
}

/// A shell that is open.
#[derive(Debug)]
pub struct Opened {
    child: Child,
    relay: Option<JoinHandle<()>>,
    /// The end of what the program said of itself.
    words: Arc<Mutex<Vec<u8>>>,
}

impl Opened {
    /// Waits for its end; may be called again where the waiting was broken off.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        let ended = self.child.wait().await;
        // Something that it left behind may hold the pipe for hours.
        if let Some(mut relay) = self.relay.take()
            && timeout(LINGER, &mut relay).await.is_err()
        {
            relay.abort();
        }
        ended
    }

    /// Ends it.
    pub fn kill(&mut self) {
        // It may be over already, which is what is wanted.
        self.child.start_kill().ok();
    }

    /// The last line that the program said of itself, safe for a terminal.
    pub fn last_words(&self) -> Option<String> {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        last_line(&String::from_utf8_lossy(&words))
    }
}

/// Shows what the program says of itself, and keeps its end.
async fn relayed(mut from: ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 4096];
    let mut to = tokio::io::stderr();
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let said = buffer.get(..n).unwrap_or_default();
        // The terminal may be gone, and what was said is kept all the same.
        to.write_all(said).await.ok();
        to.flush().await.ok();
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(said);
        let over = words.len().saturating_sub(KEPT);
        words.drain(..over);
    }
}

/// Opens one, or tells how ssh would.
pub(super) async fn opening(
    room: &Room,
    place: &Place,
    named: Option<&Reach>,
) -> Result<Opening, Failed> {
    exec::guard(room, &place.remote)?;
    let door = room.door(place).await?;
    let found = instance(&door, &place.id).await?;
    if let Reach::Ssh(user) = way::reach(room, &place.remote, &found, named) {
        let address = way::address(&found)?;
        return Ok(Opening::Ssh { user, address });
    }
    exec::answers(&door, &found.id).await?;
    Ok(Opening::Session(door.session(&found.id).await?))
}

/// Whether a plugin of this version reads the session from a variable.
fn takes_surroundings(version: &[u8]) -> bool {
    let version = String::from_utf8_lossy(version);
    let parts: Result<Vec<u64>, _> = version.trim().split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| parts.len() == 4 && *parts > LAST_WITHOUT[..])
}

async fn by_plugin(session: &Session) -> Program {
    let told =
        json!({ "SessionId": session.id, "TokenValue": session.token, "StreamUrl": session.url });
    let region = &*session.region;
    let mut program = Program::new(PLUGIN);
    // Arguments are seen by everybody on this machine: a plugin that can takes the token from its surroundings.
    let version = Program::new(PLUGIN).arg("--version").output().await;
    if version.is_ok_and(|version| takes_surroundings(&version.stdout)) {
        program.env(RESPONSE, told.to_string()).arg(RESPONSE);
    } else {
        program.arg(told.to_string());
    }
    let aws = || format!("https://ssm.{region}.amazonaws.com");
    let endpoint = session.endpoint.as_deref();
    program
        .args([region, "StartSession", ""])
        .arg(json!({ "Target": session.instance }).to_string())
        .arg(endpoint.map_or_else(aws, str::to_owned));
    program
}
