//! Versions of objects: listed page by page, and one of them taken away by its id; tags and addresses of objects beside them.

use std::time::Duration;

use aws_sdk_s3::{
    presigning::PresigningConfig,
    types::{DeleteMarkerEntry, EncodingType, ObjectVersion, Tag, Tagging},
};

use crate::backend::{counter::Operation, error::Error, store::Pin};
use crate::domain::{
    key::Key,
    version::{Version, VersionContent, in_order},
};

use super::{Call, S3, wire};

/// A page of versions, in the order of their keys, the newest of each first.
#[derive(Debug, Clone, Default)]
pub struct VersionPage {
    /// Versions and delete markers.
    pub versions: Vec<Version>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<VersionMark>,
}

/// Where a page of versions begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMark {
    key: String,
    id: Option<String>,
}

impl S3 {
    /// A page of the versions of all keys that begin with `below`, from `mark` on.
    ///
    /// # Errors
    /// `Denied` without s3:ListBucketVersions.
    pub async fn versions(
        &self,
        below: &Key,
        mark: Option<&VersionMark>,
    ) -> Result<VersionPage, Error> {
        let operation = Operation::ListObjectVersions;
        let folder = self.place.folder();
        let prefix = if below.is_empty() {
            folder.clone()
        } else {
            self.full(operation, below)?
        };
        let send = |client: aws_sdk_s3::Client| {
            client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(&prefix)
                .encoding_type(EncodingType::Url)
                .set_key_marker(mark.map(|mark| mark.key.clone()))
                .set_version_id_marker(mark.and_then(|mark| mark.id.clone()))
                .set_request_payer(self.payer())
                .send()
        };
        let page = Box::pin(self.call(Call::new(operation, &prefix), send)).await?;
        let url = page.encoding_type() == Some(&EncodingType::Url);
        let key = |text: Option<&str>| {
            let whole = wire::plain(text?, url);
            whole.get(folder.len()..).map(Key::from)
        };
        let mut versions: Vec<Version> = page
            .versions()
            .iter()
            .filter_map(|told| version(key(told.key())?, told))
            .collect();
        let markers = page.delete_markers().iter();
        versions.extend(markers.filter_map(|told| marker(key(told.key())?, told)));
        in_order(&mut versions);
        let next = page.next_key_marker().map(|marker| VersionMark {
            key: wire::plain(marker, url),
            id: page.next_version_id_marker().map(str::to_owned),
        });
        let more = page.is_truncated() == Some(true) && next.as_ref() != mark;
        Ok(VersionPage {
            versions,
            next: next.filter(|_| more),
        })
    }

    /// Takes one version away for good; of a delete marker, what it hides is there again.
    ///
    /// # Errors
    /// `Denied` without s3:DeleteObjectVersion.
    pub async fn delete_version(&self, key: &Key, version: &str) -> Result<(), Error> {
        let operation = Operation::DeleteObject;
        let full = self.full(operation, key)?;
        let send = |client: aws_sdk_s3::Client| {
            client
                .delete_object()
                .bucket(self.bucket())
                .key(&full)
                .version_id(version)
                .set_request_payer(self.payer())
                .send()
        };
        Box::pin(self.call(Call::new(operation, &full), send))
            .await
            .map(drop)
    }

    /// Replaces the tags of an object, of the pinned version where the pin knows one. S3 knows no condition for that.
    ///
    /// # Errors
    /// `Denied` without s3:PutObjectTagging.
    pub async fn tag(
        &self,
        key: &Key,
        tags: &[(String, String)],
        pin: Option<&Pin>,
    ) -> Result<(), Error> {
        let operation = Operation::PutObjectTagging;
        let full = self.full_to_read(operation, key).await?;
        let (_, version) = self.pinned(operation, key, pin)?;
        let tags: Result<Vec<Tag>, _> = tags
            .iter()
            .map(|(name, value)| Tag::builder().key(name).value(value).build())
            .collect();
        let tagging = tags.and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
        let tagging = tagging.map_err(|error| self.refused(operation, key, error.to_string()))?;
        let send = |client: aws_sdk_s3::Client| {
            client
                .put_object_tagging()
                .bucket(self.bucket())
                .key(&full)
                .tagging(tagging.clone())
                .set_version_id(version.clone())
                .set_request_payer(self.payer())
                .send()
        };
        Box::pin(self.call(Call::new(operation, &full), send))
            .await
            .map(drop)
    }

    /// An address by which anybody can read an object for a time. Nothing is sent, and nothing is said of whether it is there.
    ///
    /// # Errors
    /// `Refused` where nothing signs, no credentials.
    pub async fn address(&self, key: &Key, time: Duration) -> Result<String, Error> {
        let operation = Operation::GetObject;
        let full = self.full_to_read(operation, key).await?;
        let refused = |why: String| self.refused(operation, key, why);
        if self.session.options().anonymous {
            let why = "this remote signs nothing: its plain address is all that there is";
            return Err(refused(why.to_owned()));
        }
        if self.has_customer_key() {
            let why = "a customer's key encrypts it, which no address may bear";
            return Err(refused(why.to_owned()));
        }
        let config = PresigningConfig::expires_in(time);
        let config = config.map_err(|error| refused(error.to_string()))?;
        let connection = self.session.connection().await;
        let region = self.session.region_of(self.bucket()).await?;
        let request = connection
            .client(&region)
            .get_object()
            .bucket(self.bucket())
            .key(&full)
            .set_request_payer(self.payer());
        let signed = Box::pin(request.presigned(config)).await;
        let asked = self.asked(&Call::new(operation, &full), &connection, &region);
        signed
            .map(|signed| signed.uri().to_owned())
            .map_err(|error| Error::sdk(&asked, &error))
    }
}

fn version(key: Key, told: &ObjectVersion) -> Option<Version> {
    Some(Version {
        key,
        id: told.version_id()?.into(),
        is_latest: told.is_latest() == Some(true),
        modified: told.last_modified().and_then(wire::timestamp),
        content: Some(VersionContent {
            size: told
                .size()
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
            etag: wire::etag(told.e_tag()),
            class: told.storage_class().map(|class| class.as_str().into()),
        }),
    })
}

fn marker(key: Key, told: &DeleteMarkerEntry) -> Option<Version> {
    Some(Version {
        key,
        id: told.version_id()?.into(),
        is_latest: told.is_latest() == Some(true),
        modified: told.last_modified().and_then(wire::timestamp),
        content: None,
    })
}
