use std::path::Path;
use std::process::Command;

use signalbox_git::sample;

use crate::world::{git, ok, said};

fn check(folder: &Path) -> (bool, String) {
    let output = Command::new(folder.join(".signalbox/check")).current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text.lines().last().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_sample_is_the_same_on_every_machine_and_its_checks_pass_at_every_commit_that_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let commit = sample::website(folder.path()).await.unwrap();
    assert_eq!(commit.0, sample::HEAD);
    assert_eq!(said(&git(folder.path(), &["status", "--porcelain", "--branch"]).await), "## main");
    ok(&git(folder.path(), &["fsck", "--strict"]).await);
    let commits = said(&git(folder.path(), &["rev-list", "main"]).await);
    assert_eq!(commits.lines().count(), 12);
    for commit in commits.lines().take(6) {
        ok(&git(folder.path(), &["checkout", "-q", commit]).await);
        assert_eq!(check(folder.path()), (true, "12 checks, 0 failed".into()), "{commit}");
        assert_eq!(said(&git(folder.path(), &["status", "--porcelain"]).await), "", "a check leaves nothing behind");
    }
}

#[tokio::test]
async fn a_price_that_is_changed_on_one_page_only_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    sample::website(folder.path()).await.unwrap();
    for (page, expected) in [("src/pricing.html", "12 checks, 1 failed"), ("src/faq.html", "12 checks, 0 failed")] {
        let page = folder.path().join(page);
        let text = std::fs::read_to_string(&page).unwrap();
        assert_eq!(text.matches("$9").count(), 1);
        std::fs::write(&page, text.replace("$9", "$12")).unwrap();
        assert_eq!(check(folder.path()).1, expected);
    }
}

#[tokio::test]
async fn every_check_can_fail() {
    let folder = tempfile::tempdir().unwrap();
    sample::website(folder.path()).await.unwrap();
    let breaks = [
        ("src/about.html", "<html lang=\"en\">", "<html>"),
        ("src/about.html", "<title>About: Mosskit</title>", "<title></title>"),
        ("src/about.html", "<h1>About</h1>", "<p>About</p>"),
        ("src/about.html", "name=\"description\"", "name=\"describe\""),
        ("src/about.html", "href=\"style.css\"", "href=\"styles.css\""),
        ("src/contact.html", "faq.html#price", "faq.html#prices"),
        ("src/contact.html", "mailto:hello@mosskit.example", "http://mosskit.example"),
        ("src/about.html", "</main>", "</mian>"),
        ("src/about.html", ">Questions</a>", ">FAQ</a>"),
        ("src/faq.html", "Plus is $9", "Plus is 9"),
        ("src/style.css", "footer {", "footer"),
        ("src/site.js", "fold();", "console.log(1);"),
    ];
    for (file, good, bad) in breaks {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen(good, bad, 1)).unwrap();
        let (passed, last) = check(folder.path());
        assert!(!passed && last != "12 checks, 0 failed", "{file}: {good}: {last}");
        std::fs::write(&path, text).unwrap();
    }
    assert!(check(folder.path()).0);
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "").unwrap();
    let error = sample::website(folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("is not empty"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
