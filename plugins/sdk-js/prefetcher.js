//! What a prefetcher asks for, and what it makes of it.
// @ts-check

/** @import { Assembled, Fetched, Item, Request, Response } from "./contract" */

export { ConfigError, EventError } from "./errors.js";
export * as log from "./log.js";

/**
 * One file as text, by its path from the root.
 *
 * @param {string} repository
 * @param {string} path
 * @returns {Request}
 */
export const file = (repository, path) => ({ tag: "file", val: { repository, path } });

/**
 * The paths of the files below a folder, one a line; the root is empty.
 *
 * @param {string} repository
 * @param {string} path
 * @returns {Request}
 */
export const folder = (repository, path) => ({ tag: "folder", val: { repository, path } });

/**
 * A change request with its diff.
 *
 * @param {string} repository
 * @param {number} number
 * @returns {Request}
 */
export const change = (repository, number) => ({ tag: "change", val: { repository, number } });

/**
 * An issue or a change request as people wrote it, a JSON object a line.
 *
 * @param {string} repository
 * @param {number} number
 * @returns {Request}
 */
export const issue = (repository, number) => ({ tag: "issue", val: { repository, number } });

/**
 * The review threads of a change request that nobody has resolved, a JSON object a line.
 *
 * @param {string} repository
 * @param {number} number
 * @returns {Request}
 */
export const remarks = (repository, number) => ({ tag: "remarks", val: { repository, number } });

/**
 * The checks that failed, with the ends of their logs, a JSON object a line: of a change request, or of the commit the
 * run begins at.
 *
 * @param {string} repository
 * @param {number | null} [change]
 * @returns {Request}
 */
export const checks = (repository, change = null) => ({ tag: "checks", val: { repository, change } });

/**
 * Where words occur in a repository's files, a JSON object a line.
 *
 * @param {string} repository
 * @param {string} words
 * @returns {Request}
 */
export const search = (repository, words) => ({ tag: "search", val: { repository, words } });

/**
 * The newest commits that touched a path, a JSON object a line.
 *
 * @param {string} repository
 * @param {string} path
 * @returns {Request}
 */
export const history = (repository, path) => ({ tag: "history", val: { repository, path } });

/**
 * A page, as text.
 *
 * @param {string} url
 * @returns {Request}
 */
export const http = (url) => ({ tag: "http", val: url });

/**
 * The newest messages of the conversation, at most so many.
 *
 * @param {number} most
 * @returns {Request}
 */
export const thread = (most) => ({ tag: "thread", val: most });

/**
 * What a request brought; nothing if it brought none, whatever the reason.
 *
 * @param {Response} response
 * @returns {Fetched | null}
 */
export const brought = ({ outcome }) => (outcome.tag === "ok" ? outcome.val : null);

/**
 * This is all. An item says which responses it was made of (`sources`, from 0), and so how far it is believed.
 *
 * @param {(Pick<Item, "title" | "text" | "sources"> & Partial<Item>)[]} items
 * @returns {Assembled}
 */
export const done = (items) => ({ tag: "done", val: items.map((item) => ({ weight: 500, ...item })) });

/**
 * These are needed too. At most twice: the third round has to be done.
 *
 * @param {Request[]} requests
 * @returns {Assembled}
 */
export const more = (requests) => ({ tag: "more", val: requests });
