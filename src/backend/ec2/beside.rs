//! NAT gateways, spot requests, launch templates and images: what there is of them that is not over.

use aws_sdk_ec2::types::{self, NatGatewayState, SpotInstanceState, SpotInstanceType};

use crate::backend::error::Error;
use crate::domain::cloud::{Image, Nat, SpotRequest, Template};

use super::{
    Ec2, asks,
    describe::all_pages,
    more,
    wire::{tags, text},
};

/// Things on a page; templates take fewer.
const PAGE: i32 = 1000;
const FEW: i32 = 200;

impl Ec2 {
    /// All NAT gateways of the region that are not gone.
    pub async fn nats(&self) -> Result<Vec<Nat>, Error> {
        Ok(all_pages!(
            self, "DescribeNatGateways", client.describe_nat_gateways(max_results: PAGE),
            page => page
                .nat_gateways()
                .iter()
                .filter(|told| !is_over(told.state()))
                .map(|told| nat(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }

    /// All spot requests of the region that are not over and may launch: those that wait, and those that launch again.
    pub async fn spot_requests(&self) -> Result<Vec<SpotRequest>, Error> {
        let all = all_pages!(
            self, "DescribeSpotInstanceRequests",
            client.describe_spot_instance_requests(max_results: PAGE),
            page => page
                .spot_instance_requests()
                .iter()
                .filter(|told| !matches!(
                    told.state(),
                    Some(SpotInstanceState::Cancelled | SpotInstanceState::Closed | SpotInstanceState::Failed)
                ))
                .map(|told| request(told, &self.region))
                .collect::<Vec<_>>()
        );
        let may_launch = |one: &SpotRequest| one.persistent || one.instance.is_none();
        Ok(all.into_iter().filter(may_launch).collect())
    }

    /// All launch templates of the region.
    pub async fn templates(&self) -> Result<Vec<Template>, Error> {
        Ok(all_pages!(
            self, "DescribeLaunchTemplates", client.describe_launch_templates(max_results: FEW),
            page => page
                .launch_templates()
                .iter()
                .map(|told| Template {
                    id: text(told.launch_template_id()),
                    region: (&*self.region).into(),
                    name: text(told.launch_template_name()),
                    tags: tags(told.tags()),
                })
                .collect::<Vec<_>>()
        ))
    }

    /// All images of the account in the region.
    pub async fn images(&self) -> Result<Vec<Image>, Error> {
        Ok(all_pages!(
            self, "DescribeImages", client.describe_images(owners: "self", max_results: PAGE),
            page => page
                .images()
                .iter()
                .map(|told| image(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }
}

fn is_over(state: Option<&NatGatewayState>) -> bool {
    matches!(
        state,
        Some(NatGatewayState::Deleted | NatGatewayState::Failed)
    )
}

fn nat(told: &types::NatGateway, region: &str) -> Nat {
    let addresses = told.nat_gateway_addresses().iter();
    let addresses = addresses.filter_map(|one| one.allocation_id());
    Nat {
        id: text(told.nat_gateway_id()),
        region: region.into(),
        vpc: text(told.vpc_id()),
        addresses: addresses.map(Box::from).collect(),
        tags: tags(told.tags()),
    }
}

fn request(told: &types::SpotInstanceRequest, region: &str) -> SpotRequest {
    let instance = told.instance_id().filter(|id| !id.is_empty());
    SpotRequest {
        id: text(told.spot_instance_request_id()),
        region: region.into(),
        persistent: told.r#type() == Some(&SpotInstanceType::Persistent),
        instance: instance.map(Box::from),
        tags: tags(told.tags()),
    }
}

fn image(told: &types::Image, region: &str) -> Image {
    let devices = told.block_device_mappings().iter();
    let snapshots = devices.filter_map(|device| device.ebs()?.snapshot_id());
    Image {
        id: text(told.image_id()),
        region: region.into(),
        name: text(told.name()),
        snapshots: snapshots.map(Box::from).collect(),
        tags: tags(told.tags()),
    }
}
