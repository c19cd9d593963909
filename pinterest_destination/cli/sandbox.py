"""`sandbox`: a stand-in for Pinterest on this machine, to send events to without anybody counting them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from attrs import asdict

from .. import _json, errors
from ._exits import WRONG_USE
from ._interrupt import Interrupt
from ._options import existing_file, quiet_option
from ._output import out, say, styled, to_json

if TYPE_CHECKING:  # it takes long to load, and the other commands have no need of it
    from ..delivery.sandbox import Exchange, Fault, Received, Sandbox, Totals

KEPT = 10_000
"""Events and requests that the page and GET /events know of; a sandbox may run for days."""

_PATIENCE = 0.1
"""Seconds between two looks at whether it is to end."""

Arrival: TypeAlias = "tuple[Exchange, Sequence[Received]]"


@click.command(short_help="Stand in for Pinterest on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="Port on 127.0.0.1; 0 for any that is free.")
@click.option("--token", metavar="TOKEN", help='The only token that is good; "" for any. Default: sandbox-token.')
@click.option("--account", "accounts", metavar="ID", multiple=True, help="An ad account that there is; may be repeated. Default: any.")
@click.option("--calls-per-minute", type=click.IntRange(1), default=5000, show_default=True, help="Calls of one account before 429.")
@click.option("--mixed", type=click.Choice(["422", "200"]), default="422", show_default=True, help="HTTP status where some events of a request fail.")
@click.option("--script", "script_file", metavar="FILE", type=existing_file, help="JSON: the faults that the first requests meet.")
@click.option("--save", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where to add every event that arrives, as JSON Lines.")
@quiet_option
@click.pass_context
def sandbox(
    ctx: click.Context, /, token: str | None, accounts: tuple[str, ...], script_file: Path | None, save: Path | None, quiet: bool, **options: Any
) -> None:
    """Answer Conversions API requests as Pinterest does, until SIGTERM or Ctrl-C. Nothing leaves this machine.

    Events are checked, and duplicates found, as Pinterest does it. The page at the printed URL shows what arrived. Each
    request is one line on standard error, without personal data.

    \b
    FILE of --script holds a fault, or a list of them, in the order in which requests meet them:
      [{"status": 503}, {"reset": "answer", "times": 2}, {"delay": 5}]
    More can be added to a running sandbox with POST /_script. docs/sandbox.md lists all fields.

    \b
    FILE of --save gets one line for each event, as it comes in:
      {"fate": "accepted", "request": 1, "at": 1795341600.5, "account": "549755885175", "event": {...}}

    \b
    Examples:
      pinterest-destination sandbox
      pinterest-destination sandbox --port 0 --script faults.json --save received.jsonl

    Exit codes: 0 after SIGTERM or Ctrl-C; 2 wrong use, a port that is taken, or a file that cannot be written.
    """
    arrivals: SimpleQueue[Arrival] = SimpleQueue()
    faults = _faults(script_file)
    if token is not None:
        options["token"] = token or None
    made = _made(ctx, **options, accounts=accounts or None, keep=KEPT, observer=lambda *arrival: arrivals.put(arrival))
    made.script(*faults)
    with _saving(save) as write:
        with made, Interrupt((signal.SIGINT, signal.SIGTERM)) as interrupt:
            _say_hello(made.url, token, accounts)
            for arrival in _following(arrivals, interrupt):
                _tell(arrival, write, quiet)
        for arrival in _left(arrivals):
            _tell(arrival, write, quiet)
    if not quiet:
        say(_sums(made.totals))


def _made(ctx: click.Context, **options: Any) -> Sandbox:
    from ..delivery.sandbox import Sandbox

    try:
        return Sandbox(**options)
    except ModuleNotFoundError as error:
        say(f"{styled('error', fg='red')}: {error}")
        ctx.exit(WRONG_USE)


def _faults(path: Path | None) -> Sequence[Fault]:
    """Read the script. Raises `DocumentError`."""
    from ..delivery.sandbox import read_faults

    if path is None:
        return ()
    document = _json.parse(path.read_bytes())
    if isinstance(document, errors.Fault):
        raise errors.DocumentError([errors.Fault("", document.found, "a fault, or a list of faults", file=str(path))])
    return read_faults(document, str(path))


@contextlib.contextmanager
def _saving(path: Path | None) -> Iterator[Any]:
    """Give what adds a line to *path*, readable for its owner only: events hold addresses of the net and digests."""
    if path is None:
        yield None
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as file:
        yield lambda value: file.write(f"{to_json(value)}\n".encode("ascii"))


def _following(arrivals: SimpleQueue[Arrival], interrupt: Interrupt) -> Iterator[Arrival]:
    """Yield what arrives until SIGTERM or Ctrl-C, which must not come between taking an arrival and telling of it."""
    while not interrupt.presses:
        with contextlib.suppress(Empty):
            yield arrivals.get(timeout=_PATIENCE)


def _left(arrivals: SimpleQueue[Arrival]) -> Iterator[Arrival]:
    with contextlib.suppress(Empty):
        while True:
            yield arrivals.get_nowait()


def _say_hello(url: str, token: str | None, accounts: Sequence[str]) -> None:
    secret = {"env": "PINTEREST_CONVERSION_TOKEN"} if token else "sandbox-token"
    settings = {"ad_account_id": accounts[0] if accounts else "549755885175", "conversion_token": secret, "delivery": {"base_url": url}}
    out(f"{styled('Pinterest sandbox', bold=True)} at {styled(url, fg='cyan')}, page and API. Ctrl-C ends it. Settings that send there:")
    out(json.dumps(settings, indent=2))


def _tell(arrival: Arrival, write: Any, quiet: bool) -> None:
    exchange, received = arrival
    for row in received if write else ():
        write({"fate": row.fate, **asdict(row, recurse=False)})
    if not quiet:
        say(_line(exchange))


def _line(exchange: Exchange) -> str:
    fates = (("accepted", exchange.accepted), ("duplicate", exchange.duplicates), ("refused", exchange.refused), ("test", exchange.test))
    told = ", ".join(f"{count} {fate}" for fate, count in fates if count)
    colour = "green" if 200 <= exchange.status < 300 else "red" if exchange.status else "yellow"
    parts = [f"{exchange.events} event{'' if exchange.events == 1 else 's'}{f': {told}' if told else ''}", f"[{exchange.fault}]" if exchange.fault else "", exchange.message]
    status = styled(str(exchange.status or "---"), fg=colour)
    return f"{datetime.fromtimestamp(exchange.at, UTC):%H:%M:%S} #{exchange.number} {status} {styled('  '.join(filter(None, parts)))}"


def _sums(totals: Totals) -> str:
    fates = f"{totals.accepted} accepted, {totals.duplicates} duplicate, {totals.refused} refused, {totals.test} test"
    return f"{totals.requests} requests, {totals.received} events: {fates}"
