//! Where a request goes: what routers said, and the one decision made of it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{Digest, Repository};

/// What a request is about: a repository, or nothing at all (a question, research).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The workflow that works it.
    pub workflow: String,
    /// The repository it changes or asks about.
    pub repository: Option<Repository>,
    /// Start from this branch instead of the default one.
    pub branch: Option<String>,
    /// Values for the workflow's inputs.
    pub inputs: BTreeMap<String, String>,
}

/// A router that knows where a request goes, or one thing about it. What it leaves open is filled from the best claim
/// of another router that says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The workflow; nothing leaves it open.
    pub workflow: Option<String>,
    /// Where.
    pub place: Place,
    /// Start from this branch instead of the default one.
    pub branch: Option<String>,
    /// Values for the workflow's inputs.
    pub inputs: BTreeMap<String, String>,
    /// How sure the router is, in thousandths: [`EXPLICIT`] is the person's own explicit words.
    pub score: u16,
    /// Why: completes "I chose this because …".
    pub reason: String,
    /// The router's rule that matched.
    pub rule: String,
    /// The words of the request that matched.
    pub matched: Vec<String>,
}

/// Where a request is worked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a repository.
    Repository(Repository),
    /// In none.
    Nowhere,
    /// This router does not know.
    Open,
}

/// One of several answers a router offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The workflow; nothing leaves it open.
    pub workflow: Option<String>,
    /// Where; never [`Place::Open`].
    pub place: Place,
    /// Why it is offered.
    pub reason: String,
}

/// One of several places a person can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The place.
    pub target: Target,
    /// Why it is offered.
    pub reason: String,
}

/// What one router said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// It wants the request.
    Claim(Claim),
    /// It knows several places.
    Ask {
        /// The places, best first.
        offers: Vec<Offer>,
        /// What to ask the person.
        question: String,
        /// How sure it is that this has to be asked, in thousandths; a surer claim goes ahead.
        score: u16,
    },
    /// It is not for this router.
    Pass {
        /// Why not.
        reason: String,
    },
    /// Its manifest's triggers do not match, so it was not run.
    Untriggered,
    /// It failed.
    Failed {
        /// What happened, for its author.
        error: String,
        /// Whether its manifest says that a failure must not be passed over.
        fail_event: bool,
    },
}

/// One router's part in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The router, `id@version`.
    pub router: String,
    /// Its manifest's priority; lower is asked first.
    pub priority: i32,
    /// The digest of its component.
    pub digest: Digest,
    /// The digest of its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Digest>,
    /// The instructions it burnt.
    pub fuel: u64,
    /// What it logged.
    pub log: Vec<String>,
    /// What it said.
    pub said: Said,
}

/// One router's part in a decision, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The router, `id@version`.
    pub router: String,
    /// What it said; completes a sentence that begins with its name.
    pub said: String,
    /// Where it would have the request go, and how sure it was, in thousandths. Nothing if it named no place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(String, u16)>,
}

/// The longest part, in characters: what a plugin says is as long as it likes.
const MAX_PART: usize = 300;

impl Opinion {
    /// It in words.
    pub fn part(&self) -> Part {
        let (said, place) = match &self.said {
            Said::Claim(claim) => {
                let workflow = claim.workflow.as_ref().map(|workflow| format!("the workflow {workflow}"));
                let place = match &claim.place {
                    Place::Repository(repository) => Some(repository.0.clone()),
                    Place::Nowhere => Some("no repository".into()),
                    Place::Open => None,
                };
                let what: Vec<String> = place.clone().into_iter().chain(workflow).collect();
                let what = if what.is_empty() { "more of it".into() } else { what.join(" and ") };
                let sure = claim.score / 10;
                (format!("said {what}, {sure} % sure: {}", claim.reason), place.map(|place| (place, claim.score)))
            }
            Said::Ask { question, score, .. } => (format!("wanted to ask, {} % sure: {question}", score / 10), None),
            Said::Pass { reason } => (format!("left it to others: {reason}"), None),
            Said::Untriggered => ("was not asked: nothing in the message is for it".into(), None),
            Said::Failed { error, fail_event: false } => (format!("failed and was passed over: {error}"), None),
            Said::Failed { error, fail_event: true } => {
                (format!("failed, and nothing may be decided without it: {error}"), None)
            }
        };
        let said = if said.chars().nth(MAX_PART).is_some() {
            said.chars().take(MAX_PART).chain(['…']).collect()
        } else {
            said
        };
        Part { router: self.router.clone(), said, place }
    }
}

