//! The exports of `issue`, as a component.

signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
