//! Bodies of the `rpc-v2-cbor` wire, as values.

use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use aws_smithy_types::DateTime;
use std::time::{Duration, SystemTime};

/// How deep a body may nest.
const DEPTH: usize = 16;

/// A value of a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nothing,
    Switch(bool),
    Number(f64),
    Whole(i64),
    Text(String),
    Time(SystemTime),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Value {
    /// Reads a body; an empty one is an empty map.
    pub(super) fn read(body: &[u8]) -> Result<Self, DeserializeError> {
        if body.is_empty() {
            return Ok(Self::Map(Vec::new()));
        }
        read(&mut Decoder::new(body), 0)
    }

    /// A member of a map.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else {
            return None;
        };
        let found = members.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// The text of a member.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        if let Self::Text(text) = self.get(name)? {
            Some(text)
        } else {
            None
        }
    }

    /// The whole number of a member, where it is none below zero.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        if let Self::Whole(number) = self.get(name)? {
            u64::try_from(*number).ok()
        } else {
            None
        }
    }

    /// The time of a member.
    pub(super) fn time(&self, name: &str) -> Option<SystemTime> {
        if let Self::Time(at) = self.get(name)? {
            Some(*at)
        } else {
            None
        }
    }

    /// The list of a member; empty where there is none.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        if let Some(Self::List(things)) = self.get(name) {
            things
        } else {
            &[]
        }
    }

    /// Writes it as a body.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(&self, to: &mut Encoder) {
        match self {
            Self::Nothing => {
                to.null();
            }
            Self::Switch(on) => {
                to.boolean(*on);
            }
            Self::Number(number) => {
                to.double(*number);
            }
            Self::Whole(number) => {
                to.long(*number);
            }
            Self::Text(text) => {
                to.str(text);
            }
            Self::Time(at) => {
                to.timestamp(&DateTime::from(*at));
            }
            Self::List(things) => {
                to.array(things.len());
                for thing in things {
                    thing.write(to);
                }
            }
            Self::Map(members) => {
                to.map(members.len());
                for (name, value) in members {
                    to.str(name);
                    value.write(to);
                }
            }
        }
    }
}

/// A map of members.
pub(super) fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter();
    Value::Map(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// A text.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn read(from: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    if depth > DEPTH {
        return Err(DeserializeError::custom("nests too deep", from.position()));
    }
    Ok(match from.datatype()? {
        Type::Bool => Value::Switch(from.boolean()?),
        Type::F16 | Type::F32 | Type::F64 => Value::Number(from.double()?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => Value::Whole(from.long()?),
        Type::String | Type::StringIndef => Value::Text(from.string()?),
        Type::Tag => Value::Time(time(from)?),
        Type::Array | Type::ArrayIndef => {
            let mut things = Vec::new();
            let mut left = from.list()?;
            while goes_on(from, &mut left)? {
                things.push(read(from, depth + 1)?);
            }
            Value::List(things)
        }
        Type::Map | Type::MapIndef => {
            let mut members = Vec::new();
            let mut left = from.map()?;
            while goes_on(from, &mut left)? {
                let name = from.string()?;
                members.push((name, read(from, depth + 1)?));
            }
            Value::Map(members)
        }
        Type::Null
        | Type::Undefined
        | Type::Simple
        | Type::Bytes
        | Type::BytesIndef
        | Type::Break
        | Type::Unknown(_) => {
            from.skip()?;
            Value::Nothing
        }
    })
}

/// Whether another member follows; `left` counts those of a definite length.
fn goes_on(from: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DeserializeError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None if from.datatype()? == Type::Break => {
            from.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

fn time(from: &mut Decoder<'_>) -> Result<SystemTime, DeserializeError> {
    let at = from.timestamp()?;
    let seconds = Duration::try_from_secs_f64(at.as_secs_f64()).unwrap_or_default();
    Ok(SystemTime::UNIX_EPOCH + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let value = map([
            ("Id", text("m1")),
            (
                "Values",
                Value::List(vec![Value::Number(1.5), Value::Nothing]),
            ),
            ("At", Value::Time(at)),
            ("On", Value::Switch(true)),
        ]);
        let read = Value::read(&value.body()).unwrap();
        assert_eq!(read, value);
        assert_eq!((read.text("Id"), read.time("At")), (Some("m1"), Some(at)));
    }

    #[test]
    fn what_nests_without_end_is_refused() {
        assert!(Value::read(&[0x81; 4000]).is_err());
        assert!(Value::read(&[0xbf]).is_err());
    }
}
