//! Plans: a comparison whose pairs go to the planner, behind the guards that speak before anything is listed.

use jiff::{SignedDuration, Timestamp};

use crate::backend::{Sessions, Store, manifest::Told};
use crate::domain::{
    codec::Folding,
    diff::{Pair, Verdict},
    entry::End,
    estimate::{
        Prices, about_class, about_read_back, about_regions, about_restore, about_unproven,
    },
    filter::FilterError,
    key::Key,
    location::{Location, Prefix},
    plan::{
        Deletes, Existing, Op, Plan, Planner, Regions, Settle, Since, SyncOptions, TwoWay,
        TwoWayPlanner, TwoWayRule,
    },
    side::Side,
};

use super::{
    compare::{Comparison, Means},
    ends::Ends,
    event::Failed,
    guard,
    journal::{Journal, PairEvidence},
    preflight,
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
    let (source, options) = &listed(room, wanted.source, wanted.options).await?;
    let places = (source, wanted.destination);
    let ends = Ends::of_sync(&room.sessions, places, wanted.only, options).await?;
    guard::plan(room, &ends, wanted.only, options).await?;
    let (source, destination) = (ends.left.location.clone(), ends.right.location.clone());
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let mut planner = Planner::new(source, destination, only, options.clone())?
        .with_folding(folding(room, &ends.right.store).await)
        .of_all();
    let mut memory = match options.delete {
        Deletes::Propagate => Memory::of(room, &ends).await,
        Deletes::Never | Deletes::Mirror => Memory::none(),
    };
    let mut comparison = compared(room, &ends, options).await?;
    while let Some(pairs) = comparison.next().await {
        for pair in &pairs {
            planner.push_since(pair, memory.since(pair).await);
        }
    }
    let [left, right] = over(&comparison)?;
    let mut plan = planner.finish(left, right, Timestamp::now());
    plan.regions = regions(room, &plan).await?;
    preflight::choose(room, &ends, &mut plan).await?;
    plan.notices.extend(about(room, &ends));
    plan.notices.extend(about_versions(&plan, &ends).await);
    price(&mut plan);
    Ok(plan)
}

/// The bucket that an inventory lists, where one is named as the source, and the options that have it listed by that.
async fn listed(
    room: &Room,
    source: &Location,
    options: &SyncOptions,
) -> Result<(Location, SyncOptions), Failed> {
    let (Location::Manifest(of), true) = (source, source.may_be_inventory()) else {
        return Ok((source.clone(), options.clone()));
    };
    let (Some(prefix), Store::Manifest(inventory)) = (of.s3(), room.sessions.store(source).await?)
    else {
        return Ok((source.clone(), options.clone()));
    };
    let bucket = Location::S3(Prefix {
        bucket: inventory.told().await?.bucket,
        path: "".into(),
        ..prefix.clone()
    });
    let options = SyncOptions {
        listing: Some(source.clone()),
        ..options.clone()
    };
    Ok((bucket, options))
}

/// What removing means at a source that keeps versions; one object of it tells whether it does.
pub(super) async fn about_versions(plan: &Plan, ends: &Ends) -> Option<String> {
    let removed = plan.steps().find(|step| step.op == Op::Remove)?;
    let kept = versions_of(&ends.left.store, &removed.key).await;
    kept.then(|| {
        "the source's bucket keeps versions: a removal hides each object behind a delete marker; its bytes stay, and are billed, until a lifecycle rule or a person deletes the versions".to_owned()
    })
}

/// Whether this object's bucket keeps versions.
pub(super) async fn versions_of(store: &Store, key: &Key) -> bool {
    // What is wrong with the object is told by its own step.
    let Ok(stat) = store.stat(key).await else {
        return false;
    };
    let version = stat
        .entry
        .facts
        .object()
        .and_then(|object| object.version.as_deref());
    version.is_some_and(|version| version != "null")
}

/// Tells what a class bills at least, and what would settle what stays unproven.
fn price(plan: &mut Plan) {
    let prices = Prices::embedded();
    let told = about_class(plan, prices);
    plan.notices.extend(told);
    let told = about_unproven(plan, prices);
    plan.notices.extend(told);
    let told = about_read_back(plan, prices);
    plan.notices.extend(told);
    let told = about_regions(plan, prices);
    plan.notices.extend(told);
    let told = about_restore(plan, prices);
    plan.notices.extend(told);
}

