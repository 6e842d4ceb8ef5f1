//! The page with a stand-in for everything behind it: real decisions, made-up work. For looking at the page.
//!
//! `cargo run -p signalbox-console --example stage -- <folder> [port]`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use signalbox_console::{ChangeState, Changes, Console, Listed, Member, Settings, Shown, Views, change_path};
use signalbox_domain::change::{Change, Check};
use signalbox_domain::context::{Bundle, Item, Omission, Trust};
use signalbox_domain::devbox::{DiffStat, End, Finish, Proposal, Usage};
use signalbox_domain::effect::Effect;
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{Commit, DeliveryId, Digest, PhaseName, Repository};
use signalbox_domain::route::{Candidate, Decision, Ground, Target};
use signalbox_domain::step::{Step, step};
use signalbox_domain::talk::{Person, Role};
use signalbox_domain::time::{Span, Time};
use signalbox_domain::workflow::{
    Access, Agent, Budget, Gate, Grant, OutputRule, Phase, Retry, Timeout, Work, Workflow,
};
use signalbox_ports::Error;
use signalbox_ports::blobs::Blobs as _;
use signalbox_ports::chat::{Chat as _, Utterance};
use signalbox_ports::clock::{Clock as _, System};
use signalbox_ports::intake::Intake;
use signalbox_ports::store::{self, Recorded, Store as _, Subject};
use signalbox_world::blobs::Blobs;
use signalbox_world::store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("say in which folder")?);
    let port: u16 = arguments.next().map_or(Ok(7979), |port| port.parse())?;
    let mut settings = Settings::local("Ana", "stage");
    let sam = Person { id: "console:sam".into(), name: "Sam".into(), role: Role::Maintainer };
    settings.members.push(Member { person: sam, token: "sam".into() });
    settings.rooms =
        vec![("general".into(), String::new()), ("website".into(), "repo:acme/website — the public site".into())];

    let (post, inbox) = unbounded_channel();
    let stage = Arc::new(Stage {
        store: Arc::default(),
        blobs: Arc::default(),
        post,
        console: Console::open(&folder, settings)?,
    });
    tokio::spawn(play(stage.clone(), inbox));
    let views = Views { store: stage.store.clone(), blobs: stage.blobs.clone(), changes: Some(stage.clone()) };
    let router = stage.console.routes(stage.clone(), views);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/?token=stage", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

struct Stage {
    store: Arc<Store>,
    blobs: Arc<Blobs>,
    post: UnboundedSender<Delivery>,
    console: Console,
}

#[async_trait]
impl Intake for Stage {
    async fn receive(&self, delivery: Delivery) -> Result<Recorded, Error> {
        let recorded = self.store.record(&delivery).await?;
        self.post.send(delivery).map_err(Error::unavailable)?;
        Ok(recorded)
    }
}

/// Steps every delivery and performs what comes of it.
async fn play(stage: Arc<Stage>, mut inbox: UnboundedReceiver<Delivery>) {
    while let Some(delivery) = inbox.recv().await {
        if let Err(error) = turn(&stage, &delivery).await {
            eprintln!("{}: {error}", delivery.event.id);
        }
    }
}

async fn turn(stage: &Arc<Stage>, delivery: &Delivery) -> Result<(), Error> {
    stage.store.record(delivery).await?;
    let subject = Subject::Thread(delivery.thread.clone());
    let run = stage.store.load(&subject).await?;
    let Step::Advanced { run: next, effects } = step(run.as_ref(), &delivery.thread, &delivery.event) else {
        return Ok(());
    };
    let loaded = run.as_ref().filter(|run| run.id == next.id).map_or(0, |run| run.version);
    let effects = Effect::owed(&next, delivery.event.at, effects);
    let commit = store::Commit {
        delivery: delivery.event.id.clone(),
        run: next.clone(),
        loaded,
        after: run.filter(|_| loaded == 0).map(|run| run.id),
        event: delivery.event.clone(),
        effects: effects.clone(),
    };
    stage.store.commit(&commit).await?;
    for owed in effects {
        let (thread, run) = (next.thread.clone(), next.id.clone());
        let id = owed.id.clone();
        match owed.effect {
            Effect::Say { slot, post } => {
                let say = Utterance { id, thread, run, slot, post, known: None, retried: false };
                stage.console.say(&say).await?;
            }
            Effect::Mark { message, mark } => stage.console.mark(&thread, &message, mark).await?,
            Effect::Whisper { to, post } => stage.console.whisper(&id, &thread, &to, &post).await?,
            // No forge runs checks here.
            Effect::Wake { .. } | Effect::Leave | Effect::Look { .. } => {}
            Effect::Route
            | Effect::Resolve { .. }
            | Effect::Admit
            | Effect::Gather { .. }
            | Effect::Provision { .. }
            | Effect::Halt { .. }
            | Effect::Release { .. }
            | Effect::Open { .. } => {
                let (stage, text) = (stage.clone(), next.request.text.clone());
                tokio::spawn(async move {
                    for (at, (pause, fact)) in
                        answers(&stage, &owed.effect, id.version, &text).await.into_iter().enumerate()
                    {
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                        let event = Event { id: DeliveryId(format!("effect:{id}:{at}")), at: System.now(), fact };
                        let _ = stage.post.send(Delivery { thread: thread.clone(), run: Some(run.clone()), event });
                    }
                });
            }
        }
    }
    Ok(())
}

