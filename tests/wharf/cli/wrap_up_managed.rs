//! What AWS runs beside instances at the end of a run: each is listed with its price and its maker, goes in its order and is followed
//! until it is gone; what protects a thing is honoured, and what may not be asked says so while the rest works.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{Backup, Balancer, Efs, Endpoint, Fsx, NewInstance, NewVolume},
};

use super::wrap_up::{applied, own};
use crate::support::wharf::{Run, Stage};

const TAG: [(&str, &str); 1] = [("wharf:run", "stage2")];
const OTHER: [(&str, &str); 1] = [("wharf:run", "stage1")];
const GIB: u64 = 1 << 30;

/// One of each, made by the run, and log groups of others.
struct World {
    stage: Stage,
    balancer: String,
    address: String,
    worker: String,
    efs: String,
    fsx: String,
}

fn balancer(protected: bool, addresses: Vec<String>) -> Balancer {
    Balancer {
        kind: "network".to_owned(),
        addresses,
        protected,
        ..Balancer::default()
    }
}

fn world() -> World {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let address = cloud.add_address(REGION, "203.0.113.77", None);
    let behind = balancer(false, vec![address.clone()]);
    let balancer = cloud.add_balancer((REGION, "front"), behind, &TAG);
    let worker = NewInstance {
        name: "worker".to_owned(),
        stopped: true,
        volumes: vec![NewVolume::default()],
        ..NewInstance::default()
    };
    let workers = cloud.add_group((REGION, "workers"), [worker], &TAG);
    let files = Efs {
        name: "shared".to_owned(),
        bytes: (40 * GIB, 100 * GIB),
        ..Efs::default()
    };
    let efs = cloud.add_efs(REGION, (files, 2), &TAG);
    let lustre = Fsx {
        kind: "LUSTRE".to_owned(),
        gib: 1200,
        throughput: 0,
    };
    let fsx = cloud.add_fsx(REGION, lustre, &TAG);
    let machine = "ml.g5.xlarge".to_owned();
    cloud.add_endpoint((REGION, "cards"), Endpoint { machine, count: 2 }, &TAG);
    let logs = stage.demo.logs();
    let bytes = 50 << 30;
    logs.fill_group((REGION, "/wharf/stage2"), bytes, &TAG);
    logs.fill_group((REGION, "/aws/lambda/others"), bytes, &[]);
    logs.fill_group((REGION, "/aws/lambda/silent"), 0, &[]);
    logs.fill_group((REGION, "/wharf/stage1"), 0, &OTHER);
    World {
        stage,
        balancer,
        address,
        worker: workers[0].clone(),
        efs,
        fsx,
    }
}

fn of(run: &Run, id: &str) -> Value {
    let all = run.of_type("resource");
    let found = all.into_iter().find(|one| one["id"] == id);
    found.unwrap_or_default()
}

fn is_about(told: &Value, price: f64) {
    let amount = told["price_per_hour"].as_f64().unwrap();
    assert!((amount - price).abs() < 1e-4, "{told} for {price}");
}

#[test]
fn each_is_listed_with_its_price_and_its_maker() {
    let world = world();
    let look = world.stage.run(&["wrap-up", "stage2", "--json"]);
    let look = look.ended_with(0);
    for (id, kind, price) in [
        (&*world.balancer, "load balancer", 0.0225),
        ("workers", "Auto Scaling group", 0.0),
        (&*world.efs, "EFS", (40.0 * 0.3 + 100.0 * 0.0165) / 730.0),
        (&*world.fsx, "FSx", 1200.0 * 0.145 / 730.0),
        ("cards", "endpoint", 2.0 * 1.006 * 1.25),
        ("/wharf/stage2", "log group", 50.0 * 0.03 / 730.0),
    ] {
        let told = of(&look, id);
        assert_eq!(
            (&told["kind"], &told["origin"]),
            (&json!(kind), &json!("this run")),
            "{told}"
        );
        assert_eq!(told["selected"], json!(true), "{told}");
        is_about(&told, price);
    }
    // What hangs on what; an instance without a tag is its group's.
    assert_eq!(of(&look, &world.address)["on"], json!(world.balancer));
    let worker = of(&look, &world.worker);
    assert_eq!(
        (&worker["on"], &worker["origin"]),
        (&json!("workers"), &json!("this run"))
    );
    // Of others: what costs is told, what costs nothing is told of runs alone.
    assert_eq!(of(&look, "/aws/lambda/others")["selected"], json!(false));
    assert_eq!(of(&look, "/aws/lambda/silent"), Value::Null);
    assert_eq!(of(&look, "/wharf/stage1")["origin"], "another run");
}

