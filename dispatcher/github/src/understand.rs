//! What something that was received means: who did it, which run hears of it, and as what.

mod names;
mod ours;
mod review;
mod seen;
mod who;

use serde_json::Value;
use signalbox_domain::command::{self, Command};
use signalbox_domain::event::{Delivery, Event, Fact};
use signalbox_domain::id::{DeliveryId, Digest, RunId};
use signalbox_domain::post::Action;
use signalbox_domain::run::Run;
use signalbox_domain::talk::{Message, MessageId, Person, Role, ThreadId};
use signalbox_domain::time::{Span, Time};
use signalbox_ports::Error;
use signalbox_ports::chat::Understood;
use signalbox_ports::store::Subject;

use crate::chat::{Comments, moment};
use crate::decode::received::{Account, Handing, Leaving, Pull, Received, Spot, Text, What};
use crate::mention;
use crate::press::{self, Press};
use names::Here;
use seen::{Part, Seen, Version, fresh, is_word};

/// What is given to us so soon after it was opened was opened for us: it is one act of a person.
const AT_ONCE: Span = Span::seconds(5);

/// Something done in a thread, as everything below needs it.
struct Act<'a> {
    thread: &'a ThreadId,
    at: Time,
    received: &'a Received,
}

/// Something written.
struct Writing<'a> {
    spot: &'a Spot,
    text: &'a Text,
    edited: bool,
    pull: Option<&'a Pull>,
}

impl Comments {
    pub(crate) async fn make_sense(&self, thread: &ThreadId, at: Time, what: &Value) -> Result<Understood, Error> {
        let mut received = Received::load(what).map_err(|error| {
            Error::rejected(format!("what was received of GitHub cannot be read any more: {error}"))
        })?;
        let here = match self.here(thread, &mut received).await {
            Ok(Here::In(thread)) => thread,
            Ok(Here::Taken) => {
                return nothing("the repository's name was another's, and a run of that one is still at work here");
            }
            Err(error) => return again(error),
        };
        let act = Act { thread: &here, at, received: &received };
        let understood = match &received.what {
            What::Wrote { spot, text, edited, pull } => {
                let writing = Writing { spot, text, edited: *edited, pull: pull.as_ref() };
                self.wrote(&act, &writing).await
            }
            What::Erased { spot } => self.erased(&act, spot).await,
            What::Handed { how, stamp, text } => self.handed(&act, *how, stamp, text).await,
            What::Left { how, stamp, pull } => self.left(&act, *how, stamp, pull.as_ref()).await,
            What::Reviewed { .. } => self.reviewed(&act).await,
            What::Pressed { run, button, stamp } => self.pressed(&act, run, button, stamp).await,
            What::Stirred { run, stamp } => self.stirred(&act, run, stamp).await,
        };
        understood.or_else(again)
    }

