//! Load balancers: of the second kind (application, network, gateway), known by their ARNs, and classic ones, which have only a name.

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::{
    cloud::{Managed, What},
    retry::FailureKind,
};

use super::{BALANCING, CLASSIC, Tags, Tree, Went, api::Api};

/// Whether what tells a balancer from others is the name of a classic one.
fn is_classic(id: &str) -> bool {
    !id.contains('/')
}

/// Balancers on a page.
const PAGE: &str = "400";
/// What stands before the id in an ARN.
const BEFORE: &str = ":loadbalancer/";

impl Ec2 {
    /// All load balancers of the region, of both kinds; `tags` are those of the region.
    pub async fn balancers(&self, tags: &Tags) -> Result<Vec<Managed>, Error> {
        let (second, classic) = tokio::try_join!(
            self.pages(&BALANCING, "LoadBalancers", |one| self.balancer(one, tags)),
            self.pages(&CLASSIC, "LoadBalancerDescriptions", |one| {
                Some(self.classic(one, tags))
            }),
        )?;
        Ok([second, classic].concat())
    }

    /// All balancers of a kind, page by page.
    async fn pages(
        &self,
        api: &'static Api,
        list: &str,
        read: impl Fn(&Tree) -> Option<Managed>,
    ) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut marker = String::new();
        loop {
            let values = [("PageSize", PAGE), ("Marker", marker.as_str())];
            let told = self.query(api, ("DescribeLoadBalancers", ""), &values);
            let told = told.await?;
            let path = format!("DescribeLoadBalancersResult/{list}");
            let page = told.members(&path);
            all.extend(page.filter_map(&read));
            told.text("DescribeLoadBalancersResult/NextMarker")
                .clone_into(&mut marker);
            if marker.is_empty() {
                return Ok(all);
            }
        }
    }

    fn balancer(&self, told: &Tree, tags: &Tags) -> Option<Managed> {
        let arn = told.text("LoadBalancerArn");
        let (_, id) = arn.split_once(BEFORE)?;
        let zones = told.members("AvailabilityZones");
        let addresses = zones.flat_map(|zone| zone.members("LoadBalancerAddresses"));
        let addresses = addresses.map(|one| one.text("AllocationId"));
        Some(Managed {
            id: id.into(),
            region: self.region().into(),
            name: told.text("LoadBalancerName").into(),
            what: What::Balancer {
                kind: told.text("Type").into(),
                addresses: addresses
                    .filter(|id| !id.is_empty())
                    .map(Box::from)
                    .collect(),
            },
            created: told.text("CreatedTime").parse().ok(),
            tags: tags.of(arn),
        })
    }

    fn classic(&self, told: &Tree, tags: &Tags) -> Managed {
        let name = told.text("LoadBalancerName");
        Managed {
            id: name.into(),
            region: self.region().into(),
            name: "".into(),
            what: What::Balancer {
                kind: "classic".into(),
                addresses: Vec::new(),
            },
            created: told.text("CreatedTime").parse().ok(),
            tags: tags.ending(&format!("{BEFORE}{name}")),
        }
    }

    /// The ARN of a balancer; its name alone might be another's by now.
    async fn arn_of_balancer(&self, id: &str) -> Result<String, Error> {
        let operation = ("DescribeLoadBalancers", id);
        let name = id.split('/').nth(1).unwrap_or(id);
        let values = [("Names.member.1", name)];
        let told = self.query(&BALANCING, operation, &values).await?;
        let mut page = told.members("DescribeLoadBalancersResult/LoadBalancers");
        let found = page.find_map(|one| {
            let arn = one.text("LoadBalancerArn");
            arn.split_once(BEFORE)
                .is_some_and(|(_, known)| known == id)
                .then(|| arn.to_owned())
        });
        found.ok_or_else(|| {
            let reason = "the balancer of this name is another one";
            Error::new(operation.0, id, FailureKind::NotFound, reason)
        })
    }

    pub(super) async fn delete_balancer(&self, id: &str) -> Result<Went, Error> {
        let operation = ("DeleteLoadBalancer", id);
        if is_classic(id) {
            let values = [("LoadBalancerName", id)];
            self.query(&CLASSIC, operation, &values).await?;
            return Ok(Went::Asked);
        }
        let arn = self.arn_of_balancer(id).await?;
        let values = [("LoadBalancerArn", arn.as_str())];
        self.query(&BALANCING, operation, &values).await?;
        Ok(Went::Asked)
    }

    /// Refused where a switch protects it from being deleted; a classic one has none.
    pub(super) async fn protection_of_balancer(&self, id: &str) -> Result<Went, Error> {
        if is_classic(id) {
            return Ok(Went::Asked);
        }
        let arn = self.arn_of_balancer(id).await?;
        let operation = ("DescribeLoadBalancerAttributes", id);
        let values = [("LoadBalancerArn", arn.as_str())];
        let told = self.query(&BALANCING, operation, &values).await?;
        let mut all = told.members("DescribeLoadBalancerAttributesResult/Attributes");
        let protects = all.any(|one| {
            one.text("Key") == "deletion_protection.enabled" && one.text("Value") == "true"
        });
        if protects {
            let reason = "its deletion protection is on: `aws elbv2 modify-load-balancer-attributes --attributes Key=deletion_protection.enabled,Value=false --load-balancer-arn ARN` switches it off";
            return Err(Error::new(operation.0, id, FailureKind::Denied, reason));
        }
        Ok(Went::Asked)
    }
}
