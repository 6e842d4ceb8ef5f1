//! Stories: what a person lives through, as the transcript they read. They are told of whatever world the module above
//! has: the one in memory here, those on real chats elsewhere.

use super::World;

pub(crate) mod acts;

mod happy;

mod links;
mod places;
mod rooms;
mod routers;
mod workflows;

mod edits;
mod followups;
mod people;
mod stops;
mod words;

mod budgets;
mod changes;
mod fixes;
mod gates;
mod reviews;
mod watches;

mod boxes;
mod outages;
mod queues;
mod refusals;
mod retries;
mod spending;
