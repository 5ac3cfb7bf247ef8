//! `judge`: what two sides of one key have in common, by size, time, checksum and what was proven before.
//! A time that says "nothing changed since" depends on who wrote it: that is the table in `Clock::unchanged`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Level, Newer, Side, Verdict};
use crate::domain::{
    entry::{Facts, Identity, Kind},
    key::Key,
    location::Location,
};

/// What kind of place a side is, as far as its times and names depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideKind {
    /// A disk: times of change, names of a file system.
    Disk,
    /// S3: times of upload, whole seconds.
    S3,
    /// A recorded listing: each entry says by its identity what it was.
    Manifest,
}

impl SideKind {
    /// The kind of a location.
    pub fn of(location: &Location) -> Self {
        match location {
            Location::Disk(_) => Self::Disk,
            Location::S3(_) | Location::Buckets(_) => Self::S3,
            Location::Manifest(_) => Self::Manifest,
        }
    }
}

/// How "same" is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The level that "same" must reach.
    pub check: Level,
    /// What the left side is.
    pub left: SideKind,
    /// What the right side is.
    pub right: SideKind,
    /// The server's clock less this machine's, as measured by the date of an answer.
    pub skew: SignedDuration,
    /// The objects of one side are gzip streams of the other's files: their sizes say nothing.
    pub gzip: bool,
}

impl Rules {
    /// Rules for two locations whose clocks agree.
    pub fn new(check: Level, left: &Location, right: &Location) -> Self {
        Self {
            check,
            left: SideKind::of(left),
            right: SideKind::of(right),
            skew: SignedDuration::ZERO,
            gzip: false,
        }
    }
}

/// What is known of two contents beyond their listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// How it came to be known.
    pub level: Level,
    /// Whether the contents are equal.
    pub equal: bool,
}

/// Where more is known of two contents than listings tell: the journal of earlier proofs, or answers asked for.
pub trait Evidence {
    /// What is known of exactly these two contents (same identities as when it was proven).
    fn known(&self, key: &Key, left: &Facts, right: &Facts) -> Option<Known>;
}

/// Knows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvidence;

impl Evidence for NoEvidence {
    fn known(&self, _: &Key, _: &Facts, _: &Facts) -> Option<Known> {
        None
    }
}

impl<F: Fn(&Key, &Facts, &Facts) -> Option<Known>> Evidence for F {
    fn known(&self, key: &Key, left: &Facts, right: &Facts) -> Option<Known> {
        self(key, left, right)
    }
}

/// What follows from two entries of one key, with what is known beyond the listings.
pub fn judge(left: &Facts, right: &Facts, rules: &Rules, known: Option<Known>) -> Verdict {
    match (left.kind, right.kind) {
        (Kind::Object, Kind::Object) => {
            let verdict = content(left, right, rules, known);
            let is_same = matches!(verdict, Verdict::Same { .. });
            if left.is_archived() && !is_same {
                Verdict::Archived
            } else {
                verdict
            }
        }
        (Kind::Folder, Kind::Folder) => Verdict::Same { proof: rules.check },
        (Kind::Symlink | Kind::Special, _) => Verdict::Excluded,
        (Kind::Object | Kind::Folder, Kind::Symlink) => clash(
            "on the right this is a symbolic link, which is never written through: remove it first",
        ),
        (Kind::Object | Kind::Folder, Kind::Special) => {
            clash("on the right this is a device, socket or pipe: remove it first")
        }
        // An empty object of a folder's name is another content than this one; a folder alone is no content at all.
        (Kind::Object, Kind::Folder) if right.object().is_some() => Verdict::Differs {
            newer: Clock::new(left, right, rules).newer(),
        },
        (Kind::Object, Kind::Folder) => judge_alone(left, Side::Left),
        (Kind::Folder, Kind::Object) => judge_alone(right, Side::Right),
    }
}

