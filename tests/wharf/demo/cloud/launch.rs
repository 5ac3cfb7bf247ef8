//! Launching: what it stands on, what is made and tagged, what is refused, and that a token makes one launch of many tries.

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, Filter, IamInstanceProfileSpecification, InstanceType,
    LocationType, ResourceType, ShutdownBehavior, Tag, TagSpecification,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wharf::demo::Demo;
use wharf::demo::cloud::{Image, State};

use super::{MINUTE, code, ec2, still};

const IMAGE: &str = "ami-0123456789abcdef0";

/// A launch as `wharf` asks for one.
fn launch(client: &aws_sdk_ec2::Client, token: &str) -> RunInstancesFluentBuilder {
    let tags = |kind: ResourceType| {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        TagSpecification::builder()
            .resource_type(kind)
            .tags(tag("Name", "stage2"))
            .tags(tag("wharf:run", "stage2"))
            .build()
    };
    let disk = EbsBlockDevice::builder()
        .volume_size(200)
        .delete_on_termination(false)
        .build();
    let disk = BlockDeviceMapping::builder()
        .device_name("/dev/sdf")
        .ebs(disk)
        .build();
    client
        .run_instances()
        .image_id(IMAGE)
        .instance_type(InstanceType::G5Xlarge)
        .min_count(1)
        .max_count(1)
        .key_name("team")
        .subnet_id("subnet-0b1b2c3d")
        .security_group_ids("sg-0a1b2c3d")
        .iam_instance_profile(
            IamInstanceProfileSpecification::builder()
                .name("wharf-run")
                .build(),
        )
        .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
        .block_device_mappings(disk)
        .tag_specifications(tags(ResourceType::Instance))
        .tag_specifications(tags(ResourceType::Volume))
        .user_data(STANDARD.encode("#!/bin/bash\n"))
        .client_token(token)
}

fn made(demo: &Demo) -> usize {
    demo.cloud().living().len()
}

#[tokio::test]
async fn a_launch_makes_an_instance_with_its_volumes_tagged_and_ends_as_was_said() {
    let demo = still();
    let client = ec2(&demo);
    let told = launch(&client, "one").send().await.unwrap();
    let instance = &told.instances()[0];
    let id = instance.instance_id().unwrap().to_owned();
    assert_eq!(
        instance.state().unwrap().name().unwrap().as_str(),
        "pending"
    );
    assert_eq!(instance.key_name(), Some("team"));
    assert_eq!(instance.subnet_id(), Some("subnet-0b1b2c3d"));
    assert!(
        instance
            .iam_instance_profile()
            .unwrap()
            .arn()
            .unwrap()
            .ends_with("/wharf-run")
    );
    demo.clock().advance(MINUTE);
    let told = client
        .describe_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    let instance = &told.reservations()[0].instances()[0];
    assert_eq!(
        instance.state().unwrap().name().unwrap().as_str(),
        "running"
    );
    assert_eq!(
        instance.placement().unwrap().availability_zone(),
        Some("us-east-1b")
    );
    let volumes = client
        .describe_volumes()
        .filters(
            Filter::builder()
                .name("tag:wharf:run")
                .values("stage2")
                .build(),
        )
        .send()
        .await
        .unwrap();
    let sizes: Vec<i32> = volumes
        .volumes()
        .iter()
        .filter_map(aws_sdk_ec2::types::Volume::size)
        .collect();
    assert_eq!(sizes, [8, 200]);
    demo.cloud()
        .change(&id, |one| one.shut_down(demo.clock().second()));
    demo.clock().advance(MINUTE);
    assert_eq!(demo.cloud().state(&id), Some(State::Terminated));
    // The root went with it, the data volume stays and costs.
    assert_eq!(made(&demo), 1);
}

#[tokio::test]
async fn a_token_makes_one_launch_of_many_tries_and_no_other() {
    let demo = still();
    let client = ec2(&demo);
    let id = |told: aws_sdk_ec2::operation::run_instances::RunInstancesOutput| {
        told.instances()[0].instance_id().unwrap().to_owned()
    };
    let one = id(launch(&client, "t").send().await.unwrap());
    let again = id(launch(&client, "t").send().await.unwrap());
    assert_eq!(one, again);
    let other = launch(&client, "t").instance_type(InstanceType::T3Micro);
    assert_eq!(code(other.send().await), "IdempotentParameterMismatch");
    assert_eq!(made(&demo), 3);
}

