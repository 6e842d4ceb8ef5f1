//! The team's settings for a plugin.

use serde::de::DeserializeOwned;

use crate::PluginError;

/// Reads the settings as the plugin's own type. Give that type `#[serde(deny_unknown_fields)]`: a setting that is
/// misspelt should be told, not ignored.
pub fn read<T: DeserializeOwned>(config: &str) -> Result<T, PluginError> {
    serde_json::from_str(config).map_err(|error| {
        // Nobody wrote these lines and columns: the host did.
        let error = error.to_string();
        let problem = error.split(" at line ").next().unwrap_or_default();
        PluginError::Config(format!("the settings do not fit: {problem}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[expect(dead_code, reason = "only its name matters here")]
        rooms: u8,
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let error = read::<Config>(r#"{"romes": 1}"#).unwrap_err();
        assert_eq!(
            error,
            PluginError::Config("the settings do not fit: unknown field `romes`, expected `rooms`".into())
        );
    }
}
