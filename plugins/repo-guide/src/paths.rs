//! Paths that a request speaks of.

use signalbox_plugin::path::mentioned;

/// Folders whose guides are read at most.
const FOLDERS: usize = 8;

/// The folders on the way to the paths that a text speaks of, outermost first.
pub(crate) fn folders(text: &str) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for path in mentioned(text) {
        for (at, _) in path.match_indices('/') {
            let folder = path[..at].to_string();
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    folders.truncate(FOLDERS);
    folders
}

/// The beginning of a text, at most so many bytes, up to the end of a line.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(bytes)];
    cut.rfind('\n').map_or(cut, |line| &cut[..line])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_on_the_way_to_a_path_are_those_with_guides() {
        assert_eq!(folders("fix `src/pages/pricing.html`, ./src/a.rs and docs/"), ["src", "src/pages"]);
        assert_eq!(folders("see https://example.com/a/b and ../x/y"), [""; 0]);
    }

    #[test]
    fn a_head_ends_with_a_line() {
        assert_eq!(head("one\ntwo\nthree", 9), "one\ntwo");
        assert_eq!(head("one", 9), "one");
    }
}
