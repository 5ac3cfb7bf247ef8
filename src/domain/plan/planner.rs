//! `Planner`: pairs and options in, a plan out. Nothing that exists is lost but by a group of its own,
//! and nothing is deleted but from two complete listings.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Change, Deletes, Existing, Group, Left, Op, PLAN_VERSION, Plan, PlanError, Printer, Refusal,
    Regions, Since, Step, SyncOptions,
    fate::{Effect, Fate, Kinship},
    guard::way,
    lists::Counting,
    notice,
    twins::Twins,
};
use crate::domain::{
    codec::{Folding, KeyRefusal, check_on_disk},
    diff::{Level, Newer, Pair, Sign, Verdict},
    entry::{End, Facts, Kind},
    gzip,
    key::Key,
    location::Location,
};

/// Makes a plan from the pairs of a comparison whose left is the source and whose right is the destination.
pub struct Planner {
    source: Location,
    destination: Location,
    only: Vec<Key>,
    options: SyncOptions,
    /// Keys are names of gzip streams.
    gzips: bool,
    /// What moves an entry.
    way: Op,
    prints: [Printer; 2],
    groups: BTreeMap<Kinship, Vec<Step>>,
    pub(super) left: Left,
    aside: Vec<Key>,
    /// Symbolic links, and sockets, pipes and devices, at the source: never moved.
    immovable: [notice::Left; 2],
    twins: Twins,
    /// `None` where the recount's listings are not those of all pairs.
    lists: Option<Counting>,
}

impl Planner {
    /// A planner for these places; `only` are the keys to be moved, all when empty. Refused where no plan may be.
    pub fn new(
        source: Location,
        destination: Location,
        only: Vec<Key>,
        options: SyncOptions,
    ) -> Result<Self, PlanError> {
        let way = options.mode.way(way(&source, &destination)?);
        Plan::guards(&source, &destination, &only)?;
        Ok(Self {
            gzips: options.gzips(&source, &destination),
            source,
            destination,
            only,
            options,
            way,
            prints: <[Printer; 2]>::default(),
            groups: BTreeMap::new(),
            left: Left::default(),
            aside: Vec::new(),
            immovable: <[notice::Left; 2]>::default(),
            twins: Twins::default(),
            lists: None,
        })
    }

    /// The same planner for all pairs of two places, which counts what it takes to list both again.
    #[must_use]
    pub fn of_all(mut self) -> Self {
        let whole = self.only.is_empty() && !self.gzips && !self.options.remove_source;
        self.lists = whole.then(Counting::new);
        self
    }

    /// The same planner for a destination whose file system folds names.
    #[must_use]
    pub fn with_folding(mut self, folding: Folding) -> Self {
        self.twins = Twins::new(folding);
        self
    }

    /// Takes the next pair, in key order; those that a filter leaves out belong here too, to be counted.
    pub fn push(&mut self, pair: &Pair) {
        self.push_since(pair, Since::Never);
    }

    /// Takes the next pair with what the journal knows of it: under `Deletes::Propagate` that licenses a delete.
    pub fn push_since(&mut self, pair: &Pair, since: Since) {
        let stands = pair.right.is_some();
        let moves = !pair.is_folder() && pair.verdict != Verdict::Excluded;
        if self.way == Op::Download && (stands || moves) {
            self.twins.push(pair);
        }
        if pair.is_folder() {
            self.lists
                .iter_mut()
                .for_each(|lists| lists.take(pair, None));
            return;
        }
        if let Some(facts) = &pair.left {
            let [links, specials] = &mut self.immovable;
            match facts.kind {
                Kind::Symlink => links.add(&pair.key),
                Kind::Special => specials.add(&pair.key),
                Kind::Object | Kind::Folder => {}
            }
        }
        let fate = self.fate(pair, since);
        let lists = self.lists.iter_mut();
        lists.for_each(|lists| lists.take(pair, Some(&fate)));
        if !matches!(fate, Fate::Excluded) {
            self.take_note(pair);
        }
        let facts = pair.facts();
        let has_content = facts.is_some_and(|facts| facts.kind == Kind::Object);
        let size = facts.map_or(0, |facts| facts.size);
        if self.options.remove_source && fate.arrives() {
            self.add_step(Effect::Removes, pair);
        }
        let left = &mut self.left;
        match fate {
            Fate::Step(effect) => self.add_step(effect, pair),
            Fate::Same(level) => left
                .same
                .get_mut(level as usize)
                .into_iter()
                .for_each(|tally| tally.add(size)),
            Fate::Kept => left.kept.add(size),
            Fate::Unproven => left.unproven.add(size),
            Fate::Extra => left.extra.add(size),
            Fate::Excluded if has_content => left.excluded.add(size),
            Fate::Excluded => {}
            Fate::Conflict => left.conflicts.add(size),
            Fate::Archived => left.archived.add(size),
            Fate::NotScanned => left.not_scanned.add(size),
            Fate::Refused(sign, reason) => left.refused.push(Refusal {
                key: pair.key.clone(),
                sign,
                reason,
            }),
        }
    }

