//! Whose signature counts, and what may be taken in without one.

use signalbox_domain::id::Digest;

use crate::error::Error;
use crate::key::PublicKey;
use crate::signature::Signed;
use crate::source::Source;

/// What stands for every folder of this machine.
const FOLDERS: &str = "path";

/// What an installation trusts. By itself: folders of this machine, and nothing from anywhere else.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The keys whose signatures count.
    pub keys: Vec<Signer>,
    /// Sources that need no signature: `path` for folders of this machine, and patterns such as
    /// `oci://registry.example.com/acme/*`.
    pub unsigned: Vec<String>,
}

/// A key with a name for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name.
    pub name: String,
    /// The key.
    pub key: PublicKey,
}

impl Default for Trust {
    fn default() -> Self {
        Self { keys: Vec::new(), unsigned: vec![FOLDERS.to_string()] }
    }
}

impl Trust {
    /// Whose signature lets a manifest of that source in; nobody's, if it needs none.
    pub(crate) fn decide(
        &self,
        source: &Source,
        manifest: &Digest,
        signed: &[Signed],
    ) -> Result<Option<&Signer>, Error> {
        let by = self.keys.iter().find(|signer| signed.iter().any(|it| it.is_by(&signer.key, manifest)));
        if by.is_some() || self.unneeded(source) {
            return Ok(by);
        }
        let place = source.place();
        let keys = match self.keys.as_slice() {
            [] => "[plugins.trust] in signalbox.toml names no key".to_string(),
            all => {
                let names: Vec<_> = all.iter().map(|signer| signer.name.as_str()).collect();
                format!("the keys that count are {}", names.join(", "))
            }
        };
        Err(Error::refused(match signed {
            [] => format!(
                "{place} is not signed ({manifest}), and {keys}. Ask whoever published it to sign it, or take it in \
                 without: add \"{place}\" to `unsigned` under [plugins.trust]"
            ),
            [..] => format!(
                "{place} is signed by nobody you trust, or the signature is not over {manifest}: {keys}. If you trust \
                 whoever signed it, add their public key to `keys` under [plugins.trust]"
            ),
        }))
    }

    /// Whether a plugin that was let in by a signature is still trusted: the key must still count.
    pub fn still(&self, source: &Source, signed_by: Option<&Digest>) -> Result<(), Error> {
        let counts = |key: &Digest| self.keys.iter().any(|signer| signer.key.fingerprint() == *key);
        match signed_by {
            Some(key) if counts(key) => Ok(()),
            _ if self.unneeded(source) => Ok(()),
            Some(key) => Err(Error::refused(format!(
                "it was signed with the key {key}, which [plugins.trust] in signalbox.toml no longer names"
            ))),
            None => Err(Error::refused(format!(
                "{} has no signature, and [plugins.trust] in signalbox.toml does not name it under `unsigned`; folders are \
                 named by \"{FOLDERS}\"",
                source.place()
            ))),
        }
    }

    fn unneeded(&self, source: &Source) -> bool {
        let place = source.place();
        let named = |pattern: &String| match source {
            Source::Path(_) => pattern == FOLDERS,
            Source::Oci(_) => fast_glob::glob_match(pattern, &place),
        };
        self.unsigned.iter().any(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::new([seed; 32]).unwrap()
    }

    fn trusting(seed: u8) -> Trust {
        Trust { keys: vec![Signer { name: "acme".into(), key: key(seed).public() }], ..Trust::default() }
    }

    fn source() -> Source {
        "oci://registry.example.com/acme/word:1.0.0".parse().unwrap()
    }

    #[test]
    fn a_signature_counts_for_one_manifest_and_one_key() {
        let (manifest, other) = (Digest::of(b"manifest"), Digest::of(b"other"));
        let signed = Signed::new(&key(1), "registry.example.com/acme/word", &manifest).unwrap();
        let all = std::slice::from_ref(&signed);
        assert_eq!(trusting(1).decide(&source(), &manifest, all).unwrap().unwrap().name, "acme");
        for (trust, manifest, signed, says) in [
            (trusting(2), &manifest, all, "signed by nobody you trust"),
            (trusting(1), &other, all, "the signature is not over"),
            (trusting(1), &manifest, &[][..], "is not signed"),
            (Trust::default(), &manifest, all, "names no key"),
        ] {
            let error = trust.decide(&source(), manifest, signed).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn no_bit_of_a_signed_statement_can_change() {
        let manifest = Digest::of(b"manifest");
        let signed = Signed::new(&key(1), "registry.example.com/acme/word", &manifest).unwrap();
        let accepted = (0..signed.statement.len() * 8)
            .filter(|at| {
                let mut flipped = signed.clone();
                flipped.statement[at / 8] ^= 1 << (at % 8);
                flipped.is_by(&key(1).public(), &manifest)
            })
            .count();
        assert_eq!(accepted, 0);
    }

    #[test]
    fn what_needs_no_signature_is_said_by_name() {
        let manifest = Digest::of(b"manifest");
        let trust = Trust { keys: Vec::new(), unsigned: vec!["oci://registry.example.com/acme/*".into()] };
        assert!(trust.decide(&source(), &manifest, &[]).unwrap().is_none());
        let elsewhere = "oci://evil.example.com/acme/word:1.0.0".parse().unwrap();
        assert!(trust.decide(&elsewhere, &manifest, &[]).is_err());
    }

    #[test]
    fn folders_of_this_machine_need_none_unless_somebody_says_so() {
        for folder in ["path:word", "path:plugins/word", "path:/srv/plugins/word"] {
            let folder = folder.parse().unwrap();
            assert_eq!(Trust::default().still(&folder, None), Ok(()));
            let strict = Trust { unsigned: Vec::new(), ..Trust::default() };
            assert!(strict.still(&folder, None).is_err());
        }
    }

    #[test]
    fn a_key_that_no_longer_counts_takes_its_plugins_with_it() {
        let by = key(1).public().fingerprint();
        assert_eq!(trusting(1).still(&source(), Some(&by)), Ok(()));
        let error = trusting(2).still(&source(), Some(&by)).unwrap_err().to_string();
        assert!(error.contains("no longer names"), "{error}");
        assert!(trusting(1).still(&source(), None).is_err());
    }
}
