//! The broker of models: it holds the keys, so that no process of a box does. A box's gateway asks here with its report
//! token, below `/boxes/models`; a box that is gone, or is to stop, is asked for nothing more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use signalbox_domain::id::{DevboxId, RunId};
use signalbox_engine::{Engine, Spending};
use signalbox_gateway::{Event, Gateway, Keys, Ledger, Money, Prices, Protocol, Provider, Rules, Setup};
use signalbox_ports::boxes::Refusal;
use tokio::sync::mpsc::unbounded_channel;

use crate::config::Config;

/// Below this path boxes ask models.
const AT: &str = "/boxes/models";
/// How long a box that asks nothing is kept in mind. It is only quicker to know it.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Everything it takes to ask models.
pub(crate) struct Models {
    providers: Vec<Provider>,
    keys: Arc<Keys>,
    prices: Prices,
}

impl Models {
    /// Those that `config` sets up, with their keys; nothing where it sets up none.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>> {
        let (mut providers, mut keys) = (Vec::new(), Keys::new());
        for (name, model) in &config.models {
            let provider = model.provider(name)?;
            let key = model.key(name, config.folder.as_deref())?;
            let key = key.show().trim();
            keys = match provider.protocols.first() {
                Some(Protocol::Messages) => keys.header(name, "x-api-key".parse()?, key),
                Some(Protocol::Gemini) => keys.header(name, "x-goog-api-key".parse()?, key),
                Some(Protocol::Responses | Protocol::Chat) | None => keys.bearer(name, key),
            };
            providers.push(provider);
        }
        let team = config.prices()?;
        let prices = Prices::shipped();
        let prices = if team.is_empty() { prices } else { prices.with(Prices::read(&team)?) };
        Ok((!providers.is_empty()).then(|| Self { providers, keys: Arc::new(keys), prices }))
    }

    /// What boxes ask it. It has no limit of time or size but its own: models think.
    pub(crate) fn routes(self, engine: Arc<Engine>) -> Router {
        let broker = Broker { engine, models: self, open: Mutex::default(), accounts: Mutex::default() };
        Router::new().route(&format!("{AT}/{{*path}}"), any(ask)).with_state(Arc::new(broker))
    }
}

struct Broker {
    engine: Arc<Engine>,
    models: Models,
    /// A gateway for each box that asked lately.
    open: Mutex<BTreeMap<DevboxId, (Gateway, Instant)>>,
    /// What each run may still spend, whichever of its boxes does.
    accounts: Mutex<BTreeMap<RunId, (Ledger, Instant)>>,
}

async fn ask(State(broker): State<Arc<Broker>>, mut request: Request) -> Response {
    let gateway = match broker.gateway(request.headers()).await {
        Ok(gateway) => gateway,
        Err((status, words)) => return (status, words + "\n").into_response(),
    };
    let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
    let asked = asked.strip_prefix(AT).unwrap_or("/").to_owned();
    match asked.parse::<Uri>() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => return (StatusCode::BAD_REQUEST, "the path makes no address\n").into_response(),
    }
    gateway.take(request).await.map(Body::new)
}

impl Broker {
    /// The gateway of the box that asks.
    async fn gateway(&self, headers: &HeaderMap) -> Result<Gateway, (StatusCode, String)> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = shown.ok_or((StatusCode::UNAUTHORIZED, "this needs a box's token".to_owned()))?;
        let spending = self.engine.spending(token).await.map_err(|refusal| {
            let status = match refusal {
                Refusal::Taken | Refusal::Gone => StatusCode::GONE,
                Refusal::Rejected(_) => StatusCode::FORBIDDEN,
                Refusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, refusal.to_string())
        })?;
        self.opened(&spending).map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error:#}")))
    }

    fn opened(&self, spending: &Spending) -> Result<Gateway> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((gateway, used)) = open.get_mut(&spending.devbox) {
            *used = now;
            return Ok(gateway.clone());
        }
        open.retain(|_, (_, used)| used.elapsed() < KEPT);
        let (events, mut heard) = unbounded_channel();
        let granted = |provider: &&Provider| spending.providers.contains(&provider.name);
        let rules =
            Rules { providers: self.models.providers.iter().filter(granted).cloned().collect(), ..Rules::default() };
        let setup = Setup {
            rules,
            prices: self.models.prices.clone(),
            ledger: self.account(spending, now),
            credentials: self.models.keys.clone(),
            events,
        };
        let gateway = Gateway::new(setup).context("the broker of models")?;
        let devbox = spending.devbox.clone();
        tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                told(&devbox, &event);
            }
        });
        open.insert(spending.devbox.clone(), (gateway.clone(), now));
        Ok(gateway)
    }

    fn account(&self, spending: &Spending, now: Instant) -> Ledger {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, (_, used)| used.elapsed() < KEPT);
        // One that was forgotten begins with what the run's boxes reported.
        let left = || Ledger::new(Money::micro_usd(spending.cap.saturating_sub(spending.used)));
        let (ledger, used) = accounts.entry(spending.run.clone()).or_insert_with(|| (left(), now));
        *used = now;
        ledger.clone()
    }
}

fn told(devbox: &DevboxId, event: &Event) {
    match event {
        Event::Call(call) => {
            let (provider, model, status, cost) = (&call.provider, &call.model, call.status, call.cost);
            tracing::info!(%devbox, provider, model, status, %cost, trouble = ?call.trouble, "a model was asked");
        }
        Event::Refused(refused) => tracing::warn!(%devbox, why = ?refused.why, refused.detail, "a call was refused"),
        // Nothing but models is granted here.
        Event::Fetch(_) | Event::Tunnel(_) => {}
    }
}
