//! Nothing: the stories are tests.
