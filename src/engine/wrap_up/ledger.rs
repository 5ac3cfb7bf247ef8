//! The ledger: a small database beside the journal that knows which things a run made, as far as they were ever seen, and every
//! deletion: its intent before the call, its outcome after. What a kill left between the two is settled at the next start.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tokio::task::spawn_blocking;

use crate::domain::wrap_up::{Alive, Kind, Origin, Resource, Target};

use crate::engine::event::{Failed, FailedClass};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS seen (
    run TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (run, kind, id)
) STRICT;
CREATE TABLE IF NOT EXISTS deletion (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL,
    intended TEXT NOT NULL, settled TEXT, outcome TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS launch (
    run TEXT NOT NULL, launch TEXT NOT NULL, region TEXT NOT NULL, folder TEXT NOT NULL, intended TEXT NOT NULL,
    settled TEXT, instance TEXT, outcome TEXT, PRIMARY KEY (run, launch)
) STRICT;
CREATE TABLE IF NOT EXISTS cost (
    run TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, price REAL NOT NULL, estimate INTEGER NOT NULL, until TEXT,
    at TEXT NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY (run, kind, id)
) STRICT;
CREATE TABLE IF NOT EXISTS machine (
    run TEXT NOT NULL, launch TEXT NOT NULL, kind TEXT NOT NULL, spot INTEGER NOT NULL, PRIMARY KEY (run, launch)
) STRICT;
CREATE TABLE IF NOT EXISTS ended (run TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
";

/// How long one process waits for another's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ledger of one run; without a state folder nothing is remembered, and nothing may be deleted.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Ledger {
    connection: Option<Arc<Mutex<Connection>>>,
    run: Arc<str>,
}

impl Ledger {
    /// Opens it beside the journal.
    /// Runs of one name in two accounts are two runs.
    pub(in crate::engine) async fn open(
        journal: Option<&Path>,
        (account, run): (&str, &str),
    ) -> Result<Self, Failed> {
        let run: Arc<str> = format!("{account}/{run}").into();
        let Some(path) = journal.map(|journal| journal.with_file_name("ledger.sqlite")) else {
            let connection = None;
            return Ok(Self { connection, run });
        };
        let opened = spawn_blocking(move || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let connection = Connection::open(&path).map_err(std::io::Error::other)?;
            let made = connection
                .busy_timeout(PATIENCE)
                .and_then(|()| connection.execute_batch(SCHEMA))
                .and_then(|()| connection.execute_batch(super::spans::SCHEMA));
            made.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(connection)
        });
        let connection = match opened.await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(broken(&error)),
            Err(error) => return Err(broken(&error)),
        };
        Ok(Self {
            connection: Some(Arc::new(Mutex::new(connection))),
            run,
        })
    }

    /// Whether anything is remembered.
    pub(in crate::engine) fn remembers(&self) -> bool {
        self.connection.is_some()
    }

    /// What was ever seen of the run.
    pub(in crate::engine) async fn seen(&self) -> Result<BTreeSet<Target>, Failed> {
        self.targets("SELECT kind, id, region FROM seen WHERE run = ?1")
            .await
    }

    /// Notes what the run has now.
    pub(in crate::engine) async fn note(&self, resources: &[Resource]) -> Result<(), Failed> {
        let own = resources.iter();
        // What is stored is what a run was for: no start reminds of it.
        let own = own.filter(|one| one.origin == Origin::ThisRun && one.kind != Kind::Storage);
        let own: Vec<Target> = own.map(Resource::target).collect();
        self.note_targets(own).await
    }

    /// Writes down that something is about to be deleted; it is on disk when this returns.
    pub(in crate::engine) async fn intend(&self, target: &Target) -> Result<(), Failed> {
        let target = target.clone();
        self.with(move |connection, run| {
            connection
                .execute(
                    "INSERT INTO deletion (run, kind, id, region, intended) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![run, target.kind.word(), &*target.id, &*target.region, now()],
                )
                .map(drop)
        })
        .await
    }

    /// Writes down what became of it.
    pub(in crate::engine) async fn settle(
        &self,
        target: &Target,
        outcome: &str,
    ) -> Result<(), Failed> {
        let (target, outcome) = (target.clone(), outcome.to_owned());
        self.with(move |connection, run| {
            connection
                .execute(
                    "UPDATE deletion SET settled = ?4, outcome = ?5
                     WHERE run = ?1 AND kind = ?2 AND id = ?3 AND settled IS NULL",
                    params![run, target.kind.word(), &*target.id, now(), outcome],
                )
                .and_then(|_| {
                    connection.execute(
                        "UPDATE cost SET gone = 1 WHERE run = ?1 AND id = ?2 AND ?3 = 'gone'",
                        params![run, &*target.id, outcome],
                    )
                })
                .map(drop)
        })
        .await
    }

    /// Settles what a kill left in doubt, by what is there now; what was not looked for stays in doubt.
    pub(in crate::engine) async fn settle_all(
        &self,
        alive: &Alive,
        looked_for: impl Fn(&Target) -> bool,
    ) -> Result<Vec<(Target, bool)>, Failed> {
        let open = "SELECT kind, id, region FROM deletion WHERE run = ?1 AND settled IS NULL";
        let mut settled = Vec::new();
        for target in self.targets(open).await?.into_iter().filter(looked_for) {
            let gone = !alive.has(target.kind, &target.id);
            let outcome = if gone { "gone" } else { "still there" };
            self.settle(&target, outcome).await?;
            settled.push((target, gone));
        }
        Ok(settled)
    }

    /// The things that a question about this run finds, each once.
    async fn targets(&self, question: &'static str) -> Result<BTreeSet<Target>, Failed> {
        self.with(move |connection, run| {
            let mut rows = connection.prepare(question)?;
            let rows = rows.query_map([run], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            })?;
            let mut targets = BTreeSet::new();
            for row in rows {
                let (kind, id, region) = row?;
                targets.extend(Kind::of(&kind).map(|kind| Target {
                    kind,
                    id: id.into(),
                    region: region.into(),
                }));
            }
            Ok(targets)
        })
        .await
    }

    /// Does something with the database, beside the runtime's threads; nothing where there is none.
    pub(super) async fn with<T: Default + Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failed> {
        let Some(connection) = self.connection.clone() else {
            return Ok(T::default());
        };
        let run = Arc::clone(&self.run);
        let worked = spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection, &run)
        });
        match worked.await {
            Ok(Ok(told)) => Ok(told),
            Ok(Err(error)) => Err(broken(&error)),
            Err(error) => Err(broken(&error)),
        }
    }
}

/// The time, as the ledger writes it.
pub(super) fn now() -> String {
    Timestamp::now().to_string()
}

fn broken(error: &dyn std::error::Error) -> Failed {
    Failed {
        class: FailedClass::Broken,
        help: Some("set WHARF_STATE to a folder that can be written to".to_owned()),
        ..Failed::usage(format!("the ledger cannot be used: {error}"))
    }
}
