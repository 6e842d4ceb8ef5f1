//! What a change may touch.

use signalbox_ports::forge::Changed;

/// The most files one change request may touch.
const MAX_FILES: usize = 2_000;

/// Whether a change stays within its bounds; if not, which path does not and why.
pub(crate) fn changes<'a>(changed: &[Changed], protect: impl Iterator<Item = &'a str> + Clone) -> Result<(), String> {
    if changed.len() > MAX_FILES {
        return Err(format!(
            "it touches {} files; {MAX_FILES} is the most one change request may touch",
            changed.len()
        ));
    }
    for Changed { path, link } in changed {
        if let Some(glob) = protect.clone().find(|glob| matches(glob, path)) {
            return Err(format!("it touches {path}, which is protected ({glob}); a person has to make that change"));
        }
        if *link {
            return Err(format!(
                "it adds or changes {path}, a symbolic link or submodule; a person has to make that change"
            ));
        }
    }
    Ok(())
}

/// Whether a glob names a path: `**` is any folders, `*` anything within one name. A glob without a `/` names a file
/// in any folder.
pub(crate) fn matches(glob: &str, path: &str) -> bool {
    if !glob.contains('/') {
        return path.rsplit('/').next().is_some_and(|name| parts(&[glob], &[name]));
    }
    let glob: Vec<&str> = glob.trim_start_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    parts(&glob, &path)
}

fn parts(glob: &[&str], path: &[&str]) -> bool {
    match (glob.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) if parts(rest, path) => true,
        (Some((&"**", _)), Some((_, deeper))) => parts(glob, deeper),
        (Some((pattern, glob)), Some((name, path))) => wild(pattern.as_bytes(), name.as_bytes()) && parts(glob, path),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// `*` within one name, ignoring case: a file system may.
fn wild(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if wild(rest, name) => true,
        (Some((b'*', _)), Some((_, deeper))) => wild(pattern, deeper),
        (Some((a, pattern)), Some((b, name))) => a.eq_ignore_ascii_case(b) && wild(pattern, name),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protected_path_is_protected_however_it_is_spelt() {
        for (glob, path) in [
            (".github/**", ".github/workflows/ci.yml"),
            (".github/**", ".GitHub/x"),
            ("CODEOWNERS", "docs/CODEOWNERS"),
            ("**/*.lock", "a/b/c.lock"),
            ("*.lock", "Cargo.lock"),
            ("src/*.rs", "src/lib.rs"),
        ] {
            assert!(matches(glob, path), "{glob} {path}");
        }
        for (glob, path) in [(".ci/**", "ci/x"), ("src/*.rs", "src/a/lib.rs"), ("CODEOWNERS", "CODEOWNERS.md")] {
            assert!(!matches(glob, path), "{glob} {path}");
        }
    }

    #[test]
    fn a_change_out_of_bounds_is_refused_by_name() {
        let file = |path: &str, link| Changed { path: path.into(), link };
        assert_eq!(changes(&[file("src/a", false)], ["CODEOWNERS"].into_iter()), Ok(()));
        let refused = changes(&[file("CODEOWNERS", false)], ["CODEOWNERS"].into_iter()).unwrap_err();
        assert!(refused.contains("CODEOWNERS"), "{refused}");
        assert!(changes(&[file("src/a", true)], [].into_iter()).unwrap_err().contains("symbolic link"));
    }
}
