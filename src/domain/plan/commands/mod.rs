//! Command files of s5cmd, read: `cp`, `sync`, `mv` and `rm` become routes with options, planned and run as any other. What
//! wharf would do otherwise than s5cmd is refused by the number of its line, never left out.

mod flags;
mod words;

use std::collections::BTreeMap;

use crate::domain::key::Key;

use super::{MaxDelete, Op, Plan, SyncOptions};

pub use flags::Wants;

/// Routes that a file may become at the most: each is planned with listings of its own.
const MOST_ROUTES: usize = 500;

/// Why a line is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRefusal {
    /// Its number, from 1.
    pub line: usize,
    /// Why, and what to write instead.
    pub reason: String,
}

/// What some lines ask: from one place to another, for these keys or for all below.
#[derive(Debug, Clone, PartialEq)]
pub struct Commanded {
    /// The place that is read, as it was written.
    pub source: String,
    /// The place that is written, as it was written.
    pub destination: String,
    /// Only these keys; all when empty.
    pub only: Vec<Key>,
    /// Those of them that are to go at the destination.
    pub removes: Vec<Key>,
    /// How.
    pub wants: Wants,
    /// The number of the first of these lines.
    pub line: usize,
}

/// What a line asks.
enum Line {
    /// Something comes to a place.
    Brings(Box<Commanded>),
    /// What stands at a place goes.
    Removes(String),
}

/// Reads the lines of a command file.
///
/// # Errors
/// Every line that is not taken, with its number and why.
pub fn read_commands(text: &str) -> Result<Vec<Commanded>, Vec<LineRefusal>> {
    let (mut routes, mut removed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()) {
        match read(text, line) {
            Ok(None) => {}
            Ok(Some(Line::Brings(one))) => routes.push(*one),
            Ok(Some(Line::Removes(place))) => removed.push((line, place)),
            Err(reason) => refused.push(LineRefusal { line, reason }),
        }
    }
    let mut joined = joined(routes);
    for (line, place) in removed {
        if let Err(reason) = delete(&mut joined, &place) {
            refused.push(LineRefusal { line, reason });
        }
    }
    if joined.len() > MOST_ROUTES {
        let reason = format!(
            "the lines go between {} pairs of places, and each is listed by itself: give wharf the folders, as wharf migrate --route does",
            joined.len()
        );
        refused.push(LineRefusal { line: 1, reason });
    }
    refused.sort_by_key(|refusal| refusal.line);
    if refused.is_empty() {
        Ok(joined)
    } else {
        Err(refused)
    }
}

/// What a line asks; `None` for one that asks nothing.
fn read(text: &str, line: usize) -> Result<Option<Line>, String> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let words = words::split(text)?;
    let words = match words.split_first() {
        Some((first, rest)) if first == "s5cmd" => rest,
        Some(_) | None => &words,
    };
    let Some((verb, rest)) = words.split_first() else {
        return Ok(None);
    };
    let (wants, places) = flags::read(verb, rest)?;
    match (verb.as_str(), places.as_slice()) {
        ("rm", [place]) => Ok(Some(Line::Removes(place.clone()))),
        ("rm", places) => Err(format!("rm takes one object, not {}", places.len())),
        (_, [source, destination]) => brings((source, destination), (verb, wants), line)
            .map(|one| Some(Line::Brings(Box::new(one)))),
        (verb, places) => Err(format!(
            "{verb} takes a source and a destination, not {} names",
            places.len()
        )),
    }
}

