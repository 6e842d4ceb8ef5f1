//! Standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

/// Prints a line. Whoever reads may stop reading (`| head`): then there is nothing left to do, and that is no failure.
pub(crate) fn line(text: impl Display) {
    exactly(format_args!("{text}\n"));
}

/// Prints a text and nothing else, no end of a line either.
pub(crate) fn exactly(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let written = write!(out, "{text}").and_then(|()| out.flush());
    if written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}
