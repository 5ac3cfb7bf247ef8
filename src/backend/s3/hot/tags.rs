//! Tags of an object, read from their XML.

use std::borrow::Cow;

use super::{Failure, Reply, xml};

/// The tags that an answer tells, as names and values.
pub(in crate::backend::s3) async fn read(reply: Reply) -> Result<Vec<(String, String)>, Failure> {
    let whole = reply.whole().await?;
    let mut reads = Reads::default();
    whole.read(&mut reads)?;
    Ok(reads.tags)
}

/// Reads `Tagging`.
#[derive(Default)]
struct Reads {
    tags: Vec<(String, String)>,
    tag: (String, String),
}

impl<'a> xml::Reads<'a> for Reads {
    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
        let word = || String::from_utf8_lossy(&text).into_owned();
        match name {
            b"Key" => self.tag.0 = word(),
            b"Value" => self.tag.1 = word(),
            b"Tag" => self.tags.push(std::mem::take(&mut self.tag)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reads, xml};

    #[test]
    fn tags_come_in_their_order_and_an_empty_value_is_one() {
        let body = "<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value>1</Value></Tag><Tag><Value/><Key>c</Key></Tag></TagSet></Tagging>";
        let mut reads = Reads::default();
        xml::read(body.as_bytes(), &mut reads).unwrap();
        let told: Vec<_> = reads
            .tags
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(told, [("a&b", "1"), ("c", "")]);
    }
}
