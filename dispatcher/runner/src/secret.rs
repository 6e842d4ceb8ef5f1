//! Secrets, found and struck out: those we know in every form they are sent in, and whatever has the shape of one.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use crate::git;

/// The shortest secret struck out, in bytes. A shorter one would be found in every other word, and can be guessed.
const SHORTEST: usize = 8;
/// What has fewer different characters is somebody's example.
const DIFFERENT: usize = 6;
/// The most of a private key that is looked through for its end, in bytes.
const KEY_BYTES: usize = 16 << 10;
/// How the last line of a private key begins.
const KEY_ENDS: &str = "-----END";
/// What stands where one was.
const STRUCK: &str = "[secret]";
/// Shapes, with where each is described.
const SHAPES: &str = include_str!("tokens.txt");

/// The secrets of one box.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<String>);

/// Something that looks like a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it looks like.
    pub(crate) what: &'static str,
    /// Where it is.
    pub(crate) at: Range<usize>,
}

impl Secrets {
    /// These, and the forms they are sent in. What is shorter than a real one is none.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST);
        let mut forms: Vec<String> = secrets.flat_map(forms).filter(|form| form.len() >= SHORTEST).collect();
        // The longer first: what is left of one when a part of it is struck out would be found no more.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self(forms)
    }

    /// `text` without them.
    pub(crate) fn strike(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for form in &self.0 {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), STRUCK));
            }
        }
        let mut found: Vec<Range<usize>> = shaped(&text).map(|found| found.at).collect();
        found.sort_by_key(|at| at.start);
        let (mut struck, mut done) = (String::with_capacity(text.len()), 0);
        for at in found.into_iter().filter(|at| !at.is_empty()) {
            if at.start >= done {
                struck.push_str(&text[done..at.start]);
                struck.push_str(STRUCK);
            }
            done = done.max(at.end);
        }
        struck.push_str(&text[done..]);
        struck
    }

    /// The same of every text in a value. In its serialised form a text is not what it is: `"` and `\` are doubled.
    pub(crate) fn strike_all(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.strike(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.strike_all(value)),
            Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (name, mut value) in old {
                    self.strike_all(&mut value);
                    fields.insert(self.strike(&name), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The first secret in `text`: one of ours, or one by its shape.
    pub(crate) fn find(&self, text: &str) -> Option<Found> {
        let ours = self.0.iter().filter_map(|form| {
            let start = text.find(form.as_str())?;
            Some(Found { what: "credential of this run", at: start..start + form.len() })
        });
        ours.chain(shaped(text)).min_by_key(|found| found.at.start)
    }
}

/// A private key that comes line by line.
#[derive(Debug, Default)]
pub(crate) struct Key {
    open: bool,
}

impl Key {
    /// `line` without the part of a key it is. A key ends with its last line, or with one that cannot be of it.
    pub(crate) fn strike(&mut self, line: &str) -> String {
        let key = |c: char| c.is_ascii_alphanumeric() || "+/= \r".contains(c);
        let (begins, ends) = (line.contains("-----BEGIN") && line.contains("PRIVATE KEY"), line.contains(KEY_ENDS));
        let within = self.open && !begins && (ends || line.contains(": ") || line.chars().all(key));
        self.open = (begins || within) && !ends;
        if within { STRUCK.to_owned() } else { line.to_owned() }
    }
}

/// A secret as it is, and as it is found in headers, addresses and dumps.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let percent: String = secret
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let mut forms = vec![
        secret.to_owned(),
        git::basic(secret),
        secret.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        percent,
        escaped,
        serde_json::to_string(secret).unwrap_or_default().trim_matches('"').to_owned(),
    ];
    // Whatever stands before it: base64 has three ways to write the same bytes.
    for before in 0..3 {
        let shifted = [vec![0; before], secret.as_bytes().to_vec()].concat();
        let whole = shifted.len() / 3 * 3;
        for engine in [&STANDARD, &URL_SAFE] {
            let code = engine.encode(&shifted[..whole]);
            forms.push(code.get(if before == 0 { 0 } else { 4 }..).unwrap_or_default().to_owned());
        }
    }
    forms
}

struct Shape {
    what: &'static str,
    begin: &'static str,
    of: &'static str,
    least: usize,
}

impl Shape {
    fn holds(&self, c: char) -> bool {
        match self.of {
            "alnum" => c.is_ascii_alphanumeric(),
            "upper" => c.is_ascii_uppercase() || c.is_ascii_digit(),
            "hex" => c.is_ascii_hexdigit(),
            "word" => c.is_ascii_alphanumeric() || c == '_',
            "dash" => c.is_ascii_alphanumeric() || "_-".contains(c),
            "dots" => c.is_ascii_alphanumeric() || "_-.".contains(c),
            "path" => c.is_ascii_alphanumeric() || "_-/".contains(c),
            _ => c.is_ascii_alphanumeric() || "+/=\\\r\n".contains(c),
        }
    }

    /// The secret that begins at `start`, where this shape begins.
    fn at(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let rest = &text[start + self.begin.len()..];
        let body = self.whole(rest).unwrap_or_else(|| &rest[..rest.find(|c| !self.holds(c)).unwrap_or(rest.len())]);
        let mut different: Vec<u8> = body.bytes().collect();
        different.sort_unstable();
        different.dedup();
        let example = body.to_ascii_lowercase().contains("example");
        let real = body.len() >= self.least && different.len() >= DIFFERENT && !example && apart(text, start);
        real.then(|| start..start + self.begin.len() + body.len())
    }

    /// A private key to the end of its last line, where that is near.
    fn whole<'t>(&self, rest: &'t str) -> Option<&'t str> {
        let near = rest.get(..rest.floor_char_boundary(KEY_BYTES)).filter(|_| self.of == "pem")?;
        let close = near.find(KEY_ENDS)? + KEY_ENDS.len();
        Some(&near[..close + near[close..].find("-----")? + 5])
    }
}

