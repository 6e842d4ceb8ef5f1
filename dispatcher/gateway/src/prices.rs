//! What models cost: a table, with where it is from and when that was.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::money::{Money, PerMillion};
use crate::tokens::{Keeps, Tokens};

/// The table this version comes with.
const SHIPPED: &str = include_str!("../prices.toml");

/// What models cost.
#[derive(Clone, Debug)]
pub struct Prices {
    source: Source,
    models: BTreeMap<String, Price>,
}

/// Where a table is from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The day.
    pub as_of: String,
    /// Who says so.
    pub from: String,
}

/// What one model costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    rate: Rate,
    /// The rate of a call that reads more tokens than this.
    above: Option<(u64, Rate)>,
    /// The most tokens one answer has.
    pub most: u64,
}

/// What one token costs, each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    input: Money,
    cached: Money,
    kept: Money,
    kept_long: Money,
    output: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: Source,
    model: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    input: String,
    cached: Option<String>,
    kept: Option<String>,
    kept_long: Option<String>,
    output: String,
    most: u64,
    above: Option<Above>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Above {
    tokens: u64,
    input: String,
    cached: Option<String>,
    kept: Option<String>,
    kept_long: Option<String>,
    output: String,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the price table: {0}")]
pub struct Unreadable(String);

impl Prices {
    /// The table this version comes with.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn shipped() -> Self {
        Self::read(SHIPPED).expect("the shipped table is read by a test")
    }

    /// Reads a table as `prices.toml` is one.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let file: File = toml::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
        let mut models = BTreeMap::new();
        for (name, entry) in file.model {
            let price = entry.price().map_err(|error| Unreadable(format!("{name}: {error}")))?;
            models.insert(name, price);
        }
        Ok(Self { source: file.source, models })
    }

    /// With the models of `team` added; where both have one, the team's counts.
    #[must_use]
    pub fn with(mut self, team: Self) -> Self {
        self.models.extend(team.models);
        self
    }

    /// Where it is from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What `model` costs. A name also stands for itself with a date behind it. A model that is not in the table has no
    /// price, and is never guessed one.
    pub fn of(&self, model: &str) -> Option<Price> {
        let undated = model.rsplit_once('-').filter(|(_, date)| dated(date)).map(|(name, _)| name);
        self.models.get(model).or_else(|| self.models.get(undated?)).copied()
    }
}

fn dated(text: &str) -> bool {
    text.len() == 8 && text.starts_with("20") && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Entry {
    fn price(self) -> Result<Price, String> {
        let above = match self.above {
            Some(above) => Some((
                above.tokens,
                Rate::read(&above.input, &above.cached, &above.kept, &above.kept_long, &above.output)?,
            )),
            None => None,
        };
        let rate = Rate::read(&self.input, &self.cached, &self.kept, &self.kept_long, &self.output)?;
        Ok(Price { rate, above, most: self.most })
    }
}

impl Rate {
    fn read(
        input: &str,
        cached: &Option<String>,
        kept: &Option<String>,
        kept_long: &Option<String>,
        output: &str,
    ) -> Result<Self, String> {
        let price = |text: &str| text.parse::<PerMillion>().map(|price| price.0);
        let or_input = |text: &Option<String>| text.as_deref().map_or_else(|| price(input), price);
        Ok(Self {
            input: price(input)?,
            cached: or_input(cached)?,
            kept: or_input(kept)?,
            kept_long: or_input(if kept_long.is_some() { kept_long } else { kept })?,
            output: price(output)?,
        })
    }
}

impl Price {
    fn rate(&self, read: u64) -> &Rate {
        match &self.above {
            Some((tokens, above)) if read > *tokens => above,
            Some(_) | None => &self.rate,
        }
    }

    /// What `tokens` cost.
    pub fn cost(&self, tokens: &Tokens) -> Money {
        let rate = self.rate(tokens.read());
        [
            rate.input.times(tokens.input),
            rate.cached.times(tokens.cached),
            rate.kept.times(tokens.kept),
            rate.kept_long.times(tokens.kept_long),
            rate.output.times(tokens.output),
        ]
        .into_iter()
        .sum()
    }

    /// The most that reading so many tokens can cost, if no more is kept than that, and what each written one costs then.
    pub(crate) fn most_for(&self, read: u64, keeps: Keeps) -> (Money, Money) {
        let rate = self.rate(read);
        let dearest = rate.input.max(rate.cached);
        let dearest = match keeps {
            Keeps::Nothing => dearest,
            Keeps::Short => dearest.max(rate.kept),
            Keeps::Long => dearest.max(rate.kept).max(rate.kept_long),
        };
        (dearest.times(read), rate.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_says_where_it_is_from_and_has_the_models_agents_ask_for() {
        let prices = Prices::shipped();
        assert_eq!(prices.source().as_of, "2026-11-21");
        for model in ["claude-opus-5-5", "claude-sonnet-4-5", "gpt-6-sol", "gemini-2.5-pro", "claude-opus-4-5-20251101"]
        {
            assert!(prices.of(model).is_some(), "{model}");
        }
        for model in ["claude-opus-5-5-turbo", "gpt-6-sol-2026", "", "claude-opus-4-5-99999999"] {
            assert!(prices.of(model).is_none(), "{model}");
        }
    }

    /// What `claude-code` 2.1.329 says that the same tokens cost.
    #[test]
    fn it_computes_what_the_providers_own_program_computes() {
        let tokens = Tokens { input: 36, cached: 37_750, kept: 9_850, kept_long: 0, output: 414 };
        let cost = |model| Prices::shipped().of(model).map(|price| price.cost(&tokens).to_micro_usd());
        assert_eq!(cost("claude-opus-5-5"), Some(65_224));
        assert_eq!(cost("claude-sonnet-4-5"), Some(54_581), "0.0545805, rounded up");
    }

    #[test]
    fn a_long_call_costs_the_dearer_rate_as_a_whole() {
        let price = Prices::shipped().of("gpt-6-sol").expect("it is in the table");
        let read = |input| price.cost(&Tokens { input, ..Tokens::default() }).to_micro_usd();
        assert_eq!(read(272_000), 272_000 * 2);
        assert_eq!(read(272_001), 272_001 * 4);
    }

    #[test]
    fn no_tokens_cost_more_than_was_reserved_for_them() {
        for name in ["claude-opus-5-5", "gpt-6-sol", "gemini-2.5-pro", "gpt-5-pro"] {
            let price = Prices::shipped().of(name).expect("it is in the table");
            let tokens = Tokens { input: 10, cached: 150_000, kept: 70_000, kept_long: 60_000, output: 900 };
            let (read, written) = price.most_for(tokens.read(), Keeps::Long);
            assert!(price.cost(&tokens) <= read + written.times(900), "{name}");
        }
    }
}
