//! What `CreateJob` asks for, read and refused as AWS refuses it: before the job exists only its form is looked at.

use crate::demo::{
    cloud::Refusal,
    s3::{CopyAs, Place},
};

use super::tree::Tag;

const MANIFEST_FORMAT: &str = "S3BatchOperations_CSV_20180820";
const REPORT_FORMAT: &str = "Report_CSV_20180820";

/// A job as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// The request as it came, to be told again.
    pub(super) whole: Tag,
    pub(super) token: String,
    pub(super) confirmation: bool,
    pub(super) description: Option<String>,
    pub(super) priority: i32,
    pub(super) role: String,
    pub(super) manifest: Place,
    /// Hex, without quotes.
    pub(super) etag: String,
    /// Columns of the manifest.
    pub(super) fields: Vec<Field>,
    pub(super) report: Option<Report>,
    pub(super) copy: CopyAs,
}

/// A column of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Bucket,
    Key,
    Version,
    Ignored,
}

/// Where the completion report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) only_failed: bool,
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("InvalidRequest", message)
}

fn missing(what: &str) -> Refusal {
    invalid(&format!("{what} is required"))
}

impl Asked {
    /// Reads a request's body.
    pub(super) fn read(xml: &str) -> Result<Self, Refusal> {
        let malformed = || Refusal::new("MalformedXML", "The XML you provided was not well-formed");
        let root = Tag::read(xml).ok_or_else(malformed)?;
        let need = |path: &[&str]| {
            let found = root.text_at(path).map(str::to_owned);
            found.ok_or_else(|| missing(path.last().unwrap_or(&"")))
        };
        let manifest = ["Manifest", "Location"];
        let of_manifest = |name| [manifest[0], manifest[1], name];
        if need(&["Manifest", "Spec", "Format"])? != MANIFEST_FORMAT {
            return Err(invalid("This manifest format is not served here"));
        }
        let (bucket, key) = object(&need(&of_manifest("ObjectArn"))?)?;
        Ok(Self {
            token: need(&["ClientRequestToken"])?,
            confirmation: root.is_true_at(&["ConfirmationRequired"]),
            description: root.text_at(&["Description"]).map(str::to_owned),
            priority: priority(&need(&["Priority"])?)?,
            role: role(need(&["RoleArn"])?)?,
            manifest: Place {
                bucket,
                key,
                version: root
                    .text_at(&of_manifest("ObjectVersionId"))
                    .map(str::to_owned),
            },
            etag: need(&of_manifest("ETag"))?.trim_matches('"').to_owned(),
            fields: fields(&root)?,
            report: report(&root)?,
            copy: copy(&root)?,
            whole: root,
        })
    }

    /// Whether this is the same job, asked for once more.
    pub(super) fn is_again(&self, other: &Self) -> bool {
        self.whole == other.whole
    }
}

/// A priority: 0 to 2,147,483,647, higher goes first.
pub(super) fn priority(text: &str) -> Result<i32, Refusal> {
    let number = text.parse::<i32>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| invalid("Priority must be an integer from 0 to 2147483647"))
}

fn role(arn: String) -> Result<String, Refusal> {
    let is_role = arn.starts_with("arn:aws:iam::") && arn.contains(":role/");
    is_role
        .then_some(arn)
        .ok_or_else(|| invalid("Invalid role arn"))
}

/// `bucket` of `arn:aws:s3:::bucket`.
fn bucket(arn: &str) -> Result<String, Refusal> {
    let name = arn.strip_prefix("arn:aws:s3:::");
    let name = name.filter(|name| !name.is_empty() && !name.contains('/'));
    name.map(str::to_owned)
        .ok_or_else(|| invalid("Invalid bucket arn"))
}

/// Bucket and key of `arn:aws:s3:::bucket/key`.
fn object(arn: &str) -> Result<(String, String), Refusal> {
    let path = arn.strip_prefix("arn:aws:s3:::");
    let found = path.and_then(|path| path.split_once('/'));
    let found = found.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    let (bucket, key) = found.ok_or_else(|| invalid("Invalid manifest object arn"))?;
    Ok((bucket.to_owned(), key.to_owned()))
}

fn fields(root: &Tag) -> Result<Vec<Field>, Refusal> {
    let listed = root.at(&["Manifest", "Spec", "Fields"]);
    let listed = listed.map_or(&[][..], |tag| &tag.below);
    let field = |tag: &Tag| match tag.text.as_str() {
        "Bucket" => Ok(Field::Bucket),
        "Key" => Ok(Field::Key),
        "VersionId" => Ok(Field::Version),
        "Ignore" => Ok(Field::Ignored),
        _ => Err(invalid("Unknown manifest field")),
    };
    let fields: Vec<Field> = listed.iter().map(field).collect::<Result<_, _>>()?;
    if fields.starts_with(&[Field::Bucket, Field::Key]) {
        Ok(fields)
    } else {
        Err(invalid("Manifest fields must begin with Bucket and Key"))
    }
}

