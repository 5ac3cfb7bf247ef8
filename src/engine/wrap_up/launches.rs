//! What the ledger knows of launches: each is written down before anything of it is made, and what came of it after. What a kill
//! left between the two is told by the launch's tag on AWS.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::ledger::{Ledger, now};
use crate::domain::wrap_up::{Target, VOLUMES};
use crate::engine::event::Failed;

/// How long AWS may take to tell everywhere of what it made.
const TIME_TO_TELL: SignedDuration = SignedDuration::from_mins(10);

/// Where launches were asked for, and which were found.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) regions: Vec<Box<str>>,
    pub(super) launches: BTreeSet<Box<str>>,
}

impl Ledger {
    /// Writes down that a launch is about to be; it is on disk when this returns.
    pub(in crate::engine) async fn launching(
        &self,
        launch: &str,
        (region, folder): (&str, &str),
    ) -> Result<(), Failed> {
        let (launch, region, folder) = (launch.to_owned(), region.to_owned(), folder.to_owned());
        self.with(move |connection, run| {
            connection.execute("DELETE FROM ended WHERE run = ?1", [run])?;
            connection
                .execute(
                    "INSERT INTO launch (run, launch, region, folder, intended) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![run, launch, region, folder, now()],
                )
                .map(drop)
        })
        .await
    }

    /// Writes down what came of it: the instance, or why there is none.
    pub(in crate::engine) async fn launched(
        &self,
        launch: &str,
        outcome: Result<&str, &str>,
    ) -> Result<(), Failed> {
        let launch = launch.to_owned();
        let instance = outcome.ok().map(str::to_owned);
        let failed = outcome.err().map(str::to_owned);
        self.with(move |connection, run| {
            connection
                .execute(
                    "UPDATE launch SET settled = ?3, instance = ?4, outcome = ?5 WHERE run = ?1 AND launch = ?2",
                    params![run, launch, now(), instance, failed],
                )
                .map(drop)
        })
        .await
    }

    /// The regions of launches of which nobody knows yet what came of them.
    pub(in crate::engine) async fn in_doubt(&self) -> Result<BTreeSet<Box<str>>, Failed> {
        self.with(move |connection, run| {
            let question = "SELECT DISTINCT region FROM launch WHERE run = ?1 AND settled IS NULL";
            let mut rows = connection.prepare(question)?;
            let regions = rows.query_map([run], |row| row.get::<_, Box<str>>(0))?;
            regions.collect()
        })
        .await
    }

    /// Settles launches by what was found in the regions that were asked: those whose tag was seen, and those of which nothing is
    /// there although AWS has had time to tell. What they made is known by then, and its own costs stand for what was guessed.
    pub(super) async fn settle_launches(&self, asked: Asked) -> Result<(), Failed> {
        let before = (Timestamp::now() - TIME_TO_TELL).to_string();
        self.with(move |connection, run| {
            for launch in &asked.launches {
                let sentence = "UPDATE launch SET settled = ?3 WHERE run = ?1 AND launch = ?2 AND settled IS NULL";
                connection.execute(sentence, params![run, &**launch, now()])?;
            }
            for region in &asked.regions {
                let sentence = "UPDATE launch SET settled = ?4
                                WHERE run = ?1 AND region = ?2 AND settled IS NULL AND intended < ?3";
                connection.execute(sentence, params![run, &**region, before, now()])?;
                let sentence = "DELETE FROM cost WHERE run = ?1 AND kind = ?3
                                AND id IN (SELECT instance FROM launch WHERE run = ?1 AND region = ?2)";
                connection.execute(sentence, params![run, &**region, VOLUMES])?;
            }
            Ok(())
        })
        .await
    }

    /// Notes things that a launch made.
    pub(in crate::engine) async fn note_targets(&self, own: Vec<Target>) -> Result<(), Failed> {
        self.with(move |connection, run| {
            let transaction = connection.unchecked_transaction()?;
            for one in &own {
                transaction.execute(
                    "INSERT OR IGNORE INTO seen (run, kind, id, region, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![run, one.kind.word(), &*one.id, &*one.region, now()],
                )?;
            }
            transaction.commit()
        })
        .await
    }
}
