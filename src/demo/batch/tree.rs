//! XML as a tree: what a request says, and what an answer is written from. What a job was asked with is kept as it came,
//! so that it can be told again.

use quick_xml::{Reader, escape::escape, events::Event};

/// An element: text, or elements below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) below: Vec<Self>,
}

/// An element with text.
#[allow(
    clippy::needless_pass_by_value,
    reason = "numbers, switches and texts are written alike where it is called"
)]
pub(super) fn leaf(name: &str, text: impl ToString) -> Tag {
    Tag {
        name: name.to_owned(),
        text: text.to_string(),
        below: Vec::new(),
    }
}

/// An element with elements below it.
pub(super) fn node(name: &str, below: Vec<Tag>) -> Tag {
    Tag {
        name: name.to_owned(),
        text: String::new(),
        below,
    }
}

impl Tag {
    /// The root of a request's XML; `None` where it is none, or breaks off.
    pub(super) fn read(xml: &str) -> Option<Self> {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(named(start.local_name().as_ref())),
                Event::Empty(empty) => {
                    let tag = named(empty.local_name().as_ref());
                    open.last_mut()?.below.push(tag);
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.below.push(closed);
                }
                Event::Text(text) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    open.last_mut()?.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let letter = match reference.resolve_char_ref().ok()? {
                        Some(letter) => letter,
                        None => entity(&reference)?,
                    };
                    open.last_mut()?.text.push(letter);
                }
                Event::Eof => break,
                Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
        let (root, none) = (open.pop()?, open.is_empty());
        root.below.into_iter().next().filter(|_| none)
    }

    /// The element at this path below it.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |tag, name| {
            tag.below.iter().find(|below| below.name == *name)
        })
    }

    /// The text at this path below it; `None` where there is none, or an empty one.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        let text = self.at(path)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Whether `true` stands at this path below it.
    pub(super) fn is_true_at(&self, path: &[&str]) -> bool {
        self.text_at(path) == Some("true")
    }

    /// Writes it, and all below it.
    pub(super) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        out.push('>');
        if self.below.is_empty() {
            out.push_str(&escape(self.text.as_str()));
        }
        self.below.iter().for_each(|below| below.write(out));
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

fn named(name: &[u8]) -> Tag {
    leaf(&String::from_utf8_lossy(name), "")
}

fn entity(name: &[u8]) -> Option<char> {
    Some(match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"apos" => '\'',
        b"quot" => '"',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn what_is_read_is_written_again() {
        let xml = "<A xmlns=\"u\"><B>x &lt;y&#38;</B><C><D>1</D><D/></C></A>";
        let root = Tag::read(xml).unwrap();
        assert_eq!(root.text_at(&["B"]), Some("x <y&"));
        assert_eq!(root.at(&["C"]).unwrap().below.len(), 2);
        let mut out = String::new();
        root.write(&mut out);
        assert_eq!(Tag::read(&out).as_ref(), Some(&root));
        assert_eq!(Tag::read("<A><B>"), None);
        assert_eq!(Tag::read(""), None);
    }
}