#[test]
fn all_go_in_their_order_and_are_followed_until_they_are_gone() {
    let world = world();
    let stage = &world.stage;
    let more = ["--override-proof", "a test", "--also", &world.address];
    let run = applied(stage, &more).ended_with(0);
    let gone = run.of_type("ended");
    assert!(gone.iter().all(|end| end["gone"] == true), "{}", run.stdout);
    assert_eq!(stage.demo.cloud().living(), Vec::<String>::new());
    let left = stage.demo.logs().groups(REGION);
    assert_eq!(
        left,
        ["/aws/lambda/others", "/aws/lambda/silent", "/wharf/stage1"]
    );
    let log = stage.demo.log();
    let lines = log.lines();
    let at = |operation: &str| {
        let mut lines = lines.iter();
        lines.position(|line| line.operation == operation && line.succeeded())
    };
    assert!(at("DeleteLoadBalancer").unwrap() < at("ReleaseAddress").unwrap());
    assert_eq!(log.count("DeleteMountTarget"), 2);
    // The group ends its instance: nobody else does.
    let ended = lines
        .iter()
        .filter(|line| line.operation == "TerminateInstances");
    assert_eq!(ended.filter(|line| line.succeeded()).count(), 0);
}

#[test]
fn a_group_stays_for_what_its_instance_holds() {
    let stage = Stage::new();
    let kept = NewVolume {
        tags: own(&[("wharf:keep", "yes")]),
        ..NewVolume::default()
    };
    let holder = NewInstance {
        stopped: true,
        volumes: vec![kept],
        tags: own(&[]),
        ..NewInstance::default()
    };
    let cloud = stage.demo.cloud();
    cloud.add_group((REGION, "workers"), [holder], &TAG);
    let before = cloud.living().len();
    let run = applied(&stage, &["--override-proof", "a test"]).ended_with(0);
    assert_eq!(of(&run, "workers")["selected"], json!(false));
    assert_eq!(stage.demo.cloud().living().len(), before);
    assert_eq!(stage.demo.log().count("DeleteAutoScalingGroup"), 0);
}

#[test]
fn what_is_protected_keeps_the_gate_shut_before_anything_goes() {
    let world = world();
    let cloud = world.stage.demo.cloud();
    cloud.add_balancer((REGION, "guarded"), balancer(true, Vec::new()), &TAG);
    let before = cloud.living().len();
    let run = applied(&world.stage, &["--override-proof", "a test"]).ended_with(5);
    let open = run.summary()["open"].to_string();
    assert!(
        open.contains("deletion protection") && open.contains("net/guarded/"),
        "{open}"
    );
    assert_eq!(cloud.living().len(), before);
}

#[test]
fn a_classic_balancer_is_known_by_its_name_and_its_tags() {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let classic = || Balancer {
        kind: "classic".to_owned(),
        ..Balancer::default()
    };
    cloud.add_balancer((REGION, "front"), classic(), &TAG);
    cloud.add_balancer((REGION, "others"), classic(), &[]);
    let kept = [TAG[0], ("wharf:keep", "yes")];
    cloud.add_balancer((REGION, "kept"), classic(), &kept);
    let run = applied(&stage, &["--override-proof", "a test"]).ended_with(0);
    is_about(&of(&run, "front"), 0.025);
    assert_eq!(of(&run, "front")["origin"], "this run");
    assert_eq!(of(&run, "others")["origin"], "not in the ledger");
    assert_eq!(stage.demo.cloud().living(), ["others", "kept"]);
    // Its name is what it is deleted by, and nothing else of this name is asked for.
    let log = stage.demo.log();
    let deleted = log.of("DeleteLoadBalancer");
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].key, "front");
}

