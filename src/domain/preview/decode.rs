//! Bytes to text: UTF-8, UTF-16 by its mark, Latin-1 where nothing else fits; what is no text is told.

/// A text, and the word for its encoding where that is not UTF-8.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: Option<&'static str>,
}

/// `head` as text; `None` where it is none. The last character of a part may be cut.
pub(super) fn text(head: &[u8], whole: bool) -> Option<Decoded> {
    if let Some(rest) = head.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return text(rest, whole);
    }
    if let Some(rest) = head.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, u16::from_le_bytes, "UTF-16LE");
    }
    if let Some(rest) = head.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, u16::from_be_bytes, "UTF-16BE");
    }
    if head.iter().any(|&byte| is_foreign(byte)) {
        return None;
    }
    match std::str::from_utf8(head) {
        Ok(text) => Some(utf8(text)),
        Err(error) if !whole && error.error_len().is_none() => {
            let valid = head.get(..error.valid_up_to())?;
            std::str::from_utf8(valid).ok().map(utf8)
        }
        Err(_) => latin(head),
    }
}

fn utf8(text: &str) -> Decoded {
    Decoded {
        text: text.to_owned(),
        encoding: None,
    }
}

/// Whether no text holds this byte: a control character other than tab, line feed, form feed, carriage return and ESC.
fn is_foreign(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: &'static str) -> Option<Decoded> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    (!text.contains('\0')).then_some(Decoded {
        text,
        encoding: Some(encoding),
    })
}

/// Latin-1, where nearly all of it is plain: a compressed content has as many bytes of each value.
fn latin(head: &[u8]) -> Option<Decoded> {
    let high = head.iter().filter(|&&byte| byte >= 0x80).count();
    let controls = head.iter().any(|byte| matches!(byte, 0x7f..=0x9f));
    (high * 4 < head.len() && !controls).then(|| Decoded {
        text: head.iter().copied().map(char::from).collect(),
        encoding: Some("Latin-1"),
    })
}
