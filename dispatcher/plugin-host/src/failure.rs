//! What went wrong in a plugin, in words for its author: not what the engine calls it, but what it means.

use wasmtime::Trap;

use crate::bindings::types::PluginError;
use crate::guest::State;

/// An error that the plugin gave.
pub(crate) fn reported(error: &PluginError) -> String {
    let (whose, text) = match error {
        PluginError::Config(text) => ("its settings are wrong", text),
        PluginError::Event(text) => ("it cannot work with this event", text),
        PluginError::Internal(text) => ("it says that it is wrong itself", text),
    };
    format!("{whose}: {text}")
}

/// An error that stopped the plugin.
pub(crate) fn of(error: &wasmtime::Error, state: &State) -> String {
    let when = if state.started { "" } else { " while it started" };
    let denied = || {
        let denied = state.denied.as_ref()?;
        Some(format!("it needed {denied}{when}; ask for less, or for more in its manifest's [limits]"))
    };
    let Some(trap) = error.downcast_ref::<Trap>() else {
        let text = format!("{error:#}");
        let too_much = || {
            let kib = state.bounds.data / 1024;
            text.contains("fuel allocated for hostcalls")
                .then(|| format!("it handed over more than {kib} KiB in one call"))
        };
        // "resource limit exceeded: instance count too high at 65"
        let too_many = || {
            let (what, count) = text.split_once("resource limit exceeded: ")?.1.split_once(" count too high at ")?;
            let many = if what == "memory" { "memories".to_string() } else { format!("{what}s") };
            Some(format!(
                "it needed {count} {many} or more{when}; ask for fewer, or for more in its manifest's [limits]"
            ))
        };
        return denied()
            .or_else(too_much)
            .or_else(too_many)
            .unwrap_or_else(|| format!("what it did does not fit the contract{when}: {text}"));
    };
    if *trap == Trap::OutOfFuel {
        return match state.started {
            true => format!("it used up its fuel of {}; look for a loop that does not end", units(state.bounds.fuel)),
            false => "it used up its fuel while it started; do less before the first call".to_string(),
        };
    }
    if *trap == Trap::StackOverflow {
        return format!("it used up its stack{when}; look for a recursion that does not end");
    }
    // The SDK logs a panic before it traps.
    if let Some(panic) = &state.log.error {
        return match panic.strip_prefix("panicked ") {
            Some(place) => format!("it panicked{when} {place}"),
            None => format!("it gave up{when}: {panic}"),
        };
    }
    denied().unwrap_or_else(|| {
        format!("it trapped{when} ({trap}), and its own message is lost: build it with the SDK, which logs panics")
    })
}

fn units(fuel: u64) -> String {
    match fuel % 1_000_000 {
        0 => format!("{} M", fuel / 1_000_000),
        _ => fuel.to_string(),
    }
}
