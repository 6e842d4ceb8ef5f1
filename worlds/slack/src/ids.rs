//! Names of things, as Slack makes them: a letter for the kind, then digits and capitals.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A workspace: `T…`.
    TeamId
);
id!(
    /// A person or an app's own user: `U…`.
    UserId
);
id!(
    /// A channel `C…`, a private one `G…` or a direct message `D…`.
    ChannelId
);
id!(
    /// An app: `A…`.
    AppId
);
id!(
    /// An app's face in one workspace: `B…`.
    BotId
);
id!(
    /// A file: `F…`.
    FileId
);
id!(
    /// A modal or a home tab: `V…`.
    ViewId
);
id!(
    /// When a message was said, which is also its name in its channel: `1700000000.000100`.
    Ts
);

impl Ts {
    /// The stamp of a moment, in microseconds since 1970.
    pub fn at(micros: u64) -> Self {
        Self(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000))
    }

    /// The moment, in microseconds since 1970; 0 for what is no stamp.
    pub fn micros(&self) -> u64 {
        let (seconds, fraction) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        let seconds: u64 = seconds.parse().unwrap_or(0);
        let fraction: u64 = fraction.parse().unwrap_or(0);
        seconds.saturating_mul(1_000_000).saturating_add(fraction)
    }
}
