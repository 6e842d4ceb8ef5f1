//! What may still be spent: money is set aside before a call and settled after it, so that no call passes the cap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::money::Money;

/// The account of one box (or of several that share a cap). A clone is the same account.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Account>);

#[derive(Debug)]
struct Account {
    cap: Money,
    sums: Mutex<Sums>,
    settled: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    spent: Money,
    held: Money,
}

/// What a call may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The most that reading it costs.
    pub(crate) read: Money,
    /// What each token of the answer costs.
    pub(crate) written: Money,
    /// The tokens of the answer it would like to have at most.
    pub(crate) most: u64,
    /// Those below which it makes no sense.
    pub(crate) least: u64,
}

/// Why nothing is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Short {
    /// There is not enough left, and no call is open that could give some back.
    #[error("the call may cost {need}, and {left} of the cap of {cap} is left")]
    Spent { need: Money, left: Money, cap: Money },
    /// Other calls hold what is left, for longer than anybody waits.
    #[error("other calls of this box hold what is left of the cap of {cap}")]
    Held { cap: Money },
}

impl Ledger {
    /// An account with so much in it.
    pub fn new(cap: Money) -> Self {
        Self(Arc::new(Account { cap, sums: Mutex::default(), settled: Notify::new() }))
    }

    /// What was spent by calls that are settled.
    pub fn spent(&self) -> Money {
        self.sums().spent
    }

    /// What is set aside for calls that are not.
    pub fn held(&self) -> Money {
        self.sums().held
    }

    /// The most that may be spent.
    pub fn cap(&self) -> Money {
        self.0.cap
    }

    /// Sets aside what `ask` may cost at most: for as many tokens of an answer as there is money for. Waits for other
    /// calls to be settled, if that could be enough.
    pub(crate) async fn hold(&self, ask: &Ask, patience: Duration) -> Result<Hold, Short> {
        let until = Instant::now() + patience;
        let cap = self.0.cap;
        loop {
            // Before looking, so that what is settled in between is not missed.
            let settled = self.0.settled.notified();
            {
                let mut sums = self.sums();
                let need = ask.read + ask.written.times(ask.least);
                let left = cap.less(sums.spent);
                if need > left {
                    return Err(Short::Spent { need, left, cap });
                }
                let free = left.less(sums.held);
                if need <= free {
                    let tokens = free.less(ask.read).pays(ask.written).min(ask.most);
                    let amount = ask.read + ask.written.times(tokens);
                    sums.held = sums.held + amount;
                    return Ok(Hold { ledger: self.clone(), amount, tokens });
                }
            }
            if timeout_at(until, settled).await.is_err() {
                return Err(Short::Held { cap });
            }
        }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, held: Money, cost: Money) {
        let mut sums = self.sums();
        sums.held = sums.held.less(held);
        sums.spent = sums.spent + cost;
        drop(sums);
        self.0.settled.notify_waiters();
    }
}

/// Money set aside for one call. Dropped, it is spent as a whole: what is not known did happen.
#[derive(Debug)]
pub(crate) struct Hold {
    ledger: Ledger,
    amount: Money,
    /// The tokens of an answer it pays.
    pub(crate) tokens: u64,
}

impl Hold {
    /// The call cost `cost`.
    pub(crate) fn settle(mut self, cost: Money) {
        let amount = std::mem::take(&mut self.amount);
        self.ledger.give_back(amount, cost);
    }

    /// All of it.
    pub(crate) fn amount(&self) -> Money {
        self.amount
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.amount > Money::ZERO {
            self.ledger.give_back(self.amount, self.amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn ask(most: u64) -> Ask {
        Ask { read: Money::micro_usd(10), written: Money::micro_usd(1), most, least: 5 }
    }

    #[tokio::test]
    async fn an_answer_is_as_long_as_there_is_money_for() {
        let ledger = Ledger::new(Money::micro_usd(100));
        let first = ledger.hold(&ask(30), NOW).await.expect("there is enough");
        assert_eq!((first.tokens, first.amount()), (30, Money::micro_usd(40)));
        let second = ledger.hold(&ask(1_000), NOW).await.expect("there is enough for a shorter one");
        assert_eq!((second.tokens, ledger.held()), (50, Money::micro_usd(100)));
        assert_eq!(ledger.hold(&ask(30), NOW).await.err(), Some(Short::Held { cap: ledger.cap() }));
        first.settle(Money::micro_usd(12));
        drop(second);
        assert_eq!((ledger.spent(), ledger.held()), (Money::micro_usd(72), Money::ZERO), "what is not known was spent");
        let third = ledger.hold(&ask(1_000), NOW).await.expect("what was given back");
        third.settle(Money::micro_usd(28));
        assert!(matches!(ledger.hold(&ask(30), NOW).await, Err(Short::Spent { .. })));
        assert_eq!(ledger.spent(), ledger.cap());
    }

    #[tokio::test]
    async fn who_finds_nothing_waits_for_what_others_give_back() {
        let ledger = Ledger::new(Money::micro_usd(100));
        let all = ledger.hold(&ask(1_000), NOW).await.expect("there is enough");
        let waiting = tokio::spawn({
            let ledger = ledger.clone();
            async move { ledger.hold(&ask(40), Duration::from_secs(60)).await.map(|hold| hold.tokens) }
        });
        tokio::task::yield_now().await;
        all.settle(Money::micro_usd(50));
        assert_eq!(waiting.await.expect("it ends"), Ok(40));
    }
}