/// A line that brings something.
fn brings(
    (source, destination): (&str, &str),
    (verb, mut wants): (&str, Wants),
    line: usize,
) -> Result<Commanded, String> {
    let of = |source: &str, destination: &str, only, wants| Commanded {
        source: source.to_owned(),
        destination: destination.to_owned(),
        only,
        removes: Vec::new(),
        wants,
        line,
    };
    // Only how the line is read: lines that differ in it want the same.
    let is_raw = std::mem::take(&mut wants.is_raw);
    if is_raw || !source.contains(['*', '?', '[']) {
        let all = verb == "sync" || source.ends_with('/');
        return Ok(if all {
            of(&folder(source), &folder(destination), Vec::new(), wants)
        } else {
            single((source, destination), (wants, line))
        });
    }
    // Up to the last slash before the first pattern all is literal.
    let first = source.find(['*', '?', '[']).unwrap_or(source.len());
    let cut = source.get(..first).and_then(|head| head.rfind('/'));
    let cut = cut.map_or(0, |at| at + 1);
    let (place, pattern) = source.split_at(cut);
    match pattern.strip_prefix('*') {
        Some("") => {}
        Some(end) if !end.contains(['*', '?', '[', '/']) => wants.only(pattern),
        Some(_) | None => {
            return Err(format!(
                "the pattern {pattern} is more than wharf reads here: name the folder in wharf sync, with --include"
            ));
        }
    }
    if !destination.ends_with('/') && destination.starts_with("s3://") {
        return Err("a pattern wants a destination that ends with /".to_owned());
    }
    let place = if place.is_empty() { "./" } else { place };
    Ok(of(place, destination, Vec::new(), wants))
}

/// One object or file: told as a key below two folders where its name stays, so that lines like it are listed together.
fn single((source, destination): (&str, &str), (wants, line): (Wants, usize)) -> Commanded {
    let whole = || Commanded {
        source: source.to_owned(),
        destination: destination.to_owned(),
        only: Vec::new(),
        removes: Vec::new(),
        wants: wants.clone(),
        line,
    };
    let name = source.rsplit('/').next().unwrap_or(source);
    let target = if destination.ends_with('/') {
        format!("{destination}{name}")
    } else {
        destination.to_owned()
    };
    let (from, to) = (root(source), root(&target));
    let common = common(source.get(from..), target.get(to..));
    let Some(key) = source
        .get(source.len() - common..)
        .filter(|key| !key.is_empty())
    else {
        return whole();
    };
    let place = |of: &str| of.get(..of.len() - common).unwrap_or_default().to_owned();
    Commanded {
        source: place(source),
        destination: place(&target),
        only: vec![Key::from(key)],
        removes: Vec::new(),
        wants,
        line,
    }
}

/// Where the path of a place begins.
fn root(place: &str) -> usize {
    let Some(rest) = place.strip_prefix("s3://") else {
        return place.rfind("./").map_or(0, |at| at + 2);
    };
    let bucket = rest.find('/').map_or(rest.len(), |at| at + 1);
    place.len() - rest.len() + bucket
}

/// How many bytes two paths have in common at their ends, in whole names.
fn common(one: Option<&str>, other: Option<&str>) -> usize {
    let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
    let names = one.rsplit('/').zip(other.rsplit('/'));
    // An empty name, or one that a path may not hold, stays in the place.
    let alike = |(left, right): &(&str, &str)| left == right && !matches!(*left, "" | "." | "..");
    let lengths = names.take_while(alike).map(|(name, _)| name.len());
    let lengths: Vec<usize> = lengths.collect();
    lengths.iter().sum::<usize>() + lengths.len().saturating_sub(1)
}

fn folder(place: &str) -> String {
    if place.ends_with('/') {
        place.to_owned()
    } else {
        format!("{place}/")
    }
}

/// Lines between the same places that want the same, joined, in the order of their first lines.
fn joined(routes: Vec<Commanded>) -> Vec<Commanded> {
    let mut known: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut joined: Vec<Commanded> = Vec::new();
    for route in routes {
        let wants = format!("{:?}", route.wants);
        let place = (route.source.clone(), route.destination.clone(), wants);
        let at = *known.entry(place).or_insert(joined.len());
        match joined.get_mut(at) {
            // All below the place takes part already.
            Some(one) if one.only.is_empty() => {}
            Some(one) if route.only.is_empty() => one.only.clear(),
            Some(one) => one.only.extend(route.only),
            None => joined.push(route),
        }
    }
    for route in &mut joined {
        route.only.sort();
        route.only.dedup();
    }
    joined
}

