//! What acts on a chat by being written: names that call people, numbers that link, addresses that unfold.

use crate::clean::BREAK;

/// Something that acts: `opens`, and right behind it a character of `then`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// What it begins with; ASCII letters in any case.
    pub opens: &'static str,
    /// What must follow.
    pub then: Then,
    /// Whether it acts also right behind an ASCII letter or digit, as the `@` of an e-mail address does not.
    pub within: bool,
}

/// What must follow the opening of something live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// A letter or digit of any script, `_` or `-`.
    Word,
    /// An ASCII digit.
    Digit,
    /// Anything that is not white space.
    Anything,
}

/// `@name`, `@team/name`, `@here`.
pub const NAMES: Live = Live { opens: "@", then: Then::Word, within: false };
/// `<@U…>`, `<!channel>`, `<#C…>`: a chat's own form of a mention.
pub const ANGLES: [Live; 3] = [
    Live { opens: "<@", then: Then::Anything, within: true },
    Live { opens: "<!", then: Then::Anything, within: true },
    Live { opens: "<#", then: Then::Anything, within: true },
];
/// `#12`, `owner/name#12`: a number that links, and is told so on the other side.
pub const NUMBERS: Live = Live { opens: "#", then: Then::Digit, within: true };
/// `https://…`: an address that becomes a link and unfolds. Only where a chat cannot be told not to.
pub const ADDRESSES: Live = Live { opens: "://", then: Then::Anything, within: true };

/// Where, in bytes, the live things of a text begin.
pub fn find(text: &str, live: &[Live]) -> Vec<usize> {
    let ascii = text.bytes().enumerate();
    ascii.filter(|(at, _)| live.iter().any(|one| one.begins(text, *at))).map(|(at, _)| at).collect()
}

/// The text with nothing live in it: a [`BREAK`] stands behind the first character of each.
pub fn hush(text: &str, live: &[Live]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in find(text, live) {
        out.push_str(&text[done..=at]);
        out.push(BREAK);
        done = at + 1;
    }
    out.push_str(&text[done..]);
    out
}

impl Live {
    /// Whether one begins at this byte.
    pub(crate) fn begins(&self, text: &str, at: usize) -> bool {
        let bytes = text.as_bytes();
        let end = at + self.opens.len();
        if !bytes.get(at..end).is_some_and(|start| start.eq_ignore_ascii_case(self.opens.as_bytes())) {
            return false;
        }
        let behind_word = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
        // What opens is ASCII, so that its end is the end of a character.
        let next = text.get(end..).and_then(|rest| rest.chars().next());
        (self.within || !behind_word)
            && next.is_some_and(|next| match self.then {
                Then::Word => next.is_alphanumeric() || matches!(next, '_' | '-'),
                Then::Digit => next.is_ascii_digit(),
                Then::Anything => !next.is_whitespace() && next != BREAK,
            })
    }
}
