//! Plugins while they are written: begun, built, checked, tried, tested and measured.
//!
//! Whatever is said here is said by the host that will run the plugin: a case that holds here holds there. Nothing of
//! this is in a dispatcher that only runs plugins.

mod error;
mod language;
mod project;

mod contract;
mod sdk;
mod typescript;

mod scaffold;

mod javascript;
mod python;
mod rust;
mod tool;

mod building;
mod checking;
mod suspects;

mod bench;
mod cases;
mod diff;
mod expectation;
mod system;
mod trying;

pub use bench::{Measured, bench};
pub use building::{Built, build};
pub use cases::{Case, Outcome, Report, test};
pub use checking::{Finding, Weight, check};
pub use error::Error;
pub use language::{Language, World};
pub use project::{COMPONENT, Project};
pub use scaffold::{Plan, create, renew};
pub use trying::{Call, Question, Tried, Trying};
