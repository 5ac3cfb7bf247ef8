//! The pixels of a picture, for a preview: one read of the object as it was seen, decoded beside all else, one picture at a
//! time, and never larger than the screen wants it.

use std::{fmt, io::Cursor, sync::Arc};

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::backend::{
    Error,
    store::{Pin, ReadQuery},
};
use crate::domain::{entry::Facts, key::Key, location::Location};

use super::{
    event::{Failed, FailedClass},
    room::Room,
};

/// The most bytes that a picture is read for.
pub const MOST: u64 = 16 * 1024 * 1024;
/// The most pixels across, and down.
const SIDE: u32 = 16_384;
/// The most memory that decoding may take, bytes.
const MEMORY: u64 = 256 * 1024 * 1024;

/// A picture, scaled down.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue and opacity of each pixel, row by row.
    pub rgba: Arc<[u8]>,
    /// Pixels across and down as they are stored, turned as the picture says.
    pub stored: (u32, u32),
}

impl fmt::Debug for Pixels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pixels({} × {})", self.width, self.height)
    }
}

/// Who decodes: one at a time, so that a cursor that flies over large pictures costs the memory of one.
#[derive(Debug)]
pub(super) struct Darkroom(Arc<Semaphore>);

impl Default for Darkroom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Darkroom {
    async fn develop(&self, bytes: Bytes, most: (u32, u32)) -> Result<Pixels, String> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let work = spawn_blocking(move || {
            let pixels = decode(&bytes, most);
            drop(permit);
            pixels
        });
        work.await
            .unwrap_or_else(|_panicked| Err("what it is made of makes no sense".to_owned()))
    }
}

/// Reads the picture that an entry was seen to be, at most `most` pixels across and down.
pub(super) async fn picture(
    room: &Room,
    (location, key, facts): (&Location, &Key, &Facts),
    most: (u32, u32),
) -> Result<Pixels, Failed> {
    if facts.size > MOST {
        let mib = MOST / 1024 / 1024;
        return Err(broken(format!(
            "pictures above {mib} MiB are not read for a preview"
        )));
    }
    let store = room.sessions.store(location).await?;
    let query = ReadQuery {
        range: Some(0..facts.size),
        pin: Pin::of(facts),
    };
    let read = async { store.read(key, query).await?.all().await };
    let bytes = read.await.map_err(|error: Error| Failed::from(error))?;
    let developed = room.darkroom.develop(bytes, most).await;
    developed.map_err(|why| broken(format!("the picture cannot be drawn: {why}")))
}

fn broken(message: String) -> Failed {
    Failed {
        class: FailedClass::Broken,
        ..Failed::usage(message)
    }
}

/// Decodes, turns as the picture says, and scales down.
fn decode(bytes: &[u8], (width, height): (u32, u32)) -> Result<Pixels, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    let decoded = || {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        let turned = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(turned);
        Ok(image)
    };
    let image = decoded().map_err(|error: ImageError| why(&error))?;
    let stored = (image.width(), image.height());
    let small = if stored.0 > width || stored.1 > height {
        image.thumbnail(width.max(1), height.max(1))
    } else {
        image
    };
    Ok(Pixels {
        width: small.width(),
        height: small.height(),
        rgba: small.into_rgba8().into_raw().into(),
        stored,
    })
}

/// Why there is no picture, as a person reads it; what a decoder says of a content is foreign text.
fn why(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => format!(
            "it has more than {SIDE} pixels a side, or takes more than {} MiB of memory",
            MEMORY / 1024 / 1024
        ),
        ImageError::Decoding(_) | ImageError::IoError(_) | ImageError::Parameter(_) => {
            format!("it is broken ({error})")
        }
        ImageError::Encoding(_) | ImageError::Unsupported(_) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn encoded(format: ImageFormat, (width, height): (u32, u32)) -> Vec<u8> {
        let mut image = RgbImage::from_pixel(width, height, Rgb([200, 30, 30]));
        image.put_pixel(0, 0, Rgb([30, 30, 200]));
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    const FORMS: [ImageFormat; 4] = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ];

    #[test]
    fn every_form_becomes_pixels_no_larger_than_wanted() {
        for format in FORMS {
            let bytes = encoded(format, (64, 32));
            let whole = decode(&bytes, (100, 100)).unwrap();
            assert_eq!((whole.width, whole.height), (64, 32), "{format:?}");
            assert_eq!(whole.rgba.len(), 64 * 32 * 4);
            let small = decode(&bytes, (16, 100)).unwrap();
            assert_eq!((small.width, small.height), (16, 8), "{format:?}");
            assert_eq!(small.stored, (64, 32));
        }
    }

    #[test]
    fn a_broken_picture_is_a_sentence() {
        for format in FORMS {
            let bytes = encoded(format, (64, 32));
            let cut = decode(&bytes[..20], (100, 100)).unwrap_err();
            assert!(cut.starts_with("it is broken ("), "{format:?}: {cut}");
        }
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_not_drawn() {
        let mut bytes = encoded(ImageFormat::Png, (4, 4));
        bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        let told = decode(&bytes, (100, 100)).unwrap_err();
        assert!(told.contains("pixels a side"), "{told}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_stop_the_program(form in 0_usize..4, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = encoded(FORMS[form], (9, 5));
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()).max(12));
            // It is a picture or it is none; it never panics.
            decode(&bytes, (8, 8)).ok();
        }
    }
}
