//! What a bucket is set to, and its lifecycle rules edited: read, changed in one place, and written as a whole, only while they
//! are those that were seen.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus,
    ExpirationStatus, IntelligentTieringConfiguration, LifecycleExpiration, LifecycleRule as Raw,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ServerSideEncryptionRule, Transition, TransitionDefaultMinimumObjectSize,
    TransitionStorageClass,
};

use crc_fast::{CrcAlgorithm, Digest};

use crate::backend::{counter::Operation, error::Error};
use crate::domain::{
    bucket::{
        Known, LifecycleAction, LifecycleRule, NewRule, PublicAccess, RuleEdit, Rules, Settings,
    },
    retry::FailureKind,
};

use super::{Call, S3};

impl S3 {
    /// What the bucket is set to; what may not be asked is told as such.
    ///
    /// # Errors
    /// `NoBucket`, no answer, no credentials: whatever keeps all of it from being known.
    pub async fn settings(&self) -> Result<Settings, Error> {
        self.head_bucket().await?;
        let region = self.session.region_of(self.bucket()).await?;
        Ok(Settings {
            region: (*region).into(),
            versioning: known(self.versioning().await, "s3:GetBucketVersioning"),
            encryption: known(self.encryption().await, "s3:GetEncryptionConfiguration"),
            public_access: known(self.public_access().await, "s3:GetBucketPublicAccessBlock"),
            lifecycle: known(self.lifecycle().await, "s3:GetLifecycleConfiguration"),
            tiering: known(
                self.tiering().await,
                "s3:GetIntelligentTieringConfiguration",
            ),
        })
    }

    /// Where the bucket lives.
    pub async fn region(&self) -> Result<Box<str>, Error> {
        self.head_bucket().await?;
        Ok((*self.session.region_of(self.bucket()).await?).into())
    }

