signalbox_plugin::router!(crate::route, crate::Config);
