//! The JSON records: the contract with scripts. Sizes are bytes, times RFC 3339, money US dollars.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{
    diff::{Newer, Pair, Sign, Verdict},
    entry::{Entry, Facts},
    gaps::{Kind, Rule, Unit},
    key::Key,
    plan::{Conflict, Op, Tally},
    progress::{EndedStep, Failure, Outcome, Requests, TaskId, TaskKind, TaskState},
    side::Side,
    sums::Sums,
};
use crate::engine::PastTask;

/// A key as text: exact where it is UTF-8, and escaped beside it where a terminal could not be trusted with it.
#[derive(Debug, Serialize)]
pub struct KeyText {
    /// The key; where it is not UTF-8, what can be read of it.
    pub key: String,
    /// The key in escaped form, where it holds control characters or is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_escaped: Option<String>,
}

impl From<&Key> for KeyText {
    fn from(key: &Key) -> Self {
        let exact = key
            .as_str()
            .filter(|text| !text.chars().any(char::is_control));
        Self {
            key: String::from_utf8_lossy(key.as_bytes()).into_owned(),
            key_escaped: exact.is_none().then(|| key.printable().into_owned()),
        }
    }
}

/// One side of a pair, or an entry's facts.
#[derive(Debug, Serialize)]
pub struct FactsRecord<'a> {
    /// Bytes.
    pub size: u64,
    /// Time of the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// ETag without quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<&'a str>,
    /// Storage class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'a str>,
}

impl<'a> From<&'a Facts> for FactsRecord<'a> {
    fn from(facts: &'a Facts) -> Self {
        Self {
            size: facts.size,
            modified: facts.modified,
            etag: facts.etag(),
            class: facts.class(),
        }
    }
}

/// `entry`: one entry of a listing.
#[derive(Debug, Serialize)]
pub struct EntryRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    kind: crate::domain::entry::Kind,
    #[serde(flatten)]
    facts: FactsRecord<'a>,
    /// Checksum of the content, where it was asked for: `crc64nvme:` and 16 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    /// MD5 of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
}

impl EntryRecord<'_> {
    /// The record with the checksums of its content.
    #[must_use]
    pub fn with_sums(self, sums: Option<&Sums>) -> Self {
        Self {
            checksum: sums.map(Sums::checksum_text),
            md5: sums.and_then(Sums::md5_text),
            ..self
        }
    }
}

impl<'a> From<&'a Entry> for EntryRecord<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            r#type: "entry",
            key: (&entry.key).into(),
            kind: entry.facts.kind,
            facts: (&entry.facts).into(),
            checksum: None,
            md5: None,
        }
    }
}

/// `pair`: one key of a comparison.
#[derive(Debug, Serialize)]
pub struct PairRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    sign: char,
    word: &'static str,
    left: Option<FactsRecord<'a>>,
    right: Option<FactsRecord<'a>>,
    proof: Option<crate::domain::diff::Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<Newer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Whose pair it is, where the mappings of a group are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<&'a str>,
}

impl<'a> PairRecord<'a> {
    /// The record of a pair, of this mapping of a group.
    pub fn of(pair: &'a Pair, mapping: Option<&'a str>) -> Self {
        let sign = pair.verdict.sign();
        Self {
            r#type: "pair",
            mapping,
            key: (&pair.key).into(),
            sign: sign.symbol(),
            word: sign.word(),
            left: pair.left.as_ref().map(Into::into),
            right: pair.right.as_ref().map(Into::into),
            proof: if let Verdict::Same { proof } = pair.verdict {
                Some(proof)
            } else {
                None
            },
            newer: if let Verdict::Differs { newer } = pair.verdict {
                Some(newer)
            } else {
                None
            },
            reason: if let Verdict::Clash { reason } | Verdict::Error { reason } = &pair.verdict {
                Some(reason)
            } else {
                None
            },
        }
    }
}

/// `step`: one thing that a plan would do.
#[derive(Debug, Serialize)]
pub struct StepRecord {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    op: Op,
    sign: char,
    size: u64,
    overwrites: bool,
    /// Which side it changes, where plans go both ways.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Side>,
}

impl StepRecord {
    /// The record of a step in a group of this sign.
    pub fn new(step: &crate::domain::plan::Step, sign: Sign, changes: Option<Side>) -> Self {
        Self {
            r#type: "step",
            key: (&step.key).into(),
            op: step.op,
            sign: sign.symbol(),
            size: step.size(),
            overwrites: step.source.is_some() && step.destination.is_some(),
            changes,
        }
    }
}

/// `conflict`: a key that both sides of a mapping claim.
#[derive(Debug, Serialize)]
pub struct ConflictRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    reason: &'a str,
    newer: Newer,
    left: Option<FactsRecord<'a>>,
    right: Option<FactsRecord<'a>>,
    /// The side that wins; null where both stay as they are.
    winner: Option<Side>,
}

impl<'a> From<&'a Conflict> for ConflictRecord<'a> {
    fn from(conflict: &'a Conflict) -> Self {
        Self {
            r#type: "conflict",
            key: (&conflict.key).into(),
            reason: &conflict.reason,
            newer: conflict.newer,
            left: conflict.left.as_ref().map(Into::into),
            right: conflict.right.as_ref().map(Into::into),
            winner: conflict.winner(),
        }
    }
}

/// `outcome`: how one step ended.
#[derive(Debug, Serialize)]
pub struct OutcomeRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    op: Op,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

