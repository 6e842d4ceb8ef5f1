//! The exports of `codeowners`, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
