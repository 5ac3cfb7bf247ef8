//! What a plan will ask: requests by operation, bytes, money, time. Used by the plan's dialog and `plan`.
//! Pure: rates are told by whoever measured them.

mod class;
mod forecast;
mod prices;
mod region;
mod restore;
mod unproven;

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{
    entry::Facts,
    location::Location,
    plan::{Edit, IN_BATCHES_FROM, Op, PAGE, Plan, Split, Step, Tally},
    progress::Requests,
};
pub use class::about_class;
pub use forecast::{Forecast, Relayed};
pub use prices::{Prices, Tariff};
pub use region::about_regions;
pub use restore::about_restore;
pub use unproven::{about_read_back, about_unproven};

/// A copy by a job of S3 Batch Operations, which is billed as a request of its own.
pub(super) const TASK: &str = "S3PutObjectCopy";
/// The most that one request can copy.
const COPY_LIMIT: u64 = 5 << 30;

/// What the engine does and where, as far as it bears on requests and prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Bytes from which an object is moved in parts.
    pub parts_from: u64,
    /// Bytes of a part.
    pub part_size: u64,
    /// Region of the source, where it is S3.
    pub source_region: Option<String>,
    /// Region of the destination, where it is S3.
    pub destination_region: Option<String>,
    /// What was measured lately.
    pub pace: Option<Pace>,
}

impl Terms {
    /// The terms of a plan: its regions' prices.
    pub fn of(plan: &Plan) -> Self {
        let region = |name: &Option<Box<str>>| name.as_deref().map(str::to_owned);
        Self {
            source_region: region(&plan.regions.source),
            destination_region: region(&plan.regions.destination),
            ..Self::default()
        }
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            parts_from: 16 << 20,
            part_size: 16 << 20,
            source_region: None,
            destination_region: None,
            pace: None,
        }
    }
}

/// Rates that were measured, slow and fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Bytes a second.
    pub bytes: (f64, f64),
    /// Objects a second.
    pub objects: (f64, f64),
}

impl Pace {
    /// How long so much takes, soonest and latest; `None` where the pace is no pace.
    pub fn time(&self, moves: Tally) -> Option<(Duration, Duration)> {
        let need = |bytes: f64, objects: f64| {
            let seconds = (moves.bytes as f64 / bytes).max(moves.objects as f64 / objects);
            Duration::try_from_secs_f64(seconds).ok()
        };
        Some((
            need(self.bytes.1, self.objects.1)?,
            need(self.bytes.0, self.objects.0)?,
        ))
    }
}

/// What a plan will ask, as an estimate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// Requests that move and delete, by operation.
    pub requests: Requests,
    /// Requests that list both sides again at the end.
    pub recount: u64,
    /// Bytes that this machine sends.
    pub up: u64,
    /// Bytes that this machine receives.
    pub down: u64,
    /// Bytes that stay within S3.
    pub within: u64,
    /// US dollars for the requests, the recount included, and for reading out of a class.
    pub requests_cost: f64,
    /// US dollars for bytes that leave S3 to the internet or another region; nothing where this machine runs in the
    /// source's region.
    pub traffic_cost: f64,
    /// Change of the bill for storage, US dollars a month.
    pub month_cost: f64,
    /// Soonest and latest end, where a pace was measured.
    pub time: Option<(Duration, Duration)>,
}

impl Estimate {
    /// What the selected steps of a plan ask.
    pub fn of(plan: &Plan, terms: &Terms, prices: &Prices) -> Self {
        Self::by(plan, (terms, prices), None)
    }

    /// The same where all that the server copies goes through this machine.
    pub fn through_here(plan: &Plan, terms: &Terms, prices: &Prices) -> Self {
        Self::by(plan, (terms, prices), Some(Op::Relay))
    }

    fn by(plan: &Plan, (terms, prices): (&Terms, &Prices), copies: Option<Op>) -> Self {
        let mut made = Maker {
            plan,
            terms,
            prices,
            copies,
            handed: plan
                .batch()
                .and_then(Result::ok)
                .filter(|_| copies.is_none()),
            counts: BTreeMap::new(),
            estimate: Self::default(),
        };
        for step in plan.steps() {
            made.step(step);
        }
        made.deletes();
        made.jobs();
        made.recount();
        made.finish()
    }

    /// What running the plan costs, requests and traffic.
    pub fn cost(&self) -> f64 {
        self.requests_cost + self.traffic_cost
    }
}

/// An estimate in the making.
struct Maker<'p> {
    plan: &'p Plan,
    terms: &'p Terms,
    prices: &'p Prices,
    /// What is done where the plan lets the server copy.
    copies: Option<Op>,
    /// What S3 Batch Operations copies.
    handed: Option<Split>,
    counts: BTreeMap<&'static str, u64>,
    estimate: Estimate,
}

