//! The two ends of a question, opened: where each is, which store stands there, and which keys take part. What a person typed
//! is settled here once: a single file or object, a destination that is its exact name, keys that were marked.

use std::{path::Path, sync::Arc};

use crate::backend::{
    CustomerKey, Error, RequestCounter, Sessions, Store,
    store::{ListQuery, Pages, Prune},
};
use crate::domain::{
    diff::Side,
    gzip,
    key::Key,
    location::{Location, Prefix, Remote},
    plan::{Plan, Symlinks, SyncOptions},
    retry::FailureKind,
    sse::KeySource,
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

    async fn open(sessions: &Sessions, location: &Location, form: &Form) -> Result<Self, Error> {
        Ok(Self {
            store: form.of(sessions.store(location).await?),
            filed: filed(sessions, location).await?,
            location: location.clone(),
            may_be_missing: false,
        })
    }

    async fn exact(
        sessions: &Sessions,
        location: &Location,
        (name, form): (&Key, &Form),
    ) -> Result<Self, Error> {
        // One entry under a name of its own is filed as what it is: an entry of the folder above, if the names agree.
        let above = location
            .parent()
            .filter(|_| location.base_name().as_ref() == Some(name));
        Ok(Self {
            store: form.of_exact(sessions.exact(location, name)?),
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

/// The source's store, listed by an inventory where the options name one.
async fn listed(sessions: &Sessions, place: Place, options: &SyncOptions) -> Result<Place, Error> {
    let Some(listing) = &options.listing else {
        return Ok(place);
    };
    let inventory = sessions.store(listing).await?;
    Ok(Place {
        store: place.store.listed_by(&inventory),
        ..place
    })
}

/// How contents are stored at one end, as the options say.
#[derive(Debug, Clone, Default)]
struct Form {
    gzip: bool,
    links: bool,
    key: Option<CustomerKey>,
}

impl Form {
    /// The forms of both ends; a customer's key is read here, and nowhere else.
    async fn of_both(
        sessions: &Sessions,
        ends: (&Location, &Location),
        options: &SyncOptions,
    ) -> Result<[Self; 2], Error> {
        let (left, right) = ends;
        let copies = left.s3().is_some() && right.s3().is_some();
        let left_sse = if copies {
            &options.source_sse
        } else {
            &options.sse
        };
        let originals = options.originals(left, right);
        let form = async |side: Side, sse: &Option<Arc<str>>| {
            let place = match side {
                Side::Left => left,
                Side::Right => right,
            };
            let source = sse.as_deref().and_then(KeySource::of);
            let key = match (place.s3(), source) {
                (Some(prefix), Some(source)) => Some(key(sessions, prefix, &source).await?),
                _ => None,
            };
            let gzip = originals == Some(side);
            // A link has no name as a stream: beside streams links stay what they are.
            let links = options.symlinks == Symlinks::Store && originals.is_none();
            Ok::<Self, Error>(Self { gzip, links, key })
        };
        Ok([
            form(Side::Left, left_sse).await?,
            form(Side::Right, &options.sse).await?,
        ])
    }

    /// The store as contents are stored there.
    fn of(&self, store: Store) -> Store {
        let store = match (self.gzip, self.links) {
            (true, _) => store.gzipped(),
            (false, true) => store.with_links(),
            (false, false) => store,
        };
        self.of_exact(store)
    }

    /// The same for a single entry, which is known by one name whatever it is.
    fn of_exact(&self, store: Store) -> Store {
        match &self.key {
            Some(key) => store.with_customer_key(key.clone()),
            None => store,
        }
    }
}

/// The customer's key from its source; refused where it would cross a network in the clear.
async fn key(
    sessions: &Sessions,
    prefix: &Prefix,
    source: &KeySource,
) -> Result<CustomerKey, Error> {
    if sessions.reach(&prefix.remote).await?.exposed {
        let reason = "a customer's key is not sent over plain HTTP, where anybody on the way could read it: use an https endpoint";
        let place = Location::S3(prefix.clone()).to_string();
        return Err(Error::new("open", place, FailureKind::Refused, reason));
    }
    CustomerKey::load(source).await
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

/// Whether the single entry at this location bears this name: its own, or that of its gzip stream.
fn is_named(location: &Location, name: &Key, gzips: bool) -> bool {
    let own = location.base_name();
    let plain = gzip::plain(name).filter(|_| gzips);
    own.is_some() && (own.as_ref() == Some(name) || own == plain)
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
        (left, right): (&Location, &Location),
        options: &SyncOptions,
    ) -> Result<Self, Error> {
        let forms = Form::of_both(sessions, (left, right), options).await?;
        let mut ends = Self {
            left: Place::open(sessions, left, &forms[0]).await?,
            right: Place::open(sessions, right, &forms[1]).await?,
            only: Only::default(),
        };
        let Some(name) = ends.left.store.single().await? else {
            return Ok(ends);
        };
        ends.left = Place::exact(sessions, left, (&name, &forms[0])).await?;
        if ends.right.store.single().await?.is_some() {
            ends.right = Place::exact(sessions, right, (&name, &forms[1])).await?;
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
        options: &SyncOptions,
    ) -> Result<Self, Error> {
        let (source, destination) = ends;
        let forms = Form::of_both(sessions, ends, options).await?;
        let left = Place::open(sessions, source, &forms[0]).await?;
        let mut ends = Self {
            left: listed(sessions, left, options).await?,
            right: Place::open(sessions, destination, &forms[1]).await?,
            only: Only::new(only),
        };
        ends.right.may_be_missing = true;
        if !only.is_empty() {
            return Ok(ends);
        }
        if let Some(name) = ends.left.store.single().await? {
            ends.left = Place::exact(sessions, source, (&name, &forms[0])).await?;
            ends.right = if ends.right.takes_in().await? {
                ends.right.into_folder()
            } else {
                Place::exact(sessions, destination, (&name, &forms[1])).await?
            };
            ends.only = Only::new(&[name]);
        }
        Ok(ends)
    }

    /// Opens the ends of a plan as they were when it was made.
    pub(super) async fn of_plan(sessions: &Sessions, plan: &Plan) -> Result<Self, Error> {
        let (source, destination) = (&plan.source, &plan.destination);
        let forms = Form::of_both(sessions, (source, destination), &plan.options).await?;
        let left = Place::open(sessions, source, &forms[0]).await?;
        let mut ends = Self {
            left: listed(sessions, left, &plan.options).await?,
            right: Place::open(sessions, destination, &forms[1]).await?,
            only: Only::new(&plan.only),
        };
        ends.right.may_be_missing = true;
        let single = match plan.only.as_slice() {
            [name] if !name.is_folder() && is_named(source, name, plan.gzips()) => Some(name),
            _ => None,
        };
        if let Some(name) = single
            && ends.left.store.single().await?.as_ref() == Some(name)
        {
            ends.left = Place::exact(sessions, source, (name, &forms[0])).await?;
            if !names_folder(destination) {
                ends.right = Place::exact(sessions, destination, (name, &forms[1])).await?;
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
