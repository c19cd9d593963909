"""How a command ends when it cannot go on: a message without traceback, and an exit code that scripts can rely on."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import click
from click.exceptions import Exit

from ..errors import DeliveryError, DocumentError, InputError
from . import INTERRUPTED
from ._output import printable, say, say_faults, styled

REFUSED = 1
WRONG_USE = 2
BROKEN_OFF = 3
READER_GONE = 141
"""What a shell reports of any program that wrote into a closed pipe, so that `pipefail` and its kind treat it alike."""


class BrokenOff(Exception):
    """The work ends before the input does, for no fault of anybody's events or settings. Its text says why."""


class Commands(click.Group):
    """A group that turns what may end a command into exit codes; wrong options are click's own, with 2."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; --help and --version print."""
        with _endings():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _endings():
            return super().invoke(ctx)


@contextlib.contextmanager
def _endings() -> Iterator[None]:
    try:
        yield
    except DocumentError as error:
        say_faults(error.faults)
        raise Exit(WRONG_USE) from None
    except InputError as error:
        _say_error(str(error))
        raise Exit(REFUSED) from None
    except BrokenOff as error:
        _say_error(str(error))
        raise Exit(BROKEN_OFF) from None
    except DeliveryError as error:
        _say_error(str(error))
        raise Exit(WRONG_USE) from None
    except KeyboardInterrupt:
        _silence()
        raise Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _silence()
        raise Exit(READER_GONE) from None
    except OSError as error:
        _say_error(f"{error.filename or 'the output'}: {error.strerror}")
        _silence()
        raise Exit(WRONG_USE) from None


def _say_error(text: str) -> None:
    say(f"{styled('error', fg='red')}: {printable(text)}")


def _silence() -> None:
    """Send what is still buffered nowhere, or the interpreter would try to write it at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # a stream without a file behind it needs nothing
            os.dup2(nowhere, stream.fileno())
