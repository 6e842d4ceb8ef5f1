//! A repository to try things on: the website of a product that does not exist, with a history.
//!
//! The files are those in `sample/`, as they are after the last commit. An earlier commit is told by what it changed:
//! going back undoes it. Authors, dates and words are fixed, so that the commits have the same names on every machine.

use std::collections::BTreeMap;
use std::path::Path;

use signalbox_domain::id::Commit;
use signalbox_ports::Error;

use crate::git::{Git, QUESTION, answer, told};

/// The website's last commit, on every machine.
pub const HEAD: &str = "9430de28bbf46dfe68ecdd59bc16a9bba2b8c5e9";
/// The branch its commits are on.
pub const BRANCH: &str = "main";

/// The files after the last commit, and whether they can be run.
const FILES: [(&str, &str, bool); 15] = [
    (".editorconfig", include_str!("../sample/.editorconfig"), false),
    (".gitignore", include_str!("../sample/.gitignore"), false),
    (".signalbox/check", include_str!("../sample/.signalbox/check"), true),
    ("AGENTS.md", include_str!("../sample/AGENTS.md"), false),
    ("CODEOWNERS", include_str!("../sample/CODEOWNERS"), false),
    ("README.md", include_str!("../sample/README.md"), false),
    ("src/about.html", include_str!("../sample/src/about.html"), false),
    ("src/contact.html", include_str!("../sample/src/contact.html"), false),
    ("src/faq.html", include_str!("../sample/src/faq.html"), false),
    ("src/favicon.svg", include_str!("../sample/src/favicon.svg"), false),
    ("src/index.html", include_str!("../sample/src/index.html"), false),
    ("src/pricing.html", include_str!("../sample/src/pricing.html"), false),
    ("src/site.js", include_str!("../sample/src/site.js"), false),
    ("src/style.css", include_str!("../sample/src/style.css"), false),
    ("tests/run.sh", include_str!("../sample/tests/run.sh"), true),
];

/// One commit.
struct Step {
    author: &'static str,
    /// Seconds since 1970.
    at: u64,
    message: &'static str,
    /// The files it brought.
    brings: &'static [&'static str],
    /// What it changed in files that were there: the file, what stood there before, what stands there now.
    changes: &'static [(&'static str, &'static str, &'static str)],
}

const MIRA: &str = "Mira Okonjo <mira@mosskit.example>";
const JONAS: &str = "Jonas Feld <jonas@mosskit.example>";
const PRIYA: &str = "Priya Ramanathan <priya@mosskit.example>";
const TEO: &str = "Teo Lindmark <teo@mosskit.example>";

const STEPS: [Step; 12] = [
    Step {
        author: MIRA,
        at: 1_740_992_400,
        message: "Start with a front page\n\nNo build step: a page is a file.",
        brings: &[".editorconfig", ".gitignore", "README.md", "src/favicon.svg", "src/index.html", "src/style.css"],
        changes: &[],
    },
    Step {
        author: JONAS,
        at: 1_741_255_200,
        message: "Say what it costs",
        brings: &["src/pricing.html"],
        changes: &[],
    },
    Step {
        author: MIRA,
        at: 1_741_687_800,
        message: "Answer what people ask before they buy\n\nThe five questions are the ones in the support mailbox.",
        brings: &["src/faq.html"],
        changes: &[],
    },
    Step { author: PRIYA, at: 1_742_292_000, message: "Say who we are", brings: &["src/about.html"], changes: &[] },
    Step {
        author: TEO,
        at: 1_743_066_900,
        message: "Add a way to write to us",
        brings: &["src/contact.html"],
        changes: &[],
    },
    Step {
        author: PRIYA,
        at: 1_744_104_600,
        message: "Fold the menu on small screens\n\nWithout JavaScript it simply stays open.",
        brings: &["src/site.js"],
        changes: &[],
    },
    Step {
        author: TEO,
        at: 1_744_718_400,
        message: "Check links, markup and prices before a change goes live\n\n\
                  The link to the old price list was broken for three weeks and nobody saw it.",
        brings: &[".signalbox/check", "tests/run.sh"],
        changes: &[(
            "README.md",
            "",
            "\n## Checks\n\n```sh\nsh tests/run.sh\n```\n\n\
             It takes a second and needs nothing but a POSIX shell. It looks for broken links, unbalanced markup, and \
             prices that\ndiffer from page to page.\n",
        )],
    },
    Step {
        author: MIRA,
        at: 1_745_319_600,
        message: "Plus is $9 a month\n\nOn both pages: the check compares them now.",
        brings: &[],
        changes: &[
            ("src/pricing.html", "$7 <span>a month</span>", "$9 <span>a month</span>"),
            ("src/faq.html", "Plus is $7 a month", "Plus is $9 a month"),
        ],
    },
    Step {
        author: JONAS,
        at: 1_746_527_400,
        message: "Find a question by typing",
        brings: &[],
        changes: &[
            (
                "src/faq.html",
                "",
                "      <p class=\"filter\" hidden>\n        <label for=\"filter\">Find a question</label>\n        \
                 <input id=\"filter\" type=\"search\" autocomplete=\"off\">\n      </p>\n",
            ),
            (
                "src/site.js",
                "",
                "\n// On the questions page, typing leaves the questions that match.\n\
                 const filter = document.getElementById(\"filter\");\n\nif (filter) {\n  \
                 filter.closest(\".filter\").hidden = false;\n  filter.addEventListener(\"input\", () => {\n    \
                 const words = filter.value.trim().toLowerCase();\n    \
                 for (const question of document.querySelectorAll(\"details\")) {\n      \
                 question.hidden = !question.textContent.toLowerCase().includes(words);\n    }\n  });\n}\n",
            ),
        ],
    },
    Step {
        author: PRIYA,
        at: 1_747_733_400,
        message: "Be dark where the reader's screen is dark",
        brings: &[],
        changes: &[(
            "src/style.css",
            "",
            "\n@media (prefers-color-scheme: dark) {\n  :root {\n    --ink: #e7ece8;\n    --paper: #151a17;\n    \
             --leaf: #7fc7a0;\n    --line: #2d352f;\n    --card: #1c231f;\n  }\n}\n",
        )],
    },
    Step {
        author: TEO,
        at: 1_748_939_700,
        message: "Write down how we work on this, and who looks at what",
        brings: &["AGENTS.md", "CODEOWNERS"],
        changes: &[],
    },
    Step {
        author: MIRA,
        at: 1_750_150_800,
        message: "Two months are free by the year",
        brings: &[],
        changes: &[(
            "src/pricing.html",
            "",
            "          <p class=\"note\">Paid by the year, two months are free.</p>\n",
        )],
    },
];