/// Makes a plan each way.
pub(super) async fn plan_both(
    room: &Room,
    wanted: Wanted<'_>,
    rule: TwoWayRule,
) -> Result<TwoWay, Failed> {
    let options = wanted.options;
    let places = (wanted.source, wanted.destination);
    let mut ends = Ends::of_sync(&room.sessions, places, wanted.only, options).await?;
    // A side that is not there yet is filled from the other; where it was full once, the brake on an empty source holds.
    ends.left.may_be_missing = true;
    guard::plan(room, &ends, wanted.only, options).await?;
    guard::destination(room, &ends.left.location).await?;
    let sides = (ends.left.location.clone(), ends.right.location.clone());
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let folding = [
        folding(room, &ends.left.store).await,
        folding(room, &ends.right.store).await,
    ];
    let mut planner = TwoWayPlanner::new(sides, only, options.clone(), rule, folding)?;
    let mut memory = Memory::of(room, &ends).await;
    let mut comparing = options.clone();
    if rule.settle == Settle::Newer {
        // Times that an upload keeps in its metadata tell more than the listing's.
        comparing.existing = Existing::Newest;
    }
    let mut comparison = compared(room, &ends, &comparing).await?;
    while let Some(pairs) = comparison.next().await {
        for pair in &pairs {
            let since = memory.since(pair).await;
            planner.push(pair, since);
            memory.remember(pair, since).await;
        }
    }
    let [left, right] = over(&comparison)?;
    let mut both = planner.finish(left, right, Timestamp::now());
    both.push.regions = regions(room, &both.push).await?;
    both.pull.regions = regions(room, &both.pull).await?;
    both.push.notices.extend(about(room, &ends));
    both.push.notices.extend(memory.told());
    price(&mut both.push);
    Ok(both)
}

pub(super) async fn compared(
    room: &Room,
    ends: &Ends,
    options: &SyncOptions,
) -> Result<Comparison, FilterError> {
    let means = Means {
        options,
        journal: room.journal().await,
        skew: &|| skew(room, ends),
    };
    Comparison::start(ends, means).await
}

/// How both listings ended; a side of which nothing at all could be listed leaves nothing to plan.
pub(super) fn over(comparison: &Comparison) -> Result<[End; 2], Failed> {
    match comparison.failure_at_start() {
        Some(error) => Err(error.into()),
        None => Ok(Side::BOTH.map(|side| comparison.end(side))),
    }
}

/// What a person should know of any plan between these places.
pub(super) fn about(room: &Room, ends: &Ends) -> Vec<String> {
    let mut notices: Vec<String> = off_clock(skew(room, ends)).into_iter().collect();
    if room.options.read_only {
        let notice = "wharf is read-only: this plan can be looked at and exported, not run";
        notices.push(notice.to_owned());
    }
    notices.extend(about_inventories(ends));
    notices
}

/// How old the inventories are that stand in for listings.
pub(super) fn about_inventories(ends: &Ends) -> Vec<String> {
    let told = [&ends.left.store, &ends.right.store].into_iter();
    let told = told.filter_map(|store| store.inventory());
    let age = |told: &Told| {
        let bucket = &told.bucket;
        let Some(made) = told.made else {
            return format!("the inventory of {bucket} does not say when it was made");
        };
        let hours = Timestamp::now().duration_since(made).as_hours().max(0);
        format!(
            "the inventory of {bucket} was begun {hours} h ago ({made}): what changed since is not in it"
        )
    };
    told.map(age).collect()
}

/// What the journal knows of both sides, asked in key order.
pub(super) struct Memory {
    known: Option<Known>,
    /// Pairs whose common state is known from now on, by level of proof: size, time, checksum, read.
    taken: [u64; 4],
}

struct Known {
    evidence: PairEvidence,
    journal: Journal,
    places: [Location; 2],
}

impl Memory {
    fn none() -> Self {
        Self {
            known: None,
            taken: [0; 4],
        }
    }

    pub(super) async fn of(room: &Room, ends: &Ends) -> Self {
        let Some(journal) = room.journal().await else {
            return Self::none();
        };
        let places = [&ends.left.filed, &ends.right.filed];
        Self {
            known: Some(Known {
                evidence: journal.evidence_of_pairs(places[0], places[1]).await,
                places: places.map(Clone::clone),
                journal,
            }),
            ..Self::none()
        }
    }

    pub(super) async fn since(&mut self, pair: &Pair) -> Since {
        match &mut self.known {
            Some(known) if !pair.is_folder() => known.evidence.since(pair).await,
            Some(_) | None => Since::Never,
        }
    }

    /// Keeps a pair that is the same, and was not known to be, as the common state from which changes are told.
    async fn remember(&mut self, pair: &Pair, since: Since) {
        let (Verdict::Same { proof }, Some(known)) = (&pair.verdict, &mut self.known) else {
            return;
        };
        if since.is_unchanged() || pair.is_folder() {
            return;
        }
        if let Some(common) = known.evidence.common(pair, *proof).await {
            let [left, right] = &known.places;
            known.journal.keep(left, right, common).await;
            if let Some(taken) = self.taken.get_mut(*proof as usize) {
                *taken += u64::from(since == Since::Never);
            }
        }
    }

    /// What a person should know of pairs that no proof stands behind.
    fn told(&self) -> Option<String> {
        let [size, time, ..] = self.taken;
        let levels = [(size, "size"), (time, "size and time")];
        let words: Vec<String> = levels
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, level)| format!("{count} by {level}"))
            .collect();
        (!words.is_empty()).then(|| {
            format!(
                "what both sides have was never proven equal: from now on changes are told from what is the same ({})",
                words.join(", ")
            )
        })
    }
}

/// Where both sides of a plan live, now that they were listed.
async fn regions(room: &Room, plan: &Plan) -> Result<Regions, Failed> {
    Ok(Regions {
        source: region(&room.sessions, &plan.source).await?,
        destination: region(&room.sessions, &plan.destination).await?,
    })
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
