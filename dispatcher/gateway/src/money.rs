//! Money to the millionth of a millionth of a dollar, so that a single token has a price without a remainder.

use std::fmt;
use std::str::FromStr;

/// A millionth of a millionth of a dollar is 1.
const DOLLAR: u64 = 1_000_000_000_000;
const MICRO: u64 = DOLLAR / 1_000_000;

/// An amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a dollar.
    pub fn micro_usd(micro: u64) -> Self {
        Self(micro.saturating_mul(MICRO))
    }

    /// In millionths of a dollar, rounded up: nobody is told less than it cost.
    pub fn to_micro_usd(self) -> u64 {
        self.0.div_ceil(MICRO)
    }

    /// This much, so many times.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// How many of `price` it pays.
    pub fn pays(self, price: Self) -> u64 {
        self.0.checked_div(price.0).unwrap_or(u64::MAX)
    }

    /// What is left of it after `other`, if anything.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, |sum, one| sum + one)
    }
}

/// To the cent; below ten cents to the hundredth of one.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ten_thousandths = self.0.div_ceil(DOLLAR / 10_000);
        if ten_thousandths < 1_000 {
            write!(f, "${}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
        } else {
            let cents = self.0.div_ceil(DOLLAR / 100);
            write!(f, "${}.{:02}", cents / 100, cents % 100)
        }
    }
}

/// The price of one of a million that cost so many dollars: `3.75`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PerMillion(pub(crate) Money);

impl FromStr for PerMillion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no price: dollars for a million tokens, with at most 6 decimals");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 6 || part.len() > 6 || !digits(whole) || !digits(part) {
            return Err(wrong());
        }
        let number = format!("{whole}{part:0<6}").parse().map_err(|_| wrong())?;
        Ok(Self(Money(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_of_one_cost_what_is_said_for_a_million() {
        let price = |text: &str| text.parse::<PerMillion>().map(|price| price.0.times(1_000_000).to_micro_usd());
        assert_eq!(price("3.75"), Ok(3_750_000));
        assert_eq!(price("0.005"), Ok(5_000));
        assert_eq!(price("12"), Ok(12_000_000));
        for wrong in ["", ".5", "-1", "1e3", "1.0000001", "1,5", "١"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_is_never_less_than_what_it_was() {
        assert_eq!(Money::micro_usd(1).to_string(), "$0.0001");
        assert_eq!(Money::micro_usd(99_900).to_string(), "$0.0999");
        assert_eq!(Money::micro_usd(1_234_567).to_string(), "$1.24");
        assert_eq!(Money(1).to_micro_usd(), 1);
    }
}
