"""What is in an outbox, as tables for terminals, aligned text for pipes, and JSON Lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import asdict

from ..delivery.outbox import DestinationStatus, Row
from ..delivery.rows import STATES
from ._output import out, printable, styled, to_json

STATE_COLOURS = {
    "waiting": "cyan",
    "sending": "cyan",
    "delivered": "green",
    "delivered_with_warning": "yellow",
    "rejected": "red",
    "unknown": "magenta",
    "expired": "red",
}
_HEADS = {"delivered_with_warning": "WARNED"}
_LIST_HEADS = ("ID", "STATE", "EVENT", "EVENT ID", "TRIES", "FIRST PUT", "CODE", "MESSAGE")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
MASK = "***"


def moment(seconds: float | None) -> str | None:
    """Give a time as ISO 8601 in UTC, to the second."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def length(seconds: float) -> str:
    """Give a length of time in its largest unit: "3h"."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{max(0, int(seconds // size))}{unit}"


def megabytes(number: int) -> str:
    """Give a number of bytes as people say it."""
    return f"{number / 2**20:,.1f} MiB"


def row_json(row: Row, event: Any = None) -> dict[str, Any]:
    """Give a row without its content, times as text; with *event* if there is one to show."""
    values = {name: value for name, value in asdict(row).items() if name != "text"}
    times = {name: moment(values[name]) for name in ("first_put", "expires", "due", "finished")}
    return {**values, **times, **({} if event is None else {"event": event})}


def status_json(status: DestinationStatus) -> dict[str, Any]:
    """Give how things stand with a destination."""
    pause = status.paused and {**asdict(status.paused), "until": moment(status.paused.until)}
    counts: dict[str, int] = {state: status.counts[state] for state in STATES}
    return {"destination": status.name, **counts, "oldest_waiting": moment(status.oldest_waiting), "paused": pause}


def status_table(statuses: Sequence[DestinationStatus], now: float) -> None:
    """Print a line for each destination."""
    heads = ("DESTINATION", *(_HEADS.get(state, state.upper()) for state in STATES), "OLDEST WAITING", "PAUSED")
    _print(heads, [_status_cells(status, now) for status in statuses], numbers=range(1, len(STATES) + 1))


def _status_cells(status: DestinationStatus, now: float) -> tuple[str, ...]:
    oldest = "-" if status.oldest_waiting is None else length(now - status.oldest_waiting)
    paused = "-" if status.paused is None else f"{length(status.paused.until - now)} more: {status.paused.code} {status.paused.message}".rstrip()
    return (status.name, *(f"{status.counts[state]:,}" for state in STATES), oldest, paused)


def rows_table(rows: Sequence[Row]) -> None:
    """Print a line for each row."""
    _print(_LIST_HEADS, [_row_cells(row) for row in rows], numbers=(0, 4), styles=[STATE_COLOURS[row.state] for row in rows])


def _row_cells(row: Row) -> tuple[str, ...]:
    return str(row.id), row.state, row.event_name, row.event_id, str(row.attempts), moment(row.first_put) or "", row.code or "-", row.message or "-"


def _print(heads: Sequence[str], rows: Sequence[tuple[str, ...]], numbers: Sequence[int], styles: Sequence[str] = ()) -> None:
    cells = [tuple(map(printable, row)) for row in rows]
    if sys.stdout.isatty():
        _draw(heads, cells, numbers, styles)
        return
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for row in (heads, *cells):
        out("  ".join(f"{cell:>{width}}" if n in numbers else f"{cell:<{width}}" for n, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip())


def _draw(heads: Sequence[str], rows: Sequence[tuple[str, ...]], numbers: Sequence[int], styles: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number in numbers else "left", overflow="fold")
    for number, row in enumerate(rows):
        table.add_row(*map(Text, row), style=styles[number] if styles else None)
    Console(highlight=False).print(table)


def row_text(row: Row, event: Any) -> None:
    """Print all of one row, then its event."""
    for name, value in row_json(row).items():
        shown = "-" if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)
        out(f"{name:<12}{styled(shown, fg=STATE_COLOURS.get(shown) if name == 'state' else None)}")
    if event is None:
        out("event       - (no longer kept: it was delivered)")
    else:
        out(printable_lines(json.dumps(event, indent=2)))


def printable_lines(text: str) -> str:
    """Escape what a terminal might take for a command, but not the ends of lines."""
    return "\n".join(map(printable, text.split("\n")))


def content(row: Row, show_values: bool) -> Any:
    """Give the event of a row, what it says of the person masked; None when it is no longer kept."""
    if not row.text:
        return None
    event = json.loads(row.text)
    person = event.get("user_data") if isinstance(event, dict) else None
    if show_values or not isinstance(person, Mapping):
        return event
    return {**event, "user_data": dict.fromkeys(person, MASK)}


def print_json(value: object) -> None:
    """Print one line of JSON."""
    out(to_json(value))
