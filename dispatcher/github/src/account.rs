//! Who somebody of another chat is on GitHub, as they said themselves.

mod link;
mod page;

use serde::{Deserialize, Serialize};
use signalbox_domain::time::Time;
use signalbox_ports::Error;
use signalbox_ports::forge::Account;

use crate::app::Github;

pub use link::{LINK, Linked, link_routes};

/// What an account's id of ours begins with.
const ACCOUNT: &str = "github:";

/// What is kept of a person who said who they are.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Their immutable id on GitHub.
    account: u64,
    /// When they said so.
    at: Time,
}

impl Github {
    /// The account of a person of any chat. Where nobody can sign in, the team's roles decide alone.
    pub(crate) async fn account_of(&self, person: &str) -> Result<Account, Error> {
        if person.starts_with(ACCOUNT) {
            return Ok(Account::Known(person.to_owned()));
        }
        if let Some(note) = self.notes().get(&key(person)).await? {
            let kept: Kept = serde_json::from_str(&note.value)
                .map_err(|error| Error::rejected(format!("the account of {person} cannot be read: {error}")))?;
            return Ok(Account::Known(format!("{ACCOUNT}{}", kept.account)));
        }
        match &self.settings().oauth {
            Some(oauth) => Ok(Account::Unknown { url: self.sign_in(oauth, person)? }),
            None => Ok(Account::Any),
        }
    }

    /// Keeps who a person is, in place of whoever they were.
    async fn remember(&self, person: &str, account: u64) -> Result<(), Error> {
        let value = serde_json::to_string(&Kept { account, at: self.now() }).map_err(Error::rejected)?;
        let version = self.notes().get(&key(person)).await?.map_or(0, |note| note.version);
        match self.notes().put(&key(person), &value, version).await {
            Ok(_) => Ok(()),
            Err(Error::Conflict) => Err(Error::unavailable("the account was linked twice at once")),
            Err(error @ (Error::Later { .. } | Error::Unavailable(_) | Error::Rejected(_))) => Err(error),
        }
    }
}

/// Where a person's account is kept.
fn key(person: &str) -> String {
    format!("github/account/{person}")
}
