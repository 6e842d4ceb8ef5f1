//! Answers at the URL that came with an interaction: whispered, said aloud, or instead of the message it was on.

use serde_json::Value;

use crate::api::{Caller, Fail, chat, fail, parse};
use crate::ids::Ts;
use crate::message::{Author, Message};
use crate::state::State;

/// Such a URL is good for so long, in milliseconds, and so many answers.
const LASTS: u64 = 30 * 60_000;
const USES: u32 = 5;

impl State {
    /// Takes an answer for the URL of `key`; gives the message it became, if any.
    pub(crate) fn respond(&mut self, key: &str, answer: &Value) -> Result<Option<Ts>, Fail> {
        let now = self.now();
        let url = self.response_urls.get_mut(key).ok_or_else(|| fail("invalid_url"))?;
        if url.at + LASTS < now {
            return Err(fail("expired_url"));
        }
        if url.uses >= USES {
            return Err(fail("used_url"));
        }
        url.uses += 1;
        let url = url.clone();
        let installed = self.installation(&url.app, &url.team).map(|one| one.public.clone());
        let one = installed.ok_or_else(|| fail("account_inactive"))?;
        let caller = Caller { app: one.app, team: one.team, user: one.user, bot: one.bot };
        if answer["delete_original"] == true {
            if let Some(ts) = &url.message {
                self.remove(&url.channel, ts);
            }
            return Ok(None);
        }
        let args = parse(None, "application/json", &answer.to_string())?;
        let (content, _) = chat::content(self, &args, None)?;
        let author =
            Author::App { user: caller.user, bot: caller.bot, app: caller.app, username: None, icon_emoji: None };
        if answer["replace_original"] == true
            && let Some(ts) = &url.message
        {
            let by = author.user().clone();
            let whispered = self.message(&url.channel, ts).is_ok_and(|message| message.only_for.is_some());
            if whispered {
                if let Some(message) = self.message_mut(&url.channel, ts) {
                    message.content = content;
                }
            } else {
                self.amend(&url.channel, ts, &by, |kept| *kept = content);
            }
            return Ok(Some(ts.clone()));
        }
        let aloud = answer["response_type"] == "in_channel";
        let ts = self.stamp();
        let mut message = Message::new(ts.clone(), author, content);
        message.thread = answer["thread_ts"].as_str().map(Ts::from).or_else(|| url.thread.clone());
        message.only_for = (!aloud).then(|| url.user.clone());
        chat::insert(self, &url.channel, message);
        if aloud {
            self.tell_said(&url.channel, &ts, crate::act::Arrives::Both);
        }
        Ok(Some(ts))
    }
}
