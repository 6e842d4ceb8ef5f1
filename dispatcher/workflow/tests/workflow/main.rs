//! Stories of workflow files: those that load, those that do not, and what their authors are told.

mod conditions;
mod digest;
mod editors;
mod frozen;
mod fuzz;
mod outputs;
mod prompts;
mod refused;
mod shipped;
mod team;
mod traps;
