//! Stories: what a person lives through, as the transcript they read.

mod happy;
