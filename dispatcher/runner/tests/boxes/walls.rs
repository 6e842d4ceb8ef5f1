//! What an agent tries that it may not, and what it finds: nothing.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use signalbox_domain::devbox::End;

use crate::dispatcher::{CLAIM, REPORT};
use crate::world::{BRANCH, TOKEN, World, agent, assignment, processes, script};

/// Runs `try_it` in a box of its own with a checkout, and gives what it printed.
fn tries(world: &World, try_it: &str) -> String {
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let finish = world
        .run(assignment(script(&format!("set +e; exec 2>/dev/null\n{try_it}\nexit 0")), Some(world.checkout(&start))));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    finish.summary
}

#[test]
fn it_is_nobody_and_can_become_nobody_else() {
    let said = tries(
        &World::new(),
        "id -u; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'; \
         unshare --user --map-root-user id -u; unshare --mount true; chroot / true; mount -t tmpfs x /tmp; echo end",
    );
    let mut lines = said.lines();
    assert_ne!(lines.next(), Some("0"));
    let privileges: Vec<&str> = lines.by_ref().take(3).collect();
    assert_eq!(privileges, ["CapEff:0000000000000000", "NoNewPrivs:1", "Seccomp:2"]);
    assert!(said.ends_with("end\n") && !said.contains("\n0\n"), "{said}");
}

#[test]
fn no_folder_but_its_own_is_there() {
    let world = World::new();
    fs::create_dir_all(world.path().join("boxes/two/checkout")).unwrap();
    let home = std::env::var("HOME").unwrap();
    let folders = [&home, "/root", "/home", "/var", "/srv", "/run", "/sys", "/boot", "/signalbox/git"];
    let outside = [world.path().to_str().unwrap(), env!("CARGO_MANIFEST_DIR")];
    let folders: Vec<&str> = folders.into_iter().chain(outside).filter(|folder| *folder != "/tmp").collect();
    let said = tries(&world, &format!("for folder in {}; do ls -d $folder/*; done; echo end", folders.join(" ")));
    assert_eq!(said, "end\n");
}

#[test]
fn it_can_write_nowhere_but_in_its_checkout_its_outputs_and_its_own_tmp() {
    let said = tries(
        &World::new(),
        "for folder in / /usr /usr/bin /etc /bin /lib /proc /proc/sys/kernel /signalbox /signalbox/in \
         /signalbox/mirror /signalbox/mirror/pack /signalbox/bin /dev/shm/.. /checkout /signalbox/out /tmp; do \
         (echo x > $folder/planted) 2>/dev/null && echo $folder; done; \
         (echo x >> /signalbox/bin/signalbox) 2>/dev/null && echo itself; \
         rm -rf /signalbox/mirror/* 2>/dev/null; chmod 777 /usr 2>/dev/null && echo chmod; git log --format=%s",
    );
    assert_eq!(said, "/checkout\n/signalbox/out\n/tmp\nBy a person\n");
}

#[test]
fn it_sees_no_process_but_its_own_and_can_end_none() {
    let mut canary = std::process::Command::new("sleep").arg("864213").spawn().unwrap();
    let said = tries(
        &World::new(),
        &format!(
            "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; echo; kill -9 1 {0} -1 2>/dev/null; ls /proc | grep -c '^[0-9]'; \
             cat /proc/{0}/environ 2>/dev/null; echo end",
            canary.id()
        ),
    );
    assert!(!said.contains("864213") && !said.contains("--box"), "{said}");
    assert!(canary.try_wait().unwrap().is_none(), "it was killed");
    canary.kill().unwrap();
    canary.wait().unwrap();
}

#[test]
fn nothing_leaves_by_the_network_and_it_can_talk_to_itself() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    // Abstract names are in no folder: only a network of its own hides them.
    let name = format!("signalbox-canary-{port}");
    let address = <std::os::unix::net::SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(&name);
    let local = UnixListener::bind_addr(&address.unwrap()).unwrap();
    local.set_nonblocking(true).unwrap();
    let probe = format!(
        r#"cat > /tmp/probe.py <<'END'
import socket
def attempt(what, family, kind, address, protocol=0):
    try:
        s = socket.socket(family, kind, protocol)
        s.settimeout(2)
        s.connect(address)
        s.send(b"x")
        print("reached", what)
    except OSError as error:
        pass
attempt("loopback", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {port}))
attempt("loopback 6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", {port}))
attempt("outside", socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 443))
attempt("metadata", socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80))
attempt("udp 53", socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53))
attempt("ping", socket.AF_INET, socket.SOCK_RAW, ("1.1.1.1", 0), 1)
attempt("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0{name}")
attempt("vsock", 40, socket.SOCK_STREAM, (2, {port}))
attempt("packet", socket.AF_PACKET, socket.SOCK_RAW, ("lo", 0))
server = socket.create_server(("127.0.0.1", 8080))
attempt("its own server", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 8080))
try:
    socket.getaddrinfo("example.com", 443)
    print("reached by name")
