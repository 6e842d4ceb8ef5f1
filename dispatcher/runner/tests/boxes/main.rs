//! Boxes from the claim to the last report: real jails, real git, and a dispatcher over HTTP.

mod dispatcher;
mod world;

mod endings;
mod walls;
mod work;
