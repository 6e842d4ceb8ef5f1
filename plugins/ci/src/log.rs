//! A log, trimmed to the failure in it.

/// Words of a line that says what went wrong.
const WRONG: [&str; 12] = [
    "error",
    "failed",
    "failure",
    "panicked",
    "exception",
    "assert",
    "fatal",
    "cannot",
    "undefined",
    "expected",
    "not ok",
    "traceback",
];
/// Lines before such a line that are kept.
const BEFORE: usize = 3;
/// Lines after it.
const AFTER: usize = 6;

/// At most so many lines: those around what went wrong, the last ones first; without any, the end.
pub(crate) fn failure(log: &str, most: usize) -> String {
    let lines: Vec<&str> = log.lines().map(plain).collect();
    if lines.len() <= most {
        return lines.join("\n");
    }
    let wrong = |line: &&str| {
        let line = line.to_lowercase();
        WRONG.iter().any(|word| line.contains(word))
    };
    let mut kept = vec![false; lines.len()];
    let mut count = 0;
    for at in (0..lines.len()).rev().filter(|at| wrong(&lines[*at])) {
        let around = at.saturating_sub(BEFORE)..(at + AFTER + 1).min(lines.len());
        let new = around.clone().filter(|at| !kept[*at]).count();
        if count + new > most {
            break;
        }
        kept[around].fill(true);
        count += new;
    }
    if count == 0 {
        kept[lines.len() - most..].fill(true);
    }
    let mut parts = Vec::new();
    let mut skipped = 0;
    for (line, kept) in lines.iter().zip(kept) {
        if kept {
            if skipped > 0 {
                parts.push(format!("(… {skipped} lines)"));
            }
            skipped = 0;
            parts.push((*line).to_string());
        } else {
            skipped += 1;
        }
    }
    if skipped > 0 {
        parts.push(format!("(… {skipped} lines)"));
    }
    parts.join("\n")
}

/// A line without the time that many logs put in front of it.
fn plain(line: &str) -> &str {
    let stamped = line.len() > 20 && line.is_char_boundary(19) && {
        let stamp = line.as_bytes();
        stamp[..4].iter().all(u8::is_ascii_digit) && stamp[4] == b'-' && stamp[10] == b'T' && stamp[13] == b':'
    };
    match line.split_once(' ') {
        Some((_, rest)) if stamped => rest,
        Some(_) | None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_trimmed_to_what_went_wrong() {
        let mut log: Vec<String> = (0..200).map(|n| format!("2026-01-01T10:00:00.0000000Z step {n}")).collect();
        log[120] = "error: it is $9".into();
        let trimmed = failure(&log.join("\n"), 20);
        assert!(trimmed.starts_with("(… 117 lines)\nstep 117\n"), "{trimmed}");
        assert!(
            trimmed.contains("error: it is $9\nstep 121") && trimmed.ends_with("step 126\n(… 73 lines)"),
            "{trimmed}"
        );
        let quiet: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        assert_eq!(failure(&quiet.join("\n"), 2), "(… 48 lines)\n48\n49");
    }
}
