//! Extism: compiled once, a fresh instance and fuel for every call. With `FOLDER/cache.toml` what it compiled is kept
//! between processes, else it compiles at every start.

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use harness::{Claim, PLUGINS, Setting};

fn main() {
    let setting = Setting::read();
    let json = setting.json.clone();
    let cache = setting.folder.join("cache.toml");
    let compiled: Vec<CompiledPlugin> = (0..PLUGINS)
        .map(|number| {
            let mut wasm = std::fs::read(setting.folder.join("extism.wasm")).unwrap();
            // A custom section of its own, so that each is another plugin, as they would be.
            let name = format!("copy-{number}");
            wasm.extend([0, name.len() as u8 + 1, name.len() as u8]);
            wasm.extend(name.as_bytes());
            let manifest = Manifest::new([Wasm::data(wasm)]).with_memory_max(512);
            let builder = PluginBuilder::new(manifest).with_wasi(false).with_fuel_limit(50_000_000);
            let builder = match cache.exists() {
                true => builder.with_cache_config(&cache),
                false => builder.with_cache_disabled(),
            };
            CompiledPlugin::new(builder).unwrap()
        })
        .collect();
    setting.measure(move || compiled.iter().map(|it| ask(it, &json)).collect());
}

fn ask(compiled: &CompiledPlugin, json: &str) -> Claim {
    let mut plugin = Plugin::new_from_compiled(compiled).unwrap();
    let answer: &str = plugin.call("route", json).unwrap();
    serde_json::from_str(answer).unwrap()
}
