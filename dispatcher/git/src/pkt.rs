//! What a push asks for, as it is on the wire, and the answer a git client shows.

use crate::names;

/// The most bytes the list of a push's commands may take.
pub(crate) const COMMANDS: usize = 64 << 10;
/// The most bytes of one piece in a side band, its length and band included.
const PIECE: usize = 65_520;

/// What a client that pushes may ask of git beside the push itself.
const CAPABILITIES: [&str; 6] = ["report-status", "report-status-v2", "side-band-64k", "quiet", "atomic", "ofs-delta"];

/// What a push asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Push {
    /// The branches to move, make or delete.
    pub(crate) commands: Vec<Command>,
    /// Where the client's history is cut off.
    shallow: Vec<String>,
    /// What of [`CAPABILITIES`] it uses, and the object format.
    capabilities: Vec<String>,
    /// How many bytes all this took; the pack follows.
    pub(crate) length: usize,
}

/// One ref to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    old: String,
    new: String,
    /// The ref's full name.
    pub(crate) name: String,
}

/// Why bytes are no push.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a push as git writes it: {0}")]
pub(crate) struct Malformed(&'static str);

impl Push {
    /// Reads the commands at the beginning of a push.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut push = Self::default();
        let mut rest = bytes;
        loop {
            let (line, after) = line(rest)?;
            rest = after;
            let Some(line) = line else { break };
            let mut parts = line.splitn(2, |byte| *byte == 0);
            let text = text(parts.next().unwrap_or_default())?;
            if let Some(capabilities) = parts.next() {
                if !push.commands.is_empty() {
                    return Err(Malformed("capabilities come with the first command only"));
                }
                push.capabilities = asked(self::text(capabilities)?)?;
            }
            match text.strip_prefix("shallow ") {
                Some(id) if names::object(id) => push.shallow.push(id.to_owned()),
                Some(_) => return Err(Malformed("a shallow line without an object's name")),
                None => push.commands.push(Command::read(text)?),
            }
        }
        push.length = bytes.len() - rest.len();
        Ok(push)
    }

    /// Why a token that may push to `branch` may not do this, command by command; empty if it may.
    pub(crate) fn refusals(&self, branch: &str) -> Vec<(String, String)> {
        let allowed = format!("refs/heads/{branch}");
        let reason = |command: &Command| {
            if command.name != allowed {
                Some(format!("this token may push to {branch} only"))
            } else if command.deletes() {
                Some("this token may not delete its branch".to_owned())
            } else {
                None
            }
        };
        if self.commands.len() == 1 && self.commands.iter().all(|command| reason(command).is_none()) {
            return Vec::new();
        }
        let other = || "nothing was pushed, because another part of the push was refused".to_owned();
        self.commands.iter().map(|command| (command.name.clone(), reason(command).unwrap_or_else(other))).collect()
    }

    /// The push as git is told it: written anew from what was understood, so that git cannot understand anything else.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for id in &self.shallow {
            put(&mut bytes, format!("shallow {id}").as_bytes());
        }
        for (place, command) in self.commands.iter().enumerate() {
            let mut text = format!("{} {} {}", command.old, command.new, command.name);
            if place == 0 {
                text.push('\0');
                text.push_str(&self.capabilities.join(" "));
            }
            put(&mut bytes, text.as_bytes());
        }
        bytes.extend_from_slice(b"0000");
        bytes
    }

    /// The answer that refuses each command with its reason. A client that asked for no answer gets none.
    pub(crate) fn refuse(&self, refusals: &[(String, String)]) -> Vec<u8> {
        let has = |name: &str| self.capabilities.iter().any(|capability| capability == name);
        if !has("report-status") && !has("report-status-v2") {
            return Vec::new();
        }
        let mut report = Vec::new();
        put(&mut report, b"unpack ok\n");
        for (name, reason) in refusals {
            put(&mut report, format!("ng {name} {reason}\n").as_bytes());
        }
        report.extend_from_slice(b"0000");
        if !has("side-band-64k") {
            return report;
        }
        let mut bytes = Vec::new();
        for piece in report.chunks(PIECE - 5) {
            put(&mut bytes, &[&[1], piece].concat());
        }
        bytes.extend_from_slice(b"0000");
        bytes
    }
}

impl Command {
    fn read(text: &str) -> Result<Self, Malformed> {
        let mut words = text.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(old), Some(new), Some(name)) if names::object(old) && names::object(new) => {
                if name.is_empty() || name.contains(|letter: char| letter.is_control() || letter == ' ') {
                    return Err(Malformed("a ref's name with a space or a control character in it"));
                }
                Ok(Self { old: old.into(), new: new.into(), name: name.into() })
            }
            (_, _, _) => Err(Malformed("a command is two objects and a ref")),
        }
    }

    fn deletes(&self) -> bool {
        self.new.bytes().all(|byte| byte == b'0')
    }
}

/// Of what the client asks for, what git is told. What would change the shape of the rest is an error; the rest is
/// decoration.
fn asked(text: &str) -> Result<Vec<String>, Malformed> {
    let mut known = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if word == "push-options" || word.starts_with("push-cert") {
            return Err(Malformed("push options and signed pushes are not offered here"));
        }
        if CAPABILITIES.contains(&word) || matches!(word, "object-format=sha1" | "object-format=sha256") {
            known.push(word.to_owned());
        }
    }
    Ok(known)
}

