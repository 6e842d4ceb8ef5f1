//! Whoever sends something over HTTP and waits for the answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::samples::Samples;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One client, on connections that are kept open.
pub(crate) struct Client {
    agent: ureq::Agent,
    token: String,
}

impl Client {
    pub(crate) fn new(token: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build();
        Self { agent: config.new_agent(), token: format!("Bearer {token}") }
    }

    /// Posts it and reads the answer, which is JSON or nothing.
    pub(crate) fn post(&self, url: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(url).header("authorization", &self.token);
        let mut answer = request.send_json(body).with_context(|| format!("failed to post to {url}"))?;
        ensure!(answer.status() == 200, "{url} answered {}", answer.status());
        let text = answer.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// So many clients at once, which together post `count` times, for at most `within`; each post is of what `body` makes
/// of its number.
pub(crate) fn many(
    clients: usize,
    count: u64,
    within: Duration,
    token: &str,
    url: &str,
    body: impl Fn(u64) -> Value + Sync,
) -> Result<Samples> {
    let next = AtomicU64::new(0);
    let began = Instant::now();
    let work = || {
        let client = Client::new(token);
        let mut times = Vec::new();
        while began.elapsed() < within {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let body = body(number);
            let asked = Instant::now();
            client.post(url, &body)?;
            times.push(asked.elapsed());
        }
        anyhow::Ok(times)
    };
    let times = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
        let mut times = Vec::new();
        for client in clients {
            times.extend(client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        anyhow::Ok(times)
    })?;
    let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
    Ok(Samples::of(times).at(per_second))
}
