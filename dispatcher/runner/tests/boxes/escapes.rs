//! Ways out of a box, each tried from inside by a program that wants nothing else. Each is tried without a jail as well,
//! where that does no harm: a probe that finds nothing there proves nothing here.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::{fs, process};

use signalbox_domain::devbox::End;

use crate::world::{World, assignment, script};

/// Where a probe is tried.
#[derive(Clone, Copy, PartialEq)]
enum Tried {
    /// In the jail, and without one, where it succeeds on a usual kernel.
    Both,
    /// In the jail alone: without one it would do harm, or depend on the machine.
    Inside,
}
use Tried::{Both, Inside};

/// What it is after, and a command that succeeds if it gets there. `$OUTSIDE`, `$PID`, `$PORT`, `$HOST` are the
/// machine's; `p` is the program below.
const PROBES: [(&str, Tried, &str); 81] = [
    // Files
    ("the machine's passwords", Both, "cat /etc/shadow"),
    ("the home of its owner", Both, "ls /root/.cargo /root/.bashrc || ls -d /root"),
    ("homes of its people", Inside, "ls -d /home/*/.ssh /home/*/.config"),
    ("what its services keep", Both, "ls /var/lib"),
    ("sockets of its services", Both, "ls /run"),
    ("the docker socket", Inside, "ls /var/run/docker.sock /run/podman/podman.sock"),
    ("what its kernel shows", Both, "ls /sys/kernel"),
    ("its boot files", Inside, "ls /boot/*"),
    ("its temporary files", Both, "cat $OUTSIDE/endpoint"),
    ("another box", Both, "cat $OUTSIDE/boxes/two/checkout/secret"),
    ("the folder of its own box", Both, "ls $OUTSIDE/boxes/one"),
    ("the repository commits are made in", Inside, "ls /signalbox/git"),
    ("the mirror, to change it", Inside, "touch /signalbox/mirror/x || touch /signalbox/mirror/pack/x"),
    ("the system, to change it", Both, "touch /usr/lib/signalbox-probe && rm /usr/lib/signalbox-probe"),
    ("the runner's program, to change it", Inside, ": >> /signalbox/bin/signalbox"),
    ("the inputs, to change them", Inside, "touch /signalbox/in/x"),
    ("through a link", Both, "ln -s /etc/shadow s1 && cat s1"),
    ("through a link made of parts", Both, "ln -s .. s2 && cat s2/../../../../../../../etc/shadow"),
    ("through the root of process 1", Inside, "ls /proc/1/root/root"),
    ("through its own root", Both, "ls /proc/self/root/root/.bashrc || ls -d /proc/self/root/root"),
    ("through the folder of process 1", Inside, "ls /proc/1/cwd/../root"),
    ("up and up", Both, "ls -d $(pwd)/../../../../../../../../root"),
    ("a file by its handle", Both, "p call 303 304"),
    ("shared memory of others", Both, "cat /dev/shm/signalbox-canary-$PID"),
    ("a disk", Inside, "head -c 1 /dev/vda || head -c 1 /dev/sda"),
    ("the machine's memory", Inside, "head -c 1 /dev/mem || head -c 1 /proc/kcore"),
    ("a device of its own making", Inside, "mknod d b 254 0 && head -c 1 d"),
    ("a loop device", Inside, "p open /dev/loop-control"),
    ("messages of the kernel", Inside, "p open /dev/kmsg"),
    ("addresses of the kernel", Inside, "grep -v '^0000000000000000' /proc/kallsyms"),
    ("descriptors left open", Inside, "ls /proc/self/fd/[4-9] /proc/self/fd/1[0-9]"),
    // Processes
    ("a process of the machine", Both, "kill -0 $PID"),
    ("what a process was started with", Both, "cat /proc/$PID/environ"),
    ("the memory of process 1", Inside, "p open /proc/1/mem"),
    ("the environment of process 1", Inside, "cat /proc/1/environ | grep ."),
    ("a process, by tracing", Both, "p call 101"),
    ("a process's memory", Both, "p call 310 311"),
    ("a process's files", Both, "p call 438"),
    ("a process's likeness", Both, "p call 312"),
    ("the pattern of core files", Inside, "echo x > /proc/sys/kernel/core_pattern"),
    ("the keys of the machine", Inside, "echo h > /proc/sysrq-trigger"),
    ("settings of the kernel", Inside, "echo 1 > /proc/sys/kernel/randomize_va_space"),
    // Privileges
    ("a user namespace", Both, "unshare --user true"),
    ("root in a user namespace", Both, "unshare --user --map-root-user true"),
    ("another namespace by clone", Both, "p clone"),
    ("a mount", Both, "unshare --mount sh -c 'mount -t tmpfs none /mnt || mount -t tmpfs none /tmp'"),
    ("a mount by the newer calls", Both, "p call 428 429 430 431 432 433 442"),
    ("another root", Both, "chroot / true"),
    ("another root by pivoting", Both, "p call 155"),
    ("the namespaces of process 1", Both, "p call 308"),
    ("root by a program that has its rights", Inside, "cp /bin/sh x; chmod 4755 x; [ $(./x -p -c 'id -u') = 0 ]"),
    ("root by su", Inside, "echo | su -c true root"),
    (
        "a capability",
        Inside,
        "grep -E 'Cap(Eff|Prm|Inh|Amb|Bnd):' /proc/self/status | grep -v 0000000000000000 | grep -v CapBnd",
    ),
    ("keyrings", Both, "p call 248 249 250"),
    ("programs in the kernel", Both, "p call 321"),
    ("rings of the kernel", Both, "p call 425 426 427"),
    ("counters of the kernel", Both, "p call 298"),
    ("faults in user space", Both, "p call 323"),
    ("modules of the kernel", Inside, "p call 175 176 313"),
    ("another kernel", Inside, "p call 246 320"),
    ("the clock", Both, "p call 164 227 305 159"),
    ("the machine's name", Both, "p call 170 171"),
    ("an end of the machine", Both, "p call 169"),
    ("swap, quotas, accounts, the log", Both, "p call 167 168 179 163 103"),
    ("control groups", Both, "ls /sys/fs/cgroup"),
    ("more than its limits", Inside, "ulimit -H -c unlimited; [ $(ulimit -H -c) = unlimited ]"),
    // Network
    ("the machine by its loopback", Both, "p tcp 127.0.0.1 $PORT"),
    ("the machine by its address", Both, "p tcp $HOST $PORT"),
    ("the machine by loopback, IPv6", Inside, "p tcp ::1 $PORT"),
    ("the machine by UDP", Both, "p udp $HOST $PORT"),
    ("the outside by TCP", Inside, "p tcp 1.1.1.1 443 || p tcp 93.184.215.14 80"),
    ("the outside by IPv6", Inside, "p tcp 2606:4700:4700::1111 443"),
    ("names by UDP", Inside, "p udp 8.8.8.8 53"),
    ("names by HTTPS", Inside, "p tcp 8.8.8.8 443 || p tcp dns.google 443 || getent hosts example.com"),
    ("the outside by ping", Inside, "p raw 1.1.1.1 || p ping 1.1.1.1 || ping -c 1 -W 1 1.1.1.1"),
    ("everybody near", Inside, "p udp 224.0.0.251 5353 || p udp 255.255.255.255 67"),
    ("metadata of the cloud", Inside, "p tcp 169.254.169.254 80 || p tcp 169.254.170.2 80 || p tcp fd00:ec2::254 80"),
    ("a socket without a file", Both, "p abstract signalbox-canary-$PID"),
    ("links of the machine, to change them", Inside, "ip link add x type dummy || ip route add default dev lo"),
    (
        "other kinds of sockets",
        Inside,
        "p family 40 || p family 17 || p family 38 || p family 31 || p family 30 || p family 44",
    ),
    // Keys
    (
        "credentials of people",
        Inside,
        "env | grep -i -E 'token|secret|password|SSH_AUTH_SOCK|AWS_|_KEY' || ls ~/.ssh ~/.aws ~/.netrc ~/.git-credentials || \
         git push $OUTSIDE/forge/acme/shop.git HEAD:refs/heads/stolen",
    ),
];

