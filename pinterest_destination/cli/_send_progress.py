"""The progress of `send` on standard error: how far the input is read, and what became of its events so far."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from time import monotonic

from ..delivery.delivery import Delivery
from ._delivered import Delivered
from ._input import Input

SendTick = Callable[[Input | None], None]

_EVERY = 0.1
_COUNT_EVERY = 0.5
"""Seconds between two looks into the outbox."""


@contextlib.contextmanager
def ticks(delivered: Delivered, delivery: Delivery, *, quiet: bool) -> Iterator[SendTick]:
    """Give what is called after each record with the input, and with None while waiting; it draws where there is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda events: None
        return
    with _drawn(delivered, delivery) as tick:
        yield tick


@contextlib.contextmanager
def _drawn(delivered: Delivered, delivery: Delivery) -> Iterator[SendTick]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[numbers]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task("reading", total=None, numbers="")
        started, due, count_due, left = monotonic(), 0.0, 0.0, 0

        def tick(events: Input | None) -> None:
            nonlocal due, count_due, left
            now = monotonic()
            if now < due:
                return
            if now >= count_due:
                left, count_due = delivery.left(), now + _COUNT_EVERY
            size = events.size if events else None
            done = events.position() if events and size else None
            bar.update(task, description="reading" if events else "delivering", total=size, completed=done, numbers=_numbers(delivered, left, now - started))
            due = now + _EVERY

        yield tick


def _numbers(delivered: Delivered, left: int, seconds: float) -> str:
    counts = delivered.counts
    handed = sum(counts.values())
    parts = [f"{handed / seconds:,.0f}/s" if seconds else "", f"{counts['delivered']:,} delivered", f"{counts['delivered_with_warning']:,} warned"]
    parts += [f"{counts['rejected']:,} rejected", f"{left:,} waiting"]
    return ", ".join(filter(None, parts))
