//! Addresses as they are written: which are asked for at all, and of whom.

use signalbox_ports::web::{Bounds, Refused};
use url::{Host, Url};

/// Endings that mean machines nearby, whatever a resolver says.
const NEARBY: [&str; 8] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "localdomain"];
/// The longest address that is asked for, in bytes.
const LONGEST: usize = 2_048;

/// An address that may be asked for, as far as its writing says.
pub(crate) fn checked(url: &str, bounds: &Bounds) -> Result<Url, Refused> {
    let host_says = |why: &str| Refused::Denied(format!("the host says no: {why}"));
    if url.len() > LONGEST {
        return Err(host_says("the address is too long"));
    }
    let url = Url::parse(url).map_err(|error| host_says(&format!("it is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(host_says("only http and https are read"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(host_says("the address names a user"));
    }
    if url.port().is_some() {
        return Err(host_says("the address names a port"));
    }
    let Some(Host::Domain(name)) = url.host() else {
        return Err(host_says("machines are asked for by name, not by number"));
    };
    let nearby = |ending: &str| name == ending || name.ends_with(&format!(".{ending}"));
    if name.ends_with('.') || !name.contains('.') || NEARBY.into_iter().any(nearby) {
        return Err(host_says(&format!("{name} is not the name of a machine on the public web")));
    }
    if !bounds.covers(name) {
        return Err(Refused::Denied(format!(
            "the operator says no: {name} is not on the list of hosts to read from ([fetch] hosts)"
        )));
    }
    Ok(url)
}
