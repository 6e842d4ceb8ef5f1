//! Stops, losses and limits: a box ends when it should, with everything in it, and never before.

use rustix::process::Signal;
use signalbox_domain::devbox::{Control, End, Limit, News};
use signalbox_domain::time::Span;

use crate::dispatcher::CLAIM;
use crate::world::{World, agent, assignment, processes, script, session, until};

/// A script that does not want to end, nor do its children, and that names itself `word` in the list of processes.
fn stubborn(word: &str) -> String {
    format!(
        "trap '' TERM; echo begun > begun.md; setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' {word} & \
         sh -c 'while :; do sleep 1; done' {word}; sleep 1000"
    )
}

/// Waits until `word` runs in the box.
fn runs(word: &str) {
    until("the script never started", || processes(word).iter().filter(|line| line.starts_with("sh\0")).count() >= 2);
}

#[test]
fn told_to_stop_it_ends_everything_and_keeps_the_work_so_far() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let work = agent("command", "command", &stubborn("stop-canary"));
    let mut runner = world.start(assignment(work, Some(world.checkout(&start))));
    runs("stop-canary");
    world.dispatcher.answer(Control::Stop);
    let finish = world.dispatcher.finish();
    assert_eq!(finish.end, End::Stopped);
    assert_eq!(processes("stop-canary"), Vec::<String>::new());
    assert_eq!(world.pushed("begun.md").as_deref(), Some("begun"));
    assert_eq!(finish.head.unwrap().as_str(), world.git(&["rev-parse", "signalbox/pricing"], world.forge()));
    assert!(runner.ended().success());
}

#[test]
fn told_to_stop_an_agent_has_a_moment_to_put_its_work_in_order() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let tidy = "trap 'i=0; while [ $i -lt 99999 ]; do i=$((i+1)); done; echo saved > saved.md; exit 0' TERM; sh -c 'while :; do sleep 1; done' tidy-canary & \
                sh -c 'while :; do sleep 1; done' tidy-canary & wait; wait";
    let mut runner = world.start(assignment(agent("command", "command", tidy), Some(world.checkout(&start))));
    runs("tidy-canary");
    world.dispatcher.answer(Control::Stop);
    assert_eq!(world.dispatcher.finish().end, End::Stopped);
    assert!(runner.ended().success());
    assert_eq!(world.pushed("saved.md").as_deref(), Some("saved"));
}

#[test]
fn partial_work_of_a_phase_that_may_not_push_is_kept_as_a_patch() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let mut checkout = world.checkout(&start);
    checkout.push = false;
    let mut runner = world.start(assignment(script(&stubborn("patch-canary")), Some(checkout)));
    runs("patch-canary");
    world.dispatcher.answer(Control::Stop);
    let finish = world.dispatcher.finish();
    assert_eq!((finish.end, finish.head), (End::Stopped, None));
    assert!(world.dispatcher.blob(&finish.artifacts["partial.patch"]).contains("+begun"));
    assert_eq!(world.pushed("README.md"), None);
    assert!(runner.ended().success());
}

#[test]
fn a_box_that_is_not_wanted_any_more_ends_at_once_and_says_and_pushes_nothing() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let mut runner = world.start(assignment(script(&stubborn("gone-canary")), Some(world.checkout(&start))));
    runs("gone-canary");
    world.dispatcher.answer(Control::Gone);
    assert!(runner.ended().success());
    assert_eq!(processes("gone-canary"), Vec::<String>::new());
    assert!(world.dispatcher.reports().iter().all(|report| !matches!(report.news, News::Finished(_))));
    assert_eq!(world.pushed("begun.md"), None);
}

#[test]
fn a_box_lost_while_its_agent_finished_does_not_push() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let wait = "cat > asked.md; while [ ! -e \"$SIGNALBOX_IN/go\" ]; do :; done";
    let mut work = assignment(agent("command", "command", wait), Some(world.checkout(&start)));
    // After the first beat none is due: only the question before the push can learn of the loss.
    work.heartbeat = Span::minutes(60);
    let mut runner = world.start(work);
    world.dispatcher.reported(1);
    world.dispatcher.answer(Control::Gone);
    until("the box is not furnished", || world.place().folder().join("in").exists());
    std::fs::write(world.place().folder().join("in/go"), "").unwrap();
    assert!(runner.ended().success());
    assert_eq!(world.dispatcher.reports().len(), 2);
    assert_eq!(world.pushed("asked.md"), None);
}