#[test]
fn what_is_listed_is_narrowed_by_its_maker_and_what_goes_is_not() {
    let world = world();
    let of_others = ["--made-by", "not-in-ledger,other-runs"];
    let look = [&["wrap-up", "stage2", "--json"], &of_others[..]].concat();
    let look = world.stage.run(&look).ended_with(0);
    let listed = look.of_type("resource");
    assert!(!listed.is_empty());
    for one in &listed {
        let origin = one["origin"].as_str().unwrap();
        assert!(
            ["not in the ledger", "another run"].contains(&origin),
            "{one}"
        );
    }
    let told = world
        .stage
        .run(&["wrap-up", "stage2", "--made-by", "not-in-ledger"]);
    let told = told.ended_with(0);
    assert!(
        told.stdout.contains("that others made are not listed"),
        "{}",
        told.stdout
    );
    assert!(!told.stdout.contains("/wharf/stage2"), "{}", told.stdout);
    let more = [&["--override-proof", "a test"], &of_others[..]].concat();
    applied(&world.stage, &more).ended_with(0);
    assert_eq!(world.stage.demo.cloud().living(), [&*world.address]);
}

#[test]
fn backups_of_fsx_cost_on_and_go_with_or_after_their_file_system() {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let files = |kind: &str| Fsx {
        kind: kind.to_owned(),
        gib: 300,
        throughput: 8,
    };
    let windows = cloud.add_fsx(REGION, files("WINDOWS"), &TAG);
    let backup = |automatic, of: &str| Backup {
        of: of.to_owned(),
        kind: "WINDOWS".to_owned(),
        bytes: 146 * GIB,
        automatic,
    };
    let nightly = cloud.add_fsx_backup(REGION, backup(true, &windows), &[]);
    let by_hand = cloud.add_fsx_backup(REGION, backup(false, "fs-lost"), &TAG);
    let held = cloud.add_fsx(REGION, files("LUSTRE"), &TAG);
    let keep = [("wharf:keep", "yes")];
    let kept = cloud.add_fsx_backup(REGION, backup(true, &held), &keep);
    let run = applied(&stage, &["--override-proof", "a test"]).ended_with(0);
    is_about(&of(&run, &by_hand), 146.0 * 0.05 / 730.0);
    let with = of(&run, &nightly);
    assert_eq!(
        (&with["on"], &with["origin"]),
        (&json!(windows), &json!("this run"))
    );
    // A file system stays for the backup that would go with it.
    let living = stage.demo.cloud().living();
    assert_eq!(living.len(), 3, "{living:?}");
    assert!(living.contains(&held) && living.contains(&kept));
    // Windows leaves a last backup without tags: it is told whose file system it is of, and goes only where somebody names it.
    let again = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let last = again
        .of_type("resource")
        .into_iter()
        .filter(|one| one["id"] != json!(kept))
        .find(|one| one["about"].to_string().contains("which this run made"))
        .unwrap();
    assert_eq!(last["selected"], json!(false));
    let named = last["id"].as_str().unwrap();
    applied(&stage, &["--override-proof", "a test", "--also", named]).ended_with(0);
    let mut left = stage.demo.cloud().living();
    left.sort();
    let mut wanted = vec![held, kept];
    wanted.sort();
    assert_eq!(left, wanted);
}

#[test]
fn what_may_not_be_asked_says_so_and_the_rest_works() {
    let world = world();
    let cloud = world.stage.demo.cloud();
    for operation in [
        "elasticloadbalancing:DescribeLoadBalancers",
        "autoscaling:DescribeAutoScalingGroups",
        "elasticfilesystem:DescribeFileSystems",
        "sagemaker:DescribeEndpointConfig",
    ] {
        cloud.deny(operation);
    }
    let run = world.stage.run(&["wrap-up", "stage2", "--json"]);
    let run = run.ended_with(3);
    for right in [
        "elasticloadbalancing:DescribeLoadBalancers",
        "autoscaling:DescribeAutoScalingGroups",
        "elasticfilesystem:DescribeFileSystems",
        "sagemaker:DescribeEndpointConfig",
    ] {
        let words = format!("the credentials lack {right}");
        assert!(run.stdout.contains(&words), "{right}: {}", run.stdout);
    }
    is_about(&of(&run, &world.fsx), 1200.0 * 0.145 / 730.0);
    // Without its machines an endpoint has no price that is known; it is not free.
    let endpoint = of(&run, "cards");
    assert_eq!(
        (&endpoint["price_per_hour"], &endpoint["estimate"]),
        (&json!(0.0), &json!(true))
    );
}

