//! What of a plan S3 Batch Operations can do, and what it cannot. A job copies to one bucket, puts one prefix before the whole
//! key of the source, and sets no condition: so it gets only what is new at the destination, and never under a rule that
//! promises to keep what is there.

use std::{collections::BTreeMap, sync::Arc};

use super::{Existing, Op, Plan, Step, Tally};
use crate::domain::{
    batch::{LARGEST, Role},
    location::{Location, Prefix},
    sse,
};

/// Classes that a job can write.
const CLASSES: [&str; 7] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
];

/// Why nothing of a plan is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The server copies nothing of it.
    NoCopies,
    /// Fewer objects than it is worth.
    Few,
    /// What exists is to be kept, whatever happens meanwhile.
    Keeps,
    /// The destination's keys do not end with the source's.
    Names,
    /// Manifest and report would lie among what is copied.
    ReportInside,
    /// A customer's key encrypts one side.
    CustomerKey,
    /// New metadata would replace all that the sources bear.
    Metadata,
    /// The encryption that is asked for cannot be asked of a job.
    Encryption,
    /// No role is named.
    NoRole,
    /// No place for the report is named.
    NoReport,
}

impl Unfit {
    /// Why, and what to do, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoCopies => "the server copies nothing of this plan",
            Self::Few => "it has fewer new objects than batch_over",
            Self::Keeps => {
                "what exists is kept, which only a condition can promise, and a job sets none: --existing update lets it"
            }
            Self::Names => {
                "a job puts a prefix before the whole key of the source: the destination's folder must end with the source's"
            }
            Self::ReportInside => {
                "batch_report lies within the source or the destination, where its files would be taken for data"
            }
            Self::CustomerKey => "a job has no customer's key",
            Self::Metadata => "new metadata would replace all that the sources bear",
            Self::Encryption => {
                "a job can be asked for aws:kms:KEY alone; what the bucket does by itself (AES256) need not be asked for"
            }
            Self::NoRole => {
                "no role is named that the job could run as: batch_role = \"arn:aws:iam::ACCOUNT:role/NAME\""
            }
            Self::NoReport => {
                "no place is named for its manifest and report: batch_report = \"s3://bucket/prefix\""
            }
        }
    }
}

/// Why a step is not handed over with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotHanded {
    /// It writes over something, which only a condition may do.
    Overwrites,
    /// It is larger than a job copies.
    TooLarge,
    /// It is archived, and restored first.
    Archived,
    /// Its class is none that a job writes.
    Class,
}

impl NotHanded {
    /// In words, behind a number.
    pub fn words(self) -> &'static str {
        match self {
            Self::Overwrites => "would write over something",
            Self::TooLarge => "above 5 GB",
            Self::Archived => "archived",
            Self::Class => "of a class that no job writes",
        }
    }
}

/// What is handed over, and what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The role that jobs run as.
    pub role: Role,
    /// Where manifest and report go.
    pub report: Prefix,
    /// What a job puts before the source's keys, without its last slash; empty for nothing.
    pub prefix: Box<str>,
    /// What each job copies: one for each class that is written, `None` where nothing need be said.
    pub jobs: BTreeMap<Option<Arc<str>>, Tally>,
    /// Copies that stay here, by reason.
    pub stays: BTreeMap<NotHanded, Tally>,
}

impl Split {
    /// All that is handed over.
    pub fn handed(&self) -> Tally {
        let mut sum = Tally::default();
        self.jobs.values().for_each(|job| sum.join(*job));
        sum
    }
}

impl Plan {
    /// What of the selected steps is handed to S3 Batch Operations; `None` where nobody asks for it.
    pub fn batch(&self) -> Option<Result<Split, Unfit>> {
        let over = self.options.batch_over?;
        Some(self.split(over))
    }

