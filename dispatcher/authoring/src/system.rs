//! The system that `--dev` makes up: its clock stands at the event's time, its chance is the event's seed, what is printed
//! is a line of the log, and there are no files, no network, no environment and no arguments. It is the same every time.

use std::time::Duration;

use signalbox_plugin_host::development::wasmtime::Result;
use signalbox_plugin_host::development::wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use signalbox_plugin_host::development::{Begun, State, System};
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtxView};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, io, random, sockets, sync};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::{WasiRandom, WasiRandomCtx};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtx};

/// What there is of WASI. Whatever else is imported is refused as ever.
const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
/// Bytes that a call may print; who prints more is told that nobody listens any more.
const PRINTED: usize = 1024 * 1024;
/// Bytes of chance before it begins again.
const CHANCE: usize = 64 * 1024;

/// The made-up system.
pub(crate) struct MadeUp;

/// The system of one call.
struct Call {
    wasi: WasiCtx,
    table: ResourceTable,
    printed: [Printed; 2],
}

/// What was printed, and how much of it was taken.
struct Printed {
    name: &'static str,
    pipe: MemoryOutputPipe,
    taken: usize,
}

impl System for MadeUp {
    fn has(&self, import: &str) -> bool {
        let package = import.strip_prefix("wasi:").and_then(|it| it.split_once('/'));
        package.is_some_and(|(package, rest)| PACKAGES.contains(&package) && rest.contains("@0.2."))
    }

    fn link(&self, l: &mut Linker<State>) -> Result<()> {
        io::error::add_to_linker::<_, Table>(l, table)?;
        sync::io::poll::add_to_linker::<_, Table>(l, table)?;
        sync::io::streams::add_to_linker::<_, Table>(l, table)?;
        clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, clock)?;
        clocks::monotonic_clock::add_to_linker::<_, Standing>(l, |state| Stands(clock(state)))?;
        random::random::add_to_linker::<_, WasiRandom>(l, chance)?;
        random::insecure::add_to_linker::<_, WasiRandom>(l, chance)?;
        random::insecure_seed::add_to_linker::<_, WasiRandom>(l, chance)?;
        cli::exit::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::environment::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::stdin::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::stdout::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::stderr::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::terminal_input::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::terminal_output::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, streams)?;
        cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, streams)?;
        sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(l, files)?;
        filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, files)?;
        sync::sockets::tcp::add_to_linker::<_, WasiSockets>(l, network)?;
        sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(l, network)?;
        sync::sockets::udp::add_to_linker::<_, WasiSockets>(l, network)?;
        sync::sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(l, network)?;
        sockets::instance_network::add_to_linker::<_, WasiSockets>(l, network)?;
        sockets::network::add_to_linker::<_, WasiSockets>(l, &sockets::network::LinkOptions::default(), network)?;
        sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(l, network)
    }

    fn begin(&self, time: u64, seed: u64) -> Box<dyn Begun> {
        let printed = ["stdout", "stderr"].map(|name| Printed { name, pipe: MemoryOutputPipe::new(PRINTED), taken: 0 });
        let [out, error] = &printed;
        // What a builder is not told it leaves out: files, arguments, variables, input.
        let wasi = WasiCtx::builder()
            .stdout(out.pipe.clone())
            .stderr(error.pipe.clone())
            .wall_clock(Clock(Duration::from_millis(time)))
            .monotonic_clock(Clock(Duration::ZERO))
            .secure_random(Deterministic::new(bytes(seed)))
            .insecure_random(Deterministic::new(bytes(!seed)))
            .insecure_random_seed(seed.into())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Box::new(Call { wasi, table: ResourceTable::new(), printed })
    }
}

impl Begun for Call {
    fn printed(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for Printed { name, pipe, taken } in &mut self.printed {
            let all = pipe.contents();
            let new = String::from_utf8_lossy(&all[*taken..]).into_owned();
            lines.extend(new.lines().filter(|line| !line.is_empty()).map(|line| format!("{name}: {line}")));
            *taken = all.len();
        }
        lines
    }
}

/// A clock that stands.
struct Clock(Duration);

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// The clock that things are waited for by. It stands, so waiting is over at once.
struct Stands<'a>(WasiClocksCtxView<'a>);

struct Standing;

impl HasData for Standing {
    type Data<'a> = Stands<'a>;
}

impl monotonic_clock::Host for Stands<'_> {
    fn now(&mut self) -> Result<u64> {
        monotonic_clock::Host::now(&mut self.0)
    }

    fn resolution(&mut self) -> Result<u64> {
        monotonic_clock::Host::resolution(&mut self.0)
    }

    fn subscribe_instant(&mut self, _: u64) -> Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }

    fn subscribe_duration(&mut self, _: u64) -> Result<Resource<DynPollable>> {
        self.0.subscribe_duration(0)
    }
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

#[expect(clippy::expect_used, reason = "what links these functions begins every call")]
fn call(state: &mut State) -> &mut Call {
    state.system().expect("the call has the system that was linked")
}

fn table(state: &mut State) -> &mut ResourceTable {
    &mut call(state).table
}

fn chance(state: &mut State) -> &mut WasiRandomCtx {
    call(state).wasi.random()
}

fn clock(state: &mut State) -> WasiClocksCtxView<'_> {
    let Call { wasi, table, .. } = call(state);
    WasiClocksCtxView { ctx: wasi.clocks(), table }
}

fn streams(state: &mut State) -> WasiCliCtxView<'_> {
    let Call { wasi, table, .. } = call(state);
    WasiCliCtxView { ctx: wasi.cli(), table }
}

fn files(state: &mut State) -> WasiFilesystemCtxView<'_> {
    let Call { wasi, table, .. } = call(state);
    WasiFilesystemCtxView { ctx: wasi.filesystem(), table }
}

fn network(state: &mut State) -> WasiSocketsCtxView<'_> {
    let Call { wasi, table, .. } = call(state);
    WasiSocketsCtxView { ctx: wasi.sockets(), table }
}

/// Chance of this seed: SplitMix64.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..CHANCE / 8).flat_map(|_| next().to_le_bytes()).collect()
}
