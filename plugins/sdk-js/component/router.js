//! The exports of a router, as a component.
// @ts-check

/** @import { Event, Outcome } from "./contract" */
import { route as written } from "../src/plugin.js";
import { answer } from "./errors.js";

const GIVES = "`route` has to return a claim, a question or a pass";

/** @type {(event: Event, config: any) => Outcome} */
const route = written;

export const router = {
  route: (/** @type {Event} */ event, /** @type {string} */ config) =>
    answer(() => route(event, JSON.parse(config)), GIVES),
};
