//! One call of a plugin: a fresh instance, its bounds, and what became of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::{Engine, ResourceLimiter, Store};

use crate::bindings::{log, types};
use crate::failure;
use crate::limits::{Bounds, LOG_BYTES, LOG_LINES};
use crate::system::Begun;

/// What became of a call.
pub(crate) struct Called<T> {
    /// What the plugin gave; or what went wrong, in words for its author.
    pub(crate) gave: Result<T, String>,
    /// The fuel it burnt, without starting.
    pub(crate) fuel: u64,
    /// Bytes of memory it had at its end: of all its memories together.
    pub(crate) memory: u64,
    /// The error it gave itself, if that is what went wrong.
    pub(crate) reported: Option<types::PluginError>,
    /// What it logged.
    pub(crate) log: Vec<String>,
}

/// Starts an instance and calls it.
pub(crate) fn call<I, T>(
    engine: &Engine,
    bounds: Bounds,
    system: Option<Box<dyn Begun>>,
    start: impl FnOnce(&mut Store<State>) -> wasmtime::Result<I>,
    call: impl FnOnce(&I, &mut Store<State>) -> wasmtime::Result<Result<T, types::PluginError>>,
) -> Called<T> {
    let mut store = Store::new(engine, State::new(bounds, system));
    store.limiter(|state| state);
    store.set_hostcall_fuel(clamp(bounds.data));
    // The engine is not trusted to be free of bugs: a panic of its is this plugin's failure, not the host's.
    let gave = catch_unwind(AssertUnwindSafe(|| {
        store.set_fuel(bounds.start_fuel)?;
        let instance = start(&mut store)?;
        store.data_mut().started = true;
        store.set_fuel(bounds.fuel)?;
        call(&instance, &mut store)
    }));
    let left = store.get_fuel().unwrap_or_default();
    let mut state = store.into_data();
    state.listen();
    let fuel = if state.started { bounds.fuel.saturating_sub(left) } else { 0 };
    let mut reported = None;
    let gave = match gave {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(failure::reported(reported.insert(error))),
        Ok(Err(error)) => Err(failure::of(&error, &state)),
        Err(_panic) => Err("the engine failed on it; this is not its fault, please report it".to_string()),
    };
    Called { gave, fuel, memory: state.memory, reported, log: state.log.finish() }
}

/// What the host keeps of an instance.
#[cfg_attr(not(feature = "development"), allow(unreachable_pub, reason = "only a made-up system names it"))]
pub struct State {
    pub(crate) bounds: Bounds,
    pub(crate) log: Log,
    /// Whether the instance had started, so that fuel from here on is the call's.
    pub(crate) started: bool,
    /// The bound on growth that it ran into, in words.
    pub(crate) denied: Option<String>,
    /// What an author's development build was given. Nothing of it is where plugins decide.
    pub(crate) system: Option<Box<dyn Begun>>,
    memory: u64,
    elements: u64,
}

impl State {
    fn new(bounds: Bounds, system: Option<Box<dyn Begun>>) -> Self {
        Self { bounds, log: Log::default(), started: false, denied: None, system, memory: 0, elements: 0 }
    }

    /// Takes what was printed since into the log, so that its lines stand in the order they were written in.
    pub(crate) fn listen(&mut self) {
        let printed = self.system.as_mut().map(|system| system.printed()).unwrap_or_default();
        for line in printed {
            self.log.write(log::Level::Info, &line);
        }
    }
}

/// Growth beyond a bound fails inside the plugin, as it would on a small machine; the reason is kept for its author.
impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.memory.saturating_add(desired.saturating_sub(current) as u64);
        if after > self.bounds.memory {
            let mib = self.bounds.memory / (1024 * 1024);
            self.denied.get_or_insert_with(|| format!("more than {mib} MiB of memory"));
            return Ok(false);
        }
        self.memory = after;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.elements.saturating_add(desired.saturating_sub(current) as u64);
        if after > self.bounds.elements {
            let elements = self.bounds.elements;
            self.denied.get_or_insert_with(|| format!("more than {elements} table elements"));
            return Ok(false);
        }
        self.elements = after;
        Ok(true)
    }

    fn instances(&self) -> usize {
        clamp(self.bounds.instances)
    }

    fn tables(&self) -> usize {
        clamp(self.bounds.tables)
    }

    fn memories(&self) -> usize {
        clamp(self.bounds.memories)
    }
}

fn clamp(bound: u64) -> usize {
    usize::try_from(bound).unwrap_or(usize::MAX)
}

/// The lines of one call.
#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<String>,
    bytes: usize,
    dropped: usize,
    /// The last line that says why the call will give no answer. Kept whatever was logged before it.
    pub(crate) error: Option<String>,
}

impl Log {
    pub(crate) fn write(&mut self, level: log::Level, message: &str) {
        let word = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        // One line is one line, and none speaks to a terminal.
        let plain: String = message.chars().take(LOG_BYTES).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if level == log::Level::Error {
            self.error = Some(plain.chars().take(500).collect());
        }
        let line = format!("{word}: {plain}");
        if self.lines.len() == LOG_LINES || self.bytes + line.len() > LOG_BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes += line.len();
        self.lines.push(line);
    }

    fn finish(mut self) -> Vec<String> {
        if self.dropped > 0 {
            self.lines.push(format!(
                "({} more lines were dropped: a call keeps {LOG_LINES} lines and {LOG_BYTES} bytes)",
                self.dropped
            ));
        }
        self.lines
    }
}