#[test]
fn what_tells_no_tags_is_never_deleted() {
    let world = world();
    let stage = &world.stage;
    stage.demo.cloud().deny("tag:GetResources");
    let more = [
        "--override-proof",
        "a test",
        "--also",
        "cards",
        "--also",
        "/wharf/stage2",
    ];
    let run = applied(stage, &more).ended_with(3);
    let endpoint = of(&run, "cards");
    assert_eq!(
        (&endpoint["kept"], &endpoint["selected"]),
        (&json!(true), &json!(false))
    );
    let log = stage.demo.log();
    for operation in ["DeleteEndpoint", "DeleteLogGroup", "DeleteLoadBalancer"] {
        assert_eq!(log.count(operation), 0, "{operation}");
    }
    let told = run.of_type("trouble");
    assert!(told[0].to_string().contains("tag:GetResources"), "{told:?}");
    assert_eq!(log.count("DeleteAutoScalingGroup"), 1);
}

#[test]
fn each_service_is_asked_again_where_it_asks_to_slow_down() {
    let world = world();
    let faults = world.stage.demo.faults();
    let operations = [
        "DescribeLoadBalancers",
        "DescribeAutoScalingGroups",
        "ListEndpoints",
    ];
    for operation in operations {
        let rule = wharf::demo::Rule::new(wharf::demo::Fault::SlowDown);
        faults.add(rule.on(operation).nth(1));
    }
    let run = world
        .stage
        .run(&["wrap-up", "stage2", "--json"])
        .ended_with(0);
    assert_eq!(of(&run, "workers")["origin"], "this run");
    // Balancers are asked for by two versions of one service at once.
    for (operation, asked) in operations.into_iter().zip([4, 2, 2]) {
        assert_eq!(
            world.stage.demo.log().count(operation),
            asked,
            "{operation}"
        );
    }
}

#[test]
fn pages_are_read_to_their_end() {
    let stage = Stage::new();
    for number in 0..130 {
        let name = format!("/wharf/{number:03}");
        stage.demo.logs().fill_group((REGION, &name), 1 << 20, &TAG);
        let machine = "ml.m5.large".to_owned();
        let endpoint = Endpoint { machine, count: 1 };
        let name = format!("cards-{number:03}");
        stage
            .demo
            .cloud()
            .add_endpoint((REGION, &name), endpoint, &TAG);
    }
    let run = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let count = |kind: &str| {
        let all = run.of_type("resource");
        all.iter().filter(|one| one["kind"] == kind).count()
    };
    assert_eq!((count("log group"), count("endpoint")), (130, 130));
}

#[test]
fn the_account_may_be_named_by_its_alias_and_what_may_not_be_asked_is_told() {
    let stage = Stage::new();
    stage.file("wharf.toml", b"[runs.stage2]\n");
    let cloud = stage.demo.cloud();
    cloud.set_alias("research");
    let named = |account: &str| {
        let args = [
            "wrap-up",
            "stage2",
            "--apply",
            "--account",
            account,
            "--json",
        ];
        let more = ["--override-proof", "a test"];
        stage.run(&args.iter().chain(&more).copied().collect::<Vec<_>>())
    };
    let run = named("research").ended_with(0);
    assert_eq!(run.summary()["aliases"], json!(["research"]));
    assert!(
        named("other").ended_with(5).summary()["open"]
            .to_string()
            .contains("other")
    );
    cloud.deny("iam:ListAccountAliases");
    let run = named("research").ended_with(5);
    let told = run.of_type("trouble");
    assert!(
        told[0]
            .to_string()
            .contains("the credentials lack iam:ListAccountAliases"),
        "{told:?}"
    );
    // Whoever names its id needs no right to ask.
    assert_eq!(
        named("123456789012").ended_with(0).of_type("trouble").len(),
        0
    );
}