    async fn wrote(&self, act: &Act<'_>, writing: &Writing<'_>) -> Result<Understood, Error> {
        let Writing { spot, text, edited, pull } = *writing;
        let message = spot.message();
        let mut said = mention::said(&text.body, &self.us.name);
        let run = match pull {
            Some(pull) => self.run_of(act.received, pull).await?,
            None => None,
        };
        // On the pull request of a run its words need no mention.
        if said.is_empty() && !edited && run.is_some() && press::read(&text.body).is_some() {
            said.push(text.body.clone());
        }
        let version = |said: &[String], handed| Version {
            key: format!("{} {}", text.updated, digest(text)),
            parts: said.iter().map(|words| Part::of(words)).collect(),
            handed,
        };
        let before = match self.see(act.thread, &message, version(&said, false)).await? {
            Seen::Next(before) => before,
            Seen::Overtaken => return nothing("a newer version of it was read before"),
        };
        let by = self.person(&act.received.repository, &act.received.by).await?;
        if run.is_some() && by.role == Role::Outsider {
            return nothing("they may not steer the run");
        }
        if let Some(refusal) = self.unwelcome(act, &by, edited).await? {
            return nothing(refusal);
        }
        let request = |words: &str| request(spot, text, words);
        let handed = before.as_ref().is_some_and(|before| before.handed);
        let known = before.as_ref().map(|before| before.parts.as_slice()).unwrap_or_default();
        if said.is_empty() && !handed && !known.iter().any(|part| !part.word) {
            return nothing("it says nothing to us any more");
        }
        let now: Vec<Part> = said.iter().map(|words| Part::of(words)).collect();
        let mut told = Told::default();
        let new = if handed { Vec::new() } else { fresh(known, &now) };
        // The request was edited: what is said instead of it is a correction, not another request.
        let mut corrects = known.iter().any(|part| !part.word && !now.contains(part));
        for place in new {
            let Some(words) = said.get(place) else { continue };
            let key = self.key(act, &message, text, words, place, before.is_none());
            if let Some((run, action)) = self.chosen(act, words).await? {
                told.push(self.press(act, &run, action, &by, key));
                continue;
            }
            match press::read(words) {
                Some(Press::Approve | Press::Deny(_)) if edited => {
                    told.why = "a decision counts only in a comment of its own, not in an edited one";
                }
                Some(word) => self.word(act, &mut told, run.as_ref(), word, &by, key, (&message, words)).await?,
                None if run.is_some() && !is_word(words) && matches!(command::parse(words), Command::Words(_)) => {
                    self.remark(act, &mut told, run.as_ref(), writing, words, &by);
                }
                None if corrects && !is_word(words) => {
                    corrects = false;
                    told.push(self.edit(act, &message, &by, text, request(words)));
                }
                None => {
                    let message = message_of(&message, &by, request(words));
                    told.push(self.heard(act, key, Fact::Said { message, addressed: true }));
                }
            }
        }
        if handed || (said.is_empty() && corrects) {
            told.push(self.edit(act, &message, &by, text, request(&mention::unhidden(&text.body))));
        }
        if told.elsewhere {
            self.acknowledge(act, &message).await;
        }
        told.done("it says nothing new to us")
    }

    /// A word of ours: it presses a button of the run it is for.
    #[expect(clippy::too_many_arguments, reason = "it is one arm of what was written, set apart")]
    async fn word(
        &self,
        act: &Act<'_>,
        told: &mut Told,
        run: Option<&Run>,
        word: Press,
        by: &Person,
        key: DeliveryId,
        (message, words): (&MessageId, &str),
    ) -> Result<(), Error> {
        let here = matches!(word, Press::Details | Press::Resolve(_) | Press::Dismiss(_));
        let of_thread = match run {
            None if here => self.store.load(&Subject::Thread(act.thread.clone())).await?,
            Some(_) | None => None,
        };
        match run.or(of_thread.as_ref()) {
            Some(run) => match press::on(run, word) {
                Some(action) => {
                    told.elsewhere |= run.thread != *act.thread;
                    told.push(self.press(act, run, action, by, key));
                }
                None => told.why = "the run shows no such button now",
            },
            None => {
                let message = message_of(message, by, words.to_owned());
                told.push(self.heard(act, key, Fact::Said { message, addressed: true }));
            }
        }
        Ok(())
    }

    /// The place that words choose, if the thread's run asks for it.
    async fn chosen(&self, act: &Act<'_>, words: &str) -> Result<Option<(Run, Action)>, Error> {
        if !words.starts_with("workflow:") {
            return Ok(None);
        }
        let run = self.store.load(&Subject::Thread(act.thread.clone())).await?;
        Ok(run.and_then(|run| press::chosen(&run, words).map(|action| (run, action))))
    }

    async fn erased(&self, act: &Act<'_>, spot: &Spot) -> Result<Understood, Error> {
        let message = spot.message();
        let run = self.store.load(&Subject::Thread(act.thread.clone())).await?;
        let Some(run) = run.filter(|run| !run.ended()) else {
            return nothing("no run is at work in the thread");
        };
        let asked = run.request.id == message || run.followups.iter().any(|followup| followup.message.id == message);
        // With the issue goes everything that was asked in it.
        let gone = if matches!(spot, Spot::Issue(_)) { run.request.id.clone() } else { message.clone() };
        if !asked && gone == message && !self.saw(act.thread, &message).await? {
            return nothing("it was not a request of ours");
        }
        let by = self.person(&act.received.repository, &act.received.by).await?;
        if by.role == Role::Outsider && by.id != run.request.by.id {
            return nothing("whoever deleted it may not ask for anything here");
        }
        let key = DeliveryId(format!("deleted:github:{}:{}", act.thread.room, message.0));
        deliveries(vec![self.heard(act, key, Fact::Deleted { message: gone, by })])
    }

