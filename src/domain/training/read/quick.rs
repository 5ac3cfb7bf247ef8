//! The short way through a line of JSON: one flat object of numbers and plain words, as nearly all training logs write. What
//! is anything else (nested, escaped, doubtful) is left to the exact reader, which tells the same of all that is taken here, but
//! for the last bit of numbers with many digits: these are the nearest floats.

use super::build::Builder;

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// So many digits fit a float exactly.
const EXACT: usize = 15;

/// Reads a line as a row; `false` where it is left to the exact reader, and the builder is as it was but for names.
pub(super) fn line(line: &[u8], builder: &mut Builder) -> bool {
    let Ok(text) = std::str::from_utf8(line) else {
        return false;
    };
    let read = Scan { text, at: 0 }.object(builder);
    if read.is_some() {
        builder.end_row();
    } else {
        builder.drop_row();
    }
    read.is_some()
}

/// A place in a line.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn object(&mut self, builder: &mut Builder) -> Option<()> {
        self.blank();
        self.take(b'{')?;
        self.blank();
        if self.next()? == b'}' {
            return None;
        }
        loop {
            self.blank();
            let name = self.word()?;
            self.blank();
            self.take(b':')?;
            self.blank();
            self.value(name, builder)?;
            self.blank();
            match self.next()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.blank();
        (self.at == self.text.len()).then_some(())
    }

    fn value(&mut self, name: &str, builder: &mut Builder) -> Option<()> {
        match self.next()? {
            b'"' => builder.text(name, self.word()?),
            b'-' | b'0'..=b'9' => builder.number(name, self.number()?),
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            b'n' => self.literal("null")?,
            _ => return None,
        }
        Some(())
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    fn blank(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        rest.starts_with(word).then(|| self.at += word.len())
    }

    /// A text in quotes, without escapes.
    fn word(&mut self) -> Option<&'t str> {
        self.take(b'"')?;
        let begin = self.at;
        let rest = self.text.as_bytes().get(begin..)?;
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let length = rest.iter().position(special)?;
        self.at += length;
        self.take(b'"')?;
        self.text.get(begin..begin + length)
    }

    fn number(&mut self) -> Option<f64> {
        let begin = self.at;
        let negative = self.take(b'-').is_some();
        let mut mantissa = 0_u64;
        let whole = self.digits(&mut mantissa);
        let leads = whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0');
        if whole == 0 || leads {
            return None;
        }
        let mut fraction = 0;
        if self.take(b'.').is_some() {
            fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return None;
            }
        }
        if matches!(self.next(), Some(b'e' | b'E')) {
            self.exponent()?;
        } else if whole + fraction <= EXACT {
            // Both are exact, so that their quotient is the nearest float.
            let value = mantissa as f64 / TENS.get(fraction)?;
            return Some(if negative { -value } else { value });
        }
        let value: f64 = self.text.get(begin..self.at)?.parse().ok()?;
        value.is_finite().then_some(value)
    }

    fn exponent(&mut self) -> Option<()> {
        self.at += 1;
        if matches!(self.next(), Some(b'+' | b'-')) {
            self.at += 1;
        }
        (self.digits(&mut 0) > 0).then_some(())
    }

    /// Passes over digits, and adds them to a number; gives how many.
    fn digits(&mut self, number: &mut u64) -> usize {
        let begin = self.at;
        while let Some(digit @ b'0'..=b'9') = self.next() {
            *number = number
                .wrapping_mul(10)
                .wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - begin
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Builder, line};
    use crate::domain::training::read::json;

    /// What a way makes of a line: all but the values as text, and these.
    fn told(
        read: fn(&[u8], &mut Builder) -> bool,
        text: &[u8],
    ) -> Option<(String, Vec<(u32, f64)>)> {
        let mut builder = Builder::default();
        let read = read(text, &mut builder);
        let batch = builder.take();
        let rest = (batch.names, batch.rows, batch.totals, batch.ended);
        read.then(|| (format!("{rest:?}"), batch.values))
    }

    fn is_near(one: f64, other: f64) -> bool {
        (one - other).abs() <= one.abs() * 1e-15
    }

    fn number() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>()
                .prop_filter("JSON has no others", |number| number.is_finite())
                .prop_map(|number| number.to_string()),
            (0_u32..99_999, 0_u32..999_999).prop_map(|(one, other)| format!("{one}.{other:06}")),
            (-99_999_i32..99_999, -330_i32..330).prop_map(|(one, ten)| format!("{one}e{ten}")),
            "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?",
        ]
    }

    fn pair() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            "[a-z/ _é\\\\]{0,6}",
            Just("step".to_owned()),
            Just("status".to_owned())
        ];
        let value = prop_oneof![
            6 => number(),
            1 => "\"[a-zé0-9\\\\n]{0,6}\"",
            1 => Just("true".to_owned()),
            1 => Just("null".to_owned()),
            1 => Just("NaN".to_owned()),
            1 => Just("[1]".to_owned()),
            1 => Just("{\"a\": 1}".to_owned()),
        ];
        (name, value).prop_map(|(name, value)| format!("\"{name}\": {value}"))
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_the_exact_reader_tells(
            pairs in proptest::collection::vec(pair(), 0..6),
            tail in prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("x"), 1 => Just(",}")],
        ) {
            let text = format!("{{{}}}{tail}", pairs.join(", "));
            if let Some((rest, values)) = told(line, text.as_bytes()) {
                let (exact, nearly) = told(json::object, text.as_bytes()).unwrap();
                prop_assert_eq!(rest, exact, "{}", text);
                let same = |(one, other): (&(u32, f64), &(u32, f64))| {
                    one.0 == other.0 && is_near(one.1, other.1)
                };
                prop_assert!(values.len() == nearly.len(), "{}", text);
                prop_assert!(values.iter().zip(&nearly).all(same), "{}", text);
            }
        }

        #[test]
        fn no_bytes_make_it_stumble(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            line(&text, &mut Builder::default());
        }
    }

    #[test]
    fn an_ordinary_line_takes_the_short_way() {
        let text = br#"{"step": 5, "epoch": 0.125, "loss/train": 0.51234, "lr": 1e-3, "note": "ok", "x": -7}"#;
        assert!(told(line, text).is_some());
        assert_eq!(told(line, text), told(json::object, text));
    }
}
