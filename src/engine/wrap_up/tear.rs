//! Tearing down: the gate, then step by step what the teardown says, the ledger first, until all is gone or stays with its reason.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::sleep;

use crate::backend::{Ec2, Error, Went, ec2::Manner};
use crate::domain::{
    retry::FailureKind,
    wrap_up::{
        End, Fate, Kind, License, Open, Resource, Spent, Step, Target, Teardown, Wrapped, license,
        went,
    },
};

use super::{WrapAsk, WrapTold, ledger::Ledger, look::Look, tell};
use crate::engine::{
    answer::Answer,
    cloud::{patient, trouble},
    event::Failed,
    room::Room,
};

/// How long a teardown is followed while nothing more goes.
const PATIENCE: Duration = Duration::from_mins(20);

/// What the engine refuses, whatever was proven.
pub(super) fn guard(room: &Room, ask: &WrapAsk) -> Result<(), Failed> {
    if room.options.read_only {
        let message = "wharf is read-only: nothing is deleted";
        return Err(Failed::guard(message, "start wharf without --read-only"));
    }
    let remote = &ask.scope.remote;
    if room.wants_word(remote) {
        let name = remote.name().unwrap_or("(unnamed)");
        let message = format!(
            "the remote {name} is marked as production: nothing of it is deleted without its name"
        );
        return Err(Failed::guard(message, format!("--confirm {name}")));
    }
    Ok(())
}