    async fn versioning(&self) -> Result<&'static str, Error> {
        let send = |client: aws_sdk_s3::Client| {
            client.get_bucket_versioning().bucket(self.bucket()).send()
        };
        let call = Call::of_bucket(Operation::GetBucketVersioning);
        let told = Box::pin(self.call(call, send)).await?;
        Ok(match told.status().map(BucketVersioningStatus::as_str) {
            Some("Enabled") => "enabled",
            Some("Suspended") => "suspended: old versions stay, new ones are not kept",
            Some(_) | None => "off",
        })
    }

    async fn encryption(&self) -> Result<Box<str>, Error> {
        let send = |client: aws_sdk_s3::Client| {
            client.get_bucket_encryption().bucket(self.bucket()).send()
        };
        let call = Call::of_bucket(Operation::GetBucketEncryption);
        let told = match Box::pin(self.call(call, send)).await {
            Err(error) if error.failure_kind() == FailureKind::NotFound => {
                return Ok("none by default".into());
            }
            told => told?,
        };
        let rules = told.server_side_encryption_configuration();
        let rule = rules.and_then(|rules| rules.rules().first());
        let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default());
        let Some(default) = default else {
            return Ok("none by default".into());
        };
        let mut words = default.sse_algorithm().as_str().to_owned();
        if let Some(key) = default.kms_master_key_id() {
            words = format!("{words}, key {key}");
        }
        if rule.and_then(ServerSideEncryptionRule::bucket_key_enabled) == Some(true) {
            words.push_str(", with a bucket key");
        }
        Ok(words.into())
    }

    async fn public_access(&self) -> Result<PublicAccess, Error> {
        let send = |client: aws_sdk_s3::Client| {
            client
                .get_public_access_block()
                .bucket(self.bucket())
                .send()
        };
        let call = Call::of_bucket(Operation::GetPublicAccessBlock);
        let told = match Box::pin(self.call(call, send)).await {
            Err(error) if error.failure_kind() == FailureKind::NotFound => {
                return Ok(PublicAccess::default());
            }
            told => told?,
        };
        let Some(block) = told.public_access_block_configuration() else {
            return Ok(PublicAccess::default());
        };
        Ok(PublicAccess {
            blocks_acls: block.block_public_acls() == Some(true),
            ignores_acls: block.ignore_public_acls() == Some(true),
            blocks_policies: block.block_public_policy() == Some(true),
            restricts: block.restrict_public_buckets() == Some(true),
        })
    }

    async fn tiering(&self) -> Result<Vec<Box<str>>, Error> {
        let (mut tiers, mut token) = (Vec::new(), None::<String>);
        loop {
            let send = |client: aws_sdk_s3::Client| {
                client
                    .list_bucket_intelligent_tiering_configurations()
                    .bucket(self.bucket())
                    .set_continuation_token(token.clone())
                    .send()
            };
            let call = Call::of_bucket(Operation::ListBucketIntelligentTieringConfigurations);
            let told = Box::pin(self.call(call, send)).await?;
            let found = told.intelligent_tiering_configuration_list().iter();
            tiers.extend(found.map(tier_words));
            token = told.next_continuation_token().map(str::to_owned);
            if told.is_truncated() != Some(true) || token.is_none() {
                return Ok(tiers);
            }
        }
    }

    /// The lifecycle rules.
    ///
    /// # Errors
    /// `Denied` without s3:GetLifecycleConfiguration.
    pub async fn lifecycle(&self) -> Result<Rules, Error> {
        Ok(self.held_rules().await?.told())
    }

    /// Edits the lifecycle rules, if they are still those that were seen; gives back what they are then.
    ///
    /// # Errors
    /// `Changed` where they are others by now, `Refused` where S3 takes no such rule or the name is taken, `Denied`.
    pub async fn edit_lifecycle(&self, edit: &RuleEdit, seen: &Rules) -> Result<Rules, Error> {
        let operation = Operation::PutBucketLifecycleConfiguration;
        let mut held = self.held_rules().await?;
        let fail = |kind, why: String| {
            Error::new(
                operation.name(),
                format!("s3://{}", self.bucket()),
                kind,
                why,
            )
        };
        if held.told().print != seen.print {
            let why = "the lifecycle rules changed since they were looked at: look again";
            return Err(fail(FailureKind::Changed, why.to_owned()));
        }
        let named = |rule: &Raw, id: &str| rule.id() == Some(id);
        let rules = &mut held.rules;
        match edit {
            RuleEdit::Add(new) => {
                let is_taken = |new: &&NewRule| rules.iter().any(|rule| named(rule, &new.id));
                if let Some(taken) = new.iter().find(is_taken) {
                    let why = format!("there is a rule {} already", taken.id);
                    return Err(fail(FailureKind::Refused, why));
                }
                let new: Result<Vec<Raw>, String> = new.iter().map(raw).collect();
                rules.extend(new.map_err(|why| fail(FailureKind::Refused, why))?);
            }
            RuleEdit::Remove(id) => {
                let before = rules.len();
                rules.retain(|rule| !named(rule, id));
                if rules.len() == before {
                    let why = format!("there is no rule {id}");
                    return Err(fail(FailureKind::NotFound, why));
                }
            }
        }
        self.write_rules(&held).await?;
        self.lifecycle().await
    }

    async fn write_rules(&self, Held { rules, least }: &Held) -> Result<(), Error> {
        if rules.is_empty() {
            // S3 takes no empty list of rules.
            let send = |client: aws_sdk_s3::Client| {
                client
                    .delete_bucket_lifecycle()
                    .bucket(self.bucket())
                    .send()
            };
            let call = Call::of_bucket(Operation::DeleteBucketLifecycle);
            return Box::pin(self.call(call, send)).await.map(drop);
        }
        let operation = Operation::PutBucketLifecycleConfiguration;
        let all = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules.clone()))
            .build();
        let all = all.map_err(|error| {
            let place = format!("s3://{}", self.bucket());
            Error::new(
                operation.name(),
                place,
                FailureKind::Refused,
                error.to_string(),
            )
        })?;
        let send = |client: aws_sdk_s3::Client| {
            client
                .put_bucket_lifecycle_configuration()
                .bucket(self.bucket())
                .lifecycle_configuration(all.clone())
                .set_transition_default_minimum_object_size(least.clone())
                .send()
        };
        Box::pin(self.call(Call::of_bucket(operation), send))
            .await
            .map(drop)
    }

    async fn held_rules(&self) -> Result<Held, Error> {
        let send = |client: aws_sdk_s3::Client| {
            client
                .get_bucket_lifecycle_configuration()
                .bucket(self.bucket())
                .send()
        };
        let call = Call::of_bucket(Operation::GetBucketLifecycleConfiguration);
        match Box::pin(self.call(call, send)).await {
            Ok(told) => Ok(Held {
                least: told.transition_default_minimum_object_size().cloned(),
                rules: told.rules.unwrap_or_default(),
            }),
            Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(Held::default()),
            Err(error) => Err(error),
        }
    }
}

/// The archive tiers of one configuration, in words.
fn tier_words(found: &IntelligentTieringConfiguration) -> Box<str> {
    let each: Vec<String> = found
        .tierings()
        .iter()
        .map(|tier| format!("{} after {} days", tier.access_tier().as_str(), tier.days()))
        .collect();
    let status = found.status().as_str().to_lowercase();
    format!("{} ({status}): {}", found.id(), each.join(", ")).into()
}

/// What was told, or why not; `permission` is what a denied question wants.
fn known<T>(told: Result<T, Error>, permission: &str) -> Known<T> {
    told.map_err(|error| {
        if error.failure_kind() == FailureKind::Denied {
            return format!("not known: {permission} is missing").into();
        }
        format!("not known: {}", error.reason).into()
    })
}

/// All of a bucket's lifecycle configuration: it is only ever written as a whole.
#[derive(Debug, Default)]
struct Held {
    rules: Vec<Raw>,
    /// The least size that is archived; a configuration that leaves it out sets it to S3's own.
    least: Option<TransitionDefaultMinimumObjectSize>,
}

