//! Plugins pushed to a registry and pulled from it, also by way of somebody in between.

use signalbox_domain::id::Digest;
use signalbox_registry::{Entry, Error, Lock, Pulled, Registry, Signer, SigningKey, Source, Trust, Updated};

use crate::plugin::{THREAD, artifact};
use crate::server::Server;

fn key(seed: u8) -> SigningKey {
    SigningKey::new([seed; 32]).unwrap()
}

/// Trusts that key, and nothing without it.
fn trusting(seed: u8) -> Trust {
    let key = key(seed).public();
    Trust { keys: vec![Signer { name: "acme".into(), key }], unsigned: Vec::new() }
}

fn refused(pulled: Result<Pulled, Error>) -> String {
    match pulled {
        Err(Error::Refused(why)) => why,
        other => panic!("it should have been refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_was_pushed_and_signed_is_what_is_pulled() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let artifact = artifact("1.0.0", THREAD);
    let pushed = registry.push(&artifact, &server.source("acme/word:1.0.0"), Some(&key(1))).await.unwrap();
    let pulled = registry.pull(&server.source("acme/word:1.0.0"), &trusting(1)).await.unwrap();
    assert_eq!(pulled.artifact, artifact);
    assert_eq!(pulled.source, pushed);
    assert_eq!(pulled.signed_by, Some(key(1).public().fingerprint()));
    // Pinned, it is found again by its digest.
    assert_eq!(registry.pull(&pushed, &trusting(1)).await.unwrap().artifact, artifact);
    assert_eq!(registry.versions(&pushed).await.unwrap(), ["1.0.0"]);
}

#[tokio::test]
async fn what_is_unsigned_or_signed_by_others_is_refused() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let source = server.source("acme/word:1.0.0");
    registry.push(&artifact("1.0.0", THREAD), &source, None).await.unwrap();
    let why = refused(registry.pull(&source, &trusting(1)).await);
    assert!(why.contains("is not signed") && why.contains("the keys that count are acme"), "{why}");
    let why = refused(registry.pull(&source, &Trust::default()).await);
    assert!(why.contains("names no key"), "{why}");

    registry.push(&artifact("1.0.0", THREAD), &source, Some(&key(2))).await.unwrap();
    let why = refused(registry.pull(&source, &trusting(1)).await);
    assert!(why.contains("signed by nobody you trust"), "{why}");
    let open = Trust { keys: Vec::new(), unsigned: vec![source.place()] };
    assert_eq!(registry.pull(&source, &open).await.unwrap().signed_by, None);
}

#[tokio::test]
async fn a_moved_tag_moves_nobody() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let source = server.source("acme/word:1.0.0");
    let first = artifact("1.0.0", THREAD);
    let pinned = registry.push(&first, &source, Some(&key(1))).await.unwrap();
    let entry = Entry::new(&first, pinned.clone(), Some(key(1).public().fingerprint())).unwrap();
    let mut lock = Lock::default();
    lock.add(entry).unwrap();

    // Somebody who may push, and has no key.
    let mut moved = first.clone();
    moved.manifest.push_str("# other\n");
    registry.push(&moved, &source, None).await.unwrap();
    refused(registry.pull(&source, &trusting(1)).await);
    assert_eq!(registry.pull(&pinned, &trusting(1)).await.unwrap().artifact, first);

    // The key's owner, by mistake: the same version again, with other bytes.
    registry.push(&moved, &source, Some(&key(1))).await.unwrap();
    let again = registry.pull(&source, &trusting(1)).await.unwrap();
    let next = Entry::new(&again.artifact, again.source, again.signed_by).unwrap();
    let error = lock.update("acme/word", next, &again.artifact).unwrap_err().to_string();
    assert!(error.contains("was published again with other bytes"), "{error}");
    assert_eq!(registry.pull(&pinned, &trusting(1)).await.unwrap().artifact, first);
}

#[tokio::test]
async fn an_older_signed_version_under_a_newer_tag_is_not_an_update() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let (older, newer) = (artifact("1.0.0", THREAD), artifact("1.1.0", THREAD));
    let pushed = registry.push(&newer, &server.source("acme/word:1.1.0"), Some(&key(1))).await.unwrap();
    let mut lock = Lock::default();
    lock.add(Entry::new(&newer, pushed, None).unwrap()).unwrap();
    registry.push(&older, &server.source("acme/word:1.2.0"), Some(&key(1))).await.unwrap();
    let pulled = registry.pull(&server.source("acme/word:1.2.0"), &trusting(1)).await.unwrap();
    let next = Entry::new(&pulled.artifact, pulled.source, pulled.signed_by).unwrap();
    assert!(lock.update("acme/word", next, &pulled.artifact).is_err());
}

#[tokio::test]
async fn a_swapped_layer_is_refused() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let source = server.source("acme/word:1.0.0");
    let artifact = artifact("1.0.0", THREAD);
    registry.push(&artifact, &source, Some(&key(1))).await.unwrap();
    let digest = Digest::of(&artifact.component);
    let mut other = artifact.component.clone();
    let last = other.len() - 1;
    other[last] ^= 1;
    server.swap(digest.as_str(), &other);
    let why = refused(registry.pull(&source, &trusting(1)).await);
    assert!(why.contains("was swapped in the registry"), "{why}");
}