    async fn handed(&self, act: &Act<'_>, how: Handing, stamp: &str, text: &Text) -> Result<Understood, Error> {
        let number = act.thread.root.parse().unwrap_or_default();
        let spot = Spot::Issue(number);
        let message = spot.message();
        let by = self.person(&act.received.repository, &act.received.by).await?;
        if by.role == Role::Outsider {
            return nothing("whoever gave it to us may not ask for anything here");
        }
        if let Some(refusal) = self.unwelcome(act, &by, false).await? {
            return nothing(refusal);
        }
        let run = self.store.load(&Subject::Thread(act.thread.clone())).await?;
        if run.is_some_and(|run| !run.ended()) {
            return nothing("a run is at work in the thread already");
        }
        let words = request(&spot, text, &mention::unhidden(&text.body));
        let version =
            Version { key: format!("{} {}", text.updated, digest(text)), parts: vec![Part::of(&words)], handed: true };
        self.see(act.thread, &message, version).await?;
        let message = message_of(&message, &by, words);
        let at_once =
            matches!((moment(stamp), moment(&text.created)), (Some(at), Some(opened)) if at - opened <= AT_ONCE);
        let key = if at_once {
            Event::said(act.thread, &message)
        } else {
            let how = match how {
                Handing::Label => "labelled",
                Handing::Assignment => "assigned",
            };
            DeliveryId(format!("said:{}:{how}:{stamp}", message.key(act.thread)))
        };
        deliveries(vec![self.heard(act, key, Fact::Said { message, addressed: true })])
    }

    /// What asked for us is taken back, or closed: that stops the run at work on it, if whoever did it may.
    async fn left(&self, act: &Act<'_>, how: Leaving, stamp: &str, pull: Option<&Pull>) -> Result<Understood, Error> {
        let of_pull = match pull.filter(|_| how == Leaving::Closed) {
            Some(pull) => self.run_of(act.received, pull).await?,
            None => None,
        };
        let run = match of_pull {
            Some(run) => Some(run),
            None => self.store.load(&Subject::Thread(act.thread.clone())).await?,
        };
        let Some(run) = run.filter(|run| !run.ended()) else { return nothing("no run is at work on it") };
        let number = act.thread.root.parse().unwrap_or_default();
        if how != Leaving::Closed && run.request.id != Spot::Issue(number).message() {
            return nothing("the run was asked for in words");
        }
        let by = self.person(&act.received.repository, &act.received.by).await?;
        if by.role == Role::Outsider && by.id != run.request.by.id {
            return nothing("whoever did it may not ask for anything here");
        }
        let key = DeliveryId(format!("pressed:github:{}:{number}:{how:?}:{stamp}", act.thread.room));
        deliveries(vec![self.press(act, &run, Action::Stop, &by, key)])
    }

    async fn pressed(&self, act: &Act<'_>, run: &RunId, button: &str, stamp: &str) -> Result<Understood, Error> {
        let Some(run) = self.newest(run).await? else { return nothing("the run is not one of ours") };
        let Some(action) = press::read(button).and_then(|word| press::on(&run, word)) else {
            return nothing("the run has no such button now");
        };
        let by = self.person(&act.received.repository, &act.received.by).await?;
        let key = DeliveryId(format!("pressed:github:{stamp}"));
        deliveries(vec![self.press(act, &run, action, &by, key)])
    }

    async fn stirred(&self, act: &Act<'_>, run: &RunId, stamp: &str) -> Result<Understood, Error> {
        match self.newest(run).await? {
            Some(run) if !run.ended() => {
                let key = DeliveryId(format!("github:stirred:{stamp}:{}", run.id));
                deliveries(vec![self.to(act, &run, key, Fact::Stirred)])
            }
            Some(_) => nothing("the run is over"),
            None => nothing("the branch is of no run of ours"),
        }
    }

