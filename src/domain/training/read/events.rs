//! `TensorBoard`'s event files: frames of a length and a protobuf message, each under a masked CRC32C. Scalars of both
//! generations are read (`simple_value`, and tensors of one element); all else in a message is passed over.

use crc_fast::{CrcAlgorithm, checksum};

use crate::domain::training::batch::Time;

use super::build::{Builder, rounded};

/// Bytes before a message: its length and the checksum of that.
pub(super) const HEAD: usize = 12;
/// Bytes after it: its checksum.
const FOOT: usize = 4;
/// No event is larger; a length beyond is damage.
const LARGEST: u64 = 256 << 20;

/// How far the bytes could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    /// Bytes that need not be seen again; what is behind them is a record that is not whole yet.
    pub(super) used: usize,
    /// Bytes that were passed over because they are damaged.
    pub(super) damaged: usize,
}

/// Whether these bytes begin like an event file: a length with its own checksum.
pub(super) fn begins(bytes: &[u8]) -> bool {
    length(bytes).is_some()
}

/// Reads all whole records; a torn last one is left for the next time.
pub(super) fn read(bytes: &[u8], builder: &mut Builder) -> Read {
    let mut done = Read {
        used: 0,
        damaged: 0,
    };
    loop {
        let rest = bytes.get(done.used..).unwrap_or_default();
        if rest.len() < HEAD {
            return done;
        }
        let Some(size) = length(rest) else {
            // No frame begins here: the next place where one does.
            let next = (1..rest.len().saturating_sub(HEAD - 1))
                .find(|at| rest.get(*at..).is_some_and(begins));
            let skipped = next.unwrap_or(rest.len().saturating_sub(HEAD - 1));
            done.used += skipped;
            done.damaged += skipped;
            continue;
        };
        let Some(message) = rest.get(HEAD..HEAD + size) else {
            return done;
        };
        let Some(foot) = rest.get(HEAD + size..HEAD + size + FOOT) else {
            return done;
        };
        done.used += HEAD + size + FOOT;
        if word(foot) == Some(masked(message)) {
            builder.batch.read += 1;
            if event(message, builder).is_err() {
                builder.drop_row();
                builder.batch.odd += 1;
            }
        } else {
            done.damaged += HEAD + size + FOOT;
        }
    }
}

/// The length of the message whose frame begins here, where its checksum says that one does.
fn length(bytes: &[u8]) -> Option<usize> {
    let size = bytes.first_chunk::<8>()?;
    let sum = word(bytes.get(8..HEAD)?)?;
    let length = u64::from_le_bytes(*size);
    if length > LARGEST || masked(size) != sum {
        return None;
    }
    usize::try_from(length).ok()
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes
        .first_chunk::<4>()
        .map(|bytes| u32::from_le_bytes(*bytes))
}

