//! Rule files: a few lines of front matter that say which paths they are for, then the rule.

/// The rule, if it is for one of the paths in play, or for all.
pub(crate) fn applies<'a>(text: &'a str, in_play: &[String]) -> Option<&'a str> {
    let Some((front, rule)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")) else {
        return Some(text);
    };
    let value = |key: &str| front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    // One kind of file calls it `globs`, another `applyTo`.
    let globs: Vec<&str> = value("globs").or_else(|| value("applyTo")).map(globs).unwrap_or_default();
    let for_all = value("alwaysApply") == Some("true") || globs.is_empty();
    let matches = |glob: &&str| in_play.iter().any(|path| fast_glob::glob_match(glob, path));
    (for_all || globs.iter().any(matches)).then(|| rule.trim())
}

/// `*.ts, src/**` and `["*.ts", "src/**"]`.
fn globs(list: &str) -> Vec<&str> {
    list.trim_matches(['[', ']', '"', '\''])
        .split(',')
        .map(|it| it.trim().trim_matches(['"', '\'']))
        .filter(|it| !it.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_for_its_paths() {
        let rule = "---\nglobs: [\"src/**\", '*.css']\nalwaysApply: false\n---\nUse tabs.";
        assert_eq!(applies(rule, &["src/a/b.ts".into()]), Some("Use tabs."));
        assert_eq!(applies(rule, &["docs/a.md".into()]), None);
        let other = "---\napplyTo: \"src/**,**/*.css\"\n---\nUse tabs.";
        assert_eq!(applies(other, &["src/a/b.ts".into()]), Some("Use tabs."));
        assert_eq!(applies(other, &["docs/a.md".into()]), None);
        assert_eq!(applies("Use tabs.", &[]), Some("Use tabs."));
        assert_eq!(applies("---\nalwaysApply: true\nglobs: src/**\n---\nUse tabs.", &[]), Some("Use tabs."));
    }
}