/// What the world would say, and after how many milliseconds.
async fn answers(stage: &Stage, effect: &Effect, asked: u64, text: &str) -> Vec<(u64, Fact)> {
    let slow = if text.contains("slow") { 20 } else { 1 };
    match effect {
        Effect::Route => {
            let trace = kept(stage, "[]").await;
            vec![(300, Fact::Routed { asked, decision: decide(text), trace, parts: Vec::new(), verbose: false })]
        }
        Effect::Resolve { target } => {
            let workflow = workflow(target.repository.is_some(), text.contains("gate"));
            let base = target.repository.is_some().then(|| Commit("4f2a9c1".repeat(6)[..40].into()));
            vec![(100, Fact::Resolved { asked, workflow, base, onto: Some("main".into()), continues: None })]
        }
        Effect::Admit => vec![(50, Fact::Admitted)],
        Effect::Gather { .. } => {
            let omissions = vec![Omission { what: "design/brand.pdf".into(), why: "not text".into() }];
            let titles = vec!["AGENTS.md".into(), "src/pricing.html".into(), "the conversation so far".into()];
            vec![(300, Fact::Gathered { bundle: bundle(stage).await, titles, omissions })]
        }
        Effect::Provision { devbox, attempt } => {
            let (devbox, epoch) = (devbox.clone(), attempt.epoch);
            let at = |sequence, activity: &str| Fact::Progressed {
                devbox: devbox.clone(),
                epoch,
                sequence,
                activity: activity.into(),
                usage: Usage { micro_usd: 40_000 * sequence, tokens_in: 9_000, tokens_out: 800, turns: 2 },
            };
            let finish = finish(stage, &attempt.phase, text).await;
            vec![
                (400, Fact::Claimed { devbox: devbox.clone(), epoch, told: 0 }),
                (500 * slow, at(1, "reading src/pricing.html")),
                (900 * slow, at(2, "editing src/pricing.html")),
                (900 * slow, Fact::Finished { devbox, epoch, finish, invalid: vec![], refused: vec![] }),
            ]
        }
        Effect::Halt { devbox } => {
            let epoch = devbox.0.rsplit_once('-').and_then(|(_, epoch)| epoch.parse().ok()).unwrap_or(1);
            let finish = Finish { end: End::Stopped, ..finish(stage, &"".into(), text).await };
            vec![(400, Fact::Finished { devbox: devbox.clone(), epoch, finish, invalid: vec![], refused: vec![] })]
        }
        Effect::Release { devbox } => vec![(80, Fact::Released { devbox: devbox.clone() })],
        Effect::Open { phase, proposed } => {
            let diff = DiffStat { files: 3, added: 14, removed: 5 };
            let change = change(&proposed.title, diff);
            vec![(300, Fact::Opened { phase: phase.clone(), change })]
        }
        Effect::Leave
        | Effect::Look { .. }
        | Effect::Mark { .. }
        | Effect::Say { .. }
        | Effect::Whisper { .. }
        | Effect::Wake { .. } => vec![],
    }
}

fn decide(text: &str) -> Decision {
    let to = |repository: Option<&str>, workflow: &str| Target {
        workflow: workflow.into(),
        repository: repository.map(Into::into),
        branch: None,
        inputs: BTreeMap::new(),
    };
    let site = to(Some("acme/website"), "build");
    if text.contains("where") {
        let candidate = |name: &str, reason: &str| Candidate { target: to(Some(name), "build"), reason: reason.into() };
        return Decision::Ask {
            candidates: vec![
                candidate("acme/website", "it holds the public pages, and 11 of the last 12 requests here were for it"),
                candidate("acme/shop", "it has a page named pricing, too"),
            ],
            question: "Two repositories have a pricing page. Which one?".into(),
            failed: vec![],
        };
    }
    let target = if text.contains('?') { to(None, "answer") } else { site };
    let ground = Ground {
        decided: target.repository.as_ref().map_or("the workflow answer".into(), ToString::to_string),
        router: "channel@1.0.0".into(),
        rule: "topic".into(),
        reason: "the channel's topic says so".into(),
        matched: vec!["pricing page".into()],
        score: 900,
    };
    Decision::Go { target, grounds: vec![ground], failed: vec![] }
}