/// What follows from an entry that `side` has alone, where the other side's listing proves its absence.
pub(super) fn judge_alone(facts: &Facts, side: Side) -> Verdict {
    match (facts.kind, side) {
        (Kind::Symlink | Kind::Special, _) => Verdict::Excluded,
        (Kind::Object, _) if facts.is_archived() => Verdict::Archived,
        (Kind::Object | Kind::Folder, Side::Left) => Verdict::OnlyLeft,
        (Kind::Object | Kind::Folder, Side::Right) => Verdict::OnlyRight,
    }
}

fn clash(reason: &str) -> Verdict {
    Verdict::Clash {
        reason: reason.into(),
    }
}

fn content(left: &Facts, right: &Facts, rules: &Rules, known: Option<Known>) -> Verdict {
    let clock = Clock::new(left, right, rules);
    let disproven = known.is_some_and(|known| !known.equal);
    if (left.size != right.size && !rules.gzip) || disproven {
        return Verdict::Differs {
            newer: clock.newer(),
        };
    }
    if rules.gzip {
        let proven = known.filter(|known| known.level >= rules.check);
        return proven.map_or(Verdict::Unproven, |known| Verdict::Same {
            proof: known.level,
        });
    }
    let proof = proof(left, right, rules, known);
    if proof >= rules.check {
        return Verdict::Same { proof };
    }
    match clock.unchanged().filter(|_| rules.check == Level::Time) {
        Some(true) => Verdict::Same { proof: Level::Time },
        Some(false) => Verdict::Differs {
            newer: clock.newer(),
        },
        None => Verdict::Unproven,
    }
}

/// The best proof at hand that two contents of one size are equal, times left aside.
fn proof(left: &Facts, right: &Facts, rules: &Rules, known: Option<Known>) -> Level {
    let known = known.map_or(Level::Size, |known| known.level);
    // An ETag is made from the content (or, under KMS, of one write): equal ones mean equal contents, however made.
    let etags = match (left.etag(), right.etag()) {
        (Some(one), Some(other)) if one == other && is_made_of_content(one) => Level::Checksum,
        _ => Level::Size,
    };
    // Nothing is always equal to nothing.
    let empty = if left.size == 0 {
        rules.check.max(Level::Checksum)
    } else {
        Level::Size
    };
    known.max(etags).max(empty)
}

/// Whether an ETag can tell contents apart: some stores give every object an empty one, or one of zeros.
fn is_made_of_content(etag: &str) -> bool {
    let digest = etag.split('-').next().unwrap_or_default();
    digest.chars().any(|c| c != '0')
}

/// How far a measured skew may be too low, seconds: an answer's date is older than its arrival by its way and by part of a
/// second, so that every clock here looks a little ahead. To believe that would hide changes made right after an upload.
const SKEW_NOISE: i64 = 10;

/// The times of two sides, each with who wrote it.
struct Clock {
    left: Option<Timestamp>,
    right: Option<Timestamp>,
    writers: (Writer, Writer),
    skew: SignedDuration,
}

/// Who wrote a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Disk,
    S3,
    Unknown,
}

impl Writer {
    fn of(side: SideKind, facts: &Facts) -> Self {
        match (side, &facts.identity) {
            (SideKind::Disk, _) | (SideKind::Manifest, Identity::File(_)) => Self::Disk,
            (SideKind::S3, _) | (SideKind::Manifest, Identity::Object(_)) => Self::S3,
            (SideKind::Manifest, Identity::None) => Self::Unknown,
        }
    }
}

impl Clock {
    fn new(left: &Facts, right: &Facts, rules: &Rules) -> Self {
        let writers = (Writer::of(rules.left, left), Writer::of(rules.right, right));
        Self {
            left: left.modified,
            right: right.modified,
            writers,
            skew: rules.skew,
        }
    }

    /// Whether the times say of two contents of one size that nothing changed since; `None` where they say nothing.
    fn unchanged(&self) -> Option<bool> {
        let (left, right) = (self.left?, self.right?);
        match self.writers {
            (Writer::Unknown, _) | (_, Writer::Unknown) => is_equal(left, right).then_some(true),
            (Writer::Disk, Writer::Disk) => Some(is_equal(left, right)),
            // A download gives the file the very time of its object.
            (Writer::S3, Writer::Disk) => Some(left == right),
            (Writer::Disk, Writer::S3) => Some(left == right || self.newer() != Newer::Left),
            (Writer::S3, Writer::S3) => Some(self.newer() != Newer::Left),
        }
    }

