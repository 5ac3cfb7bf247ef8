//! Percent-encoding as S3 does it in paths, queries and `encoding-type=url` listings.

use std::fmt::Write as _;

/// `text` with every `%XX` replaced by its byte; `None` when an escape is broken or the result is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// `text` with everything but unreserved characters and `/` written as `%XX`.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => {
                if write!(out, "%{other:02X}").is_err() {
                    return out;
                }
            }
        }
    }
    out
}

/// The decoded value of `name` in a query string; a name without `=` has an empty value.
pub(super) fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decode(&value.replace('+', " ")).unwrap_or_default())
    })
}

/// Whether `name` stands in a query string, with or without a value.
pub(super) fn has_query(query: &str, name: &str) -> bool {
    query
        .split('&')
        .any(|pair| pair.split('=').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_undone_by_decoding() {
        for text in ["a b+c%2F", "ü/é\n\u{1b}", "", "~._-"] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        assert_eq!(encode("a b+/ü"), "a%20b%2B/%C3%BC");
        assert_eq!(decode("%4"), None);
        assert_eq!(decode("%ff"), None);
    }

    #[test]
    fn query_names_are_matched_whole() {
        let query = "list-type=2&prefix=a%2Fb+c&uploads";
        assert_eq!(query_value(query, "prefix").as_deref(), Some("a/b c"));
        assert!(has_query(query, "uploads"));
        assert!(!has_query(query, "upload"));
    }
}
