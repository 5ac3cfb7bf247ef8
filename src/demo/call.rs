//! What a request asks for, read from its head alone: service, operation, bucket, key. The front routes by it, the log
//! keeps it and the fault layer matches on it, whether or not the request is later found to be valid.

use super::uri;
use http::{HeaderMap, Method, header, request::Parts};

/// The gist of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub service: String,
    pub operation: &'static str,
    pub bucket: String,
    pub key: String,
    pub query: String,
    pub region: Option<String>,
    pub access_key: Option<String>,
    pub range: Option<String>,
    pub conditions: Vec<(&'static str, String)>,
    pub bytes_in: u64,
}

const CONDITIONS: [&str; 8] = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
];

impl Call {
    /// Reads the gist of a request; never fails, unknown things are called `Unknown`.
    pub(super) fn read(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let headers = &parts.headers;
        let scope = Scope::read(headers, query);
        let service = scope
            .as_ref()
            .map_or_else(|| "s3".to_owned(), |scope| scope.service.clone());
        let (bucket, key) = place(parts);
        let operation = if service == "s3" {
            operation(&parts.method, level(&bucket, &key), query, headers)
        } else if service == "sts" {
            "GetCallerIdentity"
        } else {
            "Unknown"
        };
        let listed = uri::query_value(query, "prefix").filter(|_| key.is_empty());
        Self {
            operation,
            service,
            bucket,
            key: listed.unwrap_or(key),
            query: query.to_owned(),
            region: scope.as_ref().map(|scope| scope.region.clone()),
            access_key: scope.map(|scope| scope.access_key),
            range: text(headers, "range").or_else(|| text(headers, "x-amz-copy-source-range")),
            conditions: CONDITIONS
                .iter()
                .filter_map(|name| Some((*name, text(headers, name)?)))
                .collect(),
            bytes_in: payload_length(headers),
        }
    }
}

/// The credential scope of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub access_key: String,
    pub region: String,
    pub service: String,
}

impl Scope {
    fn read(headers: &HeaderMap, query: &str) -> Option<Self> {
        let credential = match text(headers, header::AUTHORIZATION.as_str()) {
            Some(signed) => {
                let (_, rest) = signed.split_once("Credential=")?;
                rest.split(',').next()?.trim().to_owned()
            }
            None => uri::query_value(query, "X-Amz-Credential")?,
        };
        let mut parts = credential.rsplitn(5, '/').skip(1);
        let service = parts.next()?.to_owned();
        let region = parts.next()?.to_owned();
        let access_key = parts.nth(1)?.to_owned();
        Some(Self {
            access_key,
            region,
            service,
        })
    }
}

/// How deep a path goes: the service, a bucket, or an object in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Service,
    Bucket,
    Object,
}

fn level(bucket: &str, key: &str) -> Level {
    match (bucket.is_empty(), key.is_empty()) {
        (true, _) => Level::Service,
        (false, true) => Level::Bucket,
        (false, false) => Level::Object,
    }
}

/// Bucket and key of a path-style or `bucket.localhost` request, decoded; a path that cannot be decoded is kept raw.
fn place(parts: &Parts) -> (String, String) {
    let raw = parts.uri.path();
    let path = uri::decode(raw).unwrap_or_else(|| raw.to_owned());
    let path = path.strip_prefix('/').unwrap_or(&path);
    if let Some(bucket) = virtual_bucket(&parts.headers) {
        return (bucket, path.to_owned());
    }
    match path.split_once('/') {
        Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
        None => (path.to_owned(), String::new()),
    }
}

fn virtual_bucket(headers: &HeaderMap) -> Option<String> {
    let host = text(headers, "host")?;
    let name = host.split(':').next()?;
    Some(name.strip_suffix(".localhost")?.to_owned())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn payload_length(headers: &HeaderMap) -> u64 {
    ["x-amz-decoded-content-length", "content-length"]
        .iter()
        .find_map(|name| text(headers, name)?.parse().ok())
        .unwrap_or(0)
}

/// Sub-resources of a bucket with their names for GET, PUT and DELETE.
const BUCKET_PARTS: [(&str, [&str; 3]); 12] = [
    (
        "versioning",
        ["GetBucketVersioning", "PutBucketVersioning", "Unknown"],
    ),
    (
        "lifecycle",
        [
            "GetBucketLifecycleConfiguration",
            "PutBucketLifecycleConfiguration",
            "DeleteBucketLifecycle",
        ],
    ),
    (
        "encryption",
        [
            "GetBucketEncryption",
            "PutBucketEncryption",
            "DeleteBucketEncryption",
        ],
    ),
    (
        "tagging",
        [
            "GetBucketTagging",
            "PutBucketTagging",
            "DeleteBucketTagging",
        ],
    ),
    ("location", ["GetBucketLocation", "Unknown", "Unknown"]),
    (
        "policy",
        ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"],
    ),
    ("acl", ["GetBucketAcl", "PutBucketAcl", "Unknown"]),
    (
        "cors",
        ["GetBucketCors", "PutBucketCors", "DeleteBucketCors"],
    ),
    (
        "requestPayment",
        [
            "GetBucketRequestPayment",
            "PutBucketRequestPayment",
            "Unknown",
        ],
    ),
    ("versions", ["ListObjectVersions", "Unknown", "Unknown"]),
    ("uploads", ["ListMultipartUploads", "Unknown", "Unknown"]),
    (
        "object-lock",
        [
            "GetObjectLockConfiguration",
            "PutObjectLockConfiguration",
            "Unknown",
        ],
    ),
];

/// The S3 operation that a request names.
fn operation(method: &Method, level: Level, query: &str, headers: &HeaderMap) -> &'static str {
    match level {
        Level::Service if method == Method::GET => "ListBuckets",
        Level::Service => "Unknown",
        Level::Bucket => bucket_operation(method, query),
        Level::Object => object_operation(method, query, headers),
    }
}

