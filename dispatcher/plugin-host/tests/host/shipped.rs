//! The shipped plugins together, as an installation has them.

use signalbox_ports::plugins::Plugins as _;

use crate::installation::{event, host, shipped};

#[test]
fn the_same_event_burns_the_same_fuel_and_gives_the_same_opinions() {
    let (host, _cache) = host(vec![shipped("explicit")]);
    let event = event("fix the price in acme/website, see https://forge.example/acme/billing/issues/3");
    let first = host.route(&event);
    assert!(first[0].fuel > 0);
    for _ in 0..100 {
        assert_eq!(host.route(&event), first);
    }
}
