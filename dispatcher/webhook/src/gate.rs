//! The gate of an edge: what a request must carry to be believed.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use serde::Deserialize;
use signalbox_domain::time::{Span, Time};

use crate::counter::Counter;
use crate::refused::Refused;
use crate::secrets::Secrets;
use crate::{body, header, signature, window};

/// The largest body unless a gate says otherwise, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// What a request must carry to be believed, in a sender's own words.
#[derive(Clone, Debug)]
pub struct Gate {
    /// What it is called in logs, words and counts.
    pub name: String,
    /// What it is signed with. None: every request is refused, aloud.
    pub secrets: Option<Secrets>,
    /// The header the signature is in.
    pub signature: String,
    /// What stands before the signature's digits.
    pub prefix: String,
    /// What is signed.
    pub signed: Signed,
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// Where it counts: `admitted`, and the [`Refused::reason`] of each refusal.
    pub counter: Arc<Counter>,
}

/// What is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// The body.
    #[default]
    Body,
    /// `before`, a timestamp, `between`, the body. So that a request cannot be sent again later.
    Stamped {
        /// The header the timestamp is in, in seconds since 1970.
        header: String,
        /// What stands before it.
        before: String,
        /// What stands between it and the body.
        between: String,
        /// How far it may be from now, before or after; in milliseconds where it is written.
        window: Span,
    },
}

/// A request that was checked: only [`Gate::admit`] makes one.
#[derive(Debug)]
pub struct Admitted {
    headers: HeaderMap,
    body: Bytes,
}

impl Admitted {
    /// Its headers. Only the body, and the timestamp if it is signed, are the sender's proven words.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body, as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Gate {
    /// A gate that counts for itself, with a cap of [`MAX_BODY`], over a signed body. Change its fields as needed.
    ///
    /// Without secrets it refuses every request: the check is never what is left out. That is logged here, and again at
    /// each request.
    pub fn new(name: &str, secrets: Option<Secrets>, signature: &str, prefix: &str) -> Self {
        if secrets.is_none() {
            tracing::error!(gate = name, "the secret of a webhook is not set: it is off, and refuses every request");
        }
        Self {
            name: name.into(),
            secrets,
            signature: signature.into(),
            prefix: prefix.into(),
            signed: Signed::Body,
            body_bytes: MAX_BODY,
            counter: Arc::default(),
        }
    }

    /// Reads the request and checks it, as of `now`. Headers are looked at before the body is read, and the signature is
    /// checked over the very bytes that came; nothing of the body is parsed before.
    pub async fn admit(&self, request: Request<Body>, now: Time) -> Result<Admitted, Refused> {
        let (head, body) = request.into_parts();
        let admitted = self.check(head.headers, body, now).await;
        match &admitted {
            Ok(_) => self.counter.count("admitted"),
            Err(refused) => self.refuse(refused),
        }
        admitted
    }

    /// Counts a refusal and logs it. [`Self::admit`] does so itself; this is for what an adapter refuses afterwards.
    pub fn refuse(&self, refused: &Refused) {
        let reason = refused.reason();
        self.counter.count(reason);
        if matches!(refused, Refused::NoSecret(_)) {
            tracing::error!(gate = self.name, reason, "a webhook was refused: its secret is not set");
        } else {
            tracing::warn!(gate = self.name, reason, "a webhook was refused");
        }
    }

    async fn check(&self, headers: HeaderMap, body: Body, now: Time) -> Result<Admitted, Refused> {
        let secrets = self.secrets.as_ref().ok_or_else(|| Refused::NoSecret(self.name.clone()))?;
        header::bounded(&headers)?;
        let offered = header::one(&headers, &self.signature)?;
        let stamp = match &self.signed {
            Signed::Body => None,
            Signed::Stamped { header: name, before, between, window } => {
                let stamp = header::one(&headers, name)?;
                window::fresh(stamp, now, *window)?;
                Some([before.as_bytes(), stamp.as_bytes(), between.as_bytes()])
            }
        };
        let body = body::raw(&headers, body, self.body_bytes).await?;
        match stamp {
            None => signature::verify(secrets, &self.prefix, offered, &[&body])?,
            Some([before, stamp, between]) => {
                signature::verify(secrets, &self.prefix, offered, &[before, stamp, between, &body])?;
            }
        }
        Ok(Admitted { headers, body })
    }
}
