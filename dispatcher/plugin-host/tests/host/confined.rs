//! What is left to the process that plugins run in, should one break out of the engine: nothing that reaches beyond it.

use std::env;
use std::fs;
use std::process::Command;

use crate::installation::{event, router};
use crate::module;

#[test]
fn the_process_of_plugins_can_do_nothing_but_answer() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = router("pass", module::router("i32.const 9 call $pass"));
    fs::write(folder.path().join("router.toml"), &*plugin.manifest).unwrap();
    fs::write(folder.path().join("router.wasm"), &plugin.component).unwrap();
    fs::write(folder.path().join("event.json"), serde_json::to_vec(&event("hello")).unwrap()).unwrap();
    let probe = env::current_exe().unwrap().parent().unwrap().join("../examples/confined");
    let output = Command::new(probe).arg(folder.path()).env_clear().output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (answered, tried) = said.split_once('\n').unwrap();
    assert_eq!(answered, "the router: as before", "{}", String::from_utf8_lossy(&output.stderr));
    let done: Vec<&str> = tried.lines().filter(|line| !line.ends_with(": PermissionDenied")).collect();
    assert_eq!(done, Vec::<&str>::new());
    assert_eq!(tried.lines().count(), 22, "{tried}");
    assert!(output.status.success());
}
