//! An app's webhook address: it keeps what comes, and answers as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use ring::hmac;
use serde_json::Value;

/// A delivery as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) raw: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    /// `event.action`
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.header("x-github-event"), self.body()["action"].as_str().unwrap_or_default())
    }

    pub(crate) fn signed_with(&self, secret: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let expected: String = hmac::sign(&key, &self.raw).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.header("x-hub-signature-256") == format!("sha256={expected}")
    }
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    kept: Arc<Mutex<Vec<Received>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks/github", listener.local_addr().unwrap());
        let receiver = Self { url, kept: Arc::default(), status: Arc::new(AtomicU16::new(200)) };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut headers = Vec::new();
                for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                    if let Some((name, value)) = line.split_once(": ") {
                        headers.push((name.to_ascii_lowercase(), value.to_owned()));
                    }
                }
                let length = headers
                    .iter()
                    .find(|(name, _)| name == "content-length")
                    .map_or(0, |(_, value)| value.parse().unwrap());
                let mut raw = vec![0; length];
                reader.read_exact(&mut raw).unwrap();
                own.kept.lock().unwrap().push(Received { headers, raw });
                let status = own.status.load(Ordering::SeqCst);
                let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
            }
        });
        receiver
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn taken(&self) -> Vec<Received> {
        std::mem::take(&mut self.kept.lock().unwrap())
    }
}
