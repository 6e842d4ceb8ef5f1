//! A signature over a plugin in a registry, in the form cosign gives it: a small statement about the manifest's digest,
//! signed, and kept beside the plugin under a tag made of that digest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;

use crate::key::{PublicKey, SigningKey};

/// The type of a statement.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation that holds a statement's signature.
pub(crate) const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// What a statement says that it is.
const KIND: &str = "cosign container image signature";

/// A statement and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The statement's bytes, as they were signed.
    pub(crate) statement: Vec<u8>,
    /// In base64.
    pub(crate) signature: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Statement {
    critical: Critical,
    #[serde(default)]
    optional: serde_json::Value,
}

#[derive(Debug, Deserialize, Serialize)]
struct Critical {
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Identity {
    #[serde(rename = "docker-reference")]
    reference: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl Signed {
    /// Signs that the manifest with this digest is the plugin at `place`.
    pub(crate) fn new(key: &SigningKey, place: &str, manifest: &Digest) -> Result<Self, serde_json::Error> {
        let statement = serde_json::to_vec(&Statement {
            critical: Critical {
                identity: Identity { reference: place.to_string() },
                image: Image { digest: manifest.to_string() },
                kind: KIND.to_string(),
            },
            optional: serde_json::Value::Null,
        })?;
        let signature = STANDARD.encode(key.sign(&statement));
        Ok(Self { statement, signature })
    }

    /// Whether that key's owner said this of that manifest. The statement is read only after its signature holds.
    pub(crate) fn is_by(&self, key: &PublicKey, manifest: &Digest) -> bool {
        let Ok(signature) = STANDARD.decode(&self.signature) else { return false };
        if !key.signed(&self.statement, &signature) {
            return false;
        }
        let said: Result<Statement, _> = serde_json::from_slice(&self.statement);
        said.is_ok_and(|said| said.critical.kind == KIND && said.critical.image.digest == manifest.as_str())
    }
}

/// The tag that signatures over a manifest are kept under.
pub(crate) fn tag(manifest: &Digest) -> String {
    format!("{}.sig", manifest.as_str().replace(':', "-"))
}