/// CRC32C as `TensorFlow` masks it.
fn masked(bytes: &[u8]) -> u32 {
    let sum = checksum(CrcAlgorithm::Crc32Iscsi, bytes);
    let sum = u32::try_from(sum & 0xffff_ffff).unwrap_or_default();
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// What is no protobuf message.
#[derive(Debug)]
struct Broken;

/// One field of a protobuf message.
enum Field<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// The fields of a protobuf message with their numbers.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next one.
    fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, Broken> {
        if self.0.is_empty() {
            return Ok(None);
        }
        self.read().map(Some).ok_or(Broken)
    }

    fn read(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(*self.take(8)?.first_chunk()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed32(*self.take(4)?.first_chunk()?),
            _ => return None,
        };
        Some((key >> 3, field))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Reads `Event`: wall time (1), step (2), summary (5).
fn event(message: &[u8], builder: &mut Builder) -> Result<(), Broken> {
    let mut fields = Fields(message);
    let mut step = 0;
    let mut any = false;
    while let Some(field) = fields.next()? {
        match field {
            (1, Field::Fixed64(bytes)) => {
                let seconds = f64::from_le_bytes(bytes);
                builder.at_time(Time::At(rounded(seconds * 1000.0)));
            }
            (2, Field::Varint(told)) => step = told,
            (5, Field::Bytes(summary)) => any |= self::summary(summary, builder)?,
            _ => {}
        }
    }
    if any {
        builder.at_step(step);
        builder.end_row();
    } else {
        builder.drop_row();
    }
    Ok(())
}

/// Reads `Summary`: its values (1). Tells whether any was a number.
fn summary(message: &[u8], builder: &mut Builder) -> Result<bool, Broken> {
    let mut fields = Fields(message);
    let mut any = false;
    while let Some(field) = fields.next()? {
        if let (1, Field::Bytes(value)) = field
            && let Some((tag, number)) = self::value(value)?
        {
            builder.number(tag, number);
            any = true;
        }
    }
    Ok(any)
}

/// Reads `Value`: tag (1), `simple_value` (2), tensor (8).
fn value(message: &[u8]) -> Result<Option<(&str, f64)>, Broken> {
    let mut fields = Fields(message);
    let (mut tag, mut number) = ("", None);
    while let Some(field) = fields.next()? {
        match field {
            (1, Field::Bytes(text)) => tag = std::str::from_utf8(text).map_err(|_utf8| Broken)?,
            (2, Field::Fixed32(bytes)) => number = Some(f64::from(f32::from_le_bytes(bytes))),
            (8, Field::Bytes(message)) => number = tensor(message)?.or(number),
            _ => {}
        }
    }
    Ok(number.map(|number| (tag, number)))
}

/// Reads `TensorProto` where it holds one number: type (1), content (4), or a field of its type.
fn tensor(message: &[u8]) -> Result<Option<f64>, Broken> {
    let mut fields = Fields(message);
    let (mut kind, mut content, mut number) = (0, None, None);
    while let Some(field) = fields.next()? {
        match field {
            (1, Field::Varint(told)) => kind = told,
            (4, Field::Bytes(bytes)) => content = Some(bytes),
            // float_val and double_val, packed or not; int_val and int64_val.
            (5, Field::Fixed32(bytes)) => number = Some(f64::from(f32::from_le_bytes(bytes))),
            (6, Field::Fixed64(bytes)) => number = Some(f64::from_le_bytes(bytes)),
            (5 | 6, Field::Bytes(bytes)) => number = of_kind(kind, bytes),
            (7 | 10, Field::Varint(told)) => number = Some(told.cast_signed() as f64),
            (7 | 10, Field::Bytes(bytes)) => {
                number = Fields(bytes).varint().map(|told| told.cast_signed() as f64);
            }
            _ => {}
        }
    }
    Ok(content.and_then(|bytes| of_kind(kind, bytes)).or(number))
}

/// A single number as `TensorFlow` lays it out: float (1), double (2), int32 (3), int64 (9), bfloat16 (14), half (19).
fn of_kind(kind: u64, bytes: &[u8]) -> Option<f64> {
    match (kind, bytes.len()) {
        (1, 4) => Some(f64::from(f32::from_le_bytes(*bytes.first_chunk()?))),
        (2, 8) => Some(f64::from_le_bytes(*bytes.first_chunk()?)),
        (3, 4) => Some(f64::from(i32::from_le_bytes(*bytes.first_chunk()?))),
        (9, 8) => Some(i64::from_le_bytes(*bytes.first_chunk()?) as f64),
        (14, 2) => {
            let bits = u32::from(u16::from_le_bytes(*bytes.first_chunk()?)) << 16;
            Some(f64::from(f32::from_bits(bits)))
        }
        (19, 2) => Some(half(u16::from_le_bytes(*bytes.first_chunk()?))),
        _ => None,
    }
}

/// A half-precision number.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * (-24_f64).exp2(),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction / 1024.0) * f64::from(exponent - 15).exp2(),
    };
    sign * size
}
