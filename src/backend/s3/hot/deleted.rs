//! `DeleteObjects`: the list that is sent, and what became of each key.

use std::borrow::Cow;

use bytes::Bytes;
use quick_xml::escape::escape;

use super::{Failure, Reply, xml};

/// What became of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::backend::s3) struct Gone {
    pub(in crate::backend::s3) key: String,
    /// Code and message, where it is not gone.
    pub(in crate::backend::s3) error: Option<(String, String)>,
}

/// The list of keys, each with the ETag that it must still have.
pub(in crate::backend::s3) fn list<'a>(
    keys: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Bytes {
    let mut list = r#"<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#.to_owned();
    for (key, etag) in keys {
        list.push_str("<Object><Key>");
        list.push_str(&escape(key));
        list.push_str("</Key>");
        if let Some(etag) = etag {
            list.push_str("<ETag>");
            list.push_str(&escape(etag));
            list.push_str("</ETag>");
        }
        list.push_str("</Object>");
    }
    list.push_str("</Delete>");
    list.into()
}

/// What the answer says of each key.
pub(in crate::backend::s3) async fn gone(reply: Reply) -> Result<Vec<Gone>, Failure> {
    let mut result = DeleteResult::default();
    reply.whole().await?.read(&mut result)?;
    Ok(result.all)
}

#[derive(Debug, Default)]
struct DeleteResult {
    all: Vec<Gone>,
    key: String,
    code: String,
    message: String,
}

impl<'a> xml::Reads<'a> for DeleteResult {
    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
        match name {
            b"Key" => self.key = xml::lossy(&text),
            b"Code" => self.code = xml::lossy(&text),
            b"Message" => self.message = xml::lossy(&text),
            b"Deleted" => self.all.push(Gone {
                key: std::mem::take(&mut self.key),
                error: None,
            }),
            b"Error" => self.all.push(Gone {
                key: std::mem::take(&mut self.key),
                error: Some((
                    std::mem::take(&mut self.code),
                    std::mem::take(&mut self.message),
                )),
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeleteResult, Gone, list, xml};

    #[test]
    fn keys_are_escaped_and_each_has_its_answer() {
        let body = list([("a<&>\"'", Some("\"e\"")), ("b", None)].into_iter());
        assert_eq!(
            &body[..],
            br#"<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&lt;&amp;&gt;&quot;&apos;</Key><ETag>&quot;e&quot;</ETag></Object><Object><Key>b</Key></Object></Delete>"#
        );
        let answer = b"<DeleteResult><Deleted><Key>a&lt;</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";
        let mut result = DeleteResult::default();
        assert_eq!(xml::read(answer, &mut result), Ok(xml::Root::Other));
        let denied = Some(("AccessDenied".to_owned(), "no".to_owned()));
        let gone = |key: &str, error| Gone {
            key: key.to_owned(),
            error,
        };
        assert_eq!(result.all, [gone("a<", None), gone("b", denied)]);
    }
}
