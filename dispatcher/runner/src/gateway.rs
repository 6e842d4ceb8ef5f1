//! The gateway of a box: it runs here, outside of the jail, and is the only thing the jail reaches. It holds no
//! credential: calls of models go on to the dispatcher, which adds it, in this attempt's name.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use signalbox_domain::devbox::{Assignment, Task, Usage};
use signalbox_gateway::{
    Broker, Call, Class, Event, Gateway, Ledger, Money, NoBroker, Prices, Provider, Rules, Settled, Setup, Why, serve,
};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cell::Cell;
use crate::jail::{Hatch, Jail, hatch};
use crate::transcript::Entry;

/// Where the dispatcher takes calls of models, below its address.
const MODELS: &str = "boxes/models";
/// What agents in a jail show in place of a credential. It opens nothing: nobody else can come to the gateway.
const PLACEHOLDER: &str = "placeholder-without-any-power";
/// The most remarks of one attempt that are written down; of the others their number is.
const REMARKS: u32 = 500;
/// How long calls under way may take to end once they are broken off.
const ENDING: Duration = Duration::from_secs(5);

/// The gateway of one attempt.
pub(crate) struct Gate {
    runtime: Option<Runtime>,
    gateway: Option<Gateway>,
    events: UnboundedReceiver<Event>,
    ledger: Ledger,
    used: Usage,
    remarks: u32,
    /// Why a call was refused that would have passed the cap.
    capped: Option<String>,
    folder: PathBuf,
    /// Without a jail: where it listens.
    openly: Option<TcpListener>,
    address: String,
    pass: String,
    hosts: bool,
}

impl Gate {
    /// The gateway for what `assignment` grants; nothing where that is no model and no host.
    pub(crate) fn of(cell: &Cell, assignment: &Assignment) -> Result<Option<Self>, String> {
        let (rules, prices) = granted(assignment)?;
        if rules.providers.is_empty() && rules.hosts.is_empty() {
            return Ok(None);
        }
        let words = |error: io::Error| format!("the gateway could not be opened: {error}");
        let (sender, events) = unbounded_channel();
        let ledger = Ledger::new(Money::micro_usd(assignment.budget.micro_usd));
        let endpoint = cell.orders.endpoint.clone();
        let find = move || {
            let nobody = |error: String| NoBroker(error);
            let base = fs::read_to_string(&endpoint).map_err(|error| nobody(error.to_string()))?;
            let models = format!("{}/{MODELS}", base.trim().trim_end_matches('/'));
            models.parse().map_err(|_| nobody(format!("`{models}` is no address")))
        };
        let hosts = !rules.hosts.is_empty();
        let setup = Setup {
            rules,
            prices,
            ledger: ledger.clone(),
            credentials: Arc::new(Broker::found(find, assignment.report_token.clone())),
            events: sender,
        };
        let mut gateway = Gateway::new(setup).map_err(|error| error.to_string())?;
        let (mut openly, mut pass, mut port) = (None, PLACEHOLDER.to_owned(), hatch::PORT);
        if cell.orders.unsandboxed_i_accept_the_risk {
            // Everybody on this machine can come to it, so it lets in only who was told this.
            pass = random().map_err(words)?;
            gateway = gateway.with_pass(&*pass);
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(words)?;
            port = listener.local_addr().map_err(words)?.port();
            openly = Some(listener);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("gateway")
            .enable_all()
            .build()
            .map_err(words)?;
        Ok(Some(Self {
            runtime: Some(runtime),
            gateway: Some(gateway),
            events,
            ledger,
            used: Usage::default(),
            remarks: 0,
            capped: None,
            folder: cell.place.folder().join("gate"),
            openly,
            address: format!("127.0.0.1:{port}"),
            pass,
            hosts,
        }))
    }

    /// Opens it to `jail`, which is about to be started, and tells its program where it is.
    pub(crate) fn open(&self, jail: &mut Jail) -> io::Result<()> {
        jail.env.extend(self.variables());
        let (Some(runtime), Some(gateway)) = (&self.runtime, self.gateway.clone()) else { return Ok(()) };
        if let Some(listener) = &self.openly {
            let listener = listener.try_clone()?;
            runtime.spawn(async move { serving(listener, gateway).await });
            return Ok(());
        }
        let hatch = Hatch::open(&self.folder)?;
        jail.hatch = true;
        jail.readable.insert(hatch::FOLDER.to_owned(), self.folder.clone());
        runtime.spawn(async move {
            hatch.listener.set_nonblocking(true)?;
            let knocked = tokio::net::UnixListener::from_std(hatch.listener.try_clone()?)?;
            let (stream, _) = knocked.accept().await?;
            drop(knocked);
            let stream = stream.into_std()?;
            stream.set_nonblocking(false)?;
            // The other side is a few instructions of ours; nobody waits here for long.
            serving(hatch.take(&stream)?, gateway).await
        });
        Ok(())
    }

    /// Where it is, for who is in the jail.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is shown there in place of a credential.
    pub(crate) fn pass(&self) -> &str {
        &self.pass
    }

    fn variables(&self) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([("SIGNALBOX_GATEWAY".to_owned(), self.url())]);
        if self.hosts {
            let proxy = format!("http://agent:{}@{}", self.pass, self.address);
            for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
                variables.insert(name.to_owned(), proxy.clone());
            }
            for name in ["no_proxy", "NO_PROXY"] {
                variables.insert(name.to_owned(), "127.0.0.1,localhost,::1".to_owned());
            }
        }
        variables
    }

    /// What happened at it since this was asked last.
    pub(crate) fn news(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            self.hear(event, &mut entries);
        }
        entries
    }

    /// Whether a call of a model is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.ledger.held() > Money::ZERO
    }

    /// Used up so far, as the providers counted it.
    pub(crate) fn used(&self) -> Usage {
        self.used
    }

    /// Why a call was refused that would have passed the cap, if one was.
    pub(crate) fn capped(&self) -> Option<&str> {
        self.capped.as_deref()
    }

    /// Ends what is under way: what happened at it until then.
    pub(crate) fn close(&mut self) -> Vec<Entry> {
        self.gateway = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(ENDING);
        }
        let mut entries = self.news();
        if self.remarks > REMARKS {
            let text = format!("[{} more remarks of the gateway were not written down]", self.remarks - REMARKS);
            entries.push(Entry::Note { text });
        }
        entries
    }

    fn hear(&mut self, event: Event, entries: &mut Vec<Entry>) {
        match event {
            Event::Call(call) => {
                if call.class == Class::Say && call.settled != Settled::Free {
                    let used = Usage {
                        micro_usd: self.ledger.spent().to_micro_usd().saturating_sub(self.used.micro_usd),
                        tokens_in: call.tokens.read(),
                        tokens_out: call.tokens.output,
                        turns: 1,
                    };
                    self.used = self.used + used;
                    entries.push(Entry::Usage(used));
                }
                for remark in remarks(&call) {
                    self.remark(remark, entries);
                }
            }
            Event::Fetch(fetch) => {
                let status = fetch.status.map_or("no answer".to_owned(), |status| status.to_string());
                self.remark(format!("{} {}/{}: {status}", fetch.method, fetch.host, fetch.class), entries);
            }
            Event::Tunnel(tunnel) => {
                let words = format!(
                    "a tunnel to {}:{}: {} bytes sent, {} received",
                    tunnel.host, tunnel.port, tunnel.sent, tunnel.received
                );
                self.remark(words, entries);
            }
            Event::Refused(refused) => {
                if refused.why == Why::Cap {
                    self.capped.get_or_insert_with(|| refused.detail.clone());
                }
                let words = format!("the gateway refused `{} {}`: {}", refused.method, refused.host, refused.detail);
                self.remark(words, entries);
            }
        }
    }

    fn remark(&mut self, text: String, entries: &mut Vec<Entry>) {
        self.remarks += 1;
        if self.remarks <= REMARKS {
            entries.push(Entry::Note { text });
        }
    }
}

