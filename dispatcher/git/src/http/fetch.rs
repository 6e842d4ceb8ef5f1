//! What a repository has, streamed to who may read it, for as long as they may.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use http_body_util::{BodyExt as _, Limited};
use signalbox_ports::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::sync::{mpsc, watch};

use super::{Service, Shut, answer, token};
use crate::git::{Failed, QUESTION, complaint, spawn};
use crate::{Forge, Place, git, pkt};

/// The most bytes a client may say about what it wants and has, unpacked.
const WANTS: usize = 16 << 20;
/// How long one fetch may take.
const FETCH: Duration = Duration::from_secs(30 * 60);
/// The bytes passed on at once.
const PIECE: usize = 64 << 10;
/// How many pieces git may be ahead of the client.
const AHEAD: usize = 4;

/// The branches of a repository, as a fetch or a push begins.
pub(super) async fn advertise(
    forge: &Forge,
    place: &Place,
    service: Service,
    headers: &HeaderMap,
) -> Result<Response, Shut> {
    let arguments =
        [service.name().as_ref(), "--stateless-rpc".as_ref(), "--advertise-refs".as_ref(), place.git.as_os_str()];
    let mut command = forge.git.command(None, &arguments);
    let newer = service == Service::Fetch && newer(headers);
    let mut bytes = Vec::new();
    if newer {
        command.env("GIT_PROTOCOL", "version=2");
    } else {
        pkt::put(&mut bytes, format!("# service=git-{}\n", service.name()).as_bytes());
        bytes.extend_from_slice(b"0000");
    }
    bytes.extend(git::answer(command, QUESTION).await.map_err(Error::from)?);
    Ok(answer(service, "advertisement", Body::from(bytes)))
}

/// Serves one request of a fetch.
pub(super) async fn serve(forge: Arc<Forge>, place: Place, request: Request) -> Result<Response, Shut> {
    let headers = request.headers().clone();
    let wants = Limited::new(request.into_body(), WANTS)
        .collect()
        .await
        .map_err(|error| Shut::Large(format!("the request could not be read (it may be {WANTS} bytes long): {error}")))?
        .to_bytes();
    let ended = forge.ended.subscribe();
    let arguments = ["upload-pack".as_ref(), "--stateless-rpc".as_ref(), place.git.as_os_str()];
    let mut command = forge.git.command(None, &arguments);
    command.stdin(std::process::Stdio::piped());
    if newer(&headers) {
        command.env("GIT_PROTOCOL", "version=2");
    }
    let token = token(&headers).unwrap_or_default();
    let turn = forge.fetches.clone().acquire_owned().await.map_err(Error::unavailable)?;
    let mut child = spawn(command).map_err(Error::from)?;
    let (stdin, errors) = (child.stdin.take(), child.stderr.take());
    tokio::spawn(async move {
        if let Some(mut stdin) = stdin {
            // A git that ends early closes its pipe, and says why on its error stream.
            let _ = stdin.write_all(&wants).await;
        }
        let words = complaint(errors).await;
        if !words.is_empty() {
            tracing::debug!(words, "git said while it served a fetch");
        }
    });
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let fetch = pass(&mut child, &sender);
        let over = tokio::select! {
            biased;
            () = ended_for(&forge, &token, ended) => Some("the token has ended".to_owned()),
            done = tokio::time::timeout(FETCH, fetch) => match done {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(Failed::Slow(FETCH).to_string()),
            },
        };
        if let Some(why) = over {
            let _ = child.kill().await;
            drop(turn);
            // A client sees a broken answer, never a short one that looks whole.
            let _ = sender.send(Err(std::io::Error::other(why))).await;
        }
    });
    let pieces = futures::stream::unfold((receiver, false), |(mut receiver, broken)| async move {
        if broken {
            return None;
        }
        let piece: Result<Vec<u8>, std::io::Error> = receiver.recv().await?;
        let broken = piece.is_err();
        Some((piece, (receiver, broken)))
    });
    Ok(answer(Service::Fetch, "result", Body::from_stream(pieces)))
}

/// Passes git's answer on as it comes, as fast as the client takes it.
async fn pass(child: &mut Child, sender: &mpsc::Sender<Result<Vec<u8>, std::io::Error>>) -> Result<(), std::io::Error> {
    if let Some(mut stdout) = child.stdout.take() {
        loop {
            let mut piece = vec![0; PIECE];
            let length = stdout.read(&mut piece).await?;
            if length == 0 {
                break;
            }
            piece.truncate(length);
            sender.send(Ok(piece)).await.map_err(|_| std::io::Error::other("the client went away"))?;
        }
    }
    match child.wait().await?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other("git did not end well")),
    }
}

/// Waits until the token opens nothing any more.
async fn ended_for(forge: &Forge, token: &str, mut ended: watch::Receiver<u64>) {
    while matches!(forge.powers(token), Ok(Ok(_))) {
        if ended.changed().await.is_err() {
            return;
        }
    }
}

/// Whether the client speaks the second version of the protocol. Of what it says, nothing else reaches git.
fn newer(headers: &HeaderMap) -> bool {
    let said = headers.get("git-protocol").and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(':').any(|word| word == "version=2")
}
