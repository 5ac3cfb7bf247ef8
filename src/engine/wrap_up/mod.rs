//! The end of a run: looks at what still costs, compares its outputs, opens the gate or tells what keeps it shut, and tears down
//! what is ticked, each thing followed until AWS says that it is gone. Every call's intent is in the ledger before it is made.

pub(super) mod debts;
mod known;
mod launches;
pub(super) mod ledger;
mod look;
mod newest;
mod outputs;
mod process;
mod spans;
mod storage;
mod tear;

pub use debts::accounts;
pub(super) use outputs::newest as newest_launch;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::domain::{
    location::Location,
    plan::SyncOptions,
    training::machine::Process,
    wrap_up::{
        Bounds, Consent, End, Kind, Launched, Origin, OutputProof, Resource, Target, Ticks,
        Training, Wrapped, cost, reckon,
    },
};

use super::{
    answer::Answer,
    cloud::Scope,
    event::{Body, Failed},
    room::Room,
};

use debts::Ended;
use ledger::Ledger;
use look::Look;
use outputs::Outputs;

/// A question about the end of a run.
#[derive(Debug, Clone)]
pub struct WrapAsk {
    /// Whose, and where.
    pub scope: Scope,
    /// The run's name.
    pub run: Arc<str>,
    /// The runs of the configuration, where this is none of them: it is refused where nothing else knows it either. `None` where it is shown all the same.
    pub only_known: Option<Vec<Box<str>>>,
    /// Its folder in S3, in which its launches leave what they tell.
    pub folder: Option<Location>,
    /// How its process is known on its instance; `None` where nobody said.
    pub process: Option<Process>,
    /// What it was to bring.
    pub outputs: Vec<Output>,
    /// Ids that are ticked beside what the run made, and ids that are not.
    pub ticks: Ticks,
    /// What a person said; nothing is deleted where this is `None`.
    pub apply: Option<Consent>,
    /// What the run allows a launch: the report tells it beside what it cost.
    pub bounds: Bounds,
    /// From one look at what is going to the next.
    pub every: Duration,
}

/// An output of a run.
#[derive(Debug, Clone)]
pub struct Output {
    /// The mapping's name.
    pub name: Box<str>,
    /// Where it is, or why that cannot be compared.
    pub places: Result<Places, String>,
}

/// Where an output was made and is kept.
#[derive(Debug, Clone)]
pub struct Places {
    /// Where it was made.
    pub made: Made,
    /// Where it is in S3.
    pub kept: Location,
    /// How "same" is decided, and what takes part.
    pub options: Arc<SyncOptions>,
}

/// Where an output was made.
#[derive(Debug, Clone)]
pub enum Made {
    /// On this machine.
    Here(Location),
    /// On the run's instance, which leaves records of it below this folder of the run in S3.
    OnBox(Location),
}

/// An answer, or a part of one.
#[derive(Debug, Clone)]
pub enum WrapTold {
    /// Everything that costs.
    Estate(Vec<Resource>),
    /// What an earlier teardown left in doubt, and how it stands.
    Settled {
        /// Which.
        target: Target,
        /// Whether it is gone.
        gone: bool,
    },
    /// How one output stands.
    Proof(OutputProof),
    /// A deletion was asked for.
    Deleting(Target),
    /// Something is over.
    Ended(End),
    /// All is over.
    Over(Box<Wrapped>),
}