fn bucket_operation(method: &Method, query: &str) -> &'static str {
    let column = match method.as_str() {
        "GET" => 0,
        "PUT" => 1,
        "DELETE" => 2,
        "HEAD" => return "HeadBucket",
        "POST" if uri::has_query(query, "delete") => return "DeleteObjects",
        _ => return "Unknown",
    };
    let part = BUCKET_PARTS
        .iter()
        .find(|(name, _)| uri::has_query(query, name));
    match (part, column) {
        (Some((_, names)), _) => names[column],
        (None, 0) if uri::has_query(query, "list-type") => "ListObjectsV2",
        (None, 0) => "ListObjects",
        (None, 1) => "CreateBucket",
        (None, _) => "DeleteBucket",
    }
}

fn object_operation(method: &Method, query: &str, headers: &HeaderMap) -> &'static str {
    let asks = |name| uri::has_query(query, name);
    let copies = headers.contains_key("x-amz-copy-source");
    match method.as_str() {
        "HEAD" => "HeadObject",
        "GET" if asks("tagging") => "GetObjectTagging",
        "GET" if asks("attributes") => "GetObjectAttributes",
        "GET" if asks("acl") => "GetObjectAcl",
        "GET" if asks("uploadId") => "ListParts",
        "GET" => "GetObject",
        "PUT" if asks("tagging") => "PutObjectTagging",
        "PUT" if asks("acl") => "PutObjectAcl",
        "PUT" if asks("uploadId") && copies => "UploadPartCopy",
        "PUT" if asks("uploadId") => "UploadPart",
        "PUT" if copies => "CopyObject",
        "PUT" => "PutObject",
        "POST" if asks("uploads") => "CreateMultipartUpload",
        "POST" if asks("uploadId") => "CompleteMultipartUpload",
        "POST" if asks("restore") => "RestoreObject",
        "DELETE" if asks("tagging") => "DeleteObjectTagging",
        "DELETE" if asks("uploadId") => "AbortMultipartUpload",
        "DELETE" => "DeleteObject",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn call(method: &str, target: &str, headers: &[(&str, &str)]) -> Call {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Call::read(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn operations_are_named_as_the_sdk_names_them() {
        let named = |method, target| call(method, target, &[]).operation;
        assert_eq!(named("GET", "/"), "ListBuckets");
        assert_eq!(named("GET", "/b?list-type=2&prefix=x"), "ListObjectsV2");
        assert_eq!(named("GET", "/b/?location"), "GetBucketLocation");
        assert_eq!(named("PUT", "/b"), "CreateBucket");
        assert_eq!(named("POST", "/b/k?uploads"), "CreateMultipartUpload");
        assert_eq!(named("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart");
        assert_eq!(named("DELETE", "/b/k?uploadId=u"), "AbortMultipartUpload");
        assert_eq!(named("HEAD", "/b/a%2Fb"), "HeadObject");
        let copy = call("PUT", "/b/k", &[("x-amz-copy-source", "a/b")]);
        assert_eq!(copy.operation, "CopyObject");
    }

    #[test]
    fn keys_are_exact_and_a_listing_is_known_by_its_prefix() {
        assert_eq!(call("GET", "/b//x/./%20y", &[]).key, "/x/./ y");
        assert_eq!(call("GET", "/b?list-type=2&prefix=a%2Fb", &[]).key, "a/b");
        let hosted = call("GET", "/k", &[("host", "pics.localhost:9000")]);
        assert_eq!((hosted.bucket.as_str(), hosted.key.as_str()), ("pics", "k"));
    }

    #[test]
    fn the_scope_is_read_from_header_and_from_query() {
        let signed = "AWS4-HMAC-SHA256 Credential=AK/ID/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        let by_header = call("POST", "/", &[("authorization", signed)]);
        assert_eq!(by_header.service, "ec2");
        assert_eq!(by_header.region.as_deref(), Some("eu-west-1"));
        assert_eq!(by_header.access_key.as_deref(), Some("AK/ID"));
        let by_query = call(
            "GET",
            "/b/k?X-Amz-Credential=AK%2F20260101%2Fus-east-1%2Fs3%2Faws4_request",
            &[],
        );
        assert_eq!(by_query.region.as_deref(), Some("us-east-1"));
        assert_eq!(by_query.operation, "GetObject");
        assert_eq!(call("GET", "/b/k", &[]).region, None);
    }
}
