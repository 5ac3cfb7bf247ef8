//! `wharf instances shell`: a shell on an instance, by Session Manager's plugin or by ssh; the terminal is theirs until it ends.

use std::{io, net::IpAddr, process::Command as Program};

use serde_json::json;

use crate::cli::{
    args::{InstancesShell, ReachArg},
    exit::Exit,
};
use crate::domain::{cloud::Session, text::printable};
use crate::engine::cloud::{CloudAsk, CloudTold, Place};

use super::Context;

/// The program that speaks for Session Manager.
const PLUGIN: &str = "session-manager-plugin";

/// The variable that the plugin reads a session from, where its name is the first argument.
const RESPONSE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The last version of the plugin that wants the session itself there.
const LAST_WITHOUT: [u64; 4] = [1, 2, 497, 0];

/// Whether a plugin of this version reads the session from a variable.
fn takes_surroundings(version: &[u8]) -> bool {
    let version = String::from_utf8_lossy(version);
    let parts: Result<Vec<u64>, _> = version.trim().split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| parts.len() == 4 && *parts > LAST_WITHOUT[..])
}

pub(super) async fn shell(
    context: &mut Context,
    args: &InstancesShell,
    place: Place,
) -> Result<Exit, Exit> {
    let program = match args.reach {
        ReachArg::Ssm => by_plugin(context, place).await?,
        ReachArg::Ssh => by_ssh(context, args, place).await?,
    };
    let ran = tokio::task::spawn_blocking(move || {
        let mut program = program;
        let name = program.get_program().to_string_lossy().into_owned();
        (program.status(), name)
    });
    let Ok((status, name)) = ran.await else {
        return Err(Exit::Failed);
    };
    match status {
        Ok(status) if status.success() => Ok(Exit::Ok),
        Ok(status) => Ok(Exit::Ran(
            status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(u8::MAX),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let help = match args.reach {
                ReachArg::Ssm => "install AWS's Session Manager plugin, or say --reach ssh",
                ReachArg::Ssh => "install ssh, or say --reach ssm",
            };
            context
                .output
                .error(format_args!("{name} is not on the path"), Some(help));
            Err(Exit::Usage)
        }
        Err(error) => {
            context
                .output
                .error(format_args!("{name} cannot be run: {error}"), None);
            Err(Exit::Failed)
        }
    }
}

async fn by_plugin(context: &mut Context, place: Place) -> Result<Program, Exit> {
    let session = context
        .cloud(CloudAsk::Session { place }, |told| {
            if let CloudTold::Session(session) = told {
                Some(session)
            } else {
                None
            }
        })
        .await?;
    let Session {
        instance,
        region,
        id,
        token,
        url,
        endpoint,
    } = *session;
    let told = json!({ "SessionId": id, "TokenValue": token, "StreamUrl": url });
    let target = json!({ "Target": instance });
    let mut program = Program::new(PLUGIN);
    // Arguments are seen by everybody on this machine: a plugin that can takes the token from its surroundings.
    let version = tokio::task::spawn_blocking(|| Program::new(PLUGIN).arg("--version").output());
    let version = version.await.ok().and_then(Result::ok);
    if version.is_some_and(|version| takes_surroundings(&version.stdout)) {
        program.env(RESPONSE, told.to_string()).arg(RESPONSE);
    } else {
        program.arg(told.to_string());
    }
    program
        .args([&*region, "StartSession", ""])
        .arg(target.to_string())
        .arg(
            endpoint
                .unwrap_or_else(|| format!("https://ssm.{region}.amazonaws.com").into())
                .as_ref(),
        );
    Ok(program)
}

async fn by_ssh(
    context: &mut Context,
    args: &InstancesShell,
    place: Place,
) -> Result<Program, Exit> {
    let details = context.details(place).await?;
    let instance = &details.instance;
    let address = instance.public_ip.as_ref().or(instance.private_ip.as_ref());
    let address = address.and_then(|address| address.parse::<IpAddr>().ok());
    let Some(address) = address else {
        let id = printable(instance.id.as_bytes());
        context.output.error(
            format_args!("{id} has no address: it is {}", instance.state.word()),
            Some("wharf instances start it, or say --reach ssm"),
        );
        return Err(Exit::Usage);
    };
    let mut program = Program::new("ssh");
    program.arg("-l").arg(&args.user).arg(address.to_string());
    Ok(program)
}
