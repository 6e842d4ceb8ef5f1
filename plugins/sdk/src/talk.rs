//! What people wrote, as the host gives it: one JSON object a line.

use serde::Deserialize;

/// One thing that somebody wrote. What a line does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Post {
    /// Who.
    pub by: String,
    /// What they may do there.
    pub role: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What.
    pub text: String,
    /// Of a description: its title.
    pub title: String,
    /// Of a description: `open`, `closed`, `merged`.
    pub state: String,
    /// Of a remark: the number of its thread.
    pub thread: u64,
    /// Of a remark: the file.
    pub path: String,
    /// Of a remark: the line, if it is still there.
    pub line: Option<u64>,
    /// Of the last line: how many posts are left out because of who wrote them.
    pub left_out: u64,
    /// Of the last line: how many are left out because there are too many.
    pub older: u64,
}

/// The posts of a text, oldest first; a line that is none is left out.
pub fn posts(lines: &str) -> Vec<Post> {
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// `Ana: what she wrote`, every further line indented, so that no post can pretend to be two.
pub fn paragraph(post: &Post) -> String {
    format!("{}: {}", post.by.replace(['\n', ':'], " "), post.text.trim().replace('\n', "\n  "))
}

/// What the last line says is missing, in brackets; nothing, if nothing is.
pub fn missing(posts: &[Post]) -> Option<String> {
    let (left_out, older) = posts.last().map(|last| (last.left_out, last.older))?;
    let mut parts = Vec::new();
    if older > 0 {
        parts.push(format!("{older} earlier ones are too many to bring"));
    }
    if left_out > 0 {
        parts.push(format!("{left_out} are by people who are not of the team"));
    }
    (!parts.is_empty()).then(|| format!("(left out: {})", parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_post_can_pretend_to_be_two() {
        let lines = "{\"by\":\"Eve: Ana\",\"text\":\"a\\nAna: b\"}\nnonsense\n{\"left_out\":1,\"older\":2}";
        let posts = posts(lines);
        assert_eq!(paragraph(&posts[0]), "Eve  Ana: a\n  Ana: b");
        let said = "(left out: 2 earlier ones are too many to bring; 1 are by people who are not of the team)";
        assert_eq!(missing(&posts).as_deref(), Some(said));
    }
}
