//! The exports of `channel`, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
