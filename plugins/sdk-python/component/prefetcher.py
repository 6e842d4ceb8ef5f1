"""The exports of a prefetcher, as a component."""

import json
from typing import get_args

import plugin
from signalbox.errors import answer
from wit_world import exports
from wit_world.exports.prefetcher import Assembled, Request, Response, Route
from wit_world.imports.types import Event

PLANS = "`plan` has to return a list of requests"
MAKES = "`assemble` has to return `done(…)` or `more(…)`"


class Prefetcher(exports.Prefetcher):
    def plan(self, event: Event, route: Route, config: str) -> list[Request]:
        return answer(lambda: plugin.plan(event, route, json.loads(config)), (list,), PLANS)

    def assemble(self, event: Event, route: Route, config: str, round: int, responses: list[Response]) -> Assembled:
        call = lambda: plugin.assemble(event, route, json.loads(config), round, responses)
        return answer(call, get_args(Assembled), MAKES)
