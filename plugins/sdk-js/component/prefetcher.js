//! The exports of a prefetcher, as a component.

import { assemble, plan } from "../src/plugin.js";
import { answer } from "./errors.js";

const PLANS = "`plan` has to return a list of requests";
const MAKES = "`assemble` has to return `done(…)` or `more(…)`";

export const prefetcher = {
  plan: (event, route, config) => answer(() => plan(event, route, JSON.parse(config)), PLANS),
  assemble: (event, route, config, round, responses) =>
    answer(() => assemble(event, route, JSON.parse(config), round, responses), MAKES),
};
