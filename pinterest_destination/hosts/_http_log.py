"""The log: one line of JSON on standard error for each thing that happens, without a word of what requests hold."""

from __future__ import annotations

import json
import logging
import os
import select
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

Level = Literal["info", "warning", "error"]

_encode = json.JSONEncoder(separators=(",", ":")).encode
_LIBRARIES = ("uvicorn.error", "asyncio")
_TOLD_BETTER = ("Invalid HTTP request received.",)
"""What a library says of that which the service tells itself."""


class Log:
    """Writes lines to the file with the number *descriptor*, each whole and at once, so that processes may share it.

    A log that cannot be written stops nobody, and nobody waits for one whose reader has come to a halt: lines are left
    out, and the next one that goes says how many. A *quiet* one has only warnings and errors.
    """

    def __init__(self, descriptor: int = 2, clock: Callable[[], float] = time.time, *, quiet: bool = False) -> None:
        self._descriptor, self._clock, self._quiet = descriptor, clock, quiet
        self._left_out = 0

    def write(self, level: Level, message: str, **fields: Any) -> None:
        """Write a line with the time, *level*, *message* and *fields*, which are numbers and words of ours alone."""
        if self._quiet and level == "info":
            return
        if not self._has_room():
            self._left_out += 1
            return
        if self._left_out:
            fields, self._left_out = {**fields, "left_out": self._left_out}, 0
        when = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = _encode({"time": when, "level": level, "message": message, "process": os.getpid(), **fields})
        with suppress(OSError):
            os.write(self._descriptor, f"{line}\n".encode("ascii"))

    def _has_room(self) -> bool:
        """Tell whether a line can be written without a wait, where the system can tell."""
        if not hasattr(select, "poll"):
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(0))

    def fault(self, message: str, error: BaseException) -> None:
        """Write that something went wrong by a mistake in the plugin: its kind and place, never its text, which may hold values."""
        self.write("error", message, error=type(error).__name__, place=_place(error))

    def take_over(self) -> None:
        """Have what the libraries say written here as well."""
        for name in _LIBRARIES:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [_Handler(self)], False
            logger.setLevel(logging.WARNING)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""  # noqa: PTH119  # it may be no path


class _Handler(logging.Handler):
    """Takes a record of the `logging` module: of its text only what stands in the library's source."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg in _TOLD_BETTER:
            return
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        # asyncio puts the text of an exception into the message itself; uvicorn's messages are fixed, their arguments are not.
        message = str(record.msg).strip() if record.name == "uvicorn.error" else "a fault in the event loop"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            self._log.write(level, message)
        else:
            self._log.fault(message, error)
