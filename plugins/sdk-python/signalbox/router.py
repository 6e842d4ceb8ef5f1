"""What a router is given and says. Each function fills in what is left out."""

from wit_world.exports.router import (
    Candidate,
    Claim,
    Outcome,
    Outcome_Ask,
    Outcome_Claim,
    Outcome_Pass,
    Place,
    Place_Nowhere,
    Place_Open,
    Place_Repository,
    Question,
)
from wit_world.imports.types import Attr, Event

from signalbox import log
from signalbox.errors import ConfigError, EventError

__all__ = [
    "ConfigError",
    "Event",
    "EventError",
    "Outcome",
    "Place",
    "ask",
    "candidate",
    "claim",
    "log",
    "nowhere",
    "open_",
    "pass_",
    "repository",
]


def claim(
    *,
    score: int,
    reason: str,
    rule: str,
    place: Place | None = None,
    workflow: str | None = None,
    branch: str | None = None,
    inputs: dict[str, str] | None = None,
    matched: list[str] | None = None,
) -> Outcome:
    """The request is for there. What is left out is left open."""
    given = [Attr(key, value) for key, value in (inputs or {}).items()]
    return Outcome_Claim(Claim(workflow, place or open_, branch, given, score, reason, rule, matched or []))


def ask(text: str, *, score: int, candidates: list[Candidate]) -> Outcome:
    """It is for one of these, and only the person can say which."""
    return Outcome_Ask(Question(text, candidates, score))


def candidate(place: Place, reason: str, workflow: str | None = None) -> Candidate:
    """One answer to a question."""
    return Candidate(workflow, place, reason)


def pass_(reason: str) -> Outcome:
    """It is not for this router to say, and why."""
    return Outcome_Pass(reason)


def repository(name: str) -> Place:
    """In a repository, by the name that `event.repositories` has for it."""
    return Place_Repository(name)


nowhere: Place = Place_Nowhere()
"""In none: a question, research, a report."""

open_: Place = Place_Open()
"""Wherever another router says."""
