"""Standard streams that the caller has closed (`>&-`): nothing else may take their numbers, and using one is an error to be told."""

from __future__ import annotations

import os
import sys

_STREAMS = (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
"""In the order of their numbers. Opened the wrong way round, a stream fails as a closed one does; messages alone go nowhere."""


def fill_closed_streams() -> None:
    """Open something under the number of each closed standard stream: a file opened next would get it, and what is meant for the stream."""
    for number, (name, mode, flags) in enumerate(_STREAMS):
        if getattr(sys, name) is None and _is_free(number):
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  # open as long as the process is


def _is_free(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False  # a host that runs without streams of its own has put something else there
