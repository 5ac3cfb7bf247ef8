//! From the lines of a command file of s5cmd to routes and deletions with their options, for `wharf run`. What no
//! configuration lets happen is refused here, before anything is listed.

use std::{path::Path, sync::Arc};

use crate::cli::{
    args::Given,
    target::{self, TargetError},
};
use crate::config::Config;
use crate::domain::{
    location::Location,
    plan::{Commanded, LineRefusal, Removal, Route, SyncOptions, read_commands},
};
use crate::engine::RouteAsk;
use crate::humanize;

/// Refused lines that are told.
const TOLD: usize = 10;

/// The routes of a command file, and what its lines said of each.
#[derive(Debug, Clone)]
pub struct Lines {
    /// What is asked of the engine, in the order of the file.
    pub asks: Vec<RouteAsk>,
    /// The same as it was written.
    pub commanded: Vec<Commanded>,
    /// What lines remove, with the place of each.
    pub removals: Vec<(Location, Removal)>,
    /// The options of removals.
    pub options: Arc<SyncOptions>,
}

/// Reads the lines of a command file.
pub fn lines(config: &Config, file: &Path, text: &str) -> Result<Lines, TargetError> {
    let commands = read_commands(text).map_err(|refused| refusal(file, &refused))?;
    if commands.routes.is_empty() && commands.removals.is_empty() {
        return Err(TargetError::Words {
            message: format!("{}: it holds neither a plan nor a command", file.display()),
            help: "wharf plan --out FILE writes a plan, which wharf run FILE runs".to_owned(),
        });
    }
    let place = |text: &str, line: usize| {
        let text = if text.is_empty() { "." } else { text };
        config.location(text).map_err(|error| TargetError::Words {
            message: format!("{}: line {line}: {error}", file.display()),
            help: "write the line as s5cmd takes it".to_owned(),
        })
    };
    let defaults = target::options(config, &Given::default())?;
    let mut asks = Vec::with_capacity(commands.routes.len());
    for one in &commands.routes {
        let source = place(&one.source, one.line)?;
        let destination = place(&one.destination, one.line)?;
        may_write(config, Some(&source).filter(|_| one.wants.moves))?;
        may_write(config, Some(&destination))?;
        asks.push(RouteAsk {
            route: Route {
                name: name(one.line),
                source,
                destination,
            },
            only: one.only.clone(),
            options: Arc::new(one.wants.over((*defaults).clone())),
        });
    }
    let mut removals = Vec::with_capacity(commands.removals.len());
    for removal in commands.removals {
        let bucket = place(&removal.place, removal.line)?;
        for key in &removal.only {
            may_write(config, bucket.child(key).ok().as_ref())?;
        }
        removals.push((bucket, removal));
    }
    Ok(Lines {
        asks,
        commanded: commands.routes,
        removals,
        options: defaults,
    })
}

/// What what a line asks is called.
pub fn name(line: usize) -> Arc<str> {
    format!("line {line}").into()
}

/// Whether the configuration lets this place be written.
fn may_write(config: &Config, place: Option<&Location>) -> Result<(), TargetError> {
    match place.and_then(|place| config.refusal(place)) {
        Some(refused) => Err(TargetError::Refused(refused)),
        None => Ok(()),
    }
}

fn refusal(file: &Path, refused: &[LineRefusal]) -> TargetError {
    let told = refused.iter().take(TOLD);
    let mut told: Vec<String> = told
        .map(|LineRefusal { line, reason }| format!("line {line}: {reason}"))
        .collect();
    let more = refused.len().saturating_sub(TOLD) as u64;
    if more > 0 {
        told.push(format!("and {} more lines", humanize::count(more)));
    }
    TargetError::Words {
        message: format!("{}: {}", file.display(), told.join("\n  ")),
        help: "nothing was done; leave these lines out, or run the file with s5cmd run".to_owned(),
    }
}
