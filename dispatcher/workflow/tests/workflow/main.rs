//! Stories of workflow files: those that load, those that do not, and what their authors are told.

mod shipped;
