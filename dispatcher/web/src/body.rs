//! The bytes of an answer: so many as they come, so many unpacked, and no more of the one than fits the other.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::header;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use signalbox_ports::web::Refused;

use crate::read::upstream;

/// The most bytes as they come.
const RAW: usize = 1024 * 1024;
/// The most bytes unpacked.
const UNPACKED: usize = 2 * 1024 * 1024;
/// The most bytes that one packed byte becomes. Text becomes five to ten.
const RATIO: usize = 40;

/// Reads an answer to its end.
pub(crate) async fn read(answer: http::Response<Incoming>) -> Result<Vec<u8>, Refused> {
    let packing: Vec<String> = answer
        .headers()
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
        .collect();
    let packed = match packing.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["identity"] => false,
        ["gzip"] => true,
        other => {
            return Err(Refused::Upstream(format!("it is packed in a way nobody asked for: {}", other.join(", "))));
        }
    };
    let collected = Limited::new(answer.into_body(), RAW).collect().await;
    let raw = collected.map_err(|error| match error.downcast_ref::<http_body_util::LengthLimitError>() {
        Some(_) => Refused::TooLarge,
        None => upstream(error),
    })?;
    let raw = raw.to_bytes();
    if packed { unpack(&raw) } else { Ok(raw.into()) }
}

fn unpack(raw: &Bytes) -> Result<Vec<u8>, Refused> {
    let most = UNPACKED.min(raw.len().saturating_mul(RATIO));
    let mut unpacked = Vec::new();
    // One byte more than is allowed, to see that there is one.
    let mut decoder = MultiGzDecoder::new(raw.as_ref()).take(most as u64 + 1);
    decoder.read_to_end(&mut unpacked).map_err(|error| Refused::Upstream(format!("it is packed badly: {error}")))?;
    if unpacked.len() > most { Err(Refused::TooLarge) } else { Ok(unpacked) }
}
