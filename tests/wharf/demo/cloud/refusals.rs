//! What is refused, in the services' own words, and what of it the log and the faults know.

use wharf::demo::cloud::NewInstance;
use wharf::demo::{Fault, REGION, Rule};

use super::{cloudwatch, code, ec2, still};

#[tokio::test]
async fn ids_that_nothing_has_are_told_from_those_that_nothing_can_have() {
    let demo = still();
    let client = ec2(&demo);
    let by = |id: &str| client.stop_instances().instance_ids(id).send();
    let unknown = by("i-0123456789abcdef0").await;
    assert_eq!(code(unknown), "InvalidInstanceID.NotFound");
    assert_eq!(code(by("i-xyz").await), "InvalidInstanceID.Malformed");
}

#[tokio::test]
async fn what_a_state_forbids_is_refused_and_a_spot_instance_is_not_stopped() {
    let demo = still();
    let stopped = demo.cloud().add_instance(NewInstance {
        stopped: true,
        ..NewInstance::default()
    });
    let spot = demo.cloud().add_instance(NewInstance {
        spot: true,
        ..NewInstance::default()
    });
    let client = ec2(&demo);
    let reboot = client.reboot_instances().instance_ids(&stopped).send();
    assert_eq!(code(reboot.await), "IncorrectInstanceState");
    let stop = client.stop_instances().instance_ids(&spot).send();
    assert_eq!(code(stop.await), "UnsupportedOperation");
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_tells_the_right_to_ask() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    let client = ec2(&demo);
    let dry = || {
        client
            .terminate_instances()
            .instance_ids(&id)
            .dry_run(true)
            .send()
    };
    assert_eq!(code(dry().await), "DryRunOperation");
    demo.cloud().deny("ec2:TerminateInstances");
    assert_eq!(code(dry().await), "UnauthorizedOperation");
    assert_eq!(super::state(&client, &id).await, "running");
    demo.cloud().allow("ec2:TerminateInstances");
    demo.cloud().deny("cloudwatch:DescribeAlarms");
    let alarms = cloudwatch(&demo).describe_alarms().send().await;
    assert_eq!(code(alarms), "AccessDenied");
}

#[tokio::test]
async fn throttling_is_told_in_each_services_own_word_and_logged() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    demo.faults().add(
        Rule::new(Fault::SlowDown)
            .on("StopInstances")
            .key("i-*")
            .times(1),
    );
    demo.faults()
        .add(Rule::new(Fault::SlowDown).on("DescribeAlarms").times(1));
    let client = ec2(&demo);
    let stop = || client.stop_instances().instance_ids(&id).send();
    assert_eq!(code(stop().await), "RequestLimitExceeded");
    stop().await.unwrap();
    let metrics = cloudwatch(&demo);
    assert_eq!(code(metrics.describe_alarms().send().await), "Throttling");
    metrics.describe_alarms().send().await.unwrap();
    let lines = demo.log().of("StopInstances");
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.status,
                line.fault,
                line.key.as_str(),
                line.region.as_deref(),
            )
        })
        .collect();
    let id = id.as_str();
    assert_eq!(
        told,
        [
            (503, Some("503"), id, Some(REGION)),
            (200, None, id, Some(REGION))
        ]
    );
    assert_eq!(demo.log().of("DescribeAlarms")[1].service, "monitoring");
}

#[tokio::test]
async fn a_lost_answer_is_an_operation_that_was_done() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    demo.faults()
        .add(Rule::new(Fault::Lost).on("StopInstances").times(1));
    let client = ec2(&demo);
    let lost = client.stop_instances().instance_ids(&id).send().await;
    assert_eq!(code(lost), "no code");
    assert_eq!(super::state(&client, &id).await, "stopping");
}
