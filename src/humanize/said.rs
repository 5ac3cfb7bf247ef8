//! What a command on an instance came to, in words: the same on the screen and on the command line.

use crate::domain::{
    cloud::{CommandState, GpuUse, STDERR_TOLD, STDOUT_TOLD, Said},
    text::printable,
};

use super::{count, counted};

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
