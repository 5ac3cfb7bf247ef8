//! What the things of a run cost when, in the ledger: written at each launch, look and deletion, so that a report can tell what a
//! run came to when nothing of it is there any more.

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::ledger::Ledger;
use crate::domain::{
    cloud::{Instance, Price},
    wrap_up::{Kind, Spent, Stretch, VOLUMES},
};
use crate::engine::event::Failed;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS span (
    run TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, about TEXT NOT NULL,
    goes_with TEXT, since TEXT NOT NULL, until TEXT, price REAL NOT NULL, estimate INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS span_by_run ON span (run, kind, id, since);
";

impl Ledger {
    /// Reckons with what the ledger knows of the run, and writes down what comes of it; that is returned.
    pub(in crate::engine) async fn reckon(
        &self,
        change: impl FnOnce(&mut Vec<Spent>) + Send + 'static,
    ) -> Result<Vec<Spent>, Failed> {
        if !self.remembers() {
            let mut all = Vec::new();
            change(&mut all);
            return Ok(all);
        }
        self.with(move |connection, run| {
            // Another process may reckon too: what is read here must be what is written over.
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let mut all = read(&transaction, run)?;
            change(&mut all);
            write(&transaction, (run, &all))?;
            transaction.commit()?;
            Ok(all)
        })
        .await
    }

    /// Notes what an instance costs with its volumes from its launch on, before AWS has told their ids.
    pub(in crate::engine) async fn begins_to_cost(
        &self,
        instance: &Instance,
        (own, volumes): (Price, Price),
    ) -> Result<(), Failed> {
        let spent = |kind: &str, about: &str, price| Spent {
            kind: kind.into(),
            id: instance.id.clone(),
            region: instance.region.clone(),
            about: about.into(),
            stretches: vec![Stretch {
                since: Timestamp::now(),
                until: None,
                price,
            }],
            ..Spent::default()
        };
        let both = [
            spent(Kind::Instance.word(), &instance.kind, own),
            spent(VOLUMES, "as the launch asked for them", volumes),
        ];
        self.reckon(move |all| all.extend(both)).await.map(drop)
    }
}

fn read(connection: &Connection, run: &str) -> rusqlite::Result<Vec<Spent>> {
    let question =
        "SELECT kind, id, region, name, about, goes_with, since, until, price, estimate FROM span
                    WHERE run = ?1 ORDER BY kind, id, since";
    let mut rows = connection.prepare(question)?;
    let mut rows = rows.query([run])?;
    let mut all: Vec<Spent> = Vec::new();
    while let Some(row) = rows.next()? {
        let one = Spent {
            kind: row.get(0)?,
            id: row.get(1)?,
            region: row.get(2)?,
            name: row.get(3)?,
            about: row.get(4)?,
            with: row.get(5)?,
            stretches: Vec::new(),
        };
        let is_new = all
            .last()
            .is_none_or(|last| (&last.kind, &last.id) != (&one.kind, &one.id));
        if is_new {
            all.push(one);
        }
        let stretch = stretch(row)?;
        if let Some(last) = all.last_mut() {
            last.stretches.extend(stretch);
        }
    }
    Ok(all)
}

/// `None` where its beginning is no time.
fn stretch(row: &Row<'_>) -> rusqlite::Result<Option<Stretch>> {
    let time = |column| {
        let text: Option<String> = row.get(column)?;
        Ok::<_, rusqlite::Error>(text.and_then(|text| text.parse().ok()))
    };
    let price = Price {
        amount: row.get(8)?,
        estimate: row.get(9)?,
    };
    let (since, until) = (time(6)?, time(7)?);
    Ok(since.map(|since| Stretch {
        since,
        until,
        price,
    }))
}

fn write(connection: &Connection, (run, all): (&str, &[Spent])) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM span WHERE run = ?1", [run])?;
    let mut row = connection.prepare(
        "INSERT INTO span (run, kind, id, region, name, about, goes_with, since, until, price, estimate)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for one in all {
        for stretch in &one.stretches {
            row.execute(params![
                run,
                one.kind,
                one.id,
                one.region,
                one.name,
                one.about,
                one.with,
                stretch.since.to_string(),
                stretch.until.map(|until| until.to_string()),
                stretch.price.amount,
                stretch.price.estimate
            ])?;
        }
    }
    Ok(())
}