impl<'a> From<&'a EndedStep> for OutcomeRecord<'a> {
    fn from(step: &'a EndedStep) -> Self {
        Self {
            r#type: "outcome",
            key: (&step.key).into(),
            op: step.op,
            outcome: &step.outcome,
        }
    }
}

/// Requests by S3's operation name.
pub fn requests(requests: &Requests) -> BTreeMap<&str, u64> {
    requests
        .by_operation
        .iter()
        .map(|(name, n)| (&**name, *n))
        .collect()
}

/// `other_way`: the server did not copy a key, which goes through this machine instead.
#[derive(Debug, Serialize)]
pub struct OtherWayRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    key: KeyText,
    op: Op,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl<'a> OtherWayRecord<'a> {
    /// The record of a key and of what its first way met.
    pub fn new(key: &Key, failure: &'a Failure) -> Self {
        Self {
            r#type: "other_way",
            key: key.into(),
            op: Op::Relay,
            reason: &failure.reason,
            request_id: failure.request_id.as_deref(),
        }
    }
}

/// `progress`: where a task stands.
#[derive(Debug, Serialize)]
pub struct ProgressRecord {
    /// Always `progress`.
    pub r#type: &'static str,
    /// Which task.
    pub task: TaskId,
    /// Steps planned.
    pub planned: u64,
    /// Steps done.
    pub done: u64,
    /// Steps failed.
    pub failed: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Bytes planned.
    pub planned_bytes: u64,
}

/// `task`: a task of this or an earlier session.
#[derive(Debug, Serialize)]
pub struct TaskRecord<'a> {
    r#type: &'static str,
    id: TaskId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    kind: TaskKind,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    source: &'a str,
    destination: &'a str,
    planned: u64,
    planned_bytes: u64,
    done: u64,
    failed: u64,
    skipped: u64,
    verified: u64,
    bytes: u64,
    runs: u64,
    process: u32,
    host: &'a str,
    can_resume: bool,
    priority: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<Timestamp>,
    started: Timestamp,
    ended: Option<Timestamp>,
}

impl<'a> From<&'a PastTask> for TaskRecord<'a> {
    fn from(task: &'a PastTask) -> Self {
        Self {
            r#type: "task",
            id: task.id,
            parent: task.parent,
            name: task.name.as_deref(),
            kind: task.kind,
            state: state_word(task.state),
            reason: task.reason.as_deref(),
            source: &task.source,
            destination: &task.destination,
            planned: task.planned,
            planned_bytes: task.planned_bytes,
            done: task.done,
            failed: task.failed,
            skipped: task.skipped,
            verified: task.verified,
            bytes: task.bytes,
            runs: task.runs,
            process: task.process,
            host: &task.host,
            can_resume: task.can_go_on(),
            priority: task.priority,
            due: task.due,
            started: task.started,
            ended: task.ended,
        }
    }
}

/// The word for where a task stands; counting again is a way of running.
pub fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::Running | TaskState::Recounting => "running",
        TaskState::Paused => "paused",
        TaskState::Interrupted => "interrupted",
        TaskState::Done => "done",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
    }
}

/// `alert`: what a person or a script must know beside the result.
#[derive(Debug, Serialize)]
pub struct AlertRecord<'a> {
    r#type: &'static str,
    message: &'a str,
}

impl<'a> AlertRecord<'a> {
    /// An alert with this text.
    pub fn new(message: &'a str) -> Self {
        Self {
            r#type: "alert",
            message,
        }
    }
}

/// `mapping`: one mapping of a group, and what was found of it.
#[derive(Debug, Serialize)]
pub struct MappingRecord<'a, T> {
    r#type: &'static str,
    name: &'a str,
    local: &'a str,
    remote: &'a str,
    #[serde(flatten)]
    found: T,
}

impl<'a, T> MappingRecord<'a, T> {
    /// The record of a mapping with these places, the local one first.
    pub fn new(name: &'a str, [local, remote]: &'a [String; 2], found: T) -> Self {
        Self {
            r#type: "mapping",
            name,
            local,
            remote,
            found,
        }
    }
}

/// Objects and bytes of one side.
#[derive(Debug, Serialize)]
pub struct TallyRecord {
    /// Objects or files.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

impl From<Tally> for TallyRecord {
    fn from(tally: Tally) -> Self {
        Self {
            objects: tally.objects,
            bytes: tally.bytes,
        }
    }
}

/// `gap`: what separates the missing of one side from the present.
#[derive(Debug, Serialize)]
pub struct GapRecord {
    r#type: &'static str,
    side: &'static str,
    missing: u64,
    unit: Unit,
    rule: String,
    kind: Option<&'static str>,
    matched_missing: u64,
    matched_present: u64,
    precision: f64,
    recall: f64,
    base_rate: f64,
    cause: Option<&'static str>,
}

impl GapRecord {
    /// The record of a rule about what only `holder` has: the side whose entries are the gaps.
    pub fn new(rule: &Rule, holder: Side) -> Self {
        Self {
            r#type: "gap",
            side: match holder {
                Side::Left => "left",
                Side::Right => "right",
            },
            missing: rule.missing,
            unit: rule.unit,
            rule: rule.text(),
            kind: rule.kind().map(Kind::word),
            matched_missing: rule.matched_missing,
            matched_present: rule.matched_present,
            precision: rule.precision,
            recall: rule.recall,
            base_rate: rule.base_rate,
            cause: rule.cause,
        }
    }
}
