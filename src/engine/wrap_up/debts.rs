//! The costs of runs in the ledger: noted at each look, read at each start. Reading asks nobody and changes nothing.

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row, params};

use super::ledger::{Ledger, now};
use crate::domain::{
    cloud::Price,
    wrap_up::{Account, Kind, Origin, Owed, Resource},
};
use crate::engine::event::Failed;

/// Something of a run that costs from its launch on.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Cost {
    pub(in crate::engine) kind: &'static str,
    pub(in crate::engine) id: Box<str>,
    pub(in crate::engine) price: Price,
    pub(in crate::engine) until: Option<Timestamp>,
}

/// Whether a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nobody says so.
    Not,
    /// Nothing of it was found to run.
    Found,
    /// Its launch told that, and when.
    Told(Timestamp),
}

impl Ledger {
    /// Notes what the run's things cost, and which of them are gone, and whether it is over.
    pub(super) async fn note_costs(
        &self,
        resources: &[Resource],
        ended: Ended,
    ) -> Result<(), Failed> {
        let owes = |one: &&Resource| one.origin == Origin::ThisRun && one.kind != Kind::Storage;
        let own = resources.iter().filter(owes);
        let own: Vec<Cost> = own
            .map(|one| Cost {
                kind: one.kind.word(),
                id: one.id.clone(),
                price: one.price,
                until: None,
            })
            .collect();
        let gone = resources.iter().filter(|one| one.origin == Origin::Gone);
        let gone: Vec<Box<str>> = gone.map(|one| one.id.clone()).collect();
        self.note_cost(own).await?;
        self.with(move |connection, run| {
            for id in &gone {
                connection.execute(
                    "UPDATE cost SET gone = 1 WHERE run = ?1 AND id = ?2",
                    params![run, &**id],
                )?;
            }
            match ended {
                // What it told itself is better than when that was looked for.
                Ended::Told(told) => {
                    let sentence = "INSERT OR REPLACE INTO ended (run, at) VALUES (?1, ?2)";
                    connection.execute(sentence, params![run, told.to_string()])?;
                }
                Ended::Found => {
                    let sentence = "INSERT OR IGNORE INTO ended (run, at) VALUES (?1, ?2)";
                    connection.execute(sentence, params![run, now()])?;
                }
                Ended::Not => {}
            }
            Ok(())
        })
        .await
    }

    /// Notes what things cost.
    pub(in crate::engine) async fn note_cost(&self, own: Vec<Cost>) -> Result<(), Failed> {
        self.with(move |connection, run| {
            let transaction = connection.unchecked_transaction()?;
            for one in &own {
                transaction.execute(
                    // A price that is not known leaves the one that was.
                    "INSERT INTO cost (run, kind, id, price, estimate, until, at, gone)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
                     ON CONFLICT (run, kind, id) DO UPDATE SET until = excluded.until, at = excluded.at, gone = 0,
                         price = CASE WHEN excluded.estimate AND excluded.price = 0 THEN price ELSE excluded.price END,
                         estimate = excluded.estimate",
                    params![
                        run,
                        one.kind,
                        &*one.id,
                        one.price.amount,
                        one.price.estimate,
                        one.until.map(|until| until.to_string()),
                        now()
                    ],
                )?;
            }
            transaction.commit()
        })
        .await
    }
}

/// What the ledger beside a journal knows of all runs; nothing where there is none, or none that can be read.
pub fn accounts(journal: &Path) -> Vec<Account> {
    let path = journal.with_file_name("ledger.sqlite");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags);
    // No run was ever launched or wrapped up here, or another version wrote it: a start is no place to complain.
    let read = opened.and_then(|connection| read(&connection));
    read.inspect_err(|error| tracing::debug!(%error, "no ledger to read"))
        .unwrap_or_default()
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<Account>> {
    let mut all: BTreeMap<String, Account> = BTreeMap::new();
    let mut rows =
        connection.prepare("SELECT run, price, estimate, until, at FROM cost WHERE gone = 0")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let run: String = row.get(0)?;
        let owed = Owed {
            price: Price {
                amount: row.get(1)?,
                estimate: row.get(2)?,
            },
            until: time(row, 3)?,
            seen: time(row, 4)?.unwrap_or_default(),
        };
        of(&mut all, &run).owed.push(owed);
    }
    let mut rows = connection.prepare(
        "SELECT run, max(intended), max(CASE WHEN settled IS NULL THEN intended END) FROM launch GROUP BY run",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let run: String = row.get(0)?;
        let account = of(&mut all, &run);
        account.launched = time(row, 1)?;
        account.in_doubt = time(row, 2)?;
    }
    let mut rows = connection
        .prepare("SELECT run, max(intended) FROM deletion WHERE settled IS NULL GROUP BY run")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let run: String = row.get(0)?;
        of(&mut all, &run).deleting = time(row, 1)?;
    }
    let mut rows = connection.prepare("SELECT run, at FROM ended")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let run: String = row.get(0)?;
        let account = of(&mut all, &run);
        // A later launch has begun it anew.
        account.ended = time(row, 1)?.filter(|at| account.launched.is_none_or(|began| began < *at));
    }
    Ok(all.into_values().collect())
}

/// The account of a run; the ledger writes its AWS account before its name.
fn of<'a>(all: &'a mut BTreeMap<String, Account>, run: &str) -> &'a mut Account {
    all.entry(run.to_owned()).or_insert_with(|| Account {
        run: run.split_once('/').map_or(run, |(_, name)| name).into(),
        ..Account::default()
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| text.parse().ok()))
}
