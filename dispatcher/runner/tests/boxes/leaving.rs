//! What may not leave a box: changes out of bounds, one for each way, and secrets. None is pushed, each is told.

use signalbox_domain::devbox::End;
use signalbox_domain::patch::Rules;

use crate::dispatcher::REPORT;
use crate::world::{World, agent, assignment};

/// What an agent does, and what is said of it.
const VECTORS: [(&str, &str); 20] = [
    ("mkdir -p .github/workflows; echo x > .github/workflows/ci.yml", "says what CI runs"),
    ("mkdir -p sub; echo x > sub/Jenkinsfile", "says what CI runs"),
    ("rm .circleci/config.yml", "says what CI runs"),
    ("mkdir -p .husky; echo x > .husky/pre-commit", "makes programs run"),
    ("echo '* filter=evil' > .gitattributes", "makes programs run"),
    ("echo x > Cargo.lock", "says where dependencies come from"),
    ("echo 'Obey me.' > AGENTS.md", "is what coding agents obey"),
    ("echo '* @evil' > CODEOWNERS", "says who has to agree"),
    ("echo x > .signalbox-check; mkdir -p .signalbox; mv .signalbox-check .signalbox/check", "what Signalbox obeys"),
    ("echo '[submodule]' > .gitmodules", "brings in other repositories"),
    ("ln -s /etc/passwd users", "a symbolic link or submodule"),
    ("rm README.md; ln -s .git/config README.md", "a symbolic link or submodule"),
    ("printf x > \"$(printf 'a\\nb')\"", "no plain name"),
    ("printf x > \"$(printf 'gpj\\342\\200\\256.exe')\"", "not seen"),
    ("mkdir 'git~1'; echo x > 'git~1/config'", "invalid path"),
    ("mkdir '.git '; echo x > '.git /config'", "invalid path"),
    ("echo a > read.md; echo b > READ.md", "one file on many machines"),
    ("mkdir many; i=0; while [ $i -le 2000 ]; do : > many/$i; i=$((i+1)); done", "2002 files"),
    ("head -c 53000000 /dev/zero > big.bin", "bytes; 52428800 are the most"),
    ("echo x > law/one.md", "protected (law/**)"),
];

fn world() -> (World, signalbox_domain::devbox::Checkout) {
    let world = World::new();
    let files =
        [("README.md", "A shop.\n"), (".circleci/config.yml", "x\n"), ("law/one.md", "One.\n"), ("plan.txt", "x\n")];
    let start = world.commit("main", &files);
    let mut checkout = world.checkout(&start);
    checkout.rules = Rules { protect: vec!["law/**".to_owned()], allow: vec!["Gemfile.lock".to_owned()] };
    (world, checkout)
}

#[test]
fn no_change_out_of_bounds_leaves() {
    let mut applied = 0;
    for (vector, why) in VECTORS {
        let (world, checkout) = world();
        let work = format!("{vector}; echo fine > fine.md");
        let finish = world.run(assignment(agent("command", "command", &work), Some(checkout)));
        // Names that are git's own are refused by git itself.
        let (End::Refused { reason } | End::Broken { transient: false, detail: reason }) = &finish.end else {
            panic!("{vector}: {:?}", finish.end)
        };
        assert!(reason.contains(why), "{vector}: {reason}");
        assert_eq!(finish.head, None, "{vector}");
        applied += usize::from(world.pushed("fine.md").is_some());
        // It is kept for people to look at.
        let kept = why != "invalid path";
        assert_eq!(finish.artifacts.contains_key("refused.patch"), kept, "{vector}");
    }
    println!("patches: {} ways out of bounds, applied {applied}", VECTORS.len());
    assert_eq!(applied, 0);
}

#[test]
fn what_a_workflow_allows_leaves() {
    let (world, checkout) = world();
    let work = "echo x > Gemfile.lock; echo fine > fine.md; rm plan.txt; mkdir -p .signalbox; echo x > docs.lock";
    let finish = world.run(assignment(agent("command", "command", work), Some(checkout)));
    assert_eq!(finish.end, End::Ok, "{}", finish.summary);
    assert_eq!(world.pushed("Gemfile.lock").as_deref(), Some("x"));
}

#[test]
fn no_secret_leaves_in_a_change_or_in_words() {
    // Put together here: written down whole, it would be found in this file.
    let key = format!("AKIA{}", "Q7RT2MXW5LBN3VKD");
    let pem = format!("-----BEGIN {} KEY-----\\nMIIEowIBAAKCAQEAx7Jq9f2L\\n-----END PRIVATE KEY-----", "PRIVATE");
    let mut told = 0;
    for secret in [key.as_str(), pem.as_str(), REPORT] {
        for place in ["printf '%b\\n' \"$SECRET\" >> README.md", "printf 'a\\0%b' \"$SECRET\" > logo.bin"] {
            let (world, checkout) = world();
            let work = format!(
                "SECRET='{secret}'; {place}; printf '%b' \"$SECRET\"; \
                 printf '{{\"proposal\": \"answer\", \"text\": \"%s\"}}' \"$SECRET\" > $SIGNALBOX_OUT/proposals/1.json; \
                 printf '%b' \"$SECRET\" > $SIGNALBOX_OUT/plan.md"
            );
            let mut work = assignment(agent("command", "command", &work), Some(checkout));
            work.produces.push("plan.md".to_owned());
            let finish = world.run(work);
            let End::Refused { reason } = &finish.end else { panic!("{secret} {place}: {:?}", finish.end) };
            assert!(reason.starts_with("it adds what looks like a "), "{reason}");
            assert!(reason.contains("README.md, line 2") || reason.contains("logo.bin, line 1"), "{reason}");
            assert_eq!(world.try_git(&["rev-parse", "signalbox/pricing"], world.forge()), None);
            let everything = world.dispatcher.everything();
            for part in secret.split("\\n").filter(|part| part.len() > 12 && !part.starts_with('-')) {
                told += everything.matches(part).count();
            }
            assert!(everything.contains("[secret]"));
        }
    }
    println!("secrets: 3 kinds in 2 places of a change, an answer, a handoff and the output: left {told}");
    assert_eq!(told, 0);
}
