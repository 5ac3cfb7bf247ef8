//! The whole configuration: the stories' files, layers, machines, and what a person is told about a bad file.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use super::{Config, Env, Error, Place, REFERENCE, layer::Layer, origin::Origin, setting::SyncKey};
use crate::domain::{
    filter::Glob,
    location::{Location, Remote},
    plan::{Existing, SyncOptions},
};

const EXAMPLES: [(&str, &str); 6] = [
    ("notify", include_str!("../../config/examples/notify.toml")),
    (
        "consolidate-bucket",
        include_str!("../../config/examples/consolidate-bucket.toml"),
    ),
    (
        "archive-ingest",
        include_str!("../../config/examples/archive-ingest.toml"),
    ),
    (
        "hpc-dataset",
        include_str!("../../config/examples/hpc-dataset.toml"),
    ),
    (
        "embeddings-backup",
        include_str!("../../config/examples/embeddings-backup.toml"),
    ),
    (
        "training-run",
        include_str!("../../config/examples/training-run.toml"),
    ),
];

fn env() -> Env {
    Env {
        home: Some(PathBuf::from("/home/ada")),
        cwd: PathBuf::from("/data"),
        ..Env::default()
    }
}

fn read(text: &str, env: &Env) -> Result<Config, Error> {
    Config::of_text(Some(Path::new("/data/wharf.toml")), text, env)
}

fn told(text: &str) -> String {
    read(text, &env()).unwrap_err().to_string()
}

fn example(name: &str) -> &'static str {
    EXAMPLES.iter().find(|(other, _)| *other == name).unwrap().1
}

#[test]
fn the_examples_are_valid() {
    for (name, text) in EXAMPLES {
        let config = read(text, &env()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let says = !config.mappings.is_empty()
            || !config.migrations.is_empty()
            || config.hooks.failure.is_some();
        assert!(says, "{name}");
    }
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples")).unwrap();
    assert_eq!(files.count(), EXAMPLES.len());
}

#[test]
fn the_reference_is_what_the_program_does_by_itself() {
    let config = read("", &env()).unwrap();
    assert_eq!(
        config.options(&Layer::default()).options,
        SyncOptions::default()
    );
}

#[test]
fn every_sample_of_the_reference_is_valid_and_every_key_has_one() {
    let mut text = String::new();
    for line in REFERENCE.lines() {
        let sample = line.strip_prefix('#').filter(|rest| {
            rest.starts_with(|c: char| c.is_ascii_lowercase() || "[]".contains(c))
                || rest.starts_with("  ")
        });
        let line = sample.unwrap_or(line);
        // Two ways to write one key cannot stand in one file.
        if !line.starts_with("base_dir = { ini") {
            text.push_str(line);
            text.push('\n');
        }
    }
    read(&text, &env()).unwrap();
    for key in SyncKey::ALL {
        assert!(
            text.contains(&format!("\n{} = ", key.name())),
            "{}",
            key.name()
        );
    }
}

#[test]
fn the_cluster_is_known_by_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sbatch");
    let mut env = env();
    env.variables
        .insert("PATH".into(), folder.path().to_str().unwrap().into());
    let base = |env: &Env| {
        let config = read(example("hpc-dataset"), env).unwrap();
        let mapping = config.mappings["sentinel2"].clone();
        config.local(&mapping).unwrap()
    };
    let tail = "1_download_merge_and_clip/sentinel2";
    assert_eq!(base(&env), Path::new("/home/ada/glacier_flow").join(tail));
    fs::write(&program, "").unwrap();
    assert_eq!(base(&env), Path::new("/home/ada/glacier_flow").join(tail));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(base(&env), Path::new("/fs/project/glacier/flow").join(tail));
}

#[test]
fn machines_are_tried_in_the_order_of_the_file() {
    let text = r#"
[machines.zeta]
when = { hostname = "login*", env = "CLUSTER=glacier" }
base_dir = "/zeta"
[machines.alpha]
when = { path = "/" }
base_dir = "/alpha"
[machines.any]
base_dir = "/any"
"#;
    let mut env = env();
    let name = |env: &Env| read(text, env).unwrap().machine().unwrap().name.clone();
    assert_eq!(name(&env), "alpha");
    env.hostname = Some("login3".into());
    assert_eq!(name(&env), "alpha");
    env.variables.insert("CLUSTER".into(), "glacier".into());
    assert_eq!(name(&env), "zeta");
}

