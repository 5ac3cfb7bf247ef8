//! What a launch asks of AWS, by the demo's log: market, volumes, keys, tags; and what it asks IAM of its role.

use serde_json::Value;
use wharf::demo::LogLine;

use crate::support::wharf::{Run, Stage};

use super::launched::{bad, configuration, launch, stage};

/// The volumes of `configuration`.
const VOLUMES: &str = "volumes = [{ device = \"/dev/sdf\", size = \"200 GiB\", keep = true }]";

/// A stage with other volumes, and more of the launch.
fn with(volumes: &str, more: &str) -> Stage {
    let stage = stage("");
    let text = configuration(more);
    assert!(text.contains(VOLUMES), "{text}");
    let text = text.replace(VOLUMES, volumes);
    stage.file("wharf.toml", text.as_bytes());
    stage
}

/// The launch as EC2 was asked for it; before it the same was asked as a dry run.
#[track_caller]
fn asked(stage: &Stage) -> LogLine {
    let lines = stage.demo.log().of("RunInstances");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (tried, real) = (&lines[0], &lines[1]);
    assert_eq!(tried.value("DryRun").as_deref(), Some("true"));
    assert_eq!(real.value("DryRun"), None);
    let but = |line: &LogLine| line.query.replace("&DryRun=true", "");
    assert_eq!(but(tried), but(real));
    real.clone()
}

/// What stands behind these names in a form; `-` where there is nothing.
fn values(line: &LogLine, before: &str, names: &[&str]) -> Vec<String> {
    let value = |name: &&str| line.value(&format!("{before}{name}"));
    let values = names.iter().map(value);
    values
        .map(|value| value.unwrap_or_else(|| "-".to_owned()))
        .collect()
}

const MARKET: [&str; 2] = [
    "InstanceMarketOptions.MarketType",
    "InstanceInitiatedShutdownBehavior",
];
const DISK: [&str; 6] = [
    "DeviceName",
    "Ebs.VolumeSize",
    "Ebs.VolumeType",
    "Ebs.DeleteOnTermination",
    "Ebs.Encrypted",
    "Ebs.KmsKeyId",
];

#[test]
fn a_launch_on_demand_stops_itself_and_says_of_each_volume_whether_it_stays() {
    let volumes = "volumes = [{ device = \"/dev/xvda\", size = \"60 GiB\" }, \
                   { device = \"/dev/sdf\", size = \"200 GiB\", kind = \"gp2\", keep = true }]";
    let stage = with(volumes, "");
    let run = launch(&stage, &["--yes", "--no-wait"]).ended_with(0);
    let line = asked(&stage);
    assert_eq!(values(&line, "", &MARKET), ["-", "stop"]);
    let disk = |number: u32| values(&line, &format!("BlockDeviceMapping.{number}."), &DISK);
    assert_eq!(disk(1), ["/dev/xvda", "60", "gp3", "true", "-", "-"]);
    assert_eq!(disk(2), ["/dev/sdf", "200", "gp2", "false", "-", "-"]);
    assert_eq!(disk(3)[0], "-");
    let summary = run.summary();
    let name = summary["launch"].as_str().unwrap_or_default();
    assert_eq!(line.value("ClientToken").as_deref(), Some(name));
    for (number, kind) in [(1, "instance"), (2, "volume")] {
        let before = format!("TagSpecification.{number}.");
        let names = [
            "ResourceType",
            "Tag.1.Value",
            "Tag.2.Key",
            "Tag.2.Value",
            "Tag.3.Value",
        ];
        let told = values(&line, &before, &names);
        assert_eq!(told, [kind, "stage2", "wharf:run", "stage2", name]);
    }
    let more = [
        "IamInstanceProfile.Name",
        "MetadataOptions.HttpTokens",
        "MaxCount",
    ];
    assert_eq!(values(&line, "", &more), ["wharf-run", "required", "1"]);
}

#[test]
fn a_spot_launch_asks_for_its_market_and_key_and_keeps_its_volumes() {
    let volumes = "volumes = [{ device = \"/dev/sdf\", size = \"200 GiB\", mount = \"/data\", kms_key = \"alias/runs\" }]";
    let stage = with(volumes, "spot = true\nkey_name = \"team\"\n");
    stage.demo.cloud().set_spot_price("g5.xlarge", 0.4123);
    let run = launch(&stage, &["--yes", "--no-wait"]).ended_with(0);
    let line = asked(&stage);
    // A one-time spot instance cannot be stopped, and AWS may end it before its push: what it made stays.
    assert_eq!(values(&line, "", &MARKET), ["spot", "terminate"]);
    assert_eq!(
        values(&line, "BlockDeviceMapping.1.", &DISK),
        ["/dev/sdf", "200", "gp3", "false", "true", "alias/runs"]
    );
    assert_eq!(line.value("KeyName").as_deref(), Some("team"));
    let does = told(&run, "does", "volume");
    assert_eq!(
        does["words"],
        "/dev/sdf 200 GiB gp3 at /data, formatted if empty, encrypted by alias/runs; stays when the instance ends, and costs on"
    );
}

/// The record of a type about one thing.
#[track_caller]
fn told(run: &Run, r#type: &str, what: &str) -> Value {
    let all = run.of_type(r#type).into_iter();
    let mut own = all.filter(|one| one["what"] == what);
    own.next().unwrap_or_default()
}

#[test]
fn the_role_is_looked_for_and_who_may_not_ask_is_told_so() {
    let stage = stage("");
    let role = |run: &Run| told(run, "check", "role");
    let run = launch(&stage, &["--dry-run"]).ended_with(0);
    assert_eq!(role(&run)["words"], "wharf-run, with the role wharf-run");
    stage.demo.cloud().deny("iam:GetInstanceProfile");
    let run = launch(&stage, &["--dry-run"]).ended_with(0);
    let words = role(&run)["words"].to_string();
    assert!(
        words.contains("not checked") && words.contains("iam:GetInstanceProfile"),
        "{words}"
    );
    stage.demo.cloud().allow("iam:GetInstanceProfile");
    let text = configuration("").replace("\"wharf-run\"", "\"nobody\"");
    stage.file("wharf.toml", text.as_bytes());
    let run = launch(&stage, &["--yes"]).ended_with(2);
    assert_eq!(bad(&run), ["role", "dry run"], "{}", run.stdout);
    let words = role(&run)["words"].to_string();
    assert!(words.contains("no instance profile nobody"), "{words}");
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

#[test]
fn the_room_for_the_inputs_is_told_by_the_volume_where_they_go() {
    let volumes = "volumes = [{ device = \"/dev/sdf\", size = \"200 GiB\", mount = \"/data\" }]";
    let machine =
        "[machines.trainer]\nwhen = { path = \"/opt/wharf-run\" }\nbase_dir = \"/data\"\n";
    for (more, wanted) in [
        (
            machine,
            "inputs: 1000 B on /data of 200 GiB; all volumes go",
        ),
        ("", "inputs: 1000 B on the root of 8 GiB; all volumes go"),
    ] {
        let stage = with(volumes, more);
        let run = launch(&stage, &["--dry-run"]).ended_with(0);
        let words = told(&run, "check", "room")["words"].to_string();
        assert!(words.contains(wanted), "{words}");
    }
}
