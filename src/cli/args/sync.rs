//! The sync options as flags. Values stay text, in the order they were given: `config` reads them, as it reads files
//! and variables, so that a value means the same wherever it is written.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// A sync option's flag.
struct Flag {
    /// Name of the flag, without its dashes; `_` for `-` makes the option's key.
    key: &'static str,
    /// What stands behind the flag in the help; empty for a switch.
    value: &'static str,
    /// The flag's text in the help.
    help: &'static str,
}

const fn flag(key: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { key, value, help }
}

const CHECK: &[Flag] = &[flag(
    "check",
    "LEVEL",
    "How \"same\" is decided: size, time (size and time), checksum or read",
)];

const FORM: &[Flag] = &[
    flag(
        "gzip",
        "",
        "Files are gzip streams in S3: NAME on disk is NAME.gz there",
    ),
    flag(
        "sse",
        "KIND",
        "Encryption: AES256, aws:kms[:KEY], customer:FILE or customer:env:NAME (a customer's key of what is read, too)",
    ),
    flag(
        "source-sse",
        "KEY",
        "The customer's key of a source in S3 that is copied: customer:FILE or customer:env:NAME",
    ),
];

const FILTER: &[Flag] = &[
    flag(
        "include",
        "GLOB",
        "Take what matches (repeatable; the last match decides)",
    ),
    flag(
        "exclude",
        "GLOB",
        "Leave what matches (repeatable; the last match decides)",
    ),
    flag("min-size", "SIZE", "Leave what is smaller"),
    flag("max-size", "SIZE", "Leave what is larger"),
    flag(
        "newer-than",
        "TIME",
        "Leave what was changed before this time, or is older than this age",
    ),
    flag(
        "older-than",
        "TIME",
        "Leave what was changed since this time, or is younger than this age",
    ),
    flag(
        "symlinks",
        "RULE",
        "What becomes of symbolic links: skip, follow or store",
    ),
];

const TRANSFER: &[Flag] = &[
    flag(
        "existing",
        "RULE",
        "What may happen to what exists: keep, update (when it differs), newest or always",
    ),
    flag(
        "delete",
        "",
        "Delete at the destination what the source lacks; =propagate: only what was deleted at the source since",
    ),
    flag(
        "backup-dir",
        "LOCATION",
        "Copy there first what is overwritten or deleted: a folder or s3://bucket/prefix",
    ),
    flag(
        "max-delete",
        "N|P%",
        "The most deletes that need no extra word",
    ),
    flag(
        "allow-empty-source",
        "",
        "Let an empty source lead to deletes",
    ),
    flag(
        "verify",
        "LEVEL",
        "How what was moved is proven: size, checksum, read or off",
    ),
    flag(
        "mode",
        "MODE",
        "From bucket to bucket: auto, direct (the server copies), relay (through this machine) or hybrid",
    ),
    flag(
        "listing",
        "INVENTORY",
        "Read this inventory in place of listing the source: inventory:s3://bucket/…/manifest.json",
    ),
    flag(
        "spool",
        "DIR",
        "Let large objects of a relay pass through this folder instead of memory: each is read once, whatever its writing meets",
    ),
    flag(
        "restore",
        "TIER[:DAYS]",
        "Restore archived sources first, and wait for them: standard, bulk or expedited, for so many days (7)",
    ),
    flag(
        "batch-over",
        "N|never",
        "Hand copies by the server to S3 Batch Operations where there are more than N of them",
    ),
    flag(
        "batch-role",
        "ARN",
        "The IAM role that jobs of S3 Batch Operations run as",
    ),
    flag(
        "batch-report",
        "LOCATION",
        "Where their manifests and reports lie: s3://bucket/prefix",
    ),
    flag("durable", "", "Flush each download to the medium"),
    flag("workers", "N", "Requests at a time"),
    flag("part-size", "SIZE", "Bytes of a part"),
    flag("bandwidth", "RATE", "Bytes a second"),
    flag("requests-per-second", "N", "Requests a second"),
    flag("retries", "N", "Tries of each request beyond the first"),
    flag("timeout", "TIME", "How long a request may be silent"),
    flag("storage-class", "CLASS", "Storage class of what is written"),
    flag(
        "metadata",
        "K=V",
        "User metadata of what is written (repeatable)",
    ),
    flag("tags", "K=V", "Tags of what is written (repeatable)"),
];

/// Sync options that were given, each as its flag and text, in the order they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given(pub Vec<(&'static str, String)>);

/// `--check`, and how contents are stored.
#[derive(Debug, Clone, Default)]
pub struct CheckArgs(pub Given);

/// What takes part.
#[derive(Debug, Clone, Default)]
pub struct FilterArgs(pub Given);

