//! The exports of `explicit`, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
