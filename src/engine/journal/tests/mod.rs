//! Tests of the journal on a real file: what it keeps, what it believes, and what it refuses.

mod owners;
mod plans;
mod proofs;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Content, Journal, JournalError, PastTask, Proof, Search, Setting, Setup, TaskJournal};
use crate::backend::store::Checksum;
use crate::domain::{
    diff::Level,
    entry::{End, Facts, FileId, Identity, Kind, ObjectId},
    key::Key,
    location::Location,
    plan::{Op, Plan, Planner, SyncOptions},
    progress::{EndedStep, Failure, Outcome, TaskKind, TaskState},
    retry::FailureKind,
};
use crate::engine::tasks::{Brief, Pace};

async fn open(folder: &TempDir) -> Journal {
    open_as(folder, Setup::default()).await
}

async fn open_as(folder: &TempDir, setup: Setup) -> Journal {
    Journal::open(&file_of(folder), setup, |error| panic!("{error}"))
        .await
        .unwrap()
}

async fn history(journal: &Journal) -> Vec<PastTask> {
    journal.search(Search::default()).await.unwrap()
}

fn here() -> Location {
    Location::Disk(PathBuf::from("/data"))
}

fn there() -> Location {
    Location::parse("main:s3://bucket/data").unwrap()
}

fn brief() -> Brief {
    Brief {
        parent: None,
        name: None,
        kind: TaskKind::Sync,
        source: "/data".into(),
        destination: "s3://bucket/data".into(),
        planned: 3,
        planned_bytes: 30,
        pace: Pace::default(),
        at_once: None,
        priority: 0,
        due: None,
    }
}

fn plan() -> Plan {
    let options = SyncOptions::default();
    let planner = Planner::new(here(), there(), Vec::new(), options).unwrap();
    planner.finish(End::Complete, End::Complete, Timestamp::now())
}

async fn begin(journal: &Journal) -> TaskJournal {
    begin_with(journal, plan()).await
}

async fn begin_with(journal: &Journal, plan: Plan) -> TaskJournal {
    let flags: Arc<[String]> = Arc::from(["--profile".to_owned(), "a".to_owned()]);
    let setting = Setting {
        filed: (&here(), &there()),
        flags: &flags,
        check: None,
    };
    let (brief, plan) = (brief(), Arc::new(plan));
    journal.begin(&brief, &plan, setting).await.unwrap()
}

fn file(mtime: Timestamp) -> Facts {
    Facts {
        kind: Kind::Object,
        size: 10,
        modified: Some(mtime),
        identity: Identity::File(FileId {
            device: 1,
            inode: u64::MAX - 1,
            mtime_ns: mtime.as_nanosecond(),
            ctime_ns: mtime.as_nanosecond(),
        }),
    }
}

fn object(etag: &str) -> Facts {
    Facts {
        kind: Kind::Object,
        size: 10,
        modified: None,
        identity: Identity::Object(ObjectId {
            etag: Some(Arc::from(etag)),
            ..ObjectId::default()
        }),
    }
}

fn proof(key: &str, age: i64) -> Proof {
    let at = Timestamp::now();
    Proof {
        key: Key::from(key),
        level: Level::Checksum,
        content: Content::of(&Checksum::Crc64Nvme(7)).unwrap(),
        source: file(at - age.seconds()),
        destination: object("e"),
        at,
    }
}

#[tokio::test]
async fn a_proof_is_evidence_in_a_later_session_and_from_another_folder() {
    let folder = TempDir::new().unwrap();
    let proved = proof("raw/a.png", 60);
    {
        let journal = open(&folder).await;
        let task = begin(&journal).await;
        task.proof(proved.clone()).await;
        journal.close().await;
    }
    let journal = open(&folder).await;
    let mut left = journal.evidence(&Location::Disk("/data/raw".into())).await;
    let mut right = journal.evidence(&there()).await;
    let here = left.content(&Key::from("a.png"), &proved.source).await;
    let there = right.content(&Key::from("raw/a.png"), &object("e")).await;
    assert_eq!(here, Some(proved.content));
    assert_eq!(here, there);
}

