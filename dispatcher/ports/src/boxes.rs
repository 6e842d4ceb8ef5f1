//! What a box's runner asks of the dispatcher: its assignment, a place to report to, a place for its bytes.

use async_trait::async_trait;
use signalbox_domain::devbox::{Assignment, Control, Report};
use signalbox_domain::id::Digest;

/// Why a runner is not given what it asks for, named for what it does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its assignment was handed out already: a claim token is good for one claim. The runner exits.
    #[error("this box's assignment was handed out already: a claim token is good once")]
    Taken,
    /// The box was replaced, declared lost, or its run is over, or the token is none of ours. The runner exits at once;
    /// nothing it says counts any more.
    #[error("this box is gone: it was replaced, or its run is over, or the token is not one of ours")]
    Gone,
    /// It makes no sense and will not be taken however often it is sent.
    #[error("{0}")]
    Rejected(String),
    /// It may work later: the runner asks again.
    #[error("{0} (ask again)")]
    Unavailable(String),
}

/// Answers runners. The engine is one. A token is the only thing that says who asks; it is never logged.
#[async_trait]
pub trait Boxes: Send + Sync {
    /// Hands out the assignment of the box the claim token was made for: to the first who asks, once. When it
    /// returns, the claim is durable.
    async fn claim(&self, token: &str) -> Result<Assignment, Refusal>;

    /// Takes a report, and says what the box is to do now. The report is durable when it returns; one that comes twice
    /// counts once. The report token was handed out with the assignment.
    async fn report(&self, token: &str, report: Report) -> Result<Control, Refusal>;

    /// Keeps bytes of the box (a transcript, a handoff) under their digest; durable when it returns. Bytes that do not
    /// match it are [`Refusal::Rejected`]. The token is the report token.
    async fn upload(&self, token: &str, digest: &Digest, bytes: &[u8]) -> Result<(), Refusal>;

    /// A token for the box's checkout that was made now, for the same repository and the same grant: the one that came
    /// with the assignment may have run out in a long phase. `None`: it has no checkout, or its forge asks for none. The
    /// token is the report token.
    async fn renew(&self, token: &str) -> Result<Option<String>, Refusal>;
}
