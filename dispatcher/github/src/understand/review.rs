//! Reviews of a run's pull request, and remarks made to us on it.

use serde::Deserialize;
use signalbox_domain::change::{Remark, Review};
use signalbox_domain::event::Fact;
use signalbox_domain::id::DeliveryId;
use signalbox_domain::post::Action;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{Person, Role};
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;

use super::{Act, Told, Writing, digest, nothing};
use crate::chat::Comments;
use crate::decode::received::{Pull, Spot, Verdict, What};
use crate::mention;
use crate::press::{self, Press};

/// The most comments of one review that are read.
const MOST: usize = 200;

#[derive(Deserialize)]
struct LineComment {
    path: String,
    #[serde(default)]
    line: Option<u64>,
    #[serde(default)]
    body: Option<String>,
}

impl Comments {
    /// A review of a pull request that says a run opened it.
    pub(super) async fn reviewed(&self, act: &Act<'_>) -> Result<Understood, Error> {
        let What::Reviewed { id, verdict, url, text, commit, pull } = &act.received.what else {
            return nothing("it is no review");
        };
        let Some(run) = self.run_of(act.received, pull).await? else {
            // Somebody else's pull request that carries our line: a mention in it still counts.
            let spot = Spot::Review(*id);
            let writing = Writing { spot: &spot, text, edited: false, pull: None };
            return self.wrote(act, &writing).await;
        };
        let by = self.person(&act.received.repository, &act.received.by).await?;
        if by.role == Role::Outsider {
            return nothing("whoever reviewed it may not ask for anything here");
        }
        let key = |what: &str| DeliveryId(format!("{what}:github:{}:review:{id}", act.thread.room));
        let mut told = Told::default();
        let remarks = self.remarks(act, pull, *id).await?;
        let said = mention::said(&text.body, &self.us.name);
        let words = || said.iter().cloned().chain(bare(&text.body));
        for (place, word) in words().filter_map(|words| press::read(&words)).enumerate() {
            if let Some(action) = press::on(&run, word) {
                let id = DeliveryId(format!("{}:{place}", key("pressed").0));
                told.push(self.press(act, &run, action, &by, id));
            } else {
                told.why = "the run shows no such button now";
            }
        }
        if *verdict == Verdict::Approved && told.deliveries.is_empty() {
            let seen = commit.as_deref();
            let head = run.job().and_then(|job| job.head.as_ref()).map(|head| head.as_str());
            match press::on(&run, Press::Approve) {
                Some(action) if seen.is_some() && seen == head => {
                    told.push(self.press(act, &run, action, &by, key("pressed")));
                }
                Some(_) => told.why = "what was approved is not what the run waits to have approved",
                None => told.why = "nothing waits for an approval",
            }
        }
        let asked = said.iter().any(|words| press::read(words).is_none());
        let only_words = bare(&text.body).is_some();
        let asks =
            *verdict == Verdict::Asked || asked || (*verdict == Verdict::Remarked && !text.body.trim().is_empty());
        if (asks && !only_words) || !remarks.is_empty() {
            let review = Review {
                id: id.to_string(),
                url: url.clone(),
                asks: *verdict == Verdict::Asked || asked || remarks.is_empty(),
                text: mention::unhidden(&text.body).trim().to_owned(),
                remarks,
            };
            told.push(self.to(act, &run, key("reviewed"), Fact::Reviewed { review: review.clone(), by: by.clone() }));
            if asked {
                // They said it to us: nobody has to press anything for it to be done.
                let id = DeliveryId(format!("{}:resolve", key("pressed").0));
                told.push(self.press(act, &run, Action::Resolve { review: review.id }, &by, id));
            }
        }
        told.done("it says nothing that has to be done")
    }

    /// A request that was made on a run's pull request: a remark that is to be resolved at once.
    pub(super) fn remark(
        &self,
        act: &Act<'_>,
        told: &mut Told,
        run: Option<&Run>,
        writing: &Writing<'_>,
        words: &str,
        by: &Person,
    ) {
        let Some(run) = run else { return };
        let message = writing.spot.message();
        let settings = self.github.settings();
        let number = &act.thread.root;
        let url = match writing.spot {
            Spot::Comment(id) => format!("#issuecomment-{id}"),
            Spot::ReviewComment(id) => format!("#discussion_r{id}"),
            Spot::Review(id) => format!("#pullrequestreview-{id}"),
            Spot::Issue(_) => String::new(),
        };
        let id = format!("{}-{}", message.0.replace(':', "-"), digest(writing.text));
        let review = Review {
            id: id.clone(),
            url: format!("{}/{}/pull/{number}{url}", settings.web_url, act.thread.room),
            asks: true,
            text: words.to_owned(),
            remarks: Vec::new(),
        };
        let key = |what: &str| DeliveryId(format!("{what}:github:{}:{id}", act.thread.room));
        told.elsewhere |= run.thread != *act.thread;
        told.push(self.to(act, run, key("reviewed"), Fact::Reviewed { review, by: by.clone() }));
        told.push(self.press(act, run, Action::Resolve { review: id.clone() }, by, key("pressed")));
    }

    async fn remarks(&self, act: &Act<'_>, pull: &Pull, id: u64) -> Result<Vec<Remark>, Error> {
        let place = self.github.place(&act.received.repository).await?;
        let path = format!("{}/pulls/{}/reviews/{id}/comments", place.path, pull.number);
        let comments: Vec<LineComment> = match place.caller.all(&path, "", MOST).await {
            Ok(comments) => comments,
            Err(trouble) if trouble.missing() => Vec::new(),
            Err(trouble) => return Err(trouble.into()),
        };
        let remark = |comment: LineComment| Remark {
            path: comment.path,
            line: comment.line,
            text: mention::unhidden(&comment.body.unwrap_or_default()).trim().to_owned(),
        };
        Ok(comments.into_iter().map(remark).filter(|remark| !remark.text.is_empty()).collect())
    }
}

/// A word of ours that is the whole text.
fn bare(text: &str) -> Option<String> {
    press::read(text).map(|_| text.to_owned())
}
