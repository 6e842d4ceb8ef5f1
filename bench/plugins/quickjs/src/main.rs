//! QuickJS: a fresh runtime for every call, with a limit on memory and an interrupt handler that counts. `router.js` is
//! compiled to bytecode ahead if the folder's name says so (`FOLDER/bytecode`), else from source every time.

use std::sync::atomic::{AtomicU64, Ordering};

use harness::{Claim, PLUGINS, Setting};
use rquickjs::module::WriteOptions;
use rquickjs::{Context, Function, Module, Runtime};

const SOURCE: &str = include_str!("router.js");
const MEMORY: usize = 32 * 1024 * 1024;
static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

fn main() {
    let setting = Setting::read();
    let json = setting.json.clone();
    let bytecode = setting.folder.join("bytecode").exists().then(compile);
    setting.measure(move || (0..PLUGINS).map(|_| ask(bytecode.as_deref(), &json)).collect());
}

fn compile() -> Vec<u8> {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| Module::declare(ctx, "router", SOURCE).unwrap().write(WriteOptions::default()).unwrap())
}

fn ask(bytecode: Option<&[u8]>, json: &str) -> Claim {
    let runtime = Runtime::new().unwrap();
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(256 * 1024);
    let mut left = 100_000u32;
    runtime.set_interrupt_handler(Some(Box::new(move || {
        INTERRUPTS.fetch_add(1, Ordering::Relaxed);
        left = left.saturating_sub(1);
        left == 0
    })));
    let context = Context::full(&runtime).unwrap();
    let answer: String = context.with(|ctx| {
        match bytecode {
            Some(bytecode) => {
                // Made by this very process.
                let module = unsafe { Module::load(ctx.clone(), bytecode) }.unwrap();
                module.eval().unwrap().1.finish::<()>().unwrap();
            }
            None => {
                ctx.eval::<(), _>(SOURCE).unwrap();
            }
        }
        let route: Function<'_> = ctx.globals().get("route").unwrap();
        route.call((json,)).unwrap()
    });
    serde_json::from_str(&answer).unwrap()
}
