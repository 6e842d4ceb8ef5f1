//! Plugins in registries: pushed and pulled by the convention for Wasm, one manifest with one layer, and signed beside.
//!
//! What comes back is not believed. Digests are computed over the bytes that arrived; `plugin.toml` travels as an
//! annotation of the manifest, so that the one digest that is signed covers both.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use serde_json::json;
use signalbox_domain::id::Digest;
use signalbox_plugin_host::limits::COMPONENT;
use tokio::io::AsyncWrite;

use crate::artifact::{Artifact, MANIFEST};
use crate::error::Error;
use crate::key::SigningKey;
use crate::signature::{self, Signed};
use crate::source::Source;
use crate::trust::Trust;

/// The type of the one layer.
const LAYER: &str = "application/wasm";
/// The type of the configuration.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The annotation that holds `plugin.toml`.
const PLUGIN: &str = "dev.signalbox.plugin.toml";
/// How long any one transfer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most bytes of a registry's manifest: ours holds a `plugin.toml`, escaped.
const ENVELOPE: usize = 4 * MANIFEST;
/// The most signatures that are looked at.
const SIGNATURES: usize = 16;

/// What lets us into a registry.
#[derive(Clone)]
pub struct Login {
    /// The registry, by its host: `ghcr.io`.
    pub host: String,
    /// The name.
    pub user: String,
    /// The password, or a token in its place.
    pub password: String,
}

/// Registries, as one client.
pub struct Registry {
    client: Client,
    logins: Vec<Login>,
}

/// A plugin that was pulled, and let in.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The plugin.
    pub artifact: Artifact,
    /// Where it is from, held to what was pulled.
    pub source: Source,
    /// The fingerprint of the key that let it in.
    pub signed_by: Option<Digest>,
}

