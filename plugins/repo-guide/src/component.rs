signalbox_plugin::prefetcher!(crate::plan, crate::assemble, crate::Config);
