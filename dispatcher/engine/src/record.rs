//! The record of a decision: what was asked of whom, what each said, what was made of it. The decision can be made again
//! from it alone, without the world.

use serde::{Deserialize, Serialize};
use signalbox_domain::id::Digest;
use signalbox_domain::route::{Decision, Opinion};
use signalbox_ports::plugins::{About, Event, Plugins, Shadow};

use crate::corpus;

/// A decision, with everything it was made of. It is kept as a blob, by the digest of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What plugins were told.
    pub event: Event,
    /// The digest of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What plugins ran on.
    #[serde(default)]
    pub host: About,
    /// What each router said, in the order they were asked.
    pub opinions: Vec<Opinion>,
    /// What those that only look on said, and what would have come of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<Shadow>,
    /// The decision.
    pub decision: Decision,
}

impl Record {
    /// Decides, and keeps how.
    pub fn make(plugins: &dyn Plugins, event: Event) -> Self {
        let opinions = plugins.route(&event);
        let shadows = plugins.shadows(&event, &opinions);
        let decision = event.decide(&opinions);
        let digest = Some(Digest::of(&serde_json::to_vec(&event).unwrap_or_default()));
        Self { event, digest, host: plugins.about(), opinions, shadows, decision }
    }

    /// The record as it is kept: the same decision is the same bytes.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Decides again, and says every difference, in words. None, and the bytes are the same.
    pub fn again(&self, plugins: &dyn Plugins) -> Vec<String> {
        let again = Self::make(plugins, self.event.clone());
        let mut differences = Vec::new();
        if self.digest.is_some() && self.digest != again.digest {
            differences.push("what plugins were told was changed since".into());
        }
        for then in &self.opinions {
            let now = again.opinions.iter().find(|now| id(now) == id(then));
            differences.extend(now.map_or_else(
                || Some(format!("{} is not installed any more", then.router)),
                |now| difference(then, now),
            ));
        }
        for now in &again.opinions {
            if self.opinions.iter().all(|then| id(then) != id(now)) {
                differences.push(format!("{} was not there then", now.router));
            }
        }
        if again.decision != self.decision {
            let (then, now) = (corpus::told(&self.decision), corpus::told(&again.decision));
            let words = if then == now { "for other reasons".into() } else { format!("{now}, and was {then}") };
            differences.push(format!("the decision is another one now: {words}"));
        }
        differences
    }

    /// The shadows that would have decided otherwise.
    pub fn disagreements(&self) -> impl Iterator<Item = &Shadow> {
        self.shadows.iter().filter(|shadow| corpus::told(&shadow.decision) != corpus::told(&self.decision))
    }
}

/// The router without its version.
pub(crate) fn id(opinion: &Opinion) -> &str {
    opinion.router.split('@').next().unwrap_or_default()
}

fn difference(then: &Opinion, now: &Opinion) -> Option<String> {
    let name = &then.router;
    if now.router != *name {
        return Some(format!("{name} is {} now", now.router));
    }
    if now.digest != then.digest {
        return Some(format!("{name} is another component now"));
    }
    if then.settings.is_some() && now.settings != then.settings {
        return Some(format!("{name} is set otherwise now"));
    }
    if now.said != then.said {
        return Some(format!("{name} says something else now: it {}, and {}", now.part().said, then.part().said));
    }
    if now.fuel != then.fuel {
        return Some(format!("{name} burnt {} units then and {} now", then.fuel, now.fuel));
    }
    (now.log != then.log).then(|| format!("{name} logs something else now"))
}
