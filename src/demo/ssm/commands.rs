//! Commands to instances: sent, followed, cancelled; and which agents answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::demo::cloud::{Progress, Refusal, Reply, Sent, State, World};
use crate::demo::sts::ACCOUNT;

use super::{Ask, Told, seconds};

/// Characters of stdout and stderr that are told; the rest is only in a bucket, where one was named.
const STDOUT: usize = 24_000;
const STDERR: usize = 8_000;
/// What SSM writes where it cut.
const CUT: &str = "--output truncated--";

pub(super) fn send(ask: &Ask<'_>, world: &mut World) -> Told {
    let document = ask.needs("DocumentName")?.to_owned();
    if document != "AWS-RunShellScript" {
        return Err(Refusal::new("InvalidDocument", ""));
    }
    let ids = ask.body.get("InstanceIds").and_then(Value::as_array);
    let Some([id]) = ids.map(Vec::as_slice) else {
        let message = "This world takes one instance a command.";
        return Err(Refusal::new("ValidationException", message));
    };
    let id = id.as_str().unwrap_or_default().to_owned();
    let here = world.instances.get(&id);
    let reachable = here.is_some_and(|one| one.region() == ask.region && one.is_reachable());
    if !reachable {
        let message = format!("Instances [[{id}]] not in a valid state for account {ACCOUNT}");
        return Err(Refusal::new("InvalidInstanceId", message));
    }
    let lines = ask.body.pointer("/Parameters/commands");
    let lines = lines.and_then(Value::as_array).ok_or_else(|| {
        let message = "Invalid Parameters: commands is required";
        Refusal::new("InvalidParameters", message)
    })?;
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    let limit = ask.body.pointer("/Parameters/executionTimeout/0");
    let limit = limit.and_then(|limit| limit.as_str()?.parse().ok());
    let reply = world.run(&id, &lines.join("\n"), ask.now);
    let name = command_id(world);
    let sent = Sent {
        instance: id.clone(),
        region: ask.region.to_owned(),
        document,
        comment: ask.text("Comment").unwrap_or_default().to_owned(),
        at: ask.now,
        reply,
        limit: Duration::from_secs(limit.unwrap_or(3600)),
        cancelled: false,
        known: false,
    };
    let told = json!({ "Command": {
        "CommandId": name,
        "DocumentName": sent.document,
        "Comment": sent.comment,
        "InstanceIds": [id],
        "RequestedDateTime": seconds(ask.now),
        "Status": "Pending",
        "StatusDetails": "Pending",
        "TargetCount": 1,
    }});
    world.commands.insert(name, sent);
    Ok(told)
}

/// A command's id has the form of a UUID.
fn command_id(world: &mut World) -> String {
    let mixed = world.id("c");
    let hex = mixed.trim_start_matches("c-0");
    let (a, rest) = hex.split_at(8);
    let (b, c) = rest.split_at(4);
    format!("{a}-{b}-{c}-8000-00000000000a")
}

fn no_invocation() -> Refusal {
    Refusal::new("InvocationDoesNotExist", "")
}

pub(super) fn invocation(ask: &Ask<'_>, world: &mut World) -> Told {
    let name = ask.needs("CommandId")?;
    let id = ask.needs("InstanceId")?;
    let sent = world.commands.get_mut(name);
    let sent = sent.filter(|sent| sent.instance == id && sent.region == ask.region);
    let sent = sent.ok_or_else(no_invocation)?;
    if !std::mem::replace(&mut sent.known, true) {
        return Err(no_invocation());
    }
    let progress = sent.progress(ask.now);
    let Reply {
        stdout,
        stderr,
        code,
        ..
    } = &sent.reply;
    let over = matches!(progress, Progress::Success | Progress::Failed);
    let shown = |text: &str, most| if over { cut(text, most) } else { String::new() };
    Ok(json!({
        "CommandId": name,
        "InstanceId": id,
        "DocumentName": sent.document,
        "Comment": sent.comment,
        "PluginName": "aws:runShellScript",
        "ResponseCode": if over { *code } else { -1 },
        "Status": progress.word(),
        "StatusDetails": progress.word(),
        "StandardOutputContent": shown(stdout, STDOUT),
        "StandardErrorContent": shown(stderr, STDERR),
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
    }))
}

/// What is told of an output: its begin, and a word that it goes on.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - CUT.len()).collect();
    kept + CUT
}

pub(super) fn cancel(ask: &Ask<'_>, world: &mut World) -> Told {
    let name = ask.needs("CommandId")?;
    let sent = world.commands.get_mut(name);
    let sent = sent.ok_or_else(|| Refusal::new("InvalidCommandId", ""))?;
    if sent.progress(ask.now) == Progress::Running {
        sent.cancelled = true;
    }
    Ok(json!({}))
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "operations have one form; this one refuses nothing"
)]
/// The agents of instances that run, or ran: one that stopped has lost its connection.
pub(super) fn describe_agents(ask: &Ask<'_>, world: &mut World) -> Told {
    let filter = ask.body.pointer("/Filters/0");
    let wanted: Option<Vec<&str>> = filter.and_then(|filter| {
        let values = filter.get("Values")?.as_array()?;
        Some(values.iter().filter_map(Value::as_str).collect())
    });
    let all = world.instances.iter();
    let managed = all.filter(|(id, one)| {
        let known = !one.made.unmanaged && one.state() != State::Terminated;
        known
            && one.region() == ask.region
            && wanted
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&id.as_str()))
    });
    let told: Vec<Value> = managed
        .map(|(id, one)| {
            let ping = if one.is_reachable() {
                "Online"
            } else {
                "ConnectionLost"
            };
            json!({
                "InstanceId": id,
                "PingStatus": ping,
                "LastPingDateTime": seconds(ask.now),
                "PlatformType": "Linux",
                "PlatformName": "Amazon Linux",
                "AgentVersion": "3.3.987.0",
                "ResourceType": "EC2Instance",
            })
        })
        .collect();
    Ok(json!({ "InstanceInformationList": told }))
}

/// Opens a session; nobody listens at its address in this world.
pub(super) fn start_session(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("Target")?;
    let here = world.instances.get(id);
    if !here.is_some_and(|one| one.region() == ask.region && one.is_reachable()) {
        return Err(Refusal::new(
            "TargetNotConnected",
            format!("{id} is not connected."),
        ));
    }
    let name = world.id("demo");
    Ok(json!({
        "SessionId": name,
        "TokenValue": "the-token-of-the-session",
        "StreamUrl": format!("wss://ssmmessages.{}.amazonaws.com/v1/data-channel/{name}", ask.region),
    }))
}
