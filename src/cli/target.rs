//! From the words and flags of a command to what the engine is asked: two locations and the options that hold for them.
//! A mapping stands for a pair; what the configuration forbids to write is refused here, before anything is listed.

use std::{fs, path::Path, sync::Arc};

use crate::cli::{
    args::{Cli, Given, Global, SideArgs},
    exit::Exit,
};
use crate::config::{
    Config, Error, Origin, Place, Refusal, Sourced,
    invalid::Invalid,
    layer::Layer,
    mapping::{Direction, Mapping},
    place::remote_of,
    remote::{RemoteConfig, endpoint},
    setting::SyncKey,
};
use crate::domain::{
    location::Location,
    plan::{FileError, PlannedRoute, SyncOptions, read_plans},
};

/// What a command was asked to do with two locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only look: a mapping's local side is left.
    Compare,
    /// Move from left to right: a mapping's direction decides.
    Move,
    /// The same, and what arrived is removed at its source: no mapping's two sides are for that.
    MoveAway,
}

/// The words of a command: one (a mapping) or two (locations).
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Left side, source, or a mapping's name.
    pub first: &'a str,
    /// Right side or destination.
    pub second: Option<&'a str>,
}

/// Two locations, and how they are to be compared or synced.
#[derive(Debug, Clone)]
pub struct Target {
    /// Left side, or source.
    pub left: Location,
    /// Right side, or destination.
    pub right: Location,
    /// Every option, configuration and flags together.
    pub options: Arc<SyncOptions>,
    /// Whether somebody has said what may happen to what exists.
    pub decided: bool,
    /// The mapping that was named.
    pub mapping: Option<Box<Mapping>>,
}

/// Why there is nothing to ask the engine.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A word, a flag or the configuration is wrong.
    #[error(transparent)]
    Config(#[from] Error),
    /// The words are right, and yet say too little or too much.
    #[error("{message}")]
    Words {
        /// What is missing.
        message: String,
        /// What to write.
        help: String,
    },
    /// The configuration forbids it.
    #[error("{}", .0.message)]
    Refused(Refusal),
}

impl TargetError {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.help(),
            Self::Words { help, .. } => Some(help.clone()),
            Self::Refused(refusal) => Some(refusal.help.clone()),
        }
    }

    /// What it means for a script.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Words { .. } => Exit::Usage,
            Self::Refused(_) => Exit::Refused,
        }
    }
}

impl Target {
    /// The mapping that it stands for; empty where two places were named.
    pub fn name(&self) -> &str {
        self.mapping.as_ref().map_or("", |mapping| &mapping.name)
    }

    /// Both places in words.
    pub fn places(&self) -> [String; 2] {
        [self.left.to_string(), self.right.to_string()]
    }
}

/// Two locations from words and flags. `config` gains a remote of its own for a side that has flags of its own.
pub fn target(
    config: &mut Config,
    words: Words<'_>,
    given: &Given,
    sides: &SideArgs,
    purpose: Purpose,
) -> Result<Target, TargetError> {
    let flags = layer(config, given)?;
    let mut target = ends(config, words, &flags, purpose)?;
    sides.lay(config, (&mut target.left, &mut target.right))?;
    let written: &[&Location] = match purpose {
        Purpose::Compare => &[],
        Purpose::Move => &[&target.right],
        Purpose::MoveAway => &[&target.right, &target.left],
    };
    if let Some(refusal) = written.iter().find_map(|place| config.refusal(place)) {
        return Err(TargetError::Refused(refusal));
    }
    if purpose == Purpose::MoveAway {
        Arc::make_mut(&mut target.options).remove_source = true;
    }
    Ok(target)
}

