"""The group of all commands. ADD A COMMAND HERE: one module, and one line below."""

from __future__ import annotations

import click

from .. import __version__
from ._exits import Commands
from .check import check
from .explain import explain
from .outbox import outbox
from .page import page
from .playground import playground
from .sandbox import sandbox
from .send import send
from .serve import serve
from .settings import settings
from .transform import transform


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all good; 1 some events refused; 2 wrong use or settings; 130 after Ctrl-C; 141 when the "
    "reader of the output has gone.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Turn customer data events into pintrk calls and Pinterest Conversions API events.

    For events, "-" stands for standard input or output. JSON Lines and JSON arrays are read, plain or gzipped.
    """


for command in (transform, send, page, check, explain, settings, outbox, sandbox, serve, playground):
    app.add_command(command)
