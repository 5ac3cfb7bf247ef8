//! What is kept: groups by region and name, their streams, and the events of each in the order in which they came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::demo::cloud::arn;

/// The groups of all regions; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<World>>);

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct World {
    groups: BTreeMap<(String, String), Group>,
    made: u64,
    /// The most events of a page, where a test wants small ones.
    pub(super) page: Option<usize>,
    /// Whether a page is empty now and then though more follows, as AWS warns.
    pub(super) hollow: bool,
}

/// A group of streams.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) streams: BTreeMap<String, Stream>,
    /// Bytes that it keeps beside those of its streams.
    kept: usize,
    tags: Vec<(String, String)>,
}

impl Group {
    /// Bytes that it keeps.
    pub(super) fn bytes(&self) -> usize {
        let events = self.streams.values().flat_map(|stream| &stream.events);
        self.kept + events.map(Event::size).sum::<usize>()
    }
}

/// The ARN of a group, as its tags know it.
pub(super) fn arn_of(region: &str, group: &str) -> String {
    arn("logs", region, &format!("log-group:{group}"))
}

/// A stream of a group.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Which of all that were ever made: tokens of another one lead nowhere.
    pub(super) made: u64,
    pub(super) events: Vec<Event>,
}

/// One event of a stream.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Milliseconds since 1970.
    pub(super) at: u64,
    pub(super) message: String,
}

impl Event {
    /// Bytes by which the service counts it.
    pub(super) fn size(&self) -> usize {
        self.message.len() + 26
    }
}

impl Logs {
    /// Makes a group without streams.
    pub fn create_group(&self, region: &str, group: &str) {
        self.world().make(region, group);
    }

    /// Makes a group that keeps so many bytes of logs of which nothing is told, with its tags.
    pub fn fill_group(&self, (region, group): (&str, &str), bytes: usize, tags: &[(&str, &str)]) {
        let mut world = self.world();
        let group = world.make(region, group);
        group.kept = bytes;
        let tags = tags.iter();
        group.tags = tags
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
    }

    /// The groups that are there now.
    pub fn groups(&self, region: &str) -> Vec<String> {
        let world = self.world();
        let names = world.groups(region).map(|(name, _)| name.to_owned());
        names.collect()
    }

    /// The tags of the groups of a region, by ARN.
    pub(in crate::demo) fn tags(&self, region: &str) -> Vec<(String, Vec<(String, String)>)> {
        let world = self.world();
        let told = world.groups(region);
        let told = told.map(|(name, group)| (arn_of(region, name), group.tags.clone()));
        told.collect()
    }

    /// Writes lines to a stream, which is made where there is none yet.
    pub fn write<'l>(
        &self,
        region: &str,
        (group, stream): (&str, &str),
        lines: impl IntoIterator<Item = (SystemTime, &'l str)>,
    ) {
        let mut world = self.world();
        world.made += 1;
        let made = world.made;
        let group = world.make(region, group);
        let stream = group.streams.entry(stream.to_owned());
        let stream = stream.or_insert_with(|| Stream {
            made,
            ..Stream::default()
        });
        stream
            .events
            .extend(lines.into_iter().map(|(at, line)| Event {
                at: millis(at),
                message: line.to_owned(),
            }));
    }

    /// Deletes a group with all that is in it.
    pub fn delete_group(&self, region: &str, group: &str) {
        self.world().forget(region, group);
    }

    /// Lets a page hold so many events at most, and now and then none though more follows.
    pub fn make_pages_small(&self, events: usize) {
        let mut world = self.world();
        world.page = Some(events);
        world.hollow = true;
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    pub(super) fn forget(&mut self, region: &str, group: &str) {
        self.groups.remove(&(region.to_owned(), group.to_owned()));
    }

    fn make(&mut self, region: &str, group: &str) -> &mut Group {
        let key = (region.to_owned(), group.to_owned());
        self.groups.entry(key).or_default()
    }

    pub(super) fn group(&self, region: &str, name: &str) -> Option<&Group> {
        self.groups.get(&(region.to_owned(), name.to_owned()))
    }

    /// The groups of a region by name.
    pub(super) fn groups(&self, region: &str) -> impl Iterator<Item = (&str, &Group)> {
        let all = self.groups.iter();
        all.filter(move |((of, _), _)| of == region)
            .map(|((_, name), group)| (name.as_str(), group))
    }
}

fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
