//! The exports of a router, as a component.

import { route } from "../src/plugin.js";
import { answer } from "./errors.js";

const GIVES = "`route` has to return a claim, a question or a pass";

export const router = {
  route: (event, config) => answer(() => route(event, JSON.parse(config)), GIVES),
};
