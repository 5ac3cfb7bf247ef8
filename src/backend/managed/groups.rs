//! Auto Scaling groups: they launch again what ends.

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::{Managed, What};

use super::{SCALING, Tree, Went};

/// Groups on a page.
const PAGE: &str = "100";

impl Ec2 {
    /// All Auto Scaling groups of the region.
    pub async fn scaling_groups(&self) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut token = String::new();
        loop {
            let values = [("MaxRecords", PAGE), ("NextToken", token.as_str())];
            let told = self.query(&SCALING, ("DescribeAutoScalingGroups", ""), &values);
            let told = told.await?;
            let page = told.members("DescribeAutoScalingGroupsResult/AutoScalingGroups");
            all.extend(page.map(|one| self.scaling_group(one)));
            told.text("DescribeAutoScalingGroupsResult/NextToken")
                .clone_into(&mut token);
            if token.is_empty() {
                return Ok(all);
            }
        }
    }

    fn scaling_group(&self, told: &Tree) -> Managed {
        let instances = told.members("Instances").map(|one| one.text("InstanceId"));
        let tags = told.members("Tags");
        let tags = tags.map(|one| (one.text("Key").into(), one.text("Value").into()));
        Managed {
            id: told.text("AutoScalingGroupName").into(),
            region: self.region().into(),
            name: "".into(),
            what: What::Group {
                instances: instances.map(Box::from).collect(),
                wanted: told.text("DesiredCapacity").parse().unwrap_or_default(),
            },
            created: told.text("CreatedTime").parse().ok(),
            tags: Some(tags.collect()),
        }
    }

    /// With its instances: they are ticked too, or the group was not.
    pub(super) async fn delete_group(&self, id: &str) -> Result<Went, Error> {
        let values = [("AutoScalingGroupName", id), ("ForceDelete", "true")];
        self.query(&SCALING, ("DeleteAutoScalingGroup", id), &values)
            .await?;
        Ok(Went::Asked)
    }
}
