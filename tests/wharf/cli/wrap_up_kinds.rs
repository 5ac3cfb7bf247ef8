//! What lies beside instances at the end of a run: what would launch again goes first, what stands on something else waits for it, and
//! what EC2 would refuse is told by a dry run before anything goes.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use serde_json::json;
use wharf::demo::{
    REGION,
    cloud::{NewInstance, Snapshot, SpotRequest, State},
};

use super::wrap_up::{applied, own};
use crate::support::wharf::Stage;

const TAG: [(&str, &str); 1] = [("wharf:run", "stage2")];

/// A spot instance of the run behind a persistent request, a NAT gateway with its address, an image on a snapshot, a template.
struct World {
    stage: Stage,
    instance: String,
    request: String,
    nat: String,
    address: String,
    image: String,
    snapshot: String,
    template: String,
}

fn world() -> World {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let instance = cloud.add_instance(NewInstance {
        name: "trainer".to_owned(),
        stopped: true,
        tags: own(&[]),
        ..NewInstance::default()
    });
    let request = cloud.add_spot_request(SpotRequest {
        region: REGION.to_owned(),
        persistent: true,
        instance: Some(instance.clone()),
        tags: Vec::new(),
    });
    let address = cloud.add_address(REGION, "203.0.113.77", None);
    let nat = cloud.add_nat(REGION, &address, &TAG);
    let snapshot = cloud.add_snapshot(Snapshot {
        tags: own(&[]),
        ..Snapshot::new(REGION, "vol-1", 8, stage.demo.clock().now())
    });
    let image = cloud.add_own_image(REGION, ("trained", &snapshot), &TAG);
    let template = cloud.add_template(REGION, "workers", &TAG);
    cloud.add_template(REGION, "somebody-else's", &[]);
    World {
        stage,
        instance,
        request,
        nat,
        address,
        image,
        snapshot,
        template,
    }
}

#[test]
fn each_is_listed_with_what_it_hangs_on_and_what_nobody_pays_for_is_not() {
    let world = world();
    let look = world.stage.run(&["wrap-up", "stage2", "--json"]);
    let look = look.ended_with(0);
    let all = look.of_type("resource");
    let of = |id: &str| {
        let found = all.iter().find(|one| one["id"] == id);
        found.cloned().unwrap_or_default()
    };
    assert_eq!(of(&world.instance)["on"], json!(world.request));
    assert_eq!(of(&world.request)["origin"], "this run");
    assert_eq!(of(&world.address)["on"], json!(world.nat));
    assert_eq!(of(&world.snapshot)["on"], json!(world.image));
    assert_eq!(of(&world.nat)["price_per_hour"], 0.045);
    assert_eq!(of(&world.template)["selected"], json!(true));
    let templates = all.iter().filter(|one| one["kind"] == "launch template");
    assert_eq!(
        templates.count(),
        1,
        "what costs nothing is told of runs alone"
    );
}

#[test]
fn what_would_launch_again_goes_first_and_each_waits_for_what_stands_on_it() {
    let world = world();
    let stage = &world.stage;
    let more = ["--override-proof", "a test", "--also", &world.address];
    let run = applied(stage, &more).ended_with(0);
    let gone = run.of_type("ended");
    assert!(gone.iter().all(|end| end["gone"] == true), "{}", run.stdout);
    let lines = stage.demo.log().lines();
    let at = |operation: &str| {
        let mut lines = lines.iter();
        lines.position(|line| line.operation == operation && line.succeeded())
    };
    for (first, then) in [
        ("CancelSpotInstanceRequests", "TerminateInstances"),
        ("DeleteNatGateway", "ReleaseAddress"),
        ("DeregisterImage", "DeleteSnapshot"),
    ] {
        assert!(at(first).unwrap() < at(then).unwrap(), "{first}, {then}");
    }
    let left = stage.demo.cloud().living();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_may_not_go_is_told_before_anything_goes() {
    let world = world();
    let stage = &world.stage;
    stage.demo.cloud().deny("ec2:DeleteNatGateway");
    let run = applied(stage, &["--override-proof", "a test"]).ended_with(5);
    let open = run.summary()["open"].to_string();
    assert!(open.contains("ec2:DeleteNatGateway"), "{open}");
    assert!(open.contains(&world.nat), "{open}");
    assert_eq!(
        stage.demo.cloud().state(&world.instance),
        Some(State::Stopped)
    );
    assert!(stage.demo.cloud().living().contains(&world.request));
}
