//! `wharf instances`: what runs, how it does and what it costs; one in detail; and turning one, followed until it holds.

mod exec;
mod gpu;
mod launch;
mod list;
pub(super) mod record;
mod shell;
mod show;
mod turn;

use std::{io, sync::Arc, time::Duration};

use crate::cli::{
    args::{InstancesAction, InstancesArgs, InstancesList, WayArgs},
    exit::Exit,
};
use crate::domain::{cloud::Said, location::Remote};
use crate::engine::{
    Body, Command,
    cloud::{CloudAsk, CloudTold, Details, Place, Regions, Scope},
};

use super::{Context, VIEW};

pub(super) use launch::launch;

/// From one look at an instance that is turned to the next.
const EVERY: Duration = Duration::from_secs(2);

/// Runs the command.
pub(super) async fn instances(context: &mut Context, args: &InstancesArgs, remote: Remote) -> Exit {
    let list = InstancesAction::List(InstancesList::default());
    let action = args.action.as_ref().unwrap_or(&list);
    let done = if let Some((turn, id)) = action.turn() {
        turn::turn(context, place(remote, &id.id), turn).await
    } else {
        match action {
            InstancesAction::List(list) => list::list(context, list, remote).await,
            InstancesAction::Shell(args) => {
                shell::shell(context, args, place(remote, &args.id)).await
            }
            InstancesAction::Exec(args) => exec::exec(context, args, place(remote, &args.id)).await,
            InstancesAction::Gpu(args) => gpu::gpu(context, args, place(remote, &args.id)).await,
            InstancesAction::Console(id) => console(context, place(remote, &id.id)).await,
            // A launch has a question of its own: it never comes here.
            InstancesAction::Launch(_) => Err(Exit::Usage),
            InstancesAction::Show(id)
            | InstancesAction::Start(id)
            | InstancesAction::Stop(id)
            | InstancesAction::Reboot(id)
            | InstancesAction::Terminate(id) => show::show(context, place(remote, &id.id)).await,
        }
    };
    done.unwrap_or_else(|exit| exit)
}

fn place(remote: Remote, id: &str) -> Place {
    Place {
        remote,
        region: None,
        id: id.into(),
    }
}

/// Whose instances are asked for, and where.
fn scope(list: &InstancesList, remote: Remote) -> Scope {
    let regions = if list.all_regions {
        Regions::All
    } else if list.regions.is_empty() {
        Regions::Own
    } else {
        Regions::These(list.regions.iter().map(|one| one.as_str().into()).collect())
    };
    Scope { remote, regions }
}

impl Context {
    /// Asks something about instances, and waits for the first answer of which `wanted` takes something.
    async fn cloud<T>(
        &mut self,
        ask: CloudAsk,
        wanted: impl Fn(CloudTold) -> Option<T>,
    ) -> Result<T, Exit> {
        self.ask(Command::Cloud {
            view: VIEW,
            ask: Box::new(ask),
        });
        self.awaited(|body| {
            if let Body::Cloud(told) = body {
                wanted(told)
            } else {
                None
            }
        })
        .await
    }

    /// What a script on an instance came to, with the instance's id.
    pub(in crate::cli::command) async fn said(
        &mut self,
        (place, way): (Place, &WayArgs),
        script: impl Into<Arc<str>>,
        limit: Duration,
    ) -> Result<(Box<str>, Box<Said>), Exit> {
        let ask = CloudAsk::Exec {
            place,
            reach: way.named(),
            script: script.into(),
            limit,
            every: EVERY,
        };
        self.cloud(ask, |told| {
            if let CloudTold::Said { id, said } = told {
                Some((id, said))
            } else {
                None
            }
        })
        .await
    }

    /// One instance in detail.
    async fn details(&mut self, place: Place) -> Result<Box<Details>, Exit> {
        self.cloud(CloudAsk::Details { place }, |told| {
            if let CloudTold::Details(details) = told {
                Some(details)
            } else {
                None
            }
        })
        .await
    }
}

/// Prints a console: on a terminal what it could act on is escaped, a pipe gets it as it is.
async fn console(context: &mut Context, place: Place) -> Result<Exit, Exit> {
    let details = context.details(place).await?;
    let Some(console) = &details.console else {
        let failed = details.troubles.first();
        return Err(failed.map_or(Exit::Failed, |failed| context.fail(failed)));
    };
    if console.is_empty() {
        context
            .output
            .remark("the console is empty: EC2 shows it a few minutes after the boot");
        return Ok(Exit::Ok);
    }
    if context.output.style().terminal || context.output.style().json {
        for line in crate::humanize::printable_lines(console) {
            context.output.line(&line);
            context.output.record(&record::ConsoleRecord::new(&line));
        }
    } else {
        context.output.text(&String::from_utf8_lossy(console));
    }
    Ok(Exit::Ok)
}

/// Asks a person to type a word; `true` where exactly that was typed.
fn typed(context: &mut Context, question: &str, word: &str) -> bool {
    context
        .output
        .ask(format_args!("{question} Type {word} to go on: "));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && answer.trim() == word
}
