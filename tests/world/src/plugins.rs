//! Plugins with one rule each, in place of the shipped ones: enough to send stories somewhere.

use std::sync::Mutex;

use signalbox_domain::context::Trust;
use signalbox_domain::id::Digest;
use signalbox_domain::route::{Claim, EXPLICIT, Offer, Opinion, Place, Said};
use signalbox_ports::plugins::{Event, Fetch, Fetched, Gathered, Piece, Prefetcher, Scope, Turn};

/// One router and one prefetcher, obviously right, that can be told to fail.
///
/// The router takes the person's `repo:owner/name` (and `branch:`, `workflow:`), then a known repository that the text
/// names, then the thread's memory, then the room's topic, and the branch that goes with it; a question goes to `answer`. The prefetcher brings
/// `AGENTS.md`.
#[derive(Default)]
pub struct Plugins {
    failing: Mutex<Option<(String, bool)>>,
}

impl Plugins {
    /// A second router fails from now on, with that error; `fail_event` says whether that may be passed over.
    pub fn fail(&self, error: &str, fail_event: bool) {
        *self.failing.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((error.into(), fail_event));
    }
}

impl signalbox_ports::plugins::Plugins for Plugins {
    fn route(&self, event: &Event) -> Vec<Opinion> {
        let mut opinions = vec![opinion("rules@1", said(event))];
        if let Some((error, fail_event)) =
            self.failing.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
        {
            opinions.insert(0, opinion("broken@1", Said::Failed { error, fail_event }));
        }
        opinions
    }

    fn prefetchers(&self, _event: &Event, scope: &Scope) -> Vec<Prefetcher> {
        if scope.target.repository.is_none() {
            return Vec::new();
        }
        vec![Prefetcher { name: "guide@1".into(), digest: Digest::of(b"guide@1"), required: false }]
    }

    fn gather(&self, _: &str, _: &Event, scope: &Scope, _round: u32, fetched: &[(Fetch, Fetched)]) -> Turn {
        Turn { gave: guide(scope, fetched), fuel: 1, log: Vec::new(), denied: Vec::new() }
    }
}

fn guide(scope: &Scope, fetched: &[(Fetch, Fetched)]) -> Gathered {
    let Some(repository) = scope.target.repository.clone() else { return Gathered::Done(Vec::new()) };
    match fetched.first() {
        None => Gathered::More(vec![Fetch::File { repository, path: "AGENTS.md".into() }]),
        Some((_, Fetched::Ok { text, source, .. })) => Gathered::Done(vec![Piece {
            title: "AGENTS.md".into(),
            source: source.clone(),
            author: None,
            trust: Trust::Reviewed,
            text: text.clone(),
            weight: 500,
        }]),
        Some(_) => Gathered::Done(Vec::new()),
    }
}

fn opinion(router: &str, said: Said) -> Opinion {
    Opinion {
        settings: None,
        router: router.into(),
        priority: 0,
        digest: Digest::of(router.as_bytes()),
        fuel: 1,
        log: Vec::new(),
        said,
    }
}

fn said(event: &Event) -> Said {
    let question = event.text.trim_end().ends_with('?');
    let named = |key: &str| event.text.split_whitespace().find_map(|word| word.strip_prefix(key));
    let about = |key: &str| event.room_topic.split_whitespace().find_map(|word| word.strip_prefix(key));
    let claim = |place: Place, score, rule: &str, word: &str, reason: &str| {
        let here = matches!(&place, Place::Repository(name) if about("repo:") == Some(name.as_str()));
        let branch = about("branch:").filter(|_| here);
        Said::Claim(Claim {
            workflow: named("workflow:").or(question.then_some("answer")).map(Into::into),
            place,
            branch: named("branch:").or(branch).map(Into::into),
            inputs: Default::default(),
            score,
            reason: reason.into(),
            rule: rule.into(),
            matched: Some(word).filter(|word| !word.is_empty()).map(Into::into).into_iter().collect(),
        })
    };
    if let Some(name) = named("repo:") {
        if event.repositories.iter().all(|known| known.name.0 != name) {
            return which(event, format!("{name} is not a repository I know. Did you mean one of these?"), EXPLICIT);
        }
        return claim(Place::Repository(name.into()), EXPLICIT, "explicit", &format!("repo:{name}"), "you named it");
    }
    for known in &event.repositories {
        let short = known.name.0.rsplit('/').next().unwrap_or_default();
        if let Some(word) = event.text.split(|c: char| !c.is_alphanumeric()).find(|word| *word == short) {
            return claim(Place::Repository(known.name.clone()), 800, "name", word, "you named it");
        }
    }
    if let Some(repository) = event.memory.as_ref().and_then(|memory| memory.repository.clone()) {
        return claim(Place::Repository(repository), 600, "memory", "", "this thread worked there before");
    }
    if let Some(name) = about("repo:") {
        return claim(Place::Repository(name.into()), 500, "room", "", "it is what this room is about");
    }
    if question {
        return claim(Place::Open, 400, "question", "?", "it is a question");
    }
    if let Some(repository) =
        event.usual.as_ref().filter(|name| event.repositories.iter().any(|it| it.name.0 == **name))
    {
        return claim(Place::Repository(repository.as_str().into()), 510, "own", "", "you set it as your default");
    }
    which(event, "Which repository is this about?".into(), 300)
}

fn which(event: &Event, question: String, score: u16) -> Said {
    let offers = event.repositories.iter().map(|known| Offer {
        workflow: None,
        place: Place::Repository(known.name.clone()),
        reason: known.description.clone(),
    });
    Said::Ask { offers: offers.collect(), question, score }
}
