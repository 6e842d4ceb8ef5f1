//! The form of what somebody set for themselves.

use slack_morphism::blocks::{
    SlackBlockChoiceItem, SlackBlockExternalSelectElement, SlackBlockPlainTextOnly, SlackBlockStaticSelectElement,
    SlackInputBlock, SlackModalView,
};
use slack_morphism::blocks::{SlackBlockId, SlackView};
use slack_morphism::{SlackActionId, SlackCallbackId};

use super::defaults::Defaults;
use crate::encode::{SEARCH, flat, words};

/// The name of the form.
pub(crate) const FORM: &str = "signalbox.defaults";
/// The name of its field for a repository: the search that questions have, too.
pub(crate) const REPOSITORY: &str = SEARCH;
/// The name of its field for how much is told.
pub(crate) const VERBOSITY: &str = "signalbox.verbosity";
/// The longest text of an option.
const MAX_OPTION: usize = 75;

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// The form, filled in as things are.
pub(super) fn view(defaults: &Defaults) -> SlackView {
    let repository = defaults.repository.as_ref().map(|it| choice(&flat(it.as_str(), MAX_OPTION), it.as_str()));
    let search = SlackBlockExternalSelectElement::new()
        .with_action_id(SlackActionId(REPOSITORY.into()))
        .with_placeholder(words("Type a part of its name"))
        .with_min_query_length(1)
        .opt_initial_option(repository);
    let (quiet, verbose) = (choice("What needs me, and the end", "quiet"), choice("Every step", "verbose"));
    let chosen = if defaults.verbose { verbose.clone() } else { quiet.clone() };
    let verbosity = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId(VERBOSITY.into()))
        .with_options(vec![quiet, verbose])
        .with_initial_option(chosen);
    let blocks = vec![
        SlackInputBlock::new(words("Where my requests go"), search.into())
            .with_block_id(SlackBlockId("repository".into()))
            .with_optional(true)
            .with_hint(words("If neither my words nor the channel say so. Leave it empty to be asked."))
            .into(),
        SlackInputBlock::new(words("What I am told"), verbosity.into())
            .with_block_id(SlackBlockId("verbosity".into()))
            .into(),
    ];
    let modal = SlackModalView::new(words("My defaults"), blocks)
        .with_submit(words("Save"))
        .with_close(words("Leave it"))
        .with_callback_id(SlackCallbackId(FORM.into()));
    SlackView::Modal(modal)
}

fn choice(text: &str, value: &str) -> Choice {
    Choice::new(words(text), value.into())
}
