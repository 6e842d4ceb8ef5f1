//! The exports of a prefetcher, as a component.
// @ts-check

/** @import { Assembled, Event, Request, Response, Route } from "./contract" */
import { assemble as assembles, plan as plans } from "../src/plugin.js";
import { answer } from "./errors.js";

const PLANS = "`plan` has to return a list of requests";
const MAKES = "`assemble` has to return `done(…)` or `more(…)`";

/** @type {(event: Event, route: Route, config: any) => Request[]} */
const plan = plans;
/** @type {(event: Event, route: Route, config: any, round: number, responses: Response[]) => Assembled} */
const assemble = assembles;

export const prefetcher = {
  plan: (/** @type {Event} */ event, /** @type {Route} */ route, /** @type {string} */ config) =>
    answer(() => plan(event, route, JSON.parse(config)), PLANS),
  assemble: (
    /** @type {Event} */ event,
    /** @type {Route} */ route,
    /** @type {string} */ config,
    /** @type {number} */ round,
    /** @type {Response[]} */ responses,
  ) => answer(() => assemble(event, route, JSON.parse(config), round, responses), MAKES),
};
