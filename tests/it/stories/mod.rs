//! Stories: what a person lives through, as the transcript they read. They are told of whatever world the module above
//! has: the one in memory here, those on real chats elsewhere.

use super::World;

mod acts;

mod happy;

mod places;
mod routers;
mod workflows;

mod edits;
mod followups;
mod people;
mod stops;
mod words;

mod budgets;
mod fixes;
mod gates;

mod boxes;
mod outages;
mod queues;
mod refusals;
mod retries;
