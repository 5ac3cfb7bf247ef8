//! Each thing that AWS told as a resource: what it is in words, what an hour of it costs, and who made it.

use std::collections::BTreeSet;

use crate::domain::cloud::{
    Address, Instance, Lifecycle, Managed, Price, RUN_TAG, Rates, Snapshot, SpotRequest, Tag,
    Volume, What,
};

use super::{
    estate::{Estate, kind},
    resource::{KEEP_TAG, Keep, Kind, Origin, Resource, Target},
};

/// Who made what.
pub(super) struct Judge<'a> {
    pub(super) told: &'a Estate,
    pub(super) run: &'a str,
    pub(super) ledger: &'a BTreeSet<Target>,
}

impl Judge<'_> {
    fn made(&self, kind: Kind, id: &str, tags: &[Tag]) -> Origin {
        let known = self
            .ledger
            .iter()
            .any(|seen| seen.kind == kind && *seen.id == *id);
        match tag(tags, RUN_TAG) {
            Some(run) if *run == *self.run => Origin::ThisRun,
            Some(run) => Origin::OtherRun(run.into()),
            None if known => Origin::ThisRun,
            None => Origin::Unknown,
        }
    }

    fn resource(&self, kind: Kind, (id, region): (&str, &str), tags: &[Tag]) -> Resource {
        Resource {
            kind,
            id: id.into(),
            region: region.into(),
            name: tag(tags, "Name").unwrap_or_default().into(),
            about: String::new(),
            price: Price::default(),
            since: None,
            origin: self.made(kind, id, tags),
            on: None,
            goes_with: false,
            held_by: None,
            kept: tag(tags, KEEP_TAG)
                .filter(|value| *value != "false")
                .map(|_| Keep::Tag),
            selected: false,
        }
    }

    pub(super) fn instance(&self, one: &Instance) -> Resource {
        let price = match one.lifecycle {
            Lifecycle::OnDemand => {
                Rates::embedded().instance(&one.kind, &one.region, &one.platform)
            }
            Lifecycle::Spot => self.spot(one),
        };
        // What has no price is not free: it is shown as unknown, not as nothing.
        let unknown = Price {
            amount: 0.0,
            estimate: true,
        };
        let price = if one.state.costs() || one.state.is_passing() {
            price.unwrap_or(unknown)
        } else {
            Price::default()
        };
        Resource {
            about: format!("{} {}", one.kind, one.state.word()),
            price,
            since: one.launched.filter(|_| one.state.costs()),
            on: self.told.launcher_of(&one.id).map(Box::from),
            goes_with: self.told.group_of(&one.id).is_some(),
            ..self.resource(Kind::Instance, (&one.id, &one.region), &one.tags)
        }
    }

    /// What a spot hour of its type costs now; what this one pays may have been another zone's, or an hour ago.
    fn spot(&self, one: &Instance) -> Option<Price> {
        let of = (one.region.clone(), one.kind.clone());
        let amount = *self.told.spot.get(&of)?;
        Some(Price {
            amount,
            estimate: true,
        })
    }

    pub(super) fn volume(&self, one: &Volume) -> Resource {
        let where_from = match &one.instance {
            Some(instance) => format!("on {instance}"),
            None => "on nothing".to_owned(),
        };
        Resource {
            about: format!("{} GiB {} {where_from}", one.gib, one.kind),
            price: Rates::embedded().volume(one),
            since: one.created,
            on: one.instance.clone(),
            goes_with: one.goes_with_instance,
            ..self.resource(Kind::Volume, (&one.id, &one.region), &one.tags)
        }
    }

    pub(super) fn address(&self, one: &Address) -> Resource {
        let holder = self.told.holder_of(one);
        let tied = match holder {
            Some(holder) => format!("tied to {holder}"),
            None if one.tied => "tied to a network interface".to_owned(),
            None => "tied to nothing".to_owned(),
        };
        Resource {
            about: format!("{} {tied}", one.ip),
            price: Rates::embedded().address(),
            on: holder.map(Box::from),
            ..self.resource(Kind::Address, (&one.id, &one.region), &one.tags)
        }
    }

    pub(super) fn snapshot(&self, one: &Snapshot) -> Resource {
        Resource {
            about: format!("of {}, {} GiB", one.volume, one.gib),
            price: Rates::embedded().snapshot(one),
            since: one.started,
            on: self.told.image_on(&one.id).map(Box::from),
            ..self.resource(Kind::Snapshot, (&one.id, &one.region), &one.tags)
        }
    }

    /// What lies beside instances. What costs nothing and launches nothing by itself is told only where a run made it.
    pub(super) fn beside(&self) -> Vec<Resource> {
        let nats = self.told.nats.iter().map(|one| Resource {
            about: format!("in {}, and what it carries", one.vpc),
            price: Rates::embedded().nat(&one.region),
            ..self.resource(Kind::Nat, (&one.id, &one.region), &one.tags)
        });
        let requests = self.told.requests.iter().map(|one| Resource {
            about: match (&one.instance, one.persistent) {
                (Some(_), _) => "launches again what ends".to_owned(),
                (None, true) => "would launch, again and again".to_owned(),
                (None, false) => "would launch".to_owned(),
            },
            ..self.request(one)
        });
        let images = self.told.images.iter().map(|one| Resource {
            name: one.name.clone(),
            about: format!("stands on {}", count(one.snapshots.len(), "snapshot")),
            ..self.resource(Kind::Image, (&one.id, &one.region), &one.tags)
        });
        let templates = self.told.templates.iter().map(|one| Resource {
            name: one.name.clone(),
            about: "launches nothing by itself".to_owned(),
            ..self.resource(Kind::Template, (&one.id, &one.region), &one.tags)
        });
        let templates = templates.filter(|one| one.origin != Origin::Unknown);
        nats.chain(requests)
            .chain(images)
            .chain(templates)
            .collect()
    }
}

