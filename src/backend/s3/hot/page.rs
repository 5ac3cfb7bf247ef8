//! A page of a listing, read from its XML without a copy of its keys.

use std::{borrow::Cow, str};

use crate::backend::s3::{
    page::{Cut, Page, STANDARD, Seen, Told, Word},
    wire,
};

use super::{Failure, Reply, xml};

/// The page that an answer is.
pub(in crate::backend::s3) async fn read(reply: Reply, cut: &Cut<'_>) -> Result<Page, Failure> {
    let whole = reply.whole().await?;
    let mut reads = Reads::default();
    whole.read(&mut reads)?;
    Ok(reads.told.cut(cut))
}

/// Reads `ListBucketResult`.
#[derive(Default)]
struct Reads<'a> {
    told: Told<'a>,
    object: Seen<'a>,
    /// Inside `CommonPrefixes`: the result has a `Prefix` of its own.
    common: bool,
    class: Word,
    algorithm: Word,
}

impl<'a> xml::Reads<'a> for Reads<'a> {
    fn open(&mut self, name: &[u8]) {
        match name {
            b"Contents" => self.object = Seen::default(),
            b"CommonPrefixes" => self.common = true,
            _ => {}
        }
    }

    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
        match name {
            b"Key" => self.object.key = text,
            b"Prefix" if self.common => self.told.folders.push(text),
            _ => self.word(name, str::from_utf8(&text).unwrap_or_default()),
        }
    }
}

impl Reads<'_> {
    fn word(&mut self, name: &[u8], text: &str) {
        let object = &mut self.object;
        match name {
            b"Size" => object.size = text.parse().unwrap_or_default(),
            b"ETag" => object.etag = wire::etag(Some(text)),
            b"LastModified" => object.modified = text.parse().ok(),
            b"StorageClass" => object.class = Some(self.class.shared(text)),
            b"ChecksumAlgorithm" => object.algorithm = Some(self.algorithm.shared(text)),
            b"IsRestoreInProgress" => object.restored = text == "false",
            b"Contents" => {
                let mut object = std::mem::take(object);
                if object.class.is_none() {
                    object.class = Some(self.class.shared(STANDARD));
                }
                self.told.objects.push(object);
            }
            b"CommonPrefixes" => self.common = false,
            b"IsTruncated" => self.told.truncated = text == "true",
            b"NextContinuationToken" => self.told.token = Some(text.to_owned()),
            b"EncodingType" => self.told.coded = text == "url",
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Page, Reads, xml};

    fn page(body: &str, cut: &Cut<'_>) -> Page {
        let mut reads = Reads::default();
        xml::read(body.as_bytes(), &mut reads).unwrap();
        reads.told.cut(cut)
    }

    #[test]
    fn objects_and_folders_come_in_one_order_with_their_facts() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>p/</Prefix><KeyCount>4</KeyCount>
<IsTruncated>true</IsTruncated><Contents><Key>p/</Key><Size>0</Size></Contents>
<Contents><Key>p/a%20%2Bz</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;e1&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>7</Size><StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus><Owner><ID>x</ID></Owner></Contents>
<Contents><Key>p/z</Key><LastModified>2026-11-21T10:00:00Z</LastModified><ETag>"e2"</ETag><Size>8</Size></Contents>
<CommonPrefixes><Prefix>p/m/</Prefix></CommonPrefixes><EncodingType>url</EncodingType><NextContinuationToken>t&amp;1</NextContinuationToken></ListBucketResult>"#;
        let cut = Cut {
            root: 2,
            itself: Some(2),
            after: None,
        };
        let page = page(body, &cut);
        let keys: Vec<_> = page
            .entries
            .iter()
            .map(|entry| entry.key.as_str().unwrap())
            .collect();
        assert_eq!(keys, ["a +z", "m/", "z"]);
        let facts = &page.entries[0].facts;
        assert_eq!(
            (facts.size, facts.etag(), facts.class()),
            (7, Some("e1"), Some("GLACIER"))
        );
        assert!(facts.object().unwrap().restored && !facts.is_archived());
        assert_eq!(facts.modified.unwrap().to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(
            facts.object().unwrap().algorithm.as_deref(),
            Some("CRC64NVME")
        );
        let facts = &page.entries[2].facts;
        assert_eq!(
            (facts.etag(), facts.class()),
            (Some("e2"), Some("STANDARD"))
        );
        assert_eq!((page.blank, page.next.as_deref()), (false, Some("t&1")));
    }

    #[test]
    fn keys_that_are_not_coded_stay_as_they_are() {
        let body = "<ListBucketResult><Contents><Key>a%20&amp;+</Key><Size>1</Size></Contents></ListBucketResult>";
        let page = page(body, &Cut::default());
        assert_eq!(page.entries[0].key.as_bytes(), b"a%20&+");
        assert_eq!(page.next, None);
    }
}
