//! Lua 5.4: a fresh state for every call, with a limit on memory and a hook that counts instructions. Bytecode if the
//! folder has a file `bytecode`, else from source every time.

use harness::{Claim, PLUGINS, Setting};
use mlua::chunk::ChunkMode;
use mlua::{Function, HookTriggers, Lua, LuaOptions, LuaSerdeExt, StdLib, Value, VmState};

const SOURCE: &str = include_str!("router.lua");
const MEMORY: usize = 32 * 1024 * 1024;

fn main() {
    let setting = Setting::read();
    let json = setting.json.clone();
    let bytecode = setting.folder.join("bytecode").exists().then(|| {
        let lua = Lua::new();
        lua.load(SOURCE).into_function().unwrap().dump(true)
    });
    setting.measure(move || (0..PLUGINS).map(|_| ask(bytecode.as_deref(), &json)).collect());
}

fn ask(bytecode: Option<&[u8]>, json: &str) -> Claim {
    let libraries = StdLib::STRING | StdLib::TABLE | StdLib::MATH;
    // Bytecode is only ever what this process made; safe mode would refuse it.
    let lua = unsafe { Lua::unsafe_new_with(libraries, LuaOptions::default()) };
    lua.set_memory_limit(MEMORY).unwrap();
    let counted = HookTriggers::new().every_nth_instruction(10_000);
    let left = std::cell::Cell::new(1_000u32);
    lua.set_hook(counted, move |_, _| {
        left.set(left.get().saturating_sub(1));
        match left.get() {
            0 => Err(mlua::Error::runtime("it used up its instructions")),
            _ => Ok(VmState::Continue),
        }
    })
    .unwrap();
    match bytecode {
        Some(bytecode) => lua.load(bytecode).set_mode(ChunkMode::Binary).exec().unwrap(),
        None => lua.load(SOURCE).exec().unwrap(),
    }
    let route: Function = lua.globals().get("route").unwrap();
    let event: serde_json::Value = serde_json::from_str(json).unwrap();
    let answer: Value = route.call(lua.to_value(&event).unwrap()).unwrap();
    lua.from_value(answer).unwrap()
}
