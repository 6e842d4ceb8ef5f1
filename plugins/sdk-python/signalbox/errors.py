"""What a plugin raises, and how it reaches its author. Without this, all that is left of an exception is "it trapped"."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports import log
from wit_world.imports.types import PluginError, PluginError_Config, PluginError_Event, PluginError_Internal

T = TypeVar("T")


class ConfigError(Exception):
    """The settings are wrong. Name the setting, what it holds and what it should hold."""


class EventError(Exception):
    """The event is not one the plugin can work with, though its triggers let it through. Say what is odd about it."""


def answer(call: Callable[[], T], kinds: tuple[type, ...], what: str) -> T:
    """Calls `call`; what it raises becomes an error of the contract, with its message and its place."""
    try:
        given = call()
    except Exception as error:
        raise Err(explained(error)) from None
    if not isinstance(given, kinds):
        raise Err(PluginError_Internal(f"{what}; it returned {given!r:.200}"))
    return given


def explained(error: Exception) -> PluginError:
    if isinstance(error, ConfigError):
        return PluginError_Config(str(error))
    if isinstance(error, EventError):
        return PluginError_Event(str(error))
    # The first place is `answer`, above.
    places = list(walk(error.__traceback__))[1:]
    message = f"{type(error).__name__}: {error}"
    log.write(log.Level.ERROR, " | ".join([message, *reversed(places)]))
    return PluginError_Internal(f"{message} at {places[-1]}" if places else message)


def walk(trace: TracebackType | None) -> Iterator[str]:
    """The places an error went through. The module `traceback` would open the sources, and there are no files here."""
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
