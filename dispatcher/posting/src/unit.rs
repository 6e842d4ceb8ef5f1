//! What a chat counts its limits in.

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode code points.
    Chars,
    /// UTF-16 code units: what JavaScript calls the length.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
}

impl Unit {
    /// How long the text is.
    pub fn of(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Bytes => text.len(),
        }
    }

    /// Where the longest start of the text that is at most `size` long ends, in bytes; never within a code point.
    pub fn end(self, text: &str, size: usize) -> usize {
        let mut left = size;
        for (at, c) in text.char_indices() {
            let long = match self {
                Self::Chars => 1,
                Self::Utf16 => c.len_utf16(),
                Self::Bytes => c.len_utf8(),
            };
            match left.checked_sub(long) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        text.len()
    }

    /// As people call so many.
    pub fn words(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Chars | Self::Utf16, 1) => "character",
            (Self::Chars | Self::Utf16, _) => "characters",
            (Self::Bytes, 1) => "byte",
            (Self::Bytes, _) => "bytes",
        }
    }
}
