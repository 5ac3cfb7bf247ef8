//! What `rm` names: objects, and all below a prefix. What another line of the file reads or brings is refused, because lines
//! have no order among each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{key::Key, plan::Plan};

use super::{Commanded, LineRefusal, root};

/// Characters with which a pattern begins.
const WILD: [char; 3] = ['*', '?', '['];

/// What lines remove in one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The bucket, as it was written, with a slash at its end.
    pub place: String,
    /// The objects, and the folders (they end with `/`) with all below them; in order, each once.
    pub only: Vec<Key>,
    /// The number of the first of these lines.
    pub line: usize,
}

impl Removal {
    /// How many of the named objects do not stand there.
    pub fn missing(&self, plan: &Plan) -> u64 {
        let found: BTreeSet<&Key> = plan.steps().map(|step| &step.key).collect();
        let objects = self.only.iter().filter(|key| !key.is_folder());
        objects.filter(|key| !found.contains(key)).count() as u64
    }
}

/// Removals by bucket, and the lines that are refused; each line is its number, a place, and whether that is no pattern.
pub(super) fn joined(
    routes: &[Commanded],
    lines: Vec<(usize, String, bool)>,
) -> (Vec<Removal>, Vec<LineRefusal>) {
    let mut refused = Vec::new();
    if lines.is_empty() {
        return (Vec::new(), refused);
    }
    let busy = Busy::of(routes);
    let mut buckets: BTreeMap<String, Removal> = BTreeMap::new();
    for (line, place, is_raw) in lines {
        let named = named(&place, is_raw).and_then(|place| match busy.why(&place) {
            Some(why) => Err(why),
            None => Ok(place),
        });
        match named {
            Ok(place) => {
                let (bucket, key) = place.split_at(root(&place));
                let removal = buckets.entry(bucket.to_owned()).or_insert_with(|| Removal {
                    place: bucket.to_owned(),
                    only: Vec::new(),
                    line,
                });
                removal.only.push(Key::from(key));
            }
            Err(reason) => refused.push(LineRefusal { line, reason }),
        }
    }
    let mut removals: Vec<Removal> = buckets.into_values().collect();
    for removal in &mut removals {
        removal.only.sort();
        removal.only.dedup();
    }
    removals.sort_by_key(|removal| removal.line);
    (removals, refused)
}

/// The whole name of what goes: of an object, or of a folder with a slash at its end.
fn named(place: &str, is_raw: bool) -> Result<String, String> {
    if !place.starts_with("s3://") {
        return Err(format!(
            "rm of {place}: s5cmd deletes nothing on a disk; wharf rm does"
        ));
    }
    let key = place.get(root(place)..).unwrap_or_default();
    let is_pattern = !is_raw && key.contains(WILD);
    let folder = key.strip_suffix('*').filter(|_| is_pattern);
    let name = match folder {
        Some("") => return Err("rm of a whole bucket: name what is in it".to_owned()),
        Some(folder) if folder.ends_with('/') && !folder.contains(WILD) => folder,
        Some(_) => return Err(unread(place)),
        None if is_pattern => return Err(unread(place)),
        None if key.is_empty() => return Err("rm names no object".to_owned()),
        None if key.ends_with('/') => {
            return Err(format!(
                "rm of {place}: the marker of a folder, or all below it? rm '{place}*' takes all below"
            ));
        }
        None => key,
    };
    let bucket = place.get(..root(place)).unwrap_or_default();
    Ok(format!("{bucket}{name}"))
}

fn unread(place: &str) -> String {
    format!(
        "the pattern {place} is more than wharf reads here: rm takes whole names, and 's3://bucket/prefix/*' for all below"
    )
}

/// What other lines read and bring.
struct Busy {
    /// By their whole names.
    named: BTreeSet<String>,
    /// Whole places.
    whole: Vec<String>,
}

impl Busy {
    fn of(routes: &[Commanded]) -> Self {
        let (by_name, whole): (Vec<&Commanded>, Vec<&Commanded>) =
            routes.iter().partition(|route| !route.only.is_empty());
        let ends = |route: &&Commanded| [route.source.clone(), route.destination.clone()];
        let full = |route: &Commanded| {
            let keys = route
                .only
                .iter()
                .map(|key| String::from_utf8_lossy(key.as_bytes()));
            let names = keys.flat_map(|key| {
                [&route.source, &route.destination].map(|place| format!("{place}{key}"))
            });
            names.collect::<Vec<_>>()
        };
        Self {
            named: by_name.into_iter().flat_map(full).collect(),
            whole: whole.iter().flat_map(ends).collect(),
        }
    }

    /// Why this may not go.
    fn why(&self, place: &str) -> Option<String> {
        let below =
            |of: &str, place: &str| place == of || (of.ends_with('/') && place.starts_with(of));
        let mut from = self.named.range(place.to_owned()..);
        let hit = from.next().filter(|name| below(place, name));
        let hit = hit.or_else(|| {
            let mut whole = self.whole.iter();
            whole.find(|whole| below(whole, place) || below(place, whole))
        })?;
        Some(format!(
            "rm of {place}, and another line reads or brings {hit}: lines have no order; mv takes a source once its copy is proven, and a file of its own removes afterwards"
        ))
    }
}
