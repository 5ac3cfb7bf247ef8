//! Plans, parts and age: what a resume reads is what was written, and what is old goes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    begin, begin_with, file, file_of, here, history, object, open, open_as, plan, proof, there,
};
use crate::domain::{
    diff::Sign,
    key::Key,
    location::Location,
    plan::{Group, Op, Plan, Step},
    progress::{EndedStep, Failure, Outcome, TaskState},
    retry::FailureKind,
};
use crate::engine::journal::{Clock, Journal, JournalError, KeptPart, Partial, Search, Setup};

/// A plan of so many uploads in two groups, the second of which was left out by a person.
fn large(count: u32) -> Plan {
    let step = |seq| Step {
        seq,
        op: Op::Upload,
        key: Key::new([b"k\xff".as_slice(), seq.to_string().as_bytes()].concat()),
        source: Some(file(jiff::Timestamp::UNIX_EPOCH)),
        destination: (seq % 3 == 0).then(|| Box::new(object("e"))),
    };
    let group = |selected, steps: Vec<Step>| Group {
        sign: Sign::OnlyLeft,
        op: Op::Upload,
        overwrites: false,
        selected,
        why: None,
        steps,
    };
    Plan {
        groups: vec![
            group(true, (0..count).map(step).collect()),
            group(false, (count..count + 10).map(step).collect()),
        ],
        ..plan()
    }
}

#[tokio::test]
async fn a_plan_is_read_back_as_it_was_with_what_became_of_it() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let told = large(2_345);
    let task = begin_with(&journal, told.clone()).await;
    let outcome = Outcome::Skipped {
        reason: "gone".into(),
    };
    let step = EndedStep {
        seq: 7,
        key: Key::from("k7"),
        op: Op::Upload,
        outcome: outcome.clone(),
    };
    task.ended(&step).await;
    task.state(TaskState::Interrupted, None).await;
    let (read, past, outcomes) = journal.recall(task.task()).await.unwrap().unwrap();
    assert_eq!(read, told);
    assert_eq!(
        (past.state, past.flags),
        (
            TaskState::Interrupted,
            vec!["--profile".to_owned(), "a".to_owned()]
        )
    );
    assert_eq!(outcomes, [(7, outcome)].into());
}

#[tokio::test]
async fn a_plan_that_was_not_written_to_its_end_is_none() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let task = begin_with(&journal, large(10)).await;
    task.state(TaskState::Interrupted, None).await;
    journal.settle().await.unwrap();
    let other = Connection::open(file_of(&folder)).unwrap();
    other.execute("UPDATE task SET head = NULL", []).unwrap();
    assert!(journal.recall(task.task()).await.unwrap().is_none());
    assert!(!history(&journal).await[0].can_go_on());
}

#[tokio::test]
async fn places_are_kept_so_that_every_folder_finds_them() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let relative = Plan {
        source: Location::Disk("data/raw/".into()),
        ..plan()
    };
    let task = begin_with(&journal, relative).await;
    let (read, past, _) = journal.recall(task.task()).await.unwrap().unwrap();
    let expected = std::env::current_dir().unwrap().join("data/raw/");
    assert_eq!(read.source, Location::Disk(expected.clone()));
    assert_eq!(&*past.source, expected.to_str().unwrap());
}

#[tokio::test]
async fn parts_are_kept_until_their_step_ends_well() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let task = begin_with(&journal, large(10)).await;
    let part = |size| KeptPart {
        etag: "e".into(),
        crc: Some(u64::MAX - size),
        size,
    };
    for seq in [1, 2, 3] {
        task.partial(seq, "first", 64).await;
        task.part(seq, 1, part(64)).await;
    }
    // A second try began anew; a late answer to the first one's end changes nothing.
    task.partial(2, "second", 32).await;
    task.part(2, 4, part(32)).await;
    task.partial_over(2, "first").await;
    let end = |seq, outcome| EndedStep {
        seq,
        key: Key::from("a"),
        op: Op::Upload,
        outcome,
    };
    let failure = Failure {
        kind: FailureKind::Transient,
        reason: "cut".into(),
        request_id: None,
        attempts: 1,
    };
    let done = Outcome::Done {
        bytes: 1,
        proof: None,
    };
    task.ended(&end(1, done)).await;
    task.ended(&end(3, Outcome::Failed(failure))).await;
    task.state(TaskState::Interrupted, None).await;
    let filed = async |_: &Plan| (here(), there());
    let taken = journal.take(task.task(), filed).await.unwrap().unwrap();
    let partial = |handle: &str, part_size, number| Partial {
        handle: Arc::from(handle),
        part_size,
        parts: BTreeMap::from([(number, part(part_size))]),
    };
    let expected = [(2, partial("second", 32, 4)), (3, partial("first", 64, 1))];
    assert_eq!(taken.partials, expected.into());
}

