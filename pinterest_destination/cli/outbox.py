"""`outbox`: what waits, what came of it, and what a person can do about the rest."""

from __future__ import annotations

import contextlib
import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import click
from attrs import evolve

from ..delivery.outbox import Filter, Outbox, State
from ..delivery.rows import DEAD, DELIVERED
from . import _outbox_table as table
from ._exits import REFUSED
from ._options import outbox_option
from ._outbox_options import (
    all_option,
    filter_options,
    json_option,
    limit_type,
    opened,
    row_id,
    yes_option,
)
from ._output import out, say

_PRIVATE = 0o600


@click.group(short_help="See and mend what waits to be delivered.")
def outbox() -> None:
    """See what waits in an outbox, what came of it, and try again or remove the rest.

    Every event that `send` accepts stays in the outbox until it has an outcome. Rejected, unknown and expired events
    stay there for a person to decide. COMMAND --help tells more of each command.

    \b
    Examples:
      pinterest-destination outbox status
      pinterest-destination outbox list --state rejected
      pinterest-destination outbox show 17
      pinterest-destination outbox retry --state expired --older-than 1d

    Exit codes: 0 all good; 1 an event asked for is not there; 2 wrong use, or an outbox that cannot be used.
    """


@outbox.command(short_help="Count the events of each destination.")
@outbox_option
@json_option
def status(path: Path, as_json: bool) -> None:
    """Count the events of each destination by state, and tell how long the oldest waits and whether it is paused.

    \b
    Examples:
      pinterest-destination outbox status
      pinterest-destination outbox status --outbox /var/lib/shop/outbox.sqlite3 --json
    """
    with opened(path) as box:
        statuses = box.destinations()
        used = box.used()
    if as_json:
        for one in statuses:
            table.print_json(table.status_json(one))
        return
    if statuses:
        table.status_table(statuses, time.time())
    out(f"{path}: {table.megabytes(used)}{'' if statuses else ', no events'}")


@outbox.command("list", short_help="List events.")
@outbox_option
@filter_options
@click.option("--limit", type=limit_type, default=50, show_default=True, metavar="N", help="How many at most.")
@json_option
def list_events(path: Path, wanted: Filter, limit: int, as_json: bool) -> None:
    """List the events that all given filters let pass, in the order in which they were put, without their content.

    \b
    Examples:
      pinterest-destination outbox list --state rejected --state unknown
      pinterest-destination outbox list --event checkout --older-than 2h --json
    """
    with opened(path) as box:
        rows = list(box.rows(wanted, limit + 1))
    if as_json:
        for row in rows[:limit]:
            table.print_json(table.row_json(row))
    elif rows:
        table.rows_table(rows[:limit])
    if not rows:
        say("no such events")
    if len(rows) > limit:
        say(f"there are more than these {limit:,}; --limit shows them")


@outbox.command(short_help="Show events with their content.")
@click.argument("ids", nargs=-1, required=True, metavar="ID...", type=row_id)
@outbox_option
@click.option("--show-values", is_flag=True, help="Show user_data, too: digests, IP address, user agent.")
@json_option
@click.pass_context
def show(ctx: click.Context, ids: tuple[int, ...], path: Path, show_values: bool, as_json: bool) -> None:
    """Show all that the outbox knows of events, by their numbers in `outbox list`, and the events as Pinterest gets them.

    What user_data holds is masked. A delivered event has no content any more.

    \b
    Example:
      pinterest-destination outbox show 17 18

    Exit codes: 0 all good; 1 one of them is not there; 2 wrong use, or an outbox that cannot be used.
    """
    with opened(path) as box:
        rows = {row.id: row for row in box.rows(Filter(ids=ids))}
    for number, row in enumerate(rows.values()):
        event = table.content(row, show_values)
        if as_json:
            table.print_json(table.row_json(row, event))
            continue
        out("") if number else None
        table.row_text(row, event)
    if missing := [str(one) for one in ids if one not in rows]:
        say(f"not in the outbox: {', '.join(missing)}")
        ctx.exit(REFUSED)