/// Makes the website's repository in `folder`, which is made if it is not there and must be empty. It is a working copy
/// like any other; the commit it is at is [`HEAD`].
pub async fn website(folder: &Path) -> Result<Commit, Error> {
    let failed = |error| Error::rejected(format!("{} cannot hold the sample: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(Error::rejected(format!(
            "{} is not empty: the sample needs a folder of its own",
            folder.display()
        )));
    }
    let folder = folder.canonicalize().map_err(failed)?;
    let home = tempfile::tempdir().map_err(Error::unavailable)?;
    let git = Git::at(home.path())?;
    git.sufficient().await?;
    let repository = folder.join(".git");
    let initial = format!("--initial-branch={BRANCH}");
    let arguments = [
        "init".as_ref(),
        "--quiet".as_ref(),
        "--template=".as_ref(),
        initial.as_ref(),
        "--".as_ref(),
        folder.as_os_str(),
    ];
    answer(git.command(None, &arguments), QUESTION).await?;
    told(git.command(Some(&repository), &["fast-import", "--quiet"]), history(), QUESTION).await?;
    let mut checkout = git.command(Some(&repository), &["reset", "--quiet", "--hard", BRANCH, "--"]);
    checkout.env("GIT_WORK_TREE", &folder).current_dir(&folder);
    answer(checkout, QUESTION).await?;
    Ok(Commit(git.text(&repository, &["rev-parse", BRANCH]).await?))
}

/// The whole history, as `git fast-import` reads it.
fn history() -> Vec<u8> {
    let mut stream = String::new();
    let mut before = BTreeMap::new();
    for (place, step) in STEPS.iter().enumerate() {
        let (author, at) = (step.author, step.at);
        stream.push_str(&format!(
            "commit refs/heads/{BRANCH}\nauthor {author} {at} +0000\ncommitter {author} {at} +0000\n"
        ));
        data(&mut stream, &format!("{}\n", step.message));
        let after = tree(place);
        for (path, (text, runs)) in &after {
            if before.get(path) != Some(&(text.clone(), *runs)) {
                stream.push_str(&format!("M {} inline {path}\n", if *runs { "100755" } else { "100644" }));
                data(&mut stream, text);
            }
        }
        before = after;
    }
    stream.push_str("done\n");
    stream.into_bytes()
}

fn data(stream: &mut String, text: &str) {
    stream.push_str(&format!("data {}\n{text}\n", text.len()));
}

/// The files after the commit at `place`.
fn tree(place: usize) -> BTreeMap<&'static str, (String, bool)> {
    let brought = |path: &str, steps: &[Step]| steps.iter().any(|step| step.brings.contains(&path));
    let (done, coming) = STEPS.split_at(place + 1);
    let mut files = BTreeMap::new();
    for (path, text, runs) in FILES {
        if brought(path, done) {
            let mut text = text.to_owned();
            for (_, old, new) in coming.iter().rev().flat_map(|step| step.changes).filter(|change| change.0 == path) {
                text = text.replacen(new, old, 1);
            }
            // A line that needs a file that is not there yet came with that file.
            for later in coming.iter().flat_map(|step| step.brings) {
                let name = later.strip_prefix("src/").unwrap_or(later);
                let needs = |line: &&str| line.contains(&format!("\"{name}")) || line.contains(&format!("`{later}`"));
                text = text.split_inclusive('\n').filter(|line| !needs(line)).collect();
            }
            files.insert(path, (text, runs));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_comes_once_and_every_change_is_one() {
        for (path, _, _) in FILES {
            assert_eq!(STEPS.iter().filter(|step| step.brings.contains(&path)).count(), 1, "{path}");
        }
        for (place, step) in STEPS.iter().enumerate() {
            for (path, _, new) in step.changes {
                assert_eq!(tree(place)[path].0.matches(new).count(), 1, "{path} in {:?}", step.message);
                assert!(!tree(place - 1)[path].0.contains(new), "{path} before {:?}", step.message);
            }
        }
        let last = tree(STEPS.len() - 1);
        assert_eq!(last.len(), FILES.len());
        assert!(FILES.iter().all(|(path, text, runs)| last[path] == (text.to_string(), *runs)));
    }

    #[test]
    fn the_price_has_a_past() {
        assert!(tree(6)["src/pricing.html"].0.contains("$7"));
        assert!(tree(6)["src/faq.html"].0.contains("$7"));
        assert!(tree(7)["src/pricing.html"].0.contains("$9"));
        assert!(!tree(0)["src/index.html"].0.contains("faq.html"));
    }
}
