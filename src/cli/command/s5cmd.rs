//! `wharf plan --format s5cmd`: the plan as command files, with the line that runs each in its head.

use std::path::{Path, PathBuf};

use crate::cli::{args::PlanArgs, exit::Exit};
use crate::domain::plan::{Plan, SyncOptions, s5cmd_files};

use super::Context;

impl Context {
    /// Writes these plans for s5cmd: to the file, to several where a batch is asked for, else to stdout.
    pub(super) async fn keep_commands(&mut self, args: &PlanArgs, plans: &[&Plan]) -> Exit {
        let mut commands = Vec::new();
        for plan in plans {
            match plan.s5cmd() {
                Ok(own) => commands.extend(own),
                Err(refused) => {
                    self.output.error(refused, None);
                    return Exit::Usage;
                }
            }
        }
        let begin = self.s5cmd_line(plans).await;
        let batch = args.batch.and_then(|batch| usize::try_from(batch).ok());
        let out = args.out.as_deref();
        let several = batch.is_some_and(|batch| commands.len() > batch);
        let name = |number: usize| match out {
            Some(out) if several => numbered(out, number),
            Some(out) => out.to_owned(),
            None => PathBuf::from("FILE"),
        };
        let files = s5cmd_files(&commands, batch, |number| {
            format!("{begin} run {}", name(number).display())
        });
        let mut exit = Exit::Ok;
        for (at, text) in files.iter().enumerate() {
            if out.is_some() {
                exit = exit.and(self.write_plan(&name(at + 1), text.trim_end()));
            } else {
                self.output.text(text);
            }
        }
        exit
    }

    /// `s5cmd` with the flags that reach the same place as fast.
    async fn s5cmd_line(&self, plans: &[&Plan]) -> String {
        let mut line = "s5cmd".to_owned();
        let places = plans
            .iter()
            .flat_map(|plan| [&plan.source, &plan.destination]);
        for place in places {
            if let Some(endpoint) = self.engine.endpoint(place).await {
                line = format!("{line} --endpoint-url {endpoint}");
                break;
            }
        }
        let default = SyncOptions::default();
        let options = plans.first().map_or(&default, |plan| &plan.options);
        if let Some(workers) = options.workers {
            line = format!("{line} --numworkers {workers}");
        }
        format!("{line} --retry-count {}", options.retries)
    }
}

/// `name.s5cmd` of a number: `name-001.s5cmd`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = match file.extension() {
        Some(extension) => format!("{stem}-{number:03}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{number:03}"),
    };
    file.with_file_name(name)
}
