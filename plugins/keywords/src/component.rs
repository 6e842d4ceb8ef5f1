//! The exports of `keywords`, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