/// `p`: each way of it ends with 0 if it got there. A system call is refused by "not permitted" or "no such call"; any
/// other answer to arguments that make no sense comes from behind the filter.
const PROGRAM: &str = r#"
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number):
    pid = os.fork()
    if pid == 0:
        ctypes.set_errno(0)
        bad = ctypes.c_long(-1)
        answer = libc.syscall(ctypes.c_long(number), bad, bad, bad, bad, bad, bad)
        os._exit(1 if answer < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS) else 0)
    return os.waitpid(pid, 0)[1] == 0
def connect(family, kind, address, protocol=0):
    s = socket.socket(family, kind, protocol)
    s.settimeout(2)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.connect(address)
    s.send(b"x")
    return True
what, rest = sys.argv[1], sys.argv[2:]
try:
    if what == "call": got = any(call(int(number)) for number in rest)
    elif what == "clone": got = any(libc.syscall(56, flag | 17, 0, 0, 0, 0) >= 0 for flag in (0x10000000, 0x40000000))
    elif what == "open": got = os.open(rest[0], os.O_RDONLY) >= 0
    elif what in ("tcp", "udp"):
        kind = socket.SOCK_STREAM if what == "tcp" else socket.SOCK_DGRAM
        family, _, _, _, address = socket.getaddrinfo(rest[0], int(rest[1]), type=kind)[0]
        got = connect(family, kind, address)
    elif what == "raw": got = connect(socket.AF_INET, socket.SOCK_RAW, (rest[0], 0), 1)
    elif what == "ping": got = connect(socket.AF_INET, socket.SOCK_DGRAM, (rest[0], 0), 1)
    elif what == "abstract": got = connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + rest[0])
    elif what == "family": got = socket.socket(int(rest[0]), socket.SOCK_STREAM if rest[0] != "38" else 5) is not None
