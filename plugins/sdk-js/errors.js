//! What a plugin throws, and how it reaches its author. Without this, all that is left of an exception is "it trapped".
// @ts-check

import { write } from "./log.js";

/** The settings are wrong. Name the setting, what it holds and what it should hold. */
export class ConfigError extends Error {}

/** The event is not one the plugin can work with, though its triggers let it through. Say what is odd about it. */
export class EventError extends Error {}

/**
 * Calls `call`; what it throws becomes an error of the contract, with its message and its place.
 *
 * @template T
 * @param {() => T} call
 * @param {string} what The function that was called, and what it may return.
 * @returns {T}
 */
export function answer(call, what) {
  let given;
  try {
    given = call();
  } catch (error) {
    throw explained(error);
  }
  if (given === undefined || given === null) {
    throw { tag: "internal", val: `${what}; it returned ${given}` };
  }
  return given;
}

/** @param {unknown} error */
function explained(error) {
  if (error instanceof ConfigError) return { tag: "config", val: error.message };
  if (error instanceof EventError) return { tag: "event", val: error.message };
  if (!(error instanceof Error)) return { tag: "internal", val: `it threw ${JSON.stringify(error)}` };
  const stack = (error.stack ?? "").trim().split("\n").map((line) => line.trim());
  write("error", [String(error), ...stack].join(" | "));
  return { tag: "internal", val: [String(error), stack[0]].filter(Boolean).join(" ") };
}
