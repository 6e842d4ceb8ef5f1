//! The data of server-sent events, read along while the bytes pass by.
//!
//! A parser of our own, because those that are kept take the stream and give events: here the bytes go on as they came,
//! whatever is in them, and only what could be read is looked at.

/// The longest line that is read, in bytes; of a longer one nothing is. A last event repeats the whole answer.
const LINE_BYTES: usize = 16 << 20;

/// What was not yet ended by an empty line.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    overlong: bool,
}

impl Events {
    /// Takes what comes next, and hands the data of every event that is whole to `each`.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = piece.ends_with(b"\n");
            if self.line.len() + piece.len() > LINE_BYTES {
                self.overlong = true;
                self.line.clear();
            }
            if !self.overlong {
                self.line.extend_from_slice(piece);
            }
            if ended {
                self.end_of_line(&mut each);
            }
        }
    }

    fn end_of_line(&mut self, each: &mut impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        let overlong = std::mem::take(&mut self.overlong);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() && !overlong {
            if !self.data.is_empty() {
                each(&std::mem::take(&mut self.data));
            }
        } else if let Some(data) = line.strip_prefix(b"data:") {
            if !self.data.is_empty() {
                self.data.push(b'\n');
            }
            if self.data.len() + data.len() <= LINE_BYTES {
                self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let text = b"event: a\r\ndata: {\"x\":1}\r\n\r\n: nothing\n\ndata:two\ndata: lines\n\ndata: never ended";
        for size in 1..text.len() {
            let mut events = Events::default();
            let mut seen = Vec::new();
            for piece in text.chunks(size) {
                events.feed(piece, |data| seen.push(String::from_utf8_lossy(data).into_owned()));
            }
            assert_eq!(seen, ["{\"x\":1}", "two\nlines"], "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut events = Events::default();
        for _ in 0..40 {
            events.feed(&vec![b'x'; 1 << 20], |_| panic!("nothing is whole"));
        }
        assert!(events.line.len() <= LINE_BYTES);
        let mut seen = 0;
        events.feed(b"\ndata: on\n\n", |_| seen += 1);
        assert_eq!(seen, 1);
    }
}
