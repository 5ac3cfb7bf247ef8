//! Command files of s5cmd, read: `cp`, `sync` and `mv` become routes with options, `rm` becomes deletions of what it names,
//! planned and run as any other. What wharf would do otherwise than s5cmd is refused by the number of its line, never left
//! out.

mod flags;
mod removal;
mod words;

use std::collections::BTreeMap;

use crate::domain::key::Key;

use super::{Op, Plan};

pub use flags::Wants;
pub use removal::Removal;

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
    /// How.
    pub wants: Wants,
    /// The number of the first of these lines.
    pub line: usize,
}

/// What the lines of a file ask, joined to as few listings as they need.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commands {
    /// What comes to a place.
    pub routes: Vec<Commanded>,
    /// What goes.
    pub removals: Vec<Removal>,
}

/// What a line asks.
enum Line {
    /// Something comes to a place.
    Brings(Box<Commanded>),
    /// What is named goes: places, and whether their characters are no patterns.
    Removes(Vec<String>, bool),
}

/// Reads the lines of a command file.
///
/// # Errors
/// Every line that is not taken, with its number and why.
pub fn read_commands(text: &str) -> Result<Commands, Vec<LineRefusal>> {
    let (mut routes, mut removed, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()) {
        match read(text, line) {
            Ok(None) => {}
            Ok(Some(Line::Brings(one))) => routes.push(*one),
            Ok(Some(Line::Removes(places, is_raw))) => {
                removed.extend(places.into_iter().map(|place| (line, place, is_raw)));
            }
            Err(reason) => refused.push(LineRefusal { line, reason }),
        }
    }
    let routes = joined(routes);
    let (removals, wrong) = removal::joined(&routes, removed);
    refused.extend(wrong);
    if routes.len() > MOST_ROUTES {
        let reason = format!(
            "the lines go between {} pairs of places, and each is listed by itself: give wharf the folders, as wharf migrate --route does",
            routes.len()
        );
        refused.push(LineRefusal { line: 1, reason });
    }
    refused.sort_by_key(|refusal| refusal.line);
    if refused.is_empty() {
        Ok(Commands { routes, removals })
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
        ("rm", []) => Err("rm names nothing".to_owned()),
        ("rm", _) => Ok(Some(Line::Removes(places, wants.is_raw))),
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

impl Commanded {
    /// What of a plan the lines did not mean: deletes beside keys that they name.
    pub fn unmeant(&self, plan: &Plan) -> Option<String> {
        let mut steps = plan.steps();
        let wrong = steps.find(|step| step.op == Op::Delete && !self.only.is_empty())?;
        let key = wrong.key.printable();
        Some(format!(
            "{key} is not at {}, and its line copies it",
            self.source
        ))
    }

    /// How many of the named keys the source lacks.
    pub fn missing(&self, plan: &Plan) -> u64 {
        let named = self.only.len() as u64;
        named.saturating_sub(plan.source_print.tally.objects)
    }
}

#[cfg(test)]
mod tests;
