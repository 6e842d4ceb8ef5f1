//! Bytes, both ways: what people attached is fetched from where Slack keeps it, what is too long to post is put there.

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use signalbox_ports::Error;
use slack_morphism::prelude::SlackHyperHttpsConnector;
use url::Url;

use super::client::Api;
use super::error::Trouble;
use super::method::Method;
use super::room::Room;

/// How long fetching or putting a file may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Where Slack keeps files.
const FILES: &str = "files.slack.com";

/// Where files are.
pub(super) struct Files {
    client: Client<Connector, Empty<Bytes>>,
    /// The host that is given the token besides Slack's own: the one the API is at.
    api_host: String,
}

type Connector = SlackHyperHttpsConnector;

#[derive(Deserialize)]
struct Place {
    upload_url: Url,
    file_id: String,
}

#[derive(Serialize)]
struct Complete<'a> {
    files: [Uploaded<'a>; 1],
    channel_id: &'a str,
    thread_ts: &'a str,
}

#[derive(Serialize)]
struct Uploaded<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Deserialize)]
struct Nothing {}

impl Files {
    pub(super) fn new(connector: Connector, api_url: &str) -> Result<Self, Error> {
        let wrong =
            |why| Error::rejected(format!("Slack's API address `{api_url}` in the settings is no address: {why}"));
        let api = Url::parse(api_url).map_err(wrong)?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, api_host: host(&api) })
    }

    /// The token goes to Slack and to nobody else, whatever a message claims of its files.
    fn trusted(&self, url: &Url) -> bool {
        host(url) == self.api_host || (url.scheme() == "https" && url.host_str() == Some(FILES))
    }
}

impl Api {
    /// The bytes at a private address of Slack's, unless they are more than `limit`.
    pub(crate) async fn download(&self, room: &Room, url: &Url, limit: usize) -> Result<Option<Vec<u8>>, Trouble> {
        if !self.files.trusted(url) {
            return Err(Trouble::Rejected("the file is not kept by Slack, so it was not fetched".into()));
        }
        let token = self.token(&room.team)?;
        let request = Request::get(url.as_str())
            .header(AUTHORIZATION, format!("Bearer {}", token.token_value.0))
            .body(Empty::new())
            .map_err(|error| Trouble::Rejected(format!("the file has no proper address: {error}")))?;
        let work = async {
            let answer = self.files.client.request(request).await.map_err(unreachable_files)?;
            let page = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            match answer.status() {
                StatusCode::OK if !page => {}
                status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                    return Err(Trouble::Unavailable(format!("Slack answered for a file with the status {status}")));
                }
                // Without the scope, Slack shows its login page.
                _ => {
                    return Err(Trouble::Rejected(
                        "Slack did not hand out the file: the app needs the scope `files:read`, and to be in the \
                         channel"
                            .into(),
                    ));
                }
            }
            let long = answer.headers().get(CONTENT_LENGTH).and_then(|long| long.to_str().ok()?.parse::<usize>().ok());
            if long.is_some_and(|long| long > limit) {
                return Ok(None);
            }
            match Limited::new(answer.into_body(), limit).collect().await {
                Ok(bytes) => Ok(Some(bytes.to_bytes().to_vec())),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(None),
                Err(error) => Err(unreachable_files(error)),
            }
        };
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => {
                Err(Trouble::Unavailable(format!("Slack did not hand out a file within {} s", PATIENCE.as_secs())))
            }
        }
    }

    /// Puts a text into a thread as a file. It is seen once the last of three calls is made.
    pub(crate) async fn upload(
        &self,
        room: &Room,
        root: &str,
        name: &str,
        title: &str,
        text: &str,
    ) -> Result<(), Trouble> {
        let length = text.len().to_string();
        let place: Place =
            self.get(Method::UploadUrl, room, &[("filename", Some(name)), ("length", Some(&length))]).await?;
        self.put(room, place.upload_url, text.as_bytes()).await?;
        let files = [Uploaded { id: &place.file_id, title }];
        let complete = Complete { files, channel_id: &room.channel, thread_ts: root };
        let Nothing {} = self.post(Method::CompleteUpload, room, &complete).await?;
        Ok(())
    }
}

fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn unreachable_files(error: impl std::fmt::Display) -> Trouble {
    Trouble::Unavailable(format!("Slack could not be reached for a file: {error}"))
}