#[tokio::test]
async fn steps_go_when_their_task_is_done_and_stay_while_it_can_be_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let done = begin_with(&journal, large(5_000)).await;
    let left = begin_with(&journal, large(10)).await;
    done.state(TaskState::Done, None).await;
    left.state(TaskState::Cancelled, None).await;
    journal.settle().await.unwrap();
    let other = Connection::open(file_of(&folder)).unwrap();
    let steps = |task: u64| {
        let count = "SELECT count(*) FROM step WHERE task = ?1";
        let task = i64::try_from(task).unwrap();
        other
            .query_row(count, [task], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    while steps(done.task().0) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(steps(left.task().0), 20);
}

#[tokio::test]
async fn old_tasks_go_but_not_those_that_know_an_upload_nor_their_proofs() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let old = begin_with(&journal, large(3_000)).await;
    let step = |seq| EndedStep {
        seq,
        key: Key::from("a"),
        op: Op::Upload,
        outcome: Outcome::Done {
            bytes: 1,
            proof: None,
        },
    };
    for seq in 0..3_000 {
        old.ended(&step(seq)).await;
    }
    old.proof(proof("a", 60)).await;
    old.state(TaskState::Failed, None).await;
    let knows = begin_with(&journal, large(1)).await;
    knows.partial(0, "upload", 64).await;
    knows.state(TaskState::Interrupted, None).await;
    journal.close().await;
    let later = Setup {
        clock: Clock::new(|| jiff::Timestamp::now().as_millisecond() + 100 * 86_400_000),
        keep: Some(Duration::from_hours(90 * 24)),
        ..Setup::default()
    };
    let journal = open_as(&folder, later).await;
    begin(&journal).await;
    while history(&journal).await.len() > 2 {
        tokio::task::yield_now().await;
    }
    let left: Vec<_> = history(&journal).await.iter().map(|task| task.id).collect();
    assert_eq!(left[1], knows.task());
    let mut evidence = journal.evidence(&there()).await;
    assert!(
        evidence
            .content(&Key::from("a"), &object("e"))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn history_is_searched_by_places_keys_state_and_age() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let first = begin(&journal).await;
    let step = EndedStep {
        seq: 0,
        key: Key::from("raw/Mewtwo_1.png"),
        op: Op::Upload,
        outcome: Outcome::Done {
            bytes: 1,
            proof: None,
        },
    };
    first.ended(&step).await;
    first.state(TaskState::Done, None).await;
    let other = Plan {
        source: Location::Disk("/elsewhere".into()),
        ..plan()
    };
    let second = begin_with(&journal, other).await;
    let found = async |search: Search| {
        let tasks = journal.search(search).await.unwrap();
        tasks.iter().map(|task| task.id).collect::<Vec<_>>()
    };
    let text = |text: &str| Search {
        text: Some(text.to_owned()),
        ..Search::default()
    };
    assert_eq!(found(text("ELSEWHERE")).await, [second.task()]);
    assert_eq!(found(text("mewtwo")).await, [first.task()]);
    let done = Search {
        states: vec![TaskState::Done],
        ..Search::default()
    };
    assert_eq!(found(done).await, [first.task()]);
    let future = Search {
        since: Some(jiff::Timestamp::MAX),
        ..Search::default()
    };
    assert!(found(future).await.is_empty());
    let back = Search {
        between: Some((there().text(), here().text())),
        ..Search::default()
    };
    assert_eq!(found(back).await, [first.task()]);
    let most = Search {
        most: Some(1),
        ..Search::default()
    };
    assert_eq!(found(most).await, [second.task()]);
}

#[tokio::test]
async fn a_journal_of_version_1_becomes_one_of_today_in_its_place() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(file_of(&folder).parent().unwrap()).unwrap();
    let old = Connection::open(file_of(&folder)).unwrap();
    old.execute_batch(include_str!("../schema.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO task (kind, state, source, destination, owner, host, heartbeat, started, planned, planned_bytes)
         VALUES ('sync', 'running', '/a', 's3://b/', 1, 'h', 5, 5, 2, 20);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let journal = open(&folder).await;
    let past = &history(&journal).await[0];
    assert_eq!((past.state, past.planned), (TaskState::Interrupted, 2));
    assert!(!past.can_go_on());
    begin(&journal).await;
    assert_eq!(history(&journal).await.len(), 2);
}

#[tokio::test]
async fn a_damaged_journal_is_put_aside_and_told() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(file_of(&folder).parent().unwrap()).unwrap();
    std::fs::write(file_of(&folder), [b'x'; 8192]).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let complain = move |error: JournalError| tell.send(error.to_string()).unwrap();
    let journal = Journal::open(&file_of(&folder), Setup::default(), complain)
        .await
        .unwrap();
    assert!(told.recv().unwrap().contains("put aside"));
    begin(&journal).await;
    let names = std::fs::read_dir(file_of(&folder).parent().unwrap()).unwrap();
    let aside = |name: &std::ffi::OsStr| name.to_string_lossy().contains(".damaged-");
    assert!(names.flatten().any(|entry| aside(&entry.file_name())));
}
