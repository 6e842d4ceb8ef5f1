//! The exports of this plugin, as a component.

signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