fn workflow(repository: bool, gated: bool) -> Workflow {
    let agent = || {
        Work::Agent(Agent { adapter: "scripted".into(), model: None, prompt: Digest::of(b"prompt"), consumes: vec![] })
    };
    let gate = Work::Gate(Gate {
        binds: vec!["head".into()],
        role: Role::Member,
        not_requester: false,
        expires: Span::hours(24),
        remind: None,
    });
    let mut names = vec![("plan", "Plan", agent())];
    if gated {
        names.push(("approve", "Approve the plan", gate));
    }
    if repository {
        names.push(("build", "Build", agent()));
        names.push(("check", "Check", Work::Script { script: "npm test".into() }));
        names.push(("review", "Review", agent()));
        names.push(("open", "Open", Work::OpenChange));
    } else {
        names = vec![("answer", "Answer", agent())];
    }
    let mut before: Vec<PhaseName> = vec![];
    let phases = names.into_iter().map(|(name, label, work)| {
        let needs = std::mem::replace(&mut before, vec![name.into()]);
        let rule = || OutputRule { max: 1, draft: true, title_prefix: String::new(), protect: vec![], allow: vec![] };
        Phase {
            name: name.into(),
            label: label.into(),
            needs,
            when: None,
            work,
            grant: Grant {
                permissions: BTreeMap::from([(
                    "contents".into(),
                    if name == "build" { Access::Write } else { Access::Read },
                )]),
                network: vec![],
                outputs: ["change_request", "answer"].into_iter().map(|kind| (kind.into(), rule())).collect(),
            },
            produces: vec![],
            output: None,
            timeout: Timeout { wall: Span::minutes(30), idle: Span::minutes(5), start: Span::minutes(3) },
            retry: Retry { max: 1, backoff: Span::seconds(1) },
            fix: None,
        }
    });
    Workflow {
        name: if repository { "build" } else { "answer" }.into(),
        description: "Plans, builds, checks and reviews a change.".into(),
        digest: Digest::of(b"workflow"),
        repository,
        role: Role::Member,
        budget: Budget { micro_usd: 8_000_000, wall: Span::hours(2), turns: 200 },
        phases: phases.collect(),
    }
}

async fn finish(stage: &Stage, phase: &PhaseName, text: &str) -> Finish {
    let answer = "The form asks for a phone number because `signup.html` requires it:\n\n- the field was added with the **call-back** feature\n- nothing reads it since that was switched off\n\n```html\n<input name=\"phone\" required>\n```\n\nIt can be removed. See [the guide](https://evil.example/) ![x](https://evil.example/pixel.png) @channel";
    let fails = text.contains("fail") && phase.0 == "check";
    let proposals = match phase.0.as_str() {
        "answer" => vec![Proposal::Answer { text: answer.into() }],
        "build" => vec![Proposal::ChangeRequest {
            title: "Pricing: $9 → $12 on pricing and FAQ".into(),
            body: "Changes the price on the pricing page and in the FAQ.".into(),
            not_done: "the PDF price list is not in this repository".into(),
        }],
        _ => vec![],
    };
    let lines = [
        json!({"at_ms": 2, "entry": "begin", "run": "01J", "phase": phase, "epoch": 1, "agent": "scripted", "sandboxed": true}),
        json!({"at_ms": 9, "entry": "prompt", "digest": "sha256:1f", "text": format!("You are given a request.\n\n> {text}\n\nPlan it.")}),
        json!({"at_ms": 800, "entry": "text", "text": "The price is in `src/pricing.html` and in the FAQ. I will change **both**."}),
        json!({"at_ms": 1200, "entry": "tool_call", "tool": "edit", "input": "src/pricing.html\n-<b>$9</b>\n+<b>$12</b>"}),
        json!({"at_ms": 1300, "entry": "tool_result", "ok": true, "output": "1 replacement"}),
        json!({"at_ms": 2400, "entry": "tool_call", "tool": "run", "input": "npm test"}),
        json!({"at_ms": 9100, "entry": "tool_result", "ok": false, "output": "1 of 214 failed: faq.test.js"}),
        json!({"at_ms": 9900, "entry": "usage", "micro_usd": 120000, "tokens_in": 18211, "tokens_out": 1204, "turns": 4}),
        json!({"at_ms": 9901, "entry": "end", "end": "ok"}),
    ];
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    Finish {
        end: if fails { End::Exit { code: 1 } } else { End::Ok },
        head: (phase.0 == "build").then(|| Commit("9b1deb4".repeat(6)[..40].into())),
        diff: if phase.0 == "build" { DiffStat { files: 3, added: 14, removed: 5 } } else { DiffStat::default() },
        output: (phase.0 == "plan").then(|| json!({"summary": "Change $9 to $12 in `src/pricing.html` and in the FAQ.\n\n1. edit both pages\n2. run the checks"})),
        proposals,
        artifacts: BTreeMap::new(),
        summary: if phase.0 == "check" { "214 passed".into() } else { String::new() },
        usage: Usage { micro_usd: 120_000, tokens_in: 18_211, tokens_out: 1_204, turns: 4 },
        transcript: Some(kept(stage, &lines.join("\n")).await),
    }
}

