//! What there is: instances, their checks, volumes, addresses, snapshots, regions, spot prices, consoles.

use aws_sdk_ec2::types::{Filter, InstanceAttributeName, InstanceType};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::backend::error::Error;
use crate::domain::cloud::{Address, Checks, Instance, Scheduled, Snapshot, Volume};

use super::{Ec2, asks, more, wire};

/// Things on a page.
const PAGE: i32 = 1000;

/// What the checks of an instance say, and what is planned for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The instance.
    pub id: Box<str>,
    /// Its checks.
    pub checks: Checks,
    /// What AWS has planned.
    pub scheduled: Vec<Scheduled>,
}

/// Reads all pages of an answer. `$page` asks for one; its items go through `$item`.
macro_rules! all_pages {
    ($self:ident, $operation:literal, $client:ident . $ask:ident ( $($with:ident : $value:expr),* ), $page:ident => $items:expr) => {{
        let client = $self.$client().await;
        let mut token: Option<String> = None;
        let mut all = Vec::new();
        loop {
            let request = client.$ask()$(.$with($value))*.set_next_token(token.take());
            let $page = $self.call(asks($operation, ""), request.send()).await?;
            all.extend($items);
            token = more($page.next_token());
            if token.is_none() {
                break;
            }
        }
        all
    }};
}

pub(super) use all_pages;

