//! What the tests start as a runner; and, for one story, a dispatcher that makes a box and is killed.

use std::path::PathBuf;
use std::process::ExitCode;

use signalbox_ports::devbox::{Devbox as _, Spec};
use signalbox_sandbox::{Config, Sandbox, Sizes};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    if let [program, first, _, folder, name] = &arguments[..]
        && first == "provision"
    {
        let folder = PathBuf::from(folder);
        let sandbox = Sandbox::new(Config {
            program: program.into(),
            endpoint: folder.join("endpoint"),
            tools: vec![],
            sizes: Sizes::default(),
            warm: 0,
            unsandboxed_i_accept_the_risk: false,
            folder,
        });
        let spec = Spec { devbox: name.as_str().into(), claim_token: "once".to_owned() };
        let made =
            tokio::runtime::Builder::new_current_thread().build().map(|it| it.block_on(sandbox.provision(&spec)));
        if !matches!(made, Ok(Ok(()))) {
            return ExitCode::FAILURE;
        }
        // No goodbye: like a kill, it leaves everything as it is.
        std::process::abort();
    }
    signalbox_runner::main(std::env::args_os().skip(2))
}
