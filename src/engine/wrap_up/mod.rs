//! The end of a run: looks at what still costs, compares its outputs, opens the gate or tells what keeps it shut, and tears down
//! what is ticked, each thing followed until AWS says that it is gone. Every call's intent is in the ledger before it is made.

mod ledger;
mod look;
mod tear;

use std::{sync::Arc, time::Duration};

use crate::domain::{
    cloud::Trouble,
    location::Location,
    plan::SyncOptions,
    wrap_up::{Consent, End, Open, OutputProof, Resource, Target},
};

use super::{
    answer::Answer,
    cloud::Scope,
    event::{Body, Failed},
    room::Room,
};

use ledger::Ledger;
use look::Look;

/// A question about the end of a run.
#[derive(Debug, Clone)]
pub struct WrapAsk {
    /// Whose, and where.
    pub scope: Scope,
    /// The run's name.
    pub run: Arc<str>,
    /// What it was to bring.
    pub outputs: Vec<Output>,
    /// Ids that are ticked beside what the run made, and ids that are not.
    pub ticks: Ticks,
    /// What a person said; nothing is deleted where this is `None`.
    pub apply: Option<Consent>,
    /// From one look at what is going to the next.
    pub every: Duration,
}

/// What a person ticked, and did not.
#[derive(Debug, Clone, Default)]
pub struct Ticks {
    /// Ids that go too.
    pub also: Vec<Box<str>>,
    /// Ids that stay.
    pub leave: Vec<Box<str>>,
}

/// An output of a run.
#[derive(Debug, Clone)]
pub struct Output {
    /// The mapping's name.
    pub name: Box<str>,
    /// Where it was made and where it is in S3, with how "same" is decided; or why that cannot be compared.
    pub places: Result<(Location, Location, Arc<SyncOptions>), String>,
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

/// How it all stands at the end.
#[derive(Debug, Clone, Default)]
pub struct Wrapped {
    /// The account.
    pub account: Box<str>,
    /// Everything that costs, or did.
    pub resources: Vec<Resource>,
    /// The outputs.
    pub proofs: Vec<OutputProof>,
    /// What keeps the gate shut; empty where it is open.
    pub open: Vec<Open>,
    /// Why it was done without proof.
    pub override_proof: Option<Box<str>>,
    /// Whether anything was to be deleted.
    pub applied: bool,
    /// What became of what was to go.
    pub ends: Vec<End>,
    /// What could not be had.
    pub troubles: Vec<Trouble>,
}

/// Answers it; the last part is what is returned.
pub(super) async fn answer(room: &Room, answer: &Answer, ask: &WrapAsk) -> Result<Body, Failed> {
    if ask.apply.is_some() {
        tear::guard(room, ask)?;
    }
    let ledger = Ledger::open(room.options.journal.as_deref(), &ask.run).await?;
    let account = room.sessions.identity(&ask.scope.remote).await?.account;
    let mut look = Look::begin(room, ask).await?;
    let mut wrapped = Wrapped {
        account: (&*account).into(),
        applied: ask.apply.is_some(),
        ..Wrapped::default()
    };
    let alive = look.again(&mut wrapped.troubles).await?;
    for (target, gone) in ledger.settle_all(&alive).await? {
        tell(answer, WrapTold::Settled { target, gone }).await;
    }
    wrapped.resources = look.resources(&ledger.seen().await?);
    ledger.note(&wrapped.resources).await?;
    tell(answer, WrapTold::Estate(wrapped.resources.clone())).await;
    for output in &ask.outputs {
        let proof = look::proof(room, output).await;
        tell(answer, WrapTold::Proof(proof.clone())).await;
        wrapped.proofs.push(proof);
    }
    tear::tear(room, answer, (ask, &ledger, &mut look), &mut wrapped).await?;
    Ok(Body::WrapUp(WrapTold::Over(Box::new(wrapped))))
}

async fn tell(answer: &Answer, told: WrapTold) {
    answer.tell(Body::WrapUp(told)).await;
}
