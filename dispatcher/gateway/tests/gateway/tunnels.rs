use std::io::ErrorKind;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use signalbox_gateway::{Event, Why};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::hosts::{granted, hosts};
use crate::stand::{Stand, dollars, keys, short, stand_with};

/// Asks for a tunnel; what is answered, and the connection.
async fn connect(stand: &Stand, target: &str, host: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(stand.address).await.unwrap();
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
                break;
            }
        }
    }
    (String::from_utf8(head).unwrap(), stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_to_a_granted_host_is_its_own_tls() {
    let mut stand = hosts().await;
    let (head, stream) = connect(&stand, "other.example:443", "other.example:443").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let tls = TlsConnector::from(Arc::new(stand.origin.trusting()));
    let mut inside = tls.connect(ServerName::try_from("other.example").unwrap(), stream).await.unwrap();
    inside.write_all(b"GET /deep HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    inside.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("from the origin"), "{answer}");
    drop(inside);
    let told = stand.told(1).await.remove(0);
    let Event::Tunnel(tunnel) = told else { panic!("{told:?}") };
    assert!(tunnel.host == "other.example" && tunnel.sent > 100 && tunnel.received > 100, "{tunnel:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_is_not_opened_to_what_is_not_granted_as_a_whole() {
    let mut stand = hosts().await;
    let mut refused = 0;
    for target in [
        "evil.example:443",
        "registry.example:443",
        "registry.example:80",
        "private.example:443",
        "127.0.0.1:443",
        "[::1]:443",
        "[::ffff:127.0.0.1]:443",
        "2130706433:443",
        "0x7f000001:443",
        "other.example:22",
        "other.example:80",
        "other.example.:443",
        "other.example:0443x",
        "169.254.169.254:80",
        "1.1.1.1:53",
        "1.1.1.1:443",
        "dns.google:443",
        "metadata.example:443",
        "mapped.example:443",
        "loop.example:443",
        "mixed.example:443",
    ] {
        let (head, _) = connect(&stand, target, target).await;
        assert!(head.starts_with("HTTP/1.1 403") || head.starts_with("HTTP/1.1 400"), "{target}: {head}");
        refused += 1;
    }
    let (head, _) = connect(&stand, "other.example:443", "evil.example:443").await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert_eq!(stand.origin.seen().len(), 0);
    println!("gateway: {} tunnels asked for and refused", refused + 1);
    // Some are refused before they are requests.
    let told = stand.told(18).await;
    assert!(told.iter().all(|event| matches!(event, Event::Refused(_))), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_is_used_for_the_name_it_was_asked_for_or_not_at_all() {
    let mut stand =
        stand_with(vec![], dollars(1), granted, |gateway| gateway.with_limits(short()), Arc::new(keys())).await;
    let tls = |stand: &Stand, named: bool| {
        let mut config = stand.origin.trusting();
        config.enable_sni = named;
        TlsConnector::from(Arc::new(config))
    };
    for (name, named) in [("private.example", true), ("registry.example", true), ("other.example", false)] {
        let (_, stream) = connect(&stand, "other.example:443", "other.example").await;
        let tried = tls(&stand, named).connect(ServerName::try_from(name).unwrap(), stream).await;
        assert!(tried.is_err(), "{name}");
        assert_eq!(stand.why().await, Why::Name, "{name}");
    }
    // Not TLS at all.
    for bytes in
        [&b"GET / HTTP/1.1\r\nhost: other.example\r\n\r\n"[..], b"SSH-2.0-x\r\n", &[0; 60_000], &[22, 3, 1, 255, 255]]
    {
        let (_, mut stream) = connect(&stand, "other.example:443", "other.example").await;
        let _ = stream.write_all(bytes).await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
        assert!([Why::Name, Why::Limit].contains(&stand.why().await));
    }
    assert_eq!(stand.origin.seen().len(), 0);
}
