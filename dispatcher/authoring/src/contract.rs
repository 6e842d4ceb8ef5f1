//! The contract itself, brought along: what a plugin's folder has of it is what this program speaks.

/// The files of the package, by name.
pub(crate) const WIT: [(&str, &str); 5] = [
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("prefetcher.wit", include_str!("../../../wit/prefetcher.wit")),
    ("router.wit", include_str!("../../../wit/router.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
];

#[cfg(test)]
mod tests {
    #[test]
    fn no_file_of_the_contract_is_missing() {
        let files = std::fs::read_dir("../../wit").unwrap().map(|entry| entry.unwrap().file_name());
        let mut files: Vec<_> = files.filter_map(|name| name.into_string().ok()).collect();
        files.retain(|name| name.ends_with(".wit"));
        files.sort();
        assert_eq!(files, super::WIT.map(|(name, _)| name));
    }
}
