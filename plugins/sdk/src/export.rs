//! The exports of a component, written from a plugin's pure functions.

/// Exports a router: `router!(route, Config)`, where `route` is `fn(&Event, &Config) -> Result<Outcome, PluginError>`.
///
/// Panics are logged before they trap, and settings that are not a `Config` are a [`PluginError`](crate::PluginError)
/// that says which.
#[macro_export]
macro_rules! router {
    ($route:path, $config:ty) => {
        struct Component;

        impl $crate::bindings::router::exports::signalbox::plugin::router::Guest for Component {
            fn route(
                event: $crate::Event,
                config: ::std::string::String,
            ) -> ::std::result::Result<$crate::router::Outcome, $crate::PluginError> {
                $crate::log::panics();
                let config: $config = $crate::config::read(&config)?;
                // It goes with the instance, as a whole.
                let event = ::std::mem::ManuallyDrop::new(event);
                $route(&event, &config)
            }
        }

        $crate::bindings::router::export_router!(Component with_types_in $crate::bindings::router);
    };
}

/// Exports a prefetcher: `prefetcher!(plan, assemble, Config)`, where `plan` is
/// `fn(&Event, &Route, &Config) -> Result<Vec<Request>, PluginError>` and `assemble` is
/// `fn(&Event, &Route, &Config, u32, &[Response]) -> Result<Assembled, PluginError>`.
#[macro_export]
macro_rules! prefetcher {
    ($plan:path, $assemble:path, $config:ty) => {
        struct Component;

        impl $crate::bindings::prefetcher::exports::signalbox::plugin::prefetcher::Guest for Component {
            fn plan(
                event: $crate::Event,
                route: $crate::prefetcher::Route,
                config: ::std::string::String,
            ) -> ::std::result::Result<::std::vec::Vec<$crate::prefetcher::Request>, $crate::PluginError> {
                $crate::log::panics();
                let config: $config = $crate::config::read(&config)?;
                $plan(&event, &route, &config)
            }

            fn assemble(
                event: $crate::Event,
                route: $crate::prefetcher::Route,
                config: ::std::string::String,
                round: u32,
                responses: ::std::vec::Vec<$crate::prefetcher::Response>,
            ) -> ::std::result::Result<$crate::prefetcher::Assembled, $crate::PluginError> {
                $crate::log::panics();
                let config: $config = $crate::config::read(&config)?;
                $assemble(&event, &route, &config, round, &responses)
            }
        }

        $crate::bindings::prefetcher::export_prefetcher!(Component with_types_in $crate::bindings::prefetcher);
    };
}