#[tokio::test]
async fn a_swapped_manifest_is_refused() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let source = server.source("acme/word:1.0.0");
    let pinned = registry.push(&artifact("1.0.0", THREAD), &source, Some(&key(1))).await.unwrap();
    // Another plugin's manifest, signed by the same key, where the pinned one was.
    let other = server.source("acme/other:1.0.0");
    let theirs = registry.push(&artifact("9.0.0", THREAD), &other, Some(&key(1))).await.unwrap();
    let bytes = manifest(&server, &theirs);
    server.swap(pinned.digest().unwrap().as_str(), &bytes);
    assert!(registry.pull(&pinned, &trusting(1)).await.is_err());
}

fn manifest(server: &Server, source: &Source) -> Vec<u8> {
    let url = format!("http://{}/v2/acme/other/manifests/{}", server.address, source.digest().unwrap());
    let accept = "application/vnd.oci.image.manifest.v1+json";
    let mut answer = ureq::get(url).header("accept", accept).call().unwrap();
    answer.body_mut().read_to_vec().unwrap()
}

#[tokio::test]
async fn an_update_is_found_by_its_version_and_waits_if_it_wants_more() {
    let Some(server) = Server::start() else { return };
    let registry = Registry::new(Vec::new());
    let first = artifact("1.0.0", THREAD);
    let pushed = registry.push(&first, &server.source("acme/word:1.0.0"), Some(&key(1))).await.unwrap();
    let mut lock = Lock::default();
    lock.add(Entry::new(&first, pushed.clone(), None).unwrap()).unwrap();
    lock.grant("acme/word", &first, "ana", "today").unwrap();
    for version in ["1.9.0", "1.10.0"] {
        let more = artifact(version, crate::plugin::PAGES);
        registry.push(&more, &server.source(&format!("acme/word:{version}")), Some(&key(1))).await.unwrap();
    }
    let versions = registry.versions(&pushed).await.unwrap();
    assert_eq!(versions, ["1.0.0", "1.9.0", "1.10.0"]);
    let pulled = registry.pull(&pushed.tagged("1.10.0"), &trusting(1)).await.unwrap();
    let next = Entry::new(&pulled.artifact, pulled.source, pulled.signed_by).unwrap();
    assert!(matches!(lock.update("acme/word", next, &pulled.artifact).unwrap(), Updated::Waits { .. }));
    assert_eq!(lock.get("acme/word").unwrap().version, "1.0.0");
}

#[tokio::test]
async fn a_registry_that_is_not_there_may_be_later() {
    let gone = "oci://127.0.0.1:9/acme/word:1.0.0".parse().unwrap();
    let pulled = Registry::new(Vec::new()).pull(&gone, &trusting(1)).await;
    assert!(matches!(pulled, Err(Error::Unavailable(_))), "{pulled:?}");
}

/// What somebody else's program makes of a signature, and we of its key.
#[tokio::test]
async fn a_signature_is_one_that_openssl_believes_too() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let openssl = |words: &[&str]| {
        let output = std::process::Command::new("openssl").args(words).current_dir(folder.path()).output();
        output.map(|it| (it.status.success(), String::from_utf8_lossy(&it.stdout).into_owned()))
    };
    let made = openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "acme.key"]);
    let Ok((true, _)) = made else {
        println!("skipped: there is no openssl on this machine");
        return;
    };
    assert!(openssl(&["pkey", "-in", "acme.key", "-pubout", "-out", "acme.pub"]).unwrap().0);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let key = SigningKey::from_pem(&read("acme.key")).unwrap();
    assert_eq!(key.public().to_pem().unwrap(), read("acme.pub"));

    let source = server.source("acme/word:1.0.0");
    let pushed = Registry::new(Vec::new()).push(&artifact("1.0.0", THREAD), &source, Some(&key)).await.unwrap();
    let digest = pushed.digest().unwrap();
    let get = |path: &str| {
        let url = format!("http://{}/v2/acme/word/{path}", server.address);
        let accept = "application/vnd.oci.image.manifest.v1+json";
        ureq::get(url).header("accept", accept).call().unwrap().body_mut().read_to_vec().unwrap()
    };
    let beside = get(&format!("manifests/{}.sig", digest.as_str().replace(':', "-")));
    let beside: serde_json::Value = serde_json::from_slice(&beside).unwrap();
    let layer = &beside["layers"][0];
    assert_eq!(layer["mediaType"], "application/vnd.dev.cosign.simplesigning.v1+json");
    let statement = get(&format!("blobs/{}", layer["digest"].as_str().unwrap()));
    let said: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    assert_eq!(said["critical"]["image"]["docker-manifest-digest"], digest.as_str());
    std::fs::write(folder.path().join("statement"), statement).unwrap();
    let signature = layer["annotations"]["dev.cosignproject.cosign/signature"].as_str().unwrap();
    std::fs::write(folder.path().join("signature.b64"), signature).unwrap();
    assert!(openssl(&["base64", "-d", "-A", "-in", "signature.b64", "-out", "signature"]).unwrap().0);
    let words = ["dgst", "-sha256", "-verify", "acme.pub", "-signature", "signature", "statement"];
    assert_eq!(openssl(&words).unwrap(), (true, "Verified OK\n".to_string()));
}
