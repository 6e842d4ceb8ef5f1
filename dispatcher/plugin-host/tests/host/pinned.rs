//! A bit flipped anywhere in what is pinned: it is refused, or made anew and said. It is never run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Map;
use signalbox_domain::id::Digest;
use signalbox_domain::route::Said;
use signalbox_plugin_host::pin::Pin;
use signalbox_plugin_host::{Config, Host, Plugin, Refusals, compile};

use crate::installation::{said, shipped};
use crate::module;

const MANIFEST: &str = "id = \"pinned\"\nversion = \"1.0.0\"\napi = \"0.1\"\nworld = \"router\"\non-error = \"skip\"\n";

/// A plugin, its compiled file and that one's digest, as they were when it was pinned.
struct Pinned {
    folder: tempfile::TempDir,
    manifest: Vec<u8>,
    component: Vec<u8>,
    compiled: Vec<u8>,
    pin: Pin,
}

impl Pinned {
    fn new(component: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let digest = compile(&component, folder.path()).unwrap();
        let manifest = MANIFEST.as_bytes().to_vec();
        let pin = Pin {
            manifest: Digest::of(&manifest),
            component: Digest::of(&component),
            compiled: Some(digest),
            granted: Vec::new(),
        };
        let mut pinned = Self { folder, manifest, component, compiled: Vec::new(), pin };
        pinned.compiled = fs::read(pinned.file("cwasm")).unwrap();
        pinned
    }

    fn file(&self, extension: &str) -> PathBuf {
        let mut files = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|it| it == extension)).unwrap()
    }

    fn open(&self, manifest: &[u8], component: &[u8], pin: Pin) -> Result<Host, Refusals> {
        let manifest = String::from_utf8_lossy(manifest).into_owned();
        let plugin = Plugin {
            manifest: manifest.into(),
            component: component.to_vec().into(),
            settings: Map::new(),
            pin: Some(pin),
        };
        Host::open(Config { plugins: vec![plugin], ..Config::default() }, self.folder.path())
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn refused(opened: Result<Host, Refusals>, what: &str) {
    let refusals = opened.err().unwrap_or_else(|| panic!("a flipped {what} was let in"));
    let expected = format!("its {what} is not the one that was pinned");
    assert!(refusals.0[0].problem.contains(&expected), "{refusals}");
}

/// `SIGNALBOX_FLIPS=10000` for as many.
#[test]
fn no_flipped_bit_is_ever_executed() {
    let flips = env::var("SIGNALBOX_FLIPS").map_or(300, |it| it.parse().unwrap());
    let pinned = Pinned::new(module::router("i32.const 9 call $pass"));
    let expected = vec![("pinned".to_string(), Said::Pass { reason: "the words".to_string() })];
    let (compiled, digest) = (pinned.file("cwasm"), pinned.file("sha256"));
    let beside = fs::read(&digest).unwrap();
    let unnamed = Pin { compiled: None, ..pinned.pin.clone() };
    let (mut refusals, mut anew, mut executed) = (0, 0, 0);
    let mut dice = Dice(0x005e_ed0f_b175);
    for _ in 0..flips {
        // As often in each of the three, whatever their sizes; and now and then where it can be compiled anew, which takes
        // longer than everything else here.
        let which = dice.below(50);
        match which {
            0..16 => {
                let manifest = flip(&pinned.manifest, dice.below(pinned.manifest.len() * 8));
                refused(pinned.open(&manifest, &pinned.component, pinned.pin.clone()), "plugin.toml");
                refusals += 1;
            }
            16..32 => {
                let component = flip(&pinned.component, dice.below(pinned.component.len() * 8));
                refused(pinned.open(&pinned.manifest, &component, pinned.pin.clone()), "component");
                refusals += 1;
            }
            // Where nothing is compiled: there is no component to make it from.
            32..48 => {
                put(&compiled, &flip(&pinned.compiled, dice.below(pinned.compiled.len() * 8)));
                refused(pinned.open(&pinned.manifest, &[], pinned.pin.clone()), "compiled file");
                put(&compiled, &pinned.compiled);
                refusals += 1;
            }
            48 | 49 => {
                let (pin, path, whole) = match which {
                    48 => (pinned.pin.clone(), &compiled, &pinned.compiled),
                    _ => match dice.below(2) {
                        0 => (unnamed.clone(), &compiled, &pinned.compiled),
                        _ => (unnamed.clone(), &digest, &beside),
                    },
                };
                put(path, &flip(whole, dice.below(whole.len() * 8)));
                let host = pinned.open(&pinned.manifest, &pinned.component, pin).unwrap_or_else(|it| panic!("{it}"));
                match host.remarks() {
                    [remark] if remark.ends_with("; it was compiled anew") => anew += 1,
                    _ => executed += 1,
                }
                assert_eq!(said(&host, "hello"), expected);
                assert!(fs::read(path).unwrap() == *whole, "what it made anew is what it was");
            }
            _ => unreachable!("there are fifty"),
        }
    }
    println!("{flips} flips: {refusals} refused, {anew} made anew and said, {executed} executed");
    assert_eq!((executed, refusals + anew), (0, flips));
    let host = pinned.open(&pinned.manifest, &[], pinned.pin.clone()).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!((said(&host, "hello"), host.remarks().len()), (expected, 0), "unflipped, it runs");
}

#[test]
fn a_compiled_file_of_another_component_is_not_the_one_that_was_pinned() {
    let pinned = Pinned::new(module::router("i32.const 9 call $pass"));
    let other = Pinned::new(module::router("i32.const 3 call $pass"));
    put(&pinned.file("cwasm"), &other.compiled);
    put(&pinned.file("sha256"), &fs::read(other.file("sha256")).unwrap());
    refused(pinned.open(&pinned.manifest, &[], pinned.pin.clone()), "compiled file");
    let host = pinned.open(&pinned.manifest, &pinned.component, pinned.pin.clone()).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(said(&host, "hello")[0].1, Said::Pass { reason: "the words".to_string() });
    assert_eq!(host.remarks().len(), 1);
}

#[test]
fn a_file_that_is_changed_after_it_was_checked_is_not_what_runs() {
    let pinned = Pinned::new(module::router("i32.const 9 call $pass"));
    let host = pinned.open(&pinned.manifest, &[], pinned.pin.clone()).unwrap_or_else(|it| panic!("{it}"));
    // In place: a mapped file would change under the host's feet.
    put(&pinned.file("cwasm"), &vec![0xcc; pinned.compiled.len()]);
    assert_eq!(said(&host, "hello")[0].1, Said::Pass { reason: "the words".to_string() });
}

#[test]
fn nothing_is_granted_by_a_manifest_that_asks_for_more() {
    let mut widened = shipped("links");
    let digest = |bytes: &[u8]| Digest::of(bytes);
    widened.pin = Some(Pin {
        manifest: digest(widened.manifest.as_bytes()),
        component: digest(&widened.component),
        compiled: None,
        granted: Vec::new(),
    });
    let cache = tempfile::tempdir().unwrap();
    let refusals = Host::open(Config { plugins: vec![widened], ..Config::default() }, cache.path()).err().unwrap();
    assert!(refusals.to_string().contains("links was not loaded: it asks for more than it was granted"), "{refusals}");
}
