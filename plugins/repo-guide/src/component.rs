//! The exports of `repo-guide`, as a component.

signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
