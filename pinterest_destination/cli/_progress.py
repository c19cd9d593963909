"""A progress bar on standard error, for people who wait at a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from ._input import Input

Tick = Callable[[int], None]

_EVERY = 0.1
"""Seconds between two looks at the input's position: often enough for the eye, too seldom to cost anything."""


def wanted(opened: Input, output: Path | None) -> bool:
    """Tell whether a bar can be drawn: its end is known, and it does not run into the output."""
    to_file = output is not None and str(output) != "-"
    return bool(opened.size) and sys.stderr.isatty() and (to_file or not sys.stdout.isatty())


@contextlib.contextmanager
def progress(opened: Input) -> Iterator[Tick]:
    """Draw the bar, gone when all is done; give what tells it the number of events so far."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    quiet: dict[str, Any] = {"auto_refresh": False, "redirect_stdout": False, "redirect_stderr": False}  # and so without a thread: processes may be forked
    with Progress(*columns, console=console, transient=True, **quiet) as bar:
        task = bar.add_task("reading", total=opened.size)
        due = 0.0

        def tick(events: int) -> None:
            nonlocal due
            if monotonic() >= due:
                bar.update(task, completed=opened.position(), description=f"{events:,} events", refresh=True)
                due = monotonic() + _EVERY

        yield tick


def no_progress(events: int) -> None:
    """Draw nothing."""
