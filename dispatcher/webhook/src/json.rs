//! JSON that can be read in one way only: a name twice in one object is refused, at every depth.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::refused::Refused;

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;
/// The most values (numbers, texts, arrays, objects …) in one document.
pub const MAX_VALUES: usize = 200_000;

const TWICE: &str = "signalbox: twice: ";

/// The document, read. Refused are: a name that is there twice in one object (by what it says, however it is escaped),
/// nesting over [`MAX_DEPTH`], more than [`MAX_VALUES`] values, anything behind the document, and what is no JSON.
pub fn parse(bytes: &[u8]) -> Result<Value, Refused> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut left = MAX_VALUES;
    let read = Strict { depth: MAX_DEPTH, left: &mut left }.deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let words = error.to_string();
        match words.strip_prefix(TWICE).and_then(|rest| rest.rsplit_once(" at line ")) {
            Some((name, _)) => Refused::RepeatedName(name.chars().take(100).collect()),
            None => Refused::Unreadable(words.chars().take(200).collect()),
        }
    })
}

/// Reads one value.
struct Strict<'a> {
    depth: usize,
    left: &'a mut usize,
}

impl Strict<'_> {
    fn inner(&mut self) -> Strict<'_> {
        Strict { depth: self.depth.saturating_sub(1), left: self.left }
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth == 0 { Err(E::custom(format!("it is nested more than {MAX_DEPTH} deep"))) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.left.checked_sub(1) {
            Some(left) => *self.left = left,
            None => return Err(D::Error::custom(format!("it has more than {MAX_VALUES} values"))),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.inner())? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("{TWICE}{name}")));
            }
            let value = entries.next_value_seed(self.inner())?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
