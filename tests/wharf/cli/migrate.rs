//! `wharf migrate` by the real program: four routes of the story side by side, the way that each takes and why, what is refused
//! by name, and what a way that fails turns into.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::fs;

use serde_json::Value;
use wharf::demo::{Demo, Options, s3::Denial, seed};

use crate::support::wharf::{Run, Stage};

const STORY: &str = include_str!("../../../config/examples/consolidate-bucket.toml");

/// The story's configuration, for the demo's bucket.
fn story() -> String {
    STORY.replace("pokemon-card-training-us-east-2", "pokemon-card-training")
}

impl Stage {
    /// Puts objects below `s3://bucket/prefix`, with tags where some are given.
    fn objects(&self, prefix: &str, count: usize, tags: &[&str]) {
        let folder = format!("made/{prefix}");
        for n in 0..count {
            self.file(&format!("{folder}/k{n}"), format!("{prefix}{n}").as_bytes());
        }
        let folder = self.path(&folder);
        let target = format!("s3://bucket/{prefix}");
        let mut args = vec!["sync", folder.to_str().unwrap(), &target];
        for tag in tags {
            args.extend(["--tags", tag]);
        }
        self.run(&args).ended_with(0);
        self.demo.log().clear();
    }

    /// A remote of this name with keys of its own, at this endpoint.
    fn remote(&self, name: &str, endpoint: &str) {
        let secret = "a-secret-of-its-own";
        self.demo.store().add_key(name, secret);
        fs::create_dir_all(self.path(".aws")).unwrap();
        let append = |file: &str, text: String| {
            let path = self.path(file);
            let before = fs::read_to_string(&path).unwrap_or_default();
            fs::write(path, before + &text).unwrap();
        };
        append(
            ".aws/credentials",
            format!("[{name}]\naws_access_key_id = {name}\naws_secret_access_key = {secret}\n"),
        );
        append(
            "wharf.toml",
            format!(
                "[remotes.{name}]\nprofile = \"{name}\"\nregion = \"us-east-2\"\nendpoint_url = \"{endpoint}\"\n"
            ),
        );
    }

    fn deny(&self, operation: &str, access_key: Option<&str>) {
        self.demo.store().deny(Denial {
            operation: Some(operation.to_owned()),
            access_key: access_key.map(str::to_owned),
            ..Denial::default()
        });
    }
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("bucket", "us-east-2");
    stage
}

fn route(run: &Run, name: &str) -> Value {
    let found = run
        .of_type("route")
        .into_iter()
        .find(|route| route["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in\n{}{}", run.stdout, run.stderr))
}

