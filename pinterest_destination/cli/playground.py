"""`playground`: the HTTP service on this machine alone, for its page, in the browser."""

from __future__ import annotations

import json
import sys
import webbrowser
from typing import TYPE_CHECKING

import click

from ..destination import Destination
from ._exits import WRONG_USE
from ._output import out, say, styled

if TYPE_CHECKING:  # it takes long to load, and the other commands have no need of it
    from ..hosts.serving import Running


@click.command(short_help="Open a page that shows what becomes of an event.")
@click.option("--port", type=click.IntRange(0, 65535), default=9092, show_default=True, help="Port on 127.0.0.1; 0 for any that is free.")
@click.option("--open/--no-open", "opens", default=True, help="Open the page in the browser; otherwise only its address is printed.")
@click.pass_context
def playground(ctx: click.Context, port: int, opens: bool) -> None:
    """Show what an event becomes as you type it: tag calls, Conversions API events, page code, problems, and where each field came from.

    The page is served on 127.0.0.1, by one process, until Ctrl-C. Nothing is sent to anybody, and nothing on the page
    comes from elsewhere. `serve` has the same page at its address.

    \b
    Examples:
      pinterest-destination playground
      pinterest-destination playground --port 0 --no-open

    Exit codes: 0 after SIGTERM or Ctrl-C; 2 wrong use, or a port that is taken.
    """
    try:
        from ..hosts._http_service import Options
        from ..hosts.serving import Where, serve
    except ModuleNotFoundError as error:
        say(f"{styled('error', fg='red')}: The playground needs {error.name}: pip install 'pinterest-destination[server]'")
        ctx.exit(WRONG_USE)
    _prepare()
    serve(Where("127.0.0.1", port, metrics_port=0, workers=1, grace=2.0), Options(quiet=True), lambda running: _ready(running, opens))


def _prepare() -> None:
    """Work out what the page asks for first before anybody waits for it; the process that answers begins with what this one has."""
    from ..insight.answer import answer
    from ..playground.files import files

    example = json.loads(files()["examples.json"].content)["examples"][0]
    answer(Destination(example["settings"]), example["event"])


def _ready(running: Running, opens: bool) -> None:
    out(f"{styled('playground', bold=True)} at {styled(f'{running.url}/', fg='cyan')}. Ctrl-C ends it.")
    sys.stdout.flush()
    if opens:
        webbrowser.open(f"{running.url}/")
