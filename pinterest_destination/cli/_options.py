"""Options and arguments that several commands share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from ..settings.dialects import DIALECTS, NATIVE


class Seconds(click.FloatRange):
    """A number of seconds, *min* or more; `nan` and `inf` are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; anything else is wrong use."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)

input_argument = click.argument(
    "source", metavar="[INPUT]", default="-", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)

strict_option = click.option(
    "--strict", is_flag=True, help='Send nothing that the schema of its payload refuses; else as the setting "strict" says.'
)

settings_option = click.option(
    "-s", "--settings", "settings_file", metavar="FILE", required=True, type=existing_file, help="JSON settings."
)

dialect_option = click.option(
    "--dialect",
    type=click.Choice([NATIVE, *DIALECTS]),
    help="The tool that the settings were written for. Default: recognised by their keys.",
)

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")

outbox_option = click.option(
    "--outbox",
    "path",
    metavar="FILE",
    envvar="PINTEREST_OUTBOX",
    show_envvar=True,
    default="pinterest-outbox.sqlite3",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where events wait until they are delivered.",
)