except OSError:
    print("end")
END
/usr/bin/python3 /tmp/probe.py"#
    );
    assert_eq!(tries(&World::new(), &probe), "reached its own server\nend\n");
    assert!(listener.accept().is_err() && local.accept().is_err());
}

#[test]
fn no_secret_is_in_the_box_or_in_anything_that_leaves_it() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    // The search must not find itself.
    let search = "(env; cat /proc/*/environ /proc/*/cmdline /proc/self/mountinfo; cat .git/config; \
                  grep -rsIE '(forge|claim|report)[-]canary' /checkout /signalbox /tmp /etc /dev/shm) 2>&1 \
                  | tr '\\0' '\\n' | grep -aE '(forge|claim|report)[-]canary'; \
                  a=forge; echo said $a-canary-71aa, of course";
    let finish = world.run(assignment(agent("command", "command", search), Some(world.checkout(&start))));
    assert_eq!(finish.end, End::Ok);
    // Said by the agent, who cannot know it, it is struck out all the same. It is found nowhere else.
    assert_eq!(finish.summary, "said [secret], of course");
    let everything = world.dispatcher.everything();
    for secret in [TOKEN, CLAIM, REPORT] {
        assert!(!everything.contains(secret), "{secret}");
    }
    assert_eq!(world.dispatcher.blob(&finish.transcript.unwrap()).matches("[secret]").count(), 1);
}

#[test]
fn nothing_that_is_planted_in_the_repository_runs_outside() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n"), ("sub/file", "x\n")]);
    let marker = world.path().join("executed");
    // On the host this would leave a mark; in the box that folder does not exist.
    let trap = format!("#!/bin/sh\ntouch {}\n", marker.display());
    let plant = format!(
        r#"
cat > trap.sh <<'END'
{trap}END
chmod +x trap.sh
mkdir planted-hooks
for repository in .git sub/.git nested/.git; do
  mkdir -p $repository/hooks $repository/info $repository/objects $repository/refs/heads
  [ -e $repository/HEAD ] || echo 'ref: refs/heads/main' > $repository/HEAD
  for hook in pre-commit post-commit pre-push post-checkout post-index-change reference-transaction fsmonitor-watchman
  do cp trap.sh $repository/hooks/$hook; cp trap.sh planted-hooks/$hook; done
  cat > $repository/config <<END
[core]
  fsmonitor = {trap_path}
  hooksPath = {outside}/planted-hooks
  sshCommand = {trap_path}
  alternateRefsCommand = {trap_path}
[filter "x"]
  clean = sh {trap_path}
  smudge = sh {trap_path}
  process = sh {trap_path}
  required = true
[diff "x"]
  textconv = sh {trap_path}
  command = sh {trap_path}
[diff]
  external = sh {trap_path}
[credential]
  helper = !sh {trap_path}
END
  echo '* filter=x diff=x' > $repository/info/attributes
  echo /signalbox/out > $repository/objects/info/alternates 2>/dev/null
done
git -C nested rev-parse --verify -q HEAD || echo 0123456789012345678901234567890123456789 > nested/.git/refs/heads/main
echo '* filter=x diff=x merge=x' > .gitattributes
printf '[submodule "s"]\n\tpath = s\n\turl = ext::sh {trap_path}\n\tupdate = !sh {trap_path}\n' > .gitmodules
echo changed >> README.md; echo changed >> sub/file; echo new > nested/file
rm -rf .git/index; ln -s /etc/passwd .git/index
"#,
        outside = world.place().folder().join("work/checkout").display(),
        trap_path = world.place().folder().join("work/checkout/trap.sh").display(),
    );
    let mut checkout = world.checkout(&start);
    // A workflow may allow all of it to leave. It is made into a commit by us then.
    checkout.rules.allow = vec!["**".to_owned()];
    let mut work = assignment(agent("command", "command", &plant), Some(checkout));
    work.produces.push("plan.md".to_owned());
    work.task = agent("command", "command", &format!("{plant}\necho the plan > $SIGNALBOX_OUT/plan.md"));
    let finish = world.run(work);
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    assert!(!marker.exists(), "something planted ran on the host");
    assert_eq!(world.pushed("sub/file").as_deref(), Some("x\nchanged"));
    assert_eq!(world.pushed("nested/file").as_deref(), Some("new"));
    assert_eq!(world.pushed(".signalbox/runs/01J/plan.md").as_deref(), Some("the plan"));
    let listed = world.git(&["ls-tree", "-r", BRANCH], world.forge());
    assert!(!listed.contains("160000") && !listed.contains(".git/"), "{listed}");
}

