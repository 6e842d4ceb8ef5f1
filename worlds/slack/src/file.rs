//! Files: uploaded by people or by apps, read with a token.

use serde_json::{Value, json};

use crate::ids::{ChannelId, FileId, TeamId, Ts, UserId};

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) id: FileId,
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) mime: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) created: u64,
    pub(crate) channels: Vec<ChannelId>,
    /// The app that asked for an upload URL and has not completed it yet.
    pub(crate) pending: bool,
    /// The URL an app uploads it to.
    pub(crate) ticket: String,
    /// Its length as announced; what is uploaded must have it.
    pub(crate) announced: usize,
    pub(crate) shares: Vec<(ChannelId, Ts)>,
}

impl File {
    pub(crate) fn json(&self, base: &str) -> Value {
        let extension = self.name.rsplit_once('.').map_or("binary", |(_, extension)| extension).to_lowercase();
        let url = format!("{base}/files-pri/{}-{}/{}", self.team, self.id, encode(&self.name));
        let download = format!("{base}/files-pri/{}-{}/download/{}", self.team, self.id, encode(&self.name));
        json!({
            "id": self.id.0,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mime,
            "filetype": extension,
            "pretty_type": extension.to_uppercase(),
            "user": self.user.0,
            "user_team": self.team.0,
            "editable": false,
            "size": self.bytes.len(),
            "mode": "hosted",
            "is_external": false,
            "external_type": "",
            "is_public": true,
            "public_url_shared": false,
            "display_as_bot": false,
            "username": "",
            "url_private": url,
            "url_private_download": download,
            "permalink": format!("{base}/files/{}/{}/{}", self.user, self.id, encode(&self.name)),
            "is_starred": false,
            "has_rich_preview": false,
            "file_access": "visible",
        })
    }
}

fn encode(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