#[test]
fn another_programs_ini_gives_the_base_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let real = root.join("code");
    fs::create_dir_all(&real).unwrap();
    fs::write(real.join("config.ini"), "[PATHS]\nbase_dir = /fs/flow\n").unwrap();
    let text = "base_dir = { ini = \"config.ini\", section = \"PATHS\", key = \"base_dir\" }\n";
    fs::write(real.join("wharf.toml"), text).unwrap();
    // A link into the data folder: the INI is still the one beside the real file.
    symlink(real.join("wharf.toml"), root.join("wharf.toml")).unwrap();
    let config = Config::load(Some(&root.join("wharf.toml")), &env()).unwrap();
    let base = config.base().unwrap();
    assert_eq!(base.value, Path::new("/fs/flow"));
    assert_eq!(
        base.origin.to_string(),
        format!("{}:2", real.join("config.ini").display())
    );
    fs::write(real.join("config.ini"), "[PATHS]\n").unwrap();
    let error = Config::load(Some(&root.join("wharf.toml")), &env()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has no key \"base_dir\" in [PATHS]"),
        "{error}"
    );
}

#[test]
fn a_folder_without_a_base_tells_what_was_tried() {
    let text = r#"
[machines.hpc]
when = { command = "sbatch" }
base_dir = "/fs"
[mappings.a]
local = "a"
remote = "s3://bucket/a"
[mappings.b]
local = "/b"
remote = "s3://bucket/b"
"#;
    let config = read(text, &env()).unwrap();
    let error = config.local(&config.mappings["a"]).unwrap_err();
    assert!(
        error.to_string().contains("hpc: no command sbatch"),
        "{error}"
    );
    assert!(error.help().unwrap().contains("base_dir"));
    assert_eq!(
        config.local(&config.mappings["b"]).unwrap(),
        Path::new("/b")
    );
}