/// One router's claim, as far as it decided something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// What it decided, in words: `acme/website`, `the workflow build`.
    pub decided: String,
    /// The router.
    pub router: String,
    /// Its rule.
    pub rule: String,
    /// Why: completes "because …".
    pub reason: String,
    /// The words that matched.
    pub matched: Vec<String>,
    /// How sure, in thousandths.
    pub score: u16,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// There.
    Go {
        /// The place.
        target: Target,
        /// What decided it: the repository first, then the workflow, if another router knew that.
        grounds: Vec<Ground>,
        /// Routers that failed on the way and were passed over, each with its error.
        failed: Vec<(String, String)>,
    },
    /// The person must choose.
    Ask {
        /// The places, best first, at most [`MAX_CANDIDATES`].
        candidates: Vec<Candidate>,
        /// Why it is asked.
        question: String,
        /// Routers that failed on the way.
        failed: Vec<(String, String)>,
    },
    /// Nothing wants it.
    Nowhere {
        /// Why, in words.
        reason: String,
        /// Routers that failed on the way.
        failed: Vec<(String, String)>,
    },
}

/// The most places a person is asked to choose from.
pub const MAX_CANDIDATES: usize = 5;
/// The score of the person's own explicit words.
pub const EXPLICIT: u16 = 1000;
/// The workflow of a request that no router named one for.
pub const DEFAULT_WORKFLOW: &str = "build";

/// A workflow, as far as routing needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Whether it needs a repository.
    pub repository: bool,
    /// The one repository it is there for; nothing if it is there for all.
    pub only: Option<Repository>,
}

impl Known {
    /// Whether it is there for a place: for all of them, or for just that one.
    fn fits(&self, place: Option<&Repository>) -> bool {
        self.only.is_none() || self.only.as_ref() == place
    }
}

