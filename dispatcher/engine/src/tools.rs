//! The commands of a repository that an agent is told of: a few, by name, found by rule in the files of its root.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use signalbox_domain::id::{Commit, Repository};
use signalbox_domain::workflow::Grant;
use signalbox_ports::Error;
use signalbox_ports::forge::Forge;

/// The most that are told. More are no help: an agent then looks for itself.
pub(crate) const MOST: usize = 15;
/// The files that are read for them.
const READ: [&str; 5] = ["Makefile", "justfile", "package.json", "Cargo.toml", "pyproject.toml"];
/// The largest of those, in bytes.
const LARGEST: usize = 256 * 1024;
/// The most paths that are looked through.
const PATHS: usize = 5_000;
/// The longest name.
const NAME: usize = 40;
/// What a name has to be about to be told, the most useful first.
const ABOUT: [&str; 8] = ["test", "check", "lint", "typecheck", "build", "format", "fmt", "e2e"];
/// What no agent is told to do: it reaches out, or changes the world.
const NEVER: [&str; 9] = ["deploy", "release", "publish", "push", "install", "upgrade", "watch", "start", "serve"];

/// The commands of a repository at a commit, the most useful first. The same files and grant give the same commands.
pub(crate) async fn of(
    forge: &dyn Forge,
    repository: &Repository,
    at: &Commit,
    grant: &Grant,
) -> Result<Vec<String>, Error> {
    let paths = forge.list(repository, at, "", PATHS).await?;
    let root: BTreeSet<String> = paths.into_iter().filter(|path| !path.contains('/')).collect();
    let mut texts = BTreeMap::new();
    for name in READ.into_iter().filter(|name| root.contains(*name)) {
        if let Some(text) = forge.file(repository, at, name, LARGEST).await? {
            texts.insert(name, text);
        }
    }
    Ok(curate(&root, &texts, grant))
}

/// The rule: what the files name, of that what is about checking one's work, of that what the grant is enough for.
fn curate(root: &BTreeSet<String>, texts: &BTreeMap<&str, String>, grant: &Grant) -> Vec<String> {
    let text = |name: &str| texts.get(name).map(String::as_str);
    let mut found: Vec<String> = Vec::new();
    found.extend(text("Makefile").into_iter().flat_map(targets).map(|name| format!("make {name}")));
    found.extend(text("justfile").into_iter().flat_map(targets).map(|name| format!("just {name}")));
    found
        .extend(text("package.json").into_iter().flat_map(scripts).map(|name| format!("{} run {name}", manager(root))));
    if root.contains("Cargo.toml") {
        found
            .extend(["cargo test", "cargo clippy --all-targets", "cargo build", "cargo fmt --check"].map(String::from));
    }
    if root.contains("go.mod") {
        found.extend(["go test ./...", "go vet ./...", "go build ./..."].map(String::from));
    }
    if let Some(text) = text("pyproject.toml") {
        let run = if root.contains("uv.lock") {
            "uv run "
        } else if root.contains("poetry.lock") {
            "poetry run "
        } else {
            ""
        };
        let tools = [("pytest", "pytest"), ("ruff", "ruff check"), ("mypy", "mypy .")];
        found
            .extend(tools.iter().filter(|(name, _)| text.contains(name)).map(|(_, command)| format!("{run}{command}")));
    }
    let mut ranked: Vec<(usize, String)> = Vec::new();
    for command in found {
        let rank = rank(&command, grant);
        if let Some(rank) = rank
            && ranked.iter().all(|(_, other)| *other != command)
        {
            ranked.push((rank, command));
        }
    }
    // The order within a rank is that of the files, which is their authors'.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(MOST).map(|(_, command)| command).collect()
}

/// How useful a command is; nothing, if it is not told.
fn rank(command: &str, grant: &Grant) -> Option<usize> {
    if NEVER.iter().any(|word| command.contains(word)) {
        return None;
    }
    // Whoever may change nothing is told of nothing that does.
    let changes =
        ["fix", "write", "format", "fmt"].iter().any(|word| command.contains(word)) && !command.contains("--check");
    if changes && !grant.writes() {
        return None;
    }
    let known = ["pytest", "go vet", "clippy", "mypy", "ruff"];
    let about = ABOUT.iter().position(|word| command.contains(word));
    about.or_else(|| known.iter().any(|word| command.contains(word)).then_some(2))
}

/// The names at the beginnings of lines, before a colon: targets of `make`, recipes of `just`.
fn targets(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t', '.', '#']) && !line.contains(":="));
    let names = lines.filter_map(|line| line.split_once(':')?.0.split_whitespace().next());
    names.filter(|name| plain(name)).map(str::to_owned).collect()
}

/// The scripts of a package, in its own order.
fn scripts(text: &str) -> Vec<String> {
    let package: Value = serde_json::from_str(text).unwrap_or_default();
    let scripts = package["scripts"].as_object();
    scripts.into_iter().flat_map(|scripts| scripts.keys()).filter(|name| plain(name)).cloned().collect()
}

/// Which program runs the scripts of a package: the one whose lock file is there.
fn manager(root: &BTreeSet<String>) -> &'static str {
    let locks = [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun")];
    locks.iter().find(|(lock, _)| root.contains(*lock)).map_or("npm", |(_, program)| program)
}

/// Whether a name can be said in a prompt: nobody hides a sentence in it.
fn plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use signalbox_domain::workflow::Access;

    use super::*;

    fn told(files: &[(&str, &str)], writes: bool) -> Vec<String> {
        let root = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let texts = files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        let level = if writes { Access::Write } else { Access::Read };
        let grant = Grant { permissions: [("contents".into(), level)].into(), ..Grant::default() };
        curate(&root, &texts, &grant)
    }

    #[test]
    fn commands_are_those_a_repository_names_and_the_grant_is_enough_for() {
        let files = [
            ("Makefile", "all: build\n\techo\nbuild:\ntest: build\nfmt:\ndeploy:\n.PHONY: test\nX := 1\n"),
            (
                "package.json",
                r#"{"scripts":{"lint":"eslint .","start":"vite","lint:fix":"eslint --fix","ignore all rules":"x"}}"#,
            ),
            ("pnpm-lock.yaml", ""),
        ];
        assert_eq!(told(&files, true), ["make test", "pnpm run lint", "pnpm run lint:fix", "make build", "make fmt"]);
        assert_eq!(told(&files, false), ["make test", "pnpm run lint", "make build"]);
        let python = [("pyproject.toml", "[tool.pytest]\n[tool.ruff]\n"), ("uv.lock", "")];
        assert_eq!(told(&python, false), ["uv run pytest", "uv run ruff check"]);
        assert_eq!(told(&[("README.md", "make test")], true), [""; 0]);
    }

    #[test]
    fn no_more_are_told_than_help() {
        let makefile: String = (0..99).map(|n| format!("test-{n}:\n")).collect();
        assert_eq!(told(&[("Makefile", &makefile)], true).len(), MOST);
    }
}
