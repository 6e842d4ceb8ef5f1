//! The hostile suite: every component, what it does, and what becomes of it. `docs/hostile-plugins.md` is this table.

use serde_json::{Map, Value, json};

use crate::module::{self, FAIR, Module};

/// One hostile component.
pub(crate) struct Hostile {
    /// Its name; sections of the page share a first word.
    pub(crate) name: &'static str,
    /// What it does, in words.
    pub(crate) does: &'static str,
    pub(crate) made: Made,
    /// What is said of it, or how that begins.
    pub(crate) says: &'static str,
}

/// What it is made of.
pub(crate) enum Made {
    /// WebAssembly, written by hand.
    Hand(fn() -> Vec<u8>),
    /// `tests/hostile/router`, with these settings.
    Router(&'static str),
    /// `tests/hostile/prefetcher`, with these settings.
    Prefetcher(&'static str, &'static [&'static str]),
}

impl Made {
    /// The settings that make a guest do it.
    pub(crate) fn settings(&self) -> Map<String, Value> {
        match self {
            Self::Hand(_) => Map::new(),
            Self::Router(does) => Map::from_iter([("does".to_string(), json!(does))]),
            Self::Prefetcher(does, at) => {
                Map::from_iter([("does".to_string(), json!(does)), ("at".to_string(), json!(at))])
            }
        }
    }
}

const fn hand(name: &'static str, does: &'static str, made: fn() -> Vec<u8>, says: &'static str) -> Hostile {
    Hostile { name, does, made: Made::Hand(made), says }
}

const fn rust(name: &'static str, does: &'static str, made: &'static str, says: &'static str) -> Hostile {
    Hostile { name, does, made: Made::Router(made), says }
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn importing(import: &str) -> Vec<u8> {
    component(&format!("(component (import \"{import}\" (instance (export \"f\" (func)))))"))
}

const SPENT: &str = "it used up its fuel of 50 M; look for a loop that does not end";
const UNFIT: &str = "what it did does not fit the contract";
const MEMORY: &str = "it needed more than 32 MiB of memory; ask for less, or for more in its manifest's [limits]";

/// What is refused when it is loaded, before anything of it runs.
pub(crate) const LOADED: &[Hostile] = &[
    hand(
        "clock",
        "imports a clock",
        || importing("wasi:clocks/wall-clock@0.2.6"),
        "it needs WASI (clocks), and plugins run without it.",
    ),
    hand(
        "files",
        "imports the file system",
        || importing("wasi:filesystem/preopens@0.2.6"),
        "it needs WASI (filesystem), and plugins run without it.",
    ),
    hand(
        "sockets",
        "imports sockets",
        || importing("wasi:sockets/tcp@0.2.6"),
        "it needs WASI (sockets), and plugins run without it.",
    ),
    hand(
        "http",
        "imports an HTTP client",
        || importing("wasi:http/outgoing-handler@0.2.6"),
        "it needs WASI (http), and plugins run without it.",
    ),
    hand(
        "random",
        "imports randomness",
        || importing("wasi:random/random@0.2.6"),
        "it needs WASI (random), and plugins run without it.",
    ),
    hand(
        "environment",
        "imports the environment",
        || importing("wasi:cli/environment@0.2.6"),
        "it needs WASI (cli), and plugins run without it.",
    ),
    hand(
        "vault",
        "imports something nobody has",
        || importing("vault:keys/read@1.0.0"),
        "it imports `vault:keys/read@1.0.0`.",
    ),
    hand(
        "later log",
        "imports the log of a later track",
        || importing("signalbox:plugin/log@0.2.0"),
        "it imports `signalbox:plugin/log@0.2.0`.",
    ),
    hand(
        "function",
        "imports a bare function",
        || component("(component (import \"exec\" (func)))"),
        "it imports `exec`.",
    ),
    hand(
        "smuggler",
        "hides a function in `types`, which has none",
        || importing("signalbox:plugin/types@0.1.0"),
        "it imports `signalbox:plugin/types@0.1.0`.",
    ),
    hand(
        "module",
        "imports another's code",
        || component("(component (import \"code\" (core module)))"),
        "it imports `code`.",
    ),
    hand("log with more", "imports a function that `log` does not have", log_with_more, "it does not fit the contract"),
    hand(
        "noise",
        "is not WebAssembly",
        || b"\x7fELF not wasm at all".to_vec(),
        "it is not a component this host can compile",
    ),
    hand(
        "core module",
        "is a module, not a component",
        || component("(module)"),
        "it is a core module, not a component",
    ),
    hand("half", "is cut off in the middle", half, "it is not a component this host can compile"),
    hand("nothing", "exports nothing", || component("(component)"), "it exports no router"),
    hand(
        "disguise",
        "is a prefetcher, and says it is a router",
        module::prefetcher,
        "its manifest says world = \"router\", but it is a prefetcher",
    ),
    hand(
        "next track",
        "is of a track this host does not speak",
        || component("(component (instance $i) (export \"signalbox:plugin/router@0.9.0\" (instance $i)))"),
        "it is built for 0.9.0 of the contract, and its manifest says 0.1. Build it anew",
    ),
    hand(
        "shape",
        "exports a router without its function",
        || component("(component (instance $i) (export \"signalbox:plugin/router@0.1.0\" (instance $i)))"),
        "it does not fit the contract",
    ),
    hand("nest", "nests 2,000 components", nest, "it exports no router"),
    hand(
        "bulk",
        "is larger than a component may be",
        || vec![0; 4 * 1024 * 1024 + 1024],
        "its component is 4097 KiB; the most is 4096 KiB",
    ),
];

/// What fails while it is asked where an event goes.
pub(crate) const ASKED: &[Hostile] = &[
    hand(
        "start: spin",
        "loops for ever before it is called",
        || module::router_that_starts("(loop br 0)"),
        "it used up its fuel while it started; do less before the first call",
    ),
    hand(
        "start: growth",
        "takes memory before it is called",
        || module::router_that_starts("(loop i32.const 16 memory.grow i32.const -1 i32.ne br_if 0) unreachable"),
        "it needed more than 32 MiB of memory while it started",
    ),
    hand(
        "start: trap",
        "traps before it is called",
        || module::router_that_starts("unreachable"),
        "it trapped while it started",
    ),
    hand(
        "start: memory",
        "begins with 64 MiB",
        || Module { pages: 1024, ..FAIR }.build(),
        "it needed more than 32 MiB of memory while it started",
    ),
    hand(
        "start: table",
        "begins with a table of 20,001",
        || module::router_with("(table 20001 funcref)"),
        "it needed more than 20000 table elements while it started",
    ),
    hand(
        "start: tables",
        "has 65 tables",
        || module::router_with(&"(table 1 funcref)".repeat(65)),
        "it needed 66 tables or more while it started",
    ),
    hand(
        "start: memories",
        "has 20 memories",
        || module::router_with(&"(memory 1)".repeat(19)),
        "it needed 20 memories or more while it started",
    ),
    hand(
        "start: instances",
        "has 300 core instances",
        || module::router_of_instances(300),
        "it needed 65 instances or more while it started",
    ),
    hand("spin", "loops for ever", || module::router("(loop br 0) unreachable"), SPENT),
    rust("spin, in Rust", "loops for ever", "spin", SPENT),
    hand(
        "growth",
        "takes all memory there is",
        || module::router("(loop i32.const 16 memory.grow i32.const -1 i32.ne br_if 0) unreachable"),
        MEMORY,
    ),
    rust("hoard", "fills a list until memory ends", "hoard", MEMORY),
    rust("churn", "takes and drops 16 MiB for ever", "churn", SPENT),
    hand(
        "growth storm",
        "asks for memory it does not get, for ever",
        || module::router("(loop i32.const 60000 memory.grow drop br 0) unreachable"),
        SPENT,
    ),
    hand(
        "fill storm",
        "fills its memory for ever",
        || module::router("(loop i32.const 0 i32.const 7 i32.const 4194304 memory.fill br 0) unreachable"),
        SPENT,
    ),
    hand(
        "copy storm",
        "copies its memory for ever",
        || module::router("(loop i32.const 0 i32.const 2097152 i32.const 2097152 memory.copy br 0) unreachable"),
        SPENT,
    ),
    hand(
        "table growth",
        "takes all table elements there are",
        || {
            Module {
                route: "(loop ref.null func i32.const 1000 table.grow $t i32.const -1 i32.ne br_if 0) unreachable",
                extra: "(table $t 0 funcref)",
                ..FAIR
            }
            .build()
        },
        "it needed more than 20000 table elements; ask for less",
    ),
    hand(
        "table storm",
        "asks for table elements it does not get, for ever",
        || {
            Module {
                route: "(loop ref.null func i32.const 100000 table.grow $t drop br 0) unreachable",
                extra: "(table $t 0 funcref)",
                ..FAIR
            }
            .build()
        },
        SPENT,
    ),
    hand(
        "recursion",
        "calls itself for ever",
        || module::router("local.get 0 call $route"),
        "it used up its stack; look for a recursion that does not end",
    ),
    rust(
        "recursion, in Rust",
        "calls itself for ever",
        "recurse",
        "it used up its stack; look for a recursion that does not end",
    ),
    rust("regex bomb", "matches `^(?:(a+)\\1?)+b$` against 64 times `a`, backtracking", "regex", SPENT),
    hand(
        "trap",
        "traps without a word",
        || module::router("unreachable"),
        "it trapped (wasm trap: wasm `unreachable` instruction executed), and its own message is lost",
    ),
    hand(
        "division",
        "divides by zero",
        || module::router("i32.const 1 i32.const 0 i32.div_u"),
        "it trapped (wasm trap: integer divide by zero)",
    ),
    hand(
        "wild read",
        "reads outside its memory",
        || module::router("i32.const -4 i32.load"),
        "it trapped (wasm trap: out of bounds memory access)",
    ),
    hand(
        "wild call",
        "calls a function that is none",
        || {
            Module {
                route: "local.get 0 i32.const 0 call_indirect $t (param i32) (result i32)",
                extra: "(table $t 1 funcref)",
                ..FAIR
            }
            .build()
        },
        "it trapped (wasm trap: uninitialized element)",
    ),
    rust("panic", "panics", "panic", "it panicked at tests/hostile/router/src/lib.rs"),
    hand(
        "last words",
        "logs an error and traps",
        || module::router("i32.const 3 i32.const 16 i32.const 9 call $log unreachable"),
        "it gave up: the words",
    ),
    hand("output of 1 GB", "answers with a text of 1 GiB", || module::router("i32.const 1073741824 call $pass"), UNFIT),
    hand(
        "output of 2 MB",
        "answers with a text that is there, and too long",
        || module::router("i32.const 2000000 call $pass"),
        "it handed over more than 1024 KiB in one call",
    ),
    rust("tome", "answers with a text of 2 MiB", "tome", "it handed over more than 1024 KiB in one call"),
    rust("long", "gives a reason of 4,097 bytes", "long", "its reason has 4097 bytes; 4096 is the most"),
    hand(
        "no utf-8",
        "answers with a text that is no text",
        || module::router("i32.const 3 call $pass drop i32.const 1032 i32.const 4194300 i32.store i32.const 1024"),
        UNFIT,
    ),
    hand("outside", "answers from outside its memory", || module::router("i32.const -8"), UNFIT),
    hand("misaligned", "answers from where no answer can be", || module::router("i32.const 1025"), UNFIT),
    hand(
        "discriminant",
        "answers neither ok nor err",
        || module::router("i32.const 9 call $pass drop i32.const 1024 i32.const 9 i32.store8 i32.const 1024"),
        UNFIT,
    ),
    hand(
        "outcome",
        "answers with an outcome that does not exist",
        || module::router("i32.const 9 call $pass drop i32.const 1028 i32.const 7 i32.store8 i32.const 1024"),
        UNFIT,
    ),
    hand(
        "option",
        "answers neither none nor some",
        || {
            module::router(
                "i32.const 9 call $pass drop i32.const 1028 i32.const 0 i32.store8 i32.const 1032 i32.const 5 i32.store8 i32.const 1024",
            )
        },
        UNFIT,
    ),
    hand(
        "endless list",
        "asks with 4,294,967,295 candidates",
        || {
            module::router(
                "i32.const 9 call $pass drop i32.const 1028 i32.const 1 i32.store8 i32.const 1040 i32.const 64 i32.store i32.const 1044 i32.const -1 i32.store i32.const 1024",
            )
        },
        UNFIT,
    ),
    hand(
        "crooked list",
        "asks with a list that begins between two places",
        || {
            module::router(
                "i32.const 9 call $pass drop i32.const 1028 i32.const 1 i32.store8 i32.const 1040 i32.const 65 i32.store i32.const 1044 i32.const 1 i32.store i32.const 1024",
            )
        },
        UNFIT,
    ),
    hand(
        "realloc: outside",
        "has its input put outside its memory",
        || Module { realloc: "i32.const -65536", ..FAIR }.build(),
        UNFIT,
    ),
    hand(
        "realloc: crooked",
        "has its input put between two places",
        || Module { realloc: "i32.const 2097153", ..FAIR }.build(),
        UNFIT,
    ),
    hand(
        "realloc: trap",
        "traps while it is handed its input",
        || Module { realloc: "unreachable", ..FAIR }.build(),
        "it trapped (wasm trap: wasm `unreachable` instruction executed)",
    ),
    hand(
        "realloc: spin",
        "loops while it is handed its input",
        || Module { realloc: "(loop br 0) unreachable", ..FAIR }.build(),
        SPENT,
    ),
    hand(
        "reentrancy",
        "calls the host while it is handed its input",
        || Module { realloc: "i32.const 1 i32.const 16 i32.const 9 call $log i32.const 2097152", ..FAIR }.build(),
        "it trapped (wasm trap: cannot leave component instance)",
    ),
    hand(
        "post: spin",
        "loops after it has answered",
        || {
            module::router_with(
                "(func (export \"cabi_post_signalbox:plugin/router@0.1.0#route\") (param i32) (loop br 0))",
            )
        },
        SPENT,
    ),
    hand(
        "post: call",
        "calls the host after it has answered",
        || {
            module::router_with(
                "(func (export \"cabi_post_signalbox:plugin/router@0.1.0#route\") (param i32) i32.const 1 i32.const 16 i32.const 9 call $log)",
            )
        },
        "it trapped (wasm trap: cannot leave component instance)",
    ),
    hand(
        "log: storm",
        "logs for ever",
        || module::router("(loop i32.const 1 i32.const 16 i32.const 9 call $log br 0) unreachable"),
        SPENT,
    ),
    hand(
        "log: slow",
        "logs a megabyte, for ever: the slowest call there is",
        || module::router("(loop i32.const 1 i32.const 1048576 i32.const 1000000 call $log br 0) unreachable"),
        SPENT,
    ),
    hand(
        "log: outside",
        "logs from outside its memory",
        || module::router("i32.const 1 i32.const -8 i32.const 9 call $log unreachable"),
        UNFIT,
    ),
    hand(
        "log: no utf-8",
        "logs what is no text",
        || module::router("i32.const 1 i32.const 4194300 i32.const 3 call $log unreachable"),
        UNFIT,
    ),
    hand(
        "log: level",
        "logs at a level that does not exist",
        || module::router("i32.const 9 i32.const 16 i32.const 9 call $log unreachable"),
        UNFIT,
    ),
    hand(
        "log: 2 MB",
        "logs a line that is too long to take",
        || Module { route: "i32.const 1 i32.const 16 i32.const 2000000 call $log unreachable", ..FAIR }.build(),
        "it handed over more than 1024 KiB in one call",
    ),
    rust("score", "is surer than anybody may be", "score", "it gave a score of 1001; 1000 is the most"),
    rust(
        "repository",
        "names a repository it was not told of",
        "repository",
        "it named acme/secrets, which is not one of the event's repositories",
    ),
    rust(
        "workflow",
        "names a workflow it was not told of",
        "workflow",
        "it named the workflow deploy, which is not one of the event's",
    ),
    rust("matched", "gives 33 matched words", "matched", "it gave 33 matched words; 32 is the most"),
    rust("inputs", "gives 10,000 inputs", "inputs", "it gave 10000 inputs; 32 is the most"),
    rust("candidates", "asks with 33 candidates", "candidates", "it gave 33 candidates; 32 is the most"),
    rust(
        "settings",
        "cannot read its settings",
        "something else",
        "its settings are wrong: it cannot do something else",
    ),
];

/// What prefetchers ask for and do not get, each by itself.
pub(crate) const DENIED: &[Hostile] = &[
    fetching(
        "traversal",
        "asks for files outside the repository",
        "paths",
        PATHS,
        "the host says no: it is not a path within a repository",
    ),
    fetching(
        "other repositories",
        "asks for files of repositories that the request is not about",
        "repositories",
        &["acme/billing"],
        "the manifest says no: it declares the event's own repository only",
    ),
    fetching(
        "addresses",
        "asks for pages by addresses of machines, in every spelling",
        "pages",
        ADDRESSES,
        "the host says no: only http and https",
    ),
    fetching(
        "odd addresses",
        "asks for pages with users, ports, other schemes, and headers hidden in them",
        "pages",
        ODD,
        "the host says no: ",
    ),
    fetching(
        "ungranted hosts",
        "asks for pages of hosts nobody granted",
        "pages",
        UNGRANTED,
        "the operator says no: its host is not on the list of hosts to read from",
    ),
];

/// What fails while a prefetcher is asked.
pub(crate) const GATHERED: &[Hostile] = &[
    fetching("plan: spin", "loops while it plans", "spin", &[], SPENT),
    fetching(
        "requests",
        "asks for 33 things at once",
        "requests",
        &["33"],
        "it asked for 33 things in one round; 32 is the most",
    ),
    fetching(
        "rounds",
        "always asks for more",
        "rounds",
        &["3"],
        "it asked for more after its last round; 3 is the most",
    ),
    fetching("items", "gives 33 pieces", "items", &["33"], "it gave 33 pieces; 32 is the most"),
    fetching(
        "item",
        "gives a piece of 64 KiB and a byte",
        "item",
        &["65537"],
        "it gave \"what came\", which is over 64 KiB",
    ),
    fetching("bundle", "gives 320 KiB", "bundle", &["5"], "all it gave is over 256 KiB"),
];

const fn fetching(
    name: &'static str,
    does: &'static str,
    how: &'static str,
    at: &'static [&'static str],
    says: &'static str,
) -> Hostile {
    Hostile { name, does, made: Made::Prefetcher(how, at), says }
}

const PATHS: &[&str] = &[
    "../../etc/passwd",
    "/etc/passwd",
    "docs/../../secrets",
    "docs/..",
    "..\\windows",
    "docs\\..\\..\\x",
    ".git/config",
    "docs/.git/HEAD",
    "docs//x",
    "./x",
    "x\0.md",
];

const ADDRESSES: &[&str] = &[
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
    "http://127\u{3002}0\u{3002}0\u{3002}1/",
    "http://%31%32%37.0.0.1/",
    "http:/\\127.0.0.1/",
];

const ODD: &[&str] = &[
    "https://docs.example.com:22/",
    "https://user:password@docs.example.com/",
    "https://docs.example.com@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://docs.example.com/_GET",
    "ftp://docs.example.com/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "//docs.example.com/",
    "docs.example.com",
    "",
    "https://docs.example.com/\r\nX-Admin: yes",
    "https://docs.example.com/a\nHost: internal",
    "https://docs.exa\tmple.com/",
    "https://docs.example.com\0.evil.example/",
];

const UNGRANTED: &[&str] = &[
    "http://localhost/",
    "http://metadata.google.internal/",
    "https://evil.example/",
    "https://docs.example.com.evil.example/",
    "https://evildocs.example.com/",
    "https://docs.example.com%2eevil.example/",
    "https://docs.example.com./",
];

fn log_with_more() -> Vec<u8> {
    component(
        "(component
            (import \"signalbox:plugin/log@0.1.0\" (instance (export \"read\" (func))))
            (instance $i) (export \"signalbox:plugin/router@0.1.0\" (instance $i)))",
    )
}

fn half() -> Vec<u8> {
    let mut whole = FAIR.build();
    whole.truncate(whole.len() / 2);
    whole
}

/// By hand: the parser of the text would not.
fn nest() -> Vec<u8> {
    let head = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    let mut inner = head.to_vec();
    for _ in 0..2_000 {
        let mut outer = head.to_vec();
        outer.push(4);
        let mut size = inner.len();
        loop {
            let low = (size & 0x7f) as u8;
            size >>= 7;
            outer.push(if size == 0 { low } else { low | 0x80 });
            if size == 0 {
                break;
            }
        }
        outer.extend(&inner);
        inner = outer;
    }
    inner
}
