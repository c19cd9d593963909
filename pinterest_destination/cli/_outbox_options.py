"""Options that the commands of `outbox` share: which file, and which of its events."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..delivery.outbox import Filter, Outbox
from ..delivery.rows import STATES

Command = TypeVar("Command", bound=Callable[..., Any])

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d{1,9})([smhdw])")
_LARGEST = 10**12


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read "30m" as 1800.0 seconds."""
    if value is None:
        return None
    found = _AGE.fullmatch(value)
    if found is None:
        raise click.BadParameter(f"found {value!r}; expected a number and s, m, h, d or w, such as 2d")
    return float(int(found[1]) * _SECONDS[found[2]])


row_id = click.IntRange(min=1, max=_LARGEST)
limit_type = click.IntRange(min=1, max=_LARGEST)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
all_option = click.option("--all", "everything", is_flag=True, help="Without a filter: really all events.")

_FILTERS = (
    click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="In this state; may be given several times."),
    click.option("--destination", metavar="NAME", default="", help="For this destination, as `outbox status` names it."),
    click.option("--event", "event_name", metavar="NAME", default="", help="With this event name, as Pinterest gets it."),
    click.option("--event-id", metavar="ID", default="", help="With this event id."),
    click.option("--code", default="", help="With this reason, such as failed or horizon."),
    click.option("--older-than", callback=_age, metavar="AGE", help="First put longer ago than this: 30m, 12h, 2d, 1w."),
    click.option("--id", "ids", multiple=True, type=row_id, metavar="N", help="With this number in the outbox; may be given several times."),
)


def filter_options(command: Command) -> Command:
    """Give a command the options that choose events; it gets them as one `Filter` named *wanted*."""

    @functools.wraps(command)
    def with_filter(**options: Any) -> Any:
        names = ("states", "destination", "event_name", "event_id", "code", "ids")
        age = options.pop("older_than")
        before = None if age is None else time.time() - age
        return command(wanted=Filter(**{name: options.pop(name) for name in names}, before=before), **options)

    for option in reversed(_FILTERS):
        with_filter = option(with_filter)
    return with_filter  # type: ignore[return-value]


def opened(path: Path) -> Outbox:
    """Open the outbox for a look. Raises `OutboxError`, also when there is none: a misspelt name must not make one."""
    return Outbox(path, create=False)
