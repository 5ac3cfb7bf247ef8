//! JSON: one object a line (JSONL), and the Hugging Face trainer's `trainer_state.json`. Nested objects become `outer/inner`.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{
    build::{Builder, whole},
    quick,
};

/// How deep objects may lie in each other.
const DEEPEST: usize = 8;

/// Reads a line that is one object as a row.
pub(super) fn line(line: &[u8], builder: &mut Builder) -> bool {
    if quick::line(line, builder) || object(line, builder) {
        return true;
    }
    // Python writes what JSON does not know.
    match mended(line) {
        Some(mended) => object(&mended, builder),
        None => false,
    }
}

/// Reads a line that is one object as a row, as the JSON standard has it.
pub(super) fn object(line: &[u8], builder: &mut Builder) -> bool {
    let mut json = serde_json::Deserializer::from_slice(line);
    let mut path = String::new();
    let read = Object {
        builder,
        path: &mut path,
        depth: 0,
    }
    .deserialize(&mut json);
    if read.is_ok() && json.end().is_ok() {
        builder.end_row();
        return true;
    }
    builder.drop_row();
    false
}

/// Reads a whole `trainer_state.json`; tells whether it is one.
pub(super) fn trainer_state(text: &[u8], builder: &mut Builder) -> bool {
    let read = |text: &[u8], builder: &mut Builder| {
        let mut json = serde_json::Deserializer::from_slice(text);
        let read = State(builder).deserialize(&mut json);
        read.is_ok_and(|has_history| has_history) && json.end().is_ok()
    };
    let before = builder.batch.rows.len();
    if read(text, builder) {
        return true;
    }
    builder.drop_row();
    builder.batch.rows.truncate(before);
    mended(text).is_some_and(|mended| read(&mended, builder))
}

/// `NaN` and `Infinity` outside of strings as strings; `None` where there are none.
fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let (mut at, mut inside, mut changed) = (0, false, false);
    while let Some(&byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        let word = [&b"-Infinity"[..], b"Infinity", b"NaN"]
            .into_iter()
            .find(|word| !inside && rest.starts_with(word));
        if let Some(word) = word {
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            at += word.len();
            changed = true;
            continue;
        }
        if inside && byte == b'\\' {
            out.extend_from_slice(rest.get(..2).unwrap_or(rest));
            at += 2;
            continue;
        }
        inside ^= byte == b'"';
        out.push(byte);
        at += 1;
    }
    changed.then_some(out)
}

/// An object whose numbers go to the builder.
struct Object<'a> {
    builder: &'a mut Builder,
    path: &'a mut String,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        while let Some(key) = map.next_key_seed(Name)? {
            let nested = outer > 0;
            if nested {
                self.path.push('/');
                self.path.push_str(&key);
            }
            map.next_value_seed(Value {
                builder: self.builder,
                name: key,
                path: self.path,
                depth: self.depth,
            })?;
            self.path.truncate(outer);
        }
        Ok(())
    }
}

/// A name of an object, borrowed where it can be.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// The value under a name.
struct Value<'a, 'n> {
    builder: &'a mut Builder,
    /// The name in its object.
    name: Cow<'n, str>,
    /// The whole name where objects lie around it, else empty.
    path: &'a mut String,
    depth: usize,
}

impl Value<'_, '_> {
    fn number(self, value: f64) {
        let name = if self.path.is_empty() {
            &self.name
        } else {
            self.path.as_str()
        };
        self.builder.number(name, value);
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.number(value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.number(value as f64);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(value as f64);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let name = if self.path.is_empty() {
            &self.name
        } else {
            self.path.as_str()
        };
        self.builder.text(name, text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.depth >= DEEPEST {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let outer = self.path.len();
        if outer == 0 {
            self.path.push_str(&self.name);
        }
        let object = Object {
            builder: self.builder,
            path: self.path,
            depth: self.depth + 1,
        };
        object.visit_map(map)
    }
}

/// `trainer_state.json`: its history as rows, its totals; gives whether there is a history.
struct State<'a>(&'a mut Builder);

impl<'de> DeserializeSeed<'de> for State<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for State<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the state of a trainer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut history = false;
        while let Some(key) = map.next_key_seed(Name)? {
            match &*key {
                "log_history" => {
                    map.next_value_seed(History(self.0))?;
                    history = true;
                }
                "max_steps" => self
                    .0
                    .total_steps(map.next_value::<Option<f64>>()?.and_then(whole)),
                "num_train_epochs" => {
                    let epochs = map.next_value::<Option<f64>>()?;
                    self.0.total_epochs(epochs.unwrap_or(f64::NAN));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(history)
    }
}

/// A list of objects, each a row.
struct History<'a>(&'a mut Builder);

impl<'de> DeserializeSeed<'de> for History<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for History<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut path = String::new();
        loop {
            let object = Object {
                builder: self.0,
                path: &mut path,
                depth: 0,
            };
            if list.next_element_seed(object)?.is_none() {
                return Ok(());
            }
            self.0.batch.read += 1;
            self.0.end_row();
        }
    }
}
