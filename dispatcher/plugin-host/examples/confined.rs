//! What is left to a process that plugins run in, tried from inside of it: it loads a router (`confined FOLDER`, which holds
//! `router.toml`, `router.wasm` and `event.json`), asks it, gives up what such a process gives up, asks it again, and then
//! does what somebody would who had broken out of the engine. Says what came of each, a line each.

use std::fs::{self, File};
use std::io::Error;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use signalbox_plugin_host::{Config, Host, Plugin, confine};
use signalbox_ports::plugins::{Event, Plugins as _};

fn main() {
    let folder = std::env::args().nth(1).expect("the folder");
    let folder = Path::new(&folder);
    let plugin = Plugin {
        manifest: fs::read_to_string(folder.join("router.toml")).expect("it has a manifest").into(),
        component: fs::read(folder.join("router.wasm")).expect("it has a component").into(),
        settings: serde_json::Map::new(),
        pin: None,
    };
    let event: Event = serde_json::from_slice(&fs::read(folder.join("event.json")).expect("there is an event"))
        .expect("an event is JSON");
    let host = Host::open(Config { plugins: vec![plugin], ..Config::default() }, &folder.join("compiled"));
    let host = host.unwrap_or_else(|refusals| panic!("{refusals}"));
    let before = host.route(&event);
    confine().expect("this kernel can confine a process");
    println!("the router: {}", if host.route(&event) == before { "as before" } else { "otherwise" });

    tried("read a file", File::open("/etc/passwd"));
    tried("read what is its own", File::open("/proc/self/environ"));
    tried("write a file", File::create(folder.join("taken")));
    tried("list a folder", fs::read_dir(folder));
    tried("look at a file", fs::metadata(folder));
    tried("remove a file", fs::remove_file(folder.join("event.json")));
    tried("connect", TcpStream::connect(("127.0.0.1", 9)));
    tried("connect by IPv6", TcpStream::connect(("::1", 9)));
    tried("listen", TcpListener::bind(("127.0.0.1", 0)));
    tried("send a datagram", UdpSocket::bind(("127.0.0.1", 0)));
    tried("connect to a neighbour", UnixStream::connect("/run/neighbour"));
    tried("start a program", Command::new("/bin/true").status());
    tried("begin a thread", thread::Builder::new().spawn(|| ()));
    raw("become another program", libc::SYS_execveat, [0, 0, 0]);
    raw("have a child", libc::SYS_clone, [libc::SIGCHLD.into(), 0, 0]);
    raw("end its parent", libc::SYS_kill, [1, 0, 0]);
    raw("read another's memory", libc::SYS_process_vm_readv, [1, 0, 0]);
    raw("trace another", libc::SYS_ptrace, [0, 0, 0]);
    raw("ask the kernel by another door", libc::SYS_io_uring_setup, [1, 0, 0]);
    raw("have more said of it", libc::SYS_prctl, [0, 0, 0]);
    raw("make memory that runs", libc::SYS_mmap, [0, 4096, (libc::PROT_WRITE | libc::PROT_EXEC).into()]);
    raw("make its memory run", libc::SYS_mprotect, [0, 4096, libc::PROT_EXEC.into()]);
}

fn tried<T>(what: &str, came: Result<T, Error>) {
    match came {
        Ok(_) => println!("{what}: done"),
        Err(error) => println!("{what}: {:?}", error.kind()),
    }
}

#[expect(
    unsafe_code,
    reason = "a system call that no safe function makes; it is refused before it reads its arguments"
)]
fn raw(what: &str, call: libc::c_long, [first, second, third]: [libc::c_long; 3]) {
    // SAFETY: none of them changes this process's memory, were it let through: the arguments name nothing of it.
    let came = unsafe { libc::syscall(call, first, second, third, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
    tried(what, if came < 0 { Err(Error::last_os_error()) } else { Ok(()) });
}
