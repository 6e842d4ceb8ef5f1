//! Which App we are, and where its GitHub is.

use std::fmt;

use signalbox_domain::identity::Roles;

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
        }
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps the text from being printed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
