//! The exports of this plugin, as a component.

signalbox_plugin::router!(crate::route, crate::Config);
