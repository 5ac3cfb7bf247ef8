//! The two ends of a question, opened: where each is, which store stands there, and which keys take part. What a person typed
//! is settled here once: a single file or object, a destination that is its exact name, keys that were marked.

use std::path::Path;

use crate::backend::{
    Error, RequestCounter, Sessions, Store,
    store::{ListQuery, Pages, Prune},
};
use crate::domain::{
    key::Key,
    location::{Location, Prefix, Remote},
    plan::{Plan, Symlinks, SyncOptions},
};

use super::only::Only;

/// One end.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where it is.
    pub(super) location: Location,
    /// The same place as the journal files it: two endpoints under one remote's name are two places.
    pub(super) filed: Location,
    /// What stands there.
    pub(super) store: Store,
    /// A folder that is not there counts as empty: right for a destination.
    pub(super) may_be_missing: bool,
}

/// Both ends, and which keys take part.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    /// The left one, or the source.
    pub(super) left: Place,
    /// The right one, or the destination.
    pub(super) right: Place,
    /// Which keys take part.
    pub(super) only: Only,
}

impl Place {
    /// The same place, whose requests count into `counter` too.
    pub(super) fn counted(&self, counter: &RequestCounter) -> Self {
        Self {
            store: self.store.with_counter(counter.clone()),
            ..self.clone()
        }
    }

    async fn open(sessions: &Sessions, location: &Location) -> Result<Self, Error> {
        Ok(Self {
            store: sessions.store(location).await?,
            filed: filed(sessions, location).await?,
            location: location.clone(),
            may_be_missing: false,
        })
    }

    async fn exact(sessions: &Sessions, location: &Location, name: &Key) -> Result<Self, Error> {
        // One entry under a name of its own is filed as what it is: an entry of the folder above, if the names agree.
        let above = location
            .parent()
            .filter(|_| location.base_name().as_ref() == Some(name));
        Ok(Self {
            store: sessions.exact(location, name)?,
            filed: filed(sessions, above.as_ref().unwrap_or(location)).await?,
            location: location.clone(),
            may_be_missing: true,
        })
    }

    /// Whether a single source goes inside this destination instead of becoming it: where it ends with a slash, or is a folder
    /// that exists. One level of a listing tells that, never a HEAD.
    async fn takes_in(&self) -> Result<bool, Error> {
        if names_folder(&self.location) {
            return Ok(true);
        }
        match &self.location {
            Location::Disk(path) => Ok(is_dir(path).await),
            Location::S3(_) => {
                let query = ListQuery {
                    shallow: true,
                    ..ListQuery::default()
                };
                let page = self.store.pages(query).next().await.unwrap_or_default();
                Ok(!page.entries.is_empty() && self.store.single().await?.is_none())
            }
            Location::Buckets(_) | Location::Manifest(_) => Ok(true),
        }
    }

    /// The same place, named as the folder that it is.
    fn into_folder(mut self) -> Self {
        self.location = match self.location {
            Location::Disk(path) => Location::Disk(path.join("")),
            Location::S3(prefix) => Location::S3(Prefix {
                path: prefix.folder().into(),
                ..prefix
            }),
            other @ (Location::Buckets(_) | Location::Manifest(_)) => other,
        };
        self
    }
}

/// The location with its endpoint in the remote's name, where it is not AWS's own.
async fn filed(sessions: &Sessions, location: &Location) -> Result<Location, Error> {
    let Some(prefix) = location.s3() else {
        return Ok(location.clone());
    };
    let Some(endpoint) = sessions.reach(&prefix.remote).await?.endpoint else {
        return Ok(location.clone());
    };
    let name = prefix.remote.name().unwrap_or_default();
    Ok(location
        .clone()
        .with_remote(Remote::named(&format!("{name}@{endpoint}"))))
}

