//! Sending: the manner of each delivery, its retries, and what an app answered.

use serde_json::{Value, json};

use crate::edge::http::Letter;
use crate::edge::{Attempt, Delivery, Manner, Outgoing, Payload, Retry, Rule};
use crate::error::Error;
use crate::ids::AppId;
use crate::state::State;
use crate::world::World;

/// Slack tries again at once, after a minute and after five, then never.
const PAUSES: [u64; 3] = [0, 60_000, 300_000];

/// What one try came to.
struct Tried {
    answer: Result<Value, String>,
    status: Option<u16>,
    no_retry: bool,
}

impl Tried {
    fn failed(why: &str) -> Self {
        Self { answer: Err(why.to_owned()), status: None, no_retry: false }
    }
}

/// How one try is made.
#[derive(Clone, Debug, Default)]
struct How {
    retry: Option<(u32, String)>,
    answer_lost: bool,
    unreachable: bool,
    forged: bool,
    age: u64,
}

impl World {
    /// Lets the next deliveries go in unusual manners; rules are used in the order they were given.
    pub fn rule(&self, rule: Rule) {
        self.state().rules.push_back(rule);
    }

    /// Lets so many of a thousand events arrive twice or thrice, or without their answer, or only by a retry, by the
    /// seed. None is lost.
    pub fn weather(&self, permille: u32) {
        self.state().weather = permille;
    }

    /// Begins or ends an outage: no delivery reaches an app, Slack retries events as long as it does, and no longer.
    pub fn outage(&self, on: bool) {
        self.state().outage = on;
    }

    /// Sends what was held, in an order of the seed's choosing.
    pub async fn release(&self) {
        let held = {
            let mut state = self.state();
            let mut held = std::mem::take(&mut state.held);
            for last in (1..held.len()).rev() {
                let other = state.chance.below(last + 1);
                held.swap(last, other);
            }
            held
        };
        for one in held {
            self.try_event(one, How::default()).await;
        }
    }

    /// Sends the retries that are due by the clock. Call it after moving the clock.
    pub async fn tick(&self) {
        let due = {
            let mut state = self.state();
            let now = state.now();
            let (due, later) = std::mem::take(&mut state.retries).into_iter().partition(|retry| retry.due <= now);
            state.retries = later;
            let due: Vec<Retry> = due;
            due
        };
        for retry in due {
            let how = How { retry: Some((retry.number, retry.reason)), ..How::default() };
            self.try_event(retry.outgoing, how).await;
        }
    }

