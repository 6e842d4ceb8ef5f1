//! Lines kept next to the decision, where `signalbox why` shows them: 64 of them and 8 KiB a call.
// @ts-check

// @ts-ignore: the host's, there only inside a component.
import log from "signalbox:plugin/log@0.1.0";

/**
 * @param {"debug" | "info" | "warn" | "error"} level
 * @param {string} line
 */
export function write(level, line) {
  log.write(level, String(line));
}

/** For the author, while writing the plugin. @param {string} line */
export const debug = (line) => write("debug", line);
/** Worth reading next to the decision. @param {string} line */
export const info = (line) => write("info", line);
/** Something is wrong, and the call gives an answer anyway. @param {string} line */
export const warn = (line) => write("warn", line);
