//! Which App we are, and where its GitHub is.

use std::collections::BTreeMap;

use signalbox_domain::identity::Roles;
pub use signalbox_webhook::Secret;

/// What an installation of Signalbox knows of its GitHub App.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The App's id.
    pub app_id: u64,
    /// The App's private key, as GitHub hands it out: PEM.
    pub private_key: Secret,
    /// The secrets its deliveries are signed with; two while one takes the other's place. None: the edge is closed.
    pub webhook_secrets: Vec<Secret>,
    /// Where the API is, without a slash at its end.
    pub api_url: String,
    /// Where people and git go, without a slash at its end.
    pub web_url: String,
    /// The name it is mentioned by, without `@`.
    pub mention: String,
    /// What people may do.
    pub roles: Roles,
    /// Programs that may ask: the immutable id of the account each acts under, and the id of its App. A program needs
    /// this and a role of its own; a name is no trust.
    pub bots: BTreeMap<u64, u64>,
    /// The label that asks for us; `None`: no label does.
    pub label: Option<String>,
    /// The login that stands for us where work is assigned; `None`: the one the App acts under.
    pub assignee: Option<String>,
    /// What people link their accounts with; `None`: they cannot.
    pub oauth: Option<Oauth>,
}

/// The App as people sign in with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oauth {
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: Secret,
}

impl Settings {
    /// Those of an App on github.com.
    pub fn new(app_id: u64, private_key: Secret, mention: &str) -> Self {
        Self {
            app_id,
            private_key,
            webhook_secrets: Vec::new(),
            api_url: "https://api.github.com".to_owned(),
            web_url: "https://github.com".to_owned(),
            mention: mention.to_owned(),
            roles: Roles::default(),
            bots: BTreeMap::new(),
            label: Some("signalbox".to_owned()),
            assignee: None,
            oauth: None,
        }
    }
}