fn report(root: &Tag) -> Result<Option<Report>, Refusal> {
    let Some(tag) = root.at(&["Report"]) else {
        return Err(missing("Report"));
    };
    if !tag.is_true_at(&["Enabled"]) {
        return Ok(None);
    }
    let need = |name| tag.text_at(&[name]).ok_or_else(|| missing(name));
    if need("Format")? != REPORT_FORMAT {
        return Err(invalid("Invalid report format"));
    }
    Ok(Some(Report {
        bucket: bucket(need("Bucket")?)?,
        prefix: tag.text_at(&["Prefix"]).unwrap_or_default().to_owned(),
        only_failed: need("ReportScope")? == "FailedTasksOnly",
    }))
}

fn copy(root: &Tag) -> Result<CopyAs, Refusal> {
    let Some(tag) = root.at(&["Operation", "S3PutObjectCopy"]) else {
        return Err(invalid(
            "Exactly one operation is required, and only S3PutObjectCopy is served here",
        ));
    };
    let text = |path: &[&str]| tag.text_at(path).map(str::to_owned);
    let pairs = |list: Option<&Tag>, names: [&str; 2]| {
        let pair = |tag: &Tag| {
            let [name, value] = names.map(|name| tag.text_at(&[name]).unwrap_or_default());
            (name.to_owned(), value.to_owned())
        };
        list.map(|list| list.below.iter().map(pair).collect::<Vec<_>>())
    };
    let target = text(&["TargetResource"]).ok_or_else(|| missing("TargetResource"))?;
    Ok(CopyAs {
        bucket: bucket(&target)?,
        prefix: text(&["TargetKeyPrefix"]).unwrap_or_default(),
        class: text(&["StorageClass"]),
        kms_key: text(&["SSEAwsKmsKeyId"]),
        sse: text(&["NewObjectMetadata", "SSEAlgorithm"]),
        content_type: text(&["NewObjectMetadata", "ContentType"]),
        metadata: pairs(
            tag.at(&["NewObjectMetadata", "UserMetadata"]),
            ["key", "value"],
        ),
        replaces: tag.at(&["NewObjectMetadata"]).is_some()
            || text(&["MetadataDirective"]).as_deref() == Some("REPLACE"),
        tags: pairs(tag.at(&["NewObjectTagging"]), ["Key", "Value"]),
        unmodified_since: text(&["UnModifiedSinceConstraint"]),
        modified_since: text(&["ModifiedSinceConstraint"]),
    })
}

#[cfg(test)]
mod tests {
    use super::{Asked, Field};

    const JOB: &str = "<CreateJobRequest><ClientRequestToken>t</ClientRequestToken>\
        <Manifest><Location><ETag>\"e\"</ETag><ObjectArn>arn:aws:s3:::b/m.csv</ObjectArn></Location>\
        <Spec><Fields><member>Bucket</member><member>Key</member></Fields><Format>S3BatchOperations_CSV_20180820</Format></Spec></Manifest>\
        <Operation><S3PutObjectCopy><TargetKeyPrefix>p</TargetKeyPrefix><TargetResource>arn:aws:s3:::to</TargetResource></S3PutObjectCopy></Operation>\
        <Priority>7</Priority><Report><Enabled>false</Enabled></Report>\
        <RoleArn>arn:aws:iam::123456789012:role/r</RoleArn></CreateJobRequest>";

    #[test]
    fn a_job_is_read_whole() {
        let asked = Asked::read(JOB).unwrap();
        assert_eq!(asked.fields, [Field::Bucket, Field::Key]);
        assert_eq!((asked.priority, asked.etag.as_str()), (7, "e"));
        assert_eq!(
            (asked.copy.bucket.as_str(), asked.copy.prefix.as_str()),
            ("to", "p")
        );
        assert!(asked.report.is_none() && !asked.confirmation);
    }

    #[test]
    fn what_lacks_or_is_no_arn_is_refused_by_name() {
        for (from, to, told) in [
            (
                "<RoleArn>arn:aws:iam::123456789012:role/r</RoleArn>",
                "",
                "RoleArn",
            ),
            ("123456789012:role/r", "123456789012:user/r", "role arn"),
            ("<Priority>7", "<Priority>-1", "Priority"),
            ("arn:aws:s3:::to", "to", "bucket arn"),
            ("b/m.csv", "b", "manifest object arn"),
            ("S3PutObjectCopy", "S3DeleteObjectTagging", "operation"),
            ("<member>Key</member>", "", "fields"),
            ("</CreateJobRequest>", "", "well-formed"),
        ] {
            let refused = Asked::read(&JOB.replace(from, to)).unwrap_err();
            assert!(
                refused.message.contains(told),
                "{told}: {}",
                refused.message
            );
        }
    }
}
