//! From the SDK's types to ours.

use aws_sdk_ec2::types::{self, InstanceLifecycleType};
use aws_sdk_s3::primitives::DateTime;

pub(super) use crate::backend::s3::wire::timestamp;
use crate::domain::cloud::{
    Address, Architecture, Attached, Check, Instance, Lifecycle, Scheduled, Snapshot, State, Tag,
    Volume,
};

pub(super) fn text(text: Option<&str>) -> Box<str> {
    text.unwrap_or_default().into()
}

pub(super) fn tags(tags: &[types::Tag]) -> Vec<Tag> {
    tags.iter()
        .map(|tag| (text(tag.key()), text(tag.value())))
        .collect()
}

pub(super) fn instance(told: &types::Instance, region: &str) -> Instance {
    let word = told.state().and_then(|state| state.name());
    let placement = told.placement();
    let kind = told.instance_type().map(types::InstanceType::as_str);
    let monitoring = told.monitoring().and_then(types::Monitoring::state);
    let profile = told
        .iam_instance_profile()
        .and_then(|profile| profile.arn());
    Instance {
        region: region.into(),
        id: text(told.instance_id()),
        kind: text(kind),
        zone: text(placement.and_then(types::Placement::availability_zone)),
        state: word.map_or(State::Unknown, |word| State::of(word.as_str())),
        launched: told.launch_time().and_then(timestamp),
        lifecycle: match told.instance_lifecycle() {
            Some(InstanceLifecycleType::Spot) => Lifecycle::Spot,
            Some(_) | None => Lifecycle::OnDemand,
        },
        architecture: told
            .architecture()
            .and_then(|told| architecture(told.as_str())),
        platform: text(told.platform_details()),
        image: text(told.image_id()),
        key: told.key_name().map(Box::from),
        profile: profile.map(Box::from),
        vpc: told.vpc_id().map(Box::from),
        subnet: told.subnet_id().map(Box::from),
        private_ip: told.private_ip_address().map(Box::from),
        public_ip: told.public_ip_address().map(Box::from),
        groups: told
            .security_groups()
            .iter()
            .map(|group| (text(group.group_id()), text(group.group_name())))
            .collect(),
        tags: tags(told.tags()),
        volumes: told.block_device_mappings().iter().map(attached).collect(),
        detailed: monitoring == Some(&types::MonitoringState::Enabled),
        reason: text(told.state_transition_reason()),
    }
}

/// A processor by its word.
pub(super) fn architecture(word: &str) -> Option<Architecture> {
    match word {
        "x86_64" => Some(Architecture::X86),
        "arm64" => Some(Architecture::Arm),
        _ => None,
    }
}

fn attached(told: &types::InstanceBlockDeviceMapping) -> Attached {
    let ebs = told.ebs();
    Attached {
        device: text(told.device_name()),
        volume: text(ebs.and_then(types::EbsInstanceBlockDevice::volume_id)),
        goes_with_instance: ebs
            .and_then(types::EbsInstanceBlockDevice::delete_on_termination)
            .unwrap_or(false),
    }
}

/// A check by EC2's word, and since when where it failed.
pub(super) fn check(word: Option<&str>, since: Option<&DateTime>) -> Check {
    match word {
        Some("ok") => Check::Ok,
        Some("impaired") => Check::Impaired {
            since: since.and_then(timestamp),
        },
        Some("initializing") => Check::Initializing,
        Some("insufficient-data") => Check::Insufficient,
        Some("not-applicable") => Check::NotApplicable,
        Some(_) | None => Check::Unknown,
    }
}

pub(super) fn scheduled(told: &types::InstanceStatusEvent) -> Scheduled {
    Scheduled {
        code: text(told.code().map(types::EventCode::as_str)),
        description: text(told.description()),
        not_before: told.not_before().and_then(timestamp),
    }
}

pub(super) fn volume(told: &types::Volume, region: &str) -> Volume {
    let tie = told.attachments().first();
    Volume {
        id: text(told.volume_id()),
        region: region.into(),
        gib: gib(told.size()),
        kind: text(told.volume_type().map(types::VolumeType::as_str)),
        state: text(told.state().map(types::VolumeState::as_str)),
        instance: tie.and_then(|tie| tie.instance_id()).map(Box::from),
        goes_with_instance: tie
            .and_then(types::VolumeAttachment::delete_on_termination)
            .unwrap_or(false),
        device: text(tie.and_then(types::VolumeAttachment::device)),
        created: told.create_time().and_then(timestamp),
        encrypted: told.encrypted().unwrap_or(false),
        tags: tags(told.tags()),
    }
}

fn gib(size: Option<i32>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0)
}

pub(super) fn address(told: &types::Address, region: &str) -> Address {
    Address {
        id: text(told.allocation_id()),
        region: region.into(),
        ip: text(told.public_ip()),
        instance: told
            .instance_id()
            .filter(|id| !id.is_empty())
            .map(Box::from),
        tied: told.association_id().is_some_and(|id| !id.is_empty()),
        tags: tags(told.tags()),
    }
}

pub(super) fn snapshot(told: &types::Snapshot, region: &str) -> Snapshot {
    Snapshot {
        id: text(told.snapshot_id()),
        region: region.into(),
        volume: text(told.volume_id()),
        gib: gib(told.volume_size()),
        started: told.start_time().and_then(timestamp),
        description: text(told.description()),
        tags: tags(told.tags()),
    }
}
