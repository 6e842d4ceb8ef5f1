//! Knows one word of the team's, and the repository it means.
// @ts-check

/** @import { Event, Outcome } from "../sdk/contract" */
import { ConfigError, claim, pass, repository } from "../sdk/router.js";

/**
 * Claims the requests that say the word.
 *
 * @param {Event} event
 * @param {{ word: string, repository: string }} config The settings; `plugin.toml` says what they are for.
 * @returns {Outcome}
 */
export function route(event, config) {
  if (!event.repositories.some((known) => known.name === config.repository)) {
    throw new ConfigError(`\`repository\` is ${config.repository}, and there is no such repository here`);
  }
  const words = event.text.split(/[^\p{L}\p{N}-]+/u);
  const said = words.find((word) => word.toLowerCase() === config.word.toLowerCase());
  if (said === undefined) {
    return pass(`nobody says "${config.word}"`);
  }
  return claim({
    place: repository(config.repository),
    score: 750,
    reason: `"${config.word}" means ${config.repository}`,
    rule: "word",
    matched: [said],
  });
}
