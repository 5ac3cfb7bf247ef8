//! Hazard 2: a place is never moved onto, into or out of itself, by whatever names it goes: two remotes, two spellings of an
//! endpoint, two addresses of one server.

use std::sync::Arc;

use wharf::{
    backend::{RemoteOptions, Sessions, session::Keys},
    demo::{ACCESS_KEY, Demo, Options, REGION, SECRET_KEY},
    domain::{
        location::{Location, Remote},
        plan::Plan,
    },
    engine::{Body, Command, Engine, EngineOptions, Event, Events, Failed, FailedClass, View},
};

use super::mirror;

struct Places {
    demos: [Demo; 2],
    engine: Engine,
    events: Events,
    asked: u32,
}

fn demo(at: std::time::SystemTime) -> Demo {
    let demo = Demo::start(Options::default()).unwrap();
    demo.clock().hold(at);
    demo.store().create_bucket("pics", REGION);
    demo.store().put("pics", "p/q/a", b"a".to_vec()).unwrap();
    demo
}

fn reached(endpoint: String) -> RemoteOptions {
    RemoteOptions {
        region: Some(REGION.to_owned()),
        endpoint_url: Some(endpoint),
        path_style: Some(true),
        keys: Some(Keys {
            access: ACCESS_KEY.to_owned(),
            secret: SECRET_KEY.to_owned(),
            token: None,
        }),
        ..RemoteOptions::default()
    }
}

impl Places {
    fn new() -> Self {
        // A copy has a time of its own.
        let hour = std::time::Duration::from_hours(1);
        let demos = [
            demo(std::time::SystemTime::now() - hour),
            demo(std::time::SystemTime::now()),
        ];
        let port = demos[0].address().port();
        let remotes = [
            ("twin", demos[0].endpoint()),
            ("localhost", format!("http://localhost:{port}/")),
            // An address that no rule knows for another one of this machine.
            ("mapped", format!("http://[::ffff:127.0.0.1]:{port}")),
            ("other", demos[1].endpoint()),
        ];
        let named = remotes.map(|(name, endpoint)| (Remote::named(name), reached(endpoint)));
        let main = (Remote::default(), reached(demos[0].endpoint()));
        let sessions = Sessions::new(named.into_iter().chain([main]));
        let (engine, events) = Engine::start(sessions, EngineOptions::default());
        Self {
            demos,
            engine,
            events,
            asked: 0,
        }
    }

    async fn plan(&mut self, source: &str, destination: &str) -> Result<Arc<Plan>, Failed> {
        self.asked += 1;
        let view = View {
            id: 1,
            generation: self.asked,
        };
        self.engine.submit(Command::Plan {
            view,
            source: Location::parse(source).unwrap(),
            destination: Location::parse(destination).unwrap(),
            only: Vec::new(),
            options: Arc::new(mirror()),
        });
        loop {
            match self.events.recv().await.unwrap() {
                Event::View {
                    body: Body::Planned(plan),
                    ..
                } => return Ok(plan),
                Event::View {
                    body: Body::Failed(failed),
                    ..
                } => return Err(failed),
                Event::View { .. } | Event::Task { .. } => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_is_known_under_all_its_names() {
    let mut places = Places::new();
    let mut refused = 0;
    for remote in ["", "twin:", "localhost:", "mapped:"] {
        for (source, destination, word) in [
            ("s3://pics/p", "s3://pics/p/", "both source and destination"),
            ("s3://pics/p/", "s3://pics/p", "both source and destination"),
            ("s3://pics/p", "s3://pics/p/q", "lies inside the source"),
            (
                "s3://pics/p/q",
                "s3://pics/p",
                "lies inside the destination",
            ),
            ("s3://pics", "s3://pics/p/q/", "lies inside the source"),
        ] {
            let destination = format!("{remote}{destination}");
            let failed = places.plan(source, &destination).await.unwrap_err();
            assert_eq!(
                failed.class,
                FailedClass::Guard,
                "{destination}: {failed:?}"
            );
            assert!(failed.message.contains(word), "{destination}: {failed:?}");
            refused += 1;
        }
    }
    for (source, destination) in [
        ("s3://pics/p", "other:s3://pics/p"),
        ("s3://pics/p", "mapped:s3://pics/p2"),
        ("s3://pics/p", "twin:s3://pics/elsewhere"),
    ] {
        places.plan(source, destination).await.unwrap();
    }
    let written: u64 = places
        .demos
        .iter()
        .map(|demo| demo.log().count("PutObject") + demo.log().count("CopyObject"))
        .sum();
    println!("aliases refused={refused} allowed=3 written={written}");
    assert_eq!(written, 0);
}