#[test]
fn a_runner_that_is_killed_takes_its_jail_with_it() {
    // Root makes its jails in another way than everybody else.
    for user in [None, rustix::process::geteuid().is_root().then_some(65_534)] {
        let mut world = World::new();
        world.user = user;
        let mut runner = world.start(assignment(script(&stubborn("kill-canary")), None));
        runs("kill-canary");
        runner.kill(Signal::KILL);
        runner.ended();
        until("the jail outlives its runner", || processes("kill-canary").is_empty());
    }
}

#[test]
fn what_an_agent_leaves_running_ends_with_it() {
    let world = World::new();
    let left = "setsid sh -c 'while :; do sleep 1; done' left-canary > /dev/null 2>&1 & echo bye";
    assert_eq!(world.run(assignment(script(left), None)).end, End::Ok);
    assert_eq!(processes("left-canary"), Vec::<String>::new());
}

#[test]
fn a_claim_is_good_once() {
    let world = World::new();
    let claim = world.place().folder().join("claim");
    assert_eq!(world.run(assignment(script("true"), None)).end, End::Ok);
    assert!(!claim.exists(), "the token is still there");
    std::fs::write(claim, CLAIM).unwrap();
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_signalbox-runner"))
        .args(["runner", "--box"])
        .arg(world.place().folder())
        .status();
    assert!(!again.unwrap().success());
    assert_eq!(world.dispatcher.claims(), 2);
}

#[test]
fn a_dispatcher_that_restarts_on_another_port_is_found_again_and_nothing_is_lost() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let work = agent("command", "command", "cat > asked.md; while [ ! -e \"$SIGNALBOX_IN/go\" ]; do :; done; echo ok");
    let mut runner = world.start(assignment(work, Some(world.checkout(&start))));
    world.dispatcher.reported(1);
    world.dispatcher.down(true);
    until("the box is not furnished", || world.place().folder().join("in").exists());
    let go = world.place().folder().join("in/go");
    std::fs::write(world.endpoint(), "http://127.0.0.1:9\n").unwrap();
    std::fs::write(go, "").unwrap();
    world.dispatcher.down(false);
    world.dispatcher.listen(&world.endpoint());
    let finish = world.dispatcher.finish();
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "ok"));
    assert!(runner.ended().success());
    assert!(world.pushed("asked.md").is_some());
}

#[test]
fn a_box_whose_dispatcher_never_comes_back_ends_itself() {
    let mut world = World::new();
    world.patience = Span(700);
    let mut runner = world.start(assignment(script(&stubborn("orphan-canary")), None));
    runs("orphan-canary");
    world.dispatcher.down(true);
    assert!(runner.ended().success());
    assert_eq!(processes("orphan-canary"), Vec::<String>::new());

    let mut world = World::new();
    world.patience = Span(300);
    world.dispatcher.down(true);
    assert!(!world.start(assignment(script("true"), None)).ended().success());
}

#[test]
fn over_its_time_it_is_ended() {
    let world = World::new();
    let mut work = assignment(script("sleep 1000"), None);
    work.timeout.wall = Span(300);
    assert_eq!(world.run(work).end, End::TimedOut { limit: Limit::Wall });
}

#[test]
fn without_any_activity_it_is_ended() {
    let world = World::new();
    let mut work = assignment(script("sleep 1000"), None);
    work.timeout.idle = Span(400);
    assert_eq!(world.run(work).end, End::TimedOut { limit: Limit::Idle });
}

#[test]
fn a_silent_build_is_activity() {
    let world = World::new();
    let mut work = assignment(script("while :; do :; done"), None);
    (work.timeout.idle, work.timeout.wall) = (Span(1_000), Span(2_500));
    assert_eq!(world.run(work).end, End::TimedOut { limit: Limit::Wall });
}