/// All sync options, and what is answered beforehand.
#[derive(Debug, Clone, Default)]
pub struct SyncArgs {
    /// The options.
    pub given: Given,
    /// Whether additions and overwrites are approved beforehand; brakes are not.
    pub yes: bool,
}

fn arg(flag: &'static Flag, heading: &'static str) -> Arg {
    // A flag names one tag, the configuration all of them.
    let (name, also) = match flag.key {
        "tags" => ("tag", Some("tags")),
        key => (key, None),
    };
    let arg = Arg::new(flag.key)
        .long(name)
        .aliases(also)
        .help(flag.help)
        .help_heading(heading);
    match flag.value {
        "" => arg
            .action(ArgAction::Append)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name(if flag.key == "delete" {
                "RULE"
            } else {
                "true|false"
            })
            .hide_possible_values(true),
        value => arg
            .action(ArgAction::Append)
            .value_name(value)
            .allow_hyphen_values(false),
    }
}

fn add(mut command: Command, flags: &'static [Flag], heading: &'static str) -> Command {
    for flag in flags {
        command = command.arg(arg(flag, heading));
    }
    command
}

/// What was given of these flags, ordered by place on the command line.
fn given(matches: &ArgMatches, flags: &[&'static [Flag]]) -> Given {
    let mut found = Vec::new();
    for flag in flags.iter().copied().flatten() {
        let values = matches.get_many::<String>(flag.key).into_iter().flatten();
        let places = matches.indices_of(flag.key).into_iter().flatten();
        found.extend(
            places
                .zip(values)
                .map(|(place, value)| (place, flag.key, value.clone())),
        );
    }
    found.sort_by_key(|&(place, ..)| place);
    Given(
        found
            .into_iter()
            .map(|(_, key, value)| (key, value))
            .collect(),
    )
}

/// The traits that let clap flatten a struct made of `$flags`.
macro_rules! flags_of {
    ($type:ty, $(($flags:expr, $heading:literal)),+) => {
        impl FromArgMatches for $type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                Ok(Self(given(matches, &[$($flags),+])))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $type {
            fn augment_args(command: Command) -> Command {
                $(let command = add(command, $flags, $heading);)+
                command
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }
    };
}

flags_of!(CheckArgs, (CHECK, "Comparing"), (FORM, "What is stored"));
flags_of!(FilterArgs, (FILTER, "What takes part"));

impl FromArgMatches for SyncArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = given(matches, &[CHECK, FORM, FILTER, TRANSFER]);
        if matches.get_flag("no-recount") {
            options.0.push(("recount", "false".to_owned()));
        }
        Ok(Self {
            given: options,
            yes: matches.get_flag("yes"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SyncArgs {
    fn augment_args(command: Command) -> Command {
        let switch = |name: &'static str, help: &'static str| {
            Arg::new(name)
                .long(name)
                .help(help)
                .action(ArgAction::SetTrue)
                .help_heading("Moving")
        };
        let command = add(command, CHECK, "Comparing");
        let command = add(command, FORM, "What is stored");
        let command = add(command, FILTER, "What takes part");
        add(command, TRANSFER, "Moving")
            .arg(switch("no-recount", "Do not list both sides again at the end"))
            .arg(switch("yes", "Go on without asking where existing files are overwritten or deleted (brakes keep asking)"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::cli::args::{Cli, Command};

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_keep_the_order_they_were_given_in() {
        let line = [
            "wharf",
            "sync",
            "a",
            "s3://bucket/b",
            "--include",
            "*.png",
            "--exclude",
            "b*",
            "--include",
            "c",
            "--delete",
            "--no-recount",
        ];
        let cli = Cli::try_parse_from(line).unwrap();
        let Some(Command::Sync(sync)) = cli.command else {
            panic!("not a sync")
        };
        let expected = [
            ("include", "*.png"),
            ("exclude", "b*"),
            ("include", "c"),
            ("delete", "true"),
            ("recount", "false"),
        ];
        assert_eq!(sync.sync.given.0, expected.map(|(k, v)| (k, v.to_owned())));
    }

    #[test]
    fn global_flags_stand_before_or_behind_the_command_and_words_only_behind() {
        let read = |line: &str| Cli::try_parse_from(line.split(' ')).and_then(Cli::checked);
        for line in [
            "wharf --json ls s3://bucket/",
            "wharf ls --json s3://bucket/",
        ] {
            assert!(read(line).unwrap().global.json, "{line}");
        }
        let told = read("wharf data ls s3://bucket/").unwrap_err().to_string();
        assert!(told.contains("\"data\" is no command"), "{told}");
    }

    #[test]
    fn two_words_that_are_no_command_open_two_sides() {
        let cli = Cli::try_parse_from(["wharf", "data", "s3://bucket/data"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(
            (cli.left.as_deref(), cli.right.as_deref()),
            (Some("data"), Some("s3://bucket/data"))
        );
    }
}
