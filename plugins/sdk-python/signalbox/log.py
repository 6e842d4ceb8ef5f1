"""Lines kept next to the decision, where `signalbox why` shows them: 64 of them and 8 KiB a call."""

from wit_world.imports import log


def debug(line: str) -> None:
    """For the author, while writing the plugin."""
    log.write(log.Level.DEBUG, line)


def info(line: str) -> None:
    """Worth reading next to the decision."""
    log.write(log.Level.INFO, line)


def warn(line: str) -> None:
    """Something is wrong, and the call gives an answer anyway."""
    log.write(log.Level.WARN, line)
