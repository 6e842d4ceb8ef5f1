//! The exports of `ci`, as a component.

signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
