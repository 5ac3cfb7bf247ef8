//! What proofs become: stronger ones stay, names that vanished go, and what two sides share by their listings is no proof.

use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{begin, file, file_of, here, object, open, open_as, proof, there};
use crate::domain::{
    diff::{Level, Pair, Verdict},
    key::Key,
    plan::{Change, Since},
};
use crate::engine::journal::{Clock, Proof, Setup};

/// The keys of all proofs, each once.
fn keys(folder: &TempDir) -> Vec<String> {
    let other = Connection::open(file_of(folder)).unwrap();
    let mut select = other
        .prepare("SELECT DISTINCT CAST(key AS TEXT) FROM proof ORDER BY 1")
        .unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[tokio::test]
async fn a_recount_takes_the_proofs_of_names_that_neither_side_holds() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let task = begin(&journal).await;
    let earlier = |key: &str| Proof {
        at: Timestamp::now() - 1.second(),
        ..proof(key, 60)
    };
    for number in 0..2_500 {
        task.proof(earlier(&format!("n{number:04}"))).await;
    }
    task.proof(earlier("z")).await;
    let elsewhere = crate::domain::location::Location::parse("s3://other/").unwrap();
    journal
        .keep(&elsewhere, &elsewhere, proof("n0001", 60))
        .await;
    let mut sight = task.sight().unwrap();
    // Every second is still there; what is proven after the listing began is not judged by it.
    let later = Proof {
        at: Timestamp::now() + 1.minute(),
        ..proof("n1000x", 60)
    };
    task.proof(later).await;
    for number in (0..2_500).step_by(2) {
        sight.saw(&Key::from(&*format!("n{number:04}"))).await;
    }
    journal.settle().await.unwrap();
    // A thousand names were told: 1,000 of those up to there, one new one, and all that lie behind, at each place.
    journal.settle().await.unwrap();
    assert_eq!(keys(&folder).len(), 2 * (1_000 + 1 + 501 + 1) + 1);
    sight.over().await;
    journal.settle().await.unwrap();
    let left = keys(&folder);
    let of = |prefix: &str| left.iter().filter(|key| key.starts_with(prefix)).count();
    assert_eq!((of("data/n"), of("/data/n"), of("n")), (1_251, 1_251, 1));
    assert_eq!(of("data/z") + of("/data/z"), 0);
}

#[tokio::test]
async fn what_is_known_better_stays_and_what_is_only_listed_is_no_evidence() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let strong = proof("a", 60);
    journal.keep(&here(), &there(), strong.clone()).await;
    let pair = |source, etag: &str, proof| Pair {
        key: Key::from("a"),
        left: Some(source),
        right: Some(object(etag)),
        verdict: Verdict::Same { proof },
    };
    // The object was written anew: equal by time, and the file is still known by its content.
    let renewed = pair(strong.source.clone(), "new", Level::Time);
    let mut evidence = journal.evidence_of_pairs(&here(), &there()).await;
    let (left, right) = (Change::None, Change::Changed);
    assert_eq!(
        evidence.since(&renewed).await,
        Since::Proven { left, right }
    );
    let common = evidence.common(&renewed, Level::Time).await.unwrap();
    assert_eq!(common.content, strong.content);
    journal.keep(&here(), &there(), common).await;
    let mut evidence = journal.evidence_of_pairs(&here(), &there()).await;
    assert!(evidence.since(&renewed).await.is_unchanged());
    let (mut left, mut right) = (
        journal.evidence(&here()).await,
        journal.evidence(&there()).await,
    );
    let key = Key::from("a");
    let asked = vec![(key.clone(), strong.source.clone())];
    let proven = journal.proven((&here(), &there()), asked).await.unwrap();
    assert_eq!(
        proven[&key].level,
        Level::Time,
        "no proof to remove a source by"
    );
    assert!(left.content(&key, &strong.source).await.is_some());
    assert_eq!(right.content(&key, &object("new")).await, None);
}

#[tokio::test]
async fn pairs_that_were_never_proven_get_a_common_state_and_changes_are_told_from_it() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let source = file(Timestamp::now() - 60.seconds());
    let same = Pair {
        key: Key::from("a"),
        left: Some(source),
        right: Some(object("e")),
        verdict: Verdict::Same { proof: Level::Size },
    };
    let mut evidence = journal.evidence_of_pairs(&here(), &there()).await;
    assert_eq!(evidence.since(&same).await, Since::Never);
    let common = evidence.common(&same, Level::Size).await.unwrap();
    journal.keep(&here(), &there(), common).await;
    let mut evidence = journal.evidence_of_pairs(&here(), &there()).await;
    let gone = Pair {
        right: None,
        ..same
    };
    let (left, right) = (Change::None, Change::Gone);
    assert_eq!(evidence.since(&gone).await, Since::Proven { left, right });
}

#[tokio::test]
async fn proofs_that_nobody_renewed_for_years_go_with_old_tasks() {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder).await;
    let task = begin(&journal).await;
    task.proof(proof("old", 60)).await;
    task.state(crate::domain::progress::TaskState::Failed, None)
        .await;
    journal.close().await;
    let years = 3 * 365 * 86_400_000;
    let later = Setup {
        clock: Clock::new(move || Timestamp::now().as_millisecond() + years),
        keep: Some(std::time::Duration::from_hours(24)),
        ..Setup::default()
    };
    let journal = open_as(&folder, later).await;
    let new = Proof {
        at: Timestamp::now() + (3 * 365 * 24).hours(),
        ..proof("new", 60)
    };
    journal.keep(&here(), &there(), new).await;
    while keys(&folder) != ["/data/new", "data/new"] {
        tokio::task::yield_now().await;
    }
}