    /// Hands over what S3 Batch Operations can do, or takes that back; why nothing could be handed over.
    pub fn turn_batch(&mut self) -> Result<(), Unfit> {
        if matches!(self.batch(), Some(Ok(_))) {
            self.options.batch_over = None;
            return Ok(());
        }
        let before = self.options.batch_over.replace(0);
        if let Some(Err(unfit)) = self.batch() {
            self.options.batch_over = before;
            return Err(unfit);
        }
        Ok(())
    }

    /// What could be handed over, whoever asks for it; `None` where nothing could.
    pub fn could_batch(&self) -> Option<Split> {
        self.split(0).ok()
    }

    fn split(&self, over: u64) -> Result<Split, Unfit> {
        let (Location::S3(source), Location::S3(destination)) = (&self.source, &self.destination)
        else {
            return Err(Unfit::NoCopies);
        };
        let copies = self.selected().filter(|group| group.op == Op::Copy);
        let copies: usize = copies.map(|group| group.steps.len()).sum();
        if copies == 0 || self.edit.is_some() {
            return Err(Unfit::NoCopies);
        }
        if copies as u64 <= over {
            return Err(Unfit::Few);
        }
        self.may_be_handed()?;
        let prefix = self.target_prefix().ok_or(Unfit::Names)?;
        let role = self.options.batch_role.clone().ok_or(Unfit::NoRole)?;
        let report = self.options.batch_report.as_ref().and_then(Location::s3);
        let report = report.cloned().ok_or(Unfit::NoReport)?;
        let inside = |place: &Prefix| {
            place.bucket == report.bucket && report.folder().starts_with(&place.folder())
        };
        if inside(source) || inside(destination) {
            return Err(Unfit::ReportInside);
        }
        let (jobs, stays) = self.shared_out();
        if jobs.values().map(|job| job.objects).sum::<u64>() <= over {
            return Err(Unfit::Few);
        }
        Ok(Split {
            role,
            report,
            prefix: prefix.into(),
            jobs,
            stays,
        })
    }

    /// What of the copies could be handed over by itself, by class, and what could not.
    #[allow(
        clippy::type_complexity,
        reason = "two tables by two kinds of names, read at once by the one caller"
    )]
    fn shared_out(
        &self,
    ) -> (
        BTreeMap<Option<Arc<str>>, Tally>,
        BTreeMap<NotHanded, Tally>,
    ) {
        let (mut jobs, mut stays) = (BTreeMap::<_, Tally>::new(), BTreeMap::<_, Tally>::new());
        for step in self.steps().filter(|step| step.op == Op::Copy) {
            let tally = match self.not_handed(step) {
                Some(why) => stays.entry(why).or_default(),
                None => jobs.entry(self.class_of_copy(step)).or_default(),
            };
            tally.add(step.size());
        }
        (jobs, stays)
    }

    fn may_be_handed(&self) -> Result<(), Unfit> {
        let options = &self.options;
        let locked = |sse: &Option<Arc<str>>| sse.as_deref().is_some_and(sse::is_customer);
        if options.existing == Existing::Keep {
            return Err(Unfit::Keeps);
        }
        if locked(&options.sse) || locked(&options.source_sse) {
            return Err(Unfit::CustomerKey);
        }
        if !options.metadata.is_empty() {
            return Err(Unfit::Metadata);
        }
        if options.sse.is_some() && self.kms_key().is_none() {
            return Err(Unfit::Encryption);
        }
        Ok(())
    }

    /// Why this copy is not for a job; `None` where it is.
    pub fn not_handed(&self, step: &Step) -> Option<NotHanded> {
        let archived = step
            .source
            .as_ref()
            .is_some_and(crate::domain::entry::Facts::is_archived);
        let class = self.class_of_copy(step);
        let writable = class.is_none_or(|class| CLASSES.contains(&&*class));
        if step.destination.is_some() {
            Some(NotHanded::Overwrites)
        } else if step.size() > LARGEST {
            Some(NotHanded::TooLarge)
        } else if archived {
            Some(NotHanded::Archived)
        } else if !writable {
            Some(NotHanded::Class)
        } else {
            None
        }
    }

    /// The class that the copy of a step must ask for; `None` where the destination's own will do.
    pub fn class_of_copy(&self, step: &Step) -> Option<Arc<str>> {
        let own = || {
            let object = step.source.as_ref()?.object()?;
            kept_class(object.class.as_ref())
        };
        self.options.storage_class.clone().or_else(own)
    }

    /// The key of KMS that encrypts what is written, where one is named.
    pub fn kms_key(&self) -> Option<&str> {
        let key = self.options.sse.as_deref()?.strip_prefix("aws:kms:")?;
        (!key.is_empty()).then_some(key)
    }

    /// What stands before the source's whole keys at the destination, without its last slash; `None` where nothing that a job
    /// could put there does.
    fn target_prefix(&self) -> Option<String> {
        let (source, destination) = (self.source.s3()?, self.destination.s3()?);
        let single = match self.only.as_slice() {
            [name] => !name.is_folder() && self.source.base_name().as_ref() == Some(name),
            _ => false,
        };
        let (from, to) = (source.folder(), destination.folder());
        let rest = to.strip_suffix(&from)?;
        if single || rest.is_empty() {
            return (!single).then(String::new);
        }
        let prefix = rest.strip_suffix('/')?;
        let plain = !prefix.is_empty() && !prefix.ends_with('/') && !prefix.starts_with('/');
        plain.then(|| prefix.to_owned())
    }
}

