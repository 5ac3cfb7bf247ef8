//! Questions that change nothing: listings, buckets, facts of one entry, comparisons.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::backend::{
    BucketInfo,
    store::{ListQuery, Prune},
};
use crate::domain::{
    diff::{Pair, Sign},
    filter::Matcher,
    location::{Location, Remote},
    plan::{Symlinks, SyncOptions},
    progress::TaskId,
    side::Side,
};

use super::{
    answer::Answer,
    cleanup, cloud,
    command::Command,
    compare::Comparison,
    deletion, edit,
    ends::Ends,
    event::{Body, Bucket, Compared, Failed, FailedClass, Identity},
    failed::class,
    journal::{PastTask, Report, Search},
    look,
    picture::picture,
    plan::{Wanted, about_inventories, compared, plan, plan_both},
    preview::preview,
    record::record,
    room::Room,
    routes::plan_routes,
    scan::Picked,
    training::watch,
    wrap_up,
};

/// Answers a question; its last part is what is returned.
pub(super) async fn answer(
    room: &Room,
    answer: &Answer,
    question: &Command,
) -> Result<Body, Failed> {
    match question {
        Command::List { .. } => listed(room, answer, question).await,
        Command::Record {
            location, options, ..
        } => record(room, answer, location, options).await,
        Command::Buckets { remote, .. } => buckets(room, remote).await,
        Command::Identity { remote, .. } => identity(room, remote).await,
        Command::Preview { location, key, .. } => {
            Ok(Body::Preview(Box::new(preview(room, location, key).await?)))
        }
        Command::Picture {
            location,
            key,
            facts,
            most,
            ..
        } => Ok(Body::Picture(
            picture(room, (location, key, facts), *most).await?,
        )),
        Command::Compare {
            left,
            right,
            options,
            ..
        } => compare(room, answer, (left, right), options).await,
        Command::Plan { .. } | Command::PlanBoth { .. } => planned(room, question).await,
        Command::PlanDeletion { .. } | Command::PlanEdit { .. } => at_one(room, question).await,
        Command::PlanRoutes { routes, .. } => {
            let planned = plan_routes(room, routes).await?;
            Ok(Body::PlannedRoutes(planned.into()))
        }
        Command::PlanCleanup { task, .. } => {
            let planned = cleanup::plan(room, *task).await?;
            Ok(Body::PlannedRoutes(planned.into()))
        }
        Command::Watch { runs, manner, .. } => Box::pin(watch(room, answer, (runs, *manner))).await,
        Command::Look { ask, .. } => Box::pin(look::answer(room, answer, ask)).await,
        Command::Cloud { ask, .. } => cloud::answer(room, answer, ask).await,
        Command::WrapUp { ask, .. } => Box::pin(wrap_up::answer(room, answer, ask)).await,
        Command::Past { search, .. } => Ok(Body::Past(past(room, search).await?)),
        Command::Report { task, .. } => Ok(Body::Report(Box::new(report(room, *task).await?))),
        Command::Stop(_)
        | Command::Run { .. }
        | Command::RunFamily { .. }
        | Command::Verify { .. }
        | Command::Pause(_)
        | Command::Resume(_)
        | Command::Cancel(_)
        | Command::GoOn { .. }
        | Command::Retry { .. }
        | Command::Prioritise { .. }
        | Command::Release(_)
        | Command::TellHook { .. }
        | Command::TellFinding(_)
        | Command::Pace { .. } => Err(no_question()),
    }
}

/// A plan of what is done at one place.
async fn at_one(room: &Room, question: &Command) -> Result<Body, Failed> {
    let plan = if let Command::PlanDeletion {
        place,
        only,
        options,
        ..
    } = question
    {
        deletion::plan(room, place, (only, options)).await?
    } else if let Command::PlanEdit { ask, .. } = question {
        edit::plan(room, ask).await?
    } else {
        return Err(no_question());
    };
    Ok(Body::Planned(Arc::new(plan)))
}

/// A plan, or one each way.
async fn planned(room: &Room, question: &Command) -> Result<Body, Failed> {
    if let Command::Plan {
        source,
        destination,
        only,
        options,
        ..
    } = question
    {
        let wanted = Wanted {
            source,
            destination,
            only,
            options,
        };
        return Ok(Body::Planned(Arc::new(plan(room, wanted).await?)));
    }
    let Command::PlanBoth {
        left,
        right,
        only,
        options,
        rule,
        ..
    } = question
    else {
        return Err(no_question());
    };
    let wanted = Wanted {
        source: left,
        destination: right,
        only,
        options,
    };
    let both = plan_both(room, wanted, *rule).await?;
    Ok(Body::PlannedBoth(Arc::new(both)))
}