except OSError: got = False
os._exit(0 if got else 1)
"#;

/// Tries `probes` in a box, and gives the names of those that got there.
fn tried(world: &World, probes: &[(&str, Tried, &str)], port: u16) -> Vec<String> {
    fs::create_dir_all(world.path().join("boxes/two/checkout")).unwrap();
    fs::write(world.path().join("boxes/two/checkout/secret"), "another's\n").unwrap();
    let host = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        Ok(socket.local_addr()?.ip().to_string())
    });
    let host = host.unwrap_or_else(|_| "127.0.0.1".to_owned());
    let mut text = format!(
        "set +e; cat > p <<'END'\n#!/bin/sh\nexec /usr/bin/python3 \"${{0%/*}}/p.py\" \"$@\"\nEND\nchmod +x p\ncat > p.py <<'END'\n{PROGRAM}END\n\
         export OUTSIDE={} PID={} PORT={port} HOST={host} PATH=\"$PWD:/usr/sbin:/sbin:$PATH\"\n",
        world.path().display(),
        process::id(),
    );
    for (number, (_, _, command)) in probes.iter().enumerate() {
        let command = command.replace('\'', "'\\''");
        text.push_str(&format!("timeout 10 sh -c '{command}' >/dev/null 2>&1 && echo reached {number}; echo tried\n"));
    }
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let mut checkout = world.checkout(&start);
    checkout.push = false;
    let finish = world.run(assignment(script(&format!("{text}exit 0")), Some(checkout)));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    assert_eq!(finish.summary.matches("tried").count(), probes.len(), "{}", finish.summary);
    let reached = finish.summary.lines().filter_map(|line| line.strip_prefix("reached ")?.parse::<usize>().ok());
    reached.map(|number| probes[number].0.to_owned()).collect()
}

#[test]
fn no_way_leads_out_of_a_box() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let name = SocketAddr::from_abstract_name(format!("signalbox-canary-{}", process::id())).unwrap();
    let _local = UnixListener::bind_addr(&name).unwrap();
    let shared = format!("/dev/shm/signalbox-canary-{}", process::id());
    fs::write(&shared, "canary\n").unwrap();

    let inside = tried(&World::new(), &PROBES, port);
    let openly: Vec<_> = PROBES.into_iter().filter(|(_, tried, _)| *tried == Both).collect();
    let mut control = World::new();
    control.unsandboxed = true;
    // Without a jail everybody is who runs the tests: only root gets everywhere.
    let reached = rustix::process::geteuid().is_root().then(|| tried(&control, &openly, port));
    fs::remove_file(shared).unwrap();

    eprintln!("{} ways tried, {} led out; {} of them tried without a jail", PROBES.len(), inside.len(), openly.len());
    assert_eq!(inside, Vec::<String>::new());
    if let Some(reached) = reached {
        let idle: Vec<_> = openly.iter().filter(|(name, _, _)| !reached.iter().any(|it| it == name)).collect();
        eprintln!("without a jail {} led out; these did not: {idle:?}", reached.len());
        // Kernels differ in what they are built with; a probe that is broken leads nowhere on any of them.
        assert!(idle.len() * 10 <= openly.len(), "too many find nothing even without a jail: {idle:?}");
    }
}

impl std::fmt::Debug for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Both { "both" } else { "inside" })
    }
}
