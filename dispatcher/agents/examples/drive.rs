//! `drive AGENT MODEL GATEWAY HOME PROMPT [SESSION]`: starts an installed agent here as a box would, and prints what it
//! means by what it prints.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use signalbox_agents::{Task, named};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [agent, model, gateway, home, prompt, session @ ..] = arguments.as_slice() else {
        return Err("it is started as `drive AGENT MODEL GATEWAY HOME PROMPT [SESSION]`".into());
    };
    let task = Task {
        prompt: prompt.clone(),
        model: Some(model.clone()),
        session: session.first().cloned(),
        gateway: gateway.clone(),
        placeholder: "placeholder-key".to_owned(),
        home: home.clone(),
    };
    let mut agent = named(agent).ok_or("there is no such agent")?;
    let launch = agent.launch(&task);
    for (path, content) in &launch.files {
        let path = std::path::Path::new(home).join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, content)?;
    }
    let path = std::env::var("PATH")?;
    let mut child = Command::new(&launch.command[0])
        .args(&launch.command[1..])
        .env_clear()
        .envs(&launch.env)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&launch.input)?;
    }
    let stdout = child.stdout.take().ok_or("it has no output")?;
    for line in BufReader::new(stdout).lines() {
        for entry in agent.read(&line?) {
            println!("{entry:?}");
        }
    }
    let code = child.wait()?.code().unwrap_or(-1);
    println!("exit {code}: {:?}", agent.exited(code));
    Ok(())
}