#[test]
fn over_the_budget_it_is_ended() {
    let world = World::new();
    let steps = [serde_json::json!({"usage": {"micro_usd": 2_000_000}}), serde_json::json!({"wait_ms": 50_000})];
    let finish = world.run(assignment(session(&steps), None));
    assert_eq!((finish.end, finish.usage.micro_usd), (End::Budget, 2_000_000));
    let mut work = assignment(script("sleep 1000"), None);
    work.budget.wall = Span(300);
    assert_eq!(World::new().run(work).end, End::Budget);
}

#[test]
fn what_the_runner_cannot_do_is_said_in_words() {
    let broken = |change: &dyn Fn(&World, &mut signalbox_domain::devbox::Assignment)| {
        let world = World::new();
        let start = world.commit("main", &[("README.md", "A shop.\n")]);
        let mut work = assignment(agent("command", "command", "true"), Some(world.checkout(&start)));
        change(&world, &mut work);
        let end = world.run(work).end;
        let End::Broken { transient: false, detail } = end else { panic!("{end:?}") };
        detail
    };
    let detail = broken(&|_, work| work.produces.push("plan.md".to_owned()));
    assert_eq!(detail, "the phase promised plan.md and did not write it");
    let detail = broken(&|_, work| work.task = agent("nobody", "x", "y"));
    assert!(
        detail.starts_with("there is no agent `nobody`: there are `command`, `scripted`, `claude-code`"),
        "{detail}"
    );
    let detail = broken(&|_, work| work.task = agent("scripted", "session", "sessions/plan.jsonl"));
    assert!(detail.contains("`sessions/plan.jsonl` is not in the commit"), "{detail}");
    let detail = broken(&|_, work| drop(work.files.insert("../../escape".to_owned(), String::new())));
    assert!(detail.contains("leads out of its folder"), "{detail}");
    let detail = broken(&|_, work| work.checkout.as_mut().unwrap().branch = "--upload-pack=touch".to_owned());
    assert!(detail.contains("a branch that cannot be one"), "{detail}");
    let detail = broken(&|_, work| work.checkout.as_mut().unwrap().start = "ff".repeat(20).as_str().into());
    assert!(detail.starts_with("git fetch:"), "{detail}");
    let detail = broken(&|world, work| {
        work.task = agent("command", "command", "echo mine > README.md");
        world.commit("signalbox/pricing", &[("README.md", "Theirs.\n")]);
    });
    assert!(detail.contains("somebody else pushed to it"), "{detail}");
}

#[test]
fn a_command_of_ten_minutes_is_stopped_and_everything_of_it_is_gone() {
    let stops = std::env::var("SIGNALBOX_STOPS").ok().and_then(|stops| stops.parse().ok()).unwrap_or(3);
    let mut took: Vec<u128> = (0..stops)
        .map(|stop: usize| {
            let world = World::new();
            let start = world.commit("main", &[("README.md", "A shop.\n")]);
            let word = format!("ten-minutes-{stop}");
            let long =
                format!("echo half > half.md; sh -c 'sleep 600; true' {word} & sh -c 'sleep 600; true' {word}; wait");
            let mut work = assignment(agent("command", "command", &long), Some(world.checkout(&start)));
            // As often as a dispatcher asks for.
            work.heartbeat = Span::seconds(2);
            let mut runner = world.start(work);
            runs(&word);
            let asked = std::time::Instant::now();
            world.dispatcher.answer(Control::Stop);
            assert_eq!(world.dispatcher.finish().end, End::Stopped);
            assert!(runner.ended().success());
            let took = asked.elapsed().as_millis();
            assert_eq!(processes(&word), Vec::<String>::new());
            assert_eq!(world.pushed("half.md").as_deref(), Some("half"));
            took
        })
        .collect();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() * share).div_ceil(100).saturating_sub(1)];
    println!(
        "stops: {stops}, from the word to the end of the box: p50 {} ms, p95 {} ms, most {} ms",
        at(50),
        at(95),
        at(100)
    );
}
