//! From the words of `wharf migrate` to routes with their options. What no configuration lets happen is refused here, before
//! anything is listed.

use std::sync::Arc;

use crate::cli::{
    args::MigrateArgs,
    target::{TargetError, layer},
};
use crate::config::{
    Config, Origin, RouteErrand, Sourced,
    layer::Layer,
    migration::{Migration, PARALLEL, Route as Routed},
};
use crate::domain::{location::Location, plan::Route};
use crate::engine::RouteAsk;

/// Routes on their way together.
#[derive(Debug, Clone)]
pub struct Routes {
    /// What a person calls the whole.
    pub name: String,
    /// How many run at once.
    pub parallel: u16,
    /// In the order in which they begin.
    pub routes: Vec<RouteErrand>,
}

/// Reads the words and flags of the command.
pub fn routes(config: &mut Config, args: &MigrateArgs) -> Result<Routes, TargetError> {
    let flags = layer(config, &args.sync.given)?;
    let (name, migration) = match &args.name {
        Some(name) => (name.as_str(), config.migration(name)?.clone()),
        None => ("", by_hand(config, &args.routes)?),
    };
    if migration.routes.is_empty() {
        return Err(no_routes(config, name));
    }
    let mut routes = config.routes(&migration, &flags);
    for route in &mut routes {
        args.sides.lay(config, (&mut route.from, &mut route.to))?;
    }
    for route in &routes {
        if let Some(refusal) = config.refusal(&route.to) {
            return Err(TargetError::Refused(refusal));
        }
    }
    let words: Vec<&str> = match name {
        "" => routes.iter().map(|route| route.name.as_str()).collect(),
        name => vec![name],
    };
    Ok(Routes {
        name: format!("migrate {}", words.join(", ")),
        parallel: migration.parallel,
        routes,
    })
}

fn no_routes(config: &Config, name: &str) -> TargetError {
    let known: Vec<&str> = config.migrations.keys().map(String::as_str).collect();
    let help = if known.is_empty() {
        "write --route s3://a/x=s3://b/y, or [migrations.NAME] into the configuration".to_owned()
    } else {
        format!(
            "name one of the configuration ({}), or write --route s3://a/x=s3://b/y",
            known.join(", ")
        )
    };
    let message = if name.is_empty() {
        "no route is named".to_owned()
    } else {
        format!("the migration {name} has no routes")
    };
    TargetError::Words { message, help }
}

/// A migration of the routes of the command line.
fn by_hand(config: &Config, words: &[String]) -> Result<Migration, TargetError> {
    let mut routes = Vec::with_capacity(words.len());
    for word in words {
        let (from, to) = split(word)?;
        let place = |text: &str| bucket(config, text);
        let flag = |place| Sourced::new(place, Origin::Flag("--route".into()));
        routes.push(Routed {
            name: None,
            from: flag(place(from)?),
            to: flag(place(to)?),
            options: Layer::default(),
        });
    }
    Ok(Migration {
        parallel: PARALLEL,
        routes,
        options: Layer::default(),
    })
}

/// The two sides of a route. Keys may hold `=`, so that the one counts behind which a bucket stands.
fn split(word: &str) -> Result<(&str, &str), TargetError> {
    let sides = word.match_indices('=').filter_map(|(at, _)| {
        let (from, to) = (word.get(..at)?, word.get(at + 1..)?);
        let is_bucket = |text| matches!(Location::parse(text), Ok(Location::S3(_)));
        (is_bucket(from) && is_bucket(to)).then_some((from, to))
    });
    let found: Vec<(&str, &str)> = sides.collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(TargetError::Words {
            message: format!("--route {word:?} does not say from which bucket to which"),
            help: "write SOURCE=DESTINATION, as --route s3://a/x=s3://b/y".to_owned(),
        }),
        _ => Err(TargetError::Words {
            message: format!("--route {word:?} can be read in {} ways", found.len()),
            help: "write it as a route of [migrations.NAME], where from and to are apart"
                .to_owned(),
        }),
    }
}

fn bucket(config: &Config, text: &str) -> Result<Location, TargetError> {
    Ok(config.location(text)?)
}

impl Routes {
    /// What is asked of the engine.
    pub fn asks(&self) -> Vec<RouteAsk> {
        let ask = |route: &RouteErrand| RouteAsk {
            route: Route {
                name: route.name.as_str().into(),
                source: route.from.clone(),
                destination: route.to.clone(),
            },
            only: Vec::new(),
            options: Arc::clone(&route.options),
        };
        self.routes.iter().map(ask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_key_may_hold_the_sign_between_the_sides() {
        let sides = |word| split(word).unwrap();
        assert_eq!(sides("s3://one/x=s3://two/y"), ("s3://one/x", "s3://two/y"));
        assert_eq!(
            sides("one:s3://aaa/year=2024/=two:s3://bbb/y=1"),
            ("one:s3://aaa/year=2024/", "two:s3://bbb/y=1")
        );
        for wrong in [
            "s3://one/x",
            "s3://one/x=two",
            "one=s3://two/y",
            "s3://one/x=s3://two/y=s3://three/z",
        ] {
            split(wrong).unwrap_err();
        }
    }
}
