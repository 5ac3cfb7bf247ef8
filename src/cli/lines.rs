//! From the lines of a command file of s5cmd to routes with their options, for `wharf run`. What no configuration lets happen
//! is refused here, before anything is listed.

use std::{path::Path, sync::Arc};

use crate::cli::{
    args::Given,
    target::{self, TargetError},
};
use crate::config::Config;
use crate::domain::{
    location::Location,
    plan::{Commanded, LineRefusal, Route, read_commands},
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
}

/// Reads the lines of a command file.
pub fn lines(config: &Config, file: &Path, text: &str) -> Result<Lines, TargetError> {
    let commanded = read_commands(text).map_err(|refused| refusal(file, &refused))?;
    if commanded.is_empty() {
        return Err(TargetError::Words {
            message: format!("{}: it holds neither a plan nor a command", file.display()),
            help: "wharf plan --out FILE writes a plan, which wharf run FILE runs".to_owned(),
        });
    }
    let defaults = target::options(config, &Given::default())?;
    let mut asks = Vec::with_capacity(commanded.len());
    for one in &commanded {
        let wrong = |error| TargetError::Words {
            message: format!("{}: line {}: {error}", file.display(), one.line),
            help: "write the line as s5cmd takes it".to_owned(),
        };
        let place = |text: &str| {
            let text = if text.is_empty() { "." } else { text };
            config.location(text).map_err(wrong)
        };
        let (source, destination) = (place(&one.source)?, place(&one.destination)?);
        if let Some(refusal) = written(config, one, (&source, &destination)) {
            return Err(refusal);
        }
        asks.push(RouteAsk {
            route: Route {
                name: format!("line {}", one.line).into(),
                source,
                destination,
            },
            only: one.only.clone(),
            options: Arc::new(one.options((*defaults).clone())),
        });
    }
    Ok(Lines { asks, commanded })
}

/// Why the configuration does not let these places be written.
fn written(config: &Config, one: &Commanded, ends: (&Location, &Location)) -> Option<TargetError> {
    let source = Some(ends.0).filter(|_| one.wants.moves);
    let mut places = source.into_iter().chain([ends.1]);
    places
        .find_map(|place| config.refusal(place))
        .map(TargetError::Refused)
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
