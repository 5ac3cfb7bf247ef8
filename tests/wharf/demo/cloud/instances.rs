//! What instances are, page by page and by filter; their consoles and attributes.

use aws_sdk_ec2::types::Filter;
use wharf::demo::REGION;
use wharf::demo::cloud::NewInstance;

use super::{HOUR, code, ec2, ec2_in, still};

fn named(name: &str) -> NewInstance {
    NewInstance {
        name: name.to_owned(),
        age: HOUR,
        ..NewInstance::default()
    }
}

#[tokio::test]
async fn every_instance_is_told_once_over_all_pages() {
    let demo = still();
    let mut made: Vec<String> = (0..23)
        .map(|number| demo.cloud().add_instance(named(&format!("w{number}"))))
        .collect();
    demo.cloud().add_instance(NewInstance {
        zone: "us-east-2c".to_owned(),
        ..named("elsewhere")
    });
    let mut pages = ec2(&demo)
        .describe_instances()
        .into_paginator()
        .page_size(10)
        .send();
    let (mut seen, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        count += 1;
        for reservation in page.unwrap().reservations() {
            let ids = reservation.instances().iter();
            seen.extend(ids.map(|one| one.instance_id().unwrap().to_owned()));
        }
    }
    made.sort_unstable();
    seen.sort_unstable();
    assert_eq!((seen, count), (made, 3));
    assert_eq!(demo.log().count("DescribeInstances"), 3);
}

#[tokio::test]
async fn an_instance_is_told_with_what_hangs_on_it() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance {
        kind: "g5g.xlarge".to_owned(),
        spot: true,
        tags: vec![("team".to_owned(), "a<b&\u{1b}[31m".to_owned())],
        ..named("evil\u{7}\"name\"")
    });
    demo.cloud().add_address(REGION, "203.0.113.9", Some(&id));
    let told = ec2(&demo).describe_instances().send().await.unwrap();
    let instance = &told.reservations()[0].instances()[0];
    assert_eq!(instance.instance_type().unwrap().as_str(), "g5g.xlarge");
    assert_eq!(instance.architecture().unwrap().as_str(), "arm64");
    assert_eq!(instance.instance_lifecycle().unwrap().as_str(), "spot");
    assert_eq!(instance.public_ip_address(), Some("203.0.113.9"));
    assert_eq!(instance.tags()[0].value(), Some("evil\u{fffd}\"name\""));
    assert_eq!(instance.tags()[1].value(), Some("a<b&\u{fffd}[31m"));
    let volume = instance.block_device_mappings()[0].ebs().unwrap();
    assert_eq!(volume.delete_on_termination(), Some(true));
    let launched = instance.launch_time().unwrap().secs();
    assert_eq!(launched, 1_768_132_800 - 3600);
}

#[tokio::test]
async fn filters_take_wildcards_and_refuse_what_they_do_not_know() {
    let demo = still();
    let trainer = demo.cloud().add_instance(named("trainer-1"));
    demo.cloud().add_instance(named("labeler"));
    let client = ec2(&demo);
    let by = |name: &str, value: &str| {
        let filter = Filter::builder().name(name).values(value).build();
        client.describe_instances().filters(filter).send()
    };
    let found = by("tag:Name", "train*").await.unwrap();
    assert_eq!(found.reservations().len(), 1);
    let id = found.reservations()[0].instances()[0].instance_id();
    assert_eq!(id, Some(trainer.as_str()));
    assert!(
        by("tag:Name", "x*")
            .await
            .unwrap()
            .reservations()
            .is_empty()
    );
    assert_eq!(code(by("colour", "red").await), "InvalidParameterValue");
    let few = client.describe_instances().max_results(2).send().await;
    assert_eq!(code(few), "InvalidParameterValue");
}

#[tokio::test]
async fn the_console_the_user_data_and_the_protection_are_told_one_by_one() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance {
        protected: true,
        user_data: "#!/bin/bash\necho hi\n".to_owned(),
        console: "boot\u{1b}[0m done\n".to_owned(),
        ..named("trainer")
    });
    let client = ec2(&demo);
    let console = client.get_console_output().instance_id(&id).send().await;
    let console = console.unwrap();
    assert_eq!(console.output(), Some("Ym9vdBtbMG0gZG9uZQo="));
    let attribute = |name: &str| {
        client
            .describe_instance_attribute()
            .instance_id(&id)
            .attribute(name.into())
            .send()
    };
    let data = attribute("userData").await.unwrap();
    assert!(
        data.user_data()
            .unwrap()
            .value()
            .unwrap()
            .starts_with("IyEvYmlu")
    );
    let protection = attribute("disableApiTermination").await.unwrap();
    assert_eq!(
        protection.disable_api_termination().unwrap().value(),
        Some(true)
    );
}

#[tokio::test]
async fn regions_are_told_with_those_that_are_off_and_answer_only_when_on() {
    let demo = still();
    demo.cloud().switch_off("eu-central-1");
    let all = ec2(&demo).describe_regions().all_regions(true).send().await;
    let off: Vec<String> = all
        .unwrap()
        .regions()
        .iter()
        .filter(|region| region.opt_in_status() == Some("not-opted-in"))
        .map(|region| region.region_name().unwrap().to_owned())
        .collect();
    assert_eq!(off, ["eu-central-1"]);
    let there = ec2_in(&demo, "eu-central-1").describe_instances().send();
    assert_eq!(code(there.await), "AuthFailure");
}

#[tokio::test]
async fn a_spot_hour_has_its_price() {
    let demo = still();
    demo.cloud().set_spot_price("g5.xlarge", 0.4123);
    demo.cloud().set_spot_price("t3.large", 0.02);
    let told = ec2(&demo)
        .describe_spot_price_history()
        .instance_types("g5.xlarge".into())
        .send()
        .await
        .unwrap();
    let prices: Vec<&str> = told
        .spot_price_history()
        .iter()
        .filter_map(|price| price.spot_price())
        .collect();
    assert_eq!(prices, ["0.412300"]);
}
