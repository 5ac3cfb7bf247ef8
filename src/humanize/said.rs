//! What a command on an instance came to, and what a launch would do, in words: the same on the screen and on the command line.

use crate::domain::{
    cloud::{CommandState, GpuUse, Price, STDERR_TOLD, STDOUT_TOLD, Said},
    launch::{Limits, Wish},
    text::printable,
};

use super::{amount, count, counted};

/// What the way that a command was told by cut off, in sentences.
pub fn cuts(said: &Said) -> Vec<String> {
    let all = [
        (said.stdout_cut, "output", &said.stdout, STDOUT_TOLD),
        (said.stderr_cut, "errors", &said.stderr, STDERR_TOLD),
    ];
    let cut = all.into_iter().filter(|(cut, ..)| *cut);
    cut.map(|(_, name, told, by_ssm)| {
        // SSM cuts within what it tells; by ssh more of it comes.
        let most = told.chars().count().max(by_ssm);
        format!(
            "the {name} may go on: these are its first {} characters; write it to a file there and fetch that",
            count(most as u64)
        )
    })
    .collect()
}

/// How a command ended, in a few words.
pub fn ended(said: &Said) -> String {
    match (said.state, said.code) {
        (CommandState::Running, _) => "it still runs".to_owned(),
        (CommandState::Ended, Some(code)) => format!("it ended with {code}"),
        (CommandState::Ended, None) => "it ended".to_owned(),
        (CommandState::TimedOut, _) => "it took longer than it may".to_owned(),
        (CommandState::Cancelled, _) => "somebody called it off".to_owned(),
        (CommandState::Undelivered, _) => "it never reached the instance".to_owned(),
    }
}

/// The processes on the GPUs as rows: GPU, pid, memory, program.
pub fn gpu_rows(told: &GpuUse) -> Vec<[String; 4]> {
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let rows = told.processes.iter().map(|one| {
        [
            format!("{} {}", text(&one.gpu), text(&one.model)),
            one.pid.to_string(),
            one.mib.map_or_else(
                || "not told".to_owned(),
                |mib| format!("{} MiB", count(mib)),
            ),
            text(&one.name),
        ]
    });
    rows.collect()
}

/// What is said where no process uses a GPU.
pub fn gpus_rest(told: &GpuUse) -> String {
    match told.gpus.len() {
        0 => "nvidia-smi knows no GPU there".to_owned(),
        n => format!("no process uses its {}", counted(n as u64, "GPU")),
    }
}

/// What an hour of a launch costs, and what it may cost at most.
pub fn launch_price(whole: Option<Price>, limits: Option<Limits>) -> String {
    let Some(price) = whole else {
        return "an hour of it has no price that is known".to_owned();
    };
    let hour = format!("{}/h with its volumes", amount(Some(price)));
    match limits {
        Some(limits) => {
            let most = price.times(limits.whole.as_secs_f64() / 3600.0);
            format!(
                "{hour}, at most {} till its end; addresses and traffic come to that",
                amount(Some(most))
            )
        }
        None => hour,
    }
}

/// What a launch does, in pairs of a word and what stands for it.
pub fn launch_plan(wish: &Wish) -> Vec<(&'static str, String)> {
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let list = |names: &[String]| text(&names.join(", "));
    let mut plan = vec![
        ("image", text(&wish.image)),
        (
            "type",
            format!(
                "{}{}",
                text(&wish.kind),
                if wish.spot { ", spot" } else { ", on demand" }
            ),
        ),
    ];
    for one in &wish.volumes {
        let mount = one.mount.as_deref().map(|at| format!(" at {at}"));
        let keep = if one.keep {
            "stays, and costs on"
        } else {
            "goes with it"
        };
        let volume = format!(
            "{} {} GiB {}{}, {keep}",
            one.device,
            one.gib,
            one.kind,
            mount.unwrap_or_default()
        );
        plan.push(("volume", text(&volume)));
    }
    let code = wish.code.as_ref().map(|code| {
        let which = code.commit.as_ref().or(code.branch.as_ref());
        let which = which.map(|which| format!(" at {which}"));
        text(&format!("{}{}", code.repository, which.unwrap_or_default()))
    });
    let given = [
        ("init", wish.init.as_deref().map(text)),
        ("code", code),
        (
            "pulls",
            Some(list(&wish.inputs)).filter(|names| !names.is_empty()),
        ),
        ("train", Some(text(&wish.train))),
        (
            "pushes",
            Some(list(&wish.outputs)).filter(|names| !names.is_empty()),
        ),
        ("at its end", Some(wish.at_end.word().to_owned())),
    ];
    plan.extend(
        given
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    plan
}
