//! What the first bytes of a picture tell: its form and how large it is. The pixels are the engine's to bring.

/// The forms that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF; its first picture.
    Gif,
    /// WebP.
    WebP,
}

impl Form {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
        }
    }

    /// By the signs that contents of this form begin with.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            _ => None,
        }
    }
}

/// A picture, as far as its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// How it is stored.
    pub form: Form,
    /// Pixels across and down; `None` where they stand behind the first bytes, as in a JPEG of a camera.
    pub size: Option<(u32, u32)>,
}

impl Picture {
    /// The picture that begins with these bytes (`whole` where they are all of it); `None` for all else.
    ///
    /// # Errors
    /// `Broken` where it begins like a picture and does not go on like one.
    pub(super) fn of(head: &[u8], whole: bool) -> Result<Option<Self>, Broken> {
        let Some(form) = Form::of(head) else {
            return Ok(None);
        };
        let size = match form {
            Form::Png => png(head),
            Form::Jpeg => jpeg(head),
            Form::Gif => gif(head),
            Form::WebP => webp(head),
        };
        let size = size.filter(|&(width, height)| width > 0 && height > 0);
        if size.is_none() && (whole || form != Form::Jpeg) {
            return Err(Broken(form));
        }
        Ok(Some(Self { form, size }))
    }

    /// In a few words: `PNG image, 734 × 1024 pixels`.
    pub(super) fn words(&self) -> String {
        let form = self.form.word();
        match self.size {
            Some((width, height)) => format!("{form} image, {width} × {height} pixels"),
            None => format!("{form} image"),
        }
    }
}

/// A content that begins like a picture of this form, and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) Form);

fn png(head: &[u8]) -> Option<(u32, u32)> {
    let header = head.get(12..24)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk::<4>()?;
    let height = height.first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

fn gif(head: &[u8]) -> Option<(u32, u32)> {
    Some((little(head.get(6..8)?), little(head.get(8..10)?)))
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8 " => {
            let side = |from: usize| Some(little(head.get(from..from + 2)?) & 0x3fff);
            let begins = head.get(23..26)? == b"\x9d\x01\x2a";
            begins.then_some((side(26)?, side(28)?))
        }
        b"VP8L" => {
            let bits = little(head.get(21..25)?);
            let begins = head.get(20)? == &0x2f;
            begins.then_some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((little(head.get(24..27)?) + 1, little(head.get(27..30)?) + 1)),
        _ => None,
    }
}

/// The frame's header stands behind segments that tell their own length.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = match (head.get(at)?, head.get(at + 1)?) {
            (0xff, 0xff) => {
                at += 1;
                continue;
            }
            (0xff, marker) => *marker,
            _ => return None,
        };
        let segment = head.get(at + 2..)?;
        match marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                let side = |from: usize| Some(big(segment.get(from..from + 2)?));
                return Some((side(5)?, side(3)?));
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        at += 2 + usize::try_from(big(segment.get(..2)?)).ok()?.max(2);
    }
}

fn little(bytes: &[u8]) -> u32 {
    let value = bytes.iter().rev();
    value.fold(0, |value, &byte| value << 8 | u32::from(byte))
}

fn big(bytes: &[u8]) -> u32 {
    let value = bytes.iter();
    value.fold(0, |value, &byte| value << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};
    use proptest::prelude::*;

    use super::*;

    fn encoded(format: ImageFormat, (width, height): (u32, u32)) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let image = DynamicImage::new_rgb8(width, height);
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn the_first_bytes_tell_form_and_size() {
        for (format, form) in [
            (ImageFormat::Png, Form::Png),
            (ImageFormat::Jpeg, Form::Jpeg),
            (ImageFormat::Gif, Form::Gif),
            (ImageFormat::WebP, Form::WebP),
        ] {
            for size in [(1, 1), (734, 1024), (300, 3)] {
                let bytes = encoded(format, size);
                let told = Picture::of(&bytes, true).unwrap().unwrap();
                assert_eq!((told.form, told.size), (form, Some(size)), "{format:?}");
            }
            let begun = encoded(format, (9, 9));
            let short = Picture::of(&begun[..if form == Form::WebP { 12 } else { 8 }], true);
            assert_eq!(short, Err(Broken(form)), "{format:?}");
        }
        let extended = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xdd\x02\0\xff\x03\0";
        let told = Picture::of(extended, false).unwrap().unwrap();
        assert_eq!(told.size, Some((734, 1024)));
        let lossy = b"RIFF\x1e\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xde\x02\x00\x04";
        let told = Picture::of(lossy, false).unwrap().unwrap();
        assert_eq!(told.size, Some((734, 1024)));
        assert_eq!(Picture::of(b"no picture at all", true), Ok(None));
    }

    #[test]
    fn a_jpeg_may_tell_its_size_later() {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff];
        bytes.resize(40_000, 0);
        let told = Picture::of(&bytes, false).unwrap().unwrap();
        assert_eq!((told.size, told.words().as_str()), (None, "JPEG image"));
        assert_eq!(Picture::of(&bytes, true), Err(Broken(Form::Jpeg)));
    }

    proptest! {
        #[test]
        fn any_bytes_behind_a_sign_are_borne(sign in 0_usize..4, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let signs: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF\0\0\0\0WEBP"];
            let told = Picture::of(&[signs[sign], &bytes].concat(), true);
            if let Ok(Some(Picture { size: Some((width, height)), .. })) = told {
                prop_assert!(width > 0 && height > 0);
            }
        }
    }
}
