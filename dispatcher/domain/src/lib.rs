//! What Signalbox decides: [`step`](step::step) takes a run and an event and gives a run and effects.
//!
//! This crate is `no_std` on purpose: a clock, a random number, a file or an unordered map does not compile here.
//! Time is data ([`event::Event::at`]), identity is computed ([`id::EffectId`]), and trouble is an event, so
//! everything in here is a function from values to values: read it top to bottom, test it without a mock, replay it
//! from what was stored.
//!
//! Read in this order: [`event`], [`run`], [`step`], [`effect`], [`reply`].

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

pub mod id;
pub mod identity;
pub mod talk;
pub mod time;

pub mod change;
pub mod condition;
pub mod context;
pub mod devbox;
pub mod patch;
pub mod route;
pub mod workflow;

pub mod effect;
pub mod event;
pub mod outcome;
pub mod reason;
pub mod run;
pub mod step;

pub mod command;
pub mod post;
pub mod reply;
