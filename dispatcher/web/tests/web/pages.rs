//! Pages as they are: read, cut, refused.

use std::io::Write as _;

use signalbox_ports::web::Refused;

use crate::world::{Machine, World, answer, redirect};

#[tokio::test]
async fn a_page_is_read_as_its_text() {
    let world = World::new();
    let html = b"<html><head><title>T</title><script>alert(1)</script></head><body><h1>Prices</h1><p>It is <b>$12</b>.</p></body>";
    world.site("docs.example.com", vec![answer("text/html; charset=utf-8", html)]);
    let page = world.get("http://docs.example.com/a?b=c#d").await.unwrap();
    assert_eq!(page.text.trim(), "# Prices\n\nIt is $12.");
    let asked = world.asked().concat();
    assert!(asked.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{asked}");
    for ours in ["cookie", "authorization", "referer", "from:"] {
        assert!(!asked.to_lowercase().contains(ours), "{asked}");
    }
}

#[tokio::test]
async fn redirects_are_followed_a_few_times_and_not_for_ever() {
    let world = World::new();
    world.site("docs.example.com", vec![redirect("/b"), redirect("/c"), answer("text/plain", b"there")]);
    let page = world.get("http://docs.example.com/a").await.unwrap();
    assert_eq!((page.text.as_str(), page.url.as_str()), ("there", "http://docs.example.com/c"));
    world.site("docs.example.com", vec![redirect("/a")]);
    let came = world.get("http://docs.example.com/a").await;
    assert_eq!(came, Err(Refused::Upstream("it redirects more than 5 times".into())));
}

#[tokio::test]
async fn what_is_no_text_is_refused() {
    for kind in ["image/png", "application/octet-stream", "application/zip", "", "video/mp4"] {
        let world = World::new();
        world.site("docs.example.com", vec![answer(kind, b"x")]);
        assert!(matches!(world.get("http://docs.example.com/").await, Err(Refused::Upstream(_))), "{kind}");
    }
    let world = World::new();
    world.site("docs.example.com", vec![answer("text/plain", b"a\0b")]);
    assert!(matches!(world.get("http://docs.example.com/").await, Err(Refused::Upstream(_))));
}

#[tokio::test]
async fn a_page_too_long_is_cut_and_one_far_too_long_is_not_read() {
    let world = World::new();
    world.site("docs.example.com", vec![answer("text/plain", "é".repeat(100_000).as_bytes())]);
    let page = world.get("http://docs.example.com/").await.unwrap();
    assert!(page.text.len() <= 64 * 1024 && page.text.ends_with("\n(the page goes on)"));
    world.site("docs.example.com", vec![answer("text/plain", &vec![b'x'; 3 << 20])]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::TooLarge));
    let endless = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n".to_vec();
    world.site("docs.example.com", vec![Machine::Says([endless, vec![b'x'; 3 << 20]].concat())]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::TooLarge));
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_large_one_is_refused() {
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        let body = encoder.finish().unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Machine::Says([head.as_bytes(), &body].concat())
    };
    let world = World::new();
    world.site("docs.example.com", vec![packed(b"a page that is packed")]);
    assert_eq!(world.get("http://docs.example.com/").await.unwrap().text, "a page that is packed");
    world.site("docs.example.com", vec![packed(&vec![0; 50 << 20])]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::TooLarge));
    let twice =
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 1\r\n\r\nx";
    world.site("docs.example.com", vec![Machine::Says(twice.as_bytes().to_vec())]);
    assert!(matches!(world.get("http://docs.example.com/").await, Err(Refused::Upstream(_))));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_takes_its_time_does_not_take_ours() {
    for begun in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nslow"] {
        let world = World::new();
        world.site("docs.example.com", vec![Machine::Stalls(begun.to_vec())]);
        assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::Timeout));
    }
}

#[tokio::test]
async fn an_answer_with_an_endless_head_is_refused() {
    let world = World::new();
    let head = format!("HTTP/1.1 200 OK\r\n{}", "x-a: y\r\n".repeat(10_000));
    world.site("docs.example.com", vec![Machine::Says(head.into_bytes())]);
    assert!(matches!(world.get("http://docs.example.com/").await, Err(Refused::Upstream(_))));
}

#[tokio::test]
async fn a_page_of_nothing_but_tags_is_refused() {
    let world = World::new();
    world.site("docs.example.com", vec![answer("text/html", "<div>".repeat(100_000).as_bytes())]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::TooLarge));
    world.site("docs.example.com", vec![answer("text/html", "<p>a<br>".repeat(5_000).as_bytes())]);
    assert!(world.get("http://docs.example.com/").await.is_ok());
}

#[tokio::test]
async fn trouble_has_its_name() {
    let world = World::new();
    let says = |status: &str| Machine::Says(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").into_bytes());
    world.site("docs.example.com", vec![says("404 Not Found")]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::NotFound));
    world.site("docs.example.com", vec![says("403 Forbidden")]);
    assert_eq!(world.get("http://docs.example.com/").await, Err(Refused::Upstream("it answers 403 Forbidden".into())));
    assert!(matches!(world.get("http://nowhere.example.com/").await, Err(Refused::Upstream(_))));
}