    /// Which side was written later, both told by the server's clock.
    fn newer(&self) -> Newer {
        let left = self.on_server(self.left, self.writers.0);
        let (Some(left), Some(right)) = (left, self.on_server(self.right, self.writers.1)) else {
            return Newer::Unknown;
        };
        match left.cmp(&right) {
            std::cmp::Ordering::Greater => Newer::Left,
            std::cmp::Ordering::Less => Newer::Right,
            std::cmp::Ordering::Equal => Newer::Unknown,
        }
    }

    fn on_server(&self, at: Option<Timestamp>, writer: Writer) -> Option<Timestamp> {
        let mixed = self.writers.0 != self.writers.1;
        if mixed && writer == Writer::Disk {
            at?.checked_add(sure(self.skew)).ok()
        } else {
            at
        }
    }
}

/// As much of a measured skew as is no mere delay of the answer that told it.
fn sure(skew: SignedDuration) -> SignedDuration {
    if skew.is_negative() {
        skew.saturating_add(SignedDuration::from_secs(SKEW_NOISE))
            .min(SignedDuration::ZERO)
    } else {
        skew
    }
}

/// Whether two times are equal, as far as the coarser of them tells.
fn is_equal(one: Timestamp, other: Timestamp) -> bool {
    let coarse = one.subsec_nanosecond() == 0 || other.subsec_nanosecond() == 0;
    one == other || (coarse && one.as_second() == other.as_second())
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Known, Rules, SideKind, judge};
    use crate::domain::{
        diff::{Level, Newer, Verdict},
        entry::{Facts, FileId, Identity, Kind, ObjectId},
    };

    const SAME_TIME: Verdict = Verdict::Same { proof: Level::Time };
    const SAME_CHECKSUM: Verdict = Verdict::Same {
        proof: Level::Checksum,
    };
    const LEFT_NEWER: Verdict = Verdict::Differs { newer: Newer::Left };
    const RIGHT_NEWER: Verdict = Verdict::Differs {
        newer: Newer::Right,
    };

    fn rules(check: Level, left: SideKind, right: SideKind) -> Rules {
        Rules {
            check,
            left,
            right,
            skew: SignedDuration::ZERO,
            gzip: false,
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn file(size: u64, millis: i64) -> Facts {
        Facts {
            kind: Kind::Object,
            size,
            modified: Some(at(millis)),
            identity: Identity::File(FileId::default()),
        }
    }

    fn object(size: u64, second: i64, etag: &str) -> Facts {
        let id = ObjectId {
            etag: Some(etag.into()),
            ..ObjectId::default()
        };
        Facts {
            kind: Kind::Object,
            size,
            modified: Some(at(second * 1000)),
            identity: Identity::Object(id),
        }
    }

    #[test]
    fn the_sizes_of_gzip_pairs_say_nothing() {
        let rules = Rules {
            gzip: true,
            ..rules(Level::Time, SideKind::Disk, SideKind::S3)
        };
        let verdict = |known| judge(&file(9, 1_000), &object(3, 10, "e"), &rules, known);
        assert_eq!(verdict(None), Verdict::Unproven);
        let known = |level, equal| Some(Known { level, equal });
        assert_eq!(verdict(known(Level::Checksum, true)), SAME_CHECKSUM);
        assert_eq!(verdict(known(Level::Size, true)), Verdict::Unproven);
        assert_eq!(verdict(known(Level::Checksum, false)), RIGHT_NEWER);
    }

    #[test]
    fn a_file_is_the_same_as_its_upload_until_it_changes() {
        let rules = rules(Level::Time, SideKind::Disk, SideKind::S3);
        let verdict = |millis| judge(&file(1, millis), &object(1, 10, "e"), &rules, None);
        assert_eq!(verdict(9_999), SAME_TIME);
        assert_eq!(verdict(10_000), SAME_TIME);
        assert_eq!(verdict(10_001), LEFT_NEWER);
        assert_eq!(
            judge(&file(2, 9_000), &object(1, 10, "e"), &rules, None),
            RIGHT_NEWER
        );
    }

    #[test]
    fn a_download_is_the_same_only_with_the_time_of_its_object() {
        let rules = rules(Level::Time, SideKind::S3, SideKind::Disk);
        let verdict = |millis| judge(&object(1, 10, "e"), &file(1, millis), &rules, None);
        assert_eq!(verdict(10_000), SAME_TIME);
        assert_eq!(verdict(9_000), LEFT_NEWER);
        assert_eq!(verdict(11_500), RIGHT_NEWER);
    }

    #[test]
    fn a_copy_is_the_same_by_etag_or_by_not_being_older() {
        let rules = rules(Level::Time, SideKind::S3, SideKind::S3);
        let verdict = |etag, second| {
            judge(
                &object(1, 10, "e-2"),
                &object(1, second, etag),
                &rules,
                None,
            )
        };
        assert_eq!(verdict("e-2", 5), SAME_CHECKSUM);
        assert_eq!(verdict("f", 10), SAME_TIME);
        assert_eq!(verdict("f", 9), LEFT_NEWER);
    }

    #[test]
    fn a_clock_that_is_off_is_reckoned_with() {
        let ahead = Rules {
            skew: SignedDuration::from_secs(300),
            ..rules(Level::Time, SideKind::Disk, SideKind::S3)
        };
        assert_eq!(
            judge(&file(1, 100_500), &object(1, 300, "e"), &ahead, None),
            LEFT_NEWER
        );
        assert_eq!(
            judge(&file(1, 300_000), &object(1, 300, "e"), &ahead, None),
            SAME_TIME,
            "a download"
        );
        let behind = Rules {
            skew: SignedDuration::from_secs(-300),
            ..ahead
        };
        assert_eq!(
            judge(&file(1, 500_000), &object(1, 300, "e"), &behind, None),
            SAME_TIME
        );
    }

    #[test]
    fn a_skew_that_may_be_the_way_of_the_answer_hides_no_change() {
        let measured = |seconds, millis| {
            let rules = Rules {
                skew: SignedDuration::from_secs(seconds),
                ..rules(Level::Time, SideKind::Disk, SideKind::S3)
            };
            judge(&file(1, millis), &object(1, 10, "e"), &rules, None)
        };
        // Changed a moment after its upload; the answer that told the time took as long.
        assert_eq!(measured(-2, 11_500), LEFT_NEWER);
        assert_eq!(measured(-60, 69_500), LEFT_NEWER);
        assert_eq!(measured(-60, 60_000), SAME_TIME);
        assert_eq!(measured(2, 9_000), LEFT_NEWER);
    }

    #[test]
    fn an_etag_that_every_object_bears_proves_nothing() {
        let rules = rules(Level::Checksum, SideKind::S3, SideKind::S3);
        for etag in [
            "",
            "00000000000000000000000000000000",
            "00000000000000000000000000000000-1",
        ] {
            let verdict = judge(&object(1, 10, etag), &object(1, 11, etag), &rules, None);
            assert_eq!(verdict, Verdict::Unproven, "{etag}");
        }
    }

    #[test]
    fn evidence_stands_above_times_and_below_sizes() {
        let rules = rules(Level::Time, SideKind::Disk, SideKind::S3);
        let known = |equal| {
            Some(Known {
                level: Level::Read,
                equal,
            })
        };
        assert_eq!(
            judge(&file(1, 11_000), &object(1, 10, "e"), &rules, known(true)),
            Verdict::Same { proof: Level::Read }
        );
        assert_eq!(
            judge(&file(1, 9_000), &object(1, 10, "e"), &rules, known(false)),
            RIGHT_NEWER
        );
        assert_eq!(
            judge(&file(2, 9_000), &object(1, 10, "e"), &rules, known(true)),
            RIGHT_NEWER
        );
    }

    #[test]
    fn a_higher_level_wants_more_than_times() {
        let sides = |check| rules(check, SideKind::S3, SideKind::S3);
        let (left, equal, other) = (object(1, 10, "e"), object(1, 9, "e"), object(1, 11, "f-2"));
        assert_eq!(
            judge(&left, &equal, &sides(Level::Checksum), None),
            SAME_CHECKSUM
        );
        assert_eq!(
            judge(&left, &other, &sides(Level::Checksum), None),
            Verdict::Unproven
        );
        assert_eq!(
            judge(&left, &equal, &sides(Level::Read), None),
            Verdict::Unproven
        );
        assert_eq!(
            judge(&left, &other, &sides(Level::Size), None),
            Verdict::Same { proof: Level::Size }
        );
        assert_eq!(
            judge(
                &object(0, 10, "e"),
                &object(0, 9, "f"),
                &sides(Level::Read),
                None
            ),
            Verdict::Same { proof: Level::Read }
        );
    }

    #[test]
    fn a_recorded_listing_is_read_by_what_it_recorded() {
        let nothing = |millis| Facts {
            identity: Identity::None,
            ..file(1, millis)
        };
        let rules = rules(Level::Time, SideKind::Manifest, SideKind::S3);
        assert_eq!(
            judge(&file(1, 9_000), &object(1, 10, "e"), &rules, None),
            SAME_TIME
        );
        assert_eq!(
            judge(&object(1, 3, "e"), &object(1, 10, "e"), &rules, None),
            SAME_CHECKSUM
        );
        assert_eq!(
            judge(&nothing(10_400), &object(1, 10, "e"), &rules, None),
            SAME_TIME
        );
        assert_eq!(
            judge(&nothing(9_000), &object(1, 10, "e"), &rules, None),
            Verdict::Unproven
        );
        let timeless = Facts {
            modified: None,
            ..object(1, 0, "f")
        };
        assert_eq!(
            judge(&timeless, &object(1, 10, "e"), &rules, None),
            Verdict::Unproven
        );
    }

    #[test]
    fn what_must_be_restored_first_is_told_only_where_it_would_be_read() {
        let rules = rules(Level::Time, SideKind::S3, SideKind::Disk);
        let id = ObjectId {
            class: Some("DEEP_ARCHIVE".into()),
            ..ObjectId::default()
        };
        let archived = Facts {
            identity: Identity::Object(id),
            ..object(1, 10, "")
        };
        assert_eq!(
            judge(&archived, &file(1, 9_000), &rules, None),
            Verdict::Archived
        );
        assert_eq!(judge(&archived, &file(1, 10_000), &rules, None), SAME_TIME);
        let up = Rules {
            left: SideKind::Disk,
            right: SideKind::S3,
            ..rules
        };
        assert_eq!(judge(&file(2, 11_000), &archived, &up, None), LEFT_NEWER);
    }

    #[test]
    fn what_is_no_content_is_never_compared() {
        let rules = rules(Level::Time, SideKind::Disk, SideKind::S3);
        let link = Facts {
            kind: Kind::Symlink,
            ..file(1, 0)
        };
        assert_eq!(
            judge(&link, &object(1, 10, "e"), &rules, None),
            Verdict::Excluded
        );
        assert!(matches!(
            judge(&object(1, 10, "e"), &link, &rules, None),
            Verdict::Clash { .. }
        ));
        // A folder alone is no content; an object of its name is one, even an empty one where it would be written over.
        let (folder, content) = (Facts::folder(), object(1, 10, "e"));
        let marker = Facts {
            kind: Kind::Folder,
            ..object(0, 10, "m")
        };
        let of = |left: &Facts, right: &Facts| judge(left, right, &rules, None);
        assert_eq!(of(&folder, &content), Verdict::OnlyRight);
        assert_eq!(of(&marker, &content), Verdict::OnlyRight);
        assert_eq!(of(&content, &folder), Verdict::OnlyLeft);
        assert!(matches!(of(&content, &marker), Verdict::Differs { .. }));
        assert_eq!(
            judge(&Facts::folder(), &Facts::folder(), &rules, None),
            SAME_TIME
        );
    }
}