/// Whether what is at `start` begins there: nothing before it belongs to the same word.
fn apart(text: &str, start: usize) -> bool {
    let before = &text.as_bytes()[..start];
    match before {
        [] => true,
        // A line's end, as it is written in a text in a program.
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., last] => !last.is_ascii_alphanumeric(),
    }
}

/// Everything in `text` that has the shape of a secret.
fn shaped(text: &str) -> impl Iterator<Item = Found> + '_ {
    static READ: OnceLock<Vec<Shape>> = OnceLock::new();
    let shapes = READ.get_or_init(|| SHAPES.lines().filter_map(shape).collect());
    shapes.iter().flat_map(move |shape| {
        let starts = text.match_indices(shape.begin).map(|(start, _)| start);
        starts.filter_map(move |start| Some(Found { what: shape.what, at: shape.at(text, start)? }))
    })
}

fn shape(line: &'static str) -> Option<Shape> {
    let [what, begin, of, least] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    Some(Shape { what, begin, of, least: least.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "t0k3n-\"t0k3n\"/t0k3n";

    #[test]
    fn a_secret_is_struck_out_in_each_form_it_is_sent_in() {
        let secrets = Secrets::new([SECRET, "", "e"]);
        let text = format!("url https://x:{SECRET}@forge, header Basic {}", git::basic(SECRET));
        assert_eq!(secrets.strike(&text), "url https://x:[secret]@forge, header Basic [secret]");
        for form in [
            SECRET.chars().rev().collect::<String>(),
            SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
            SECRET.bytes().map(|byte| format!("{byte:02X}")).collect(),
            "t0k3n%2D%22t0k3n%22%2Ft0k3n".into(),
            r#"t0k3n-\"t0k3n\"/t0k3n"#.into(),
        ] {
            assert_eq!(secrets.strike(&format!("<{form}>")), "<[secret]>", "{form}");
        }
        for before in ["", "a", "ab", "user:"] {
            let code = STANDARD.encode(format!("{before}{SECRET} and more"));
            assert!(secrets.strike(&code).contains(STRUCK), "{before:?}");
        }
        let mut value = serde_json::json!({ SECRET: [SECRET, 1] });
        secrets.strike_all(&mut value);
        assert_eq!(value.to_string(), r#"{"[secret]":["[secret]",1]}"#);
    }

    /// One of each shape, made here: written down, it would be found in this very file.
    fn samples() -> Vec<(Shape, String)> {
        let made = |shape: Shape| {
            let letters = match shape.of {
                "upper" => "ABC2DEF3GHI4",
                "hex" => "0123456789abcdef",
                _ => "aB3dE6gH9jK2",
            };
            let sample = format!("{}{}", shape.begin, letters.chars().cycle().take(shape.least).collect::<String>());
            (shape, sample)
        };
        SHAPES.lines().filter_map(shape).map(made).collect()
    }

    #[test]
    fn every_line_of_the_table_is_a_shape_and_is_found() {
        let lines = SHAPES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        let samples = samples();
        assert_eq!(samples.len(), lines);
        for (shape, sample) in samples {
            for text in
                [sample.clone(), format!("key = \"{sample}\";"), format!("a\\n{sample} b"), format!("({sample})")]
            {
                let found = Secrets::default().find(&text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!(found.what, shape.what, "{text}");
                assert!(!Secrets::default().strike(&text).contains(&sample), "{text}");
            }
            let short = &sample[..sample.len() - 1];
            assert_eq!(Secrets::default().find(short), None, "{short}");
            // What is a part of a word is none.
            assert_eq!(Secrets::default().find(&format!("word{sample}")), None, "{sample}");
        }
    }

    #[test]
    fn what_only_looks_a_little_like_one_is_left_as_it_is() {
        let key = format!("AKIA{}", "IOSFODNN7EXAMPLE");
        for text in [
            key.as_str(),
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-ant-...",
            "hf_hub_download(repo)",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
            "0123456789abcdef0123456789abcdef01234567",
            "npm_config_registry",
        ] {
            assert_eq!(Secrets::default().find(text), None, "{text}");
            assert_eq!(Secrets::default().strike(text), text);
        }
    }

    #[test]
    fn a_private_key_goes_line_by_line() {
        let mut key = Key::default();
        let begin = format!("a -----BEGIN {} KEY-----", "EC PRIVATE");
        let lines = ["aB3d", begin.as_str(), "Proc-Type: 4", "aB3dE6gH", "-----END EC PRIVATE KEY-----", "aB3dE6gH"];
        let told: Vec<String> = lines.iter().map(|line| key.strike(line)).collect();
        assert_eq!(told, ["aB3d", begin.as_str(), STRUCK, STRUCK, STRUCK, "aB3dE6gH"]);
        key.strike(&begin);
        assert_eq!(key.strike("That was it."), "That was it.");
    }

    #[test]
    fn a_private_key_goes_whole() {
        let key = format!(
            "-----BEGIN {} KEY-----\nProc-Type: 4,ENCRYPTED\n\naB3dE6gH9jK2aB3dE6gH9jK2\n-----END RSA PRIVATE KEY-----",
            "RSA PRIVATE"
        );
        assert_eq!(Secrets::default().strike(&format!("a {key} b")), "a [secret] b");
    }
}
