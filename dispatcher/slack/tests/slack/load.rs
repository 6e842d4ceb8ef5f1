//! Many runs in one channel while Slack has trouble: nothing is lost, nothing stays twice, no limit is passed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use signalbox_domain::id::{EffectId, RunId};
use signalbox_domain::post::{Mark, Post, Slot};
use signalbox_domain::talk::MessageId;
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::{Chat, Utterance};
use signalbox_world_slack::{AppSpec, Limits, Ts};

use crate::desk::Desk;

/// Runs, unless `RUNS` says how many.
const RUNS: usize = 60;
/// What each run does, in order.
const STEPS: [Step; 6] = [
    Step::Mark(Mark::Seen),
    Step::Status(1),
    Step::Mark(Mark::Working),
    Step::Status(2),
    Step::Closing,
    Step::Mark(Mark::Done),
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Mark(Mark),
    Status(u64),
    Closing,
}

struct Run {
    root: Ts,
    step: usize,
    tries: u32,
    known: Option<MessageId>,
}

#[tokio::test]
async fn many_runs_share_one_channel_and_slack_has_trouble() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let desk = Desk::new(AppSpec::everything("Signalbox"), Limits::Enforced).await;
    let mut roots = BTreeMap::new();
    for at in 0..runs {
        let root = desk.world.say(&desk.ana, &desk.channel, &format!("request {at}")).await.unwrap();
        roots.insert(at, Run { root, step: 0, tries: 0, known: None });
        desk.clock.advance(Span(10));
    }
    desk.world.faults(50);
    let mut due: BinaryHeap<Reverse<(Time, usize)>> = (0..runs).map(|at| Reverse((desk.clock_now(), at))).collect();
    while let Some(Reverse((time, at))) = due.pop() {
        if time > desk.clock_now() {
            desk.clock.set(time);
        }
        let Some(run) = roots.get_mut(&at) else { continue };
        match take(&desk, at, run).await {
            Ok(()) => {
                run.step += 1;
                run.tries = 0;
                if run.step < STEPS.len() {
                    due.push(Reverse((desk.clock_now(), at)));
                }
            }
            Err(Error::Later { until, .. }) => {
                run.tries += 1;
                due.push(Reverse((until, at)));
            }
            Err(Error::Unavailable(_)) => {
                run.tries += 1;
                due.push(Reverse((desk.clock_now() + Span::seconds(u64::from(run.tries).min(30)), at)));
            }
            Err(error @ (Error::Rejected(_) | Error::Conflict)) => panic!("run {at}: {error}"),
        }
    }
    let (mut lost, mut twice) = (0, 0);
    for run in roots.values() {
        let thread = desk.world.thread(&desk.channel, &run.root).unwrap();
        let ours: Vec<_> =
            thread.iter().filter(|seen| seen.by_app && !seen.deleted).map(|seen| seen.text.as_str()).collect();
        lost += usize::from(!ours.contains(&"status 2"))
            + usize::from(!ours.contains(&"closing"))
            + usize::from(thread[0].marks() != "✅");
        twice += ours.len().saturating_sub(2);
    }
    let meters = desk.world.meters();
    assert_eq!((lost, twice, meters.over_total(), meters.early_total()), (0, 0, 0, 0), "{meters:?}");
    assert!(meters.faults.values().sum::<u64>() > 0, "the faults happened: {meters:?}");
}

async fn take(desk: &Desk, at: usize, run: &mut Run) -> Result<(), Error> {
    let id = RunId(format!("01JQ{at:05}"));
    let thread = desk.thread_in(&desk.channel, &run.root);
    let utterance = |slot, text: &str, known: Option<MessageId>| Utterance {
        id: EffectId { run: id.clone(), version: run.step as u64 + 1, index: 0 },
        thread: thread.clone(),
        run: id.clone(),
        slot,
        post: Post::line(text),
        known,
        retried: run.tries > 0,
    };
    match STEPS[run.step] {
        Step::Mark(mark) => desk.slack.mark(&thread, &MessageId(run.root.0.clone()), mark).await,
        Step::Status(n) => {
            let said = desk.slack.say(&utterance(Slot::Status, &format!("status {n}"), run.known.clone())).await?;
            run.known = Some(said);
            Ok(())
        }
        Step::Closing => desk.slack.say(&utterance(Slot::Closing, "closing", None)).await.map(drop),
    }
}
