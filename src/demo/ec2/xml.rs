//! An answer as a tree of elements, written as EC2 writes it.

use quick_xml::escape::escape;

/// An element: text, or elements below it.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Element {
    name: &'static str,
    inner: Inner,
}

#[derive(Debug, Clone)]
enum Inner {
    Text(String),
    Below(Vec<Element>),
}

/// An element with text.
#[allow(
    clippy::needless_pass_by_value,
    reason = "numbers, switches and texts are written alike where it is called"
)]
pub(in crate::demo) fn leaf(name: &'static str, text: impl ToString) -> Element {
    Element {
        name,
        inner: Inner::Text(text.to_string()),
    }
}

/// An element with elements below it.
pub(in crate::demo) fn node(
    name: &'static str,
    below: impl IntoIterator<Item = Element>,
) -> Element {
    Element {
        name,
        inner: Inner::Below(below.into_iter().collect()),
    }
}

/// A list, as EC2 writes them: each thing an `item`.
pub(in crate::demo) fn set<T>(
    name: &'static str,
    things: impl IntoIterator<Item = T>,
    item: impl Fn(T) -> Vec<Element>,
) -> Element {
    node(
        name,
        things.into_iter().map(|thing| node("item", item(thing))),
    )
}

/// The tags of a thing.
pub(in crate::demo) fn tags(tags: &[(String, String)]) -> Element {
    set("tagSet", tags, |(name, value)| {
        vec![leaf("key", name), leaf("value", value)]
    })
}

impl Element {
    /// Writes it, and all below it.
    pub(in crate::demo) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(self.name);
        out.push('>');
        match &self.inner {
            Inner::Text(text) => out.push_str(&escaped(text)),
            Inner::Below(below) => below.iter().for_each(|element| element.write(out)),
        }
        out.push_str("</");
        out.push_str(self.name);
        out.push('>');
    }
}

/// Text in XML 1.0: characters that it cannot hold become U+FFFD, as on AWS.
fn escaped(text: &str) -> String {
    let holds = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let text: String = text
        .chars()
        .map(|c| if holds(c) { c } else { '\u{fffd}' })
        .collect();
    escape(text.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_lists_are_items() {
        let tags = tags(&[("a<b".to_owned(), "c&\u{1b}".to_owned())]);
        let mut out = String::new();
        tags.write(&mut out);
        assert_eq!(
            out,
            "<tagSet><item><key>a&lt;b</key><value>c&amp;\u{fffd}</value></item></tagSet>"
        );
    }
}
