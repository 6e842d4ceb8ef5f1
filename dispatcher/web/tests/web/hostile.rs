//! Spellings, names and redirects that lead inside: nobody inside is ever dialled.

use std::net::SocketAddr;

use signalbox_address::forbidden;
use signalbox_ports::web::Refused;

use crate::world::{PUBLIC, World, answer, redirect};

/// Ways to write an address that means a machine inside, or something that is no web page at all.
const SPELLINGS: [&str; 64] = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.0.0.1./",
    "http://127.0.0.1.:80/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127%2e0%2e0%2e1/",
    "http://%31%32%37.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://000.000.000.000/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://foo.localhost/",
    "http://ⓛocalhost/",
    "http://localhost.localdomain/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:0:0:0:0:80ff:fffe]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://metadata/computeMetadata/v1/",
    "http://metadata.internal/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://router.lan/",
    "http://intranet/",
    "http://user@docs.example.com/",
    "http://docs.example.com:pass@127.0.0.1/",
    "http://docs.example.com@127.0.0.1/",
    "http://docs.example.com:22/",
    "https://docs.example.com:80/",
    "http://127.0.0.1\\@docs.example.com/",
    "http:127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://docs.example.com/",
    "data:text/plain,hello",
];

/// Addresses that a name may lead to and must not.
const INSIDE: [&str; 40] = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2001:0:53aa:64c:0:0:f5ff:fffe",
    "2001:db8::1",
    "2606:4700::5efe:a00:1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

fn inside(dialled: &[SocketAddr]) -> Vec<&SocketAddr> {
    dialled.iter().filter(|address| forbidden(address.ip()).is_some()).collect()
}

fn denied(came: &Result<signalbox_ports::web::Page, Refused>) -> bool {
    matches!(came, Err(Refused::Denied(_)))
}

#[tokio::test]
async fn no_way_of_writing_an_address_leads_inside() {
    let world = World::new();
    world.site("docs.example.com", vec![answer("text/plain", b"hello")]);
    let mut let_through = Vec::new();
    for spelling in SPELLINGS {
        let before = world.dialled().len();
        let came = world.get(spelling).await;
        if !denied(&came) || world.dialled().len() > before {
            let_through.push((spelling, came));
        }
    }
    assert_eq!(let_through, []);
    assert_eq!(world.dialled(), [], "reached = 0");
}

#[tokio::test]
async fn no_name_leads_inside() {
    for address in INSIDE {
        let world = World::new();
        world.name("docs.example.com", &[&[address]]);
        world.name("both.example.com", &[&[PUBLIC, address]]);
        for name in ["docs", "both"] {
            let came = world.get(&format!("https://{name}.example.com/")).await;
            assert!(denied(&came), "{name} → {address}: {came:?}");
        }
        assert_eq!(world.dialled(), [], "{address}");
    }
}

#[tokio::test]
async fn a_name_that_means_something_else_a_moment_later_changes_nothing() {
    let world = World::new();
    world.name("rebind.example.com", &[&[PUBLIC], &["127.0.0.1"]]);
    world.machine(PUBLIC, vec![answer("text/plain", b"hello")]);
    assert_eq!(world.get("http://rebind.example.com/").await.unwrap().text, "hello");
    assert_eq!(world.dialled(), ["93.184.216.34:80".parse().unwrap()], "asked once, and that very answer is dialled");
    assert!(denied(&world.get("http://rebind.example.com/").await));
    assert_eq!(world.dialled().len(), 1);
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let targets = SPELLINGS.iter().copied().chain(["//127.0.0.1/", "http://inside.example.com/"]);
    for target in targets {
        let world = World::new();
        world.site("docs.example.com", vec![redirect(target)]);
        world.name("inside.example.com", &[&["10.0.0.1"]]);
        let came = world.get("http://docs.example.com/").await;
        assert!(came.is_err(), "{target}: {came:?}");
        assert!(inside(&world.dialled()).is_empty(), "{target}");
    }
}

#[tokio::test]
async fn every_hop_is_checked_against_what_is_granted() {
    let world = World::new();
    world.site("docs.example.com", vec![redirect("http://elsewhere.example.org/")]);
    world.name("elsewhere.example.org", &[&[PUBLIC]]);
    let came = world.within("http://docs.example.com/", &["*.example.com"]).await;
    assert_eq!(
        came,
        Err(Refused::Denied(
            "the operator says no: elsewhere.example.org is not on the list of hosts to read from ([fetch] hosts)"
                .into()
        ))
    );
    assert_eq!(world.dialled().len(), 1);
    for name in ["example.com", "evilexample.com", "docs.example.com.evil.org"] {
        assert!(denied(&world.within(&format!("http://{name}/"), &["*.example.com"]).await), "{name}");
    }
    assert_eq!(world.dialled().len(), 1);
}

#[tokio::test]
async fn a_redirect_within_a_redirect_that_rebinds_is_checked_again() {
    let world = World::new();
    world.name("docs.example.com", &[&[PUBLIC], &["169.254.169.254"]]);
    world.machine(PUBLIC, vec![redirect("/again")]);
    assert!(denied(&world.get("http://docs.example.com/").await));
    assert!(inside(&world.dialled()).is_empty());
    assert_eq!(world.dialled().len(), 1);
}