/// What is worth a line of a call.
fn remarks(call: &Call) -> Vec<String> {
    let who = format!("{} {}", call.provider, call.model);
    let cut =
        call.cut_to.map(|tokens| format!("{who}: its answer may have {tokens} tokens, for more there is no money"));
    let trouble = call.trouble.as_ref().map(|trouble| {
        let status = call.status.map_or(String::new(), |status| format!(" ({status})"));
        format!("{}: {trouble:?}{status}", who.trim())
    });
    let reserved = (call.settled == Settled::Reserved)
        .then(|| format!("{who}: it did not say what was used, so {} counts as spent", call.cost));
    [cut, trouble, reserved].into_iter().flatten().collect()
}

async fn serving(listener: TcpListener, gateway: Gateway) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    serve(tokio::net::TcpListener::from_std(listener)?, gateway).await
}

/// What the assignment grants, and what models cost.
fn granted(assignment: &Assignment) -> Result<(Rules, Prices), String> {
    let mut rules = Rules::default();
    let mut prices = Prices::shipped();
    for host in &assignment.network {
        rules.hosts.push(host.parse().map_err(|error: signalbox_gateway::NoGrant| error.to_string())?);
    }
    if let Task::Agent { adapter, then, prices: team, .. } = &assignment.task {
        let adapters = [adapter].into_iter().chain(then.iter().map(|driver| &driver.adapter));
        for name in adapters.filter_map(|adapter| signalbox_agents::provider(adapter)) {
            if !rules.providers.iter().any(|known| known.name == name) {
                rules.providers.extend(Provider::known(name));
            }
        }
        if !team.trim().is_empty() {
            prices = prices.with(Prices::read(team).map_err(|error| error.to_string())?);
        }
    }
    Ok((rules, prices))
}

fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