/// Whether a slash at its end says that this is a folder.
fn names_folder(location: &Location) -> bool {
    match location {
        Location::Disk(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/"),
        Location::S3(prefix) => prefix.path.is_empty() || prefix.path.ends_with('/'),
        Location::Buckets(_) | Location::Manifest(_) => true,
    }
}

async fn is_dir(path: &Path) -> bool {
    tokio::fs::metadata(path)
        .await
        .is_ok_and(|meta| meta.is_dir())
}

impl Ends {
    /// Opens two places to be compared: two single entries are compared whatever their names are.
    pub(super) async fn of_comparison(
        sessions: &Sessions,
        left: &Location,
        right: &Location,
    ) -> Result<Self, Error> {
        let mut ends = Self {
            left: Place::open(sessions, left).await?,
            right: Place::open(sessions, right).await?,
            only: Only::default(),
        };
        let Some(name) = ends.left.store.single().await? else {
            return Ok(ends);
        };
        ends.left = Place::exact(sessions, left, &name).await?;
        if ends.right.store.single().await?.is_some() {
            ends.right = Place::exact(sessions, right, &name).await?;
        }
        ends.only = Only::new(&[name]);
        Ok(ends)
    }

    /// Opens a source and a destination. A single source goes into a destination that ends with a slash or is a folder,
    /// and else becomes exactly it; nothing beside it takes part.
    pub(super) async fn of_sync(
        sessions: &Sessions,
        ends: (&Location, &Location),
        only: &[Key],
    ) -> Result<Self, Error> {
        let (source, destination) = ends;
        let mut ends = Self {
            left: Place::open(sessions, source).await?,
            right: Place::open(sessions, destination).await?,
            only: Only::new(only),
        };
        ends.right.may_be_missing = true;
        if !only.is_empty() {
            return Ok(ends);
        }
        if let Some(name) = ends.left.store.single().await? {
            ends.left = Place::exact(sessions, source, &name).await?;
            ends.right = if ends.right.takes_in().await? {
                ends.right.into_folder()
            } else {
                Place::exact(sessions, destination, &name).await?
            };
            ends.only = Only::new(&[name]);
        }
        Ok(ends)
    }

    /// Opens the ends of a plan as they were when it was made.
    pub(super) async fn of_plan(sessions: &Sessions, plan: &Plan) -> Result<Self, Error> {
        let (source, destination) = (&plan.source, &plan.destination);
        let mut ends = Self {
            left: Place::open(sessions, source).await?,
            right: Place::open(sessions, destination).await?,
            only: Only::new(&plan.only),
        };
        ends.right.may_be_missing = true;
        let single = match plan.only.as_slice() {
            [name] if !name.is_folder() && source.base_name().as_ref() == Some(name) => Some(name),
            _ => None,
        };
        if let Some(name) = single
            && ends.left.store.single().await?.as_ref() == Some(name)
        {
            ends.left = Place::exact(sessions, source, name).await?;
            if !names_folder(destination) {
                ends.right = Place::exact(sessions, destination, name).await?;
            }
        }
        Ok(ends)
    }

    /// Where exactly the single source of these ends goes; `None` where it is no single one.
    pub(super) fn single_target(&self) -> Option<Location> {
        let mut keys = self.only.keys();
        let (name, None) = (keys.next()?, keys.next()) else {
            return None;
        };
        if self.left.location.base_name().as_ref() != Some(name) {
            return None;
        }
        if names_folder(&self.right.location) {
            return self.right.location.child(name).ok();
        }
        Some(self.right.location.clone())
    }

    /// What a scan of one end reads.
    pub(super) fn query(&self, place: &Place, options: &SyncOptions) -> ListQuery {
        let (start_after, end) = self.only.bounds();
        ListQuery {
            start_after,
            end,
            follow_links: options.symlinks == Symlinks::Follow,
            missing_is_empty: place.may_be_missing,
            prune: Prune::of(&options.filter),
            ..ListQuery::default()
        }
    }
}
