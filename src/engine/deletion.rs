//! Deletion of what a person named at one place: one listing tells what stands there, and each entry goes only while it is
//! exactly that.

use jiff::Timestamp;

use crate::backend::store::ListQuery;
use crate::domain::{
    diff::Sign,
    entry::{End, Entry, Kind},
    key::Key,
    location::Location,
    plan::{Group, MaxDelete, Op, Plan, Step, SyncOptions},
};

use super::{
    ends::Ends,
    event::{Failed, FailedClass},
    guard,
    plan::versions_of,
    room::Room,
    scan::{Scan, vanished},
};

/// Plans the deletion of these keys: files, and folders (they end with `/`) with all below them.
pub(super) async fn plan(
    room: &Room,
    place: &Location,
    (only, options): (&[Key], &SyncOptions),
) -> Result<Plan, Failed> {
    if only.is_empty() {
        return Err(Failed::usage("nothing is named that could be deleted"));
    }
    guard::destination(room, place).await?;
    let options = SyncOptions {
        // The plan names each of them, and a person types how many.
        max_delete: MaxDelete::Objects(u64::MAX),
        allow_empty_source: true,
        recount: false,
        remove_source: false,
        ..options.clone()
    };
    let ends = Ends::of_sync(&room.sessions, (place, place), only, &options).await?;
    let steps = listed(&ends).await?;
    let location = ends.right.location.clone();
    let only = ends.only.keys().cloned().collect();
    let mut plan = Plan::of_proof(
        (location.clone(), location),
        only,
        options,
        Timestamp::now(),
    );
    if let Some(first) = steps.first() {
        let kept = versions_of(&ends.right.store, &first.key).await;
        plan.notices.extend(kept.then(|| {
            "the bucket keeps versions: each object is hidden behind a delete marker; its bytes stay, and are billed, until a lifecycle rule or a person deletes the versions".to_owned()
        }));
        plan.groups.push(Group {
            sign: Sign::OnlyRight,
            op: Op::Delete,
            overwrites: false,
            selected: true,
            why: Some("named by a person: lost for good".into()),
            steps,
        });
    }
    Ok(plan)
}

/// A step for each entry that stands there now.
async fn listed(ends: &Ends) -> Result<Vec<Step>, Failed> {
    let mut steps = Vec::new();
    let step = |entry: Entry| {
        steps.push(Step {
            seq: u32::try_from(steps.len()).unwrap_or(u32::MAX),
            op: Op::Delete,
            key: entry.key,
            source: None,
            destination: Some(Box::new(entry.facts)),
        });
    };
    each(ends, "nothing was deleted", step).await?;
    Ok(steps)
}

/// Tells each entry that takes part, objects and files, of a whole listing; `nothing` is what a broken one led to.
pub(super) async fn each(
    ends: &Ends,
    nothing: &str,
    mut take: impl FnMut(Entry),
) -> Result<(), Failed> {
    let (start_after, end) = ends.only.bounds();
    let query = ListQuery {
        start_after,
        end,
        ..ListQuery::default()
    };
    let mut scan = Scan::start(ends.right.store.clone(), query);
    loop {
        let mut page = scan.next().await.unwrap_or_else(vanished);
        ends.only.retain(&mut page);
        page.entries.into_iter().filter(goes).for_each(&mut take);
        match page.end {
            None => {}
            Some(End::Complete) => return Ok(()),
            Some(_) => {
                if let Some(error) = scan.failure() {
                    return Err(error.into());
                }
                return Err(Failed {
                    class: FailedClass::Broken,
                    help: Some(format!("run it again: {nothing}")),
                    ..Failed::usage("the listing broke, so that it is not known what stands there")
                });
            }
        }
    }
}

/// Objects and files, and the markers of folders, which are objects of their own.
fn goes(entry: &Entry) -> bool {
    match entry.facts.kind {
        Kind::Object => true,
        Kind::Folder => entry.facts.etag().is_some(),
        Kind::Symlink | Kind::Special => false,
    }
}
