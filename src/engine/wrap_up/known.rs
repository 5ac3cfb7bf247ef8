//! What a person named on the command line and that is not there: refused before anything is written down or deleted, with what
//! may have been meant.

use super::{WrapAsk, ledger::Ledger};
use crate::domain::{
    slip::near,
    text::printable,
    wrap_up::{Origin, Resource},
};
use crate::engine::{cloud::Regions, event::Failed};

impl Ledger {
    /// The runs of this account that the ledger knows something of.
    async fn runs(&self) -> Result<Vec<String>, Failed> {
        self.with(|connection, run| {
            let account = run.split_once('/').map_or("", |(account, _)| account);
            let mut rows = connection.prepare(
                "SELECT run FROM seen UNION SELECT run FROM launch UNION SELECT run FROM cost UNION SELECT run FROM deletion",
            )?;
            let all = rows.query_map([], |row| row.get::<_, String>(0))?;
            let all = all.collect::<rusqlite::Result<Vec<String>>>()?;
            let own = all.iter().filter_map(|name| name.split_once('/'));
            let own = own.filter(|(of, _)| *of == account);
            Ok(own.map(|(_, name)| name.to_owned()).collect())
        })
        .await
    }
}

/// Refuses a run of which neither the configuration nor the ledger nor a tag knows anything: its name is a slip.
pub(super) async fn run_is_known(
    ask: &WrapAsk,
    ledger: &Ledger,
    resources: &[Resource],
) -> Result<(), Failed> {
    let Some(configured) = &ask.only_known else {
        return Ok(());
    };
    let mut names = ledger.runs().await?;
    if names.iter().any(|name| **name == *ask.run) {
        return Ok(());
    }
    if resources.iter().any(|one| one.origin == Origin::ThisRun) {
        return Ok(());
    }
    let tagged = resources.iter().filter_map(Resource::other_run);
    names.extend(tagged.map(str::to_owned));
    names.extend(configured.iter().map(ToString::to_string));
    names.sort_unstable();
    names.dedup();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let elsewhere = if ask.scope.regions == Regions::All {
        ""
    } else {
        " (--all-regions looks for its tag everywhere)"
    };
    let help = match (meant(&ask.run, &all), all.is_empty()) {
        (Some(meant), _) => meant,
        (None, true) => "no run is known: write [runs.NAME] into wharf.toml".to_owned(),
        (None, false) => format!("runs that are known: {}", listed(&all)),
    };
    Err(Failed {
        help: Some(format!("{help}{elsewhere}")),
        ..Failed::usage(format!(
            "no run {} is known: not by the configuration, not by the ledger, and no tag wharf:run names it",
            shown(&ask.run)
        ))
    })
}

/// Refuses a word for what is to go or to stay that names nothing: what was meant would not go, or would not stay.
pub(super) fn all_named_are_there(ask: &WrapAsk, resources: &[Resource]) -> Result<(), Failed> {
    let ids: Vec<&str> = resources.iter().map(|one| &*one.id).collect();
    let ticks = &ask.ticks;
    // Beside what was shown ticked, what is gone meanwhile is no slip.
    let also = ticks.also.iter().filter(|_| ticks.only.is_none());
    let also = also.map(|id| ("--also", id));
    let mut named = also.chain(ticks.leave.iter().map(|id| ("--leave", id)));
    let Some((flag, id)) = named.find(|(_, id)| !ids.contains(&&***id)) else {
        return Ok(());
    };
    let help = meant(id, &ids)
        .unwrap_or_else(|| format!("give an id as wharf wrap-up {} tells it", shown(&ask.run)));
    Err(Failed {
        help: Some(help),
        ..Failed::usage(format!("{flag} {}: nothing here has this id", shown(id)))
    })
}

/// What may have been meant.
fn meant(text: &str, words: &[&str]) -> Option<String> {
    let near = near(text, words);
    (!near.is_empty()).then(|| format!("did you mean {}?", listed(&near)))
}

fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| shown(word)).collect();
    words.join(", ")
}

fn shown(text: &str) -> String {
    printable(text.as_bytes()).into_owned()
}
