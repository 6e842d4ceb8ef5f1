"""Gathers the sections of a repository's RUNBOOK.md that a request speaks of."""

from signalbox.prefetcher import Assembled, Event, Request, Response, Route, brought, done, file, item


def plan(event: Event, route: Route, config: dict) -> list[Request]:
    """Asks for the runbook of the repository the request goes to."""
    return [file(route.repository, "RUNBOOK.md")] if route.repository else []


def assemble(event: Event, route: Route, config: dict, round: int, responses: list[Response]) -> Assembled:
    """Keeps the sections whose headings the request has a word of."""
    text = event.text.lower()
    items = []
    for place, response in enumerate(responses):
        runbook = brought(response)
        if runbook is None:
            continue  # whatever else became of it, there is no runbook to read
        for section in runbook.text.split("\n## ")[1:]:
            heading, _, body = section.partition("\n")
            if heading.lower() in text:
                items.append(item(f"Runbook: {heading}", body.strip(), sources=[place], weight=600))
    return done(items)
