//! Which way a plan takes from bucket to bucket, and why: by the endpoints, by what the destination's credentials may read of
//! the source, and by whether its tags may be read. One or two requests for a plan, none where a person said the way.

use crate::backend::{Error, Store};
use crate::domain::{
    location::{Location, Prefix},
    plan::{Mode, Op, Plan, Step},
    retry::FailureKind,
};

use super::{ends::Ends, event::Failed, room::Room};

/// What was found: the way, and why.
struct Found {
    op: Op,
    why: String,
}

/// Chooses the way of a plan that moves from bucket to bucket.
pub(super) async fn choose(room: &Room, ends: &Ends, plan: &mut Plan) -> Result<(), Failed> {
    let (Location::S3(source), Location::S3(destination)) = (&plan.source, &plan.destination)
    else {
        return Ok(());
    };
    let between = |step: &&Step| matches!(step.op, Op::Copy | Op::Relay);
    let Some(sample) = plan.steps().find(between) else {
        return Ok(());
    };
    let apart = two_places(room, source, destination).await?;
    let apart = apart.or_else(|| {
        let gzip = "what is compressed on its way goes through this machine";
        plan.gzips().then(|| gzip.to_owned())
    });
    let found = match (plan.options.mode, apart) {
        (Mode::Direct, Some(why)) => {
            return Err(Failed {
                help: Some("--mode relay moves it through this machine".to_owned()),
                ..Failed::usage(format!("no server copies directly: {why}"))
            });
        }
        (Mode::Direct, None) => directly("asked for"),
        (Mode::Relay, _) => through_here("asked for"),
        (Mode::Auto | Mode::Hybrid, Some(why)) => through_here(&why),
        (Mode::Hybrid, None) => directly("each key that fails goes through this machine"),
        (Mode::Auto, None) => looked_at(room, ends, plan, sample).await?,
    };
    plan.take_way(found.op, &found.why);
    Ok(())
}

fn directly(why: &str) -> Found {
    Found {
        op: Op::Copy,
        why: format!("the server copies: {why}"),
    }
}

fn through_here(why: &str) -> Found {
    Found {
        op: Op::Relay,
        why: format!("through this machine: {why}"),
    }
}

/// Why no server could copy between two remotes: they are two services.
async fn two_places(room: &Room, one: &Prefix, other: &Prefix) -> Result<Option<String>, Failed> {
    if one.remote == other.remote {
        return Ok(None);
    }
    let sessions = &room.sessions;
    let (here, there) =
        tokio::try_join!(sessions.reach(&one.remote), sessions.reach(&other.remote))?;
    if here.is_same_place(&there) {
        return Ok(None);
    }
    let name = |endpoint: Option<&str>| endpoint.unwrap_or("AWS").to_owned();
    let (here, there) = (
        name(here.endpoint.as_deref()),
        name(there.endpoint.as_deref()),
    );
    Ok(Some(format!(
        "{here} and {there} are two services, which do not know each other"
    )))
}

/// Asks for one object of the plan as the copy would: with the credentials of the destination.
async fn looked_at(room: &Room, ends: &Ends, plan: &Plan, sample: &Step) -> Result<Found, Failed> {
    let (Some(from), Some(to)) = (plan.source.s3(), plan.destination.s3()) else {
        return Ok(through_here("there is no bucket on one side"));
    };
    let source = if from.remote == to.remote {
        ends.left.store.clone()
    } else {
        let place = plan.source.clone().with_remote(to.remote.clone());
        let store = room.sessions.store(&place).await?;
        store.locked_as(&ends.left.store)
    };
    let Store::S3(s3) = &source else {
        return Ok(through_here("there is no bucket on one side"));
    };
    if let Err(error) = Box::pin(s3.stat(&sample.key)).await {
        return Ok(refused(&error, "the destination's credentials"));
    }
    let regions = match (&plan.regions.source, &plan.regions.destination) {
        (Some(one), Some(other)) if one != other => format!("from {one} to {other}"),
        (Some(one), Some(_)) => format!("both buckets are in {one}"),
        _ => "both buckets are of one service".to_owned(),
    };
    Ok(match s3.tags(&sample.key, None).await {
        Err(error) if error.failure_kind() == FailureKind::Denied => directly(&format!(
            "{regions}; tags may not be read, so that objects that bear some go through this machine"
        )),
        Ok(_) | Err(_) => directly(&regions),
    })
}

/// The way where a look failed: a refusal speaks of every key, all else may be of this one or of this moment.
fn refused(error: &Error, who: &str) -> Found {
    match error.failure_kind() {
        FailureKind::Denied | FailureKind::Refused | FailureKind::Credentials => {
            let id = error.request_id.as_deref();
            let id = id.map_or_else(String::new, |id| format!(" (request id {id})"));
            through_here(&format!("{who} may not read the source{id}"))
        }
        FailureKind::Throttled
        | FailureKind::Transient
        | FailureKind::Corrupt
        | FailureKind::Changed
        | FailureKind::NotFound
        | FailureKind::DiskFull
        | FailureKind::Archived
        | FailureKind::Cancelled => directly(&format!("the look before told nothing: {error}")),
    }
}