impl Ec2 {
    /// All instances of the region.
    pub async fn instances(&self) -> Result<Vec<Instance>, Error> {
        Ok(all_pages!(
            self, "DescribeInstances", client.describe_instances(max_results: PAGE),
            page => page
                .reservations()
                .iter()
                .flat_map(aws_sdk_ec2::types::Reservation::instances)
                .map(|told| wire::instance(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }

    /// One instance; `None` where the answer has none of this id.
    ///
    /// # Errors
    /// `NotFound` where AWS says that there is none.
    pub async fn instance(&self, id: &str) -> Result<Option<Instance>, Error> {
        let request = self.client().await.describe_instances().instance_ids(id);
        let asked = asks("DescribeInstances", id);
        let told = self.call(asked, request.send()).await?;
        let mut all = told
            .reservations()
            .iter()
            .flat_map(aws_sdk_ec2::types::Reservation::instances);
        Ok(all.next().map(|told| wire::instance(told, &self.region)))
    }

    /// The instances that bear a tag.
    pub async fn tagged(&self, key: &str, value: &str) -> Result<Vec<Instance>, Error> {
        let filter = Filter::builder().name(format!("tag:{key}"));
        let filter = filter.values(literal(value)).build();
        Ok(all_pages!(
            self, "DescribeInstances",
            client.describe_instances(filters: filter.clone(), max_results: PAGE),
            page => page
                .reservations()
                .iter()
                .flat_map(aws_sdk_ec2::types::Reservation::instances)
                .map(|told| wire::instance(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }

    /// The checks of one instance, and what is planned for it; `None` where EC2 tells nothing of it, as while it is stopped.
    pub async fn status(&self, id: &str) -> Result<Option<Status>, Error> {
        let client = self.client().await;
        let request = client.describe_instance_status().instance_ids(id);
        let asked = asks("DescribeInstanceStatus", id);
        let told = self.call(asked, request.send()).await?;
        Ok(told.instance_statuses().first().map(status))
    }

    /// The checks of all instances that run, and what is planned for them.
    pub async fn statuses(&self) -> Result<Vec<Status>, Error> {
        Ok(all_pages!(
            self, "DescribeInstanceStatus", client.describe_instance_status(max_results: PAGE),
            page => page.instance_statuses().iter().map(status).collect::<Vec<_>>()
        ))
    }

    /// All volumes of the region.
    pub async fn volumes(&self) -> Result<Vec<Volume>, Error> {
        Ok(all_pages!(
            self, "DescribeVolumes", client.describe_volumes(max_results: PAGE),
            page => page
                .volumes()
                .iter()
                .map(|told| wire::volume(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }

    /// All elastic addresses of the region.
    pub async fn addresses(&self) -> Result<Vec<Address>, Error> {
        let request = self.client().await.describe_addresses();
        let asked = asks("DescribeAddresses", "");
        let told = self.call(asked, request.send()).await?;
        let addresses = told.addresses().iter();
        Ok(addresses
            .map(|told| wire::address(told, &self.region))
            .collect())
    }

    /// All snapshots of the account in the region.
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        Ok(all_pages!(
            self, "DescribeSnapshots", client.describe_snapshots(owner_ids: "self", max_results: PAGE),
            page => page
                .snapshots()
                .iter()
                .map(|told| wire::snapshot(told, &self.region))
                .collect::<Vec<_>>()
        ))
    }

    /// The regions that are on for the account.
    pub async fn regions(&self) -> Result<Vec<Box<str>>, Error> {
        let request = self.client().await.describe_regions();
        let asked = asks("DescribeRegions", "");
        let told = self.call(asked, request.send()).await?;
        let names = told.regions().iter().filter_map(|one| one.region_name());
        let mut names: Vec<Box<str>> = names.map(Box::from).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// What a spot hour of these types costs now, US dollars: of each the mean of its zones.
    pub async fn spot_prices(&self, kinds: &[&str]) -> Result<Vec<(Box<str>, f64)>, Error> {
        let kinds: Vec<InstanceType> = kinds.iter().map(|kind| InstanceType::from(*kind)).collect();
        let now = aws_sdk_s3::primitives::DateTime::from(std::time::SystemTime::now());
        let told: Vec<(Box<str>, f64)> = all_pages!(
            self, "DescribeSpotPriceHistory",
            client.describe_spot_price_history(
                set_instance_types: Some(kinds.clone()),
                product_descriptions: "Linux/UNIX",
                start_time: now
            ),
            page => page
                .spot_price_history()
                .iter()
                .filter_map(|one| {
                    let kind = one.instance_type()?.as_str();
                    Some((Box::from(kind), one.spot_price()?.parse().ok()?))
                })
                .collect::<Vec<_>>()
        );
        Ok(means(told))
    }

    /// What an instance wrote to its console last; empty where there is nothing yet.
    pub async fn console(&self, id: &str) -> Result<Vec<u8>, Error> {
        let request = self.client().await.get_console_output().instance_id(id);
        let asked = asks("GetConsoleOutput", id);
        let told = self.call(asked, request.send()).await?;
        Ok(decoded(told.output()))
    }

    /// What an instance was told at its boot; empty where that was nothing.
    pub async fn user_data(&self, id: &str) -> Result<Vec<u8>, Error> {
        let told = self.attribute(id, InstanceAttributeName::UserData).await?;
        Ok(decoded(told.user_data().and_then(|data| data.value())))
    }

    /// Whether AWS refuses to terminate an instance.
    pub async fn is_protected(&self, id: &str) -> Result<bool, Error> {
        let name = InstanceAttributeName::DisableApiTermination;
        let told = self.attribute(id, name).await?;
        let value = told
            .disable_api_termination()
            .and_then(aws_sdk_ec2::types::AttributeBooleanValue::value);
        Ok(value.unwrap_or(false))
    }

    async fn attribute(
        &self,
        id: &str,
        name: InstanceAttributeName,
    ) -> Result<
        aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput,
        Error,
    > {
        let request = self.client().await.describe_instance_attribute();
        let request = request.instance_id(id).attribute(name);
        let asked = asks("DescribeInstanceAttribute", id);
        self.call(asked, request.send()).await
    }
}

fn status(told: &aws_sdk_ec2::types::InstanceStatus) -> Status {
    let word = |summary: Option<&aws_sdk_ec2::types::InstanceStatusSummary>| {
        let since = summary.and_then(|one| one.details().first());
        let since = since.and_then(|detail| detail.impaired_since());
        let word = summary.and_then(|one| one.status());
        wire::check(word.map(aws_sdk_ec2::types::SummaryStatus::as_str), since)
    };
    let ebs = told.attached_ebs_status();
    let ebs_since = ebs.and_then(|one| one.details().first());
    let ebs_word = ebs.and_then(|one| one.status());
    Status {
        id: told.instance_id().unwrap_or_default().into(),
        checks: Checks {
            system: word(told.system_status()),
            instance: word(told.instance_status()),
            ebs: wire::check(
                ebs_word.map(aws_sdk_ec2::types::SummaryStatus::as_str),
                ebs_since.and_then(|detail| detail.impaired_since()),
            ),
        },
        scheduled: told.events().iter().map(wire::scheduled).collect(),
    }
}

/// A filter's value that stands for itself: `*` and `?` would stand for others.
fn literal(value: &str) -> String {
    let escaped = |c: char| {
        matches!(c, '*' | '?' | '\\')
            .then_some('\\')
            .into_iter()
            .chain([c])
    };
    value.chars().flat_map(escaped).collect()
}

fn decoded(text: Option<&str>) -> Vec<u8> {
    let text = text.unwrap_or_default().trim();
    STANDARD.decode(text).unwrap_or_default()
}

/// Of each kind the mean.
fn means(mut told: Vec<(Box<str>, f64)>) -> Vec<(Box<str>, f64)> {
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let mean = |chunk: &[(Box<str>, f64)]| {
        let sum: f64 = chunk.iter().map(|(_, price)| price).sum();
        Some((chunk.first()?.0.clone(), sum / chunk.len() as f64))
    };
    told.chunk_by(|a, b| a.0 == b.0).filter_map(mean).collect()
}
