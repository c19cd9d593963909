"""`serve`: the HTTP service, in place of a RudderStack transformer or for programs of one's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import SettingsError
from ..settings.dialects import NATIVE
from ..settings.load import load_settings
from ._exits import WRONG_USE
from ._options import Seconds, strict_option
from ._output import out, say, styled

if TYPE_CHECKING:  # it takes long to load, and the other commands have no need of it
    from ..hosts.serving import Running

_MIB = 2**20


def _checked_url(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Take what the setting `delivery.base_url` takes; anything else is wrong use."""
    if value is None:
        return None
    try:
        return load_settings({"delivery": {"base_url": value}}, NATIVE).delivery.base_url
    except SettingsError as error:
        (fault,) = error.faults
        raise click.BadParameter(f"found {fault.found}; expected {fault.expected.removeprefix('null, ')}") from None


@click.command(short_help="Answer over HTTP, also in place of a RudderStack transformer.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all of this machine's.")
@click.option("--port", type=click.IntRange(0, 65535), default=9090, show_default=True, help="Port; 0 for any that is free.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), default=9091, show_default=True, help="Port of GET /metrics.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Worker processes. Default: one for each processor.")
@click.option("--settings-dir", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="JSON settings that requests may name: DIR/NAME.json.")
@click.option("--cache", type=click.IntRange(1), metavar="N", default=256, show_default=True, help="Compiled settings that each worker keeps.")
@click.option("--max-body", type=click.IntRange(1, 1024), metavar="MIB", default=32, show_default=True, help="Size of a request's body.")
@click.option("--max-inflated", type=click.IntRange(1, 4096), metavar="MIB", default=64, show_default=True, help="Size of a gzipped body once it is inflated.")
@click.option("--max-events", type=click.IntRange(1), metavar="N", default=10_000, show_default=True, help="Events in one request.")
@click.option("--max-depth", type=click.IntRange(8, 200), metavar="N", default=200, show_default=True, help="Lists and objects in each other.")
@click.option("--grace", type=Seconds(1), metavar="SECONDS", default=30.0, show_default=True, help="Time that requests get to end after SIGTERM or Ctrl-C.")
@click.option("--stall", type=Seconds(1), metavar="SECONDS", default=60.0, show_default=True, help="Time after which work stands still, and GET /health says so.")
@strict_option
@click.option("--pinterest-url", metavar="URL", callback=_checked_url, help="For tests: deliver everything to this stand-in for Pinterest (see sandbox).")
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:
    """Answer the requests of RudderStack's transformer for Pinterest, and POST /v1/transform, until SIGTERM or Ctrl-C.

    Standard error gets a line of JSON for each request, without personal data. docs/hosts/http.md describes the routes,
    GET /openapi.json the plain API. GET / is the playground, which shows in a browser what becomes of an event.

    \b
    Examples:
      pinterest-destination serve
      pinterest-destination serve --host 0.0.0.0 --workers 4 --settings-dir settings/

    Exit codes: 0 after SIGTERM or Ctrl-C; 2 wrong use, or a port that is taken.
    """
    try:
        from ..hosts._http_body import Limits
        from ..hosts._http_service import Options
        from ..hosts.serving import Where, serve
    except ModuleNotFoundError as error:
        say(f"{styled('error', fg='red')}: The service needs {error.name}: pip install 'pinterest-destination[server]'")
        ctx.exit(WRONG_USE)
    limits = Limits(options["max_body"] * _MIB, options["max_inflated"] * _MIB, options["max_depth"], options["max_events"])
    where = Where(options["host"], options["port"], options["metrics_port"], options["workers"] or _processors(), options["grace"])
    kept = Options(
        limits,
        options["settings_dir"],
        options["cache"],
        stall=options["stall"],
        pinterest_url=options["pinterest_url"],
        strict=options["strict"] or None,
    )
    serve(where, kept, _say_hello)


def _processors() -> int:
    """The processors that this process may use, which in a container are fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _say_hello(running: Running) -> None:
    processes = f"{running.workers} worker{'' if running.workers == 1 else 's'}"
    out(f"{styled('pinterest-destination', bold=True)} at {styled(running.url, fg='cyan')} with {processes}, metrics at {running.metrics_url}. Ctrl-C ends it.")
