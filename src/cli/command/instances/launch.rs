//! `wharf instances launch`: what the launch stands on, then, where a person says so, the launch, followed until its checks pass.

use std::io;

use serde::Serialize;

use crate::cli::{args::InstancesLaunch, exit::Exit};
use crate::domain::{
    cloud::State,
    launch::{Check, Standing, Wish},
};
use crate::engine::{
    Body, Command,
    cloud::{CloudAsk, CloudTold},
    launch::{LaunchAsk, LaunchPlan, LaunchTold},
};
use crate::humanize;

use super::{Context, EVERY, VIEW};

/// `check`: one thing that a launch stands on.
#[derive(Serialize)]
struct CheckRecord<'a> {
    r#type: &'static str,
    what: &'a str,
    ok: bool,
    words: &'a str,
}

/// `does`: one thing that a launch does.
#[derive(Serialize)]
struct DoesRecord<'a> {
    r#type: &'static str,
    what: &'a str,
    words: &'a str,
}

/// `summary` of a launch.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    run: &'a str,
    launch: Option<&'a str>,
    folder: Option<String>,
    id: Option<&'a str>,
    state: &'static str,
    price_per_hour: Option<f64>,
    max_seconds: Option<u64>,
}

pub(in crate::cli::command) async fn launch(
    context: &mut Context,
    args: &InstancesLaunch,
    ask: LaunchAsk,
) -> Exit {
    let done = plan_and_launch(context, args, ask).await;
    done.unwrap_or_else(|exit| exit)
}

async fn plan_and_launch(
    context: &mut Context,
    args: &InstancesLaunch,
    ask: LaunchAsk,
) -> Result<Exit, Exit> {
    let run = ask.run.to_string();
    let apply = LaunchAsk {
        apply: true,
        every: (!args.no_wait).then_some(EVERY),
        ..ask.clone()
    };
    let only_looks = args.dry_run || args.policy;
    if args.yes && !only_looks {
        return launched(context, apply).await;
    }
    let (plan, ..) = ask_for(context, ask, !args.policy).await?;
    if args.policy {
        context.output.text(&plan.policy);
        context.output.text("\n");
        return Ok(Exit::Ok);
    }
    let forbidden = plan.checks.iter().filter(|check| check.forbids());
    let worst = forbidden.map(|check| match check.standing {
        Standing::Guarded => Exit::Refused,
        Standing::Well | Standing::Note | Standing::Bad => Exit::Usage,
    });
    let worst = worst.reduce(Exit::and);
    if args.dry_run || worst.is_some() {
        summary(context, (&run, &plan), (None, State::Unknown));
        return Ok(worst.unwrap_or(Exit::Ok));
    }
    agreed(context)?;
    let named = Some(plan.launch);
    launched(context, LaunchAsk { named, ..apply }).await
}

/// Launches, and tells what came of it.
async fn launched(context: &mut Context, ask: LaunchAsk) -> Result<Exit, Exit> {
    let run = ask.run.to_string();
    let (plan, id, state) = ask_for(context, ask, true).await?;
    if let Some(id) = &id {
        context.output.line(format_args!(
            "{id} {}: wharf instances show {id}, wharf instances console {id}, wharf wrap-up {run}",
            state.word()
        ));
    }
    summary(context, (&run, &plan), (id.as_deref(), state));
    Ok(Exit::Ok)
}

fn summary(
    context: &mut Context,
    (run, plan): (&str, &LaunchPlan),
    (id, state): (Option<&str>, State),
) {
    context.output.record(&Summary {
        r#type: "summary",
        run,
        launch: id.map(|_| &*plan.launch),
        folder: id.map(|_| plan.folder.to_string()),
        id,
        state: id.map_or("not launched", |_| state.word()),
        price_per_hour: plan.price.map(|price| price.amount),
        max_seconds: plan.limits.map(|limits| limits.whole.as_secs()),
    });
}

/// A person says yes; without one nothing is launched.
fn agreed(context: &mut Context) -> Result<(), Exit> {
    if !context.output.style().asks {
        context.output.error(
            "nothing was launched: nobody is there to ask",
            Some("--yes launches without asking, --dry-run only looks"),
        );
        return Err(Exit::Refused);
    }
    context.output.ask("Launch it? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    let said = answer.trim().to_lowercase();
    if read.is_ok() && matches!(&*said, "y" | "yes") {
        return Ok(());
    }
    context.output.error("nothing was launched", None);
    Err(Exit::Refused)
}

/// Asks, tells the plan where it is to be shown and what comes on the way, and returns the plan and what came of it.
async fn ask_for(
    context: &mut Context,
    ask: LaunchAsk,
    shown: bool,
) -> Result<(LaunchPlan, Option<Box<str>>, State), Exit> {
    let (run, wish, waits) = (ask.run.clone(), ask.wish.clone(), ask.every.is_some());
    context.ask(Command::Cloud {
        view: VIEW,
        ask: Box::new(CloudAsk::Launch(Box::new(ask))),
    });
    let mut planned = None;
    loop {
        let told = context.awaited(|body| {
            if let Body::Cloud(CloudTold::Launch(told)) = body {
                Some(told)
            } else {
                None
            }
        });
        match told.await? {
            LaunchTold::Planned(plan) => {
                if shown {
                    tell(context, (&run, &wish), &plan);
                }
                planned = Some(*plan);
            }
            LaunchTold::Putting { name, bytes } => {
                let bytes = humanize::bytes(bytes);
                context
                    .output
                    .remark(format_args!("putting {name} beside the run, {bytes} …"));
            }
            LaunchTold::Asking => context.output.remark("asking AWS for the instance …"),
            LaunchTold::Launched { id } => {
                let rest = if waits {
                    "; waiting for its checks …"
                } else {
                    ""
                };
                context
                    .output
                    .remark(format_args!("{id} is launched{rest}"));
            }
            LaunchTold::State(state) => context.output.remark(format_args!("{} …", state.word())),
            LaunchTold::Over { id, state } => {
                let Some(plan) = planned else {
                    return Err(Exit::Failed);
                };
                return Ok((plan, id, state));
            }
        }
    }
}

fn tell(context: &mut Context, (run, wish): (&str, &Wish), plan: &LaunchPlan) {
    context
        .output
        .line(format_args!("launching {run} into {}", plan.folder));
    for check in &plan.checks {
        let Check {
            what,
            standing,
            words,
        } = check;
        let sign = match standing {
            Standing::Well => "✓",
            Standing::Note => "·",
            Standing::Bad | Standing::Guarded => "!",
        };
        context
            .output
            .line(format_args!("  {sign} {what:<13} {words}"));
        context.output.record(&CheckRecord {
            r#type: "check",
            what,
            ok: !check.forbids(),
            words,
        });
    }
    let price = humanize::launch_price(plan.whole, plan.limits);
    context.output.line(format_args!("  {price}"));
    context.output.line("what it does:");
    let folder = plan.folder.to_string();
    for (what, words) in humanize::launch_plan(wish, (run, &plan.launch, &folder)) {
        context.output.line(format_args!("    {what:<13} {words}"));
        let r#type = "does";
        context.output.record(&DoesRecord {
            r#type,
            what,
            words: &words,
        });
    }
    context.output.remark(format_args!(
        "what its role must allow at least: wharf instances launch {run} --policy"
    ));
}