#[test]
fn a_bad_file_is_told_by_line_column_and_nearest_key() {
    let text = "\
[remotes.main]
regoin = \"us-east-2\"
[mappings.a]
local = \"a\"
remote = \"mian:s3://bucket/a\"
direction = \"pul\"
wrokers = 3
part_size = \"1MiB\"
";
    let told = told(text);
    insta::assert_snapshot!(told, @r#"
    /data/wharf.toml:2:1: remotes.main.regoin: unknown key
      |
    2 | regoin = "us-east-2"
      | ^^^^^^
      = did you mean "region"? (allowed: anonymous, checksums, data_plane, endpoint_url, path_style, production, profile, region, requester_pays)
    /data/wharf.toml:5:10: mappings.a.remote: there is no remote "mian"
      |
    5 | remote = "mian:s3://bucket/a"
      |          ^^^^^^^^^^^^^^^^^^^^
      = did you mean "main"? (allowed: main)
    /data/wharf.toml:6:13: mappings.a.direction: "pul" is not allowed here
      |
    6 | direction = "pul"
      |             ^^^^^
      = did you mean "pull"? (allowed: pull, push, both)
    /data/wharf.toml:7:1: mappings.a.wrokers: unknown key
      |
    7 | wrokers = 3
      | ^^^^^^^
      = did you mean "workers"? (allowed: allow_empty_source, authority, backup_dir, bandwidth, batch_over, batch_report, batch_role, check, delete, direction, durable, exclude, existing, forbid_git, gzip, include, listing, local, max_delete, max_size, metadata, min_size, mode, newer_than, older_than, part_size, parts, recount, remote, requests_per_second, restore, retries, source_sse, spool, sse, storage_class, symlinks, tags, timeout, verify, verify_command, workers)
    /data/wharf.toml:8:13: mappings.a.part_size: "1MiB" is not a part's size: S3 takes 5MiB to 5GiB
      |
    8 | part_size = "1MiB"
      |             ^^^^^^
    "#);
}

#[test]
fn wrong_kinds_missing_keys_and_broken_toml_are_told() {
    assert!(
        told("[mappings.a]\nlocal = \"a\"\n").contains("mappings.a.remote: this key is missing")
    );
    assert!(told("[mappings]\na = 3\n").contains("a table is expected, not a integer"));
    assert!(told("[defaults]\nexclude = \"x\"\n").contains("a list of globs"));
    assert!(told("[defaults]\nworkers = [1]\n").contains("a text, a number"));
    assert!(told("a = = 1\n").starts_with("/data/wharf.toml:1:"));
    assert!(told("[groups.g]\nmappings = [\"x\"]\n").contains("there is no mapping \"x\""));
    assert!(told("[remotes.s3]\n").contains("and not s3"));
    let secret = told("[defaults]\ncheck = \"\u{9b}31m\"\n");
    assert!(!secret.contains('\u{9b}'), "{secret}");
}

#[test]
fn a_remote_says_who_sends_its_calls() {
    let config = read("[remotes.a]\ndata_plane = \"sdk\"\n", &env()).unwrap();
    let remote = &config.remotes[&Remote::named("a")];
    let said = remote.data_plane.as_ref().map(|said| said.value);
    assert_eq!(said, Some(super::remote::Plane::Sdk));
    let rows = remote.rows();
    assert_eq!((rows[0].0, &*rows[0].1), ("data_plane", "sdk"));
    let wrong = told("[remotes.a]\ndata_plane = \"fast\"\n");
    assert!(wrong.contains("thin, sdk"), "{wrong}");
}

#[test]
fn layers_reference_file_variable_flag() {
    let text = "[defaults]\nworkers = 2\nretries = 1\ntimeout = 5\n";
    let mut env = env();
    env.variables.insert("WHARF_WORKERS".into(), "3".into());
    env.variables.insert("WHARF_RETRIES".into(), "2".into());
    let config = read(text, &env).unwrap();
    let mut flags = Layer::default();
    let flag = Origin::Flag("--workers".into());
    flags.push(SyncKey::Workers.read("4", env.now).unwrap(), flag.clone());
    let resolved = config.options(&flags);
    assert_eq!(resolved.options.workers, Some(4));
    assert_eq!(resolved.options.retries, 2);
    assert_eq!(resolved.options.timeout, 5);
    assert_eq!(resolved.origins[&SyncKey::Workers], flag);
    assert_eq!(
        resolved.origins[&SyncKey::Retries].to_string(),
        "$WHARF_RETRIES"
    );
    assert_eq!(
        resolved.origins[&SyncKey::Timeout].to_string(),
        "/data/wharf.toml:4"
    );
    assert!(
        resolved.origins[&SyncKey::Check]
            .to_string()
            .starts_with("default.toml:")
    );
    env.variables.insert("WHARF_EXISTING".into(), "kep".into());
    let error = read(text, &env).unwrap_err().to_string();
    assert!(
        error.contains("$WHARF_EXISTING") && error.contains("\"keep\""),
        "{error}"
    );
}

#[test]
fn mappings_keep_what_exists_unless_somebody_says_otherwise() {
    let config = read(example("training-run"), &env()).unwrap();
    let rule = |name: &str| {
        let resolved = config.mapping_options(&config.mappings[name], &Layer::default());
        resolved.options.existing
    };
    assert_eq!(rule("datasets"), Existing::Keep);
    assert_eq!(rule("models"), Existing::Update);
    assert_eq!(rule("checkpoints"), Existing::Newest);
    assert!(!config.says_existing(Some(&config.mappings["datasets"]), &Layer::default()));
    let datasets = config.mapping_options(&config.mappings["datasets"], &Layer::default());
    let only = vec![Glob::Include("**/*.parquet".into())];
    assert_eq!(datasets.options.filter.rules, only);
    let keep = read("[defaults]\nexisting = \"always\"\n[mappings.a]\nlocal = \"/a\"\nremote = \"s3://bucket/a\"\n", &env()).unwrap();
    let own = keep.mapping_options(&keep.mappings["a"], &Layer::default());
    assert_eq!(own.options.existing, Existing::Always);
}

#[test]
fn a_word_is_a_mapping_else_a_place() {
    let config = read(example("hpc-dataset"), &env()).unwrap();
    assert!(matches!(
        config.place("landsat").unwrap(),
        Place::Mapping(_)
    ));
    let Place::Group(members) = config.place("scenes").unwrap() else {
        panic!("a group is no place of its own")
    };
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["sentinel2", "landsat"]);
    let path = Place::Location(Location::Disk("./landsat".into()));
    assert_eq!(config.place("./landsat").unwrap(), path);
    let error = config.place("mian:s3://bucket/").unwrap_err().to_string();
    assert!(error.contains("no remote \"mian\""), "{error}");
}

