//! `signalbox-world-model SCRIPT.json [ADDRESS]`: says what the script says, and prints every request as a line of JSON.

use anyhow::{Context as _, bail};
use serde_json::json;
use signalbox_world_model::{Script, World};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (script, address) = match arguments.as_slice() {
        [script] => (script, "127.0.0.1:0"),
        [script, address] => (script, address.as_str()),
        _ => bail!("it is started as `signalbox-world-model SCRIPT.json [ADDRESS]`"),
    };
    let text = std::fs::read_to_string(script).with_context(|| format!("the script {script}"))?;
    let script: Script = serde_json::from_str(&text).with_context(|| format!("the script {script}"))?;
    let world = World::serve(TcpListener::bind(address).await?, script)?;
    println!("{}", json!({ "listening": world.url() }));
    let mut shown = 0;
    loop {
        for seen in world.seen().iter().skip(shown) {
            shown += 1;
            let headers: serde_json::Map<String, serde_json::Value> =
                seen.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
            let line = json!({
                "method": seen.method, "path": seen.path, "status": seen.status, "answered": seen.answered,
                "refused": seen.refused, "headers": headers, "body": seen.body,
            });
            println!("{line}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