impl Registry {
    /// A client. Registries are spoken to over TLS, except those on this machine.
    pub fn new(logins: Vec<Login>) -> Self {
        // Whoever was first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(ClientConfig {
            protocol: ClientProtocol::Https,
            read_timeout: Some(PATIENCE),
            connect_timeout: Some(PATIENCE),
            platform_resolver: None,
            ..ClientConfig::default()
        });
        Self { client, logins }
    }

    /// Pushes a plugin and, with a key, a signature over it. Gives its source, held to what was pushed.
    pub async fn push(&self, artifact: &Artifact, source: &Source, key: Option<&SigningKey>) -> Result<Source, Error> {
        let (_, reference) = self.at(source)?;
        let parsed = artifact.parsed()?;
        let config = json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [Digest::of(&artifact.component)],
            "component": { "imports": artifact.imports()?, "exports": [], "target": parsed.api },
        });
        let config = Config::new(config.to_string().into_bytes(), CONFIG.to_string(), None);
        let layer = ImageLayer::new(artifact.component.clone(), LAYER.to_string(), None);
        let annotations = BTreeMap::from([
            (PLUGIN.to_string(), artifact.manifest.clone()),
            ("org.opencontainers.image.title".to_string(), parsed.id),
            ("org.opencontainers.image.version".to_string(), parsed.version),
        ]);
        let manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(annotations));
        let digest = self.put(source, reference, layer, config, manifest).await?;
        if let Some(key) = key {
            self.sign(&digest, source, key).await?;
        }
        Ok(source.at(&digest))
    }

    /// Signs a manifest that was pushed.
    async fn sign(&self, manifest: &Digest, source: &Source, key: &SigningKey) -> Result<(), Error> {
        let (_, reference) = self.at(source)?;
        let place = format!("{}/{}", reference.registry(), reference.repository());
        let signed = Signed::new(key, &place, manifest)
            .map_err(|error| Error::refused(format!("failed to write the statement to sign: {error}")))?;
        let layer = ImageLayer::new(
            signed.statement,
            signature::MEDIA_TYPE.to_string(),
            Some(BTreeMap::from([(signature::ANNOTATION.to_string(), signed.signature)])),
        );
        let config = json!({
            "architecture": "", "os": "", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [layer.sha256_digest()] },
        });
        let config = Config::oci_v1(config.to_string().into_bytes(), None);
        let envelope = OciImageManifest::build(std::slice::from_ref(&layer), &config, None);
        self.put(source, &beside(reference, manifest), layer, config, envelope).await?;
        Ok(())
    }

    /// Pushes a manifest and what it names, and gives its digest.
    ///
    /// The client would write the manifest in a form of JSON that leaves line breaks in texts as they are, which is no
    /// JSON; ours has texts with line breaks.
    async fn put(
        &self,
        source: &Source,
        reference: &Reference,
        layer: ImageLayer,
        config: Config,
        mut manifest: OciImageManifest,
    ) -> Result<Digest, Error> {
        let failed = |error| failed("push", source, &error);
        let client = self.client_for(reference.registry());
        client.store_auth_if_needed(reference.resolve_registry(), &self.login(reference)).await;
        let digests = [layer.sha256_digest(), config.sha256_digest()];
        for (bytes, digest) in [layer.data, config.data].into_iter().zip(digests) {
            client.push_blob(reference, bytes, &digest).await.map_err(failed)?;
        }
        manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_string());
        let bytes = serde_json::to_vec(&manifest).map_err(|error| failed(error.into()))?;
        let digest = Digest::of(&bytes);
        let media_type = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
        client.push_manifest_raw(reference, bytes, media_type).await.map_err(failed)?;
        Ok(digest)
    }

    /// Pulls a plugin, if it is what its digest says and `trust` lets it in.
    pub async fn pull(&self, source: &Source, trust: &Trust) -> Result<Pulled, Error> {
        let (client, reference) = self.at(source)?;
        let auth = self.login(reference);
        let wrong = |why: String| Error::refused(format!("what {source} names is no plugin: {why}"));
        let pulled = client.pull_manifest_raw(reference, &auth, &[OCI_IMAGE_MEDIA_TYPE]).await;
        let (bytes, _) = pulled.map_err(|error| failed("pull", source, &error))?;
        let digest = Digest::of(&bytes);
        if let Some(asked) = source.digest()
            && asked != digest
        {
            return Err(Error::refused(format!("{source} was asked for, and the registry gave {digest}")));
        }
        if bytes.len() > ENVELOPE {
            return Err(wrong(format!("its manifest is larger than {} KiB", ENVELOPE / 1024)));
        }
        let manifest: OciImageManifest = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        let [layer] = manifest.layers.as_slice() else {
            return Err(wrong(format!("it has {} layers, and a plugin has one", manifest.layers.len())));
        };
        if manifest.config.media_type != CONFIG || layer.media_type != LAYER {
            return Err(wrong(format!("it holds {} and {}", manifest.config.media_type, layer.media_type)));
        }
        let text = manifest.annotations.as_ref().and_then(|all| all.get(PLUGIN));
        let text =
            text.ok_or_else(|| wrong("it has no plugin.toml; push it with `signalbox plugin publish`".into()))?;
        // Before anything large is pulled, and before anything of it is read.
        let signed = self.signatures(source, &digest).await?;
        let signed_by = trust.decide(source, &digest, &signed)?.map(|signer| signer.key.fingerprint());
        let component = self.blob(source, layer, COMPONENT.ceiling).await?;
        let artifact = Artifact { manifest: text.clone(), component }.checked()?;
        Ok(Pulled { artifact, source: source.at(&digest), signed_by })
    }

    /// The versions of a plugin that a registry has, oldest first.
    pub async fn versions(&self, source: &Source) -> Result<Vec<String>, Error> {
        let (client, reference) = self.at(source)?;
        let auth = self.login(reference);
        let listed = client.list_tags(reference, &auth, None, None).await;
        let listed = listed.map_err(|error| failed("list the versions of", source, &error))?;
        let numbers = |tag: &str| -> Option<[u32; 3]> {
            let all: Result<Vec<u32>, _> = tag.split('.').map(str::parse).collect();
            all.ok()?.try_into().ok()
        };
        let mut versions: Vec<_> = listed.tags.into_iter().filter_map(|tag| Some((numbers(&tag)?, tag))).collect();
        versions.sort();
        Ok(versions.into_iter().map(|(_, tag)| tag).collect())
    }

    /// What was signed about a manifest, by whomever.
    async fn signatures(&self, source: &Source, digest: &Digest) -> Result<Vec<Signed>, Error> {
        let (client, reference) = self.at(source)?;
        let beside = beside(reference, digest);
        let pulled = client.pull_manifest_raw(&beside, &self.login(reference), &[OCI_IMAGE_MEDIA_TYPE]).await;
        let bytes = match pulled {
            Ok((bytes, _)) => bytes,
            Err(error) if is_unknown(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed("pull the signatures of", source, &error)),
        };
        let Ok(manifest) = serde_json::from_slice::<OciImageManifest>(&bytes) else { return Ok(Vec::new()) };
        let mut signed = Vec::new();
        for layer in manifest.layers.iter().filter(|it| it.media_type == signature::MEDIA_TYPE).take(SIGNATURES) {
            let Some(signature) = layer.annotations.as_ref().and_then(|all| all.get(signature::ANNOTATION)) else {
                continue;
            };
            let statement = self.blob(source, layer, MANIFEST as u64).await?;
            signed.push(Signed { statement, signature: signature.clone() });
        }
        Ok(signed)
    }

    /// A blob, if it is what its digest says and not larger than it may be.
    async fn blob(&self, source: &Source, layer: &OciDescriptor, most: u64) -> Result<Vec<u8>, Error> {
        let (client, reference) = self.at(source)?;
        if u64::try_from(layer.size).map_or(true, |size| size > most) {
            return Err(Error::refused(format!(
                "{source} holds {} KiB; {} is the most",
                layer.size / 1024,
                most / 1024
            )));
        }
        let mut bytes = Bounded { bytes: Vec::new(), most };
        let pulled = tokio::time::timeout(PATIENCE, client.pull_blob(reference, layer, &mut bytes)).await;
        match pulled {
            Ok(Ok(())) => {}
            Ok(Err(OciDistributionError::DigestError(error))) => {
                return Err(Error::refused(format!("{source} was swapped in the registry: {error}")));
            }
            Ok(Err(error)) => return Err(failed("pull", source, &error)),
            Err(_) => return Err(Error::Unavailable(format!("{source} took longer than {PATIENCE:?} to come"))),
        }
        let found = Digest::of(&bytes.bytes);
        if found.as_str() != layer.digest {
            return Err(Error::refused(format!("{source} was swapped in the registry: it holds {found}")));
        }
        Ok(bytes.bytes)
    }

    /// The client for a source in a registry, and its reference.
    fn at<'a>(&self, source: &'a Source) -> Result<(Client, &'a Reference), Error> {
        let Source::Oci(reference) = source else {
            return Err(Error::refused(format!("{source} is a folder, not a place in a registry")));
        };
        Ok((self.client_for(reference.registry()), reference))
    }

    /// Plain HTTP for a registry on this machine: nobody is in between.
    fn client_for(&self, registry: &str) -> Client {
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        if !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            return self.client.clone();
        }
        Client::new(ClientConfig {
            protocol: ClientProtocol::Http,
            read_timeout: Some(PATIENCE),
            connect_timeout: Some(PATIENCE),
            platform_resolver: None,
            ..ClientConfig::default()
        })
    }

    fn login(&self, reference: &Reference) -> RegistryAuth {
        let known = self.logins.iter().find(|login| login.host == reference.registry());
        known.map_or(RegistryAuth::Anonymous, |it| RegistryAuth::Basic(it.user.clone(), it.password.clone()))
    }
}

