//! Who somebody is on GitHub.

use signalbox_ports::Error;
use signalbox_ports::forge::Account;

use crate::app::Github;

impl Github {
    /// The account of a person of any chat.
    pub(crate) async fn account_of(&self, person: &str) -> Result<Account, Error> {
        if person.starts_with("github:") {
            return Ok(Account::Known(person.to_owned()));
        }
        Ok(Account::Any)
    }
}
