//! Slack's codes: which of them pass by themselves, and what a person can do about the others.

use super::method::Method;

/// What becomes of a call that Slack refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It will be refused again until a person does something.
    Lasting,
    /// It is Slack's own trouble and passes.
    Passing,
    /// It was asked too often.
    TooOften,
}

/// What becomes of a call that was refused with this code.
pub(crate) fn kind(code: &str) -> Kind {
    match code {
        "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org"
        | "external_channel_migrating"
        | "org_resource_migrating" => Kind::Passing,
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => Kind::TooOften,
        _ => Kind::Lasting,
    }
}

/// What happened and what to do, for a person.
pub(crate) fn words(method: Method, code: &str, needed: Option<&str>) -> String {
    format!("Slack did not let me {}: {} ({code})", method.words(), what_to_do(method, code, needed))
}

fn what_to_do(method: Method, code: &str, needed: Option<&str>) -> String {
    let words = match code {
        "missing_scope" => match needed {
            Some(scope) => {
                return format!(
                    "the app lacks the scope `{scope}`. Add it in the app's settings and install the app again"
                );
            }
            None => "the app lacks a scope. Run `signalbox doctor` to see which, add it, and install the app again",
        },
        "not_in_channel" => "I am not in that channel. Invite me there with /invite",
        "channel_not_found" => {
            "I cannot see that channel. If it is private, invite me there with /invite; else it is gone"
        }
        "is_archived" => "the channel is archived. Ask in one that is in use",
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "the app's token does not hold any more. Install the app again and put the new token in the settings"
        }
        "not_allowed_token_type" => "the token is of the wrong kind. A bot token begins with xoxb-",
        "no_permission" | "access_denied" | "ekm_access_denied" | "team_access_not_granted" | "org_login_required" => {
            "the workspace does not allow it. Ask one of its admins"
        }
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "restricted_action_thread_locked" => {
            "the channel's posting rules forbid it. Ask one of its managers to allow this app"
        }
        "msg_too_long"
        | "msg_blocks_too_long"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "invalid_arguments"
        | "invalid_form_data"
        | "no_text"
        | "view_too_large"
        | "invalid_metadata_format"
        | "metadata_too_large" => {
            "what I wrote is not in a form it takes. This is a fault of mine, please report it with the run's id"
        }
        "message_not_found" | "thread_not_found" | "cannot_reply_to_message" => "the message is gone",
        "cant_update_message"
        | "edit_window_closed"
        | "cant_delete_message"
        | "compliance_exports_prevent_deletion" => "the message cannot be changed any more",
        "user_not_in_channel" => "that person is not in the channel",
        "user_not_found" | "users_not_found" | "user_not_visible" | "user_disabled" => "there is no such person here",
        "cannot_dm_bot" => "a bot cannot be written to",
        "messages_tab_disabled" => {
            "direct messages to the app are switched off. Switch on the Messages tab in the app's settings"
        }
        "not_enabled" | "home_tab_disabled" => {
            "the app's home is switched off. Switch on the Home tab in the app's settings"
        }
        "not_authorized" => {
            "the app is not declared as an agent. Declare it in the app's settings, or switch the feature off"
        }
        "file_not_found" | "file_deleted" => "the file is gone",
        "expired_trigger_id" | "trigger_expired" | "exchanged_trigger_id" => "it took too long. Press again",
        _ => {
            return format!(
                "it said so without saying why. https://docs.slack.dev/reference/methods/{} lists its codes",
                method.name()
            );
        }
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_a_person_can_do() {
        for (code, needed, what) in [
            ("missing_scope", Some("reactions:write"), "`reactions:write`"),
            ("not_in_channel", None, "/invite"),
            ("token_revoked", None, "Install the app again"),
            ("some_new_code", None, "docs.slack.dev/reference/methods/reactions.add"),
        ] {
            let words = words(Method::AddReaction, code, needed);
            assert!(words.contains(what) && words.contains(code), "{words}");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_lasts() {
        assert_eq!(kind("internal_error"), Kind::Passing);
        assert_eq!(kind("ratelimited"), Kind::TooOften);
        assert_eq!(kind("not_in_channel"), Kind::Lasting);
        assert_eq!(kind("some_new_code"), Kind::Lasting);
    }
}
