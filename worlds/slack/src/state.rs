//! Everything the world remembers, behind one lock that is never held while it waits.

use std::collections::{BTreeMap, VecDeque};

use futures::channel::oneshot;
use serde_json::Value;

use crate::app::{App, Installation};
use crate::chance::Chance;
use crate::channel::{Channel, Sort};
use crate::edge::{Delivery, Outgoing, Retry, Rule, Socket};
use crate::error::Error;
use crate::fault::Faults;
use crate::file::File;
use crate::ids::{AppId, ChannelId, FileId, TeamId, Ts, UserId, ViewId};
use crate::limits::Buckets;
use crate::message::Message;
use crate::meters::{Meters, Refusal};
use crate::options::{Clock, Limits};
use crate::session::Session;
use crate::team::{Team, User};
use crate::view::View;

/// A short time in which an app may open a view for what a person did.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) app: AppId,
    pub(crate) team: TeamId,
    pub(crate) user: UserId,
    pub(crate) at: u64,
    pub(crate) used: bool,
    /// The view it was made in, for `views.push`.
    pub(crate) view: Option<ViewId>,
}

/// A URL at which an app may answer what a person did, for half an hour and five times.
#[derive(Clone, Debug)]
pub(crate) struct ResponseUrl {
    pub(crate) app: AppId,
    pub(crate) team: TeamId,
    pub(crate) channel: ChannelId,
    pub(crate) user: UserId,
    /// The message the button was on.
    pub(crate) message: Option<Ts>,
    pub(crate) thread: Option<Ts>,
    pub(crate) at: u64,
    pub(crate) uses: u32,
}

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// Where it is served; empty until then.
    pub(crate) base: String,
    pub(crate) chance: Chance,
    pub(crate) last_stamp: u64,
    pub(crate) teams: BTreeMap<TeamId, Team>,
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) apps: BTreeMap<AppId, App>,
    pub(crate) installations: Vec<Installation>,
    pub(crate) channels: BTreeMap<ChannelId, Channel>,
    pub(crate) files: BTreeMap<FileId, File>,
    pub(crate) views: BTreeMap<ViewId, View>,
    pub(crate) sessions: Vec<Session>,
    /// What an app shows as "is typing", by channel and thread, until when.
    pub(crate) typing: BTreeMap<(ChannelId, Ts), (String, u64)>,
    pub(crate) triggers: BTreeMap<String, Trigger>,
    pub(crate) response_urls: BTreeMap<String, ResponseUrl>,
    pub(crate) buckets: Buckets,
    pub(crate) meters: Meters,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) faults: Faults,
    /// What is to be sent to apps next.
    pub(crate) outbox: Vec<Outgoing>,
    pub(crate) rules: VecDeque<Rule>,
    pub(crate) outage: bool,
    /// So many of a thousand events go wrong on their way, where no rule says how.
    pub(crate) weather: u32,
    pub(crate) held: Vec<Outgoing>,
    pub(crate) retries: Vec<Retry>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) sockets: BTreeMap<u64, Socket>,
    /// Socket tickets that were handed out and not used.
    pub(crate) tickets: BTreeMap<String, AppId>,
    pub(crate) acks: BTreeMap<String, oneshot::Sender<Value>>,
    pub(crate) counter: u64,
    pub(crate) config_token: String,
}

impl State {
    pub(crate) fn new(clock: Clock, seed: u64, limits: Limits) -> Self {
        let mut chance = Chance::new(seed);
        let config_token = format!("xoxe.xoxp-1-{}", chance.text(24));
        Self {
            clock,
            limits,
            base: String::new(),
            chance,
            last_stamp: 0,
            teams: BTreeMap::new(),
            users: BTreeMap::new(),
            apps: BTreeMap::new(),
            installations: Vec::new(),
            channels: BTreeMap::new(),
            files: BTreeMap::new(),
            views: BTreeMap::new(),
            sessions: Vec::new(),
            typing: BTreeMap::new(),
            triggers: BTreeMap::new(),
            response_urls: BTreeMap::new(),
            buckets: Buckets::default(),
            meters: Meters::default(),
            refusals: Vec::new(),
            faults: Faults::default(),
            outbox: Vec::new(),
            rules: VecDeque::new(),
            outage: false,
            weather: 0,
            held: Vec::new(),
            retries: Vec::new(),
            deliveries: Vec::new(),
            sockets: BTreeMap::new(),
            tickets: BTreeMap::new(),
            acks: BTreeMap::new(),
            counter: 0,
            config_token,
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        (self.clock)()
    }

    /// A stamp that no message has, later than every one before, however the clock jumped.
    pub(crate) fn stamp(&mut self) -> Ts {
        self.last_stamp = (self.last_stamp + 1).max(self.now().saturating_mul(1_000));
        Ts::at(self.last_stamp)
    }

    pub(crate) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(crate) fn user(&self, id: &UserId) -> Result<&User, Error> {
        self.users.get(id).ok_or_else(|| Error::unknown("user", id))
    }

    pub(crate) fn team(&self, id: &TeamId) -> Result<&Team, Error> {
        self.teams.get(id).ok_or_else(|| Error::unknown("workspace", id))
    }

    pub(crate) fn channel(&self, id: &ChannelId) -> Result<&Channel, Error> {
        self.channels.get(id).ok_or_else(|| Error::unknown("channel", id))
    }

    pub(crate) fn message(&self, channel: &ChannelId, ts: &Ts) -> Result<&Message, Error> {
        let found = self.channel(channel)?.messages.get(ts).filter(|message| !message.deleted);
        found.ok_or_else(|| Error::unknown("message", ts))
    }

    pub(crate) fn message_mut(&mut self, channel: &ChannelId, ts: &Ts) -> Option<&mut Message> {
        self.channels.get_mut(channel)?.messages.get_mut(ts)
    }

    pub(crate) fn installation(&self, app: &AppId, team: &TeamId) -> Option<&Installation> {
        let mut found = self.installations.iter();
        found.find(|one| &one.public.app == app && &one.public.team == team && !one.revoked)
    }

    /// The direct conversation of two users, opened if it was not.
    pub(crate) fn direct(&mut self, one: &UserId, other: &UserId, team: &TeamId) -> ChannelId {
        let found = self.channels.values().find(|channel| match &channel.sort {
            Sort::Direct(a, b) => (a == one && b == other) || (a == other && b == one),
            Sort::Public | Sort::Private | Sort::Group => false,
        });
        if let Some(channel) = found {
            return channel.id.clone();
        }
        let id = ChannelId(self.chance.id("D"));
        let channel = Channel {
            id: id.clone(),
            team: team.clone(),
            name: String::new(),
            sort: Sort::Direct(one.clone(), other.clone()),
            topic: String::new(),
            members: [one.clone(), other.clone()].into(),
            shared: Default::default(),
            archived: false,
            messages: BTreeMap::new(),
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(crate) fn trigger(&mut self, app: &AppId, team: &TeamId, user: &UserId, view: Option<ViewId>) -> String {
        let id = format!("{}.{}.{}", self.count(), self.now(), self.chance.text(24).to_lowercase());
        let trigger =
            Trigger { app: app.clone(), team: team.clone(), user: user.clone(), at: self.now(), used: false, view };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// The URL of a new [`ResponseUrl`].
    pub(crate) fn response_url(&mut self, url: ResponseUrl) -> String {
        let key = format!("{}/{}/{}", url.team, self.count(), self.chance.text(24));
        let full = format!("{}/actions/{key}", self.base);
        self.response_urls.insert(key, url);
        full
    }
}
