//! What copies answer: the head and the word of success come first, and how it went stands in the XML behind.

use std::borrow::Cow;

use crate::backend::{
    s3::wire::{self, Sums},
    store::{Part, Written},
};

use super::{Failure, Reply, reply, xml};

/// `CopyObjectResult` and `CopyPartResult`.
#[derive(Debug, Default)]
struct Copied {
    etag: Option<String>,
    crc64: Option<String>,
    crc32: Option<String>,
    crc32c: Option<String>,
    sha1: Option<String>,
    sha256: Option<String>,
    kind: Option<String>,
}

impl<'a> xml::Reads<'a> for Copied {
    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
        let slot = match name {
            b"ETag" => &mut self.etag,
            b"ChecksumCRC64NVME" => &mut self.crc64,
            b"ChecksumCRC32" => &mut self.crc32,
            b"ChecksumCRC32C" => &mut self.crc32c,
            b"ChecksumSHA1" => &mut self.sha1,
            b"ChecksumSHA256" => &mut self.sha256,
            b"ChecksumType" => &mut self.kind,
            _ => return,
        };
        *slot = Some(xml::lossy(&text));
    }
}

impl Copied {
    fn sums(&self) -> Sums<'_> {
        Sums {
            crc64: self.crc64.as_deref(),
            crc32: self.crc32.as_deref(),
            crc32c: self.crc32c.as_deref(),
            sha1: self.sha1.as_deref(),
            sha256: self.sha256.as_deref(),
            kind: self.kind.as_deref(),
        }
    }
}

/// The object that a copy made.
pub(in crate::backend::s3) async fn object(reply: Reply) -> Result<Written, Failure> {
    let mut copied = Copied::default();
    let whole = reply.whole().await?;
    let headers = whole.read(&mut copied)?;
    Ok(Written {
        etag: wire::etag(copied.etag.as_deref()),
        version: wire::version(reply::text(headers, "x-amz-version-id")),
        checksum: copied.sums().best(),
        file: None,
        request_id: reply::request_id(headers).map(Box::from),
    })
}

/// The part that a copy made.
pub(in crate::backend::s3) async fn part(
    number: u32,
    size: u64,
    reply: Reply,
) -> Result<Part, Failure> {
    let mut copied = Copied::default();
    reply.whole().await?.read(&mut copied)?;
    let etag = wire::etag(copied.etag.as_deref());
    Ok(Part {
        number,
        etag: etag.ok_or_else(|| Failure::senseless("no ETag"))?,
        size,
        crc: wire::crc64(copied.crc64.as_deref()),
    })
}
