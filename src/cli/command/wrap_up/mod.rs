//! `wharf wrap-up`: what a run still costs, whether its outputs are proven, and, where a person says so, its end.

mod push;
mod told;

use std::{fs, io, time::Duration};

use jiff::Timestamp;

use crate::cli::{args::WrapUpArgs, ending::Ending, exit::Exit};
use crate::domain::{
    text::printable,
    wrap_up::{Consent, End, Fate, Resource, Target, Ticks, Wrapped},
};
use crate::engine::{
    Body, Command,
    cloud::{Regions, Scope},
    wrap_up::{WrapAsk, WrapTold},
};
use crate::humanize::wrap_up::{
    record::{CostRecord, EndRecord, ProofRecord, ResourceRecord, SummaryRecord},
    report,
};

use super::{Context, VIEW, instances::record::TroubleRecord};

/// From one look at what is going to the next.
const EVERY: Duration = Duration::from_secs(3);

/// Runs the command.
pub(super) async fn wrap_up(context: &mut Context, args: &WrapUpArgs, ending: Ending) -> Exit {
    let done = look_and_apply(context, args, &ending).await;
    done.unwrap_or_else(|exit| exit)
}

async fn look_and_apply(
    context: &mut Context,
    args: &WrapUpArgs,
    ending: &Ending,
) -> Result<Exit, Exit> {
    if !ending.known {
        let run = printable(args.run.as_bytes());
        context.output.remark(format_args!(
            "the configuration names no run {run}: its tag and the ledger alone tell what it made"
        ));
    }
    let pushed = if args.push {
        push::push(context, args, ending).await?
    } else {
        Exit::Ok
    };
    let mut account = args.account.clone();
    let mut only = None;
    if args.apply && account.is_none() && context.output.style().asks {
        let looked = ask(context, args, ending, (None, None)).await?;
        told::tell(context, &looked, args);
        account = Some(typed_account(context, &looked));
        let ticked = looked.resources.iter().filter(|one| one.selected);
        only = Some(ticked.map(Resource::target).collect());
    }
    let consent = args.apply.then(|| Consent {
        account: account.as_deref().map(Box::from),
        override_proof: args.override_proof.as_deref().map(Box::from),
        ended: args.ended,
    });
    let wrapped = ask(context, args, ending, (consent, only)).await?;
    let listed = wrapped.resources.iter();
    for resource in listed.filter(|one| args.lists(&one.origin)) {
        context.output.record(&ResourceRecord::new(resource));
    }
    for proof in &wrapped.proofs {
        context.output.record(&ProofRecord::new(proof));
    }
    let now = Timestamp::now();
    for spent in &wrapped.spent {
        context.output.record(&CostRecord::new(spent, now));
    }
    for trouble in &wrapped.troubles {
        context.output.record(&TroubleRecord::new(trouble));
    }
    if wrapped.ends.is_empty() {
        told::tell(context, &wrapped, args);
    }
    for end in &wrapped.ends {
        context.output.record(&EndRecord::new(end));
    }
    told::tell_end(context, &wrapped, args);
    context
        .output
        .record(&SummaryRecord::new(&args.run, &wrapped, now));
    write_report(context, args, &wrapped)?;
    Ok(pushed.and(exit(&wrapped)))
}

/// How it ended, for a script.
fn exit(wrapped: &Wrapped) -> Exit {
    if wrapped.applied && !wrapped.open.is_empty() {
        return Exit::Refused;
    }
    let stays = |end: &End| end.fate != Fate::Gone;
    if !wrapped.troubles.is_empty() || wrapped.ends.iter().any(stays) {
        return Exit::Failed;
    }
    Exit::Ok
}

async fn ask(
    context: &mut Context,
    args: &WrapUpArgs,
    ending: &Ending,
    (apply, only): (Option<Consent>, Option<Vec<Target>>),
) -> Result<Wrapped, Exit> {
    let wrap = question(args, ending, (apply, only));
    context.ask(Command::WrapUp {
        view: VIEW,
        ask: Box::new(wrap),
    });
    loop {
        let told = context.awaited(|body| {
            if let Body::WrapUp(told) = body {
                Some(told)
            } else {
                None
            }
        });
        match told.await? {
            WrapTold::Over(wrapped) => return Ok(*wrapped),
            WrapTold::Settled { target, gone } => {
                let how = if gone {
                    "it is gone"
                } else {
                    "it is still there"
                };
                context.output.remark(format_args!(
                    "an earlier wrap-up was stopped while it deleted {} {}: {how}",
                    target.kind.word(),
                    target.id
                ));
            }
            WrapTold::Deleting(target) => context.output.remark(format_args!(
                "deleting {} {} …",
                target.kind.word(),
                target.id
            )),
            WrapTold::Ended(end) => told::tell_one(context, &end),
            WrapTold::Estate(_) | WrapTold::Proof(_) => {}
        }
    }
}

fn question(
    args: &WrapUpArgs,
    ending: &Ending,
    (apply, only): (Option<Consent>, Option<Vec<Target>>),
) -> WrapAsk {
    let regions = if args.all_regions {
        Regions::All
    } else if args.regions.is_empty() {
        Regions::Own
    } else {
        Regions::These(boxed(&args.regions))
    };
    WrapAsk {
        scope: Scope {
            remote: ending.remote.clone(),
            regions,
        },
        run: args.run.as_str().into(),
        only_known: (!ending.known).then(|| ending.names.clone()),
        folder: ending.folder.clone(),
        process: ending.process.clone(),
        outputs: ending.outputs.clone(),
        ticks: Ticks {
            also: boxed(&args.also),
            leave: boxed(&args.leave),
            only,
        },
        apply,
        bounds: ending.bounds,
        every: EVERY,
    }
}

fn boxed(ids: &[String]) -> Vec<Box<str>> {
    ids.iter().map(|id| id.as_str().into()).collect()
}

/// Asks a person to type the account's id or alias.
fn typed_account(context: &mut Context, wrapped: &Wrapped) -> String {
    context.output.ask(format_args!(
        "What is ticked in account {} would be deleted for good. Type the account's id or alias to go on: ",
        printable(wrapped.whose().as_bytes())
    ));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_err() {
        answer.clear();
    }
    answer.trim().to_owned()
}

fn write_report(context: &mut Context, args: &WrapUpArgs, wrapped: &Wrapped) -> Result<(), Exit> {
    let Some(path) = &args.report else {
        return Ok(());
    };
    let at = Timestamp::now();
    let json = path.extension().is_some_and(|ending| ending == "json");
    let text = if json {
        report::json(&args.run, wrapped, at)
    } else {
        report::markdown(&args.run, wrapped, at)
    };
    fs::write(path, text).map_err(|error| {
        context.output.error(
            format_args!(
                "the report cannot be written to {}: {error}",
                path.display()
            ),
            Some("name another file with --report"),
        );
        Exit::Failed
    })?;
    context
        .output
        .remark(format_args!("the report is in {}", path.display()));
    Ok(())
}
