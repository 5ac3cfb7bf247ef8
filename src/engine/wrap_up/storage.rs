//! What S3 keeps of a run, and what was never finished there: the places of its outputs and its folder are listed once, their
//! unfinished uploads at each look. Uploads can be ended; what is stored stays, for it may be all that there is.

use std::collections::BTreeMap;

use crate::backend::{
    Error, Store,
    s3::S3,
    store::{ListQuery, Upload},
};
use crate::domain::{
    bucket::Holds,
    cloud::Trouble,
    entry::{End, Tally},
    estimate::Prices,
    location::Location,
    retry::FailureKind,
    wrap_up::{Pending, Stored},
};

use super::{Made, WrapAsk};
use crate::engine::{
    cloud::{patient, trouble},
    look::by_class,
    room::Room,
    scan::{Scan, vanished},
};

/// Uploads of one place whose parts are counted; of more only the number is told.
const COUNTED: usize = 50;

/// The places of a run in S3.
pub(super) struct Storage {
    places: Vec<Place>,
    /// What is stored there, once it was listed.
    stored: Option<Vec<Stored>>,
}

struct Place {
    location: Location,
    store: Store,
    region: Box<str>,
}

impl Storage {
    /// The places of a run's outputs and its folder, each once; nothing is listed yet.
    pub(super) async fn of(room: &Room, ask: &WrapAsk, troubles: &mut Vec<Trouble>) -> Self {
        let mut places: Vec<Place> = Vec::new();
        for location in locations(ask) {
            match place(room, &location).await {
                Ok(place) => places.push(place),
                Err(error) => troubles.push(trouble("", &error)),
            }
        }
        Self {
            places,
            stored: None,
        }
    }

    /// What is stored, as the first look found it; a listing that breaks off is told, and what it told counts.
    pub(super) async fn stored(&mut self, troubles: &mut Vec<Trouble>) -> Vec<Stored> {
        if let Some(stored) = &self.stored {
            return stored.clone();
        }
        let mut all = Vec::new();
        for place in &self.places {
            let (holds, broken) = holds(place).await;
            troubles.extend(broken);
            all.push(Stored {
                place: place.location.clone(),
                region: place.region.clone(),
                holds,
            });
        }
        self.stored = Some(all.clone());
        all
    }

    /// The unfinished uploads of each place, or why they are not told.
    pub(super) async fn pending(&self) -> Vec<(Box<str>, Result<Vec<Pending>, Error>)> {
        let mut all = Vec::new();
        for place in &self.places {
            let told = match &place.store {
                Store::S3(s3) => pending(place, s3).await,
                Store::Disk(_) | Store::Manifest(_) => Ok(Vec::new()),
            };
            all.push((place.region.clone(), told));
        }
        all
    }

    /// Ends an upload; one that is gone is ended.
    pub(super) async fn abort(&self, pending: &Pending) -> Result<(), Error> {
        let mut places = self.places.iter();
        let found = places.find(|place| place.location == pending.place);
        match found.map(|place| &place.store) {
            Some(Store::S3(s3)) => patient(|| s3.abort(&pending.key, &pending.id)).await,
            Some(Store::Disk(_) | Store::Manifest(_)) | None => {
                let reason = "its place was not looked at";
                let id = &*pending.id;
                let kind = FailureKind::Refused;
                Err(Error::new("AbortMultipartUpload", id, kind, reason))
            }
        }
    }
}

/// Where a run's outputs are kept, and its folder; what lies within another is not looked at twice.
fn locations(ask: &WrapAsk) -> Vec<Location> {
    let mut all: Vec<Location> = Vec::new();
    for places in ask
        .outputs
        .iter()
        .filter_map(|output| output.places.as_ref().ok())
    {
        all.push(places.kept.clone());
        match &places.made {
            Made::OnBox(folder) => all.push(folder.clone()),
            Made::Here(_) => {}
        }
    }
    all.retain(|location| location.s3().is_some());
    let mut kept: Vec<Location> = Vec::new();
    for location in all {
        if kept.iter().any(|known| known.contains(&location)) {
            continue;
        }
        kept.retain(|known| !location.contains(known));
        kept.push(location);
    }
    kept
}

async fn place(room: &Room, location: &Location) -> Result<Place, Error> {
    let store = room.sessions.store(location).await?;
    let region = match &store {
        Store::S3(s3) => (&*patient(|| s3.region()).await?).into(),
        Store::Disk(_) | Store::Manifest(_) => "".into(),
    };
    Ok(Place {
        location: location.clone(),
        store,
        region,
    })
}

/// What is stored at a place, by class; with why the listing broke off, where it did.
async fn holds(place: &Place) -> (Holds, Option<Trouble>) {
    let mut scan = Scan::start(place.store.clone(), ListQuery::default());
    let mut classes: BTreeMap<Box<str>, Tally> = BTreeMap::new();
    loop {
        let page = scan.next().await.unwrap_or_else(vanished);
        by_class(&mut classes, &page);
        let Some(end) = page.end else {
            continue;
        };
        let told = classes.iter().map(|(class, tally)| (&**class, *tally));
        let holds = Holds::of(told, (Prices::embedded(), &place.region));
        let broken = match end {
            End::Complete => None,
            End::Broken { reason, .. } => Some(Trouble {
                operation: "ListObjectsV2",
                region: place.region.clone(),
                words: (&*reason).into(),
                throttled: false,
            }),
        };
        return (holds, broken);
    }
}

async fn pending(place: &Place, s3: &S3) -> Result<Vec<Pending>, Error> {
    let uploads = patient(|| s3.uploads()).await?;
    let mut all = Vec::new();
    for (at, upload) in uploads.into_iter().enumerate() {
        let Upload { key, id, began } = upload;
        let parts = if at < COUNTED {
            patient(|| s3.parts(&key, &id)).await.ok()
        } else {
            None
        };
        let bytes = parts.map(|parts| parts.iter().map(|part| part.size).sum());
        all.push(Pending {
            place: place.location.clone(),
            region: place.region.clone(),
            key,
            id,
            began,
            bytes,
        });
    }
    Ok(all)
}