/// Where the signatures over a manifest are.
fn beside(reference: &Reference, manifest: &Digest) -> Reference {
    let (registry, repository) = (reference.registry().to_string(), reference.repository().to_string());
    Reference::with_tag(registry, repository, signature::tag(manifest))
}

/// What a registry's trouble means for whoever asked.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a client may say, now or later, may pass")]
fn failed(doing: &str, source: &Source, error: &OciDistributionError) -> Error {
    if is_unknown(error) {
        return Error::refused(format!("failed to {doing} {source}: there is no such thing in the registry"));
    }
    match error {
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            Error::refused(format!(
                "failed to {doing} {source}: the registry does not let us in. Add [registries.\"HOST\"] with `user` and \
                 `password` to secrets.toml"
            ))
        }
        OciDistributionError::DigestError(error) => {
            Error::refused(format!("{source} was swapped in the registry: {error}"))
        }
        other => Error::Unavailable(format!("failed to {doing} {source}: {}", whole(other))),
    }
}

/// Whether a registry says that there is no such thing, in one of the ways there are to say it.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else a client may say is something else")]
fn is_unknown(error: &OciDistributionError) -> bool {
    use OciErrorCode::{ManifestUnknown, NameUnknown, NotFound};
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) => true,
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|it| matches!(it.code, ManifestUnknown | NameUnknown | NotFound))
        }
        OciDistributionError::ServerError { code, .. } => *code == 404,
        _ => false,
    }
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(&format!(": {it}"));
        cause = it.source();
    }
    text
}

/// Bytes up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    most: u64,
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if (self.bytes.len() + bytes.len()) as u64 > self.most {
            return Poll::Ready(Err(io::Error::other("more came than was announced")));
        }
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
