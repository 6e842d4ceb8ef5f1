//! Files that do not load: what their authors are told, to the letter.

use expect_test::{Expect, expect};

use crate::team::Team;

/// Each change, and what is said of it.
fn check(changes: &[(&str, &str)], expect: Expect) {
    let told: String = changes
        .iter()
        .map(|(from, to)| format!("# {from} \u{2192} {to}\n{}", Team::new().change(from, to).brief()))
        .collect();
    expect.assert_eq(&told);
}

#[test]
fn the_demonstration_itself_loads() {
    expect![["it loads\n"]].assert_eq(&Team::new().told());
}

#[test]
fn a_problem_shows_the_line_and_a_caret_under_what_is_wrong() {
    let team = Team::new()
        .change("produces: [plan.md]", "prodcues: [plan.md]")
        .change("45m", "45 minutes")
        .change("    run:", "    plugin: x\n    run:");
    expect![[r#"
        demo.yaml:8:28: `wall` is `45 minutes`, which is not a length of time it can have
           |
         8 | budget: { usd: 2.50, wall: 45 minutes, turns: 100 }
           |                            ^^^^^^^^^^
         = write a whole number and a unit: 30s, 90m, 24h or 7d
        demo.yaml:14:5: unknown key `prodcues` in `plan`
            |
         14 |     prodcues: [plan.md]
            |     ^^^^^^^^
         = did you mean `produces`?
        demo.yaml:30:5: `plugin` is not supported yet
            |
         30 |     plugin: x
            |     ^^^^^^
         = write it as a `run` phase
    "#]]
    .assert_eq(&team.told());
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_known_one() {
    check(
        &[
            ("description:", "desciption:"),
            ("phases:", "stages:"),
            ("    needs: [plan]", "    need: [plan]"),
            ("expires: 24h", "expire: 24h"),
            ("contents: write", "content: write"),
            ("on_exhausted: pause", "onExhausted: pause"),
            ("draft: true", "wip: true"),
            ("repository: required", "x-team: web"),
        ],
        expect![[r#"
            # description: → desciption:
            demo.yaml:1:1: the file has no `description` (add it: What it does, in a sentence shown to people.)
            demo.yaml:2:1: unknown key `desciption` in the file (did you mean `description`?)
            # phases: → stages:
            demo.yaml:1:1: the file has no `phases` (add it: Its phases, by name.)
            demo.yaml:9:1: unknown key `stages` in the file (write one of name, description, repository, on, inputs, budget, phases)
            #     needs: [plan] →     need: [plan]
            demo.yaml:18:5: unknown key `need` in `approve` (did you mean `needs`?)
            # expires: 24h → expire: 24h
            demo.yaml:20:94: unknown key `expire` in `gate` (did you mean `expires`?)
            # contents: write → content: write
            demo.yaml:24:20: unknown key `content` in `permissions` (did you mean `contents`?)
            # on_exhausted: pause → onExhausted: pause
            demo.yaml:38:10: `fix` has no `on_exhausted` (add it: What to do then: ask a person, fail, or hand over a draft that says what is wrong.)
            demo.yaml:38:76: unknown key `onExhausted` in `fix` (did you mean `on_exhausted`?)
            # draft: true → wip: true
            demo.yaml:42:42: unknown key `wip` in `change_request` (write one of max, draft, title_prefix, protect, allow)
            # repository: required → x-team: web
            demo.yaml:3:1: unknown key `x-team` in the file (write one of name, description, repository, on, inputs, budget, phases)
        "#]],
    );
}

#[test]
fn what_is_not_supported_yet_is_named_and_never_passed_over() {
    check(
        &[
            ("on: { chat", "on: { schedule: { cron: x }, chat"),
            ("on: { chat", "on: { forge: { mention: true }, chat"),
            ("budget:", "concurrency: { max: 4 }\nbudget:"),
            ("budget:", "include: [other.yaml]\nbudget:"),
            ("    run: make lint test", "    plugin: lint"),
            ("    run: make lint test", "    for_each: { items: x }"),
            ("    run: make lint test", "    workflow: { ref: other }"),
            ("    run: make lint test", "    chat: say"),
            ("    run: make lint test", "    loop: { max: 3 }\n    run: make"),
            ("    run: make lint test", "    candidates: { agents: [a, b] }"),
            ("    run: make lint test", "    join: all_done\n    run: make"),
            ("    run: make lint test", "    secrets: [TOKEN]\n    run: make"),
            ("model: large", "model: large, fallback: [other]"),
            ("session: fresh", "session: continue"),
            ("kind: approve", "kind: choose"),
            ("kind: approve", "kind: approve, quorum: 2"),
            ("forge: open_change_request", "forge: watch_checks"),
            ("outputs: {", "outputs: { comment: { max: 1 },"),
            ("where: { type: string,", "where: { type: number,"),
        ],
        expect![[r#"
            # on: { chat → on: { schedule: { cron: x }, chat
            demo.yaml:4:7: `schedule` is not supported yet (start it from a chat)
            # on: { chat → on: { forge: { mention: true }, chat
            demo.yaml:4:7: `forge` is not supported yet (start it from a chat)
            # budget: → concurrency: { max: 4 }
            budget:
            demo.yaml:8:1: `concurrency` is not supported yet (remove it; the team's limiter bounds how many runs work at once)
            # budget: → include: [other.yaml]
            budget:
            demo.yaml:8:1: `include` is not supported yet (write the phases into this file)
            #     run: make lint test →     plugin: lint
            demo.yaml:30:5: `plugin` is not supported yet (write it as a `run` phase)
            #     run: make lint test →     for_each: { items: x }
            demo.yaml:30:5: `for_each` is not supported yet (ask once for each item)
            #     run: make lint test →     workflow: { ref: other }
            demo.yaml:30:5: `workflow` is not supported yet (write the phases into this file)
            #     run: make lint test →     chat: say
            demo.yaml:30:5: `chat` is not supported yet (remove it; results are told in the thread anyway)
            #     run: make lint test →     loop: { max: 3 }
                run: make
            demo.yaml:30:5: `loop` is not supported yet (use `fix`, which is a loop with a bound)
            #     run: make lint test →     candidates: { agents: [a, b] }
            demo.yaml:30:5: `candidates` is not supported yet (use one agent)
            #     run: make lint test →     join: all_done
                run: make
            demo.yaml:30:5: `join` is not supported yet (remove it; a phase starts when all it needs have ended well or were skipped)
            #     run: make lint test →     secrets: [TOKEN]
                run: make
            demo.yaml:30:5: `secrets` is not supported yet (remove it; no secret enters a box)
            # model: large → model: large, fallback: [other]
            demo.yaml:12:42: `fallback` is not supported yet (name one agent; a team's settings may replace it)
            # session: fresh → session: continue
            demo.yaml:35:23: `continue` is not supported yet in `session` (write fresh)
            # kind: approve → kind: choose
            demo.yaml:20:19: `choose` is not supported yet in `kind` (write approve)
            # kind: approve → kind: approve, quorum: 2
            demo.yaml:20:28: `quorum` is not supported yet (one person decides)
            # forge: open_change_request → forge: watch_checks
            demo.yaml:42:5: `outputs` means nothing for a phase that is `forge` (remove it: nothing comes of this phase but what the forge says)
            # outputs: { → outputs: { comment: { max: 1 },
            demo.yaml:42:16: `comment` is not supported yet (give an `answer`)
            # where: { type: string, → where: { type: number,
            demo.yaml:7:18: `number` is not supported yet in `type` (write string)
        "#]],
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_told_what_it_is_and_what_it_should_be() {
    check(
        &[
            ("description: A demonstration.", "description: 12"),
            ("description: A demonstration.", "description: \"\""),
            ("not_requester: true", "not_requester: yes"),
            ("draft: true", "draft: \"true\""),
            ("needs: [plan]", "needs: plan"),
            ("needs: [plan]", "needs: [plan, plan]"),
            ("needs: [plan]", "needs:"),
            ("roles: [maintainer]", "roles: []"),
            ("roles: [maintainer]", "roles: [owner]"),
            ("roles: [maintainer]", "roles: [no]"),
            ("run: make lint test", "run: [make, lint]"),
            ("forge: open_change_request", "forge: true"),
            ("timeout: { wall: 20m, idle: 5m, start: 60s }", "timeout: 20m"),
            ("  open:\n", "  open: yes\n  other:\n"),
            ("repository: required", "repository: none"),
        ],
        expect![[r##"
            # description: A demonstration. → description: 12
            demo.yaml:2:14: `description` must be text, and this is the number 12 (put it in quotes if you mean the text)
            # description: A demonstration. → description: ""
            demo.yaml:2:14: `description` is not one line of at most 200 characters (write it shorter, or say something)
            # not_requester: true → not_requester: yes
            demo.yaml:20:88: `not_requester` must be true or false, and this is the text yes (write true or false, without quotes)
            # draft: true → draft: "true"
            demo.yaml:42:49: `draft` must be true or false, and this is the text true (write true or false, without quotes)
            # needs: [plan] → needs: plan
            demo.yaml:18:12: `needs` must be a list, and this is the text plan (write [plan])
            # needs: [plan] → needs: [plan, plan]
            demo.yaml:18:19: `plan` stands twice in `needs` (keep one of them)
            # needs: [plan] → needs:
            demo.yaml:18:10: `needs` must be a list, and this is nothing (write it as [one, two])
            # roles: [maintainer] → roles: []
            demo.yaml:20:59: `roles` is an empty list (name at least one, or remove the key)
            # roles: [maintainer] → roles: [owner]
            demo.yaml:20:60: `roles` cannot be `owner` (write one of viewer, member, maintainer, admin)
            # roles: [maintainer] → roles: [no]
            demo.yaml:20:60: `roles` cannot be `no` (write one of viewer, member, maintainer, admin)
            # run: make lint test → run: [make, lint]
            demo.yaml:30:10: `run` must be text, and this is a list (write one text here)
            # forge: open_change_request → forge: true
            demo.yaml:41:12: `forge` must be text, and this is the flag true (put it in quotes if you mean the text)
            # timeout: { wall: 20m, idle: 5m, start: 60s } → timeout: 20m
            demo.yaml:16:14: `timeout` must be a mapping, and this is the text 20m (it may hold wall, idle, start)
            #   open:
             →   open: yes
              other:

            demo.yaml:39:9: `open` must be a mapping, and this is the text yes (it may hold label, needs, when, agent, run, gate, forge, permissions, network, outputs, produces, output, timeout, retry, fix)
            # repository: required → repository: none
            demo.yaml:3:13: `repository` cannot be `none` (write one of required, optional)
        "##]],
    );
}

#[test]
fn times_money_and_counts_are_read_exactly_or_not_at_all() {
    check(
        &[
            ("wall: 45m", "wall: 45"),
            ("wall: 45m", "wall: 1h30m"),
            ("wall: 45m", "wall: 0m"),
            ("wall: 45m", "wall: -5m"),
            ("wall: 45m", "wall: 31d"),
            ("wall: 45m", "wall: 99999999999999999999h"),
            ("usd: 2.50", "usd: 0"),
            ("usd: 2.50", "usd: -1"),
            ("usd: 2.50", "usd: 1e3"),
            ("usd: 2.50", "usd: $2"),
            ("usd: 2.50", "usd: 0.0000001"),
            ("usd: 2.50", "usd: 10001"),
            ("usd: 2.50", "usd: .inf"),
            ("turns: 100", "turns: 0"),
            ("turns: 100", "turns: 1.5"),
            ("max: 2, on_exhausted: handoff", "max: 0, on_exhausted: handoff"),
            ("max: 2, on_exhausted: handoff", "max: 6, on_exhausted: handoff"),
            ("retry: { max: 1", "retry: { max: -1"),
            ("idle: 5m", "idle: 30m"),
            ("remind: 4h", "remind: 24h"),
        ],
        expect![[r#"
            # wall: 45m → wall: 45
            demo.yaml:8:28: `wall` is `45`, which is not a length of time it can have (write a whole number and a unit: 30s, 90m, 24h or 7d)
            # wall: 45m → wall: 1h30m
            demo.yaml:8:28: `wall` is `1h30m`, which is not a length of time it can have (write a whole number and a unit: 30s, 90m, 24h or 7d)
            # wall: 45m → wall: 0m
            demo.yaml:8:28: `wall` is `0m`, which is not a length of time it can have (it must be more than nothing)
            # wall: 45m → wall: -5m
            demo.yaml:8:28: `wall` is `-5m`, which is not a length of time it can have (write a whole number and a unit: 30s, 90m, 24h or 7d)
            # wall: 45m → wall: 31d
            demo.yaml:8:28: `wall` is `31d`, which is not a length of time it can have (it may be 720 h at most)
            # wall: 45m → wall: 99999999999999999999h
            demo.yaml:8:28: `wall` is `99999999999999999999h`, which is not a length of time it can have (it may be 720 h at most)
            # usd: 2.50 → usd: 0
            demo.yaml:8:16: `usd` is `0`, which is not an amount it can have (it must be more than nothing)
            # usd: 2.50 → usd: -1
            demo.yaml:8:16: `usd` is `-1`, which is not an amount it can have (write dollars as a plain number: 8 or 0.50)
            # usd: 2.50 → usd: 1e3
            demo.yaml:8:16: `usd` is `1e3`, which is not an amount it can have (write dollars as a plain number: 8 or 0.50)
            # usd: 2.50 → usd: $2
            demo.yaml:8:16: `usd` must be a number of dollars, and this is the text $2 (write it as 8 or 0.50)
            # usd: 2.50 → usd: 0.0000001
            demo.yaml:8:16: `usd` is `0.0000001`, which is not an amount it can have (a millionth of a dollar is the least there is)
            # usd: 2.50 → usd: 10001
            demo.yaml:8:16: `usd` is `10001`, which is not an amount it can have (it may be 10000 dollars at most)
            # usd: 2.50 → usd: .inf
            demo.yaml:8:16: `usd` is `.inf`, which is not an amount it can have (write dollars as a plain number: 8 or 0.50)
            # turns: 100 → turns: 0
            demo.yaml:8:40: `turns` must be a whole number from 1 to 10000, and this is the number 0 (write it in plain digits)
            # turns: 100 → turns: 1.5
            demo.yaml:8:40: `turns` must be a whole number from 1 to 10000, and this is the number 1.5 (write it in plain digits)
            # max: 2, on_exhausted: handoff → max: 0, on_exhausted: handoff
            demo.yaml:32:30: `max` must be a whole number from 1 to 5, and this is the number 0 (write it in plain digits)
            # max: 2, on_exhausted: handoff → max: 6, on_exhausted: handoff
            demo.yaml:32:30: `max` must be a whole number from 1 to 5, and this is the number 6 (write it in plain digits)
            # retry: { max: 1 → retry: { max: -1
            demo.yaml:27:19: `max` must be a whole number from 0 to 5, and this is the number -1 (write it in plain digits)
            # idle: 5m → idle: 30m
            demo.yaml:16:33: `idle` is longer than the whole phase may take, which is 20 min (write less, or a longer `wall`)
            # remind: 4h → remind: 24h
            demo.yaml:20:116: the reminder would come when the gate has expired, after 24 h (remind earlier, or let it expire later)
        "#]],
    );
}

#[test]
fn phases_are_of_one_kind_with_the_keys_that_suit_it_and_in_an_order() {
    check(
        &[
            ("    run: make lint test\n", ""),
            ("    run: make lint test", "    run: make\n    agent: { prompt: prompts/plan.md }"),
            ("  plan:\n    label", "  plan:\n    needs: [open]\n    label"),
            ("needs: [plan]", "needs: [approve]"),
            ("needs: [plan]", "needs: [pla]"),
            ("needs: [plan]", "needs: [plan]\n    timeout: { wall: 1h }"),
            ("needs: [plan]", "needs: [plan]\n    permissions: { contents: read }"),
            ("forge: open_change_request", "forge: open_change_request\n    network: { allow: [] }"),
            ("run: make lint test", "run: make\n    outputs: { answer: { max: 1 } }"),
            ("  check:\n", "  Check-1:\n"),
            ("  check:\n", "  inputs:\n"),
            ("name: demo", "name: other"),
        ],
        expect![[r#"
            #     run: make lint test
             → 
            demo.yaml:28:3: `check` does nothing (give it one of agent, run, gate, forge)
            #     run: make lint test →     run: make
                agent: { prompt: prompts/plan.md }
            demo.yaml:30:5: `check` is of several kinds: `agent` and `run` (make two phases of it)
            #   plan:
                label →   plan:
                needs: [open]
                label
            demo.yaml:19:13: phases wait for each other: plan → open → review → check → build → approve → plan (remove one of these needs)
            # needs: [plan] → needs: [approve]
            demo.yaml:18:13: `approve` needs itself (remove it)
            # needs: [plan] → needs: [pla]
            demo.yaml:18:13: `approve` needs `pla`, and there is no such phase (did you mean `plan`?)
            # needs: [plan] → needs: [plan]
                timeout: { wall: 1h }
            demo.yaml:19:5: `timeout` means nothing for a phase that is `gate` (remove it: `gate.expires` says how long it stays open)
            # needs: [plan] → needs: [plan]
                permissions: { contents: read }
            demo.yaml:19:5: `permissions` means nothing for a phase that is `gate` (remove it: this phase has no devbox)
            # forge: open_change_request → forge: open_change_request
                network: { allow: [] }
            demo.yaml:42:5: `network` means nothing for a phase that is `forge` (remove it: this phase has no devbox)
            # run: make lint test → run: make
                outputs: { answer: { max: 1 } }
            demo.yaml:31:5: `outputs` means nothing for a phase that is `run` (remove it: only an agent proposes outputs, and the `forge` phase opens the change request)
            #   check:
             →   Check-1:

            demo.yaml:28:3: `Check-1` cannot be a name (a name begins with a small letter and goes on with small letters, digits and `_`)
            #   check:
             →   inputs:

            demo.yaml:28:3: `inputs` cannot be a name (this word means something else in a condition: take another name)
            # name: demo → name: other
            demo.yaml:1:7: the file says `other`, and its own name says `demo` (write `name: demo`, or rename the file)
        "#]],
    );
}

#[test]
fn handoffs_are_produced_before_they_are_read_or_bound() {
    check(
        &[
            ("produces: [plan.md]\n", "produces: []\n"),
            ("binds: [plan.md, head]", "binds: [summary.md]"),
            ("binds: [plan.md, head]", "binds: [paln.md]"),
            ("consumes: [plan.md, diff]", "consumes: [plan.md, notes.md]"),
            ("consumes: [plan.md]", "consumes: [diff]"),
            ("produces: [summary.md]", "produces: [plan.md]"),
            ("produces: [summary.md]", "produces: [../summary.md]"),
            ("produces: [summary.md]", "produces: [diff]"),
        ],
        expect![[r#"
            # produces: [plan.md]
             → produces: []

            demo.yaml:20:36: `approve` binds `plan.md`, which no phase produces (add it to the `produces` of an earlier phase)
            demo.yaml:23:84: `build` reads `plan.md`, which no phase produces (add it to the `produces` of an earlier phase)
            demo.yaml:35:68: `review` reads `plan.md`, which no phase produces (add it to the `produces` of an earlier phase)
            # binds: [plan.md, head] → binds: [summary.md]
            demo.yaml:20:36: `approve` binds `summary.md`, which `build` produces, and `build` need not be over by then (add `build` to the `needs` of `approve`)
            # binds: [plan.md, head] → binds: [paln.md]
            demo.yaml:20:36: `approve` binds `paln.md`, which no phase produces (did you mean `plan.md`?)
            # consumes: [plan.md, diff] → consumes: [plan.md, notes.md]
            demo.yaml:35:77: `review` reads `notes.md`, which no phase produces (add it to the `produces` of an earlier phase)
            # consumes: [plan.md] → consumes: [diff]
            demo.yaml:23:84: `build` reads the diff, and no phase before it may change anything (add a phase with `permissions: { contents: write }` to `needs`, or remove it)
            # produces: [summary.md] → produces: [plan.md]
            demo.yaml:26:16: `build` and `plan` both produce `plan.md` (give each its own name)
            # produces: [summary.md] → produces: [../summary.md]
            demo.yaml:26:16: `../summary.md` is not a handoff's name (write a plain file name, as plan.md: letters, digits, `.`, `-` and `_`, no folder)
            # produces: [summary.md] → produces: [diff]
            demo.yaml:26:16: `diff` is not a handoff's name (`diff` means something else: take another name)
        "#]],
    );
}

#[test]
fn authority_is_granted_by_names_that_mean_something() {
    check(
        &[
            ("contents: write", "contents: admin"),
            ("issues: read", "issues: write"),
            ("issues: read", "workflows: write"),
            ("registry.npmjs.org:443", "registry.npmjs.org"),
            ("registry.npmjs.org:443", "*.npmjs.org:443"),
            ("registry.npmjs.org:443", "https://registry.npmjs.org:443"),
            ("registry.npmjs.org:443", "registry.npmjs.org:0"),
            ("registry.npmjs.org:443", "169.254.169.254:80"),
            ("registry.npmjs.org:443", "[::1]:80"),
            ("registry.npmjs.org:443", "localhost:80"),
            ("registry.npmjs.org:443", "Registry.npmjs.org:443"),
            ("contents: write", "contents: read"),
            (
                "    outputs: { change_request: { max: 1, draft: true, title_prefix: \"demo: \", protect: [\"ci/**\"] } }\n",
                "",
            ),
            (
                "run: make lint test\n    permissions: { contents: read }",
                "run: make\n    permissions: { contents: write }\n  other:\n    run: make\n    permissions: { contents: write }",
            ),
            ("repository: required", "repository: optional"),
            ("use: some-agent", "use: ../agent"),
        ],
        expect![[r##"
            # contents: write → contents: admin
            demo.yaml:24:30: `contents` cannot be `admin` (write one of read, write)
            # issues: read → issues: write
            demo.yaml:13:44: `issues` cannot be `write` (write read)
            # issues: read → workflows: write
            demo.yaml:13:36: unknown key `workflows` in `permissions` (write one of contents, issues, change_requests, checks)
            # registry.npmjs.org:443 → registry.npmjs.org
            demo.yaml:25:24: `registry.npmjs.org` is not a host and a port (add the port: registry.npmjs.org:443)
            # registry.npmjs.org:443 → *.npmjs.org:443
            demo.yaml:25:24: `*.npmjs.org:443` is not a host and a port (name each host: a wildcard would let in hosts nobody has named)
            # registry.npmjs.org:443 → https://registry.npmjs.org:443
            demo.yaml:25:24: `https://registry.npmjs.org:443` is not a host and a port (write host:port only, without a scheme or a path: registry.npmjs.org:443)
            # registry.npmjs.org:443 → registry.npmjs.org:0
            demo.yaml:25:24: `registry.npmjs.org:0` is not a host and a port (the port is a number from 1 to 65535)
            # registry.npmjs.org:443 → 169.254.169.254:80
            demo.yaml:25:24: `169.254.169.254:80` is not a host and a port (name the host: an address may belong to anyone tomorrow)
            # registry.npmjs.org:443 → [::1]:80
            demo.yaml:25:24: `[::1]:80` is not a host and a port (name the host: an address may belong to anyone tomorrow)
            # registry.npmjs.org:443 → localhost:80
            demo.yaml:25:24: `localhost:80` is not a host and a port (write the host's full name in small letters: registry.npmjs.org:443)
            # registry.npmjs.org:443 → Registry.npmjs.org:443
            demo.yaml:25:24: `Registry.npmjs.org:443` is not a host and a port (write the host's full name in small letters: registry.npmjs.org:443)
            # contents: write → contents: read
            demo.yaml:35:77: `review` reads the diff, and no phase before it may change anything (add a phase with `permissions: { contents: write }` to `needs`, or remove it)
            demo.yaml:41:5: `open` opens a change request, and no phase before it may change anything (add a phase with `permissions: { contents: write }` to `needs`)
            #     outputs: { change_request: { max: 1, draft: true, title_prefix: "demo: ", protect: ["ci/**"] } }
             → 
            demo.yaml:41:5: `open` opens a change request that nothing allows (add `outputs: { change_request: { max: 1, draft: true } }`)
            # run: make lint test
                permissions: { contents: read } → run: make
                permissions: { contents: write }
              other:
                run: make
                permissions: { contents: write }
            demo.yaml:32:3: `build` and `other` may both write, at the same time (add `build` to the `needs` of `other`)
            demo.yaml:32:3: `check` and `other` may both write, at the same time (add `check` to the `needs` of `other`)
            demo.yaml:35:18: `build` need not be over when `other` starts, so it cannot mend it (add `build` to `needs`)
            # repository: required → repository: optional
            demo.yaml:3:13: the repository cannot be optional: `build` changes contents (write required, or remove the key)
            demo.yaml:3:13: the repository cannot be optional: `open` opens a change request (write required, or remove the key)
            # use: some-agent → use: ../agent
            demo.yaml:23:19: `../agent` is not an adapter's name (write small letters, digits and `-`, or default)
        "##]],
    );
}

#[test]
fn a_fix_loop_has_a_bound_an_end_and_somebody_who_mends() {
    check(
        &[
            ("with: build, max: 2, on_exhausted: handoff", "with: build, on_exhausted: handoff"),
            ("with: build, max: 2, on_exhausted: handoff", "with: build, max: 2"),
            ("with: build, max: 2, on_exhausted: handoff", "with: build, max: 2, on_exhausted: proceed"),
            ("with: build, max: 2, on_exhausted: handoff", "with: biuld, max: 2, on_exhausted: handoff"),
            ("with: build, max: 2, on_exhausted: handoff", "with: approve, max: 2, on_exhausted: handoff"),
            ("with: build, max: 2, on_exhausted: handoff", "with: review, max: 2, on_exhausted: handoff"),
            ("until: review.output.verdict == \"approve\", ", ""),
            ("until: review.output.verdict == \"approve\"", "until: plan.output.risk == \"low\""),
            ("until: review.output.verdict == \"approve\"", "until: true"),
            (
                "until: review.output.verdict == \"approve\"",
                "until: \"review.output.verdict == 'approve' && review.output.verdict == 'reject'\"",
            ),
        ],
        expect![[r##"
            # with: build, max: 2, on_exhausted: handoff → with: build, on_exhausted: handoff
            demo.yaml:32:10: `fix` has no `max` (add it: At most so many rounds.)
            # with: build, max: 2, on_exhausted: handoff → with: build, max: 2
            demo.yaml:32:10: `fix` has no `on_exhausted` (add it: What to do then: ask a person, fail, or hand over a draft that says what is wrong.)
            # with: build, max: 2, on_exhausted: handoff → with: build, max: 2, on_exhausted: proceed
            demo.yaml:32:47: `on_exhausted` cannot be `proceed` (write one of pause, fail, handoff)
            # with: build, max: 2, on_exhausted: handoff → with: biuld, max: 2, on_exhausted: handoff
            demo.yaml:32:18: there is no phase `biuld` (did you mean `build`?)
            # with: build, max: 2, on_exhausted: handoff → with: approve, max: 2, on_exhausted: handoff
            demo.yaml:32:18: `approve` is no agent, so it can mend nothing (name an agent's phase that comes before)
            # with: build, max: 2, on_exhausted: handoff → with: review, max: 2, on_exhausted: handoff
            demo.yaml:32:18: `review` need not be over when `check` starts, so it cannot mend it (add `review` to `needs`)
            # until: review.output.verdict == "approve",  → 
            demo.yaml:38:5: nothing says when the result of `review` is good enough (add `until: ` and a condition over its typed output)
            # until: review.output.verdict == "approve" → until: plan.output.risk == "low"
            demo.yaml:38:19: fixing changes nothing that this names (name an output that is made again)
            # until: review.output.verdict == "approve" → until: true
            demo.yaml:38:19: this always holds: nothing is ever fixed (correct the condition, or remove `fix`)
            # until: review.output.verdict == "approve" → until: "review.output.verdict == 'approve' && review.output.verdict == 'reject'"
            demo.yaml:38:19: this never holds: the rounds are always used up (correct the condition)
        "##]],
    );
}

#[test]
fn prompts_and_schemas_are_there_and_are_what_they_should_be() {
    let team = Team::new;
    let told = [
        team().remove("prompts/plan.md").brief(),
        team().remove("schemas/plan.json").brief(),
        team().change("prompts/plan.md", "../secret.md").brief(),
        team().change("prompts/plan.md", "/etc/passwd").brief(),
        team().change("prompts/plan.md", "prompts/plan.txt").brief(),
        team().edit("schemas/verdict.json", "\"type\":", "type:").brief(),
        team().write("schemas/verdict.json", "{ \"type\": \"object\", \"properties\": 3 }").brief(),
        team()
            .write("schemas/verdict.json", "{ \"type\": \"object\", \"$ref\": \"https://example.com/verdict.json\" }")
            .brief(),
        team().write("schemas/verdict.json", "{ \"enum\": [\"approve\"] }").brief(),
        team().write("prompts/plan.md", "Plan {{ request }} as {{ user }} said\nand {{ request\n").told(),
        team().write("prompts/build.md", "Build it.\n").brief(),
    ];
    expect![[r#"
        demo.yaml:12:50: there is no file prompts/plan.md (write it, or correct the path: it begins at the folder of demo.yaml)
        --
        demo.yaml:15:23: there is no file schemas/plan.json (write it, or correct the path: it begins at the folder of demo.yaml)
        --
        demo.yaml:12:50: `../secret.md` is not a file that `prompt` may name (write a path below the workflow's folder: letters, digits, `.`, `-`, `_` and `/`, nothing hidden, no `..`)
        --
        demo.yaml:12:50: `/etc/passwd` is not a file that `prompt` may name (write a path below the workflow's folder: letters, digits, `.`, `-`, `_` and `/`, nothing hidden, no `..`)
        --
        demo.yaml:12:50: `prompts/plan.txt` is not a file that `prompt` may name (the file must end in .md)
        --
        schemas/verdict.json:1:3: this is not JSON: key must be a string (check the commas and the quotes around here)
        --
        schemas/verdict.json:1:1: this is not a JSON Schema: properties: 3 is not of type "object" (a schema refers to nothing outside its own file, and its patterns have no look-around)
        --
        schemas/verdict.json:1:1: this is not a JSON Schema: it refers to https://example.com/verdict.json, which is outside it (a schema refers to nothing outside its own file, and its patterns have no look-around)
        --
        schemas/verdict.json:1:1: the schema does not say that the output is an object (add "type": "object" and its "properties")
        --
        prompts/plan.md:1:23: a prompt has no `user`
           |
         1 | Plan {{ request }} as {{ user }} said
           |                       ^^^^^^^^^^
         = write one of request, followups, context, handoffs, feedback, outputs_guide
        prompts/plan.md:2:5: `{{` is not closed in its line
           |
         2 | and {{ request
           |     ^^
         = write `}}` after the name, or `\{{` for the braces themselves
        --
        warning: demo.yaml:23:55: this prompt has no {{ request }}: the agent never sees what was asked (add it to the prompt)
        warning: demo.yaml:23:55: this prompt has no {{ handoffs }}: the agent is not told of the handoffs it consumes (add it to the prompt)
        warning: demo.yaml:23:55: this prompt has no {{ feedback }}: the agent is not told what it must fix (add it to the prompt)
        warning: demo.yaml:23:55: this prompt has no {{ outputs_guide }}: the agent is not told what it must write, and where (add it to the prompt)
    "#]].assert_eq(&told.join("--\n"));
}

#[test]
fn all_problems_are_told_in_the_order_of_the_file() {
    let team = Team::new()
        .change("needs: [plan]", "needs: [pan]")
        .change("registry.npmjs.org:443", "registry.npmjs.org")
        .change("with: build, max: 2, on_exhausted: handoff", "with: open, max: 2, on_exhausted: handoff")
        .edit("prompts/review.md", "{{ feedback }}", "{{ feedbak }}");
    expect![[r#"
        demo.yaml:25:24: `registry.npmjs.org` is not a host and a port (add the port: registry.npmjs.org:443)
    "#]]
    .assert_eq(&team.brief());
}

#[test]
fn a_workflow_that_is_nowhere_is_said_to_be_nowhere() {
    let told = ["demo", "../demo", ""].map(|name| signalbox_workflow::load(name, &|_| None).unwrap_err()[0].brief());
    expect![[r#"
        demo.yaml:1:1: there is no workflow `demo` (write demo.yaml, or take another name)
        ../demo.yaml:1:1: `../demo` cannot be the name of a workflow (write small letters, digits and `-`, 40 at most)
        .yaml:1:1: `` cannot be the name of a workflow (write small letters, digits and `-`, 40 at most)"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn what_is_allowed_but_hardly_meant_is_told_when_it_loads() {
    check(
        &[
            ("    permissions: { contents: read }\n    fix: { with", "    fix: { with"),
            ("when: plan.output.risk == \"high\" || plan.output.files > 10", "when: true"),
        ],
        expect![[r##"
            #     permissions: { contents: read }
                fix: { with →     fix: { with
            warning: demo.yaml:30:5: this script sees no file of the repository (add `permissions: { contents: read }`)
            # when: plan.output.risk == "high" || plan.output.files > 10 → when: true
            warning: demo.yaml:19:11: this always holds (remove `when`)
        "##]],
    );
}
