//! The newest launch of a run: its folder in S3 with its status object, and what the ledger and AWS know of its instance.

use rusqlite::params;

use super::{WrapAsk, ledger::Ledger, look::Look, outputs};
use crate::backend::Error;
use crate::domain::{
    cloud::{Instance, Lifecycle, Trouble},
    key::Key,
    launch::Status,
    location::Location,
    retry::FailureKind,
    wrap_up::Launched,
};
use crate::engine::{
    cloud::{patient, trouble},
    event::Failed,
    room::Room,
};

/// A launch as the ledger knows it.
#[derive(Debug, Default)]
struct Written {
    launch: Box<str>,
    instance: Option<Box<str>>,
    /// Whether it came to something, or nobody knows.
    stands: bool,
    kind: Option<Box<str>>,
    spot: Option<bool>,
}

impl Ledger {
    /// Writes down what a launch runs on: AWS forgets it soon after its end.
    pub(in crate::engine) async fn launched_as(
        &self,
        launch: &str,
        instance: &Instance,
    ) -> Result<(), Failed> {
        let (launch, kind) = (launch.to_owned(), instance.kind.clone());
        let spot = instance.lifecycle == Lifecycle::Spot;
        self.with(move |connection, run| {
            let sentence =
                "INSERT OR REPLACE INTO machine (run, launch, kind, spot) VALUES (?1, ?2, ?3, ?4)";
            connection
                .execute(sentence, params![run, launch, kind, spot])
                .map(drop)
        })
        .await
    }

    /// The launches of the run, the newest first.
    async fn launches(&self) -> Result<Vec<Written>, Failed> {
        self.with(|connection, run| {
            let mut rows = connection.prepare(
                "SELECT launch, instance, instance IS NOT NULL OR settled IS NULL, kind, spot
                 FROM launch LEFT JOIN machine USING (run, launch) WHERE run = ?1 ORDER BY launch DESC",
            )?;
            let rows = rows.query_map([run], |row| {
                Ok(Written {
                    launch: row.get(0)?,
                    instance: row.get(1)?,
                    stands: row.get(2)?,
                    kind: row.get(3)?,
                    spot: row.get(4)?,
                })
            })?;
            rows.collect()
        })
        .await
    }
}

/// The newest launch; `None` where nobody knows of any. What cannot be read in S3 is told.
pub(super) async fn launched(
    room: &Room,
    (ask, look, ledger): (&WrapAsk, &Look<'_>, &Ledger),
    troubles: &mut Vec<Trouble>,
) -> Result<Option<Launched>, Failed> {
    let told = match &ask.folder {
        Some(folder) => match told(room, folder).await {
            Ok(told) => told,
            Err(error) if error.failure_kind() == FailureKind::NotFound => None,
            Err(error) => {
                troubles.push(trouble("", &error));
                None
            }
        },
        None => None,
    };
    let written = ledger.launches().await?;
    let newest = written.iter().find(|one| one.stands);
    let (name, status) = match (told, newest) {
        (Some((name, status)), newest) if newest.is_none_or(|one| *one.launch <= *name) => {
            (name, status)
        }
        (_, Some(newest)) => (newest.launch.clone(), None),
        (Some(_) | None, None) => return Ok(None),
    };
    let known = written.into_iter().find(|one| one.launch == name);
    let known = known.unwrap_or_default();
    let told = status
        .as_ref()
        .and_then(|status| status.instance.as_deref());
    let instance = told.map(Box::from).or(known.instance);
    let seen = look.of_launch(&name, instance.as_deref());
    Ok(Some(Launched {
        kind: seen.map(|one| one.kind.clone()).or(known.kind),
        spot: seen
            .map(|one| one.lifecycle == Lifecycle::Spot)
            .or(known.spot),
        instance: instance.or_else(|| seen.map(|one| one.id.clone())),
        name,
        status,
    }))
}

/// The name of the newest launch that left a folder, and what it told last.
async fn told(room: &Room, folder: &Location) -> Result<Option<(Box<str>, Option<Status>)>, Error> {
    let home = room.sessions.store(folder).await?;
    let Some(launch) = patient(|| outputs::newest(&home)).await? else {
        return Ok(None);
    };
    let name: Box<str> = launch.printable().trim_end_matches('/').into();
    let key = Key::new([launch.as_bytes(), b"status.json"].concat());
    let status = patient(|| outputs::status(&home, &key)).await?;
    Ok(Some((name, status)))
}
