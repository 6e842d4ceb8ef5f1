//! Gathers the sections of a repository's RUNBOOK.md that a request speaks of.
// @ts-check

/** @import { Assembled, Event, Request, Response, Route } from "../sdk/contract" */
import { brought, done, file } from "../sdk/prefetcher.js";

/**
 * Asks for the runbook of the repository the request goes to.
 *
 * @param {Event} _event
 * @param {Route} route
 * @returns {Request[]}
 */
export function plan(_event, route) {
  return route.repository === null ? [] : [file(route.repository, "RUNBOOK.md")];
}

/**
 * Keeps the sections whose headings the request has a word of.
 *
 * @param {Event} event
 * @param {Route} _route
 * @param {{}} _config
 * @param {number} _round
 * @param {Response[]} responses
 * @returns {Assembled}
 */
export function assemble(event, _route, _config, _round, responses) {
  const text = event.text.toLowerCase();
  const items = [];
  for (const [place, response] of responses.entries()) {
    // Whatever else became of it, there is no runbook to read.
    const runbook = brought(response);
    for (const section of runbook?.text.split("\n## ").slice(1) ?? []) {
      const [heading, ...body] = section.split("\n");
      if (text.includes(heading.toLowerCase())) {
        items.push({ title: `Runbook: ${heading}`, text: body.join("\n").trim(), sources: [place], weight: 600 });
      }
    }
  }
  return done(items);
}