/// Lets a route delete what a line removes: only what a line of the file brings to a place can be told from what it lacks.
fn delete(routes: &mut [Commanded], place: &str) -> Result<(), String> {
    if place.contains(['*', '?', '[']) {
        return Err(format!(
            "rm of a pattern ({place}): wharf deletes only what two whole listings prove; write wharf sync --delete"
        ));
    }
    let below = |route: &&mut Commanded| {
        let key = place.strip_prefix(route.destination.as_str());
        route.destination.ends_with('/') && key.is_some_and(|key| !key.is_empty())
    };
    let Some(route) = routes
        .iter_mut()
        .filter(below)
        .max_by_key(|route| route.destination.len())
    else {
        return Err(format!(
            "no line of this file says what {place} should be a copy of, and wharf deletes only what two whole listings prove: write wharf sync --delete"
        ));
    };
    if route.wants.moves {
        return Err(
            "rm below a place that mv brings to: what should stay there is not clear".to_owned(),
        );
    }
    if route.only.is_empty() && !route.wants.deletes {
        return Err(format!(
            "rm below {}, where a line copies more than it names: wharf would delete all that only stands there; write sync --delete, or name the objects",
            route.destination
        ));
    }
    let key = place.strip_prefix(route.destination.as_str());
    let key = Key::from(key.unwrap_or_default());
    if !route.only.is_empty() {
        let at = route.only.partition_point(|known| *known < key);
        if route.only.get(at) != Some(&key) {
            route.only.insert(at, key.clone());
        }
    }
    route.removes.push(key);
    route.wants.deletes = true;
    Ok(())
}

impl Commanded {
    /// The options that hold for it: what lines remove by name needs no brake, as each is one that was named.
    pub fn options(&self, defaults: SyncOptions) -> SyncOptions {
        let mut options = self.wants.over(defaults);
        if !self.removes.is_empty() && !self.only.is_empty() {
            options.max_delete = MaxDelete::Objects(self.removes.len() as u64);
        }
        options
    }

    /// What of a plan the lines did not mean: copies over what a line removes, deletes of what a line brings.
    pub fn unmeant(&self, plan: &Plan) -> Option<String> {
        let named = |key: &Key| self.removes.contains(key);
        let wrong = plan.steps().find(|step| match step.op {
            Op::Delete => !self.only.is_empty() && !named(&step.key),
            Op::Upload | Op::Download | Op::Copy | Op::Relay => named(&step.key),
            Op::Remove | Op::Edit => false,
        })?;
        let key = wrong.key.printable();
        Some(if wrong.op == Op::Delete {
            format!("{key} is not at {}, and its line copies it", self.source)
        } else {
            format!(
                "{key} is to be removed at {}, and {} has it",
                self.destination, self.source
            )
        })
    }

    /// How many of the named keys the source lacks.
    pub fn missing(&self, plan: &Plan) -> u64 {
        let named = self.only.len().saturating_sub(self.removes.len()) as u64;
        named.saturating_sub(plan.source_print.tally.objects)
    }
}

#[cfg(test)]
mod tests {
    use super::{Commanded, read_commands};
    use crate::domain::{
        diff::Level,
        plan::{Existing, SyncOptions},
    };

    fn routes(text: &str) -> Vec<Commanded> {
        read_commands(text).unwrap()
    }

    fn refused(text: &str) -> Vec<(usize, String)> {
        let refusals = read_commands(text).unwrap_err();
        let told = refusals
            .into_iter()
            .map(|refusal| (refusal.line, refusal.reason));
        told.collect()
    }

    fn told(route: &Commanded) -> (String, String, Vec<String>) {
        let keys = route.only.iter().map(ToString::to_string).collect();
        (route.source.clone(), route.destination.clone(), keys)
    }

    #[test]
    fn lines_between_the_same_places_are_one_route() {
        let text = "# written by hand\n\ncp 's3://one/data/raw/a.png' 's3://two/new/raw/a.png'\n\
                    s5cmd cp 's3://one/data/raw/b c.png' s3://two/new/raw/\n\
                    cp s3://one/data/c/x s3://two/new/c/x\n";
        let found = routes(text);
        assert_eq!(found.len(), 1, "{found:?}");
        let keys = ["c/x", "raw/a.png", "raw/b c.png"].map(str::to_owned);
        assert_eq!(
            told(&found[0]),
            ("s3://one/data/".into(), "s3://two/new/".into(), keys.into())
        );
        assert_eq!(found[0].line, 3);
    }

