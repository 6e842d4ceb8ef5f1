//! Compiled plugins on disk: made once, used again, and never run with a byte changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use signalbox_plugin_host::{Config, Host, bundle, target};
use tempfile::TempDir;

use crate::installation::{open, said, shipped};

fn compiled(cache: &TempDir) -> PathBuf {
    let mut files = fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|it| it == "cwasm")).unwrap()
}

/// Puts another file in its place. Changing a file that is mapped would be pulling the rug from under a host.
fn swap(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("swapped");
    fs::write(&beside, bytes).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn written(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn what_was_compiled_is_used_again() {
    let cache = tempfile::tempdir().unwrap();
    let first = open(vec![shipped("explicit")], cache.path()).unwrap();
    let before = written(&compiled(&cache));
    let second = open(vec![shipped("explicit")], cache.path()).unwrap();
    assert_eq!(written(&compiled(&cache)), before);
    assert_eq!(said(&first, "repo:billing"), said(&second, "repo:billing"));
}

#[test]
fn one_flipped_byte_is_never_run() {
    let cache = tempfile::tempdir().unwrap();
    let first = open(vec![shipped("explicit")], cache.path()).unwrap();
    let path = compiled(&cache);
    let whole = fs::read(&path).unwrap();
    for place in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        swap(&path, &flipped);
        let second = open(vec![shipped("explicit")], cache.path()).unwrap();
        // Compiled anew from the component, to the same bytes.
        assert!(fs::read(&path).unwrap() == whole, "byte {place}");
        assert_eq!(said(&first, "repo:billing"), said(&second, "repo:billing"));
    }
}

#[test]
fn a_truncated_file_and_a_lost_digest_are_made_anew() {
    let cache = tempfile::tempdir().unwrap();
    let _first = open(vec![shipped("explicit")], cache.path()).unwrap();
    let path = compiled(&cache);
    let whole = fs::read(&path).unwrap();
    swap(&path, &whole[..whole.len() / 2]);
    open(vec![shipped("explicit")], cache.path()).unwrap();
    fs::remove_file(path.with_extension("sha256")).unwrap();
    open(vec![shipped("explicit")], cache.path()).unwrap();
    assert!(fs::read(&path).unwrap() == whole);
}

#[test]
fn a_bundle_is_opened_by_the_kind_of_machine_and_the_engine_it_was_made_for_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { plugins: vec![shipped("explicit")], ..Config::default() };
    bundle::write(&config, folder.path()).unwrap();
    let compiled = bundle::compiled(folder.path());
    let host = Host::open(bundle::open(folder.path()).unwrap(), &compiled).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(said(&host, "repo:billing").len(), 1);

    let list = folder.path().join("plugins.json");
    let text = fs::read_to_string(&list).unwrap();
    let (_, engine) = target().split_once('-').map(|(arch, engine)| (arch.to_string(), engine.to_string())).unwrap();
    for other in
        [format!("aarch64-{engine}"), format!("x86_64-{engine}"), format!("{}-47.0.0-1", std::env::consts::ARCH)]
    {
        if other == target() {
            continue;
        }
        fs::write(&list, text.replace(&target(), &other)).unwrap();
        let refused = bundle::open(folder.path()).unwrap_err();
        let expected = format!("the bundle is for {other}, and this host is {}; bundle the plugins for it", target());
        assert_eq!(refused, expected);
    }
}
