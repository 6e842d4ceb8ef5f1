//! Names that are computed, never generated: the same input gives the same name on every machine and every replay.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::time::Time;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_string())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// One request being worked. Sorts by the time it was asked for; written `01J…`, printed `run:01J…`.
    RunId
}
name! {
    /// The semantic key of one delivery: one human action, one report or one firing has one key, however often and
    /// in whatever envelope it arrives.
    DeliveryId
}
name! {
    /// A phase of a workflow, as its file names it.
    PhaseName
}
name! {
    /// The machine of one attempt. Equal to the name of the effect that asked for it, so that asking twice gives one
    /// box.
    DevboxId
}
name! {
    /// A repository the forge knows, `owner/name`.
    Repository
}
name! {
    /// A commit, by its full object name.
    Commit
}
name! {
    /// The content address of bytes in the blob store, `sha256:` and 64 hexadecimal digits.
    Digest
}

impl RunId {
    /// The id of the run that the delivery `cause`, received at `at`, starts.
    ///
    /// It has the shape of a ULID (48 bits of milliseconds, 80 bits of hash, Crockford base 32), so that ids sort by
    /// time, but nothing in it is random.
    pub fn of(at: Time, cause: &DeliveryId) -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let hash = Sha256::digest(cause.0.as_bytes());
        let mut bits: u128 = u128::from(at.0 & 0xFFFF_FFFF_FFFF) << 80;
        for (place, byte) in hash.iter().take(10).enumerate() {
            bits |= u128::from(*byte) << (72 - 8 * place);
        }
        Self((0..26).rev().map(|digit| char::from(ALPHABET[(bits >> (5 * digit)) as usize & 31])).collect())
    }
}

impl PartialEq<str> for PhaseName {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl Digest {
    /// The content address of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from(<[u8; 32]>::from(Sha256::digest(bytes)))
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(7..19).unwrap_or(&self.0)
    }
}

impl From<[u8; 32]> for Digest {
    /// The content address of bytes whose SHA-256 this is.
    fn from(hash: [u8; 32]) -> Self {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hash {
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }
}

/// One effect of one step: the run, the version that the step made, and the place among the step's effects.
///
/// It is the idempotency key that whoever performs the effect is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// The run that decided it.
    pub run: RunId,
    /// The version of the run that committed it.
    pub version: u64,
    /// Its place among the effects of that version.
    pub index: u32,
}

impl EffectId {
    /// The delivery that carries this effect's result back.
    pub fn result(&self) -> DeliveryId {
        DeliveryId(format!("effect:{self}"))
    }
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.run, self.version, self.index)
    }
}

impl core::str::FromStr for EffectId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplitn(3, '.');
        let index = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let version = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let run = parts.next().filter(|part| !part.is_empty()).ok_or(())?;
        Ok(Self { run: RunId(run.to_string()), version, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_sorts_by_time_and_is_the_same_on_every_replay() {
        let early = RunId::of(Time(1_700_000_000_000), &"a".into());
        let late = RunId::of(Time(1_700_000_000_001), &"a".into());
        assert!(early < late);
        assert_eq!(early.0.len(), 26);
        assert_eq!(early, RunId::of(Time(1_700_000_000_000), &"a".into()));
        assert_ne!(early, RunId::of(Time(1_700_000_000_000), &"b".into()));
    }

    #[test]
    fn an_effect_id_reads_back_as_written() {
        let id = EffectId { run: "01J".into(), version: 7, index: 2 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("7.2".parse::<EffectId>(), Err(()));
    }
}
