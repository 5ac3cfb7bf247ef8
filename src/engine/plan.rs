//! Plans: a comparison whose pairs go to the planner, behind the guards that speak before anything is listed.

use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use crate::backend::{Sessions, Store, disk::git_tracks};
use crate::domain::{
    codec::Folding,
    key::Key,
    location::Location,
    plan::{Plan, PlanError, Planner, Regions, SyncOptions},
    side::Side,
};

use super::{
    compare::{Comparison, Means},
    ends::Ends,
    event::Failed,
    questions::skew,
    room::Room,
};

/// What `Command::Plan` asks.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) source: &'a Location,
    pub(super) destination: &'a Location,
    pub(super) only: &'a [Key],
    pub(super) options: &'a SyncOptions,
}

/// Makes the plan.
pub(super) async fn plan(room: &Room, wanted: Wanted<'_>) -> Result<Plan, Failed> {
    let places = (wanted.source, wanted.destination);
    let ends = Ends::of_sync(&room.sessions, places, wanted.only).await?;
    guard(room, &ends, wanted.only).await?;
    let (source, destination) = (ends.left.location.clone(), ends.right.location.clone());
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let mut planner = Planner::new(source, destination, only, wanted.options.clone())?
        .with_folding(folding(room, &ends.right.store).await);
    let means = Means {
        options: wanted.options,
        journal: room.journal().await,
        skew: &|| skew(room, &ends),
    };
    let mut comparison = Comparison::start(&ends, means).await?;
    while let Some(pairs) = comparison.next().await {
        for pair in &pairs {
            planner.push(pair);
        }
    }
    // A side of which nothing at all could be listed leaves nothing to plan.
    if let Some(error) = comparison.failure_at_start() {
        return Err(error.into());
    }
    let (left, right) = (comparison.end(Side::Left), comparison.end(Side::Right));
    let mut plan = planner.finish(left, right, Timestamp::now());
    plan.regions = Regions {
        source: region(&room.sessions, &plan.source).await?,
        destination: region(&room.sessions, &plan.destination).await?,
    };
    plan.notices.extend(off_clock(skew(room, &ends)));
    if room.options.read_only {
        let notice = "wharf is read-only: this plan can be looked at and exported, not run";
        plan.notices.push(notice.to_owned());
    }
    Ok(plan)
}

/// Where a side lives, now that it was listed.
async fn region(sessions: &Sessions, location: &Location) -> Result<Option<Box<str>>, Failed> {
    let region = sessions.region(location).await?;
    Ok(region.map(|region| (*region).into()))
}

/// A sentence about clocks that disagree.
fn off_clock(skew: SignedDuration) -> Option<String> {
    let seconds = skew.as_secs();
    let (amount, word) = (
        seconds.unsigned_abs(),
        if seconds < 0 { "behind" } else { "ahead of" },
    );
    (amount > 0).then(|| {
        format!("the server's clock is {amount} s {word} this machine's: times were compared with that in mind")
    })
}

/// What is refused before anything is listed.
async fn guard(room: &Room, ends: &Ends, only: &[Key]) -> Result<(), Failed> {
    let (source, destination) = (&ends.left.location, &ends.right.location);
    match ends.single_target() {
        Some(target) => apart(&room.sessions, source, &target, &[]).await?,
        None => apart(&room.sessions, source, destination, only).await?,
    }
    if let Location::Disk(path) = destination
        && !room.options.allow_git
    {
        let path = path.clone();
        let tracked = spawn_blocking(move || git_tracks(&path)).await;
        if let Ok(Some(refusal)) = tracked {
            return Err(Failed::guard(
                refusal.to_string(),
                "another folder, or one that git ignores",
            ));
        }
    }
    Ok(())
}

/// Which names the destination's file system takes for one. A read-only wharf does not try that out.
async fn folding(room: &Room, destination: &Store) -> Folding {
    match destination {
        Store::Disk(disk) if !room.options.read_only => disk
            .probe()
            .await
            .map(|probe| probe.folding)
            .unwrap_or_default(),
        Store::Disk(_) | Store::S3(_) | Store::Manifest(_) => Folding::None,
    }
}

/// Refuses a source and a destination that overlap, by whatever names they go.
async fn apart(
    sessions: &Sessions,
    source: &Location,
    destination: &Location,
    only: &[Key],
) -> Result<(), Failed> {
    let refuse = |guard| Failed::from(PlanError::Guard(guard));
    Plan::guards(source, destination, only).map_err(refuse)?;
    let (source, destination) = (real(source).await, real(destination).await);
    let destination = one_name(sessions, &source, destination).await?;
    Plan::guards(&source, &destination, only).map_err(refuse)
}

/// The location behind links, as far as it exists.
async fn real(location: &Location) -> Location {
    match location {
        Location::Disk(path) => Location::Disk(
            tokio::fs::canonicalize(path)
                .await
                .unwrap_or_else(|_missing| path.clone()),
        ),
        Location::S3(_) | Location::Buckets(_) | Location::Manifest(_) => location.clone(),
    }
}

/// The destination under the source's remote, where both remotes are one endpoint.
async fn one_name(
    sessions: &Sessions,
    source: &Location,
    destination: Location,
) -> Result<Location, Failed> {
    let (Location::S3(one), Location::S3(other)) = (source, &destination) else {
        return Ok(destination);
    };
    if one.remote == other.remote || one.bucket != other.bucket {
        return Ok(destination);
    }
    let (here, there) =
        tokio::try_join!(sessions.reach(&one.remote), sessions.reach(&other.remote))?;
    if here.endpoint == there.endpoint {
        return Ok(destination.with_remote(one.remote.clone()));
    }
    Ok(destination)
}