    #[test]
    fn another_name_is_a_route_of_its_own() {
        let found = routes("cp s3://one/a.png s3://two/b.png\ncp a.txt s3://two/x/\n");
        assert_eq!(
            told(&found[0]),
            ("s3://one/a.png".into(), "s3://two/b.png".into(), vec![])
        );
        assert_eq!(
            told(&found[1]),
            (String::new(), "s3://two/x/".into(), vec!["a.txt".into()])
        );
    }

    #[test]
    fn folders_and_patterns_are_whole_routes() {
        let text = "sync --delete 's3://one/data/*' s3://two/new/\ncp 's3://one/x/*.png' ./here/\n";
        let found = routes(text);
        assert_eq!(
            told(&found[0]),
            ("s3://one/data/".into(), "s3://two/new/".into(), vec![])
        );
        assert!(found[0].wants.deletes);
        assert_eq!(found[1].wants.filter_only(), ["*.png"]);
        for wrong in [
            "cp 's3://one/x/a*b?' s3://two/y/",
            "cp 's3://one/*/a' s3://two/y/",
        ] {
            assert_eq!(refused(wrong)[0].0, 1);
        }
    }

    #[test]
    fn what_is_removed_must_be_a_copy_of_something() {
        let text = "cp s3://one/d/a s3://two/n/a\nrm 's3://two/n/b'\n";
        let found = routes(text);
        assert_eq!(told(&found[0]).2, ["a", "b"]);
        assert!(found[0].wants.deletes);
        let refusals = refused(
            "ls s3://one\nrm s3://two/b\nrm 's3://two/*'\nmv a s3://two/m/a\nrm s3://two/m/b\n",
        );
        let lines: Vec<usize> = refusals.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 3, 5], "{refusals:?}");
        assert!(refusals[0].1.contains("cp, sync, mv"), "{refusals:?}");
        assert!(
            refusals[1].1.contains("should be a copy of"),
            "{refusals:?}"
        );
    }

    #[test]
    fn what_is_removed_beside_whole_folders_takes_nothing_with_it() {
        for copies in ["s3://one/d/*", "s3://one/d/", "s3://one/d/*.png"] {
            let text = format!("cp '{copies}' s3://two/n/\nrm s3://two/n/old\n");
            let refusals = refused(&text);
            assert_eq!(refusals[0].0, 2, "{text}{refusals:?}");
            assert!(refusals[0].1.contains("sync --delete"), "{refusals:?}");
        }
        let text = "sync --delete 's3://one/d/*' s3://two/n/\nrm s3://two/n/old\n";
        assert!(routes(text)[0].wants.deletes);
    }

    #[test]
    fn flags_become_options() {
        let text = "cp --if-size-differ --source-region ap-northeast-1 --storage-class STANDARD_IA --metadata a=b s3://one/a s3://two/a\n\
                    cp -n s3://one/b s3://two/b\nmv -u s3://one/c s3://two/c\ncp s3://one/d s3://two/d\n";
        let all: Vec<SyncOptions> = routes(text)
            .iter()
            .map(|route| route.wants.over(SyncOptions::default()))
            .collect();
        let told: Vec<_> = all
            .iter()
            .map(|options| (options.existing, options.check, options.remove_source))
            .collect();
        assert_eq!(
            told,
            [
                (Existing::Update, Level::Size, false),
                (Existing::Keep, Level::Time, false),
                (Existing::Newest, Level::Time, true),
                (Existing::Always, Level::Time, false),
            ]
        );
        assert_eq!(all[0].storage_class.as_deref(), Some("STANDARD_IA"));
        assert_eq!(all[0].metadata, [("a".to_owned(), "b".to_owned())]);
        for (wrong, why) in [
            ("cp --acl public-read a s3://two/a", "--acl"),
            ("cp --flatten a s3://two/a", "--flatten"),
            ("cp --storage-class", "wants a value"),
            ("cp 'a s3://two/a", "quote"),
            ("cp a", "a source and a destination"),
        ] {
            let (_, reason) = &refused(wrong)[0];
            assert!(reason.contains(why), "{wrong}: {reason}");
        }
    }
}
