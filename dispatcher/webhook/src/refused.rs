//! Why a request is refused: a status, words, and a name to count it by.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use signalbox_ports::Error;

/// Why a request is refused. Its text tells the sender what to change; it holds nothing of the secret, of the signature
/// that would have been right, or of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No secret is set, so nothing can be believed.
    #[error(
        "the secret of {0} is not set, so no request to it can be checked and none is accepted; set it and start again"
    )]
    NoSecret(String),
    /// A header that must be there is not.
    #[error("the header {0} is missing")]
    MissingHeader(String),
    /// A header that decides something is there more than once.
    #[error("the header {0} is there more than once: exactly one is taken")]
    RepeatedHeader(String),
    /// A header is not text, or too long.
    #[error("the header {0} is not plain text of a reasonable length")]
    BadHeader(String),
    /// There are too many headers, or they are too long.
    #[error("the headers are too many or too long")]
    LargeHeaders,
    /// The body is over its cap.
    #[error("the body is over {0} bytes")]
    LargeBody(usize),
    /// The body ended before it was whole.
    #[error("the body ended before it was whole")]
    BrokenBody,
    /// The signature is not of the form it must have.
    #[error("the signature is not of the form {0}<64 hexadecimal digits in lower case>")]
    BadSignature(String),
    /// The signature is none that a secret of ours makes of this request.
    #[error("the signature is not ours: check that the sender's secret is the one set here")]
    WrongSignature,
    /// The timestamp is no number of seconds.
    #[error("the timestamp is not a whole number of seconds since 1970")]
    BadTime,
    /// The timestamp is too far from now.
    #[error("the timestamp is {0} s away from this machine's clock: the request is too old, or a clock is wrong")]
    Stale(u64),
    /// It is not the JSON, or the form, it must be.
    #[error("the body cannot be read: {0}")]
    Unreadable(String),
    /// A name is there twice in one object or form.
    #[error("the name {0:?} is there more than once in one object")]
    RepeatedName(String),
    /// Nothing says which event this is.
    #[error("{0} is missing or empty: without it the same event could be taken twice")]
    NoKey(String),
    /// It was understood, and will never be taken.
    #[error("{0}")]
    Rejected(String),
    /// It may be taken later.
    #[error("{0}")]
    Unavailable(String),
}

impl Refused {
    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoSecret(_) | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingHeader(_) | Self::RepeatedHeader(_) | Self::BadHeader(_) => StatusCode::BAD_REQUEST,
            Self::LargeHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::LargeBody(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenBody | Self::Unreadable(_) | Self::RepeatedName(_) => StatusCode::BAD_REQUEST,
            Self::BadSignature(_) | Self::WrongSignature | Self::BadTime | Self::Stale(_) => StatusCode::UNAUTHORIZED,
            Self::NoKey(_) | Self::Rejected(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The name it is counted by.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoSecret(_) => "no_secret",
            Self::MissingHeader(_) => "missing_header",
            Self::RepeatedHeader(_) => "repeated_header",
            Self::BadHeader(_) => "bad_header",
            Self::LargeHeaders => "large_headers",
            Self::LargeBody(_) => "large_body",
            Self::BrokenBody => "broken_body",
            Self::BadSignature(_) => "bad_signature",
            Self::WrongSignature => "wrong_signature",
            Self::BadTime => "bad_time",
            Self::Stale(_) => "stale",
            Self::Unreadable(_) => "unreadable",
            Self::RepeatedName(_) => "repeated_name",
            Self::NoKey(_) => "no_key",
            Self::Rejected(_) => "rejected",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let words = error.to_string();
        if matches!(error, Error::Rejected(_)) { Self::Rejected(words) } else { Self::Unavailable(words) }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status(), format!("{self}\n")).into_response();
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}