/// The next line and what follows it; no line at the flush that ends them.
fn line(bytes: &[u8]) -> Result<(Option<&[u8]>, &[u8]), Malformed> {
    let (length, _) = bytes.split_at_checked(4).ok_or(Malformed("it ends before its commands do"))?;
    let length = text(length)?;
    if !length.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Malformed("a length that is no hexadecimal number"));
    }
    match usize::from_str_radix(length, 16) {
        Ok(0) => Ok((None, &bytes[4..])),
        Ok(length @ 5..) => {
            let (line, rest) = bytes.split_at_checked(length).ok_or(Malformed("it ends before its commands do"))?;
            Ok((Some(&line[4..]), rest))
        }
        Ok(_) | Err(_) => Err(Malformed("a length that no line can have")),
    }
}

/// Text without the line end that some clients write.
fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed("it is not UTF-8"))?;
    Ok(text.strip_suffix('\n').unwrap_or(text))
}

/// Writes one line.
pub(crate) fn put(bytes: &mut Vec<u8>, line: &[u8]) {
    bytes.extend_from_slice(format!("{:04x}", line.len() + 4).as_bytes());
    bytes.extend_from_slice(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const NONE: &str = "0000000000000000000000000000000000000000";

    fn wire(lines: &[String]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in lines {
            put(&mut bytes, line.as_bytes());
        }
        bytes.extend_from_slice(b"0000PACK");
        bytes
    }

    fn one(old: &str, new: &str, name: &str) -> Vec<u8> {
        wire(&[format!("{old} {new} {name}\0 report-status side-band-64k agent=git/2.47.3 object-format=sha1")])
    }

    #[test]
    fn a_push_is_understood_and_said_again_without_the_decoration() {
        let bytes =
            wire(&[format!("shallow {B}"), format!("{A} {B} refs/heads/x\0 report-status agent=git/2 session-id=9\n")]);
        let push = Push::read(&bytes).unwrap();
        assert_eq!(&bytes[push.length..], b"PACK");
        assert_eq!(push.commands, [Command { old: A.into(), new: B.into(), name: "refs/heads/x".into() }]);
        assert_eq!(push.capabilities, ["report-status"]);
        let again = Push::read(&push.write()).unwrap();
        assert_eq!(
            (again.commands, again.shallow, again.capabilities),
            (push.commands, push.shallow, push.capabilities)
        );
    }

    #[test]
    fn only_its_own_branch_is_open_to_a_token() {
        let refused = |bytes: Vec<u8>| !Push::read(&bytes).unwrap().refusals("signalbox/1").is_empty();
        assert!(!refused(one(NONE, A, "refs/heads/signalbox/1")));
        assert!(!refused(one(A, B, "refs/heads/signalbox/1")), "a branch may be moved");
        for name in [
            "refs/heads/main",
            "refs/heads/signalbox/10",
            "refs/heads/signalbox",
            "refs/tags/signalbox/1",
            "signalbox/1",
            "HEAD",
            "refs/heads/SIGNALBOX/1",
            "refs/signalbox/changes/1",
            "refs/heads/signalbox/1/../main",
            "refs/heads/signalbox/1\u{200b}",
        ] {
            assert!(refused(one(NONE, A, name)), "{name}");
        }
        assert!(refused(one(A, NONE, "refs/heads/signalbox/1")), "a deletion");
        let two = wire(&[format!("{A} {B} refs/heads/signalbox/1\0"), format!("{A} {B} refs/heads/main")]);
        assert_eq!(Push::read(&two).unwrap().refusals("signalbox/1").len(), 2);
        let twice = wire(&[format!("{A} {B} refs/heads/signalbox/1\0"), format!("{A} {NONE} refs/heads/signalbox/1")]);
        assert!(refused(twice));
    }

    #[test]
    fn what_git_would_read_in_another_way_is_no_push() {
        let not = |bytes: &[u8]| assert!(Push::read(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        not(b"");
        not(b"000");
        not(b"0001");
        not(b"0004");
        not(b"00zz");
        not(b"+004");
        not(b"ffff");
        not(&one(A, B, "refs/heads/x y"));
        not(&one(A, B, "refs/heads/x\ny"));
        not(&one(A, B, ""));
        not(&one("HEAD", B, "refs/heads/x"));
        not(&one(&A.to_uppercase(), B, "refs/heads/x"));
        not(&wire(&[format!("{A} {B} refs/heads/x\0 push-options")]));
        not(&wire(&["push-cert\0 report-status".into()]));
        not(&wire(&[format!("{A} {B} refs/heads/x\0"), format!("{A} {B} refs/heads/y\0atomic")]));
        not(&one(A, B, "refs/heads/x")[..60]);
        let mut latin = wire(&[format!("{A} {B} refs/heads/?")]);
        let place = latin.iter().position(|byte| *byte == b'?').unwrap();
        latin[place] = 0xe9;
        not(&latin);
    }

    #[test]
    fn a_refusal_is_what_a_git_client_reads() {
        let push = Push::read(&one(A, B, "refs/heads/main")).unwrap();
        let answer = push.refuse(&push.refusals("x"));
        assert_eq!(
            String::from_utf8_lossy(&answer),
            "004c\u{1}000eunpack ok\n0035ng refs/heads/main this token may push to x only\n00000000"
        );
        assert_eq!(Push::read(b"0000").unwrap().refuse(&[]), b"");
    }
}