/// Makes one decision of what the routers said.
///
/// The surest claim that names a place gives the place, the surest that names a workflow gives the workflow; a claim
/// for a place or workflow that is not known counts for nothing and is reported as that router's failure. Equally sure
/// claims for different places, a surer question, and a workflow that needs a repository nobody named are put to the
/// person; so is everything when a router failed that must not be passed over: without it a decision would be a guess.
/// It is never the first to finish: the order of `opinions` matters only for who is named.
pub fn select(opinions: &[Opinion], repositories: &[Repository], workflows: &[Known]) -> Decision {
    let mut failed = Vec::new();
    let mut claims: Vec<(&Opinion, &Claim)> = Vec::new();
    let mut asks: Vec<(&[Offer], &str, u16)> = Vec::new();
    let mut missed: Option<&String> = None;
    for opinion in opinions {
        match &opinion.said {
            Said::Claim(claim) => match unknown(claim, repositories, workflows) {
                Some(problem) => failed.push((opinion.router.clone(), problem)),
                None => claims.push((opinion, claim)),
            },
            Said::Ask { offers, question, score } => asks.push((offers, question, *score)),
            Said::Failed { error, fail_event: false } => failed.push((opinion.router.clone(), error.clone())),
            Said::Failed { error, fail_event: true } => {
                failed.push((opinion.router.clone(), error.clone()));
                missed.get_or_insert(&opinion.router);
            }
            Said::Pass { .. } | Said::Untriggered => {}
        }
    }

    let workflow = surest(&claims, |claim| claim.workflow.clone());
    let name = workflow.map_or(DEFAULT_WORKFLOW, |(_, claim)| claim.workflow.as_deref().unwrap_or(DEFAULT_WORKFLOW));
    let place = surest(&claims, |claim| (claim.place != Place::Open).then(|| claim.place.clone()));
    let sure = place.map_or(0, |(_, claim)| claim.score);
    // A workflow that needs no place is not held up by a question where, unless that is surer.
    let placeless = workflows.iter().any(|known| known.name == name && !known.repository);
    let settled = workflow.filter(|_| placeless).map_or(sure, |(_, claim)| claim.score.max(sure));

    let ask = |offers: Vec<Offer>, question: String, failed| {
        let mut candidates: Vec<Candidate> = Vec::new();
        for offer in offers {
            let target = Target {
                workflow: offer.workflow.unwrap_or_else(|| name.into()),
                repository: match offer.place {
                    Place::Repository(repository) => Some(repository),
                    Place::Nowhere | Place::Open => None,
                },
                branch: None,
                inputs: BTreeMap::new(),
            };
            let known = target.repository.as_ref().is_none_or(|repository| repositories.contains(repository));
            let mut there = workflows.iter().filter(|known| known.name == target.workflow).peekable();
            let fits = there.peek().is_none() || there.any(|known| known.fits(target.repository.as_ref()));
            if known
                && fits
                && candidates.len() < MAX_CANDIDATES
                && candidates.iter().all(|other| other.target != target)
            {
                candidates.push(Candidate { target, reason: offer.reason });
            }
        }
        if candidates.is_empty() {
            Decision::Nowhere { reason: question, failed }
        } else {
            Decision::Ask { candidates, question, failed }
        }
    };

    let anywhere = || {
        let offer = |repository: &Repository| Offer {
            workflow: None,
            place: Place::Repository(repository.clone()),
            reason: "a repository I know".into(),
        };
        repositories.iter().map(offer).collect::<Vec<_>>()
    };

    if let Some(router) = missed {
        let claimed = claims.iter().filter(|(_, claim)| claim.place != Place::Open);
        let mut offers: Vec<Offer> = claimed
            .map(|(_, claim)| Offer { workflow: None, place: claim.place.clone(), reason: claim.reason.clone() })
            .collect();
        offers.extend(anywhere());
        let question = format!("The router {router} failed, and without it I would be guessing. Where does this go?");
        return ask(offers, question, failed);
    }
    asks.sort_by_key(|(_, _, score)| core::cmp::Reverse(*score));
    if let Some((offers, question, score)) = asks.first()
        && *score >= settled
    {
        return ask(offers.to_vec(), (*question).into(), failed);
    }
    let mut rivals: Vec<Offer> = Vec::new();
    for (_, claim) in &claims {
        if claim.score == sure && claim.place != Place::Open && rivals.iter().all(|rival| rival.place != claim.place) {
            rivals.push(Offer { workflow: None, place: claim.place.clone(), reason: claim.reason.clone() });
        }
    }
    if rivals.len() > 1 {
        return ask(rivals, "Which one do you mean?".into(), failed);
    }
    let repository = match place.map(|(_, claim)| &claim.place) {
        Some(Place::Repository(repository)) => Some(repository.clone()),
        Some(Place::Nowhere | Place::Open) | None => None,
    };
    let here: Vec<&Known> =
        workflows.iter().filter(|known| known.name == name && known.fits(repository.as_ref())).collect();
    if here.is_empty() && workflows.iter().any(|known| known.name == name) {
        let only = workflows.iter().filter(|known| known.name == name).filter_map(|known| known.only.as_ref());
        let offers = only.map(|only| Offer {
            workflow: Some(name.into()),
            place: Place::Repository(only.clone()),
            reason: format!("the workflow {name} is there"),
        });
        let place = repository.map_or_else(|| "no repository".into(), |repository| repository.0);
        return ask(offers.collect(), format!("The workflow {name} is not there for {place}. Is it for this?"), failed);
    }
    let needs = here.iter().any(|known| known.repository);
    if claims.is_empty() || (needs && repository.is_none()) {
        let question = if repositories.is_empty() {
            "I know no repository yet, and this needs one.".into()
        } else {
            "Which repository is this about?".into()
        };
        return ask(anywhere(), question, failed);
    }

    let mut grounds = Vec::new();
    if let Some((opinion, claim)) = place {
        grounds.push(ground(repository.as_ref().map_or("no repository".into(), |name| name.0.clone()), opinion, claim));
    }
    if let Some((opinion, claim)) = workflow
        && grounds.iter().all(|ground| ground.router != opinion.router)
    {
        grounds.push(ground(format!("the workflow {name}"), opinion, claim));
    }
    let mut inputs = BTreeMap::new();
    for (_, claim) in &claims {
        for (key, value) in &claim.inputs {
            inputs.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    // A branch is one of the repository it was named with.
    let of_it = |claim: &Claim| match &claim.place {
        Place::Repository(named) => Some(named) == repository.as_ref(),
        Place::Open | Place::Nowhere => true,
    };
    let branch = |claim: &Claim| claim.branch.clone().filter(|_| of_it(claim));
    let branch = surest(&claims, branch).and_then(|(_, claim)| claim.branch.clone());
    Decision::Go { target: Target { workflow: name.into(), repository, branch, inputs }, grounds, failed }
}

/// The surest claim that says the thing; of equally sure ones the first.
fn surest<'a, T>(
    claims: &[(&'a Opinion, &'a Claim)],
    says: impl Fn(&Claim) -> Option<T>,
) -> Option<(&'a Opinion, &'a Claim)> {
    let mut best: Option<(&Opinion, &Claim)> = None;
    for (opinion, claim) in claims {
        if says(claim).is_some() && best.is_none_or(|(_, other)| claim.score > other.score) {
            best = Some((opinion, claim));
        }
    }
    best
}

fn ground(decided: String, opinion: &Opinion, claim: &Claim) -> Ground {
    Ground {
        decided,
        router: opinion.router.clone(),
        rule: claim.rule.clone(),
        reason: claim.reason.clone(),
        matched: claim.matched.clone(),
        score: claim.score,
    }
}

fn unknown(claim: &Claim, repositories: &[Repository], workflows: &[Known]) -> Option<String> {
    if let Place::Repository(repository) = &claim.place
        && !repositories.contains(repository)
    {
        return Some(format!("claimed {repository}, which is not a repository Signalbox knows"));
    }
    let name = claim.workflow.as_ref()?;
    if workflows.iter().all(|known| known.name != *name) {
        return Some(format!("claimed the workflow {name}, which does not exist"));
    }
    match &claim.place {
        Place::Repository(place) if !workflows.iter().any(|known| known.name == *name && known.fits(Some(place))) => {
            Some(format!("claimed the workflow {name} for {place}, which does not have it"))
        }
        Place::Repository(_) | Place::Nowhere | Place::Open => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn opinion(router: &str, said: Said) -> Opinion {
        Opinion {
            router: router.into(),
            priority: 0,
            digest: Digest::of(b""),
            settings: None,
            fuel: 0,
            log: vec![],
            said,
        }
    }

    fn claim(workflow: Option<&str>, place: Place, score: u16) -> Said {
        Said::Claim(Claim {
            workflow: workflow.map(Into::into),
            place,
            branch: None,
            inputs: BTreeMap::new(),
            score,
            reason: "it says so".into(),
            rule: "rule".into(),
            matched: vec![],
        })
    }

    fn at(name: &str) -> Place {
        Place::Repository(name.into())
    }

    fn decide(said: Vec<Said>) -> Decision {
        let opinions: Vec<Opinion> =
            said.into_iter().enumerate().map(|(n, said)| opinion(&format!("r{n}"), said)).collect();
        let workflows = [("build", true), ("answer", false)].map(|(name, repository)| Known {
            name: name.into(),
            repository,
            only: None,
        });
        select(&opinions, &["acme/website".into(), "acme/api".into()], &workflows)
    }

    fn went(decision: Decision) -> (String, Option<String>) {
        match decision {
            Decision::Go { target, .. } => (target.workflow, target.repository.map(|name| name.0)),
            Decision::Ask { .. } | Decision::Nowhere { .. } => panic!("{decision:?}"),
        }
    }

    #[test]
    fn what_one_router_leaves_open_another_fills() {
        let decision = decide(vec![claim(Some("build"), Place::Open, 400), claim(None, at("acme/website"), 300)]);
        assert_eq!(went(decision), ("build".into(), Some("acme/website".into())));
    }

    #[test]
    fn the_persons_own_words_win_whoever_is_first() {
        for swap in [false, true] {
            let mut said = vec![claim(None, at("acme/api"), EXPLICIT), claim(Some("build"), at("acme/website"), 900)];
            if swap {
                said.reverse();
            }
            assert_eq!(went(decide(said)).1, Some("acme/api".into()));
        }
    }

    #[test]
    fn a_tie_is_put_to_the_person() {
        let decision = decide(vec![claim(None, at("acme/api"), 500), claim(None, at("acme/website"), 500)]);
        assert!(matches!(decision, Decision::Ask { candidates, .. } if candidates.len() == 2));
    }

    #[test]
    fn a_claim_for_an_unknown_repository_counts_for_nothing_and_is_named() {
        let decision = decide(vec![claim(None, at("and/or"), EXPLICIT), claim(None, at("acme/api"), 100)]);
        match decision {
            Decision::Go { target, failed, .. } => {
                assert_eq!(target.repository, Some("acme/api".into()));
                assert_eq!(failed.len(), 1);
            }
            Decision::Ask { .. } | Decision::Nowhere { .. } => panic!("{decision:?}"),
        }
    }

    #[test]
    fn a_change_without_a_repository_is_asked_and_a_question_is_not() {
        assert!(matches!(decide(vec![claim(Some("build"), Place::Open, 500)]), Decision::Ask { .. }));
        assert_eq!(went(decide(vec![claim(Some("answer"), Place::Open, 500)])), ("answer".into(), None));
        assert!(matches!(decide(vec![Said::Pass { reason: "no".into() }]), Decision::Ask { .. }));
    }

    #[test]
    fn a_workflow_of_one_repository_is_there_for_no_other() {
        let only = Known { name: "deploy".into(), repository: true, only: Some("acme/website".into()) };
        let known = [Known { name: "build".into(), repository: true, only: None }, only];
        let repositories = ["acme/website".into(), "acme/api".into()];
        let decide = |said: Vec<Said>| {
            let opinions: Vec<Opinion> = said.into_iter().map(|said| opinion("r", said)).collect();
            select(&opinions, &repositories, &known)
        };
        let there = claim(Some("deploy"), at("acme/website"), EXPLICIT);
        assert_eq!(went(decide(vec![there])), ("deploy".into(), Some("acme/website".into())));
        let elsewhere = claim(Some("deploy"), at("acme/api"), EXPLICIT);
        match decide(vec![elsewhere, claim(None, at("acme/api"), 100)]) {
            Decision::Go { target, failed, .. } => {
                assert_eq!((target.workflow.as_str(), failed.len()), ("build", 1), "it counts for nothing");
            }
            Decision::Ask { .. } | Decision::Nowhere { .. } => panic!("the other claim is good"),
        }
        match decide(vec![claim(Some("deploy"), Place::Open, EXPLICIT), claim(None, at("acme/api"), 600)]) {
            Decision::Ask { candidates, question, .. } => {
                assert_eq!(question, "The workflow deploy is not there for acme/api. Is it for this?");
                assert_eq!(candidates[0].target.repository, Some("acme/website".into()));
            }
            Decision::Go { .. } | Decision::Nowhere { .. } => panic!("it guessed"),
        }
    }

    #[test]
    fn a_failure_that_must_not_be_passed_over_is_put_to_the_person() {
        let said = vec![Said::Failed { error: "trap".into(), fail_event: true }, claim(None, at("acme/api"), EXPLICIT)];
        match decide(said) {
            Decision::Ask { candidates, failed, .. } => {
                assert_eq!(candidates[0].target.repository, Some("acme/api".into()), "what others said comes first");
                assert_eq!(failed.len(), 1);
            }
            Decision::Go { .. } | Decision::Nowhere { .. } => panic!("it guessed"),
        }
        let said =
            vec![Said::Failed { error: "trap".into(), fail_event: false }, claim(None, at("acme/api"), EXPLICIT)];
        assert!(matches!(decide(said), Decision::Go { failed, .. } if failed.len() == 1));
    }
}