#[test]
fn four_routes_of_the_story_are_planned_copied_and_proven_as_one_task() {
    let stage = stage();
    let world = seed::world(&stage.demo, &stage.path("pokemon"), 0.01).unwrap();
    fs::write(stage.path("wharf.toml"), story()).unwrap();
    stage.demo.log().clear();
    let dry = stage
        .run(&["migrate", "consolidate", "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(dry.of_type("step").len(), world.right_objects);
    assert_eq!(
        dry.summary()["planned"]["copy"]["objects"],
        world.right_objects
    );
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    stage.demo.log().clear();
    let run = stage
        .run(&["migrate", "consolidate", "--json"])
        .ended_with(0);
    let mut moved = 0;
    for name in ["calibration", "raw", "processed", "reference"] {
        let route = route(&run, name);
        assert_eq!(route["state"], "proven", "{route}");
        assert_eq!(route["mode"]["relay"], 0);
        assert_eq!(route["done"], route["verified"]);
        assert!(
            route["why"].as_str().unwrap().contains("the server copies"),
            "{route}"
        );
        moved += route["done"].as_u64().unwrap();
    }
    let summary = run.summary();
    assert_eq!(moved, world.right_objects as u64);
    assert_eq!(
        (&summary["routes"], &summary["done"]),
        (&4.into(), &moved.into())
    );
    let log = stage.demo.log();
    assert_eq!(log.count("CopyObject"), moved);
    assert_eq!((log.count("PutObject"), log.count("GetObject")), (0, 0));
    let tasks = run.of_type("task");
    assert_eq!(tasks.len(), 4);
    assert!(tasks.iter().all(|task| task["parent"] == summary["task"]));
    reported(&stage, &summary["task"].to_string(), moved);
    let again = stage.run(&["migrate", "consolidate"]).ended_with(0);
    assert!(
        again.stdout.contains("raw: nothing to do"),
        "{}",
        again.stdout
    );
}

/// The report of a migration of so many objects, for people and for programs.
fn reported(stage: &Stage, task: &str, moved: u64) {
    let report = stage.run(&["tasks", "report", task]).ended_with(0);
    for told in [
        "## Before and after",
        "## Against a relay",
        "never left S3; a relay would have moved",
        "(measured)",
        "(estimated)",
        "Exactly those that the plan foresaw were sent.",
    ] {
        assert!(report.stdout.contains(told), "{told}\n{}", report.stdout);
    }
    let report = stage
        .run(&["tasks", "report", task, "--json"])
        .ended_with(0);
    let account = &report.records()[0]["account"];
    assert_eq!(account["direct"]["objects"], moved);
    assert_eq!(account["savings"]["success"], 1.0);
    assert_eq!(account["unforeseen"].as_array().map(Vec::len), Some(0));
}

#[test]
fn routes_in_each_others_way_are_refused_by_name_before_anything_is_copied() {
    let stage = stage();
    stage.objects("a/x/", 2, &[]);
    stage.objects("b/x/", 2, &[]);
    for (routes, told) in [
        (
            [
                "s3://bucket/a=s3://bucket/new",
                "s3://bucket/a/x=s3://bucket/other",
            ],
            "the routes a and x overlap: both read what lies in s3://bucket/a/x",
        ),
        (
            [
                "s3://bucket/a=s3://bucket/b/new",
                "s3://bucket/b=s3://bucket/other",
            ],
            "a writes to s3://bucket/b/new, where b reads",
        ),
        (
            [
                "s3://bucket/a=s3://bucket/a/new",
                "s3://bucket/b=s3://bucket/other",
            ],
            "the destination s3://bucket/a/new lies inside the source s3://bucket/a",
        ),
        (
            [
                "s3://bucket/a=s3://bucket/new",
                "s3://bucket/b=s3://bucket/new",
            ],
            "two sources for one key: s3://bucket/new/x/k0 would be written by the routes a and b (and 1 more keys)",
        ),
    ] {
        let [one, other] = routes;
        let run = stage
            .run(&["migrate", "--route", one, "--route", other])
            .ended_with(5);
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    let twice = [
        "s3://bucket/a=s3://bucket/n1",
        "s3://missing/b=s3://bucket/n2",
    ];
    let missing = stage
        .run(&["migrate", "--route", twice[0], "--route", twice[1]])
        .ended_with(2);
    assert!(missing.stderr.contains("route b: "), "{}", missing.stderr);
    let none = stage.run(&["migrate"]).ended_with(2);
    assert!(none.stderr.contains("no route is named"), "{}", none.stderr);
}

#[test]
fn the_way_follows_from_what_the_destinations_credentials_may_read() {
    let stage = stage();
    stage.objects("src/", 4, &[]);
    let endpoint = stage.demo.endpoint();
    stage.remote("one", &endpoint);
    stage.remote("two", &endpoint);
    let copy = |to: &str, mode: &str| {
        let words = format!("one:s3://bucket/src=two:s3://bucket/{to}");
        stage.run(&["migrate", "--route", &words, "--mode", mode, "--json"])
    };
    let direct = copy("direct", "auto").ended_with(0);
    let told = route(&direct, "src");
    assert_eq!(
        (&told["state"], &told["mode"]["direct"]),
        (&"proven".into(), &4.into())
    );
    assert_eq!(stage.demo.log().count("PutObject"), 0);
    let relay = copy("relay", "traditional").ended_with(0);
    assert_eq!(route(&relay, "src")["mode"]["relay"], 4);
    assert_eq!(stage.demo.log().count("PutObject"), 4);
    // Reading is what the second account may not do in the first one's bucket.
    stage.demo.store().deny(Denial {
        prefix: "src/".to_owned(),
        access_key: Some("two".to_owned()),
        ..Denial::default()
    });
    let found = copy("found", "auto").ended_with(0);
    let told = route(&found, "src");
    assert_eq!(told["mode"]["relay"], 4);
    assert!(
        told["why"]
            .as_str()
            .unwrap()
            .contains("the destination's credentials may not read the source (request id"),
        "{told}"
    );
    let hybrid = copy("hybrid", "hybrid").ended_with(0);
    let told = route(&hybrid, "src");
    assert_eq!(
        (&told["mode"]["relay"], &told["mode"]["fell_back"]),
        (&4.into(), &4.into())
    );
    assert_eq!(
        (hybrid.of_type("other_way").len(), &told["state"]),
        (4, &"proven".into())
    );
    let only = copy("only", "direct").ended_with(3);
    assert_eq!(route(&only, "src")["failed"], 4);
}

#[test]
fn tags_that_may_not_be_read_send_their_objects_through_this_machine() {
    let stage = stage();
    stage.objects("plain/", 3, &[]);
    stage.objects("plain/tagged/", 2, &["team=cards"]);
    let endpoint = stage.demo.endpoint();
    stage.remote("one", &endpoint);
    stage.remote("two", &endpoint);
    stage.deny("GetObjectTagging", Some("two"));
    let words = "one:s3://bucket/plain=two:s3://bucket/new";
    let run = stage.run(&["migrate", "--route", words]).ended_with(0);
    assert!(
        run.stderr.contains(
            "tags may not be read, so that objects that bear some go through this machine"
        ),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("~ tagged/k0: the server did not copy it, it goes through this machine"),
        "{}",
        run.stderr
    );
    assert!(
        run.stdout.contains("proven, 5 objects, 0 failed")
            && run
                .stdout
                .contains("2 through this machine (2 that the server refused to copy)"),
        "{}",
        run.stdout
    );
}

#[test]
fn between_two_services_everything_goes_through_this_machine() {
    let stage = stage();
    let other = Demo::start(Options::default()).unwrap();
    other.store().create_bucket("bucket", "us-east-2");
    stage.objects("src/", 3, &[]);
    let secret = "a-secret-of-its-own";
    other.store().add_key("far", secret);
    stage.remote("far", &other.endpoint());
    stage.remote("near", &stage.demo.endpoint());
    let words = "near:s3://bucket/src=far:s3://bucket/new";
    let refused = stage
        .run(&["migrate", "--route", words, "--mode", "direct"])
        .ended_with(2);
    assert!(
        refused.stderr.contains("--mode relay"),
        "{}",
        refused.stderr
    );
    let run = stage
        .run(&["migrate", "--route", words, "--json"])
        .ended_with(0);
    let told = route(&run, "src");
    assert_eq!(
        (&told["mode"]["relay"], &told["state"]),
        (&3.into(), &"proven".into())
    );
    let why = told["why"].as_str().unwrap();
    assert!(
        why.contains("are two services, which do not know each other"),
        "{why}"
    );
}
