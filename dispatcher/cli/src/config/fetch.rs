//! `[fetch]`: what may be gathered for a request, whatever plugins ask for.

use serde::Deserialize;
use signalbox_domain::identity::Permission;
use signalbox_engine::Fetching;
use signalbox_plugin_host::grant::Policy;

/// What may be gathered for a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Fetch {
    /// The hosts of the web that may be read: `docs.example.com`, `*.example.com`. By itself none.
    pub(crate) hosts: Vec<String>,
    /// Whether a request about one repository may read others: whoever may ask about one may then see the others.
    pub(crate) other_repositories: bool,
    /// Whoever may do less than this in a repository is not heard there: `read`, `triage` (by itself), `write`.
    pub(crate) least: Option<Permission>,
    /// The prefetchers, by id, without which nothing is begun.
    pub(crate) required: Vec<String>,
    /// The most tokens of what is gathered.
    pub(crate) tokens: Option<u64>,
}

impl Fetch {
    /// For the engine.
    pub(crate) fn for_engine(&self) -> Fetching {
        let own = Fetching::default();
        Fetching {
            hosts: self.hosts.iter().map(|host| host.to_lowercase()).collect(),
            least: self.least.unwrap_or(own.least),
            required: self.required.clone(),
            tokens: self.tokens.unwrap_or(own.tokens),
        }
    }

    /// For the plugin host.
    pub(crate) fn for_plugins(&self) -> Policy {
        Policy {
            hosts: self.hosts.iter().map(|host| host.to_lowercase()).collect(),
            other_repositories: self.other_repositories,
        }
    }
}
