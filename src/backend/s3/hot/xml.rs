//! Answers in XML, pulled from their bytes without a tree: whoever reads is told when an element opens and closes.

use std::borrow::Cow;

use quick_xml::{Reader, events::Event};

/// Reads the elements of an answer.
pub(in crate::backend) trait Reads<'a> {
    /// An element opens.
    fn open(&mut self, _name: &[u8]) {}

    /// An element closes; `text` is what stood in it since the last element opened or closed.
    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>);
}

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) enum Root {
    /// What was asked for.
    Other,
    /// `<Error>`.
    Error,
}

/// Reads a whole answer; one that breaks off is no answer.
pub(in crate::backend) fn read<'a>(
    body: &'a [u8],
    reads: &mut impl Reads<'a>,
) -> Result<Root, String> {
    let mut reader = Reader::from_reader(body);
    reader.config_mut().check_end_names = false;
    let mut text: Cow<'a, [u8]> = Cow::default();
    let (mut root, mut depth) = (None, 0_u32);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                depth += 1;
                let name = start.local_name();
                root.get_or_insert(root_of(name.as_ref()));
                text = Cow::default();
                reads.open(name.as_ref());
            }
            Event::Empty(empty) => {
                let name = empty.local_name();
                root.get_or_insert(root_of(name.as_ref()));
                text = Cow::default();
                reads.open(name.as_ref());
                reads.close(name.as_ref(), Cow::default());
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                reads.close(end.local_name().as_ref(), std::mem::take(&mut text));
            }
            Event::Text(more) => add(&mut text, more.into_inner()),
            Event::CData(more) => add(&mut text, more.into_inner()),
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter),
                    Ok(None) => named(&reference),
                    Err(error) => return Err(error.to_string()),
                };
                let letter = letter.ok_or_else(|| "an entity that S3 does not use".to_owned())?;
                text.to_mut()
                    .extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match root {
        Some(root) if depth == 0 => Ok(root),
        Some(_) => Err("the XML breaks off".to_owned()),
        None => Err("there is no XML in it".to_owned()),
    }
}

fn root_of(name: &[u8]) -> Root {
    if name == b"Error" {
        Root::Error
    } else {
        Root::Other
    }
}

fn named(name: &[u8]) -> Option<char> {
    Some(match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"apos" => '\'',
        b"quot" => '"',
        _ => return None,
    })
}

fn add<'a>(text: &mut Cow<'a, [u8]>, more: Cow<'a, [u8]>) {
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().extend_from_slice(&more);
    }
}

/// Text of an element, whatever its bytes are.
pub(in crate::backend) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// What an `<Error>` says.
#[derive(Debug, Default)]
pub(in crate::backend) struct Said {
    pub(in crate::backend) code: String,
    pub(in crate::backend) message: String,
    pub(in crate::backend) request_id: Option<Box<str>>,
}

impl<'a> Reads<'a> for Said {
    fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
        match name {
            b"Code" => self.code = lossy(&text),
            b"Message" => self.message = lossy(&text),
            b"RequestId" => self.request_id = Some(lossy(&text).into()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cow, Reads, Root, Said, read};

    #[derive(Default)]
    struct Leaves(Vec<(String, String)>);

    impl<'a> Reads<'a> for Leaves {
        fn close(&mut self, name: &[u8], text: Cow<'a, [u8]>) {
            let told = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            self.0.push((told(name), told(&text)));
        }
    }

    #[test]
    fn entities_empty_elements_and_namespaces_are_read() {
        let body = br#"<?xml version="1.0"?>
            <a:List xmlns:a="x"><Key>&lt;a&#x26;b&#10;</Key><ETag>&quot;e&quot;</ETag><None/><C><![CDATA[<&>]]></C></a:List>"#;
        let mut leaves = Leaves::default();
        assert_eq!(read(body, &mut leaves), Ok(Root::Other));
        let told: Vec<_> = leaves.0.iter().map(|(n, t)| (&**n, &**t)).collect();
        assert_eq!(
            told,
            [
                ("Key", "<a&b\n"),
                ("ETag", "\"e\""),
                ("None", ""),
                ("C", "<&>"),
                ("List", "")
            ]
        );
    }

    #[test]
    fn what_breaks_off_or_is_no_xml_is_no_answer() {
        for body in [
            &b""[..],
            b"gateway timeout",
            b"<List><Key>a</Key>",
            b"<List><Key>a&nope;</Key></List>",
        ] {
            assert!(read(body, &mut Leaves::default()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn an_error_says_what_it_is() {
        let body = b"<Error><Code>SlowDown</Code><Message>a &amp; b</Message><RequestId>R1</RequestId></Error>";
        let mut said = Said::default();
        assert_eq!(read(body, &mut said), Ok(Root::Error));
        assert_eq!((&*said.code, &*said.message), ("SlowDown", "a & b"));
        assert_eq!(said.request_id.as_deref(), Some("R1"));
    }
}
