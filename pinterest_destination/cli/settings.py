"""`settings`: the native form of settings that were written for another tool."""

from __future__ import annotations

import json

import click
from attrs import evolve

from .. import _json
from .._resources import schemas
from ..errors import Fault, SettingsError
from ..settings import Settings, load_settings, to_native
from ._input import opened
from ._options import dialect_option
from ._output import COLOURS, out, problem_text, say, styled

STDIN = "standard input"


@click.command(short_help="Print the native form of settings.")
@click.argument(
    "source", metavar="[FILE]", default="-", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@dialect_option
@click.option("--schema", is_flag=True, help="Print the JSON Schema of native settings instead, for editors.")
def settings(source: str, dialect: str | None, schema: bool) -> None:
    """Print the native form of the settings in FILE ("-", the default, is standard input).

    FILE may be written for RudderStack, Segment or MetaRouter, whose keys are recognised, or be native already. Only
    what differs from the defaults is printed. In place of the token stands a reference to the environment variable
    PINTEREST_CONVERSION_TOKEN. What cannot be taken over is told on standard error.

    \b
    Examples:
      pinterest-destination settings rudderstack.json > settings.json
      pinterest-destination settings --schema > settings.schema.json

    Exit codes: 0 all good; 2 settings that cannot be used.
    """
    if schema:
        out((schemas() / "settings.json").read_text("utf-8").rstrip())
        return
    found = _load(source, dialect)
    for problem in found.problems:
        say(f"{styled(problem.severity, fg=COLOURS[problem.severity])} {problem.code}: {problem_text(problem)}")
    out(json.dumps(to_native(found), indent=2))


def _load(source: str, dialect: str | None) -> Settings:
    if source != "-":
        return Settings.from_file(source, dialect)
    with opened(source) as stdin:
        document = _json.parse(stdin.whole())
    if isinstance(document, Fault):
        raise SettingsError([evolve(document, file=STDIN)])
    return load_settings(document, dialect, file=STDIN)
