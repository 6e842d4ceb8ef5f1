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

pub mod shipped;
pub mod prompt;
pub mod output;
pub mod bounds;
mod load;
mod yaml;
mod node;
mod keys;
mod shape;
mod schema;
mod measure;
mod draft;
mod handoffs;
mod authority;
mod parts;
mod lower;
mod rules;
mod condition;
mod expression;
mod typed;
mod reach;
mod plan;
mod problem;

pub use load::{Loaded, load};
pub use plan::{Plan, plan};
pub use problem::Problem;
pub use schema::schema;
