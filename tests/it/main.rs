//! Stories, crashes, orders, architecture.

mod stories;
