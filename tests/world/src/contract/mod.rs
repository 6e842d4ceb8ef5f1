//! What every adapter of a port keeps, as stories: the same ones are told over memory and over every real backend.

#![allow(clippy::unwrap_used, reason = "a contract is a test: an error that no story expects is its failure")]

pub mod blobs;
pub mod chat;
pub mod forge;
pub mod notes;
pub mod queue;
pub mod store;

mod value;

use std::sync::Arc;

use futures::future::BoxFuture;

/// A story and its name, which is the promise it proves.
type Story<P> = (&'static str, fn(Arc<P>) -> BoxFuture<'static, ()>);

/// Makes the table of stories, each under its own name.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        &[$((stringify!($story), |port| Box::pin($story(port)))),*]
    };
}
use stories;

/// Tells every story over a backend of its own, and names each before it begins: the last one named is the one that
/// failed.
async fn tell<P: ?Sized>(stories: &[Story<P>], make: impl Fn() -> Arc<P>) {
    for (name, story) in stories {
        eprintln!("{}", name.replace('_', " "));
        story(make()).await;
    }
}
