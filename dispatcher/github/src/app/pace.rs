//! How fast GitHub may be asked: its stated limits, kept before it has to refuse.

use std::collections::{BTreeMap, VecDeque};

use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;

/// A bound on what happens within a time.
struct Limit {
    /// At most so many points.
    points: u32,
    /// Within so long.
    within: Span,
    /// What it is, for people.
    words: &'static str,
}

/// Of everything: a look costs one point, a change five.
const ALL: Limit = Limit { points: 900, within: Span::minutes(1), words: "900 points a minute" };
/// Of whatever people get to see.
const CONTENT: [Limit; 2] = [
    Limit { points: 80, within: Span::minutes(1), words: "80 posts a minute" },
    Limit { points: 500, within: Span::hours(1), words: "500 posts an hour" },
];

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// It looks.
    Look,
    /// It changes something that nobody is told of.
    Change,
    /// It changes something that people see.
    Content,
}

/// What was asked lately, of each installation.
#[derive(Default)]
pub(crate) struct Pace(BTreeMap<Option<u64>, Recent>);

#[derive(Default)]
struct Recent {
    all: Window,
    content: [Window; 2],
    /// GitHub said not to ask before.
    held: Option<(Time, String)>,
}

impl Pace {
    /// Takes what a call costs, or says when it may be made.
    pub(crate) fn take(&mut self, installation: Option<u64>, cost: Cost, now: Time) -> Result<(), Error> {
        let recent = self.0.entry(installation).or_default();
        if let Some((until, why)) = recent.held.as_ref().filter(|(until, _)| *until > now) {
            return Err(Error::later(*until, why));
        }
        recent.held = None;
        let points = match cost {
            Cost::Look => 1,
            Cost::Change | Cost::Content => 5,
        };
        recent.all.room(&ALL, points, now)?;
        if cost == Cost::Content {
            for (window, limit) in recent.content.iter_mut().zip(&CONTENT) {
                window.room(limit, 1, now)?;
            }
            recent.content.iter_mut().for_each(|window| window.add(now, 1));
        }
        recent.all.add(now, points);
        Ok(())
    }

    /// GitHub said not to ask before `until`.
    pub(crate) fn hold(&mut self, installation: Option<u64>, until: Time, why: &str) {
        let recent = self.0.entry(installation).or_default();
        if recent.held.as_ref().is_none_or(|(before, _)| *before < until) {
            recent.held = Some((until, why.to_owned()));
        }
    }
}

/// What was spent, and when: nothing is estimated, so that no window of this length ever holds more than the limit.
#[derive(Default)]
struct Window {
    spent: VecDeque<(Time, u32)>,
    sum: u32,
}

impl Window {
    /// Whether there is room, or when there will be.
    fn room(&mut self, limit: &Limit, points: u32, now: Time) -> Result<(), Error> {
        // A clock that was set back must not make anybody wait for the time it showed before.
        self.spent.iter_mut().for_each(|(at, _)| *at = (*at).min(now));
        while let Some((_, gone)) = self.spent.pop_front_if(|(at, _)| now - *at >= limit.within) {
            self.sum -= gone;
        }
        let mut over = (self.sum + points).saturating_sub(limit.points);
        for (at, spent) in &self.spent {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*spent);
            if over == 0 {
                return Err(Error::later(
                    *at + limit.within,
                    format!("GitHub takes {} from one installation", limit.words),
                ));
            }
        }
        Ok(())
    }

    fn add(&mut self, now: Time, points: u32) {
        self.spent.push_back((now, points));
        self.sum += points;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_posts_take_two_hours_and_no_window_is_ever_over_its_limit() {
        let (mut pace, mut now, mut made) = (Pace::default(), Time(1_000), Vec::new());
        while made.len() < 1_000 {
            match pace.take(Some(1), Cost::Content, now) {
                Ok(()) => made.push(now),
                Err(Error::Later { until, .. }) => {
                    assert!(until > now);
                    now = until;
                }
                Err(other) => panic!("{other}"),
            }
        }
        for limit in &CONTENT {
            for (place, at) in made.iter().enumerate() {
                let within = made[place..].iter().take_while(|later| **later - *at < limit.within).count();
                assert!(within <= limit.points as usize, "{within} within {}", limit.words);
            }
        }
        assert_eq!(now - Time(1_000), Span::hours(1) + Span::minutes(6));
        assert_eq!(pace.take(Some(2), Cost::Content, now), Ok(()), "another installation has its own");
    }

    #[test]
    fn nobody_asks_before_the_time_github_named() {
        let mut pace = Pace::default();
        pace.hold(None, Time(5_000), "slow down");
        pace.hold(None, Time(4_000), "slow down");
        assert_eq!(pace.take(None, Cost::Look, Time(4_999)), Err(Error::later(Time(5_000), "slow down")));
        assert_eq!(pace.take(None, Cost::Look, Time(5_000)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting_for_longer() {
        let mut pace = Pace::default();
        for _ in 0..80 {
            pace.take(None, Cost::Content, Time(10_000_000)).unwrap();
        }
        let Err(Error::Later { until, .. }) = pace.take(None, Cost::Content, Time(1_000)) else { panic!("room?") };
        assert_eq!(until, Time(61_000));
    }
}