impl Held {
    /// The rules in our own words.
    fn told(&self) -> Rules {
        Rules {
            rules: self.rules.iter().map(rule).collect(),
            // Whatever a rule bears is in its debug form, also what we have no words for.
            print: print(&format!("{self:?}")).into(),
        }
    }
}

/// A short sum of a text.
fn print(text: &str) -> String {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
    digest.update(text.as_bytes());
    format!("{:016x}", digest.finalize())
}

fn rule(raw: &Raw) -> LifecycleRule {
    let filter = raw.filter();
    let and = filter.and_then(|filter| filter.and());
    #[allow(deprecated, reason = "rules of old programs have their prefix there")]
    let old = raw.prefix();
    let prefix = filter
        .and_then(|filter| filter.prefix())
        .or_else(|| and.and_then(|and| and.prefix()))
        .or(old);
    let tag = |tag: &aws_sdk_s3::types::Tag| format!("tag {}={}", tag.key(), tag.value());
    let tags = filter.and_then(|filter| filter.tag()).into_iter();
    let tags = tags.chain(and.map(LifecycleRuleAndOperator::tags).unwrap_or_default());
    let above = filter.and_then(LifecycleRuleFilter::object_size_greater_than);
    let above = above.or_else(|| and.and_then(LifecycleRuleAndOperator::object_size_greater_than));
    let below = filter.and_then(LifecycleRuleFilter::object_size_less_than);
    let below = below.or_else(|| and.and_then(LifecycleRuleAndOperator::object_size_less_than));
    let mut conditions: Vec<Box<str>> = tags.map(|found| tag(found).into()).collect();
    conditions.extend(above.map(|size| format!("above {size} bytes").into()));
    conditions.extend(below.map(|size| format!("below {size} bytes").into()));
    LifecycleRule {
        id: raw.id().unwrap_or_default().into(),
        enabled: *raw.status() == ExpirationStatus::Enabled,
        prefix: prefix.unwrap_or_default().into(),
        conditions,
        actions: actions(raw),
    }
}

fn actions(raw: &Raw) -> Vec<LifecycleAction> {
    let days = |days: Option<i32>| days.and_then(|days| u32::try_from(days).ok());
    let mut actions = Vec::new();
    for to in raw.transitions() {
        let class: Box<str> = to
            .storage_class()
            .map_or("?", |class| class.as_str())
            .into();
        actions.push(match days(to.days()) {
            Some(days) => LifecycleAction::Archive { days, class },
            None => LifecycleAction::Other(format!("to {class} at a date").into()),
        });
    }
    if let Some(expiration) = raw.expiration() {
        actions.push(match days(expiration.days()) {
            Some(days) if days > 0 => LifecycleAction::Expire { days },
            _ if expiration.expired_object_delete_marker() == Some(true) => {
                LifecycleAction::Other("delete markers that hide nothing go".into())
            }
            _ => LifecycleAction::Other("deleted at a date".into()),
        });
    }
    for to in raw.noncurrent_version_transitions() {
        let class = to.storage_class().map_or("?", |class| class.as_str());
        let days = days(to.noncurrent_days()).unwrap_or_default();
        let words = format!("old versions to {class} after {days} days");
        actions.push(LifecycleAction::Other(words.into()));
    }
    if let Some(old) = raw.noncurrent_version_expiration() {
        let days = days(old.noncurrent_days()).unwrap_or_default();
        actions.push(match old.newer_noncurrent_versions() {
            None => LifecycleAction::ExpireOld { days },
            Some(keep) => LifecycleAction::Other(
                format!("old versions but {keep} deleted after {days} days").into(),
            ),
        });
    }
    let abort = raw.abort_incomplete_multipart_upload();
    if let Some(days) = abort.and_then(|abort| days(abort.days_after_initiation())) {
        actions.push(LifecycleAction::Abort { days });
    }
    actions
}

/// A new rule as S3 has it.
fn raw(new: &NewRule) -> Result<Raw, String> {
    let days = |days: u32| i32::try_from(days).unwrap_or(i32::MAX);
    let filter = LifecycleRuleFilter::builder().prefix(&*new.prefix).build();
    let rule = Raw::builder()
        .id(&*new.id)
        .status(ExpirationStatus::Enabled)
        .filter(filter);
    let rule = match &new.action {
        LifecycleAction::Archive { days: after, class } => rule.transitions(
            Transition::builder()
                .days(days(*after))
                .storage_class(TransitionStorageClass::from(&**class))
                .build(),
        ),
        LifecycleAction::Expire { days: after } => {
            rule.expiration(LifecycleExpiration::builder().days(days(*after)).build())
        }
        LifecycleAction::ExpireOld { days: after } => rule.noncurrent_version_expiration(
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(days(*after))
                .build(),
        ),
        LifecycleAction::Abort { days: after } => rule.abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days(*after))
                .build(),
        ),
        LifecycleAction::Other(words) => return Err(format!("\"{words}\" is no rule to add")),
    };
    rule.build().map_err(|error| error.to_string())
}
