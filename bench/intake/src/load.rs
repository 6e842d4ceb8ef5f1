//! Load on an edge: webhooks that were signed before, each different, sent by clients that wait for each answer.
//!
//! `load slack|github URL SECRET CLIENTS COUNT` prints one line of JSON: events per second, and how long answers took.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::json;
use sha2::Sha256;
use tokio::net::TcpStream;

/// A webhook, ready to be sent.
struct Signed {
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [vendor, url, secret, clients, count] = words.as_slice() else {
        bail!("load slack|github URL SECRET CLIENTS COUNT");
    };
    let (url, clients, count): (Uri, usize, usize) = (url.parse()?, clients.parse()?, count.parse()?);
    // Apart from every load before it: what was kept already is no work.
    let lot = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let all = (0..count).map(|number| signed(vendor, secret, lot, number)).collect::<Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (took, mut times) = runtime.block_on(send(url, clients, Arc::new(all)))?;
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    let rate = count as f64 / took.as_secs_f64();
    println!("{}", json!({ "events_per_second": rate, "p50_ms": at(0.5), "p99_ms": at(0.99), "count": count }));
    Ok(())
}

/// Sends all of them, and gives how long that took and how long each answer took.
async fn send(url: Uri, clients: usize, all: Arc<Vec<Signed>>) -> Result<(Duration, Vec<Duration>)> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..clients).map(|_| tokio::spawn(client(url.clone(), next.clone(), all.clone()))).collect();
    let mut times = Vec::with_capacity(all.len());
    for client in clients {
        times.extend(client.await??);
    }
    Ok((began.elapsed(), times))
}

async fn client(url: Uri, next: Arc<AtomicUsize>, all: Arc<Vec<Signed>>) -> Result<Vec<Duration>> {
    let authority = url.authority().context("the address has no host")?.clone();
    let mut times = Vec::new();
    let mut line = None;
    while let Some(webhook) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
        // An edge may close a line that it has used for a while.
        let sender = match line.take().filter(|sender: &hyper::client::conn::http1::SendRequest<_>| !sender.is_closed())
        {
            Some(sender) => sender,
            None => {
                let stream = TcpStream::connect(authority.as_str()).await?;
                stream.set_nodelay(true)?;
                let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                sender
            }
        };
        let mut sender = sender;
        let mut request = Request::post(url.path()).header("host", authority.as_str());
        for (name, value) in &webhook.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(webhook.body.clone()))?;
        let sent = Instant::now();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let said = answer.into_body().collect().await?.to_bytes();
        times.push(sent.elapsed());
        ensure!(status.is_success(), "answered {status}: {}", String::from_utf8_lossy(&said));
        line = Some(sender);
    }
    Ok(times)
}

/// A mention of ours, as people write it, signed as the vendor signs.
fn signed(vendor: &str, secret: &str, lot: u64, number: usize) -> Result<Signed> {
    let words = format!("<@U0SIGNAL> the pricing page says $9, it should say $12 ({number})");
    match vendor {
        "slack" => {
            let stamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let body = json!({
                "token": "none", "team_id": "T0BENCH", "api_app_id": "A0BENCH", "type": "event_callback",
                "event_id": format!("Ev{lot}{number}"), "event_time": stamp,
                "authorizations": [{ "team_id": "T0BENCH", "user_id": "U0SIGNAL", "is_bot": true }],
                "event": {
                    "type": "app_mention", "user": "U0ANA", "text": words, "ts": format!("{lot}.{number:06}"),
                    "channel": "C0WEB", "team": "T0BENCH", "event_ts": format!("{lot}.{number:06}"),
                },
            });
            let body = serde_json::to_vec(&body)?;
            let signature = hex(secret, &[b"v0:", stamp.to_string().as_bytes(), b":", &body])?;
            Ok(Signed {
                headers: vec![
                    ("content-type", "application/json".into()),
                    ("x-slack-request-timestamp", stamp.to_string()),
                    ("x-slack-signature", format!("v0={signature}")),
                ],
                body: body.into(),
            })
        }
        "github" => {
            let at = "2026-11-20T10:00:00Z";
            let person = json!({ "login": "ana", "id": 7, "node_id": "U_7", "type": "User" });
            let body = json!({
                "action": "created",
                "issue": {
                    "number": number + 1, "title": "Pricing", "node_id": "I_1", "id": 1, "user": person,
                    "body": "", "state": "open", "created_at": at, "updated_at": at,
                },
                "comment": {
                    "id": number + 1, "node_id": format!("IC_{lot}_{number}"), "body": words.replace("<@U0SIGNAL>", "@signalbox"),
                    "user": person, "created_at": at, "updated_at": at, "author_association": "MEMBER",
                },
                "repository": {
                    "id": 1, "name": "website", "full_name": "acme/website", "private": true,
                    "owner": { "login": "acme", "id": 1, "type": "Organization" },
                },
                "sender": person,
            });
            let body = serde_json::to_vec(&body)?;
            let signature = hex(secret, &[&body])?;
            Ok(Signed {
                headers: vec![
                    ("content-type", "application/json".into()),
                    ("x-github-event", "issue_comment".into()),
                    ("x-github-delivery", format!("{lot}-{number}")),
                    ("x-github-hook-id", "1".into()),
                    ("x-github-hook-installation-target-type", "integration".into()),
                    ("x-github-hook-installation-target-id", "1".into()),
                    ("x-hub-signature-256", format!("sha256={signature}")),
                ],
                body: body.into(),
            })
        }
        other => bail!("there is no `{other}` to be"),
    }
}

fn hex(secret: &str, parts: &[&[u8]]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| anyhow!("{error}"))?;
    parts.iter().for_each(|part| mac.update(part));
    Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}
