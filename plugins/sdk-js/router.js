//! What a router says. Each function fills in what is left out, and tells a key it does not know.
// @ts-check

/** @import { Candidate, Claim, Outcome, Place, Question } from "./contract" */

export { ConfigError, EventError } from "./errors.js";
export * as log from "./log.js";

/** @type {Claim} */
const CLAIM = {
  workflow: null,
  place: { tag: "open" },
  branch: null,
  inputs: [],
  score: 0,
  reason: "",
  rule: "",
  matched: [],
};

/**
 * The request is for there. What is left out is left open.
 *
 * @param {Pick<Claim, "score" | "reason" | "rule"> & Partial<Claim>} claim
 * @returns {Outcome}
 */
export function claim(claim) {
  return { tag: "claim", val: whole("claim", CLAIM, claim, ["score", "reason", "rule"]) };
}

/**
 * It is for one of these, and only the person can say which.
 *
 * @param {Pick<Question, "text" | "score"> & { candidates: (Pick<Candidate, "place" | "reason"> & Partial<Candidate>)[] }} question
 * @returns {Outcome}
 */
export function ask({ text, score, candidates }) {
  /** @type {Candidate} */
  const empty = { workflow: null, place: { tag: "open" }, reason: "" };
  return {
    tag: "ask",
    val: { text, score, candidates: candidates.map((it) => whole("candidate", empty, it, ["place", "reason"])) },
  };
}

/**
 * It is not for this router to say, and why.
 *
 * @param {string} reason
 * @returns {Outcome}
 */
export const pass = (reason) => ({ tag: "pass", val: reason });

/**
 * In a repository, by the name that `event.repositories` has for it.
 *
 * @param {string} name
 * @returns {Place}
 */
export const repository = (name) => ({ tag: "repository", val: name });

/** In none: a question, research, a report. @type {Place} */
export const nowhere = { tag: "nowhere" };

/** Wherever another router says. @type {Place} */
export const open = { tag: "open" };

/**
 * @template {object} T
 * @param {string} what
 * @param {T} empty
 * @param {Partial<T>} given
 * @param {(keyof T)[]} needed
 * @returns {T}
 */
function whole(what, empty, given, needed) {
  for (const key of Object.keys(given)) {
    if (!(key in empty)) {
      throw new TypeError(`a ${what} has no \`${key}\`; it has ${Object.keys(empty).join(", ")}`);
    }
  }
  for (const key of needed) {
    if (given[key] === undefined) throw new TypeError(`a ${what} needs its \`${String(key)}\``);
  }
  return { ...empty, ...given };
}
