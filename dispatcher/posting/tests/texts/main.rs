//! A million texts that mean harm, made harmless and cut: counted is what still does something, is too long, is torn,
//! or is gone without a word.
//!
//! `SIGNALBOX_TEXTS` sets how many; without it, every hundredth of the million.

#![allow(clippy::unwrap_used)]

mod grow;
mod look;
mod told;

use std::collections::BTreeMap;

use signalbox_posting::clean::clean;
use signalbox_posting::link::{Place, label, place};
use signalbox_posting::live::{ANGLES, Live, NAMES, NUMBERS};
use signalbox_posting::rich::{Block, Run, rich};
use signalbox_posting::split::{Budget, split};
use signalbox_posting::tame::{flat, tame};
use signalbox_posting::unit::Unit;

use crate::grow::{Grower, text};
use crate::look::{Seen, acting, hidden, raw, seen};

const LIVE: [Live; 5] = [NAMES, ANGLES[0], ANGLES[1], ANGLES[2], NUMBERS];
const TEXTS: u64 = 10_000;
const WORKERS: u64 = 2;

/// What was found wrong, by name, with the first text that shows it.
type Faults = BTreeMap<&'static str, (u64, String)>;

fn texts() -> u64 {
    std::env::var("SIGNALBOX_TEXTS").ok().and_then(|count| count.parse().ok()).unwrap_or(TEXTS)
}

