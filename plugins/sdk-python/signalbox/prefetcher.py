"""What a prefetcher is given, asks for, and makes of it."""

from wit_world.exports.prefetcher import (
    Assembled,
    Assembled_Done,
    Assembled_More,
    Fetched,
    File,
    Item,
    Numbered,
    Outcome_Ok,
    Request,
    Request_Change,
    Request_Checks,
    Request_File,
    Request_Folder,
    Request_History,
    Request_Http,
    Request_Issue,
    Request_Remarks,
    Request_Search,
    Request_Thread,
    Response,
    Revision,
    Route,
    Search,
)
from wit_world.imports.types import Event

from signalbox import log
from signalbox.errors import ConfigError, EventError

__all__ = [
    "Assembled",
    "ConfigError",
    "Event",
    "EventError",
    "Fetched",
    "Request",
    "Response",
    "Route",
    "brought",
    "change",
    "checks",
    "done",
    "file",
    "folder",
    "history",
    "http",
    "issue",
    "item",
    "log",
    "more",
    "remarks",
    "search",
    "thread",
]


def file(repository: str, path: str) -> Request:
    """One file as text, by its path from the root."""
    return Request_File(File(repository, path))


def folder(repository: str, path: str) -> Request:
    """The paths of the files below a folder, one a line; the root is empty."""
    return Request_Folder(File(repository, path))


def change(repository: str, number: int) -> Request:
    """A change request with its diff."""
    return Request_Change(Numbered(repository, number))


def issue(repository: str, number: int) -> Request:
    """An issue or a change request as people wrote it, a JSON object a line."""
    return Request_Issue(Numbered(repository, number))


def remarks(repository: str, number: int) -> Request:
    """The review threads of a change request that nobody has resolved, a JSON object a line."""
    return Request_Remarks(Numbered(repository, number))


def checks(repository: str, change: int | None = None) -> Request:
    """The checks that failed, with the ends of their logs: of a change request, or of the commit the run begins at."""
    return Request_Checks(Revision(repository, change))


def search(repository: str, words: str) -> Request:
    """Where words occur in a repository's files, a JSON object a line."""
    return Request_Search(Search(repository, words))


def history(repository: str, path: str) -> Request:
    """The newest commits that touched a path, a JSON object a line."""
    return Request_History(File(repository, path))


def http(url: str) -> Request:
    """A page, as text."""
    return Request_Http(url)


def thread(most: int) -> Request:
    """The newest messages of the conversation, at most so many."""
    return Request_Thread(most)


def brought(response: Response) -> Fetched | None:
    """What a request brought; nothing if it brought none, whatever the reason."""
    return response.outcome.value if isinstance(response.outcome, Outcome_Ok) else None


def item(title: str, text: str, sources: list[int], weight: int = 500) -> Item:
    """A piece of context. `sources` are the responses it was made of, from 0: they say how far it is believed."""
    return Item(title, text, sources, weight)


def done(items: list[Item]) -> Assembled:
    """This is all."""
    return Assembled_Done(items)


def more(requests: list[Request]) -> Assembled:
    """These are needed too. At most twice: the third round has to be done."""
    return Assembled_More(requests)
