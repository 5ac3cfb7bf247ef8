//! One instance in detail. Each question may fail for itself: a right that is missing costs its own answer only.

use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{Instance, State, redacted},
    retry::FailureKind,
};

use super::{Details, Place, patient::patient};
use crate::engine::{event::Failed, room::Room};

impl Room {
    /// The door to an instance's region.
    pub(super) async fn door(&self, place: &Place) -> Result<Ec2, Failed> {
        let region = place.region.as_deref();
        Ok(self.sessions.ec2(&place.remote, region).await?)
    }
}

/// The instance of an id, or the only living one of a name.
pub(super) async fn instance(door: &Ec2, word: &str) -> Result<Instance, Error> {
    let refused = |kind, reason: String| Error::new("DescribeInstances", word, kind, reason);
    if word.starts_with("i-") {
        let found = patient(|| door.instance(word)).await?;
        return found.ok_or_else(|| refused(FailureKind::NotFound, nowhere(door, "id")));
    }
    let mut named = patient(|| door.instances()).await?;
    named.retain(|one| one.name() == word && one.state != State::Terminated);
    if named.len() > 1 {
        let ids: Vec<&str> = named.iter().map(|one| &*one.id).collect();
        let reason = format!(
            "{} have this name: name one by its id, {}",
            ids.len(),
            ids.join(", ")
        );
        return Err(refused(FailureKind::Refused, reason));
    }
    let found = named.pop();
    found.ok_or_else(|| refused(FailureKind::NotFound, nowhere(door, "name")))
}

fn nowhere(door: &Ec2, what: &str) -> String {
    format!(
        "there is none of this {what} in {}: it is gone, or in another region (--region)",
        door.region()
    )
}

pub(super) async fn details(room: &Room, place: &Place) -> Result<Details, Failed> {
    let door = room.door(place).await?;
    let instance = instance(&door, &place.id).await?;
    let id = &*instance.id;
    let (volumes, addresses, protected, data, console) = tokio::join!(
        patient(|| door.volumes()),
        patient(|| door.addresses()),
        patient(|| door.is_protected(id)),
        patient(|| door.user_data(id)),
        patient(|| door.console(id)),
    );
    let mut details = Details::default();
    let volumes = details.told(volumes);
    details.volumes = volumes.map(|mut all| {
        all.retain(|volume| volume.instance.as_deref() == Some(id));
        all
    });
    let addresses = details.told(addresses);
    details.addresses = addresses.map(|mut all| {
        all.retain(|address| address.instance.as_deref() == Some(id));
        all
    });
    details.protected = details.told(protected);
    details.user_data = details
        .told(data)
        .map(|data| redacted(&String::from_utf8_lossy(&data)));
    details.console = details.told(console);
    details.instance = instance;
    Ok(details)
}

impl Details {
    fn told<T>(&mut self, answer: Result<T, Error>) -> Option<T> {
        match answer {
            Ok(told) => Some(told),
            Err(error) => {
                self.troubles.push(error.into());
                None
            }
        }
    }
}