#[test]
fn a_prefix_under_a_pull_mapping_is_protected_however_it_is_addressed() {
    let mut config = read(example("hpc-dataset"), &env()).unwrap();
    let place = |config: &Config, word: &str| config.location(word).unwrap();
    let scenes = "s3://greenland-glacier-data/1_download_merge_and_clip/landsat";
    for word in [
        scenes,
        &format!("main:{scenes}/x/"),
        "s3://greenland-glacier-data/",
    ] {
        let location = place(&config, word);
        assert!(config.forbids_writing(&location).is_some(), "{word}");
    }
    let beside = place(&config, "s3://greenland-glacier-data/2_velocity/");
    assert!(config.forbids_writing(&beside).is_none());
    let flags = super::remote::RemoteConfig {
        endpoint_url: Some(super::Sourced::new(
            "http://127.0.0.1:1".into(),
            Origin::BuiltIn,
        )),
        ..Default::default()
    };
    config.lay_remote(None, &flags).unwrap();
    assert!(config.forbids_writing(&place(&config, scenes)).is_none());
}

#[test]
fn flags_speak_of_the_unnamed_remote_or_of_the_one_they_name() {
    let mut config = read(example("archive-ingest"), &env()).unwrap();
    let flags = super::remote::RemoteConfig {
        region: Some(super::Sourced::new(
            "eu-west-1".into(),
            Origin::Flag("--region".into()),
        )),
        ..Default::default()
    };
    let side = config
        .location("binance:s3://data.binance.vision/")
        .unwrap();
    let side = config.lay_side("source", side, &flags);
    let own = super::place::remote_of(&side).unwrap();
    assert_eq!(own, &Remote::named("source"));
    assert_eq!(
        config.remotes[own].region.as_ref().unwrap().value,
        "eu-west-1"
    );
    assert!(config.remotes[own].anonymous.as_ref().unwrap().value);
    config.lay_remote(Some("main"), &flags).unwrap();
    let place = config.location("s3://your-archive/").unwrap();
    assert_eq!(
        super::place::remote_of(&place),
        Some(&Remote::named("main"))
    );
    assert!(config.lay_remote(Some("mian"), &flags).is_err());
}

#[test]
fn the_screen_is_set_by_file_and_variable() {
    let text = "[screen]\ntheme = \"dark\"\nkeymap = \"keys.toml\"\n";
    let mut env = env();
    let screen = read(text, &env).unwrap().screen;
    assert_eq!(screen.theme.unwrap().value, "dark");
    assert_eq!(screen.keymap.unwrap().value, Path::new("/data/keys.toml"));
    env.variables.insert("WHARF_THEME".into(), "light".into());
    assert_eq!(
        read(text, &env).unwrap().screen.theme.unwrap().value,
        "light"
    );
    env.variables.insert("WHARF_THEME".into(), "lihgt".into());
    assert!(
        read(text, &env)
            .unwrap_err()
            .to_string()
            .contains("did you mean \"light\"")
    );
}

#[test]
fn rows_tell_value_and_origin() {
    let config = read(example("hpc-dataset"), &env()).unwrap();
    let rows = config.rows();
    let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
    assert_eq!(row("base_dir").value, "\"/home/ada/glacier_flow\"");
    assert_eq!(row("mappings.sentinel2.exclude").value, "[\"download/**\"]");
    assert_eq!(row("mappings.sentinel2.existing").origin, Origin::BuiltIn);
    assert_eq!(row("remotes.main.region").value, "\"us-west-2\"");
    assert!(
        row("defaults.check")
            .origin
            .to_string()
            .starts_with("default.toml:")
    );
}