#[tokio::test]
async fn a_dry_run_finds_what_is_wrong_and_makes_nothing() {
    let demo = still();
    let client = ec2(&demo);
    let dry = || launch(&client, "d").dry_run(true);
    assert_eq!(code(dry().send().await), "DryRunOperation");
    for (request, wanted) in [
        (
            dry().image_id("ami-0fffffffffffffff0"),
            "InvalidAMIID.NotFound",
        ),
        (dry().image_id("ami-x"), "InvalidAMIID.Malformed"),
        (
            dry().image_id("ami-0fedcba9876543210"),
            "InvalidParameterValue",
        ),
        (
            dry().instance_type(InstanceType::from("zz9.large")),
            "InvalidParameterValue",
        ),
        (dry().subnet_id("subnet-0f"), "InvalidSubnetID.NotFound"),
        (dry().security_group_ids("sg-0f"), "InvalidGroup.NotFound"),
        (dry().key_name("nobody"), "InvalidKeyPair.NotFound"),
        (
            dry().user_data(STANDARD.encode(vec![b'x'; 16385])),
            "InvalidParameterValue",
        ),
    ] {
        assert_eq!(code(request.send().await), wanted);
    }
    let role = IamInstanceProfileSpecification::builder()
        .name("no")
        .build();
    let role = dry().iam_instance_profile(role).send().await;
    assert_eq!(code(role), "InvalidParameterValue");
    demo.cloud().set_quota(2);
    assert_eq!(code(dry().send().await), "VcpuLimitExceeded");
    demo.cloud().deny("ec2:RunInstances");
    assert_eq!(code(dry().send().await), "UnauthorizedOperation");
    assert_eq!(made(&demo), 0);
}

#[tokio::test]
async fn room_is_found_out_by_trying_only() {
    let demo = still();
    let client = ec2(&demo);
    demo.cloud().exhaust("g5.xlarge");
    assert_eq!(
        code(launch(&client, "a").dry_run(true).send().await),
        "DryRunOperation"
    );
    assert_eq!(
        code(launch(&client, "a").send().await),
        "InsufficientInstanceCapacity"
    );
    demo.cloud().withhold("g5.xlarge", "us-east-1b");
    assert_eq!(code(launch(&client, "b").send().await), "Unsupported");
    assert_eq!(made(&demo), 0);
}

#[tokio::test]
async fn what_a_launch_stands_on_is_told() {
    let demo = still();
    let client = ec2(&demo);
    demo.cloud().withhold("g5.xlarge", "us-east-1a");
    let offered = client
        .describe_instance_type_offerings()
        .location_type(LocationType::AvailabilityZone)
        .filters(
            Filter::builder()
                .name("instance-type")
                .values("g5.xlarge")
                .build(),
        )
        .send()
        .await
        .unwrap();
    let zones: Vec<&str> = offered
        .instance_type_offerings()
        .iter()
        .filter_map(|one| one.location())
        .collect();
    assert_eq!(zones, ["us-east-1b", "us-east-1c"]);
    let types = client
        .describe_instance_types()
        .instance_types(InstanceType::G5Xlarge)
        .send()
        .await
        .unwrap();
    let kind = &types.instance_types()[0];
    let architectures = kind.processor_info().unwrap().supported_architectures();
    assert_eq!(architectures[0].as_str(), "x86_64");
    assert_eq!(kind.v_cpu_info().unwrap().default_v_cpus(), Some(4));
    let images = client.describe_images().image_ids(IMAGE).send().await;
    let images = images.unwrap();
    let image = &images.images()[0];
    assert_eq!(image.architecture().unwrap().as_str(), "x86_64");
    assert_eq!(image.root_device_name(), Some("/dev/xvda"));
    let subnets = client
        .describe_subnets()
        .subnet_ids("subnet-0a1b2c3d")
        .send()
        .await;
    assert_eq!(
        subnets.unwrap().subnets()[0].availability_zone(),
        Some("us-east-1a")
    );
    let groups = client
        .describe_security_groups()
        .group_ids("sg-0a1b2c3d")
        .send()
        .await;
    assert_eq!(
        groups.unwrap().security_groups()[0].vpc_id(),
        Some("vpc-0a1b2c3d")
    );
    let keys = client.describe_key_pairs().key_names("nobody").send().await;
    assert_eq!(code(keys), "InvalidKeyPair.NotFound");
    let gone = Image {
        region: "us-east-1".to_owned(),
        name: "old".to_owned(),
        architecture: "x86_64".to_owned(),
        root: "/dev/xvda".to_owned(),
        gib: 8,
        state: "deregistered".to_owned(),
    };
    demo.cloud().set_image(IMAGE, gone);
    assert_eq!(
        code(launch(&client, "x").send().await),
        "InvalidAMIID.Unavailable"
    );
}

#[tokio::test]
async fn tags_are_laid_on_later_too() {
    let demo = still();
    let client = ec2(&demo);
    let told = launch(&client, "one").send().await.unwrap();
    let id = told.instances()[0].instance_id().unwrap();
    let tag = Tag::builder().key("wharf:run").value("other").build();
    let tagged = client.create_tags().resources(id).tags(tag.clone());
    tagged.send().await.unwrap();
    let told = client.describe_instances().instance_ids(id).send().await;
    let told = told.unwrap();
    let tags = told.reservations()[0].instances()[0].tags();
    assert!(tags.iter().any(|tag| tag.value() == Some("other")));
    assert!(tags.iter().all(|tag| tag.value() != Some("nobody")));
    let nowhere = client.create_tags().resources("vol-0f").tags(tag);
    assert_eq!(code(nowhere.send().await), "InvalidID");
}
