//! A forge over HTTP: git's own server side, for whoever has the token.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use signalbox_domain::devbox::End;

use crate::world::{TOKEN, World, agent, assignment};

/// `x-access-token:` and the token, as git sends it.
const BASIC: &str = "Basic eC1hY2Nlc3MtdG9rZW46Zm9yZ2UtY2FuYXJ5LTcxYWE=";

/// The same for the renewed one, the only one that pushes.
const BASIC_FRESH: &str = "Basic eC1hY2Nlc3MtdG9rZW46Zm9yZ2UtY2FuYXJ5LXJlbmV3ZWQtOGQ0MA==";

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Request>>>);

/// The path and the credential.
type Request = (String, Option<String>);

/// Serves the repositories below `root`: its address, and the requests with their credential.
fn serve(root: PathBuf) -> (String, Seen) {
    let (listener, seen) = (TcpListener::bind("127.0.0.1:0").unwrap(), Seen::default());
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = seen.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (root, requests) = (root.clone(), requests.clone());
            thread::spawn(move || answer(&stream.unwrap(), &root, &requests));
        }
    });
    (address, seen)
}

/// Answers one request, by the rules of CGI, and closes.
fn answer(mut stream: &TcpStream, root: &Path, seen: &Seen) {
    let mut reader = BufReader::new(stream);
    let (mut request, mut headers) = (String::new(), Vec::new());
    reader.read_line(&mut request).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let header = |name: &str| headers.iter().find(|header| header.0 == name).map(|header| header.1.clone());
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let (credential, parts) = (header("authorization"), request.split(' ').collect::<Vec<_>>());
    seen.0.lock().unwrap().push((parts[1].to_owned(), credential.clone()));
    // A phase is over later than its first token.
    let wanted = if parts[1].contains("git-receive-pack") { &[BASIC_FRESH][..] } else { &[BASIC, BASIC_FRESH] };
    if !wanted.iter().any(|wanted| credential.as_deref() == Some(wanted)) {
        let refusal = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(refusal.as_bytes()).unwrap();
        return;
    }
    let (path, query) = parts[1].split_once('?').unwrap_or((parts[1], ""));
    let mut backend = Command::new("git")
        .args(["-c", "safe.directory=*", "-c", "http.receivepack=true", "http-backend"])
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "x-access-token")
        .env("REQUEST_METHOD", parts[0])
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type").unwrap_or_default())
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding").unwrap_or_default())
        .env("GIT_PROTOCOL", header("git-protocol").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    backend.stdin.take().unwrap().write_all(&body).unwrap();
    let output = backend.wait_with_output().unwrap().stdout;
    let status = if output.starts_with(b"Status: ") { "404 No" } else { "200 OK" };
    stream.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n").as_bytes()).unwrap();
    stream.write_all(&output).unwrap();
}

#[test]
fn a_forge_gives_and_takes_for_the_phase_s_token_alone() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let (address, seen) = serve(world.path().join("forge"));
    let mut checkout = world.checkout(&start);
    checkout.url = format!("{address}/acme/shop.git");
    let look = "cat > asked.md; cat .git/config .git/objects/info/alternates; git remote -v; git log --format=%s";
    let finish = world.run(assignment(agent("command", "command", look), Some(checkout.clone())));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    assert_eq!(world.pushed("asked.md").as_deref(), Some("Make the price right."));
    let requests = seen.0.lock().unwrap().clone();
    assert!(requests.iter().any(|(path, _)| path.ends_with("git-receive-pack")), "{requests:?}");
    assert!(requests.iter().all(|(path, _)| !path.contains(TOKEN)), "{requests:?}");
    // Neither the mirror nor the box remembers the token.
    let found = Command::new("grep").args(["-rlF", "-e", TOKEN, "-e", BASIC]).arg(world.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    assert!(!world.dispatcher.everything().contains(TOKEN));

    let another = World::new();
    checkout.token = Some("wrong-canary".to_owned());
    let finish = another.run(assignment(agent("command", "command", "true"), Some(checkout)));
    let End::Broken { transient: false, detail } = finish.end else { panic!("{:?}", finish.end) };
    assert!(detail.contains("Authentication failed") || detail.contains("could not read"), "{detail}");
    assert!(!detail.contains("wrong-canary"), "{detail}");
}

#[test]
fn what_is_in_the_mirror_is_not_fetched_again() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let (address, seen) = serve(world.path().join("forge"));
    let mut checkout = world.checkout(&start);
    (checkout.url, checkout.push) = (format!("{address}/acme/shop.git"), false);
    let work = || assignment(agent("command", "command", "cat README.md"), Some(checkout.clone()));
    world.run(work());
    let fetched = seen.0.lock().unwrap().len();
    fs::remove_dir_all(world.place().folder()).unwrap();
    world.dispatcher.forget();
    assert_eq!(world.run(work()).summary, "A shop.");
    assert_eq!(seen.0.lock().unwrap().len(), fetched);
}

#[test]
fn what_a_lost_attempt_left_on_the_branch_is_replaced_and_what_a_person_left_is_not() {
    let world = World::new();
    let start = world.commit("main", &[("README.md", "A shop.\n")]);
    let work = |text: &str| assignment(agent("command", "command", text), Some(world.checkout(&start)));
    let lost = world.run(work("echo lost > README.md")).head.unwrap();
    fs::remove_dir_all(world.place().folder()).unwrap();
    world.dispatcher.forget();
    let finish = world.run(work("echo found > README.md"));
    assert_eq!(finish.end, End::Ok);
    assert_ne!(finish.head, Some(lost));
    assert_eq!(world.pushed("README.md").as_deref(), Some("found"));

    world.commit("signalbox/pricing", &[("README.md", "By hand.\n")]);
    fs::remove_dir_all(world.place().folder()).unwrap();
    world.dispatcher.forget();
    let finish = world.run(work("echo again > README.md"));
    assert!(matches!(&finish.end, End::Broken { transient: false, .. }), "{:?}", finish.end);
    assert!(world.dispatcher.blob(&finish.artifacts["partial.patch"]).contains("+again"));
    assert_eq!(world.pushed("README.md").as_deref(), Some("By hand."));
}
