//! Lines kept next to the decision, where `signalbox why` shows them; on the author's machine they go to stderr.

use crate::bindings::router::signalbox::plugin::log::Level;

/// Something for the author.
pub fn debug(line: &str) {
    write(Level::Debug, line);
}

/// Something worth reading next to the decision.
pub fn info(line: &str) {
    write(Level::Info, line);
}

/// Something is wrong, and the call gives an answer anyway.
pub fn warn(line: &str) {
    write(Level::Warn, line);
}

/// Something is wrong, and the call will not give an answer.
pub fn error(line: &str) {
    write(Level::Error, line);
}

/// Makes every panic from here on log its message and place: a trap by itself carries neither.
#[doc(hidden)]
pub fn panics() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

#[cfg(target_family = "wasm")]
fn write(level: Level, line: &str) {
    crate::bindings::router::signalbox::plugin::log::write(level, line);
}

#[cfg(not(target_family = "wasm"))]
fn write(level: Level, line: &str) {
    eprintln!("{level:?}: {line}");
}