@outbox.command(short_help="Send refused events once more.")
@outbox_option
@filter_options
@all_option
@yes_option
def retry(path: Path, wanted: Filter, everything: bool, yes: bool) -> None:
    """Send rejected, unknown and expired events back to wait, with a fresh horizon; `send` delivers them.

    An unknown event is an offline event that Pinterest may have counted: to send it again may count it twice. Of an
    event that is there several times, the latest copy goes, and none when one waits or is delivered.

    \b
    Examples:
      pinterest-destination outbox retry --state expired
      pinterest-destination outbox retry --code failed --event checkout --yes
    """
    with opened(path) as box:
        _on_purpose(wanted, everything)
        chosen = _counted(box, wanted, DEAD)
        unknown = box.count(evolve(wanted, states=("unknown",)))["unknown"] if chosen.get("unknown") else 0
        doubtful = unknown + (sum(row.attempts > 0 for row in box.rows(evolve(wanted, states=("expired",)))) if chosen.get("expired") else 0)
        note = f"; {doubtful:,} of them may have been counted already, and Pinterest recognises no repeat of them any more" if doubtful else ""
        if _agreed(f"send {_told(chosen)} once more{note}", chosen, yes):
            out(f"{box.retry(wanted):,} events wait again")


@outbox.command(short_help="Remove events for good.")
@outbox_option
@filter_options
@all_option
@yes_option
def purge(path: Path, wanted: Filter, everything: bool, yes: bool) -> None:
    """Remove events for good. Those that wait or are being sent are spared, unless --state names their state.

    A delivered event that is removed is no longer known: put again, it is sent again.

    \b
    Examples:
      pinterest-destination outbox purge --state rejected --older-than 1w
      pinterest-destination outbox purge --destination v5/549755885175 --state waiting --yes
    """
    with opened(path) as box:
        _on_purpose(wanted, everything)
        chosen = _counted(box, wanted, wanted.states or (*DELIVERED, *DEAD))
        if _agreed(f"remove {_told(chosen)} for good", chosen, yes):
            out(f"{box.purge(wanted):,} events removed")
            box.sweep()


@outbox.command(short_help="End the pause of a destination.")
@outbox_option
@click.option("--destination", metavar="NAME", default="", help="Only of this one; else of all.")
def resume(path: Path, destination: str) -> None:
    """End the pause that a refused token or ad account brings, once that is mended. Else it ends by itself.

    \b
    Example:
      pinterest-destination outbox resume
    """
    with opened(path) as box:
        paused = [one.name for one in box.destinations() if one.paused and destination in ("", one.name)]
        for name in paused:
            box.resume(name)
            out(f"{name}: resumed")
    if not paused:
        say("nothing is paused")


@outbox.command(short_help="Write events as JSON Lines.")
@outbox_option
@filter_options
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), help="Where to write, readable for you alone; gzipped if it ends in .gz. Default: standard output.")
@click.option("--limit", type=limit_type, metavar="N", help="How many at most. Default: all.")
def export(path: Path, wanted: Filter, output: Path | None, limit: int | None) -> None:
    """Write the content of events, one Conversions API event on each line, personal data as it stands there.

    Delivered events have no content any more, and are left out.

    \b
    Examples:
      pinterest-destination outbox export --state rejected -o rejected.jsonl
      pinterest-destination outbox export --state unknown | jq .event_id
    """
    with opened(path) as box, _lines(output, box.path) as write:
        gone = 0
        for row in box.rows(wanted, limit):
            if row.text:
                write(row.text.encode() + b"\n")
            gone += not row.text
    if gone:
        say(f"{gone:,} delivered events have no content any more")


@contextlib.contextmanager
def _lines(output: Path | None, box: Path) -> Iterator[Callable[[bytes], object]]:
    """Give what writes to *output*, a file that others cannot read. Raises `UsageError` rather than overwrite the outbox."""
    if output is None or str(output) == "-":
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    if output.resolve() in (box, *(box.with_name(f"{box.name}-{end}") for end in ("wal", "shm"))) or (output.exists() and output.samefile(box)):
        raise click.UsageError("--output is the outbox itself")
    with _private(output) as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) if output.suffix == ".gz" else file as lines:
        yield lines.write


def _private(output: Path) -> BinaryIO:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    output.chmod(_PRIVATE)  # it may have been there
    return os.fdopen(descriptor, "wb")


def _on_purpose(wanted: Filter, everything: bool) -> None:
    if wanted == Filter() and not everything:
        raise click.UsageError("choose events with a filter, such as --state; --all stands for all of them")


def _counted(box: Outbox, wanted: Filter, states: tuple[State, ...]) -> dict[State, int]:
    """Give how many events there are to change, by state."""
    found = box.count(wanted)
    return {state: found[state] for state in states if found[state]}


def _told(chosen: Mapping[State, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in chosen.items())


def _agreed(what: str, chosen: Mapping[State, int], yes: bool) -> bool:
    """Say what is to be done, and ask. Raises `UsageError` where nobody can answer, and --yes was not given."""
    if not any(chosen.values()):
        say("no such events")
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"this would {what}; add --yes to do it")
    return click.confirm(f"This will {what}. Go on?", err=True)