/// Answers it; the last part is what is returned.
pub(super) async fn answer(room: &Room, answer: &Answer, ask: &WrapAsk) -> Result<Body, Failed> {
    if ask.apply.is_some() {
        tear::guard(room, ask)?;
    }
    let account = room.sessions.identity(&ask.scope.remote).await?.account;
    let ledger = Ledger::open(room.options.journal.as_deref(), (&account, &ask.run)).await?;
    let mut wrapped = Wrapped {
        account: (&*account).into(),
        applied: ask.apply.is_some(),
        bounds: ask.bounds,
        ..Wrapped::default()
    };
    let mut known = ledger.in_doubt().await?;
    known.extend(ledger.seen().await?.into_iter().map(|seen| seen.region));
    let mut look = Look::begin(room, (ask, &known), &mut wrapped.troubles).await?;
    let named = ask.apply.as_ref().and_then(|said| said.account.as_deref());
    match look.aliases().await {
        Ok(aliases) => wrapped.aliases = aliases,
        // It matters only to whoever named the account by one.
        Err(trouble) if named.is_some_and(|named| *named != *account) => {
            wrapped.troubles.push(trouble);
        }
        Err(trouble) => tracing::debug!(?trouble, "the account's names are not told"),
    }
    let alive = look.again(&mut wrapped.troubles).await?;
    let settled = ledger.settle_all(&alive, |target| look.looked_for(target));
    for (target, gone) in settled.await? {
        tell(answer, WrapTold::Settled { target, gone }).await;
    }
    let seen = ledger.seen().await?;
    wrapped.resources = look.resources(&seen);
    known::run_is_known(ask, &ledger, &wrapped.resources).await?;
    known::all_named_are_there(ask, &wrapped.resources)?;
    let unasked = look.unasked(&seen, &ledger.in_doubt().await?);
    // Where nobody asked, an instance may run.
    let all_asked = unasked.is_empty();
    wrapped.troubles.extend(unasked);
    let around = (ask, &look, &ledger);
    wrapped.launch = newest::launched(room, around, &mut wrapped.troubles).await?;
    judge_training(room, (ask, &look), &mut wrapped).await;
    note(&ledger, (&look, all_asked), &mut wrapped).await?;
    tell(answer, WrapTold::Estate(wrapped.resources.clone())).await;
    let mut outputs = Outputs::new(all_asked);
    for output in &ask.outputs {
        let proof = outputs.proof(room, (ask, &look), output).await;
        tell(answer, WrapTold::Proof(proof.clone())).await;
        wrapped.proofs.push(proof);
    }
    if ask.apply.is_some() {
        // Proving may have taken hours: what began to run or was kept meanwhile counts, and nothing new is ticked.
        look.again(&mut wrapped.troubles).await?;
        let ticked = std::mem::take(&mut wrapped.resources);
        wrapped.resources = look.resources(&seen);
        for one in &mut wrapped.resources {
            let was = ticked.iter().find(|was| was.is(one.kind, &one.id));
            one.selected &= was.is_some_and(|was| was.selected);
        }
        judge_training(room, (ask, &look), &mut wrapped).await;
    }
    wrapped.was = cost(&wrapped.resources, |_| true);
    tear::tear(room, answer, (ask, &ledger, &mut look), &mut wrapped).await?;
    Ok(Body::WrapUp(WrapTold::Over(Box::new(wrapped))))
}

/// The ledger learns what there is, what it costs, and whether the run is over.
async fn note(
    ledger: &Ledger,
    (look, all_asked): (&Look<'_>, bool),
    wrapped: &mut Wrapped,
) -> Result<(), Failed> {
    ledger.note(&wrapped.resources).await?;
    let is_over = wrapped.training.is_over();
    let told = wrapped.launch.as_ref().and_then(Launched::ended);
    let ended = match told.filter(|_| is_over) {
        _ if !all_asked => Ended::Not,
        Some(told) => Ended::Told(told),
        None if wrapped.awake == 0 => Ended::Found,
        None => Ended::Not,
    };
    ledger.note_costs(&wrapped.resources, ended).await?;
    ledger.settle_launches(look.asked()).await?;
    let (found, changed) = (wrapped.resources.clone(), look.changed(wrapped));
    let reckoned = ledger.reckon(move |all| reckon(all, (&found, &changed), Timestamp::now()));
    wrapped.spent = reckoned.await?;
    Ok(())
}

/// How the training stands, by what the newest launch told and by what runs now.
async fn judge_training(room: &Room, (ask, look): (&WrapAsk, &Look<'_>), wrapped: &mut Wrapped) {
    let awake = look.running(&wrapped.resources);
    let ours = |one: &Resource| matches!(one.origin, Origin::ThisRun | Origin::Gone);
    let mut instances = wrapped.resources.iter();
    let seen = instances.any(|one| one.kind == Kind::Instance && ours(one));
    wrapped.training = Training::of(wrapped.launch.as_ref(), &awake, seen);
    wrapped.awake = awake.len();
    process::judge(room, (ask, look), (&awake, wrapped)).await;
}

async fn tell(answer: &Answer, told: WrapTold) {
    answer.tell(Body::WrapUp(told)).await;
}
