//! The exports of `schedule`, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
