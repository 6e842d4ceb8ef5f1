//! One step in the making: the run as it was, as it becomes, and what the world is asked to do.

use alloc::string::String;
use alloc::vec::Vec;

use crate::effect::Effect;
use crate::event::Event;
use crate::post::{Post, Slot};
use crate::reply;
use crate::run::{Run, Voice};
use crate::step::Step;
use crate::talk::Person;
use crate::time::Time;

/// One step in the making.
pub(super) struct Turn<'a> {
    was: &'a Run,
    pub(super) event: &'a Event,
    pub(super) at: Time,
    pub(super) run: Run,
    effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(was: &'a Run, event: &'a Event) -> Self {
        let mut run = was.clone();
        run.version += 1;
        Self { was, event, at: event.at, run, effects: Vec::new() }
    }

    /// Asks the world to do something.
    pub(super) fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Says something in the thread.
    pub(super) fn say(&mut self, slot: Slot, post: Post) {
        self.ask(Effect::Say { slot, post });
    }

    /// Answers the person whose words or press this event is.
    pub(super) fn reply(&mut self, text: impl Into<String>) {
        self.say(Slot::Reply(self.event.id.clone()), Post::line(text));
    }

    /// Says something to one person only.
    pub(super) fn whisper(&mut self, to: &Person, text: impl Into<String>) {
        self.ask(Effect::Whisper { to: to.clone(), post: Post::line(text) });
    }

    /// The step. The status message and the mark on the request are pictures of the run: wherever the picture changed,
    /// the thread is shown the new one.
    pub(super) fn done(mut self) -> Step {
        let mark = reply::mark(&self.run);
        if mark != reply::mark(self.was) {
            self.ask(Effect::Mark { message: self.run.request.id.clone(), mark });
        }
        if (self.run.voice != Voice::Muted || (self.run.ended() && self.run.shown))
            && let Some(post) = reply::status(&self.run, self.at)
            && !(self.was.shown && reply::status(self.was, self.at).as_ref() == Some(&post))
        {
            self.run.shown = true;
            // Before anything else is said, so that the thread reads in order.
            let first = self
                .effects
                .iter()
                .position(|effect| matches!(effect, Effect::Say { .. }))
                .unwrap_or(self.effects.len());
            self.effects.insert(first, Effect::Say { slot: Slot::Status, post });
        }
        Step::Advanced { run: self.run, effects: self.effects }
    }
}