    /// The plan, once both listings ended; `now` is when that was.
    pub fn finish(mut self, source_end: End, destination_end: End, now: Timestamp) -> Plan {
        let broken: Vec<String> = [
            notice::broken("source", &source_end),
            notice::broken("destination", &destination_end),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !broken.is_empty() {
            self.give_up_deletes();
        }
        self.refuse_twins();
        let groups = numbered(std::mem::take(&mut self.groups));
        let steps = groups.iter().flat_map(|group| &group.steps);
        let notices = broken
            .into_iter()
            .chain(notice::about_steps(steps, now))
            .chain(self.about_left())
            .collect();
        let [source_print, destination_print] = self.prints;
        let mut plan = Plan {
            version: PLAN_VERSION,
            made: now,
            source: self.source,
            destination: self.destination,
            regions: Regions::default(),
            options: self.options,
            start: None,
            only: self.only,
            source_print: source_print.finish(source_end),
            destination_print: destination_print.finish(destination_end),
            aside: self.aside,
            groups,
            left: self.left,
            brakes: Vec::new(),
            cleans: None,
            edit: None,
            forecast: None,
            lists: self.lists.map(|lists| lists.finish()),
            notices,
        };
        plan.brake();
        plan
    }

    /// Takes note of a pair that this plan has nothing to do with: another plan of the family, or a person, answers for it.
    pub(super) fn pass(&mut self, pair: &Pair) {
        self.note(pair);
        if !pair.is_folder() {
            self.aside.push(pair.key.clone());
        }
    }

    /// Takes note of a pair that is as it should be.
    pub(super) fn note(&mut self, pair: &Pair) {
        if self.way == Op::Download && pair.right.is_some() {
            self.twins.push(pair);
        }
        if !pair.is_folder() && pair.verdict != Verdict::Excluded {
            self.take_note(pair);
        }
    }

    fn about_left(&mut self) -> Vec<String> {
        let [links, specials] = std::mem::take(&mut self.immovable);
        notice::about_left(self.left.archived.objects, links, specials)
    }

    /// Takes the pair into the fingerprints.
    fn take_note(&mut self, pair: &Pair) {
        for (print, facts) in self.prints.iter_mut().zip([&pair.left, &pair.right]) {
            if let Some(facts) = facts.as_ref().filter(|facts| facts.kind == Kind::Object) {
                print.add(&pair.key, facts);
            }
        }
    }

    fn fate(&self, pair: &Pair, since: Since) -> Fate {
        let existing = self.options.existing;
        match &pair.verdict {
            Verdict::Same { proof } if existing == Existing::Always && *proof < Level::Checksum => {
                self.write(pair)
            }
            Verdict::Same { proof } => Fate::Same(*proof),
            Verdict::OnlyLeft => self.write(pair),
            Verdict::Differs { newer } => match (existing, newer) {
                (Existing::Update | Existing::Always, _) | (Existing::Newest, Newer::Left) => {
                    self.write(pair)
                }
                (Existing::Newest, Newer::Unknown) => Fate::Conflict,
                (Existing::Keep, _) | (Existing::Newest, Newer::Right) => Fate::Kept,
            },
            Verdict::Unproven if existing == Existing::Always => self.write(pair),
            Verdict::Unproven => Fate::Unproven,
            Verdict::Archived if pair.left.is_some() => match existing {
                Existing::Keep if pair.right.is_some() => Fate::Kept,
                // Which of the two is newer was not looked at.
                Existing::Newest if pair.right.is_some() => Fate::Archived,
                Existing::Keep | Existing::Update | Existing::Newest | Existing::Always
                    if self.options.restore.is_some() =>
                {
                    self.write(pair)
                }
                Existing::Keep | Existing::Update | Existing::Newest | Existing::Always => {
                    Fate::Archived
                }
            },
            Verdict::OnlyRight | Verdict::Archived
                if self.deletes(since) && !self.is_foreign(pair) =>
            {
                Fate::Step(Effect::Deletes)
            }
            Verdict::OnlyRight | Verdict::Archived => Fate::Extra,
            Verdict::Clash { reason } | Verdict::Error { reason } => {
                Fate::Refused(pair.verdict.sign(), reason.clone())
            }
            Verdict::NotScanned => Fate::NotScanned,
            Verdict::Excluded => Fate::Excluded,
        }
    }

    /// Whether what only the destination has is to go.
    fn deletes(&self, since: Since) -> bool {
        match self.options.delete {
            Deletes::Never => false,
            Deletes::Mirror => true,
            Deletes::Propagate => {
                let (left, right) = (Change::Gone, Change::None);
                since == Since::Proven { left, right }
            }
        }
    }

    /// The pair is to be written to the destination, if it can exist there.
    fn write(&self, pair: &Pair) -> Fate {
        match self.check_name(&pair.key, pair.left.as_ref()) {
            Err(refusal) => Fate::Refused(Sign::Clash, refusal.to_string().into()),
            Ok(()) if written_over(pair).is_some() => Fate::Step(Effect::Overwrites),
            Ok(()) => Fate::Step(Effect::Adds),
        }
    }

    fn check_name(&self, key: &Key, facts: Option<&Facts>) -> Result<(), KeyRefusal> {
        match (&self.destination, facts) {
            (Location::S3(_), _) if self.gzips && key.is_folder() => Err(KeyRefusal::NotGzip),
            (Location::S3(prefix), _) => prefix.full_key(key).map(drop),
            (_, Some(facts)) if self.gzips => {
                let plain = gzip::plain(key).ok_or(KeyRefusal::NotGzip)?;
                check_on_disk(&plain, facts)
            }
            (_, Some(facts)) => check_on_disk(key, facts),
            (_, None) => Ok(()),
        }
    }

    /// Whether what only the destination has is none of this sync's own: it is never deleted.
    fn is_foreign(&self, pair: &Pair) -> bool {
        self.gzips && gzip::plain(&pair.key).is_none()
    }

    fn add_step(&mut self, effect: Effect, pair: &Pair) {
        let deletes = effect == Effect::Deletes;
        let op = match effect {
            Effect::Adds | Effect::Overwrites => self.way,
            Effect::Deletes => Op::Delete,
            Effect::Removes => Op::Remove,
        };
        let kinship = Kinship {
            effect,
            sign: pair.verdict.sign(),
            op,
        };
        let source = pair.left.clone().filter(|_| !deletes);
        let step = Step {
            seq: 0,
            op,
            key: pair.key.clone(),
            source,
            destination: written_over(pair).cloned().map(Box::new),
        };
        self.groups.entry(kinship).or_default().push(step);
    }

    fn give_up_deletes(&mut self) {
        let extra = &mut self.left.extra;
        self.groups.retain(|kinship, steps| {
            let deletes = kinship.effect == Effect::Deletes;
            steps
                .iter()
                .filter(|_| deletes)
                .for_each(|step| extra.add(step.size()));
            !matches!(kinship.effect, Effect::Deletes | Effect::Removes)
        });
    }

    /// Takes back what would be done to keys that are one file at the destination.
    fn refuse_twins(&mut self) {
        let twins = std::mem::take(&mut self.twins);
        let names = twins.names();
        let refused = &mut self.left.refused;
        for (kinship, steps) in &mut self.groups {
            // A source that is not moved is not removed either; that is told once.
            let told = kinship.effect != Effect::Removes;
            steps.retain(|step| {
                let other = names.other(&step.key);
                let told = other.filter(|_| told);
                refused.extend(told.map(|other| twin(&step.key, other)));
                other.is_none()
            });
        }
        self.groups.retain(|_, steps| !steps.is_empty());
        refused.sort_by(|one, other| one.key.cmp(&other.key));
    }
}

/// What stands where the pair is to be written; a folder is no content, but an empty object of its name is one.
fn written_over(pair: &Pair) -> Option<&Facts> {
    let right = pair.right.as_ref()?;
    (right.kind != Kind::Folder || right.object().is_some()).then_some(right)
}

fn twin(key: &Key, other: &Key) -> Refusal {
    let reason = format!("the destination's file system takes this name and \"{other}\" for one");
    Refusal {
        key: key.clone(),
        sign: Sign::Clash,
        reason: reason.into(),
    }
}

/// The groups with their steps numbered through, in the order in which they run.
fn numbered(groups: BTreeMap<Kinship, Vec<Step>>) -> Vec<Group> {
    let mut next = 0..;
    let number = |(kinship, mut steps): (Kinship, Vec<Step>)| {
        steps.shrink_to_fit();
        steps
            .iter_mut()
            .zip(&mut next)
            .for_each(|(step, seq)| step.seq = seq);
        let Kinship { effect, sign, op } = kinship;
        Group {
            sign,
            op,
            overwrites: effect == Effect::Overwrites,
            selected: true,
            why: None,
            steps,
        }
    };
    groups.into_iter().map(number).collect()
}