/// The class of a source as its copy may ask for it: those of other kinds of buckets are left to the destination.
pub fn kept_class(class: Option<&Arc<str>>) -> Option<Arc<str>> {
    const ELSEWHERE: [&str; 5] = [
        "STANDARD",
        "EXPRESS_ONEZONE",
        "OUTPOSTS",
        "SNOW",
        "FSX_ONTAP",
    ];
    class
        .filter(|class| !ELSEWHERE.contains(&&***class))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diff::Sign,
        entry::{Facts, Identity, Kind, ObjectId},
        plan::{Group, SyncOptions},
    };

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

    fn plan(source: &str, destination: &str, steps: Vec<(Facts, Option<Facts>)>) -> Plan {
        let place = |text: &str| Location::parse(text).unwrap();
        let options = SyncOptions {
            batch_over: Some(0),
            batch_role: Some(Role::parse("arn:aws:iam::123456789012:role/b").unwrap()),
            batch_report: Some(place("s3://reports/jobs")),
            ..SyncOptions::default()
        };
        let places = (place(source), place(destination));
        let mut plan = Plan::of_proof(places, Vec::new(), options, jiff::Timestamp::UNIX_EPOCH);
        let steps = (0..).zip(steps).map(|(seq, (source, there))| Step {
            seq,
            op: Op::Copy,
            key: format!("k{seq}").as_str().into(),
            source: Some(source),
            destination: there.map(Box::new),
        });
        plan.groups.push(Group {
            sign: Sign::OnlyLeft,
            op: Op::Copy,
            overwrites: false,
            selected: true,
            why: None,
            steps: steps.collect(),
        });
        plan
    }

    fn new(size: u64) -> (Facts, Option<Facts>) {
        (facts(size, "STANDARD"), None)
    }

    #[test]
    fn what_a_job_cannot_do_stays_here_by_reason() {
        let steps = vec![
            new(1),
            new(LARGEST),
            new(LARGEST + 1),
            (facts(1, "STANDARD"), Some(facts(2, "STANDARD"))),
            (facts(1, "GLACIER"), None),
            (facts(1, "REDUCED_REDUNDANCY"), None),
            (facts(7, "STANDARD_IA"), None),
        ];
        let plan = plan("s3://aaa/data/raw", "s3://bbb/new/data/raw", steps);
        let split = plan.batch().unwrap().unwrap();
        assert_eq!(&*split.prefix, "new");
        assert_eq!(split.handed().objects, 3);
        let jobs: Vec<_> = split.jobs.keys().map(Option::as_deref).collect();
        assert_eq!(jobs, [None, Some("STANDARD_IA")]);
        let stays: Vec<_> = split
            .stays
            .iter()
            .map(|(why, all)| (*why, all.objects))
            .collect();
        assert_eq!(
            stays,
            [
                (NotHanded::Overwrites, 1),
                (NotHanded::TooLarge, 1),
                (NotHanded::Archived, 1),
                (NotHanded::Class, 1)
            ]
        );
    }

    #[test]
    fn a_plan_is_handed_over_and_taken_back() {
        let mut plan = plan("s3://aaa/x", "s3://bbb/x", vec![new(1)]);
        assert!(plan.could_batch().is_some());
        plan.turn_batch().unwrap();
        assert_eq!(plan.batch(), None);
        plan.turn_batch().unwrap();
        assert!(matches!(plan.batch(), Some(Ok(_))));
        plan.options.batch_over = Some(9);
        plan.options.existing = Existing::Keep;
        assert_eq!(plan.turn_batch(), Err(Unfit::Keeps));
        assert_eq!(plan.options.batch_over, Some(9));
        assert!(plan.could_batch().is_none());
    }

    #[test]
    fn the_destination_must_end_with_the_sources_key() {
        for (source, destination, prefix) in [
            ("s3://aaa/x", "s3://bbb/x", Some("")),
            ("s3://aaa/x/", "s3://bbb/p/q/x", Some("p/q")),
            ("s3://aaa", "s3://bbb/p", Some("p")),
            ("s3://aaa", "s3://bbb", Some("")),
            ("s3://aaa/x", "s3://bbb/y", None),
            ("s3://aaa/x", "s3://bbb/px", None),
            ("s3://aaa/x", "s3://bbb/p//x", None),
            ("s3://aaa/x", "s3://bbb", None),
        ] {
            let found = plan(source, destination, vec![new(1)]).batch().unwrap();
            let found = found.map(|split| split.prefix.into_string());
            let expected = prefix.map(str::to_owned).ok_or(Unfit::Names);
            assert_eq!(found, expected, "{source} {destination}");
        }
    }

    type Change = fn(&mut SyncOptions);

    #[test]
    fn what_cannot_be_handed_over_at_all_says_why() {
        let with = |change: &dyn Fn(&mut SyncOptions)| {
            let mut plan = plan("s3://aaa/x", "s3://bbb/x", vec![new(1), new(2)]);
            change(&mut plan.options);
            plan.batch().map(|split| split.map(|_| ()).unwrap_err())
        };
        assert_eq!(with(&|options| options.batch_over = None), None);
        let cases: [(Change, Unfit); 8] = [
            (|o| o.batch_over = Some(2), Unfit::Few),
            (|o| o.existing = Existing::Keep, Unfit::Keeps),
            (|o| o.sse = Some("customer:f".into()), Unfit::CustomerKey),
            (|o| o.sse = Some("AES256".into()), Unfit::Encryption),
            (
                |o| o.metadata.push(("a".into(), "b".into())),
                Unfit::Metadata,
            ),
            (|o| o.batch_role = None, Unfit::NoRole),
            (|o| o.batch_report = None, Unfit::NoReport),
            (
                |o| o.batch_report = Location::parse("s3://bbb/x/reports").ok(),
                Unfit::ReportInside,
            ),
        ];
        for (change, unfit) in cases {
            assert_eq!(with(&change), Some(unfit));
            assert!(!unfit.words().is_empty());
        }
        let relayed = || {
            let mut plan = plan("s3://aaa/x", "s3://bbb/x", vec![new(1)]);
            plan.take_way(Op::Relay, "");
            plan.batch()
        };
        assert_eq!(relayed(), Some(Err(Unfit::NoCopies)));
        let mut sealed = plan("s3://aaa/x", "s3://bbb/x", vec![new(1)]);
        sealed.options.sse = Some("aws:kms:key".into());
        assert!(sealed.batch().unwrap().is_ok());
        assert_eq!(sealed.kms_key(), Some("key"));
    }
}
