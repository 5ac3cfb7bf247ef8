//! What a launch stands on, and the launch itself.

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    operation::run_instances::builders::RunInstancesFluentBuilder,
    types::{
        BlockDeviceMapping, EbsBlockDevice, Filter, HttpTokensState,
        IamInstanceProfileSpecification, InstanceMarketOptionsRequest,
        InstanceMetadataOptionsRequest, InstanceType, LocationType, MarketType, ResourceType,
        ShutdownBehavior, Tag, TagSpecification, VolumeType,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::backend::error::Error;
use crate::domain::{
    cloud::{Instance, RUN_TAG},
    launch::{Image, Kind, LAUNCH_TAG, Order, Subnet, Volume},
    retry::FailureKind,
};

use super::{Ec2, Manner, asks, wire};

/// Types that are asked for at once.
const TYPES: usize = 100;

/// Nothing was told of what was named.
fn none(operation: &'static str, target: &str) -> Error {
    let reason = "there is none of this name";
    Error::new(operation, target, FailureKind::NotFound, reason)
}

fn unsigned(number: Option<i32>) -> u32 {
    number
        .and_then(|number| number.try_into().ok())
        .unwrap_or(0)
}

impl Ec2 {
    /// An image.
    pub async fn image(&self, id: &str) -> Result<Image, Error> {
        let request = self.client().await.describe_images().image_ids(id);
        let asked = asks("DescribeImages", id);
        let told = self.call(asked, request.send()).await?;
        let image = told.images().first();
        let image = image.ok_or_else(|| none("DescribeImages", id))?;
        let root = image.root_device_name().unwrap_or_default();
        let mut devices = image.block_device_mappings().iter();
        let disk = devices.find(|one| one.device_name() == Some(root));
        let size = disk.and_then(|disk| disk.ebs()?.volume_size());
        let architecture = image.architecture();
        let architecture = architecture.and_then(|told| wire::architecture(told.as_str()));
        Ok(Image {
            name: image.name().unwrap_or_default().into(),
            architecture,
            root: root.into(),
            gib: unsigned(size).into(),
            state: image.state().map_or("", |state| state.as_str()).into(),
        })
    }

    /// An instance type.
    pub async fn kind(&self, name: &str) -> Result<Kind, Error> {
        let request = self.client().await.describe_instance_types();
        let request = request.instance_types(InstanceType::from(name));
        let asked = asks("DescribeInstanceTypes", name);
        let told = self.call(asked, request.send()).await?;
        let kind = told.instance_types().first();
        let kind = kind.ok_or_else(|| none("DescribeInstanceTypes", name))?;
        let machines = kind
            .processor_info()
            .map(aws_sdk_ec2::types::ProcessorInfo::supported_architectures);
        let machines = machines.unwrap_or_default().iter();
        let gpus = kind
            .gpu_info()
            .map(aws_sdk_ec2::types::GpuInfo::gpus)
            .unwrap_or_default();
        Ok(Kind {
            architectures: machines
                .filter_map(|told| wire::architecture(told.as_str()))
                .collect(),
            processors: unsigned(
                kind.v_cpu_info()
                    .and_then(aws_sdk_ec2::types::VCpuInfo::default_v_cpus),
            ),
            gpus: gpus.iter().map(|gpu| unsigned(gpu.count())).sum(),
        })
    }

    /// The processors of each of these types.
    pub async fn processors(&self, kinds: &[&str]) -> Result<BTreeMap<Box<str>, u32>, Error> {
        let mut all = BTreeMap::new();
        for some in kinds.chunks(TYPES) {
            let request = self.client().await.describe_instance_types();
            let some = some.iter().map(|kind| InstanceType::from(*kind)).collect();
            let request = request.set_instance_types(Some(some));
            let asked = asks("DescribeInstanceTypes", "");
            let told = self.call(asked, request.send()).await?;
            all.extend(told.instance_types().iter().filter_map(|kind| {
                let processors = kind.v_cpu_info()?.default_v_cpus();
                Some((kind.instance_type()?.as_str().into(), unsigned(processors)))
            }));
        }
        Ok(all)
    }

    /// The zones of the region that offer a type, by name.
    pub async fn zones(&self, kind: &str) -> Result<Vec<Box<str>>, Error> {
        let filter = Filter::builder().name("instance-type").values(kind).build();
        let request = self.client().await.describe_instance_type_offerings();
        let request = request
            .location_type(LocationType::AvailabilityZone)
            .filters(filter);
        let asked = asks("DescribeInstanceTypeOfferings", kind);
        let told = self.call(asked, request.send()).await?;
        let zones = told.instance_type_offerings().iter();
        let mut zones: Vec<Box<str>> = zones
            .filter_map(|one| Some(one.location()?.into()))
            .collect();
        zones.sort_unstable();
        Ok(zones)
    }

    /// A subnet.
    pub async fn subnet(&self, id: &str) -> Result<Subnet, Error> {
        let request = self.client().await.describe_subnets().subnet_ids(id);
        let asked = asks("DescribeSubnets", id);
        let told = self.call(asked, request.send()).await?;
        let subnet = told.subnets().first();
        let subnet = subnet.ok_or_else(|| none("DescribeSubnets", id))?;
        Ok(Subnet {
            zone: subnet.availability_zone().unwrap_or_default().into(),
            vpc: subnet.vpc_id().unwrap_or_default().into(),
            free: unsigned(subnet.available_ip_address_count()).into(),
        })
    }

    /// The networks of security groups.
    pub async fn group_networks(&self, ids: &[String]) -> Result<Vec<Box<str>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let request = self.client().await.describe_security_groups();
        let request = request.set_group_ids(Some(ids.to_vec()));
        let asked = asks("DescribeSecurityGroups", "");
        let told = self.call(asked, request.send()).await?;
        let groups = told.security_groups().iter();
        Ok(groups
            .map(|group| group.vpc_id().unwrap_or_default().into())
            .collect())
    }

    /// Whether there is a key pair of this name.
    pub async fn key_pair(&self, name: &str) -> Result<(), Error> {
        let request = self.client().await.describe_key_pairs().key_names(name);
        let asked = asks("DescribeKeyPairs", name);
        self.call(asked, request.send()).await.map(drop)
    }

    /// Tries a launch without effect: AWS says whether it would be done.
    pub async fn rehearse(&self, order: &Order) -> Result<(), Error> {
        let request = self.launching(order).await.dry_run(true);
        let asked = asks("RunInstances", &order.wish.kind);
        self.act(asked, Manner::DryRun, request.send()).await
    }

    /// Launches an instance; the same order again is the same instance.
    pub async fn launch(&self, order: &Order) -> Result<Instance, Error> {
        let request = self.launching(order).await;
        let asked = asks("RunInstances", &order.wish.kind);
        let told = Box::pin(self.call(asked, request.send())).await?;
        let made = told.instances().first();
        let made = made.ok_or_else(|| none("RunInstances", &order.wish.kind))?;
        Ok(wire::instance(made, &self.region))
    }

    async fn launching(&self, order: &Order) -> RunInstancesFluentBuilder {
        let wish = &order.wish;
        let request = self
            .client()
            .await
            .run_instances()
            .image_id(&wish.image)
            .instance_type(InstanceType::from(&*wish.kind))
            .min_count(1)
            .max_count(1)
            .set_key_name(wish.key.clone())
            .set_subnet_id(wish.subnet.clone())
            .set_security_group_ids((!wish.groups.is_empty()).then(|| wish.groups.clone()))
            .set_iam_instance_profile(wish.profile.as_ref().map(|name| {
                IamInstanceProfileSpecification::builder()
                    .name(name)
                    .build()
            }))
            .set_block_device_mappings(Some(wish.volumes.iter().map(disk).collect()))
            .metadata_options(
                InstanceMetadataOptionsRequest::builder()
                    .http_tokens(HttpTokensState::Required)
                    .http_put_response_hop_limit(2)
                    .build(),
            )
            .tag_specifications(tags(ResourceType::Instance, order))
            .tag_specifications(tags(ResourceType::Volume, order))
            .user_data(STANDARD.encode(&order.user_data))
            .client_token(&*order.launch);
        if wish.spot {
            let spot = InstanceMarketOptionsRequest::builder()
                .market_type(MarketType::Spot)
                .build();
            // A one-time spot instance cannot be stopped.
            return request
                .instance_market_options(spot)
                .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate);
        }
        request.instance_initiated_shutdown_behavior(ShutdownBehavior::Stop)
    }
}

fn disk(volume: &Volume) -> BlockDeviceMapping {
    let ebs = EbsBlockDevice::builder()
        .volume_size(i32::try_from(volume.gib).unwrap_or(i32::MAX))
        .volume_type(VolumeType::from(&*volume.kind))
        .delete_on_termination(!volume.keep)
        .set_encrypted(volume.kms_key.is_some().then_some(true))
        .set_kms_key_id(volume.kms_key.clone());
    BlockDeviceMapping::builder()
        .device_name(&volume.device)
        .ebs(ebs.build())
        .build()
}

fn tags(kind: ResourceType, order: &Order) -> TagSpecification {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    TagSpecification::builder()
        .resource_type(kind)
        .tags(tag("Name", &order.run))
        .tags(tag(RUN_TAG, &order.run))
        .tags(tag(LAUNCH_TAG, &order.launch))
        .build()
}
