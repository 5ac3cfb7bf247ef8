//! A bucket as a whole: its settings first, then what it holds, told as the listing goes on; and its lifecycle rules edited.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::backend::store::ListQuery;
use crate::domain::{
    bucket::{Holds, Metrics, RuleEdit, Rules},
    entry::{Kind, Page, Tally},
    estimate::Prices,
    location::{Location, Prefix},
};
use crate::engine::{
    answer::Answer,
    cloud::patient,
    event::{Body, Failed},
    guard,
    room::Room,
    scan::{Scan, vanished},
};

use super::{LookTold, in_s3};

/// Entries between two words of what a bucket holds.
const STEP: u64 = 20_000;

/// The whole bucket that a location is in.
fn whole(location: &Location) -> Result<Location, Failed> {
    let prefix = location
        .s3()
        .ok_or_else(|| Failed::usage("a bucket is wanted, as s3://bucket"))?;
    Ok(Location::S3(Prefix {
        path: "".into(),
        ..prefix.clone()
    }))
}

/// Tells what it is set to and, where that is asked, what it holds.
pub(super) async fn look(
    room: &Room,
    answer: &Answer,
    (location, counts): (&Location, bool),
) -> Result<LookTold, Failed> {
    let bucket = whole(location)?;
    let store = room.sessions.store(&bucket).await?;
    let s3 = in_s3(&store)?;
    let settings = Box::pin(s3.settings()).await?;
    let region = settings.region.clone();
    let told = LookTold::Settings(Box::new(settings));
    if !counts {
        return Ok(told);
    }
    answer.tell(Body::Looked(Box::new(told))).await;
    let mut scan = Scan::start(store.clone(), ListQuery::default());
    let mut classes: BTreeMap<Box<str>, Tally> = BTreeMap::new();
    let (mut seen, mut last) = (0, 0);
    loop {
        let page = scan.next().await.unwrap_or_else(vanished);
        seen += by_class(&mut classes, &page);
        let holds = || {
            let classes = classes.iter().map(|(class, tally)| (&**class, *tally));
            Holds::of(classes, (Prices::embedded(), &region))
        };
        if let Some(end) = page.end {
            let uploads = Box::pin(s3.uploads()).await;
            return Ok(LookTold::Holds {
                holds: holds(),
                uploads: uploads.ok().map(|uploads| uploads.len() as u64),
                end: Some(end),
            });
        }
        if seen - last >= STEP {
            last = seen;
            let told = LookTold::Holds {
                holds: holds(),
                uploads: None,
                end: None,
            };
            answer.tell(Body::Looked(Box::new(told))).await;
        }
    }
}

/// Tells what CloudWatch knows of it, in its own region.
pub(super) async fn metrics(room: &Room, location: &Location) -> Result<LookTold, Failed> {
    let bucket = whole(location)?;
    let store = room.sessions.store(&bucket).await?;
    let s3 = in_s3(&store)?;
    let region = patient(|| s3.region()).await?;
    let remote = bucket.s3().map(|prefix| prefix.remote.clone());
    let remote = remote.unwrap_or_default();
    let door = room.sessions.ec2(&remote, Some(&region)).await?;
    let now = Timestamp::now();
    let readings = patient(|| door.bucket_metrics(s3.bucket(), now)).await?;
    let prices = (Prices::embedded(), &*region);
    Ok(LookTold::Metrics(Metrics::of(&readings, now, prices)))
}

/// Adds a page by class; gives back how many entries it had.
pub(in crate::engine) fn by_class(classes: &mut BTreeMap<Box<str>, Tally>, page: &Page) -> u64 {
    for entry in &page.entries {
        if matches!(entry.facts.kind, Kind::Object) || entry.facts.etag().is_some() {
            let class = entry.facts.class().unwrap_or("STANDARD");
            match classes.get_mut(class) {
                Some(tally) => tally.add(entry.facts.size),
                None => classes
                    .entry(class.into())
                    .or_default()
                    .add(entry.facts.size),
            }
        }
    }
    page.entries.len() as u64
}

/// Edits the lifecycle rules, under every guard.
pub(super) async fn edit(
    room: &Room,
    location: &Location,
    (edit, seen): (&RuleEdit, &Rules),
) -> Result<LookTold, Failed> {
    let bucket = whole(location)?;
    for path in edit.prefixes(seen) {
        let prefix = bucket.s3().map(|prefix| Prefix {
            path: path.into(),
            ..prefix.clone()
        });
        let place = prefix.map_or_else(|| bucket.clone(), Location::S3);
        guard::writes(room, &place).await?;
    }
    let store = room.sessions.store(&bucket).await?;
    let s3 = in_s3(&store)?;
    if room.wants_consent(s3.bucket()) {
        let name = s3.bucket();
        return Err(Failed::guard(
            format!("the lifecycle of {name} is not changed without its name"),
            format!("look at it with --dry-run, then say --confirm {name}"),
        ));
    }
    Ok(LookTold::Rules(s3.edit_lifecycle(edit, seen).await?))
}
