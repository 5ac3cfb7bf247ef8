//! `wharf instances gpu`: which processes use the GPUs of an instance, asked of its shell.

use std::time::Duration;

use serde::Serialize;

use crate::cli::{
    args::InstancesGpu,
    exit::Exit,
    output::table::{Align, table},
};
use crate::domain::{
    cloud::{GPU_SCRIPT, GpuUse},
    text::printable,
};
use crate::engine::cloud::Place;
use crate::humanize;

use super::Context;

/// How long `nvidia-smi` may take.
const LIMIT: Duration = Duration::from_mins(1);
const HEAD: [(&str, Align); 4] = [
    ("GPU", Align::Left),
    ("pid", Align::Right),
    ("memory", Align::Right),
    ("process", Align::Left),
];

/// `gpu_process`: a process that uses a GPU.
#[derive(Serialize)]
struct Record<'a> {
    r#type: &'static str,
    id: &'a str,
    gpu: &'a str,
    model: &'a str,
    pid: u64,
    memory_mib: Option<u64>,
    name: &'a str,
}

pub(super) async fn gpu(
    context: &mut Context,
    args: &InstancesGpu,
    place: Place,
) -> Result<Exit, Exit> {
    let (id, said) = context.said((place, &args.way), GPU_SCRIPT, LIMIT).await?;
    let told = match GpuUse::of(&said) {
        Ok(told) => told,
        Err(why) => {
            let why = printable(why.as_bytes());
            context.output.error(
                why,
                Some("wharf instances exec ID -- nvidia-smi tells more"),
            );
            return Err(Exit::Failed);
        }
    };
    for one in &told.processes {
        context.output.record(&Record {
            r#type: "gpu_process",
            id: &id,
            gpu: &one.gpu,
            model: &one.model,
            pid: one.pid,
            memory_mib: one.mib,
            name: &one.name,
        });
    }
    if told.processes.is_empty() {
        context.output.line(humanize::gpus_rest(&told));
        return Ok(Exit::Ok);
    }
    for line in table(HEAD, &humanize::gpu_rows(&told)) {
        context.output.line(line);
    }
    Ok(Exit::Ok)
}