impl Judge<'_> {
    /// What AWS runs. A log group without logs is told only where a run made it.
    pub(super) fn managed(&self) -> Vec<Resource> {
        let all = self.told.managed.iter().map(|one| {
            let tags = one.tags.as_deref();
            let resource = self.resource(
                kind(&one.what),
                (&one.id, &one.region),
                tags.unwrap_or_default(),
            );
            let (on, with) = self.told.backs_up(one).unzip();
            let empty = matches!(one.what, What::Logs { bytes: 0, .. });
            let resource = Resource {
                name: if one.name.is_empty() {
                    resource.name
                } else {
                    one.name.clone()
                },
                about: one.about() + self.whose_files(one),
                price: Rates::embedded().managed(one),
                since: one.created,
                kept: tags.map_or(Some(Keep::Untold), |_| resource.kept),
                on: on.map(Box::from),
                goes_with: with.unwrap_or_default(),
                ..resource
            };
            (resource, empty)
        });
        let told = all.filter(|(one, empty)| !empty || one.origin != Origin::Unknown);
        told.map(|(one, _)| one).collect()
    }

    /// Of a backup, whether this run made its file system: the last one that such leaves when it goes has no tags. It is told, and
    /// not ticked: whoever made a backup by hand meant to keep it.
    fn whose_files(&self, one: &Managed) -> &'static str {
        let What::Backup(backup) = &one.what else {
            return "";
        };
        match self.made(Kind::Fsx, &backup.of, &[]) {
            Origin::ThisRun => ", which this run made",
            Origin::OtherRun(_) | Origin::Unknown | Origin::Gone => "",
        }
    }

    /// A spot request; without a tag of its own it is of the run whose instance it launched.
    fn request(&self, one: &SpotRequest) -> Resource {
        let mut request = self.resource(Kind::SpotRequest, (&one.id, &one.region), &one.tags);
        let mut instances = self.told.instances.iter();
        let launched = instances.find(|instance| Some(&instance.id) == one.instance.as_ref());
        if let (Origin::Unknown, Some(instance)) = (&request.origin, launched) {
            request.origin = self.made(Kind::Instance, &instance.id, &instance.tags);
        }
        request
    }
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn tag<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    let found = tags.iter().find(|(known, _)| **known == *key);
    found.map(|(_, value)| &**value)
}