fn no_question() -> Failed {
    Failed::usage("this is no question")
}

/// The tasks that the journal knows.
pub(super) async fn past(room: &Room, search: &Search) -> Result<Vec<PastTask>, Failed> {
    let journal = room.remembered().await?;
    Ok(journal.search(search.clone()).await?)
}

/// How a task went.
pub(super) async fn report(room: &Room, task: TaskId) -> Result<Report, Failed> {
    let report = room.remembered().await?.report(task).await?;
    report.ok_or_else(|| Failed::no_task(task))
}

/// What is in a folder.
async fn listed(room: &Room, answer: &Answer, question: &Command) -> Result<Body, Failed> {
    let Command::List {
        location,
        folder,
        deep,
        options,
        ..
    } = question
    else {
        return Err(no_question());
    };
    let query = ListQuery {
        folder: folder.clone(),
        shallow: !deep,
        follow_links: options.symlinks == Symlinks::Follow,
        prune: Prune::of(&options.filter),
        ..ListQuery::default()
    };
    list(room, answer, location, (query, options)).await
}

/// Lists a folder page by page; the last page is the answer.
async fn list(
    room: &Room,
    answer: &Answer,
    location: &Location,
    (query, options): (ListQuery, &SyncOptions),
) -> Result<Body, Failed> {
    let store = room.sessions.store(location).await?;
    let matcher = Matcher::new(&options.filter)?;
    let folder = query.folder.clone();
    let mut listing = Picked::start(store, query, matcher);
    loop {
        let page = listing.next().await?;
        let over = page.end.is_some();
        let part = Body::Listed {
            folder: folder.clone(),
            entries: page.entries,
            end: page.end,
        };
        if over {
            return Ok(part);
        }
        answer.tell(part).await;
    }
}

/// The buckets of a remote.
async fn buckets(room: &Room, remote: &Remote) -> Result<Body, Failed> {
    let buckets = room.sessions.buckets(remote).await?;
    let bucket = |info: BucketInfo| Bucket {
        name: info.name,
        created: info.created,
        region: info.region,
    };
    Ok(Body::Buckets(buckets.into_iter().map(bucket).collect()))
}

/// How a remote is reached, and who we are there; only AWS itself is asked.
async fn identity(room: &Room, remote: &Remote) -> Result<Body, Failed> {
    let reach = room.sessions.reach(remote).await?;
    let who = if reach.endpoint.is_some() || reach.anonymous {
        None
    } else {
        let told = room.sessions.identity(remote).await?;
        Some((told.account, told.name))
    };
    Ok(Body::Identity(Box::new(Identity {
        endpoint: reach.endpoint,
        region: reach.region,
        who,
    })))
}

/// Compares two places, pair by pair.
async fn compare(
    room: &Room,
    answer: &Answer,
    places: (&Location, &Location),
    options: &SyncOptions,
) -> Result<Body, Failed> {
    let ends = Ends::of_comparison(&room.sessions, places, options).await?;
    let mut comparison = compared(room, &ends, options).await?;
    while let Some(mut pairs) = comparison.next().await {
        refuse_usage(&comparison)?;
        pairs.retain(is_told);
        if !pairs.is_empty() {
            answer.tell(Body::Pairs(pairs)).await;
        }
    }
    refuse_usage(&comparison)?;
    for sentence in about_inventories(&ends) {
        room.notices.add(&sentence);
    }
    Ok(Body::Compared(Box::new(Compared {
        left: comparison.end(Side::Left),
        right: comparison.end(Side::Right),
        totals: comparison.totals().clone(),
        requests: comparison.requests(),
        seconds: comparison.seconds(),
    })))
}

/// How far the server of either end is ahead of this machine's clock.
pub(super) fn skew(room: &Room, ends: &Ends) -> SignedDuration {
    let [left, right] = [&ends.left, &ends.right].map(|place| room.skew(&place.location));
    if left.is_zero() { right } else { left }
}

/// A side that cannot be listed because the command or the configuration is wrong is no comparison at all.
fn refuse_usage(comparison: &Comparison) -> Result<(), Failed> {
    match comparison.failure_at_start() {
        Some(error) if class(error) == FailedClass::Usage => Err(error.into()),
        Some(_) | None => Ok(()),
    }
}

/// Whether a front end is told this pair: folders and what a filter leaves out are counted only.
fn is_told(pair: &Pair) -> bool {
    !pair.is_folder() && pair.verdict.sign() != Sign::Excluded
}
