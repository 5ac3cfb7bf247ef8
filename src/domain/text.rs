//! Foreign text made safe for a terminal, so that two keys never look alike. Used by every room that shows a name.
//! What is printed can be read back exactly: a backslash always opens an escape, and everything else stands for itself.

use std::{borrow::Cow, fmt::Write as _};

use unicode_normalization::{
    IsNormalized,
    char::{canonical_combining_class, is_combining_mark, is_public_assigned},
    is_nfc, is_nfc_quick,
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `bytes` with everything escaped that a terminal could act on, hide, or draw like something else.
///
/// `\x1b` is a control character or a byte that is not UTF-8, `\u{202e}` a character that hides, reorders or is
/// not assigned, `\\` a backslash. Spaces at either end are escaped, and so is every mark of a name that is not in
/// the composed form, so that both forms of one name stay apart.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    if is_plain(bytes)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Cow::Borrowed(text);
    }
    let mut out = Escaped::new(bytes);
    for chunk in bytes.utf8_chunks() {
        out.push_text(chunk.valid());
        chunk
            .invalid()
            .iter()
            .for_each(|&byte| out.escape_byte(byte));
    }
    Cow::Owned(out.text)
}

/// The last line that says something, safe for a terminal and without the spaces around it.
pub fn last_line(text: &str) -> Option<String> {
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(printable(last.trim().as_bytes()).into_owned())
}

/// Whether these bytes are printable ASCII that needs no escape.
fn is_plain(bytes: &[u8]) -> bool {
    let edge_is_space = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    !edge_is_space
        && bytes
            .iter()
            .all(|&b| matches!(b, b' '..=b'~') && b != b'\\')
}

/// The text as far as it is written, and what must be known to write on.
struct Escaped {
    text: String,
    /// Input bytes that are still to come, the present character included.
    left: usize,
    /// Spaces up to here count as leading.
    at_start: bool,
    /// How many of the last input bytes are spaces.
    trailing: usize,
    /// Whether a combining mark would stand on the last character.
    carries_marks: bool,
}

impl Escaped {
    fn new(bytes: &[u8]) -> Self {
        let trailing = bytes.iter().rev().take_while(|&&b| b == b' ').count();
        let text = String::with_capacity(bytes.len() + 16);
        Self {
            text,
            left: bytes.len(),
            at_start: true,
            trailing,
            carries_marks: false,
        }
    }

    fn push_text(&mut self, text: &str) {
        let composed = text.is_ascii() || is_nfc(text);
        for c in text.chars() {
            let at_edge = c == ' ' && (self.at_start || self.left <= self.trailing);
            if c == '\\' {
                self.text.push_str("\\\\");
            } else if at_edge {
                self.text.push_str("\\x20");
            } else if self.may_stand(c, composed) {
                self.text.push(c);
            } else {
                self.escape(c);
            }
            self.carries_marks = !c.is_ascii_punctuation() && c != ' ' && self.text.ends_with(c);
            self.at_start &= c == ' ';
            self.left -= c.len_utf8();
        }
    }

    /// Whether `c` may be shown as it is.
    fn may_stand(&self, c: char, composed: bool) -> bool {
        if c.is_ascii() {
            return !c.is_ascii_control();
        }
        if hides(c) {
            return false;
        }
        if is_mark(c) {
            return composed && self.carries_marks;
        }
        composed || is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes
    }

    fn escape(&mut self, c: char) {
        if c.is_ascii() {
            return self.push_escape(format_args!("\\x{:02x}", u32::from(c)));
        }
        self.push_escape(format_args!("\\u{{{:x}}}", u32::from(c)));
    }

    fn escape_byte(&mut self, byte: u8) {
        self.push_escape(format_args!("\\x{byte:02x}"));
        self.carries_marks = false;
        self.at_start = false;
        self.left -= 1;
    }

    fn push_escape(&mut self, escape: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        self.text.write_fmt(escape).unwrap_or_default();
    }
}

fn is_mark(c: char) -> bool {
    is_combining_mark(c) || canonical_combining_class(c) != 0
}

/// Whether a terminal would act on this character, show nothing, show a blank, or show whatever its font happens to hold.
fn hides(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || !is_public_assigned(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || (c.width() == Some(0) && !is_mark(c))
}

/// A line of a content, for reading: tabs end at every fourth column, other blanks are spaces, and what a terminal could act
/// on or hide is a `·`. Unlike `printable` it cannot be read back.
pub fn readable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        match c {
            '\t' => {
                let blanks = 4 - column % 4;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            _ if c.is_whitespace() && !c.is_control() => out.push(' '),
            _ if hides(c) => out.push('·'),
            _ => out.push(c),
        }
        column += c.width().unwrap_or(1);
    }
    out
}

/// `text` cut in its middle to `width` columns, with `…` where something is missing; its start and its extension stay.
///
/// `text` is one that `printable` made; wide characters count two columns.
pub fn middle(text: &str, width: usize) -> Cow<'_, str> {
    if (text.is_ascii() && text.len() <= width) || text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let extension = text
        .rfind('.')
        .and_then(|dot| text.get(dot..))
        .map_or(0, |end| end.width() + 1);
    let wanted = if extension > room / 2 && extension <= room * 3 / 4 {
        extension
    } else {
        room / 2
    };
    let tail: usize = fitting(text.graphemes(true).rev(), wanted)
        .map(str::len)
        .sum();
    let tail = text.get(text.len() - tail..).unwrap_or_default();
    let head: usize = fitting(text.graphemes(true), room - tail.width())
        .map(str::len)
        .sum();
    let head = text.get(..head).unwrap_or_default();
    Cow::Owned(format!("{head}…{tail}"))
}