/// Looks at every text, on every worker, and expects nothing to be found.
fn none_of_many(what: &str, look: impl Fn(u64, &mut dyn FnMut(&'static str, String)) -> u64 + Sync) {
    let count = texts();
    let (faults, facts) = std::thread::scope(|scope| {
        let look = &look;
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                scope.spawn(move || {
                    let mut faults = Faults::new();
                    let mut facts = 0;
                    for seed in (worker..count).step_by(usize::try_from(WORKERS).unwrap()) {
                        facts += look(seed, &mut |name, shown| {
                            let fault = faults.entry(name).or_insert_with(|| (0, format!("text {seed}: {shown}")));
                            fault.0 += 1;
                        });
                    }
                    (faults, facts)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).fold(
            (Faults::new(), 0),
            |(mut all, sum), (more, facts)| {
                for (name, (count, shown)) in more {
                    all.entry(name).or_insert((0, shown)).0 += count;
                }
                (all, sum + facts)
            },
        )
    });
    let words: Vec<String> =
        faults.iter().map(|(name, (count, shown))| format!("{name}: {count}, first {shown}")).collect();
    println!("{what}: {count} texts, {facts} facts looked at, {} kinds of fault", faults.len());
    assert!(faults.is_empty(), "{}", words.join("\n\n"));
}

#[test]
fn no_text_hides_anything_once_it_is_clean() {
    none_of_many("clean", |seed, fault| {
        let text = text(seed);
        let once = clean(&text);
        if clean(&once) != once {
            fault("not idempotent", format!("{text:?} is {once:?} and then {:?}", clean(&once)));
        }
        if let Some(c) = hidden(&once) {
            fault("hidden", format!("{c:?} in {once:?} of {text:?}"));
        }
        1
    });
}

#[test]
fn no_text_does_anything_once_it_is_tame() {
    none_of_many("tame", |seed, fault| {
        let text = text(seed);
        let once = tame(&text, &LIVE);
        let again = tame(&once, &LIVE);
        if again != once {
            fault("not idempotent", format!("{text:?} is {once:?} and then {again:?}"));
        }
        if let Some(what) = acting(&once) {
            fault("acts", format!("{what} in {once:?} of {text:?}"));
        }
        if !seen(&format!("{once}\n\nFOOTER")).outside.contains("FOOTER") {
            fault("swallows what follows", format!("{once:?} of {text:?}"));
        }
        let flat_once = flat(&text, &LIVE);
        if flat(&flat_once, &LIVE) != flat_once {
            fault("flat is not idempotent", format!("{text:?} is {flat_once:?}"));
        }
        if let Some(what) = acting(&flat_once).or_else(|| raw(&flat_once)) {
            fault("flat acts", format!("{what} in {flat_once:?} of {text:?}"));
        }
        2
    });
}

#[test]
fn no_text_loses_a_letter_or_leads_elsewhere_than_it_says_once_it_has_looks() {
    none_of_many("rich", |seed, fault| {
        let text = clean(&text(seed));
        let (mut shown, mut linked) = (String::new(), 0);
        for block in rich(&text) {
            let items = match block {
                Block::Words(words) | Block::Quote(words) => vec![words],
                Block::List { first, items, .. } => {
                    let numbers = first.map(|first| first..).into_iter().flatten();
                    let numbers = numbers.map(|number| number.to_string()).chain(std::iter::repeat(String::new()));
                    let with = |(number, mut item): (String, Vec<Run>)| {
                        item.insert(0, Run { text: number, ..Run::default() });
                        item
                    };
                    numbers.zip(items).map(with).collect()
                }
                Block::Code(text) => vec![vec![Run { text, ..Run::default() }]],
            };
            for run in items.into_iter().flatten() {
                shown.push_str(&run.text);
                let Some(url) = run.link else { continue };
                linked += 1;
                match place(&url) {
                    Place::Web { url: same, host } if same == url && label(&run.text, &host) == run.text => {}
                    elsewhere @ (Place::Web { .. } | Place::Here | Place::Nowhere) => {
                        fault("leads elsewhere", format!("{:?} to {url}: {elsewhere:?} of {text:?}", run.text))
                    }
                }
            }
        }
        // The language of code is not shown, and of an address only its host.
        let whole = linked == 0 && !text.contains("```") && !text.contains("~~~");
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        if whole && !holds(&letters(&shown), &letters(&text)) {
            fault("lost", format!("{shown:?} of {text:?}"));
        }
        1 + linked
    });
}

#[test]
fn no_text_is_torn_cut_silently_or_over_its_limit_once_it_is_split() {
    none_of_many("split", |seed, fault| {
        let mut grower = Grower::new(seed);
        let text = tame(&text(seed), &LIVE);
        let unit = grower.one(&[Unit::Chars, Unit::Utf16, Unit::Bytes]);
        let budget = Budget { unit, size: 100 + grower.below(500), pieces: 1 + grower.below(12) };
        let done = split(&text, &budget);
        let whole = || format!("{text:#?}\nin {budget:?} is {done:#?}");
        if done.pieces.len() > budget.pieces || done.pieces.iter().any(|piece| unit.of(piece) > budget.size) {
            fault("over the limit", whole());
        }
        let mut pieces = done.pieces.clone();
        if let Some(left) = &done.left {
            let told = pieces.last_mut().and_then(|last| last.strip_suffix(&left.words()).map(str::to_owned));
            match (told, pieces.last_mut()) {
                (Some(rest), Some(last)) => *last = rest,
                (None, _) | (_, None) => fault("silent cut", whole()),
            }
        }
        let from = done.left.map_or(text.len(), |left| left.from);
        let mut all = Seen::default();
        for piece in &pieces {
            if let Some(what) = acting(piece) {
                fault("a piece acts", format!("{what} in {piece:?}\n{}", whole()));
            }
            let footed = seen(&format!("{piece}\n\nFOOTER"));
            if !footed.outside.contains("FOOTER") {
                fault("broken fence", format!("{piece:?}\n{}", whole()));
            }
            all.add(seen(piece));
            let again = split(piece, &Budget { pieces: 1, ..budget });
            if !piece.trim().is_empty() && again.pieces.first().map(|it| it.trim()) != Some(piece.trim()) {
                fault("not idempotent", format!("{piece:?} is then {again:?}\n{}", whole()));
            }
        }
        let shown: String = pieces.concat();
        // Info strings are said again, one for each piece at most.
        let (is, was) = (bones(&shown), bones(&text[..from]));
        if done.skipped.is_empty() && (!holds(&is, &was) || is.len() > was.len() + 24 * pieces.len()) {
            fault("lost or added", format!("{is:?}\n{was:?}\n{}", whole()));
        }
        let before = seen(&text);
        if done.left.is_none() && done.skipped.is_empty() {
            if !holds(&bones(&all.code), &bones(&before.code)) {
                fault("code is not code any more", format!("{:?}\n{:?}\n{}", all.code, before.code, whole()));
            }
            let mut links = all.links.iter();
            if !before.links.iter().all(|link| links.any(|other| other == link)) {
                fault("a link is torn", format!("{:?}\n{:?}\n{}", all.links, before.links, whole()));
            }
        }
        for emoji in grow::EMOJI {
            if done.skipped.is_empty() && shown.matches(emoji).count() < text[..from].matches(emoji).count() {
                fault("an emoji is torn", whole());
            }
        }
        u64::try_from(pieces.len()).unwrap()
    });
}

/// Whether all of `part` is in `whole`, in its order.
fn holds(whole: &str, part: &str) -> bool {
    let mut whole = whole.chars();
    part.chars().all(|c| whole.any(|other| other == c))
}

/// A text without what a cut may add or take: white space, fences, backslashes, info strings, breaks, marks of quotation.
fn bones(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(*c, '`' | '~' | '\\' | '>' | '\u{200B}' | grow::INFO))
        .collect()
}
