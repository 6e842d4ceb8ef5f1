//! The known names nearest to one that is not known.

/// How many a person is offered.
const OFFERED: usize = 5;
/// From here on two names are close: a letter or two apart.
const CLOSE: f64 = 0.85;

/// A known name.
pub(crate) struct Near<'a> {
    pub(crate) name: &'a str,
    /// Whether it could be what was meant, by its spelling.
    pub(crate) close: bool,
}

/// At most five of `known`, nearest to `name` first; those equally near in the order they are given.
pub(crate) fn to<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<Near<'a>> {
    let name = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known.map(|it| (likeness(&name, &it.to_lowercase()), it)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(OFFERED).map(|(score, name)| Near { name, close: score >= CLOSE }).collect()
}

/// The likeness of two names or, if that is greater, of what follows their owners.
fn likeness(a: &str, b: &str) -> f64 {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or_default().to_string();
    strsim::jaro_winkler(a, b).max(strsim::jaro_winkler(&bare(a), &bare(b)))
}
