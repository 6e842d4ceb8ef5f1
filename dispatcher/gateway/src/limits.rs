//! How much and how long: every one of them has a number.

use std::time::Duration;

/// Bounds of one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most of a request's head, in bytes.
    pub head_bytes: usize,
    /// The most headers of a request.
    pub headers: usize,
    /// How long a head may take, and a connection be kept for the next.
    pub head: Duration,
    /// The most of a request's body, in bytes: that of the largest provider.
    pub body_bytes: usize,
    /// How long a body may take.
    pub body: Duration,
    /// How long a connection outwards may take.
    pub connect: Duration,
    /// How long the head of an answer may take. Models think.
    pub answer: Duration,
    /// How long an answer may pause.
    pub pause: Duration,
    /// How long a TLS handshake may take to begin.
    pub hello: Duration,
    /// How long a tunnel may be silent.
    pub silence: Duration,
    /// How long a call waits for money that other calls hold.
    pub patience: Duration,
    /// How many connections there are at once.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 64 << 10,
            headers: 100,
            head: Duration::from_secs(60),
            body_bytes: 32 << 20,
            body: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(10 * 60),
            pause: Duration::from_secs(5 * 60),
            hello: Duration::from_secs(10),
            silence: Duration::from_secs(5 * 60),
            patience: Duration::from_secs(60),
            connections: 256,
        }
    }
}