    /// Every delivery made or lost so far, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.clone()
    }

    /// When Slack will try again, in milliseconds, soonest first.
    pub fn due(&self) -> Vec<u64> {
        let mut due: Vec<u64> = self.state().retries.iter().map(|retry| retry.due).collect();
        due.sort_unstable();
        due
    }

    /// Asks the app's events URL to prove itself, as Slack does when it is set.
    ///
    /// # Errors
    ///
    /// When it does not answer with the challenge.
    pub async fn verify_url(&self, app: &AppId) -> Result<(), Error> {
        let (url, letter, challenge) = {
            let mut state = self.state();
            let challenge = state.chance.text(40);
            let now = state.now() / 1_000;
            let app = state.apps.get(app).ok_or_else(|| Error::unknown("app", app))?;
            let body = json!({ "token": app.verification_token, "challenge": challenge, "type": "url_verification" });
            let letter = Letter {
                content_type: "application/json",
                body: body.to_string(),
                secret: app.spec.signing_secret.clone(),
                timestamp: now,
                retry: None,
            };
            (app.urls.events.clone(), letter, challenge)
        };
        let reply = self.post(&url, letter).await.map_err(|why| Error::Unanswered(why.to_owned()))?;
        let echoed = serde_json::from_str::<Value>(&reply.body).ok().and_then(|body| {
            let challenge = body["challenge"].as_str()?;
            Some(challenge.to_owned())
        });
        if reply.status == 200 && (echoed.as_deref() == Some(&*challenge) || reply.body.trim() == challenge) {
            Ok(())
        } else {
            Err(Error::Unanswered(format!("{url} answered {} without the challenge", reply.status)))
        }
    }

    /// Delivers one event, in the manner the rules say, with what of its retries is due at once.
    pub(crate) async fn deliver(&self, mut outgoing: Outgoing) {
        let manner = {
            let mut state = self.state();
            outgoing.record = Some(state.record(&outgoing));
            state.manner(&outgoing.payload.name()).or_else(|| state.weathered())
        };
        match manner {
            None => self.try_event(outgoing, How::default()).await,
            Some(Manner::Lost) => {}
            Some(Manner::Held) => self.state().held.push(outgoing),
            Some(Manner::Copies { count, fresh_ids }) => {
                for copy in 0..count.max(1) {
                    let mut one = outgoing.clone();
                    if copy > 0 {
                        let mut state = self.state();
                        if fresh_ids && let Payload::Event(envelope) = &mut one.payload {
                            envelope["event_id"] = json!(state.chance.id("Ev"));
                        }
                        one.record = Some(state.record(&one));
                    }
                    self.try_event(one, How::default()).await;
                }
            }
            Some(Manner::AnswerLost) => {
                self.try_event(outgoing, How { answer_lost: true, ..How::default() }).await;
            }
            Some(Manner::Unreachable) => {
                self.try_event(outgoing, How { unreachable: true, ..How::default() }).await;
            }
            Some(Manner::Forged) => self.try_event(outgoing, How { forged: true, ..How::default() }).await,
            Some(Manner::Old(age)) => self.try_event(outgoing, How { age, ..How::default() }).await,
        }
    }

    /// Delivers what a person waits for, once, and gives what the app answered.
    pub(crate) async fn ask(&self, mut outgoing: Outgoing) -> Result<Value, Error> {
        let (manner, name) = {
            let mut state = self.state();
            outgoing.record = Some(state.record(&outgoing));
            let name = outgoing.payload.name();
            (state.manner(&name), name)
        };
        let mut how = How::default();
        let mut copies = 1;
        match manner {
            None | Some(Manner::Held) => {}
            Some(Manner::Lost | Manner::Unreachable) => how.unreachable = true,
            Some(Manner::AnswerLost) => how.answer_lost = true,
            Some(Manner::Forged) => how.forged = true,
            Some(Manner::Old(age)) => how.age = age,
            Some(Manner::Copies { count, .. }) => copies = count.max(1),
        }
        let mut answer = self.try_once(&outgoing, &how).await.answer;
        for _ in 1..copies {
            answer = self.try_once(&outgoing, &how).await.answer;
        }
        answer.map_err(|why| Error::Unanswered(format!("{name}: {why}")))
    }

    async fn try_event(&self, outgoing: Outgoing, mut how: How) {
        loop {
            let tried = self.try_once(&outgoing, &how).await;
            let Err(reason) = tried.answer else { return };
            let number = how.retry.as_ref().map_or(0, |(number, _)| *number);
            let pause = usize::try_from(number).ok().and_then(|number| PAUSES.get(number)).copied();
            let Some(pause) = pause.filter(|_| !tried.no_retry) else { return };
            if pause > 0 {
                let mut state = self.state();
                let due = state.now() + pause;
                state.retries.push(Retry { outgoing, number: number + 1, reason, due });
                return;
            }
            // A forged or old delivery stays so; a lost answer or a failed connection was of that try only.
            how = How { retry: Some((number + 1, reason)), forged: how.forged, age: how.age, ..How::default() };
        }
    }

    async fn try_once(&self, outgoing: &Outgoing, how: &How) -> Tried {
        let (at, cut_off, socket_mode) = {
            let state = self.state();
            let socket_mode = state.apps.get(&outgoing.app).is_some_and(|app| app.spec.socket_mode);
            (state.now(), state.outage || how.unreachable, socket_mode)
        };
        let mut tried = if cut_off {
            Tried::failed("connection_failed")
        } else if socket_mode {
            match self.through_socket(outgoing, how.retry.as_ref()).await {
                Ok(answer) => Tried { answer: Ok(answer), status: None, no_retry: false },
                Err(why) => Tried::failed(why),
            }
        } else {
            self.through_http(outgoing, how).await
        };
        if how.answer_lost {
            tried.answer = Err("http_timeout".to_owned());
        }
        let mut state = self.state();
        let attempt = Attempt { at, status: tried.status, failure: tried.answer.as_ref().err().cloned() };
        if let Some(delivery) = outgoing.record.and_then(|record| state.deliveries.get_mut(record)) {
            delivery.attempts.push(attempt);
        }
        tried
    }

    async fn through_http(&self, outgoing: &Outgoing, how: &How) -> Tried {
        let (content_type, body) = outgoing.payload.encode();
        let prepared = {
            let state = self.state();
            let now = state.now() / 1_000;
            state.apps.get(&outgoing.app).map(|app| {
                let secret = if how.forged { "not the secret" } else { &app.spec.signing_secret };
                let url = match &outgoing.payload {
                    Payload::Event(_) => &app.urls.events,
                    Payload::Interactive(_) => &app.urls.interactions,
                    Payload::Suggestion(_) => &app.urls.options,
                    Payload::Command(_) => &app.urls.commands,
                };
                let timestamp = now.saturating_sub(how.age);
                let secret = secret.to_owned();
                (url.clone(), Letter { content_type, body, secret, timestamp, retry: how.retry.clone() })
            })
        };
        let Some((url, letter)) = prepared.filter(|(url, _)| !url.is_empty()) else {
            return Tried::failed("connection_failed");
        };
        match self.post(&url, letter).await {
            Ok(reply) if (200..300).contains(&reply.status) => {
                Tried { answer: Ok(read(&reply.body)), status: Some(reply.status), no_retry: reply.no_retry }
            }
            Ok(reply) => {
                Tried { answer: Err("http_error".to_owned()), status: Some(reply.status), no_retry: reply.no_retry }
            }
            Err(why) => Tried::failed(why),
        }
    }
}

impl State {
    /// Notes a delivery that begins, and gives its place.
    fn record(&mut self, outgoing: &Outgoing) -> usize {
        let delivery = Delivery {
            app: outgoing.app.clone(),
            kind: outgoing.payload.name(),
            body: outgoing.payload.value(),
            attempts: Vec::new(),
        };
        self.deliveries.push(delivery);
        self.deliveries.len() - 1
    }

    /// How the weather treats an event.
    fn weathered(&mut self) -> Option<Manner> {
        if !self.chance.happens(self.weather) {
            return None;
        }
        Some(match self.chance.below(4) {
            0 => Manner::Copies { count: 2, fresh_ids: true },
            1 => Manner::Copies { count: 3, fresh_ids: false },
            2 => Manner::AnswerLost,
            _ => Manner::Unreachable,
        })
    }

    /// The manner of the next delivery of a kind; uses up the rule that says so.
    fn manner(&mut self, name: &str) -> Option<Manner> {
        let place = self.rules.iter().position(|rule| rule.kind.as_deref().is_none_or(|kind| kind == name))?;
        let rule = self.rules.get_mut(place)?;
        let manner = rule.manner.clone();
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            self.rules.remove(place);
        }
        Some(manner)
    }
}

/// An answer as a value: JSON, or the text in a `text` field, or nothing.
fn read(body: &str) -> Value {
    let body = body.trim();
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(body).unwrap_or_else(|_| json!({ "text": body }))
}
