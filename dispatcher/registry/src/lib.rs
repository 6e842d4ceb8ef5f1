//! Where plugins come from, and what of them was agreed to: a [`Lock`] that pins each to its bytes and to what it was
//! granted, the registries they are pushed to and pulled from, and whose signature counts.
//!
//! Nothing here runs a plugin, and nothing is taken in because of its name: a tag may move, a registry may lie, a folder
//! may be rebuilt. What counts are digests, computed over the bytes that are then used, and signatures over digests.

mod artifact;
mod ask;
mod error;
mod key;
mod lock;
mod oci;
mod signature;
mod source;
mod store;
mod trust;

pub use artifact::Artifact;
pub use ask::Ask;
pub use error::Error;
pub use key::{PublicKey, SigningKey};
pub use lock::{Entry, Granted, Lock, Updated};
pub use oci::{Login, Pulled, Registry};
pub use source::Source;
pub use store::Store;
pub use trust::{Signer, Trust};