#[tokio::test]
async fn an_entry_that_changed_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let proved = proof("a", 60);
    journal.keep(&here(), &there(), proved.clone()).await;
    let Identity::File(id) = proved.source.identity else {
        panic!("a file was proven");
    };
    let changes: [&dyn Fn(&mut FileId); 3] = [&|id| id.inode -= 1, &|id| id.mtime_ns += 1, &|id| {
        id.ctime_ns += 1;
    }];
    for change in changes {
        let mut other = id;
        change(&mut other);
        let facts = Facts {
            identity: Identity::File(other),
            ..proved.source.clone()
        };
        let mut evidence = journal.evidence(&here()).await;
        assert_eq!(evidence.content(&Key::from("a"), &facts).await, None);
    }
    let mut evidence = journal.evidence(&there()).await;
    assert_eq!(evidence.content(&Key::from("a"), &object("f")).await, None);
}

#[tokio::test]
async fn a_file_that_changed_a_moment_before_it_was_read_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let proved = proof("a", 1);
    journal.keep(&here(), &there(), proved.clone()).await;
    let mut evidence = journal.evidence(&here()).await;
    assert_eq!(
        evidence.content(&Key::from("a"), &proved.source).await,
        None
    );
}

#[tokio::test]
async fn evidence_of_many_keys_is_read_page_by_page_and_skips_what_nobody_asks_for() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    for number in 0..2500 {
        let proved = proof(&format!("{number:05}"), 60);
        journal.keep(&here(), &there(), proved).await;
    }
    journal
        .keep(
            &here(),
            &Location::parse("s3://other/").unwrap(),
            proof("x", 60),
        )
        .await;
    let mut evidence = journal.evidence(&there()).await;
    for number in (3..2500).step_by(7) {
        let key = Key::from(&*format!("{number:05}"));
        assert!(
            evidence.content(&key, &object("e")).await.is_some(),
            "{key}"
        );
    }
    assert_eq!(evidence.content(&Key::from("x"), &object("e")).await, None);
}

#[tokio::test]
async fn past_tasks_are_remembered_with_their_counts() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let first = begin(&journal).await;
    let failed = Outcome::Failed(Failure {
        kind: FailureKind::Denied,
        reason: "no".into(),
        request_id: Some("R".into()),
        attempts: 2,
    });
    let done = Outcome::Done {
        bytes: 10,
        proof: Some(Level::Checksum),
    };
    let step = |seq, outcome| EndedStep {
        seq,
        key: Key::new([0xff, 0]),
        op: Op::Upload,
        outcome,
    };
    for step in [step(0, done.clone()), step(1, failed), step(2, done)] {
        first.ended(&step).await;
    }
    first
        .state(TaskState::Failed, Some("one failed".into()))
        .await;
    let second = begin(&journal).await;
    let past = history(&journal).await;
    assert_eq!([past[0].id, past[1].id], [second.task(), first.task()]);
    assert_eq!(past[0].state, TaskState::Waiting);
    assert!(past[0].ended.is_none());
    assert_eq!((past[1].done, past[1].failed, past[1].bytes), (2, 1, 20));
    assert_eq!(past[1].state, TaskState::Failed);
    assert!(past[1].ended.is_some());
}

#[tokio::test]
async fn a_later_journal_is_refused_by_its_version() {
    let folder = TempDir::new().unwrap();
    open(&folder).await.close().await;
    let other = Connection::open(file_of(&folder)).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    let refused = Journal::open(&file_of(&folder), Setup::default(), |error| {
        panic!("{error}")
    })
    .await;
    assert!(matches!(
        refused,
        Err(JournalError::Newer { version: 99, .. })
    ));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told() {
    let nowhere = Path::new("/proc/none/journal");
    let refused = Journal::open(nowhere, Setup::default(), |error| panic!("{error}")).await;
    assert!(matches!(refused, Err(JournalError::Folder { .. })));
}

fn file_of(folder: &TempDir) -> PathBuf {
    folder.path().join("state/journal.sqlite")
}
