//! Every method, what it needs and how often it may be called.

use crate::api::{Method, Token, agents, apps, chat, conversations, files, people, reactions, stream, views};
use crate::limits::{GENEROUS, TIER_1, TIER_2, TIER_3, TIER_4, Tier};

const POST: &[&str] = &[
    "channel",
    "text",
    "markdown_text",
    "blocks",
    "attachments",
    "metadata",
    "thread_ts",
    "reply_broadcast",
    "unfurl_links",
    "unfurl_media",
    "username",
    "icon_emoji",
    "icon_url",
    "link_names",
    "parse",
    "as_user",
    "mrkdwn",
];
const UPDATE: &[&str] = &[
    "channel",
    "ts",
    "text",
    "markdown_text",
    "blocks",
    "attachments",
    "metadata",
    "reply_broadcast",
    "link_names",
    "parse",
    "as_user",
    "file_ids",
];
const EPHEMERAL: &[&str] = &[
    "channel",
    "user",
    "text",
    "markdown_text",
    "blocks",
    "attachments",
    "thread_ts",
    "username",
    "icon_emoji",
    "icon_url",
    "link_names",
    "parse",
    "as_user",
];
const START: &[&str] = &[
    "channel",
    "thread_ts",
    "recipient_user_id",
    "recipient_team_id",
    "markdown_text",
    "chunks",
    "task_display_mode",
    "icon_emoji",
    "icon_url",
    "username",
];
const STOP: &[&str] =
    &["channel", "ts", "text", "markdown_text", "blocks", "metadata", "chunks", "session_status", "attachments"];
const PAGE: &[&str] = &["channel", "ts", "cursor", "limit", "inclusive", "latest", "oldest", "include_all_metadata"];
const SESSION: &[&str] =
    &["status", "channel_id", "thread_ts", "title", "initiator_user_id", "icon_emoji", "icon_url", "username"];
const LIST: &[&str] = &["cursor", "limit", "exclude_archived", "types", "team_id", "user"];

macro_rules! method {
    ($name:literal, $token:ident, $scope:literal, $tier:expr, $takes:expr, $run:path) => {
        Method { name: $name, token: Token::$token, scope: $scope, tier: $tier, takes: $takes, run: $run }
    };
}

#[rustfmt::skip]
pub(super) const METHODS: &[Method] = &[
    method!("agents.sessions.rename", Bot, "chat:write", TIER_3, &["channel_id", "thread_ts", "title"], agents::rename),
    method!("agents.sessions.setStatus", Bot, "chat:write", TIER_3, SESSION, agents::set_status),
    method!("api.test", Bot, "", TIER_4, &["foo", "error"], people::api_test),
    method!("apps.connections.open", App, "", TIER_1, &[], apps::open_connection),
    method!("apps.manifest.create", Config, "", TIER_1, &["manifest", "app_id"], apps::create),
    method!("apps.manifest.export", Config, "", TIER_3, &["app_id"], apps::export),
    method!("apps.manifest.update", Config, "", TIER_1, &["manifest", "app_id"], apps::update),
    method!("apps.manifest.validate", Config, "", TIER_3, &["manifest", "app_id"], apps::validate),
    method!("assistant.threads.setStatus", Bot, "", Tier::PerMinute(600), &["channel_id", "thread_ts", "status", "loading_messages"], agents::typing),
    method!("assistant.threads.setTitle", Bot, "assistant:write", TIER_4, &["channel_id", "thread_ts", "title"], agents::title),
    method!("assistant.threads.setSuggestedPrompts", Bot, "assistant:write", TIER_4, &["channel_id", "thread_ts", "title", "prompts"], agents::prompts),
    method!("auth.test", Bot, "", GENEROUS, &[], people::auth_test),
    method!("bots.info", Bot, "users:read", TIER_3, &["bot", "team_id"], people::bot),
    method!("chat.appendStream", Bot, "chat:write", TIER_4, &["channel", "ts", "markdown_text", "chunks"], stream::append),
    method!("chat.delete", Bot, "chat:write", TIER_3, &["channel", "ts", "as_user"], chat::delete),
    method!("chat.getPermalink", Bot, "", GENEROUS, &["channel", "message_ts"], chat::permalink),
    method!("chat.postEphemeral", Bot, "chat:write", TIER_4, EPHEMERAL, chat::whisper),
    method!("chat.postMessage", Bot, "chat:write", Tier::PerChannel, POST, chat::post),
    method!("chat.startStream", Bot, "chat:write", TIER_2, START, stream::start),
    method!("chat.stopStream", Bot, "chat:write", TIER_2, STOP, stream::stop),
    method!("chat.update", Bot, "chat:write", TIER_3, UPDATE, chat::update),
    method!("conversations.history", Bot, "", TIER_3, PAGE, conversations::history),
    method!("conversations.info", Bot, "", TIER_3, &["channel", "include_locale", "include_num_members"], conversations::info),
    method!("conversations.join", Bot, "channels:join", TIER_3, &["channel"], conversations::join),
    method!("conversations.list", Bot, "", TIER_2, LIST, conversations::list),
    method!("conversations.members", Bot, "", TIER_4, &["channel", "cursor", "limit"], conversations::members),
    method!("conversations.open", Bot, "", TIER_3, &["channel", "users", "return_im", "prevent_creation"], conversations::open),
    method!("conversations.replies", Bot, "", TIER_3, PAGE, conversations::replies),
    method!("files.completeUploadExternal", Bot, "files:write", TIER_4, &["files", "channel_id", "thread_ts", "initial_comment", "channels", "blocks", "username", "icon_emoji", "icon_url"], files::complete),
    method!("files.getUploadURLExternal", Bot, "files:write", TIER_4, &["filename", "length", "alt_txt", "snippet_type"], files::upload_url),
    method!("files.info", Bot, "files:read", TIER_4, &["file", "cursor", "limit", "count", "page"], files::info),
    method!("reactions.add", Bot, "reactions:write", TIER_3, &["channel", "name", "timestamp"], reactions::add),
    method!("reactions.get", Bot, "reactions:read", TIER_3, &["channel", "timestamp", "full", "file"], reactions::get),
    method!("reactions.remove", Bot, "reactions:write", TIER_2, &["channel", "name", "timestamp", "full", "file"], reactions::remove),
    method!("team.info", Bot, "team:read", TIER_3, &["team", "domain"], people::team),
    method!("users.conversations", Bot, "", TIER_3, LIST, conversations::of_user),
    method!("users.info", Bot, "users:read", TIER_4, &["user", "include_locale"], people::user),
    method!("users.list", Bot, "users:read", TIER_2, &["cursor", "limit", "include_locale", "team_id"], people::users),
    method!("views.open", Bot, "", TIER_4, &["trigger_id", "view", "interactivity_pointer"], views::open),
    method!("views.publish", Bot, "", TIER_4, &["user_id", "view", "hash"], views::publish),
    method!("views.push", Bot, "", TIER_4, &["trigger_id", "view", "interactivity_pointer"], views::push),
    method!("views.update", Bot, "", TIER_4, &["view", "view_id", "external_id", "hash"], views::update),
];
