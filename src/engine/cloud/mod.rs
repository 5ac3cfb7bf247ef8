//! Questions about instances: a look at all of them, again and again where it is watched; one in detail; and turning one, with its
//! effect followed until it holds.

mod details;
pub(super) mod exec;
mod opening;
mod patient;
mod survey;
mod turn;
pub(super) mod way;

use std::{sync::Arc, time::Duration};

use crate::domain::{
    cloud::{Address, Instance, Reach, Said, Span, State, Survey, Turn, Volume},
    location::Remote,
};

pub use opening::{Opened, Opening};
pub(super) use patient::patient;
pub(super) use survey::{doors, trouble};

use super::{
    answer::Answer,
    event::{Body, Failed},
    launch::{self, LaunchAsk, LaunchTold},
    room::Room,
};

/// Whose instances, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Whose.
    pub remote: Remote,
    /// Where.
    pub regions: Regions,
}

/// Which regions are asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Regions {
    /// The remote's own.
    #[default]
    Own,
    /// These.
    These(Vec<Box<str>>),
    /// All that are on for the account.
    All,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Whose.
    pub remote: Remote,
    /// Its region; the remote's own when `None`.
    pub region: Option<Box<str>>,
    /// Its id.
    pub id: Box<str>,
}

/// A question.
#[derive(Debug, Clone)]
pub enum CloudAsk {
    /// One look at all instances → `CloudTold::Survey`.
    Survey {
        /// Whose, and where.
        scope: Scope,
        /// How far back metrics are asked for.
        span: Span,
    },
    /// A look at all instances each `every`, until it is stopped → `CloudTold::Survey`…; failures are told in between.
    Watch {
        /// Whose, and where.
        scope: Scope,
        /// How far back metrics are asked for.
        span: Span,
        /// Until the first look.
        after: Duration,
        /// From one look to the next; longer after throttling and failures.
        every: Duration,
    },
    /// What hangs on an instance, what it was told, what it said → `CloudTold::Details`.
    Details {
        /// Which.
        place: Place,
    },
    /// Launch a run, or tell what its launch would stand on → `CloudTold::Launch`….
    Launch(Box<LaunchAsk>),
    /// Open a shell for a person on an instance → `CloudTold::Session`.
    Session {
        /// Which.
        place: Place,
        /// By which way; as its run says where `None`.
        reach: Option<Reach>,
    },
    /// Run a script on an instance → `CloudTold::Said`.
    Exec {
        /// Which.
        place: Place,
        /// By which way; as its run says where `None`.
        reach: Option<Reach>,
        /// What its shell is given.
        script: Arc<str>,
        /// How long it may take.
        limit: Duration,
        /// From one look at it to the next, at most.
        every: Duration,
    },
    /// Turn an instance → `CloudTold::Turning`…, then `CloudTold::Turned` when its effect holds.
    Turn {
        /// Which.
        place: Place,
        /// What is done to it.
        turn: Turn,
        /// From one look at its state to the next.
        every: Duration,
    },
}

/// An answer, or a part of one.
#[derive(Debug, Clone)]
pub enum CloudTold {
    /// One look at all instances.
    Survey(Arc<Survey>),
    /// A look failed as a whole; the watch goes on.
    Unanswered {
        /// What happened.
        failed: Failed,
        /// Seconds until it is tried again.
        next: u64,
    },
    /// An instance in detail.
    Details(Box<Details>),
    /// Something about a launch.
    Launch(LaunchTold),
    /// What opens a shell.
    Session(Box<Opening>),
    /// A command on an instance is over.
    Said {
        /// The instance's id.
        id: Box<str>,
        /// What came of it.
        said: Box<Said>,
    },
    /// The state of an instance on its way.
    Turning(State),
    /// The effect holds.
    Turned(State),
}

/// An instance in detail; what could not be had is `None`, and told among the troubles.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The instance.
    pub instance: Instance,
    /// The volumes on it.
    pub volumes: Option<Vec<Volume>>,
    /// The addresses tied to it.
    pub addresses: Option<Vec<Address>>,
    /// Whether termination is refused.
    pub protected: Option<bool>,
    /// What it was told at its boot, secrets struck out; with how many were.
    pub user_data: Option<(String, usize)>,
    /// What it wrote to its console last, as bytes of anybody.
    pub console: Option<Vec<u8>>,
    /// What could not be had.
    pub troubles: Vec<Failed>,
}

/// Answers a question; its last part is what is returned.
pub(super) async fn answer(room: &Room, answer: &Answer, ask: &CloudAsk) -> Result<Body, Failed> {
    let told = match ask {
        CloudAsk::Survey { scope, span } => {
            let survey = survey::Surveyor::new(room, scope, *span).look().await?;
            CloudTold::Survey(Arc::new(survey))
        }
        CloudAsk::Watch {
            scope,
            span,
            after,
            every,
        } => {
            tokio::time::sleep(*after).await;
            survey::Surveyor::new(room, scope, *span)
                .watch(answer, *every)
                .await
        }
        CloudAsk::Details { place } => {
            CloudTold::Details(Box::new(details::details(room, place).await?))
        }
        CloudAsk::Launch(ask) => return Box::pin(launch::answer(room, answer, ask)).await,
        CloudAsk::Session { place, reach } => {
            let opening = opening::opening(room, place, reach.as_ref()).await?;
            CloudTold::Session(Box::new(opening))
        }
        CloudAsk::Exec {
            place,
            reach,
            script,
            limit,
            every,
        } => exec::exec(room, (place, reach.as_ref()), (script, *limit), *every).await?,
        CloudAsk::Turn { place, turn, every } => {
            turn::turn(room, answer, place, (*turn, *every)).await?
        }
    };
    Ok(Body::Cloud(told))
}
