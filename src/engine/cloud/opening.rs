//! A shell for a person on an instance: by Session Manager's plugin or by ssh. Whoever runs it gives it the terminal until it ends.

use std::{
    io,
    net::IpAddr,
    process::{Command as Program, ExitStatus},
};

use serde_json::json;

use super::{Place, details::instance, exec, way};
use crate::domain::cloud::{Reach, Session};
use crate::engine::{event::Failed, room::Room};

/// The program that speaks for Session Manager.
const PLUGIN: &str = "session-manager-plugin";
/// The variable that the plugin reads a session from, where its name is the first argument.
const RESPONSE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The last version of the plugin that wants the session itself there.
const LAST_WITHOUT: [u64; 4] = [1, 2, 497, 0];

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
    /// Runs it to its end on the terminal that this process has; it blocks.
    ///
    /// # Errors
    /// Where the program is not there, or cannot be run.
    pub fn run(&self) -> Result<ExitStatus, Failed> {
        let (mut program, help) = match self {
            Self::Session(session) => (
                by_plugin(session),
                "install AWS's Session Manager plugin, or go by ssh (--reach ssh, reach = \"ssh\" of the run)",
            ),
            Self::Ssh { user, address } => {
                let mut program = Program::new("ssh");
                program.arg("-l").arg(&**user).arg(address.to_string());
                (
                    program,
                    "install ssh, or go by SSM (--reach ssm, reach = \"ssm\" of the run)",
                )
            }
        };
        program.status().map_err(|error| {
            let name = program.get_program().to_string_lossy();
            if error.kind() == io::ErrorKind::NotFound {
                return Failed {
                    help: Some(help.to_owned()),
                    ..Failed::usage(format!("{name} is not on the path"))
                };
            }
            Failed::usage(format!("{name} cannot be run: {error}"))
        })
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

fn by_plugin(session: &Session) -> Program {
    let told =
        json!({ "SessionId": session.id, "TokenValue": session.token, "StreamUrl": session.url });
    let region = &*session.region;
    let mut program = Program::new(PLUGIN);
    // Arguments are seen by everybody on this machine: a plugin that can takes the token from its surroundings.
    let version = Program::new(PLUGIN).arg("--version").output();
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
