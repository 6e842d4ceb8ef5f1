//! A workspace with Ana and Ben, a channel, and an app in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use signalbox_world_slack::{
    AppSpec, ChannelId, Clock, Installed, Limits, Options, Registered, TeamId, Urls, UserId, World,
};

use crate::app::App;

pub(crate) type Called = Result<(u16, Value, Option<String>), String>;

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) app: App,
    pub(crate) registered: Registered,
    pub(crate) bot: Installed,
    pub(crate) team: TeamId,
    pub(crate) ana: UserId,
    pub(crate) ben: UserId,
    pub(crate) web: ChannelId,
    now: Arc<AtomicU64>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(AppSpec::everything("signalbox"), Limits::Metered).await
    }

    pub(crate) async fn with(spec: AppSpec, limits: Limits) -> Self {
        let now = Arc::new(AtomicU64::new(1_700_000_000_000));
        let shown = Arc::clone(&now);
        let clock: Clock = Arc::new(move || shown.load(Ordering::SeqCst));
        let options = Options { clock, limits, patience: Duration::from_secs(20), ..Options::default() };
        let world = World::start(options).await.unwrap();
        let app = App::start(&spec.signing_secret).await;
        let team = world.team("Acme");
        let registered = world.app(spec);
        world.point(&registered.id, Urls::all(&app.url));
        let bot = world.install(&registered.id, &team).unwrap();
        let (ana, ben) = (world.person(&team, "Ana"), world.person(&team, "Ben"));
        let web = world.channel(&team, "web", &[&ana, &ben, &bot.user]);
        Self { world, app, registered, bot, team, ana, ben, web, now }
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Calls a method with JSON, as the app.
    pub(crate) async fn call(&self, method: &str, body: Value) -> Value {
        self.call_as(&self.bot.token, method, body).await.unwrap().1
    }

    /// Calls and wants it done.
    pub(crate) async fn done(&self, method: &str, body: Value) -> Value {
        let answer = self.call(method, body).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer
    }

    /// Calls and wants it refused; gives Slack's word.
    pub(crate) async fn refused(&self, method: &str, body: Value) -> String {
        let answer = self.call(method, body).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        answer["error"].as_str().unwrap().to_owned()
    }

    /// Calls with any token; gives the status, the body and `Retry-After`, or why the connection broke.
    pub(crate) async fn call_as(&self, token: &str, method: &str, body: Value) -> Called {
        let url = format!("{}/{method}", self.world.api_url());
        let token = format!("Bearer {token}");
        tokio::task::spawn_blocking(move || {
            let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
            let sent = agent.post(&url).header("Authorization", token).send_json(body);
            let mut answer = sent.map_err(|error| error.to_string())?;
            let after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null), after))
        })
        .await
        .unwrap()
    }

    /// Reads with GET, as the client does.
    pub(crate) async fn get(&self, url: &str) -> String {
        let (url, token) = (url.to_owned(), format!("Bearer {}", self.bot.token));
        tokio::task::spawn_blocking(move || {
            ureq::get(&url).header("Authorization", token).call().unwrap().body_mut().read_to_string().unwrap()
        })
        .await
        .unwrap()
    }

    pub(crate) async fn read(&self, method: &str, query: &str) -> Value {
        let text = self.get(&format!("{}/{method}?{query}", self.world.api_url())).await;
        serde_json::from_str(&text).unwrap()
    }

    /// The app says something in the channel.
    pub(crate) async fn posts(&self, body: Value) -> String {
        let mut body = body;
        body["channel"] = json!(self.web.0);
        let ts = self.done("chat.postMessage", body).await["ts"].as_str().unwrap().to_owned();
        self.world.settle().await;
        self.app.kinds();
        ts
    }
}

pub(crate) fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

pub(crate) fn buttons(labels: &[&str]) -> Value {
    let elements: Vec<Value> = labels
        .iter()
        .map(|label| {
            json!({ "type": "button", "action_id": label.to_lowercase(), "value": format!("worth {label}"),
                "text": { "type": "plain_text", "text": label } })
        })
        .collect();
    json!({ "type": "actions", "block_id": "buttons", "elements": elements })
}