/// The pairs of a group's mappings, to be compared each for itself; `None` where the words mean two places.
pub fn each(
    config: &Config,
    words: Words<'_>,
    given: &Given,
    sides: &SideArgs,
) -> Result<Option<Vec<Target>>, TargetError> {
    let (Place::Group(mappings), None) = (config.place(words.first)?, words.second) else {
        return Ok(None);
    };
    let group = words.first;
    no_sides(group, sides)?;
    if mappings.is_empty() {
        return Err(TargetError::Words {
            message: format!("the group {group} names no mapping"),
            help: format!("[groups.{group}] mappings = [\"NAME\", …]"),
        });
    }
    let flags = layer(config, given)?;
    let pair = |mapping| of_mapping(config, Box::new(mapping), &flags, Purpose::Compare);
    mappings
        .into_iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Refuses flags of one side where `word` names mappings, whose sides have remotes of their own.
pub(super) fn no_sides(word: &str, sides: &SideArgs) -> Result<(), Error> {
    let said = [sides.source()?, sides.destination()?];
    if said.iter().all(|flags| *flags == RemoteConfig::default()) {
        return Ok(());
    }
    Err(Error::Invalid(Invalid::because(format!(
        "a flag of one side says nothing of {word}: write it into the [remotes] of the configuration"
    ))))
}

/// One location from a word.
pub fn location(config: &Config, word: &str) -> Result<Location, TargetError> {
    match config.place(word)? {
        Place::Location(location) => Ok(location),
        Place::Mapping(mapping) => Err(TargetError::Words {
            message: format!("{word} is a mapping, which has two sides; one location is asked for"),
            help: format!(
                "name one: {} or {}; a folder of that name is ./{word}",
                config.local(&mapping)?.display(),
                mapping.remote.value
            ),
        }),
        Place::Group(_) => Err(TargetError::Words {
            message: format!("{word} is a group of mappings; one location is asked for"),
            help: format!("name one; a folder of that name is ./{word}"),
        }),
    }
}

/// Both places of a mapping, the local one first.
pub fn mapping(config: &Config, name: &str) -> Result<(Location, Location), TargetError> {
    let Some(mapping) = config.mappings.get(name) else {
        let known: Vec<&str> = config.mappings.keys().map(String::as_str).collect();
        let unknown = Invalid::unknown(name, "mapping", &known);
        return Err(TargetError::Config(Error::Invalid(unknown)));
    };
    let local = Location::Disk(config.local(mapping)?);
    Ok((local, mapping.remote.value.clone()))
}

/// What a file of plans or commands says.
pub fn content(file: &Path) -> Result<String, TargetError> {
    fs::read_to_string(file).map_err(|error| TargetError::Words {
        message: format!("{}: {error}", file.display()),
        help: "wharf plan --out FILE writes a plan, which wharf run FILE runs".to_owned(),
    })
}

/// The plans of a file that says this.
pub fn plans(file: &Path, text: &str) -> Result<Vec<PlannedRoute>, TargetError> {
    let refuse = |message: String, help: &str| TargetError::Words {
        message: format!("{}: {message}", file.display()),
        help: help.to_owned(),
    };
    read_plans(text).map_err(|error| {
        let help = match &error {
            FileError::Form(_) | FileError::Edited(_) => "plan again with wharf plan --out FILE",
            FileError::Plan(_) => "see wharf --version",
            FileError::BothWays(_) => "wharf both runs it",
        };
        refuse(error.to_string(), help)
    })
}

/// A side of the terminal interface from a word. A bare word that names nothing is a slip, of a command for one:
/// it would open an empty screen.
pub fn side(config: &Config, word: &str) -> Result<Location, TargetError> {
    let location = location(config, word)?;
    let bare = !word.contains(['/', ':', '.', '~']);
    let missing = match &location {
        Location::Disk(path) => !config.env().cwd.join(path).exists(),
        Location::S3(_) | Location::Buckets(_) | Location::Manifest(_) => false,
    };
    if !(bare && missing) {
        return Ok(location);
    }
    let commands = Cli::commands();
    let mappings = config.mappings.keys();
    let known: Vec<&str> = commands
        .iter()
        .chain(mappings)
        .map(String::as_str)
        .collect();
    let unknown = Invalid::unknown(word, "command, mapping or folder", &known);
    Err(TargetError::Config(Error::Invalid(unknown)))
}

/// The options of a listing: configuration and flags together.
pub fn options(config: &Config, given: &Given) -> Result<Arc<SyncOptions>, TargetError> {
    let flags = layer(config, given)?;
    Ok(Arc::new(config.options(&flags).options))
}

/// Lays the global flags over the remote that they speak of.
pub fn lay_global(config: &mut Config, global: &Global) -> Result<(), TargetError> {
    let flags = RemoteConfig {
        profile: text("--profile", global.profile.as_ref()),
        region: text("--region", global.region.as_ref()),
        endpoint_url: address("--endpoint-url", global.endpoint_url.as_ref())?,
        path_style: switch("--path-style", global.path_style),
        anonymous: switch("--no-sign-request", global.no_sign_request),
        ..RemoteConfig::default()
    };
    config.lay_remote(global.remote.as_deref(), &flags)?;
    for remote in &global.laid {
        config.lay_again(remote)?;
    }
    Ok(())
}

/// The options of flags.
pub fn layer(config: &Config, given: &Given) -> Result<Layer, Error> {
    let pairs = given.0.iter().map(|(flag, text)| (*flag, text.as_str()));
    Layer::of_flags(pairs, config.env())
}

fn ends(
    config: &Config,
    words: Words<'_>,
    flags: &Layer,
    purpose: Purpose,
) -> Result<Target, TargetError> {
    match (config.place(words.first)?, words.second) {
        (Place::Mapping(mapping), None) => of_mapping(config, mapping, flags, purpose),
        (Place::Mapping(_), Some(second)) => Err(TargetError::Words {
            message: format!(
                "{} is a mapping and has both sides: {second} is one too many",
                words.first
            ),
            help: format!(
                "leave {second} out, or write ./{} for a folder",
                words.first
            ),
        }),
        (Place::Group(_), _) => Err(TargetError::Words {
            message: format!(
                "{} is a group, and each of its mappings goes its own way",
                words.first
            ),
            help: format!(
                "wharf pull {0}, push {0} or both {0}; a folder of that name is ./{0}",
                words.first
            ),
        }),
        (Place::Location(_), None) => Err(one_word(config, words.first)),
        (Place::Location(left), Some(second)) => Ok(Target {
            left,
            right: location(config, second)?,
            options: Arc::new(config.options(flags).options),
            decided: flags.names(SyncKey::Existing) || config.says_existing(None, flags),
            mapping: None,
        }),
    }
}

fn one_word(config: &Config, word: &str) -> TargetError {
    let known: Vec<&str> = config.mappings.keys().map(String::as_str).collect();
    let plain = !word.contains(['/', ':']);
    if plain && !known.is_empty() {
        return TargetError::Config(Error::Invalid(Invalid::unknown(word, "mapping", &known)));
    }
    TargetError::Words {
        message: format!("{word} is one side; the other one is missing"),
        help: "name two locations, or one mapping of the configuration".to_owned(),
    }
}

fn of_mapping(
    config: &Config,
    mapping: Box<Mapping>,
    flags: &Layer,
    purpose: Purpose,
) -> Result<Target, TargetError> {
    let name = &mapping.name;
    let local = Location::Disk(config.local(&mapping)?);
    let remote = mapping.remote.value.clone();
    let (left, right) = match (purpose, mapping.direction) {
        (Purpose::MoveAway, _) => {
            return Err(TargetError::Words {
                message: format!(
                    "{name} is a mapping, whose two sides hold the same: neither is moved away"
                ),
                help: "name two locations: wharf move SOURCE DESTINATION".to_owned(),
            });
        }
        (Purpose::Compare, _) | (Purpose::Move, Direction::Push) => (local, remote),
        (Purpose::Move, Direction::Pull) => (remote, local),
        (Purpose::Move, Direction::Both) if config.only_pulls(&mapping) => (remote, local),
        (Purpose::Move, Direction::Both) => {
            return Err(TargetError::Words {
                message: format!("mapping {name} goes both ways: which one is meant?"),
                help: format!("wharf push {name}, wharf pull {name}, or wharf both {name}"),
            });
        }
    };
    Ok(Target {
        left,
        right,
        options: Arc::new(config.mapping_options(&mapping, flags).options),
        decided: config.says_existing(Some(&mapping), flags),
        mapping: Some(mapping),
    })
}

/// What the remote of a location is set to, for a remark: "s3://… at main (profile research, us-east-2)".
pub fn place_words(config: &Config, location: &Location) -> String {
    let set = remote_of(location).and_then(|remote| config.remotes.get(remote));
    let rows = set.map(RemoteConfig::rows).unwrap_or_default();
    let said: Vec<String> = rows
        .into_iter()
        .filter(|(key, ..)| matches!(*key, "profile" | "region" | "endpoint_url" | "anonymous"))
        .map(|(key, value, _)| format!("{key} {value}"))
        .collect();
    if said.is_empty() {
        return location.to_string();
    }
    format!("{location} ({})", said.join(", "))
}

impl SideArgs {
    /// Lets each of two places be reached as its flags say.
    pub(super) fn lay(
        &self,
        config: &mut Config,
        (source, destination): (&mut Location, &mut Location),
    ) -> Result<(), Error> {
        *source = config.lay_side("source", source.clone(), &self.source()?);
        *destination = config.lay_side("destination", destination.clone(), &self.destination()?);
        Ok(())
    }

    /// What the flags of the source say.
    fn source(&self) -> Result<RemoteConfig, Error> {
        Ok(RemoteConfig {
            profile: text("--source-profile", self.source_profile.as_ref()),
            region: text("--source-region", self.source_region.as_ref()),
            endpoint_url: address("--source-endpoint-url", self.source_endpoint_url.as_ref())?,
            anonymous: switch("--source-no-sign-request", self.source_no_sign_request),
            requester_pays: switch("--source-requester-pays", self.source_requester_pays),
            ..RemoteConfig::default()
        })
    }

    /// What the flags of the destination say.
    fn destination(&self) -> Result<RemoteConfig, Error> {
        Ok(RemoteConfig {
            profile: text("--destination-profile", self.destination_profile.as_ref()),
            region: text("--destination-region", self.destination_region.as_ref()),
            endpoint_url: address(
                "--destination-endpoint-url",
                self.destination_endpoint_url.as_ref(),
            )?,
            anonymous: None,
            ..RemoteConfig::default()
        })
    }
}

fn text(flag: &str, value: Option<&String>) -> Option<Sourced<String>> {
    Some(Sourced::new(value?.clone(), Origin::Flag(flag.into())))
}

fn switch(flag: &str, on: bool) -> Option<Sourced<bool>> {
    on.then(|| Sourced::new(true, Origin::Flag(flag.into())))
}

fn address(flag: &str, value: Option<&String>) -> Result<Option<Sourced<String>>, Error> {
    let Some(text) = value else {
        return Ok(None);
    };
    let url = endpoint(text).map_err(|invalid| Invalid {
        message: format!("{flag}: {}", invalid.message),
        ..invalid
    })?;
    Ok(Some(Sourced::new(url, Origin::Flag(flag.into()))))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{Purpose, Target, TargetError, Words, lay_global, location, side, target};
    use crate::cli::{
        args::{Cli, Command},
        exit::Exit,
    };
    use crate::config::{Config, Env, place::remote_of};
    use crate::domain::plan::Existing;

    const TEXT: &str = "
[remotes.main]
region = \"us-east-2\"
[mappings.scenes]
local = \"/data/scenes\"
remote = \"main:s3://bucket/scenes\"
direction = \"pull\"
[mappings.models]
local = \"/data/models\"
remote = \"main:s3://bucket/models\"
direction = \"both\"
existing = \"newest\"
";

    fn run(line: &str) -> Result<(Target, Config), TargetError> {
        let env = Env {
            cwd: "/data".into(),
            ..Env::default()
        };
        let mut config = Config::of_text(None, TEXT, &env).unwrap();
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        lay_global(&mut config, &cli.global)?;
        let Some(Command::Sync(sync)) = cli.command else {
            panic!("not a sync")
        };
        let words = Words {
            first: &sync.source,
            second: sync.destination.as_deref(),
        };
        let found = target(
            &mut config,
            words,
            &sync.sync.given,
            &sync.sides,
            Purpose::Move,
        )?;
        Ok((found, config))
    }

    fn refused(line: &str) -> (Exit, String) {
        let error = run(line).unwrap_err();
        (
            error.exit(),
            format!("{error} / {}", error.help().unwrap_or_default()),
        )
    }

    #[test]
    fn a_mapping_is_moved_the_way_it_goes() {
        let (target, _) = run("wharf sync scenes").unwrap();
        assert_eq!(target.left.to_string(), "main:s3://bucket/scenes");
        assert_eq!(target.right.to_string(), "/data/scenes");
        assert_eq!(
            (target.options.existing, target.decided),
            (Existing::Keep, false)
        );
        let (exit, told) = refused("wharf sync models");
        assert_eq!(exit, Exit::Usage);
        assert!(
            told.contains("wharf push models, wharf pull models, or wharf both models"),
            "{told}"
        );
    }

    #[test]
    fn by_hand_the_rule_of_sync_holds_and_flags_decide() {
        let (target, _) = run("wharf sync ./scenes s3://bucket/x").unwrap();
        assert_eq!(
            (target.options.existing, target.decided),
            (Existing::Update, false)
        );
        let (target, _) = run("wharf sync ./scenes s3://bucket/x --existing always").unwrap();
        assert_eq!(
            (target.options.existing, target.decided),
            (Existing::Always, true)
        );
    }

    #[test]
    fn what_only_pulls_is_never_written_to() {
        let (exit, told) = refused("wharf sync ./x s3://bucket/scenes/new");
        assert_eq!(exit, Exit::Refused);
        assert!(told.contains("mapping scenes, which only pulls"), "{told}");
        assert!(run("wharf sync ./x s3://bucket/scenes --endpoint-url http://127.0.0.1:9").is_ok());
    }

    #[test]
    fn a_side_has_its_own_place() {
        let line = "wharf sync main:s3://bucket/a s3://other/b --source-region eu-west-1 --source-requester-pays --profile p";
        let (target, config) = run(line).unwrap();
        let source = &config.remotes[remote_of(&target.left).unwrap()];
        assert_eq!(source.region.as_ref().unwrap().value, "eu-west-1");
        assert!(source.requester_pays.as_ref().unwrap().value);
        let destination = &config.remotes[remote_of(&target.right).unwrap()];
        assert_eq!(destination.profile.as_ref().unwrap().value, "p");
        assert!(destination.region.is_none());
    }

    #[test]
    fn wrong_words_are_told_with_what_to_write() {
        for (line, told) in [
            ("wharf sync scene", "did you mean \"scenes\"?"),
            ("wharf sync scenes ./x", "one too many"),
            ("wharf sync ./x", "the other one is missing"),
            ("wharf sync ./x mian:s3://bucket/", "did you mean \"main\"?"),
            (
                "wharf sync ./x s3://bucket/y --existing kep",
                "did you mean \"keep\"?",
            ),
            (
                "wharf sync ./x s3://bucket/y --endpoint-url localhost",
                "--endpoint-url: \"localhost\" is not an address",
            ),
        ] {
            let (exit, text) = refused(line);
            assert_eq!(exit, Exit::Usage, "{line}");
            assert!(text.contains(told), "{line}: {text}");
        }
        let config = Config::of_text(None, TEXT, &Env::default()).unwrap();
        let slip = side(&config, "synk").unwrap_err().to_string();
        assert!(slip.contains("did you mean \"sync\"?"), "{slip}");
        assert!(side(&config, "./synk").is_ok() && side(&config, "s3://bucket/").is_ok());
        let error = location(&config, "scenes").unwrap_err();
        assert!(
            error
                .help()
                .unwrap()
                .contains("/data/scenes or main:s3://bucket/scenes")
        );
    }
}
