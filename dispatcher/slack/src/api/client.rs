//! One call of one method: when it may be made, who makes it, what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::Either;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signalbox_domain::time::Span;
use signalbox_ports::Error;
use signalbox_ports::clock::Clock;
use signalbox_posting::bucket::Buckets;
use slack_morphism::errors::{SlackClientApiError, SlackClientError, SlackRateLimitError};
use slack_morphism::prelude::{SlackClient, SlackClientHyperHttpsConnector};
use slack_morphism::{SlackApiToken, SlackApiTokenValue};
use url::Url;

use super::error::Trouble;
use super::file::Files;
use super::method::Method;
use super::refusal::{self, Kind};
use super::room::Room;
use crate::settings::{Secret, Settings};

/// How long a call may take. Slack answers within a second or two, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait where Slack says that it was too often, and not until when.
const REST: Span = Span::seconds(30);
/// The longest that Slack's word to wait is believed.
const MAX_REST: Span = Span::hours(1);

/// Slack's methods, at the pace Slack states.
pub(crate) struct Api {
    client: SlackClient<SlackClientHyperHttpsConnector>,
    tokens: BTreeMap<String, SlackApiToken>,
    app_token: Option<SlackApiToken>,
    buckets: Buckets,
    clock: Arc<dyn Clock>,
    pub(super) files: Files,
}

