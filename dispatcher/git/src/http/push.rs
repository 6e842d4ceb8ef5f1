//! A push, taken in whole, looked at, and given to git only while nobody can end its token.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt as _;
use http_body_util::Limited;
use signalbox_ports::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Service, Shut, answer, token};
use crate::git::{Failed, spawn};
use crate::pkt::{COMMANDS, Push};
use crate::{Forge, Place, disk};

/// The most bytes of one push, unpacked.
const PUSH: usize = 1 << 30;
/// How long a client may take to send a push.
const SENDING: Duration = Duration::from_secs(15 * 60);
/// How long git may take to receive a push that is here. It is also the longest that the end of a token may wait.
const RECEIVING: Duration = Duration::from_secs(120);
/// The most bytes of git's answer to a push.
const REPORT: usize = 1 << 20;

/// Serves one request of a push.
///
/// The bytes are all here before the lock is taken, so that a slow client holds up nobody. Under the lock the token is
/// asked for its powers again; whoever ends a token takes the same lock afterwards, so that a push is either over by
/// then or refused.
pub(super) async fn serve(forge: Arc<Forge>, place: Place, request: Request) -> Result<Response, Shut> {
    let token = token(request.headers()).unwrap_or_default();
    let file = match tokio::time::timeout(SENDING, spool(&forge, request)).await {
        Ok(file) => file?,
        Err(_) => return Err(Shut::Large(format!("the push took longer than {} s to arrive", SENDING.as_secs()))),
    };
    // A client that goes away does not stop what git has begun: the lock is held to its end.
    let receiving = tokio::spawn(async move { receive(&forge, &place, &token, file).await });
    let report = receiving.await.map_err(Error::unavailable)??;
    Ok(answer(Service::Push, "result", Body::from(report)))
}

/// Takes the whole body in, into a file without a name.
async fn spool(forge: &Forge, request: Request) -> Result<File, Shut> {
    let failed = |error| Shut::Trouble(Error::unavailable(error));
    let mut file = tokio::fs::File::from_std(tempfile::tempfile_in(&forge.folder).map_err(failed)?);
    let mut body = Body::new(Limited::new(request.into_body(), PUSH)).into_data_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| {
            Shut::Large(format!("the push could not be read (it may be {PUSH} bytes long): {error}"))
        })?;
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(file.into_std().await)
}

/// Looks at the push and gives it to git, under the repository's lock.
async fn receive(forge: &Forge, place: &Place, token: &str, mut file: File) -> Result<Vec<u8>, Shut> {
    let failed = |error: std::io::Error| Shut::Trouble(Error::unavailable(error));
    let mut head = Vec::new();
    file.rewind().map_err(failed)?;
    (&mut file).take(COMMANDS as u64).read_to_end(&mut head).map_err(failed)?;
    let push = Push::read(&head).map_err(|error| Shut::Malformed(error.to_string()))?;
    if push.commands.is_empty() {
        // A client that wants to know whether it may come in before it sends much.
        return Ok(Vec::new());
    }
    let _turn = forge.pushes.acquire().await.map_err(|error| Shut::Trouble(Error::unavailable(error)))?;
    let held = disk::hold(place.lock.clone()).await?;
    let powers = forge.powers(token)?.map_err(|refused| Shut::Unknown(refused.to_string()))?;
    let Some(branch) = powers.push.filter(|_| powers.repository == place.repository) else {
        return Err(Shut::Forbidden("this token may not push here any more".into()));
    };
    forge.there(&place.repository).map_err(|error| Shut::Missing(error.to_string()))?;
    let refusals = push.refusals(&branch);
    if !refusals.is_empty() {
        return Ok(push.refuse(&refusals));
    }
    let told = restate(forge, &push, file).map_err(failed)?;
    let arguments = ["receive-pack".as_ref(), "--stateless-rpc".as_ref(), place.git.as_os_str()];
    let mut command = forge.git.command(None, &arguments);
    // The process holds the lock as well, in case it outlives us.
    command.stdin(told).stderr(held.lend()?);
    let mut child = spawn(command).map_err(Error::from)?;
    let stdout = child.stdout.take();
    let work = async {
        let mut report = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(REPORT as u64).read_to_end(&mut report).await?;
        }
        Ok::<_, std::io::Error>((report, child.wait().await?))
    };
    match tokio::time::timeout(RECEIVING, work).await {
        Ok(done) => {
            let (report, status) = done.map_err(failed)?;
            if status.success() {
                return Ok(report);
            }
            Err(Shut::Trouble(Failed::Exit { code: status.code(), complaint: held.said() }.into()))
        }
        Err(_) => {
            child.kill().await.map_err(failed)?;
            Err(Shut::Trouble(Failed::Slow(RECEIVING).into()))
        }
    }
}

/// The push in our words, then its pack.
fn restate(forge: &Forge, push: &Push, mut file: File) -> Result<Stdio, std::io::Error> {
    let words = push.write();
    file.seek(SeekFrom::Start(push.length as u64))?;
    let start = if words.len() <= push.length {
        // They fit before the pack: no need to copy it.
        let start = push.length - words.len();
        file.seek(SeekFrom::Start(start as u64))?;
        file.write_all(&words)?;
        start
    } else {
        let mut copy = tempfile::tempfile_in(&forge.folder)?;
        copy.write_all(&words)?;
        std::io::copy(&mut file, &mut copy)?;
        file = copy;
        0
    };
    file.seek(SeekFrom::Start(start as u64))?;
    Ok(file.into())
}