impl Maker<'_> {
    fn step(&mut self, step: &Step) {
        let size = step.size();
        let op = self.copies.filter(|_| step.op == Op::Copy);
        match op.unwrap_or(step.op) {
            Op::Upload => self.put(size),
            Op::Download => self.get(step, size),
            Op::Copy => self.copy(step, size),
            Op::Relay => {
                self.get(step, size);
                self.put(size);
            }
            Op::Delete => {}
            Op::Remove => return self.remove(step, size),
            Op::Edit => return self.edit(step, size),
        }
        self.store(step, size);
    }

    /// Both sides are looked at, then the source goes.
    fn remove(&mut self, step: &Step, size: u64) {
        if is_s3(&self.plan.destination) {
            self.count("HeadObject", 1);
        }
        if is_s3(&self.plan.source) {
            self.count("HeadObject", 1);
            self.estimate.month_cost -= self.source_tariff(step.source.as_ref()).month(size);
        }
    }

    /// What an edit asks of the store; what it does on a disk costs nothing.
    fn edit(&mut self, step: &Step, size: u64) {
        if !is_s3(&self.plan.destination) {
            return;
        }
        match &self.plan.edit {
            Some(Edit::NewFolder) => self.count("PutObject", 1),
            Some(Edit::Undelete) => self.count("DeleteObject", 1),
            Some(Edit::Tag) => self.count("PutObjectTagging", 1),
            Some(Edit::Abort { .. }) => self.count("AbortMultipartUpload", 1),
            Some(Edit::Restore) => {
                self.count("RestoreObject", 1);
                let tariff = self.source_tariff(step.source.as_ref());
                self.estimate.requests_cost += tariff.retrieval(size);
            }
            Some(Edit::Rename { .. } | Edit::Rewrite | Edit::BringBack { .. }) | None => {}
        }
    }

    fn put(&mut self, size: u64) {
        self.estimate.up += size;
        if size < self.terms.parts_from {
            self.count("PutObject", 1);
        } else {
            self.in_parts("UploadPart", self.parts(size));
        }
    }

    fn get(&mut self, step: &Step, size: u64) {
        let requests = if size < self.terms.parts_from {
            1
        } else {
            self.parts(size)
        };
        self.count("GetObject", requests);
        self.estimate.down += size;
        let tariff = self.source_tariff(step.source.as_ref());
        self.estimate.traffic_cost += tariff.to_internet(size);
        self.estimate.requests_cost += tariff.retrieval(size);
    }

    fn copy(&mut self, step: &Step, size: u64) {
        if self.handed.is_some() && self.plan.not_handed(step).is_none() {
            self.count(TASK, 1);
        } else if size <= COPY_LIMIT {
            self.count("CopyObject", 1);
        } else {
            self.in_parts("UploadPartCopy", size.div_ceil(COPY_LIMIT));
        }
        self.estimate.within += size;
        let tariff = self.source_tariff(step.source.as_ref());
        self.estimate.requests_cost += tariff.retrieval(size);
        if self.terms.source_region != self.terms.destination_region {
            self.estimate.traffic_cost += tariff.to_region(size);
        }
    }

    /// What the step changes in the storage of the destination.
    fn store(&mut self, step: &Step, size: u64) {
        if !is_s3(&self.plan.destination) {
            return;
        }
        if step.op != Op::Delete {
            self.estimate.month_cost += self
                .destination_tariff(self.plan.options.storage_class.as_deref())
                .month(size);
        }
        if let Some(old) = &step.destination {
            self.estimate.month_cost -= self.destination_tariff(old.class()).month(old.size);
        }
    }

    fn deletes(&mut self) {
        let deleted = self
            .plan
            .steps()
            .filter(|step| step.op == Op::Delete)
            .count() as u64;
        if is_s3(&self.plan.destination) && deleted > 0 {
            self.count("DeleteObjects", deleted.div_ceil(PAGE));
        }
        let removed = self.removed();
        if !is_s3(&self.plan.source) || removed == 0 {
            return;
        }
        // Behind a task they go in batches, where the store heeds conditions there, after it was asked once whether it does.
        if self.plan.cleans.is_some() && removed >= IN_BATCHES_FROM as u64 {
            self.count("DeleteObjects", removed.div_ceil(PAGE) + 1);
            self.count("HeadObject", 1);
        } else {
            self.count("DeleteObject", removed);
        }
    }

    /// Each job has a manifest and is asked for; the destination is listed before it and behind it.
    fn jobs(&mut self) {
        let Some(split) = &self.handed else { return };
        let (jobs, objects) = (split.jobs.len() as u64, split.handed().objects);
        let there = self.plan.destination_print.tally.objects;
        let pages = |objects: u64| objects.div_ceil(PAGE).max(1);
        let lists = pages(there) + pages(there + objects);
        self.count("CreateJob", jobs);
        self.count("PutObject", jobs);
        self.count("ListObjectsV2", lists * jobs);
        self.estimate.requests_cost += self.prices.of_jobs(jobs, objects);
    }

    fn removed(&self) -> u64 {
        let steps = self.plan.steps();
        steps.filter(|step| step.op == Op::Remove).count() as u64
    }

    fn recount(&mut self) {
        if !self.plan.options.recount || self.plan.selected().next().is_none() {
            return;
        }
        let recorded = self.plan.options.listing.is_some();
        let sides = [&self.plan.source, &self.plan.destination].into_iter();
        for (location, lists) in sides.zip(self.lists()) {
            let lists_it = is_s3(location) && !(recorded && *location == self.plan.source);
            self.estimate.recount += if lists_it { lists } else { 0 };
        }
    }

    /// Requests that list each side when all is done: as they were counted, else by the number of objects.
    fn lists(&self) -> [u64; 2] {
        if let Some(lists) = self.plan.lists.filter(|lists| lists.hold_for(self.plan)) {
            return [lists.source, lists.destination];
        }
        let new = self
            .plan
            .steps()
            .filter(|step| step.op.moves() && step.destination.is_none());
        let source = self.plan.source_print.tally.objects;
        let destination = self.plan.destination_print.tally.objects + new.count() as u64;
        [source, destination].map(|objects| objects.div_ceil(PAGE).max(1))
    }

    fn finish(mut self) -> Estimate {
        let list = vec![("ListObjectsV2".into(), self.estimate.recount)];
        let region = self
            .terms
            .destination_region
            .as_deref()
            .or(self.terms.source_region.as_deref());
        self.estimate.requests.by_operation = self
            .counts
            .iter()
            .map(|(name, n)| ((*name).into(), *n))
            .collect();
        self.estimate.requests_cost += self
            .prices
            .of_requests(&Requests { by_operation: list }, region);
        let class = self.plan.options.storage_class.as_deref();
        self.estimate.requests_cost += self
            .prices
            .of(region, class)
            .requests(&self.estimate.requests);
        self.estimate.time = self
            .terms
            .pace
            .and_then(|pace| pace.time(self.plan.moves()));
        self.estimate
    }

    fn in_parts(&mut self, operation: &'static str, parts: u64) {
        self.count("CreateMultipartUpload", 1);
        self.count(operation, parts);
        self.count("CompleteMultipartUpload", 1);
    }

    fn parts(&self, size: u64) -> u64 {
        size.div_ceil(
            self.plan
                .options
                .part_size
                .unwrap_or(self.terms.part_size)
                .max(1),
        )
        .min(10_000)
    }

    fn count(&mut self, operation: &'static str, requests: u64) {
        *self.counts.entry(operation).or_default() += requests;
    }

    fn source_tariff(&self, facts: Option<&Facts>) -> Tariff {
        self.prices.of(
            self.terms.source_region.as_deref(),
            facts.and_then(Facts::class),
        )
    }

    fn destination_tariff(&self, class: Option<&str>) -> Tariff {
        self.prices
            .of(self.terms.destination_region.as_deref(), class)
    }
}