/// Opens the gate and tears down; without a person's consent only tells what keeps it shut.
pub(super) async fn tear(
    room: &Room,
    answer: &Answer,
    (ask, ledger, look): (&WrapAsk, &Ledger, &mut Look<'_>),
    wrapped: &mut Wrapped,
) -> Result<(), Failed> {
    let license = match licensed(ask, look, wrapped) {
        Ok(license) if ask.apply.is_some() => license,
        Ok(_) => return Ok(()),
        Err(open) => {
            wrapped.open = open;
            return Ok(());
        }
    };
    if !ledger.remembers() {
        let message = "nothing is deleted without a ledger: an intent must be written down first";
        let help = "set WHARF_STATE to a folder that can be written to";
        return Err(Failed::guard(message, help));
    }
    wrapped.open = rehearse(look, wrapped).await;
    if !wrapped.open.is_empty() {
        return Ok(());
    }
    tracing::info!(run = &*ask.run, override_proof = ?license.override_proof(), "teardown begins");
    wrapped.override_proof = license.override_proof().map(Box::from);
    let mut teardown = Teardown::new(&license, &wrapped.resources);
    let mut told = 0;
    let mut moved = Instant::now();
    loop {
        let alive = look.again(&mut wrapped.troubles).await?;
        let step = teardown.next(&alive);
        let mut asked = false;
        if let Step::Delete(targets) = &step {
            asked = delete_all(answer, (ledger, look), targets, &mut teardown).await?;
        }
        if asked || teardown.ends().len() > told {
            moved = Instant::now();
        }
        if moved.elapsed() > PATIENCE {
            teardown.give_up("AWS has not said that it is gone");
        }
        let is_over = step == Step::Done || room.stop.is_cancelled();
        let along = teardown.went_along(&wrapped.resources, &alive);
        let along = along.into_iter().filter(|_| is_over).map(|target| End {
            target,
            fate: Fate::Gone,
        });
        let ends = teardown.ends().iter().skip(told).cloned().chain(along);
        for end in ends.collect::<Vec<End>>() {
            settle(ledger, &end, wrapped).await?;
            tell(answer, WrapTold::Ended(end.clone())).await;
            wrapped.ends.push(end);
        }
        told = teardown.ends().len();
        if is_over {
            return Ok(());
        }
        sleep(ask.every).await;
    }
}

/// The right to delete, or what is still open.
fn licensed(ask: &WrapAsk, look: &Look<'_>, wrapped: &Wrapped) -> Result<License, Vec<Open>> {
    // What its launch told is an end, whatever its instance waits for.
    let running = if wrapped.training.is_over() {
        0
    } else {
        look.running(&wrapped.resources).len()
    };
    let mut names = vec![wrapped.account.clone()];
    names.extend(wrapped.aliases.iter().cloned());
    let consent = ask.apply.clone().unwrap_or_default();
    license(&wrapped.proofs, running, &names, &consent)
}

/// The ledger learns what became of a thing.
async fn settle(ledger: &Ledger, end: &End, wrapped: &mut Wrapped) -> Result<(), Failed> {
    let outcome = match &end.fate {
        Fate::Gone => "gone",
        Fate::Stays { why } => why,
    };
    ledger.settle(&end.target, outcome).await?;
    if end.fate == Fate::Gone {
        let gone = end.target.clone();
        let ended = move |all: &mut Vec<Spent>| {
            went(all, (gone.kind, &gone.id), Timestamp::now());
        };
        wrapped.spent = ledger.reckon(ended).await?;
    }
    Ok(())
}

/// Asks for deletions, each written down before; `false` where all of them wait for what hangs on them.
async fn delete_all(
    answer: &Answer,
    (ledger, look): (&Ledger, &Look<'_>),
    targets: &[Target],
    teardown: &mut Teardown,
) -> Result<bool, Failed> {
    let mut asked = false;
    for target in targets {
        if !teardown.asks_again(target) {
            ledger.intend(target).await?;
            tell(answer, WrapTold::Deleting(target.clone())).await;
        }
        match delete(look, target).await {
            Ok(Went::Asked) => asked = true,
            Ok(Went::Prepared) => teardown.ask_again(target),
            Err(error) => teardown.refused(target, error.reason),
        }
    }
    Ok(asked)
}

async fn delete(look: &Look<'_>, target: &Target) -> Result<Went, Error> {
    if target.kind == Kind::Upload {
        return look.abort(&target.id).await.map(|()| Went::Asked);
    }
    let Some(door) = look.door(&target.region) else {
        let reason = "its region was not asked";
        return Err(Error::new(
            "delete",
            &*target.id,
            FailureKind::Refused,
            reason,
        ));
    };
    match patient(|| door.delete(target.kind, &target.id, Manner::Real)).await {
        // Gone already: an earlier call whose answer was lost, or somebody else.
        Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(Went::Asked),
        told => told,
    }
}

/// Asks AWS of everything that is to go whether it may: what may not keeps the gate shut before anything went.
async fn rehearse(look: &Look<'_>, wrapped: &mut Wrapped) -> Vec<Open> {
    let mut open = Vec::new();
    let going = |one: &&Resource| one.selected && one.exists() && one.kind != Kind::Upload;
    for one in wrapped.resources.iter().filter(going) {
        let Some(door) = look.door(&one.region) else {
            continue;
        };
        let what = || format!("{} {}", one.kind.word(), one.id);
        match protected(door, one).await {
            Ok(None) => {}
            Ok(Some(why)) => {
                let what = what();
                open.push(Open::Denied { what, why });
                continue;
            }
            // It is told when it refuses to go.
            Err(error) => wrapped.troubles.push(trouble(&one.region, &error)),
        }
        let told = patient(|| door.delete(one.kind, &one.id, Manner::DryRun)).await;
        // An endpoint that does what it was only asked about is asked nothing more.
        if let Err(error) = told
            && matches!(
                error.failure_kind(),
                FailureKind::Denied | FailureKind::Changed
            )
        {
            let done = error.failure_kind() == FailureKind::Changed;
            open.push(Open::Denied {
                what: what(),
                why: error.reason,
            });
            if done {
                break;
            }
        }
    }
    open
}

/// Why an instance is protected from being terminated, and what to do; a dry run says nothing of that.
async fn protected(door: &Ec2, one: &Resource) -> Result<Option<String>, Error> {
    if one.kind != Kind::Instance || !patient(|| door.is_protected(&one.id)).await? {
        return Ok(None);
    }
    Ok(Some(format!(
        "its termination protection is on (aws ec2 modify-instance-attribute --region {} --instance-id {} \
         --no-disable-api-termination takes it off)",
        one.region, one.id
    )))
}
