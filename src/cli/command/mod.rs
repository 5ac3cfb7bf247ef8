//! One file a command. Each asks the engine, writes what it answers, and tells how it ended.

mod approval;
mod bucket;
mod cleanup;
mod diff;
mod edit;
mod family;
mod from_file;
mod from_lines;
mod here;
mod instances;
mod interrupts;
mod listing;
mod look;
mod ls;
mod manifest;
mod mappings;
mod migrate;
mod plan;
mod preview;
mod progress;
mod rm;
mod run;
mod s5cmd;
mod sync;
mod tasks;
mod training;
mod uploads;
mod verify;
mod wrap_up;

pub use approval::Approval;
pub use interrupts::Interrupts;
pub use run::{Asked, asked, run};

use diff::{diff, diff_each};
use ls::ls;
use manifest::manifest;
use mappings::mappings;
use plan::{plan, plan_each};
use preview::preview;
use rm::rm;
use sync::sync;
use tasks::tasks;
use verify::{verify, verify_each};

use crate::cli::{exit::Exit, output::Output};
use crate::domain::progress::TaskId;
use crate::engine::{
    Body, Command, Engine, Event, Events, View,
    event::{Failed, FailedClass},
};

/// What every command works with.
pub struct Context {
    /// The engine.
    pub engine: Engine,
    /// What it tells.
    pub events: Events,
    /// Where results go.
    pub output: Output,
    /// Words from outside that the command should stop.
    pub interrupts: Interrupts,
}

/// The only view of a headless command.
const VIEW: View = View {
    id: 0,
    generation: 1,
};

impl Context {
    /// Asks the engine; the answers follow from `answer`.
    fn ask(&self, command: Command) {
        self.engine.submit(command);
    }

    /// The next answer to what was asked; `Failed` where a person stopped the command.
    async fn answer(&mut self) -> Body {
        loop {
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = self.interrupts.next() => {
                    self.engine.submit(Command::Stop(VIEW));
                    return Body::Failed(stopped());
                }
            };
            match event {
                Some(Event::View { view, body }) if view == VIEW => return body,
                Some(Event::View { .. } | Event::Task { .. }) => {}
                None => return Body::Failed(ended()),
            }
        }
    }

    /// Tells a failure and what it means for the exit code.
    fn fail(&mut self, failed: &Failed) -> Exit {
        let message = match &failed.request_id {
            Some(id) => format!("{} (request id {id})", failed.message),
            None => failed.message.clone(),
        };
        self.output.error(message, failed.help.as_deref());
        match failed.class {
            FailedClass::Usage => Exit::Usage,
            FailedClass::Broken => Exit::Failed,
            FailedClass::Guard => Exit::Refused,
            FailedClass::Cancelled => Exit::Cancelled,
        }
    }

    /// The first answer of which `wanted` takes something; how the command ends where the question failed.
    async fn awaited<T>(&mut self, wanted: impl Fn(Body) -> Option<T>) -> Result<T, Exit> {
        loop {
            let body = self.answer().await;
            if let Body::Failed(failed) = &body {
                return Err(self.fail(failed));
            }
            if let Some(found) = wanted(body) {
                return Ok(found);
            }
        }
    }

    /// Starts a task and tells its number, or how it was refused.
    async fn accepted(&mut self, command: Command) -> Result<TaskId, Exit> {
        self.ask(command);
        self.awaited(|body| {
            if let Body::Accepted(id) = body {
                Some(id)
            } else {
                None
            }
        })
        .await
    }
}

fn stopped() -> Failed {
    Failed {
        class: FailedClass::Cancelled,
        message: "stopped".to_owned(),
        help: None,
        request_id: None,
    }
}

fn ended() -> Failed {
    Failed {
        class: FailedClass::Broken,
        message: "the engine ended before it answered".to_owned(),
        help: Some("the log file tells why; run again with -v for more of it".to_owned()),
        request_id: None,
    }
}
