"""The exports of a router, as a component."""

import json
from typing import get_args

import plugin
from signalbox.errors import answer
from wit_world import exports
from wit_world.exports.router import Outcome
from wit_world.imports.types import Event

GIVES = "`route` has to return a claim, a question or a pass"


class Router(exports.Router):
    def route(self, event: Event, config: str) -> Outcome:
        return answer(lambda: plugin.route(event, json.loads(config)), get_args(Outcome), GIVES)
