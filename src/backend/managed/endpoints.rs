//! Endpoints of SageMaker: machines that wait for questions, and cost while they do.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::{Managed, What};

use super::{SAGEMAKER, Tags, Went, files::time};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    endpoints: Vec<Told>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    endpoint_name: String,
    endpoint_arn: String,
    creation_time: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    endpoint_config_name: String,
    #[serde(default)]
    production_variants: Vec<Running>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Running {
    #[serde(rename = "VariantName")]
    name: String,
    current_instance_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configured {
    #[serde(default)]
    production_variants: Vec<Variant>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Variant {
    #[serde(rename = "VariantName")]
    name: String,
    instance_type: Option<String>,
    initial_instance_count: Option<u64>,
}

impl Ec2 {
    /// All endpoints of the region. `tags` are those of the region; what each runs on is asked with `machines_of`.
    pub async fn endpoints(&self, tags: &Tags) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let body = match token.take() {
                Some(token) => json!({ "MaxResults": 100, "NextToken": Value::String(token) }),
                None => json!({ "MaxResults": 100 }),
            };
            let page: Page = self.json(&SAGEMAKER, ("ListEndpoints", ""), &body).await?;
            all.extend(page.endpoints.into_iter().map(|one| Managed {
                region: self.region().into(),
                name: "".into(),
                what: What::Endpoint(Vec::new()),
                created: time(one.creation_time),
                tags: tags.of(&one.endpoint_arn),
                id: one.endpoint_name.into(),
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// The types of an endpoint's machines, and how many of each; a variant without machines of its own costs while it answers only.
    pub async fn machines_of(&self, endpoint: &str) -> Result<Vec<(Box<str>, u64)>, Error> {
        let body = json!({ "EndpointName": endpoint });
        let described: Described = self
            .json(&SAGEMAKER, ("DescribeEndpoint", endpoint), &body)
            .await?;
        let name = described.endpoint_config_name;
        let body = json!({ "EndpointConfigName": name });
        let configured: Configured = self
            .json(&SAGEMAKER, ("DescribeEndpointConfig", &name), &body)
            .await?;
        let now = |variant: &Variant| {
            let mut running = described.production_variants.iter();
            let found = running.find(|one| one.name == variant.name);
            found.and_then(|one| one.current_instance_count)
        };
        let variants = configured.production_variants.iter();
        let machines = variants.filter_map(|variant| {
            let count = now(variant).or(variant.initial_instance_count);
            Some((variant.instance_type.as_deref()?.into(), count.unwrap_or(1)))
        });
        Ok(machines.collect())
    }

    pub(super) async fn delete_endpoint(&self, id: &str) -> Result<Went, Error> {
        let body = json!({ "EndpointName": id });
        let _: Value = self.json(&SAGEMAKER, ("DeleteEndpoint", id), &body).await?;
        Ok(Went::Asked)
    }
}