    /// Why nothing is done for somebody, without a word to them; `None`: what they say is heard. An outsider is told
    /// once in a thread that they may not, so that nobody can make us write.
    async fn unwelcome(&self, act: &Act<'_>, by: &Person, edited: bool) -> Result<Option<&'static str>, Error> {
        let Account { bot, via, .. } = &act.received.by;
        let program = *bot || via.is_some();
        let key = act_key(act);
        if by.role != Role::Outsider {
            if !program {
                self.spoken(act.thread).await?;
            } else if !self.may_hop(act.thread, &key).await? {
                return Ok(Some("a program asked here before and no person spoke since: it could go round and round"));
            }
            return Ok(None);
        }
        if program {
            return Ok(Some("it is a program that may not ask for anything here"));
        }
        if edited || !self.may_refuse(act.thread, by, &key).await? {
            return Ok(Some("they may not ask for anything here, and were told"));
        }
        Ok(None)
    }

    /// The key of one thing said: the message's own for the first, so that it is one delivery however it was asked for.
    fn key(
        &self,
        act: &Act<'_>,
        message: &MessageId,
        text: &Text,
        words: &str,
        place: usize,
        first: bool,
    ) -> DeliveryId {
        let named = format!("said:github:{}:{}", act.thread.room, message.0);
        if first && place == 0 {
            return DeliveryId(named);
        }
        DeliveryId(format!("{named}:{}:{place}:{}", text.updated, Digest::of(words.as_bytes()).short()))
    }

    /// The message says something else now.
    fn edit(&self, act: &Act<'_>, message: &MessageId, by: &Person, text: &Text, words: String) -> Delivery {
        let digest = digest(text);
        let key = DeliveryId(format!("edited:github:{}:{}:{}:{digest}", act.thread.room, message.0, text.updated));
        self.heard(act, key, Fact::Edited { message: message_of(message, by, words) })
    }

    /// A button of a run, wherever its thread is.
    fn press(&self, act: &Act<'_>, run: &Run, action: Action, by: &Person, key: DeliveryId) -> Delivery {
        let key = DeliveryId(key.0.replacen("said:", "pressed:", 1));
        self.to(act, run, key, Fact::Pressed { action, by: by.clone() })
    }

    /// A fact for the thread's run.
    fn heard(&self, act: &Act<'_>, id: DeliveryId, fact: Fact) -> Delivery {
        Delivery { thread: act.thread.clone(), run: None, event: Event { id, at: act.at, fact } }
    }

    /// A fact for a run, wherever its thread is.
    fn to(&self, act: &Act<'_>, run: &Run, id: DeliveryId, fact: Fact) -> Delivery {
        Delivery { thread: run.thread.clone(), run: Some(run.id.clone()), event: Event { id, at: act.at, fact } }
    }
}

/// What is handed on so far.
#[derive(Default)]
struct Told {
    deliveries: Vec<Delivery>,
    /// Whether some of it is for a run of another thread.
    elsewhere: bool,
    /// Why a part of it is not handed on.
    why: &'static str,
}

impl Told {
    fn push(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }

    fn done(self, otherwise: &str) -> Result<Understood, Error> {
        if !self.deliveries.is_empty() {
            return deliveries(self.deliveries);
        }
        nothing(if self.why.is_empty() { otherwise } else { self.why })
    }
}

fn deliveries(deliveries: Vec<Delivery>) -> Result<Understood, Error> {
    Ok(Understood::Deliveries(deliveries))
}

/// Somebody else kept a note meanwhile: asked again, it is read anew.
fn again(error: Error) -> Result<Understood, Error> {
    if error == Error::Conflict { Err(Error::unavailable("a note of the thread moved on")) } else { Err(error) }
}

fn nothing(why: &str) -> Result<Understood, Error> {
    Ok(Understood::Nothing(why.to_owned()))
}

fn message_of(id: &MessageId, by: &Person, text: String) -> Message {
    Message { id: id.clone(), by: by.clone(), text, attachments: Vec::new() }
}

/// The words as a request: with the title of an issue above them, and the place of a comment on lines below.
fn request(spot: &Spot, text: &Text, words: &str) -> String {
    let words = words.trim();
    let title = text.title.as_deref().unwrap_or_default().trim();
    if title.is_empty() || is_word(words) {
        return words.to_owned();
    }
    match spot {
        Spot::Issue(_) => format!("{title}\n\n{words}").trim().to_owned(),
        Spot::ReviewComment(_) => format!("{words}\n\n(about {title})").trim().to_owned(),
        Spot::Comment(_) | Spot::Review(_) => words.to_owned(),
    }
}

fn digest(text: &Text) -> String {
    let title = text.title.as_deref().unwrap_or_default();
    Digest::of(format!("{title}\0{}", text.body).as_bytes()).short().to_owned()
}

/// What was done, in a line that is the same each time.
fn act_key(act: &Act<'_>) -> String {
    let what = serde_json::to_string(&act.received.what).unwrap_or_default();
    Digest::of(what.as_bytes()).short().to_owned()
}
