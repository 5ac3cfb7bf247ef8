//! States take their time by the demo's clock; checks speak only while an instance runs.

use wharf::demo::Demo;
use wharf::demo::cloud::{Check, NewInstance, Planned, State};

use super::{HOUR, MINUTE, ec2, state, still};

/// What each check of the only instance says, with its first detail's time.
async fn checks(demo: &Demo) -> Vec<(String, Option<i64>)> {
    let told = ec2(demo)
        .describe_instance_status()
        .include_all_instances(true);
    let told = told.send().await.unwrap();
    let status = &told.instance_statuses()[0];
    let ebs = status.attached_ebs_status().unwrap();
    let since = ebs
        .details()
        .first()
        .and_then(|detail| detail.impaired_since());
    let ebs = (ebs.status().unwrap().as_str(), since);
    let [system, instance] = [status.system_status(), status.instance_status()].map(|check| {
        let check = check.unwrap();
        let since = check
            .details()
            .first()
            .and_then(|detail| detail.impaired_since());
        (check.status().unwrap().as_str(), since)
    });
    [system, instance, ebs]
        .map(|(word, since)| {
            (
                word.to_owned(),
                since.map(aws_sdk_s3::primitives::DateTime::secs),
            )
        })
        .into()
}

fn all(word: &str) -> Vec<(String, Option<i64>)> {
    vec![(word.to_owned(), None); 3]
}

#[tokio::test]
async fn stopping_and_starting_take_their_time() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    let client = ec2(&demo);
    let stopped = client
        .stop_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    let change = &stopped.stopping_instances()[0];
    assert_eq!(
        change.previous_state().unwrap().name().unwrap().as_str(),
        "running"
    );
    assert_eq!(
        change.current_state().unwrap().name().unwrap().as_str(),
        "stopping"
    );
    assert_eq!(checks(&demo).await, all("not-applicable"));
    demo.clock().advance(MINUTE);
    assert_eq!(state(&client, &id).await, "stopped");
    client
        .start_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(state(&client, &id).await, "pending");
    demo.clock().advance(MINUTE);
    assert_eq!(state(&client, &id).await, "running");
    assert_eq!(checks(&demo).await, all("initializing"));
    demo.clock().advance(3 * MINUTE);
    assert_eq!(checks(&demo).await, all("ok"));
    client
        .reboot_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(checks(&demo).await, all("initializing"));
}

#[tokio::test]
async fn an_instance_can_stick_in_stopping() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    demo.cloud().change(&id, |instance| instance.stuck = true);
    let client = ec2(&demo);
    client
        .stop_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    demo.clock().advance(HOUR);
    assert_eq!(state(&client, &id).await, "stopping");
    demo.cloud().change(&id, |instance| instance.stuck = false);
    assert_eq!(demo.cloud().state(&id), Some(State::Stopped));
}

#[tokio::test]
async fn checks_are_impaired_since_a_time_or_have_no_data() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    let since = demo.clock().now() - 10 * MINUTE;
    demo.cloud().change(&id, |instance| {
        instance.impaired.insert(Check::Ebs, since);
        instance.insufficient = true;
    });
    let told = checks(&demo).await;
    let at = 1_768_132_800 - 600;
    assert_eq!(told[0], ("insufficient-data".to_owned(), None));
    assert_eq!(told[2], ("impaired".to_owned(), Some(at)));
}

#[tokio::test]
async fn what_is_planned_is_told_with_its_time() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    let not_before = demo.clock().now() + 48 * HOUR;
    demo.cloud().change(&id, |instance| {
        instance.planned.push(Planned {
            code: "instance-retirement".to_owned(),
            description: "degraded hardware".to_owned(),
            not_before,
        });
    });
    let told = ec2(&demo).describe_instance_status().send().await.unwrap();
    let event = &told.instance_statuses()[0].events()[0];
    assert_eq!(event.code().unwrap().as_str(), "instance-retirement");
    assert_eq!(
        event.not_before().unwrap().secs(),
        1_768_132_800 + 48 * 3600
    );
}
