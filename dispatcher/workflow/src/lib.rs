//! Reads a workflow file into the domain's [`Workflow`](signalbox_domain::workflow::Workflow): checked whole, frozen, digested.
//!
//! Pure: files are looked up by a function of the caller. Whatever is wrong is told at its place in the file, with what
//! to write instead; nothing a file says is ever passed over.
//!
//! ```
//! let loaded = signalbox_workflow::load("build", &signalbox_workflow::shipped::file)?;
//! assert_eq!(loaded.workflow.phases[0].label, "Plan");
//! # Ok::<(), Vec<signalbox_workflow::Problem>>(())
//! ```

mod authority;
pub mod bounds;
mod condition;
pub mod devbox;
mod draft;
mod expression;
mod handoffs;
mod keys;
mod load;
mod lower;
mod measure;
mod node;
pub mod output;
mod parts;
mod plan;
mod problem;
pub mod prompt;
mod reach;
mod rules;
mod schema;
mod shape;
pub mod shipped;
mod typed;
mod yaml;

pub use load::{Loaded, load};
pub use plan::{Plan, plan};
pub use problem::Problem;
pub use schema::schema;
