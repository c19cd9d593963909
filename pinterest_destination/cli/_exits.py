"""How a command ends when it cannot go on: a message without traceback, and an exit code that scripts can rely on."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import click

from ..errors import DocumentError, InputError
from . import INTERRUPTED
from ._output import say, say_faults

REFUSED = 1
WRONG_USE = 2
READER_GONE = 141
"""What a shell reports of any program that wrote into a closed pipe, so that `pipefail` and its kind treat it alike."""


class Commands(click.Group):
    """A group that turns what may end a command into exit codes; wrong options are click's own, with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DocumentError as error:
            say_faults(error.faults)
            ctx.exit(WRONG_USE)
        except InputError as error:
            say(f"error: {error}", fg="red")
            ctx.exit(REFUSED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _silence()
            ctx.exit(READER_GONE)
        except OSError as error:
            say(f"error: {error.filename or 'the output'}: {error.strerror}", fg="red")
            _silence()
            ctx.exit(WRONG_USE)


def _silence() -> None:
    """Send what is still buffered nowhere, or the interpreter would try to write it at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # a stream without a file behind it needs nothing
            os.dup2(nowhere, stream.fileno())