fn is_s3(location: &Location) -> bool {
    location.s3().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diff::Sign,
        entry::{End, Identity, Kind, ObjectId},
        plan::{Fingerprint, Group, Left, PLAN_VERSION, Regions, SyncOptions},
    };

    const MIB: u64 = 1 << 20;

    fn facts(size: u64, class: &str) -> Facts {
        let id = ObjectId {
            class: Some(class.into()),
            ..ObjectId::default()
        };
        Facts {
            kind: Kind::Object,
            size,
            modified: None,
            identity: Identity::Object(id),
        }
    }

    fn group(op: Op, steps: Vec<(Option<Facts>, Option<Facts>)>) -> Group {
        let steps = steps
            .into_iter()
            .zip(0..)
            .map(|((source, destination), seq)| Step {
                seq,
                op,
                key: "k".into(),
                source,
                destination: destination.map(Box::new),
            });
        Group {
            sign: Sign::OnlyLeft,
            op,
            overwrites: false,
            selected: true,
            why: None,
            steps: steps.collect(),
        }
    }

    fn plan((source, destination): (&str, &str), groups: Vec<Group>) -> Plan {
        let print = |objects| Fingerprint {
            tally: Tally { objects, bytes: 0 },
            digest: "".into(),
            end: End::Complete,
        };
        Plan {
            cleans: None,
            edit: None,
            forecast: None,
            lists: None,
            version: PLAN_VERSION,
            made: jiff::Timestamp::UNIX_EPOCH,
            source: Location::parse(source).unwrap(),
            destination: Location::parse(destination).unwrap(),
            regions: Regions::default(),
            options: SyncOptions::default(),
            start: None,
            only: Vec::new(),
            aside: Vec::new(),
            source_print: print(51_970),
            destination_print: print(51_920),
            groups,
            left: Left::default(),
            brakes: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn requests(estimate: &Estimate) -> Vec<(&str, u64)> {
        estimate
            .requests
            .by_operation
            .iter()
            .map(|(name, n)| (&**name, *n))
            .collect()
    }

    #[test]
    fn the_storys_plan_costs_next_to_nothing() {
        let new = vec![(Some(facts(MIB, "STANDARD")), None); 50];
        let stale = vec![(
            Some(facts(MIB, "STANDARD")),
            Some(facts(2 * MIB, "STANDARD")),
        )];
        let plan = plan(
            ("/data", "s3://bucket/data"),
            vec![group(Op::Upload, new), group(Op::Upload, stale)],
        );
        let pace = Pace {
            bytes: (3.0 * MIB as f64, 6.0 * MIB as f64),
            objects: (100.0, 100.0),
        };
        let terms = Terms {
            pace: Some(pace),
            ..Terms::default()
        };
        let estimate = Estimate::of(&plan, &terms, Prices::embedded());
        assert_eq!(requests(&estimate), [("PutObject", 51)]);
        assert_eq!(
            (estimate.recount, estimate.up, estimate.down),
            (52, 51 * MIB, 0)
        );
        assert!((estimate.cost() - 0.005 * (51.0 + 52.0) / 1000.0).abs() < 1e-9);
        assert!((estimate.month_cost - 49.0 / 1024.0 * 0.023).abs() < 1e-9);
        let (soonest, latest) = estimate.time.unwrap();
        assert_eq!(
            (soonest.as_secs_f64().to_string(), latest.as_secs()),
            ("8.5".to_owned(), 17)
        );
    }

    #[test]
    fn large_objects_go_in_parts() {
        let sizes = [16 * MIB - 1, 16 * MIB, 33 * MIB]
            .map(|size| (Some(facts(size, "STANDARD")), None))
            .to_vec();
        let up = Estimate::of(
            &plan(
                ("/d", "s3://bucket/"),
                vec![group(Op::Upload, sizes.clone())],
            ),
            &Terms::default(),
            Prices::embedded(),
        );
        assert_eq!(
            requests(&up),
            [
                ("CompleteMultipartUpload", 2),
                ("CreateMultipartUpload", 2),
                ("PutObject", 1),
                ("UploadPart", 4)
            ]
        );
        let down = Estimate::of(
            &plan(("s3://bucket/", "/d"), vec![group(Op::Download, sizes)]),
            &Terms::default(),
            Prices::embedded(),
        );
        assert_eq!(requests(&down), [("GetObject", 5)]);
        assert_eq!((down.down, down.up, down.recount), (65 * MIB - 1, 0, 52));
        assert!(down.traffic_cost > 0.005 && down.month_cost.abs() < 1e-12);
    }

    #[test]
    fn copies_stay_within_s3_and_pay_for_other_regions_and_cold_classes() {
        let big = vec![(Some(facts(6 << 30, "STANDARD_IA")), None)];
        let plan = plan(
            ("s3://bucket/a", "s3://bucket/b"),
            vec![group(Op::Copy, big)],
        );
        let near = Estimate::of(&plan, &Terms::default(), Prices::embedded());
        assert_eq!(
            requests(&near),
            [
                ("CompleteMultipartUpload", 1),
                ("CreateMultipartUpload", 1),
                ("UploadPartCopy", 2)
            ]
        );
        assert_eq!(
            (near.within, near.up, near.down, near.recount),
            (6 << 30, 0, 0, 104)
        );
        assert!(near.requests_cost > 0.06 && near.traffic_cost == 0.0);
        let terms = Terms {
            source_region: Some("eu-west-1".into()),
            ..Terms::default()
        };
        let far = Estimate::of(&plan, &terms, Prices::embedded());
        assert!((far.traffic_cost - 0.12).abs() < 1e-9);
    }

    #[test]
    fn deletes_are_free_and_save() {
        let gone = vec![(None, Some(facts(1 << 30, "STANDARD"))); 1001];
        let estimate = Estimate::of(
            &plan(("/d", "s3://bucket/"), vec![group(Op::Delete, gone)]),
            &Terms::default(),
            Prices::embedded(),
        );
        assert_eq!(requests(&estimate), [("DeleteObjects", 2)]);
        assert!((estimate.month_cost + 0.023 * 1001.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_selected_asks_nothing() {
        let mut off = group(Op::Upload, vec![(Some(facts(1, "STANDARD")), None)]);
        off.selected = false;
        let estimate = Estimate::of(
            &plan(("/d", "s3://bucket/"), vec![off]),
            &Terms::default(),
            Prices::embedded(),
        );
        assert_eq!(estimate, Estimate::default());
    }
}
