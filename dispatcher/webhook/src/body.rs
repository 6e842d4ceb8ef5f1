//! A request's body, raw, within its cap.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::refused::Refused;

/// The body's bytes as they were sent. Refused as soon as more than `cap` are announced or have come, so that never
/// more than `cap` (and one frame) are held. It says nothing of time: the server bounds how long a body may be silent.
pub async fn raw(headers: &HeaderMap, body: Body, cap: usize) -> Result<Bytes, Refused> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced
        .is_some_and(|announced| usize::try_from(announced).is_ok_and(|it| it > cap) || announced > u64::from(u32::MAX))
    {
        return Err(Refused::LargeBody(cap));
    }
    match Limited::new(body, cap).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::LargeBody(cap)),
        Err(_) => Err(Refused::BrokenBody),
    }
}
