//! A job's manifest: a CSV of bucket and percent-encoded key, without a header. Nothing in it needs quotes.

use std::fmt::Write as _;

/// Adds the line of an object.
pub fn line(out: &mut String, bucket: &str, key: &str) {
    out.push_str(bucket);
    out.push(',');
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => write!(out, "%{other:02X}").unwrap_or_default(),
        }
    }
    out.push('\n');
}

/// The key of a report's row, which is encoded as the manifest's was; one that is not is taken as it is.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let whole = || text.as_bytes().to_vec();
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return whole();
        };
        out.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{decoded, line};

    #[test]
    fn a_line_holds_any_key_and_its_key_is_read_back() {
        for key in ["a/b.png", "a,b \"c\"\n\r", "100%", "é+\u{1b}[2J", "%41"] {
            let mut out = String::new();
            line(&mut out, "bucket", key);
            let text = out.strip_prefix("bucket,").unwrap().trim_end();
            assert!(text.is_ascii() && !text.contains([',', '"', ' ']), "{text}");
            assert_eq!(decoded(text), key.as_bytes());
        }
        assert_eq!(decoded("50%"), b"50%");
    }
}
