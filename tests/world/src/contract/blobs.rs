//! The contract of [`Blobs`].

use std::sync::Arc;

use signalbox_domain::id::Digest;
use signalbox_ports::blobs::{Blobs, MAX_BLOB};

use super::value::rejected;
use super::{Story, stories, tell};

/// Tells every story over what `make` makes: a new and empty one each time.
pub async fn suite(make: impl Fn() -> Arc<dyn Blobs>) {
    tell(STORIES, make).await;
}

const STORIES: &[Story<dyn Blobs>] = stories![
    bytes_come_back_by_their_digest,
    putting_the_same_bytes_again_changes_nothing,
    what_was_never_put_is_not_there,
    an_address_that_is_no_digest_holds_nothing,
    no_bytes_at_all_are_bytes_too,
    bytes_at_the_limit_fit_and_one_more_does_not,
    many_who_put_the_same_bytes_at_once_all_succeed,
];

async fn bytes_come_back_by_their_digest(blobs: Arc<dyn Blobs>) {
    let bytes: Vec<u8> = (0..=255).collect();
    let digest = blobs.put(&bytes).await.unwrap();
    assert_eq!(digest, Digest::of(&bytes));
    assert_eq!(blobs.get(&digest).await.unwrap(), Some(bytes));
}

async fn putting_the_same_bytes_again_changes_nothing(blobs: Arc<dyn Blobs>) {
    let first = blobs.put(b"plan").await.unwrap();
    assert_eq!(blobs.put(b"plan").await.unwrap(), first);
    assert_eq!(blobs.get(&first).await.unwrap().as_deref(), Some(&b"plan"[..]));
}

async fn what_was_never_put_is_not_there(blobs: Arc<dyn Blobs>) {
    assert_eq!(blobs.get(&Digest::of(b"never")).await.unwrap(), None);
}

async fn an_address_that_is_no_digest_holds_nothing(blobs: Arc<dyn Blobs>) {
    let long = format!("sha256:{}", "../".repeat(22));
    let upper = Digest::of(b"plan").0.to_uppercase();
    blobs.put(b"plan").await.unwrap();
    for odd in ["", "sha256:", "../../etc/passwd", "sha256:../../../../etc/passwd", "sha256:é", &long, &upper] {
        assert_eq!(blobs.get(&odd.into()).await.unwrap(), None, "{odd}");
    }
}

async fn no_bytes_at_all_are_bytes_too(blobs: Arc<dyn Blobs>) {
    let digest = blobs.put(b"").await.unwrap();
    assert_eq!(blobs.get(&digest).await.unwrap(), Some(Vec::new()));
}

async fn bytes_at_the_limit_fit_and_one_more_does_not(blobs: Arc<dyn Blobs>) {
    let mut bytes = vec![7; MAX_BLOB];
    let digest = blobs.put(&bytes).await.unwrap();
    assert!(blobs.get(&digest).await.unwrap().is_some_and(|kept| kept == bytes));
    bytes.push(7);
    assert!(rejected(blobs.put(&bytes).await));
    assert_eq!(blobs.get(&Digest::of(&bytes)).await.unwrap(), None);
}

async fn many_who_put_the_same_bytes_at_once_all_succeed(blobs: Arc<dyn Blobs>) {
    let puts: Vec<_> = (0..16)
        .map(|_| {
            let blobs = blobs.clone();
            tokio::spawn(async move { blobs.put(&[9; 100_000]).await })
        })
        .collect();
    for put in puts {
        let digest = put.await.unwrap().unwrap();
        assert_eq!(blobs.get(&digest).await.unwrap().map(|bytes| bytes.len()), Some(100_000));
    }
}
