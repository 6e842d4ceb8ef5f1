//! The runner alone, without the rest of the command line: what the tests start, and what an image of a devbox holds.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Called like the whole program, `signalbox runner …`, so that both start themselves again in the same way.
    signalbox_runner::main(std::env::args_os().skip(2))
}