impl Api {
    pub(crate) fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let connector = connector()?;
        let files = Files::new(connector.clone(), &settings.api_url)?;
        // Neither rate control nor retries of its own: both would wait inside a call.
        let connector = SlackClientHyperHttpsConnector::from(connector).with_slack_api_url(&settings.api_url);
        let tokens = settings.workspaces.iter().map(|it| (it.team.clone(), token(&it.bot_token))).collect();
        Ok(Self {
            client: SlackClient::new(connector),
            tokens,
            app_token: settings.app_token.as_ref().map(token),
            buckets: Buckets::default(),
            clock,
            files,
        })
    }

    /// Calls a method that changes something.
    pub(crate) async fn post<Q, S>(&self, method: Method, room: &Room, request: &Q) -> Result<S, Trouble>
    where
        Q: Serialize + Send + Sync,
        S: DeserializeOwned + Send,
    {
        let session = self.client.open_session(self.token(&room.team)?);
        self.paced(method, room, session.http_session_api.http_post(method.name(), request, None)).await
    }

    /// Calls a method that reads. What is `None` is left out.
    pub(crate) async fn get<S>(
        &self,
        method: Method,
        room: &Room,
        parameters: &[(&str, Option<&str>)],
    ) -> Result<S, Trouble>
    where
        S: DeserializeOwned + Send,
    {
        let session = self.client.open_session(self.token(&room.team)?);
        let parameters = parameters.to_vec();
        self.paced(method, room, session.http_session_api.http_get(method.name(), &parameters, None)).await
    }

    /// Calls a method of the app itself, not of a workspace: it has a token of its own.
    pub(crate) async fn post_as_app<Q, S>(&self, method: Method, request: &Q) -> Result<S, Trouble>
    where
        Q: Serialize + Send + Sync,
        S: DeserializeOwned + Send,
    {
        let missing =
            || Trouble::Rejected("no app-level token (xapp-…) is set: make one with `connections:write`".into());
        let session = self.client.open_session(self.app_token.as_ref().ok_or_else(missing)?);
        let nowhere = Room::new("app", "");
        self.paced(method, &nowhere, session.http_session_api.http_post(method.name(), request, None)).await
    }

    /// Puts bytes where Slack said to.
    pub(super) async fn put(&self, room: &Room, place: Url, bytes: &[u8]) -> Result<(), Trouble> {
        let session = self.client.open_session(self.token(&room.team)?);
        let kind = "application/octet-stream".into();
        let put = session.http_session_api.http_post_uri_binary(place, kind, bytes, None);
        let Ignored {} = self.paced(Method::Upload, room, put).await?;
        Ok(())
    }

    /// The token of a workspace.
    pub(super) fn token(&self, team: &str) -> Result<&SlackApiToken, Trouble> {
        self.tokens.get(team).ok_or_else(|| {
            Trouble::Rejected(format!("the Slack workspace {team} is not in the settings: add it with its bot token"))
        })
    }

    /// Makes one call if it may be made now.
    pub(super) async fn paced<S>(
        &self,
        method: Method,
        room: &Room,
        call: impl Future<Output = Result<S, SlackClientError>>,
    ) -> Result<S, Trouble> {
        let key = self.key(method, room);
        if let Err(until) = self.buckets.take(&key, method.limits(), self.clock.now()) {
            return Err(Trouble::Later {
                until,
                why: format!("to {} is waiting for its turn at Slack", method.words()),
            });
        }
        let call = std::pin::pin!(call);
        let patience = std::pin::pin!(tokio::time::sleep(PATIENCE));
        match futures::future::select(call, patience).await {
            Either::Left((Ok(answer), _)) => Ok(answer),
            Either::Left((Err(error), _)) => Err(self.trouble(method, &key, error)),
            Either::Right(_) => Err(Trouble::Unavailable(format!(
                "Slack did not answer {} within {} s",
                method.name(),
                PATIENCE.as_secs()
            ))),
        }
    }

    fn key(&self, method: Method, room: &Room) -> String {
        let name = method.name();
        if method.per_room() {
            format!("{name} {} {}", room.team, room.channel)
        } else {
            format!("{name} {}", room.team)
        }
    }

    /// What went wrong, in the one place that knows the vendor's errors. No answer's text is kept: it may hold what
    /// people wrote.
    fn trouble(&self, method: Method, key: &str, error: SlackClientError) -> Trouble {
        let name = method.name();
        match error {
            SlackClientError::RateLimitError(SlackRateLimitError { retry_after, .. }) => {
                self.too_often(method, key, retry_after)
            }
            SlackClientError::ApiError(SlackClientApiError { code, http_response_body, .. }) => {
                match refusal::kind(&code) {
                    Kind::Passing => Trouble::Unavailable(format!("Slack has trouble of its own with {name} ({code})")),
                    Kind::TooOften => self.too_often(method, key, None),
                    Kind::Lasting => Trouble::Refused { method, needed: needed(http_response_body), code },
                }
            }
            SlackClientError::HttpError(error) => {
                let status = error.status_code.as_u16();
                match status {
                    408 | 425 | 500.. => {
                        Trouble::Unavailable(format!("Slack answered {name} with the status {status}"))
                    }
                    _ => Trouble::Rejected(format!(
                        "Slack did not let me {}: it answered with the status {status}. Is the API address in the \
                         settings right?",
                        method.words()
                    )),
                }
            }
            SlackClientError::ProtocolError(_) => {
                Trouble::Unavailable(format!("Slack's answer to {name} could not be read"))
            }
            SlackClientError::HttpProtocolError(_)
            | SlackClientError::EndOfStream(_)
            | SlackClientError::SystemError(_)
            | SlackClientError::SocketModeProtocolError(_) => {
                Trouble::Unavailable(format!("Slack could not be reached for {name}"))
            }
        }
    }

    fn too_often(&self, method: Method, key: &str, after: Option<Duration>) -> Trouble {
        let rest = after.map_or(REST, |after| Span(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)));
        let until = self.clock.now() + rest.min(MAX_REST);
        self.buckets.hold(key, until);
        Trouble::Later { until, why: format!("Slack wants a pause before the next {}", method.name()) }
    }
}

#[derive(Deserialize)]
struct Ignored {}

/// Over TLS, and without it where the address says so: for a Slack of one's own.
fn connector() -> Result<slack_morphism::prelude::SlackHyperHttpsConnector, Error> {
    let roots = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots();
    let roots =
        roots.map_err(|error| Error::rejected(format!("this machine's certificates cannot be read: {error}")))?;
    Ok(roots.https_or_http().enable_http1().enable_http2().build())
}

fn token(secret: &Secret) -> SlackApiToken {
    SlackApiToken::new(SlackApiTokenValue(secret.expose().into()))
}

/// The scope that a refusal names.
fn needed(body: Option<String>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(&body?).ok()?;
    Some(body.get("needed")?.as_str()?.to_owned())
}
