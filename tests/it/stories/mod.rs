//! Stories: what a person lives through, as the transcript they read.

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
