//! Who has which tags: one question for all things of some kinds, where their own services would be asked of each.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::Tag;

use super::{TAGGING, files};

/// The kinds whose services do not tell the tags with the things. Of logs all: moto knows no finer word.
const KINDS: [&str; 3] = [
    "elasticloadbalancing:loadbalancer",
    "logs",
    "sagemaker:endpoint",
];

/// The tags of a region, by ARN; `None` inside where nobody tells them.
#[derive(Debug, Clone, Default)]
pub struct Tags(Option<HashMap<Box<str>, Vec<Tag>>>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(rename = "ResourceTagMappingList")]
    list: Vec<Mapping>,
    pagination_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Mapping {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags", default)]
    tags: Vec<files::Told>,
}

impl Tags {
    /// The tags of a thing; none where it has none, `None` where nobody tells.
    pub(super) fn of(&self, arn: &str) -> Option<Vec<Tag>> {
        let all = self.0.as_ref()?;
        Some(all.get(arn).cloned().unwrap_or_default())
    }

    /// The tags of a thing of which only the end of its ARN is known.
    pub(super) fn ending(&self, end: &str) -> Option<Vec<Tag>> {
        let mut all = self.0.as_ref()?.iter();
        let found = all.find(|(arn, _)| arn.ends_with(end));
        Some(found.map(|(_, tags)| tags.clone()).unwrap_or_default())
    }
}

impl Ec2 {
    /// The tags of balancers, log groups and endpoints in the region.
    pub async fn tags_of_managed(&self) -> Result<Tags, Error> {
        let mut all = HashMap::new();
        let mut token = String::new();
        loop {
            let body = json!({
                "ResourceTypeFilters": KINDS,
                "ResourcesPerPage": 100,
                "PaginationToken": token,
            });
            let page: Page = self.json(&TAGGING, ("GetResources", ""), &body).await?;
            let page_of = page.list.into_iter();
            all.extend(page_of.map(|one| (one.arn.into(), files::tags(one.tags))));
            token = page.pagination_token.unwrap_or_default();
            if token.is_empty() {
                return Ok(Tags(Some(all)));
            }
        }
    }
}
