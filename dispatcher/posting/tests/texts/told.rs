//! The same by example, for people.

use signalbox_posting::clean::BREAK;
use signalbox_posting::live::{ADDRESSES, NAMES, NUMBERS};
use signalbox_posting::split::{Budget, Left, split, split_saying};
use signalbox_posting::tame::{acts, flat, tame};
use signalbox_posting::unit::Unit;

fn check(text: &str, expected: &str) {
    let shown = expected.replace('|', &BREAK.to_string());
    assert_eq!(tame(text, &[NAMES, NUMBERS]), shown, "{text}");
}

const fn budget(size: usize, pieces: usize) -> Budget {
    Budget { unit: Unit::Chars, size, pieces }
}

#[test]
fn names_and_numbers_are_words_but_not_in_code() {
    check("thanks @ana, see #12 or me@example.com", "thanks @|ana, see #|12 or me@example.com");
    check("`npm i @scope/a`", "`npm i @scope/a`");
    check("```\n@Override\n```", "```\n@Override\n```");
    check("    @indented", "    @|indented");
    check("&#64;ana &amp; &lt;b&gt;", "&|#|64;ana &amp; &lt;b&gt;");
}

#[test]
fn a_link_shows_where_it_leads() {
    check("[the docs](https://evil.example/a)", "[the docs (evil.example)](https://evil.example/a)");
    check("[https://good.example](//evil.example)", "[https://good.example (evil.example)](//evil.example)");
    check("[good.example](https://good.example/a)", "[good.example](https://good.example/a)");
    check("![a](https://evil.example/i.png)", "image: [a (evil.example)](https://evil.example/i.png)");
    check("[![CI](b.svg)](https://ci.example)", "[image: CI (ci.example)](https://ci.example)");
    check("[a](javascript:x)", "[a]|(javascript:x)");
    check("<https://good.example@evil.example>", "<|https:|//good.example@evil.example>");
    check("https://example.com/@ana", "https://example.com/%40ana");
    let elsewhere = tame("[a]\n\n[a]: https://evil.example", &[]);
    assert!(elsewhere.starts_with("[a (evil.example)](<https://evil.example/>)"), "{elsewhere}");
}

#[test]
fn markup_and_commands_are_words_and_an_open_block_is_closed() {
    check("<img src=x> <!-- hi --> a < b", "<|img src=x> <|!-- hi --> a < b");
    check("/merge\n  /approve it\nsee /merge", "/|merge\n  /|approve it\nsee /merge");
    check("```sh\n/deploy now\n/usr/bin/env\n```", "```sh\n/|deploy now\n/usr/bin/env\n```");
    check("```rust\nlet a = 1;", "```rust\nlet a = 1;\n```");
}

#[test]
fn flat_text_is_words_whatever_reads_it() {
    let text = flat("[a](https://b.example) `@ana` ```x``` https://c.example", &[NAMES, ADDRESSES]);
    assert_eq!(text.replace(BREAK, "|"), "[a]|(https:|//b.example) `@|ana` `|``x`|`` https:|//c.example");
}

#[test]
fn a_text_that_fits_is_left_as_it_is() {
    let text = "# Done\n\n- one\n  - two\n\n```rust\nlet a = 1;\n```";
    assert_eq!(split(text, &budget(200, 1)).pieces, [text]);
    assert!(split(" \n ", &budget(200, 3)).pieces.is_empty());
}

#[test]
fn a_code_block_is_closed_and_opened_again() {
    let code = "let a = 1;\n".repeat(12);
    let done = split(&format!("Look:\n\n```rust\n{code}```\nThat is all."), &budget(100, 9));
    assert!(done.left.is_none());
    assert_eq!(done.pieces[0], format!("Look:\n\n```rust\n{}```", "let a = 1;\n".repeat(7)));
    assert_eq!(done.pieces[1], format!("```rust\n{}```\nThat is all.", "let a = 1;\n".repeat(5)));
}

#[test]
fn what_is_left_out_is_told_in_the_text_and_as_a_value() {
    let text = "All work and no play. ".repeat(100);
    let done = split(&text, &budget(300, 2));
    let left = done.left.unwrap();
    assert_eq!(left.size, text.len() - left.from);
    assert_eq!(left.words(), "_… 1,650 more characters are not shown here_");
    assert!(done.pieces[1].ends_with(&left.words()), "{done:?}");
    assert!(done.pieces.iter().all(|piece| piece.len() <= 300 + "…".len()));
    let own = |left: &Left| format!("({} more at https://c.example)", left.size);
    let done = split_saying(&text, &budget(300, 1), &own);
    assert!(done.pieces[0].ends_with(" more at https://c.example)"), "{done:?}");
    let long = |_: &Left| "x".repeat(400);
    assert!(split_saying(&text, &budget(300, 1), &long).pieces[0].ends_with("are not shown here_"));
    let none = split(&text, &budget(99, 5));
    assert_eq!((none.pieces.len(), none.left.unwrap().from), (0, 0), "no room for anything, and it says so");
}

#[test]
fn a_link_too_long_for_any_piece_is_told() {
    let text = format!("see [a](https://example.com/{}) there", "p".repeat(500));
    let done = split(&text, &budget(200, 3));
    assert_eq!(done.pieces, ["see (a link of 525 characters is left out here) there"]);
    assert_eq!((done.left, done.skipped.first(), done.skipped.len()), (None, Some(&(4..529)), 1));
}

#[test]
fn a_cut_makes_no_command_list_or_name_of_what_was_in_a_line() {
    let text = format!("{} /merge", "x".repeat(95));
    let done = split(&text, &budget(100, 2));
    assert_eq!(done.pieces, ["x".repeat(95), format!("{BREAK}/merge")]);
    let done = split(&format!("{}\\[a](https://b.example)", "é".repeat(99)), &budget(100, 2));
    assert_eq!(done.pieces[1], "é\\[a](https://b.example)");
    let done = split(&format!("{}a@name", "é".repeat(99)), &budget(100, 2));
    assert_eq!(done.pieces[1], "a@name");
}

#[test]
fn a_cut_parts_no_backslash_from_what_it_keeps_harmless() {
    let done = split(&"\\[".repeat(80), &budget(101, 3));
    assert!(done.pieces.iter().all(|piece| !piece.ends_with('\\')), "{done:?}");
}

#[test]
fn a_stray_backtick_takes_no_code_from_what_follows() {
    let text = tame(&format!("# {}`\nand `@ana` here", "word ".repeat(30)), &[NAMES]);
    let done = split(&text, &budget(100, 3));
    assert_eq!(done.pieces.len(), 2, "the heading's rest and the line behind it are one paragraph now");
    assert!(done.pieces.iter().all(|piece| !acts(piece, &[NAMES])), "{done:?}");
}
