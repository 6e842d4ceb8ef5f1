//! Slack's notation of a message as words: what stands between `<` and `>`, and the three characters that are escaped.

use std::collections::BTreeMap;

/// The message in words. `names` says what to call users; one that is not in it is called by their id.
pub(crate) fn words(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else { break };
        out.push_str(&unescape(&rest[..open]));
        out.push_str(&element(&rest[open + 1..open + close], names));
        rest = &rest[open + close + 1..];
    }
    out.push_str(&unescape(rest));
    out
}

/// Every user that a message mentions.
pub(crate) fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|part| {
        let inside = part.split_once('>')?.0;
        Some(inside.strip_prefix('@')?.split('|').next().unwrap_or_default())
    })
}

fn element(inside: &str, names: &BTreeMap<String, String>) -> String {
    let (what, label) = match inside.split_once('|') {
        Some((what, label)) => (what, Some(unescape(label))),
        None => (inside, None),
    };
    let label = label.filter(|label| !label.is_empty());
    if let Some(user) = what.strip_prefix('@') {
        let name = names.get(user).cloned().or(label).unwrap_or_else(|| user.into());
        return format!("@{}", name.trim_start_matches('@'));
    }
    if let Some(channel) = what.strip_prefix('#') {
        return format!("#{}", label.unwrap_or_else(|| channel.into()));
    }
    if let Some(command) = what.strip_prefix('!') {
        let name = command.split('^').next().unwrap_or(command);
        return label.unwrap_or_else(|| format!("@{name}"));
    }
    let url = unescape(what);
    let url = url.strip_prefix("mailto:").unwrap_or(&url);
    match label {
        // Slack shortens what it linked by itself; the address is what was written.
        Some(label) if !url.contains(label.trim_end_matches('…')) => format!("{label} ({url})"),
        Some(_) | None => url.into(),
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_writes_reads_as_people_wrote_it() {
        let names = BTreeMap::from([("U1".to_owned(), "Ana".to_owned())]);
        for (written, read) in [
            ("<@U1> fix it", "@Ana fix it"),
            ("<@U2> and <@U3|bo>", "@U2 and @bo"),
            ("see <#C1|web> and <#C2>", "see #web and #C2"),
            ("<!here> <!subteam^S1|@ops> <!channel>", "@here @ops @channel"),
            ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
            ("<https://a.example/|the page>", "the page (https://a.example/)"),
            ("<http://a.example|a.example> <mailto:a@b.c|a@b.c>", "http://a.example a@b.c"),
            ("a &lt; b &amp;&amp; c &gt; d, &amp;lt;", "a < b && c > d, &lt;"),
            ("1 < 2", "1 < 2"),
            ("", ""),
        ] {
            assert_eq!(words(written, &names), read, "{written}");
        }
        assert_eq!(mentioned("<@U1> and <@U2|b> <#C1>").collect::<Vec<_>>(), ["U1", "U2"]);
    }
}
