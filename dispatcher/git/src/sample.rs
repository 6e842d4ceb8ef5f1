//! A repository to try things on.
