//! A web in memory: names and what they lead to, machines and what they answer, and who was dialled.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use signalbox_domain::time::Span;
use signalbox_ports::web::{Bounds, Page, Refused, Web as _};
use signalbox_web::{Dial, Resolve, Web};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::RootCertStore;

/// A public address.
pub(crate) const PUBLIC: &str = "93.184.216.34";

/// What a machine does with whoever connects.
#[derive(Clone)]
pub(crate) enum Machine {
    /// It says that, and hangs up.
    Says(Vec<u8>),
    /// It says that, and nothing more.
    Stalls(Vec<u8>),
}

/// The web.
#[derive(Default)]
pub(crate) struct World {
    /// What a name leads to, question by question; the last answer stays.
    names: Mutex<BTreeMap<String, VecDeque<Vec<IpAddr>>>>,
    machines: Mutex<BTreeMap<IpAddr, VecDeque<Machine>>>,
    dialled: Mutex<Vec<SocketAddr>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A name leads there, question by question.
    pub(crate) fn name(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|all| all.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        self.names.lock().unwrap().insert(name.into(), answers);
    }

    /// A machine answers so, connection by connection.
    pub(crate) fn machine(&self, address: &str, answers: Vec<Machine>) {
        self.machines.lock().unwrap().insert(address.parse().unwrap(), answers.into());
    }

    /// One public machine under one name that answers so.
    pub(crate) fn site(&self, name: &str, answers: Vec<Machine>) {
        self.name(name, &[&[PUBLIC]]);
        self.machine(PUBLIC, answers);
    }

    /// Who was dialled.
    pub(crate) fn dialled(&self) -> Vec<SocketAddr> {
        self.dialled.lock().unwrap().clone()
    }

    /// What was asked of machines.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Reads a page, where every host may be asked.
    pub(crate) async fn get(self: &Arc<Self>, url: &str) -> Result<Page, Refused> {
        self.within(url, &["*"]).await
    }

    /// Reads a page, where these hosts may be asked.
    pub(crate) async fn within(self: &Arc<Self>, url: &str, hosts: &[&str]) -> Result<Page, Refused> {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let bounds = Bounds { hosts, bytes: 64 * 1024, within: Span::seconds(5) };
        Web::through(self.clone(), self.clone(), RootCertStore::empty()).get(url, &bounds).await
    }
}

#[async_trait]
impl Resolve for World {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.names.lock().unwrap();
        let Some(answers) = names.get_mut(name) else {
            // What a resolver of this machine would make of a number is that number.
            return name.parse().map(|ip| vec![ip]).map_err(|_| io::Error::other("no such name"));
        };
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Ok(answer.unwrap_or_default())
    }
}

#[async_trait]
impl Dial for World {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.dialled.lock().unwrap().push(address);
        let machine = {
            let mut machines = self.machines.lock().unwrap();
            let answers = machines.get_mut(&address.ip()).ok_or_else(|| io::Error::other("nobody is there"))?;
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let ours = TcpStream::connect(listener.local_addr()?).await?;
        let (mut theirs, _) = listener.accept().await?;
        let Some(machine) = machine else { return Ok(ours) };
        let asked = self.asked.clone();
        tokio::spawn(async move {
            let mut head = vec![0; 4096];
            let read = theirs.read(&mut head).await.unwrap_or_default();
            asked.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).into_owned());
            match machine {
                Machine::Says(bytes) => {
                    let _ = theirs.write_all(&bytes).await;
                    let _ = theirs.shutdown().await;
                }
                Machine::Stalls(bytes) => {
                    let _ = theirs.write_all(&bytes).await;
                    std::future::pending::<()>().await;
                }
            }
        });
        Ok(ours)
    }
}

/// An answer with a body of that type.
pub(crate) fn answer(kind: &str, body: &[u8]) -> Machine {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    Machine::Says([head.as_bytes(), body].concat())
}

/// An answer that leads elsewhere.
pub(crate) fn redirect(to: &str) -> Machine {
    Machine::Says(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes())
}
