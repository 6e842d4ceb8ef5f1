"""Knows one word of the team's, and the repository it means."""

import re

from signalbox.router import ConfigError, Event, Outcome, claim, pass_, repository


def route(event: Event, config: dict) -> Outcome:
    """Claims the requests that say the word. `plugin.toml` says what the settings are for."""
    if not any(known.name == config["repository"] for known in event.repositories):
        raise ConfigError(f"`repository` is {config['repository']}, and there is no such repository here")
    words = re.split(r"[^\w-]+", event.text)
    said = next((word for word in words if word.lower() == config["word"].lower()), None)
    if said is None:
        return pass_(f'nobody says "{config["word"]}"')
    return claim(
        place=repository(config["repository"]),
        score=750,
        reason=f'"{config["word"]}" means {config["repository"]}',
        rule="word",
        matched=[said],
    )