async fn bundle(stage: &Stage) -> Digest {
    let item = |title: &str, trust, text: &str| Item {
        title: title.into(),
        source: format!("acme/website@4f2a9c1:{title}"),
        author: None,
        trust,
        prefetcher: "repo-guide@1.0.0".into(),
        text: text.into(),
        digest: Digest::of(text.as_bytes()),
        weight: 10,
    };
    let items = vec![
        item("AGENTS.md", Trust::Reviewed, "# How to work here\n\nRun `npm test`."),
        item("src/pricing.html", Trust::Reviewed, "<main>\n  <b>$9</b>\n</main>"),
        item("the conversation so far", Trust::Team, "Ana: the pricing page says $9"),
    ];
    kept(
        stage,
        &serde_json::to_string(&Bundle { items, omissions: vec![], tokens: None, gathering: None, given: None })
            .unwrap_or_default(),
    )
    .await
}

async fn kept(stage: &Stage, text: &str) -> Digest {
    stage.blobs.put(text.as_bytes()).await.unwrap_or_else(|_| Digest::of(text.as_bytes()))
}

fn change(title: &str, diff: DiffStat) -> Change {
    let repository = Repository("acme/website".into());
    let url = change_path(&repository, 12);
    Change {
        repository,
        number: 12,
        url,
        title: title.into(),
        head: Commit("9b1deb4".repeat(6)[..40].into()),
        draft: true,
        diff,
    }
}

const DIFF: &str = include_str!("stage.diff");
const BODY: &str = "Changes the price on the pricing page and in the FAQ.\n\n**Not done:** the PDF price list is not in this repository.\n\nAsked for by Ana:\n\n> the pricing page says $9, it should say $12\n> also the FAQ\n\n<!-- signalbox run:01J -->";

#[async_trait]
impl Changes for Stage {
    async fn list(&self, _limit: usize) -> Result<Vec<Listed>, Error> {
        let listed = |title: &str, state, ago: u64| Listed {
            change: change(title, DiffStat { files: 3, added: 14, removed: 5 }),
            state,
            opened: Time(System.now().0 - ago * 60_000),
        };
        Ok(vec![
            listed("Pricing: $9 → $12 on pricing and FAQ", ChangeState::Open, 4),
            listed("Remove the phone number from the sign-up form", ChangeState::Merged, 2_000),
            listed("Try a darker header", ChangeState::Closed, 9_000),
        ])
    }

    async fn show(&self, _: &Repository, number: u64, _limit: usize) -> Result<Option<Shown>, Error> {
        let check = |name: &str, passed, summary: &str| Check { name: name.into(), passed, summary: summary.into() };
        Ok((number == 12).then(|| Shown {
            change: change("Pricing: $9 → $12 on pricing and FAQ", DiffStat { files: 3, added: 14, removed: 5 }),
            state: ChangeState::Open,
            opened: Time(System.now().0 - 240_000),
            base: "main".into(),
            branch: "signalbox/01j9zq".into(),
            description: BODY.into(),
            checks: vec![
                check("Check", true, "214 passed\n0 failed"),
                check("Links", false, "1 broken link: /old-faq"),
            ],
            diff: DIFF.into(),
        }))
    }

    async fn merge(&self, _: &Repository, _: u64, _: &Commit, _: &Person) -> Result<(), Error> {
        Err(Error::rejected("nothing can be merged on a stage"))
    }

    async fn close(&self, _: &Repository, _: u64, _: &Person) -> Result<(), Error> {
        Err(Error::rejected("nothing can be closed on a stage"))
    }
}
