//! What people attached, fetched when somebody asks for it.

use serde::Deserialize;
use signalbox_domain::talk::{Attachment, ThreadId};
use signalbox_ports::Error;
use url::Url;

use crate::Slack;
use crate::api::{Method, Room};

#[derive(Deserialize)]
struct Answer {
    file: File,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    url_private_download: Option<Url>,
    url_private: Option<Url>,
    is_external: bool,
    size: Option<u64>,
}

pub(super) async fn attachment(
    slack: &Slack,
    thread: &ThreadId,
    attachment: &Attachment,
    limit: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let room = Room::of(thread)?;
    if attachment.bytes > limit as u64 {
        return Ok(None);
    }
    let Answer { file } = slack.0.api.get(Method::FileInfo, &room, &[("file", Some(attachment.id.as_str()))]).await?;
    if file.is_external {
        return Err(Error::rejected(
            "the file is kept elsewhere and only linked on Slack: upload it, or paste what matters",
        ));
    }
    if file.size.is_some_and(|size| size > limit as u64) {
        return Ok(None);
    }
    let Some(url) = file.url_private_download.or(file.url_private) else {
        return Err(Error::rejected(
            "Slack does not say where the file is: it may be gone, or hidden by the workspace's plan",
        ));
    };
    Ok(slack.0.api.download(&room, &url, limit).await?)
}
