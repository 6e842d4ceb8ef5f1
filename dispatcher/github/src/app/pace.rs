//! How fast GitHub may be asked: its stated limits, kept before it has to refuse.

use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_posting::bucket::{Buckets, Limit};

/// GitHub takes 900 points a minute from one installation; a look costs one and a change five. And it takes 5,000 calls an
/// hour, from large installations more. Both are shared out, so that nobody's looking keeps anybody from posting:
/// 350 + 30 × 5 + 80 × 5, and 3,000 + 1,400 + 500.
const LOOKS: [Limit; 2] =
    [Limit::Window { count: 350, per: Span::minutes(1) }, Limit::Window { count: 3_000, per: Span::hours(1) }];
/// Changes that nobody is told of: tokens made and ended, things removed.
const CHANGES: [Limit; 2] =
    [Limit::Window { count: 30, per: Span::minutes(1) }, Limit::Window { count: 1_400, per: Span::hours(1) }];
/// Whatever people get to see: GitHub's own limits for it.
const CONTENT: [Limit; 2] =
    [Limit::Window { count: 80, per: Span::minutes(1) }, Limit::Window { count: 500, per: Span::hours(1) }];

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

/// What was asked lately, of each installation; the App itself is none.
#[derive(Debug, Default)]
pub(crate) struct Pace(Buckets);

impl Pace {
    /// Takes what a call costs, or says when it may be made.
    pub(crate) fn take(&self, installation: Option<u64>, cost: Cost, now: Time) -> Result<(), Error> {
        let all = key(installation);
        let (one, limits, words): (_, &[Limit], _) = match cost {
            Cost::Look => (format!("{all}/look"), &LOOKS, "350 looks a minute and 3,000 an hour"),
            Cost::Change => (format!("{all}/change"), &CHANGES, "30 changes a minute and 1,400 an hour"),
            Cost::Content => (format!("{all}/content"), &CONTENT, "80 posts a minute and 500 an hour"),
        };
        let taken = self.0.take_all(&[(&all, &[]), (&one, limits)], now);
        taken.map_err(|until| Error::later(until, format!("GitHub is asked for at most {words}")))
    }

    /// GitHub said not to ask before `until`.
    pub(crate) fn hold(&self, installation: Option<u64>, until: Time) {
        self.0.hold(&key(installation), until);
    }
}

fn key(installation: Option<u64>) -> String {
    installation.map_or_else(|| "app".to_owned(), |id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_posts_at_once_take_two_hours_and_no_window_is_ever_over_its_limit() {
        let (pace, mut made) = (Pace::default(), Vec::new());
        let mut waiting: std::collections::BTreeSet<(Time, u32)> = (0..1_000).map(|post| (Time(1_000), post)).collect();
        while let Some((now, post)) = waiting.pop_first() {
            match pace.take(Some(1), Cost::Content, now) {
                Ok(()) => made.push(now),
                Err(Error::Later { until, .. }) => {
                    assert!(until > now);
                    waiting.insert((until, post));
                }
                Err(other) => panic!("{other}"),
            }
        }
        for (count, per) in [(80, Span::minutes(1)), (500, Span::hours(1))] {
            for (place, at) in made.iter().enumerate() {
                assert!(made[place..].iter().take_while(|later| **later - *at < per).count() <= count);
            }
        }
        assert!(*made.last().unwrap() - Time(1_000) < Span::hours(2), "nobody waits for long without need");
        assert_eq!(
            pace.take(Some(2), Cost::Content, *made.last().unwrap()),
            Ok(()),
            "another installation has its own"
        );
    }

    #[test]
    fn all_that_is_asked_in_an_hour_stays_under_what_github_takes() {
        let most = |limits: &[Limit]| {
            let hour = |limit: &Limit| match limit {
                Limit::Window { count, per } if *per == Span::hours(1) => Some(*count),
                Limit::Window { .. } | Limit::Rate { .. } => None,
            };
            limits.iter().find_map(hour).unwrap()
        };
        assert!(most(&LOOKS) + most(&CHANGES) + most(&CONTENT) <= 5_000);
        let pace = Pace::default();
        let mut now = Time(0);
        for _ in 0..3_000 {
            while let Err(Error::Later { until, .. }) = pace.take(Some(1), Cost::Look, now) {
                now = until;
            }
        }
        assert!(now < Time(0) + Span::hours(1));
        assert!(
            matches!(pace.take(Some(1), Cost::Look, now), Err(Error::Later { until, .. }) if until >= Time(0) + Span::hours(1))
        );
        assert_eq!(pace.take(Some(1), Cost::Content, now), Ok(()), "looking keeps nobody from posting");
    }

    #[test]
    fn nobody_asks_before_the_time_github_named() {
        let pace = Pace::default();
        pace.hold(None, Time(5_000));
        pace.hold(None, Time(4_000));
        assert!(
            matches!(pace.take(None, Cost::Look, Time(4_999)), Err(Error::Later { until, .. }) if until >= Time(5_000))
        );
        assert_eq!(pace.take(Some(1), Cost::Look, Time(4_999)), Ok(()), "each installation is held by itself");
        assert_eq!(pace.take(None, Cost::Look, Time(20_000)), Ok(()));
    }
}
