//! Texts, grown from what harms.

/// What info strings are made of, and nothing else.
pub(crate) const INFO: char = 'ʬ';

pub(crate) const EMOJI: [&str; 4] = ["👩‍👩‍👧", "👩🏽‍🚀", "🇩🇪", "1️⃣"];

const SEEDS: &[&str] = &[
    "@name",
    "@team/name",
    "@here",
    "@everyone",
    "<!channel>",
    "<!here|here>",
    "<@U012AB3CD>",
    "<#C012|general>",
    "me@example.com",
    "a@b",
    "_@name_",
    "**@name**",
    "x**@name**",
    "\\@name",
    "&#64;name",
    "&#x40;name",
    "&commat;name",
    "&amp;#64;name",
    "@\u{200B}name",
    "@\u{AD}name",
    "\u{202E}@name",
    "＠name",
    "é@name",
    "@é",
    "@-x",
    "@@name",
    "#12",
    "o/r#12",
    "# 12",
    "&#35;12",
    "[label](https://evil.example/a)",
    "[https://good.example](https://evil.example)",
    "[good.example](https://good.example/x)",
    "[a](javascript:alert(1))",
    "[a](//evil.example)",
    "[a](/\\evil.example)",
    "[a](docs/a.md)",
    "[a](#b)",
    "[a](<https://evil.example/ x>)",
    "[a](https://evil.example \"@name\")",
    "[a][r]",
    "[r]",
    "[r][]",
    "\n[r]: https://evil.example/r\n",
    "\n[r]: javascript:x \"t\"\n",
    "![alt](https://evil.example/i.png)",
    "![r]",
    "![a][r]",
    "[![alt](https://evil.example/i.png)](https://other.example)",
    "[![alt](i.png)",
    "](https://evil.example)",
    "[",
    "]",
    "(",
    ")",
    "!",
    "<img src=https://evil.example/i.png>",
    "<a href='https://evil.example'>good.example</a>",
    "<script>",
    "</details>",
    "<br/>",
    "<!-- marker -->",
    "<!--",
    "-->",
    "<!-\u{200B}- x --",
    "<?php",
    "<https://example.com/a>",
    "<https://good.example@evil.example>",
    "<https://evil.example|good.example>",
    "<a@b.example>",
    "https://example.com/@name",
    "https://good.example@evil.example/x",
    "www.example.com",
    "http://x/@a/@b",
    "\n/merge",
    "\n  /approve now\n",
    "/merge",
    "> /merge",
    "\n/usr/bin/env",
    "`",
    "``",
    "```",
    "````",
    "`code @name`",
    "``a ` b``",
    "\n```ʬʬ\nlet @x = 1;\n```\n",
    "\n```\n",
    "\n~~~ʬ\n",
    "\n~~~\n",
    "\n````ʬ\n```\n@in\n````\n",
    "\n- ```ʬ\n  @code\n  ```\n",
    "\n> ```\n> @code\n> ```\n",
    "\n    @indented\n",
    "\t@tab",
    "\r",
    "\r\n",
    "\u{0}",
    "\u{1B}[31m",
    "\u{2028}",
    "\u{E0041}\u{E0042}",
    "\u{FE0F}",
    "\u{200D}",
    "\u{E0101}",
    "\u{2066}x\u{2069}",
    "e\u{301}\u{301}",
    "漢字",
    "می\u{200C}خواهم",
    "\n> quote",
    "\n- item",
    "\n  1. inner\n",
    "\n| a | b |\n|---|---|\n| @c | `d` |\n",
    "\n---\n",
    "\n# heading\n",
];

const WORDS: [&str; 12] =
    ["the", "change", "is", "ready", "for", "review", "and", "Größe", "naïve", "words.", "12)", "however,"];

const JOINTS: [&str; 10] = [" ", " ", " ", "", "", "\n", "\n\n", "\n  ", "\n      ", "\\"];

/// A small stream of numbers: the same seed, the same text.
pub(crate) struct Grower(u64);

impl Grower {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).unwrap()).unwrap()
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// The text of a seed.
pub(crate) fn text(seed: u64) -> String {
    let mut grower = Grower::new(seed ^ 0x5EED);
    let mut text = String::new();
    let length = grower.one(&[1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 24]);
    for _ in 0..length {
        match grower.below(20) {
            0..=9 => text.push_str(grower.one(SEEDS)),
            10..=13 => (0..1 + grower.below(20)).for_each(|_| {
                text.push_str(grower.one(&WORDS));
                text.push(' ');
            }),
            14 => text.push_str(grower.one(&EMOJI)),
            15 => text.push_str(&"x".repeat(1 + grower.below(200))),
            16 => text.push_str(&EMOJI[grower.below(4)].repeat(1 + grower.below(12))),
            17 => {
                let fence = grower.one(&["```", "~~~", "````", "``````````"]);
                text.push_str(&format!("\n{fence}{}\n", "ʬ".repeat(grower.below(4))));
                for _ in 0..grower.below(8) {
                    let line = grower.one(&[
                        "let x = 1;",
                        "@Override",
                        "",
                        "  <b>&amp;</b>",
                        "```",
                        "/deploy",
                        "`` ` ``",
                        "#12 x",
                        "ﷺ",
                    ]);
                    text.push_str(line);
                    text.push('\n');
                }
                text.push_str(grower.one(&[fence, fence, fence, ""]));
                text.push('\n');
            }
            18 => text.push_str(&format!("`{}`", "code @x ".repeat(1 + grower.below(16)))),
            _ => text.push_str(&format!(
                "[{}](https://example.com/{})",
                "label ".repeat(1 + grower.below(8)),
                "p".repeat(grower.below(200))
            )),
        }
        text.push_str(grower.one(&JOINTS));
    }
    text
}
