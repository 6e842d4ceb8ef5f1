//! The exports of `history`, as a component.

signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