/// The first of `graphemes` that fit into `room` columns together.
fn fitting<'a>(
    graphemes: impl Iterator<Item = &'a str>,
    room: usize,
) -> impl Iterator<Item = &'a str> {
    let mut used = 0;
    graphemes.take_while(move |grapheme| {
        used += grapheme.width();
        used <= room
    })
}

#[cfg(test)]
mod tests {
    use std::str::Chars;

    use proptest::{collection::vec, prelude::*};
    use unicode_normalization::UnicodeNormalization;
    use unicode_width::UnicodeWidthStr;

    use super::{hides, middle, printable, readable};

    /// Reads back what `printable` wrote: that this is possible at all makes it injective.
    fn read_back(text: &str) -> Vec<u8> {
        let (mut bytes, mut rest) = (Vec::new(), text.chars());
        let hex = |rest: &mut Chars<'_>, end: char, most: usize| {
            let digits: String = rest.by_ref().take(most).take_while(|&c| c != end).collect();
            u32::from_str_radix(&digits, 16).unwrap()
        };
        while let Some(c) = rest.next() {
            let c = match (c, if c == '\\' { rest.next() } else { None }) {
                ('\\', Some('x')) => {
                    bytes.push(u8::try_from(hex(&mut rest, '}', 2)).unwrap());
                    continue;
                }
                ('\\', Some('u')) => {
                    assert_eq!(rest.next(), Some('{'));
                    char::from_u32(hex(&mut rest, '}', 9)).unwrap()
                }
                ('\\', other) => other.unwrap(),
                (c, _) => c,
            };
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        bytes
    }

    /// Text made of what is hard: marks, jamo, blanks, overrides, broken bytes.
    fn hard() -> impl Strategy<Value = Vec<u8>> {
        let hard = prop::sample::select(vec![
            "e\u{301}",
            "\u{e9}",
            "\u{212b}",
            "\u{c5}",
            "\u{1112}\u{1161}\u{11ab}",
            "\u{d55c}",
            " ",
            "\\",
            "\\x",
            "/",
            "\u{202e}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{1b}[2J",
            "\n",
            "\u{9b}",
            "\u{2028}",
            "\u{a0}",
            "x.png",
        ]);
        let piece = prop_oneof![
            hard.prop_map(|text| text.as_bytes().to_vec()),
            vec(any::<u8>(), 1..4),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            "[ -~]{1,3}".prop_map(String::into_bytes),
        ];
        vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn two_names_never_look_alike(bytes in hard()) {
            prop_assert_eq!(read_back(&printable(&bytes)), bytes);
        }

        #[test]
        fn nothing_is_left_that_a_terminal_acts_on(bytes in hard()) {
            let text = printable(&bytes);
            prop_assert!(!text.chars().any(|c| c.is_control() || (!c.is_ascii() && hides(c))), "{:?}", text);
            prop_assert!(!text.starts_with(' ') && !text.ends_with(' '));
        }

        #[test]
        fn both_forms_of_a_name_differ_to_the_eye(text in "[a-zé가-각ก-๛\u{300}-\u{310}]{1,6}") {
            let (one, other) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            let (one_shown, other_shown) = (printable(one.as_bytes()), printable(other.as_bytes()));
            prop_assert_eq!(one == other, one_shown.nfc().eq(other_shown.nfc()));
        }

        #[test]
        fn lines_for_reading_hold_nothing_that_a_terminal_acts_on(text in any::<String>()) {
            prop_assert!(!readable(&text).chars().any(|c| c != ' ' && hides(c)));
        }

        #[test]
        fn a_cut_text_fits(bytes in hard(), width in 0_usize..40) {
            let text = printable(&bytes);
            prop_assert!(middle(&text, width).width() <= width);
        }
    }

    #[test]
    fn escapes_are_as_documented() {
        for (bytes, shown) in [
            (&b"raw/a b.png"[..], "raw/a b.png"),
            (b"a\x1b[31m", "a\\x1b[31m"),
            (b"a\xff", "a\\xff"),
            ("a\u{202e}gpj".as_bytes(), "a\\u{202e}gpj"),
            (b" a ", "\\x20a\\x20"),
            (b"   ", "\\x20\\x20\\x20"),
            (b"a\\n\n", "a\\\\n\\x0a"),
            ("日本語.txt".as_bytes(), "日本語.txt"),
            ("e\u{301}".as_bytes(), "e\\u{301}"),
            ("\u{301}".as_bytes(), "\\u{301}"),
            ("नमस्ते".as_bytes(), "नमस्ते"),
            ("😀".as_bytes(), "😀"),
        ] {
            assert_eq!(printable(bytes), shown);
        }
    }

    #[test]
    fn lines_for_reading_keep_their_indent() {
        assert_eq!(readable("\tif x:\t\\n"), "    if x:   \\n");
        assert_eq!(readable("a\u{1b}[31m\u{a0}b\u{202e}"), "a·[31m b·");
    }

    #[test]
    fn a_cut_keeps_start_and_extension() {
        assert_eq!(
            middle("raw/card_images/Zapdos-en_base_16.png", 20),
            "raw/card_i…se_16.png"
        );
        assert_eq!(
            middle("a-long-name.safetensors", 20),
            "a-long…e.safetensors"
        );
        assert_eq!(middle("日本語日本語.txt", 9), "日本….txt");
        assert_eq!(middle("short", 5), "short");
        assert_eq!(middle("short", 1), "…");
        assert_eq!(middle("short", 0), "");
    }
}