#[test]
fn agent_configuration_is_the_base_s_and_not_the_change_s() {
    let world = World::new();
    let base = world.commit("main", &[(".claude/settings.json", "good\n"), ("README.md", "A shop.\n")]);
    let bad = [(".claude/settings.json", "bad\n"), (".claude/hooks/x.sh", "bad\n"), (".mcp.json", "bad\n")];
    let start = world.commit(BRANCH, &bad);
    let mut checkout = world.checkout(&start);
    checkout.base = base;
    let look = "find .claude .mcp.json -type f -exec cat {} +; echo more >> README.md; echo end";
    let finish = world.run(assignment(agent("command", "command", look), Some(checkout)));
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    assert!(transcript.contains(r#""text":"good""#) && !transcript.contains(r#""text":"bad""#), "{transcript}");
    // What the branch has is for a person to judge: it is neither used nor undone.
    assert_eq!(world.pushed(".mcp.json").as_deref(), Some("bad"));
    assert_eq!(world.pushed(".claude/settings.json").as_deref(), Some("bad"));
    assert_eq!(world.pushed("README.md").as_deref(), Some("A shop.\nmore"));
}

#[test]
fn an_ordinary_user_has_the_same_walls() {
    if !rustix::process::geteuid().is_root() {
        return; // Every other story here was already told by one.
    }
    let mut world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    world.user = Some(65_534);
    let look = "id -u; touch /usr/x /etc/x; ls -d /root/* /proc/1/root/root; cat /proc/1/environ; \
                unshare -U true; grep -q ' lo:\\|lo: ' /proc/net/dev && /usr/bin/python3 -c 'import socket; s=socket.create_server((\"127.0.0.1\",8080)); socket.create_connection((\"127.0.0.1\",8080)); print(\"loops\")'; grep CapEff /proc/self/status; sleep 864214 & echo fine > fine.md; echo end";
    let finish = world.run(assignment(agent("command", "command", look), Some(world.checkout(&start))));
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    assert_eq!((finish.end, finish.summary.as_str()), (End::Ok, "end"), "{transcript}");
    assert!(
        transcript.contains("loops") && transcript.contains("65534") && transcript.contains("0000000000000000"),
        "{transcript}"
    );
    for denied in ["/usr/x", "/etc/x", "/root/*", "unshare failed"] {
        assert!(transcript.lines().any(|line| line.contains("complaint") && line.contains(denied)), "{denied}");
    }
    assert!(!transcript.contains("canary"), "{transcript}");
    assert_eq!(processes("864214"), Vec::<String>::new());
    assert_eq!(world.pushed("fine.md").as_deref(), Some("fine"));
}

#[test]
fn without_a_sandbox_it_says_so_loudly() {
    let mut world = World::new();
    world.unsandboxed = true;
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let work = "cat \"$SIGNALBOX_IN/a.md\" > copied.md; ls -d /proc/1/root; setsid sleep 864215 & echo end";
    let mut work = assignment(agent("command", "command", work), Some(world.checkout(&start)));
    work.files.insert("a.md".to_owned(), "given\n".to_owned());
    let finish = world.run(work);
    assert_eq!(finish.end, End::Ok);
    let transcript = world.dispatcher.blob(&finish.transcript.unwrap());
    assert!(transcript.contains("NO SANDBOX") && transcript.contains(r#""sandboxed":false"#), "{transcript}");
    assert_eq!(world.pushed("copied.md").as_deref(), Some("given"));
    assert_eq!(processes("864215"), Vec::<String>::new());
}

#[test]
fn the_runner_itself_opens_no_port() {
    let world = World::new();
    let mut runner = world.start(assignment(script("while :; do sleep 1; done"), None));
    world.dispatcher.reported(2);
    let mut tcp = String::new();
    fs::File::open(format!("/proc/{}/net/tcp", runner.0.id())).unwrap().read_to_string(&mut tcp).unwrap();
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{}/fd", runner.0.id()))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let listening = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(3) == Some(&"0A") && fields.get(9).is_some_and(|inode| sockets.contains(&(*inode).to_owned()))
    };
    assert_eq!(tcp.lines().find(listening), None);
    runner.0.kill().unwrap();
}
