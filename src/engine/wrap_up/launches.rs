//! What the ledger knows of launches: each is written down before anything of it is made, and what came of it after. What a kill
//! left between the two is told by the launch's tag on AWS.

use jiff::Timestamp;
use rusqlite::params;

use super::ledger::Ledger;
use crate::domain::wrap_up::Target;
use crate::engine::event::Failed;

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

fn now() -> String {
    Timestamp::now().to_string()
}
