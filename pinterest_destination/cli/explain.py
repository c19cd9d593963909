"""`explain`: where every field that is sent of one event came from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ..destination import Destination
from ..errors import InputError, Problem
from ..plan.legend import legend
from ..plan.narrowed import narrowed, whole
from ..plan.words import before_the_code, before_this_code
from ..plan.writer import Module
from . import _explanation
from ._exits import REFUSED
from ._input import opened
from ._options import dialect_option, input_argument, settings_option, strict_option
from ._output import out, printable
from ._records import event


@click.command(short_help="Tell where each field sent came from.")
@input_argument
@settings_option
@dialect_option
@strict_option
@click.option("--line", type=click.IntRange(min=0), metavar="N", help="Which event: a line of JSON Lines, or an index of an array, as `transform` counts them.")
@click.option("--show-values", is_flag=True, help="Show personal data, too. By default only its digests are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--plan",
    is_flag=True,
    help="Print the Python that the settings are compiled to, below what comes before it (consent, subscriptions) in words. With INPUT, only what this event goes through. Not beside --json or --show-values.",
)
@click.pass_context
def explain(
    ctx: click.Context,
    source: str,
    settings_file: Path,
    dialect: str | None,
    strict: bool,
    line: int | None,
    show_values: bool,
    as_json: bool,
    plan: bool,
) -> None:
    """Tell which rule and which path of one event gave each field that is sent.

    INPUT is a file or "-" (the default) with one event as a JSON object, or with many events of which --line chooses
    one. Each field comes with its value, the path in the event (or what else gave it), the rule in the mapping
    document, and the value's way through the transforms. Personal data is masked.

    \b
    Examples:
      pinterest-destination explain order.json -s settings.json
      pinterest-destination explain events.jsonl --line 17 -s settings.json --json
      pinterest-destination explain order.json -s settings.json --plan

    Exit codes: 0 all good; 1 the event is refused (a problem of severity "error"); 2 wrong use or settings.
    """
    _refuse_beside_plan(plan, {"--json": as_json, "--show-values": show_values})
    destination = Destination.from_file(settings_file, dialect, strict=strict or None)
    strict = strict or destination.settings.strict
    if plan and ctx.get_parameter_source("source") is ParameterSource.DEFAULT and line is None:
        _print_plan(before_the_code(destination.plan, strict=strict), whole(destination.plan))
        return
    chosen = _only(source) if line is None else _chosen(source, line)
    if plan:
        _print_plan(before_this_code(destination.plan, chosen, strict=strict), narrowed(destination.plan, chosen))
        return
    explanation = destination.explain(chosen)
    if as_json:
        out(_explanation.as_json(explanation, show_values))
    elif sys.stdout.isatty():
        _explanation.draw(explanation, show_values)
    else:
        _explanation.write(explanation, show_values)
    if any(problem.severity == "error" for problem in explanation.problems):
        ctx.exit(REFUSED)


def _refuse_beside_plan(plan: bool, others: Mapping[str, bool]) -> None:
    """Refuse options that say how values are shown where code is printed, which has none."""
    given = " and ".join(name for name, is_given in others.items() if is_given)
    if plan and given:
        raise click.UsageError(f"--plan prints Python, which holds no values of events: it goes without {given}")


def _print_plan(before: Iterable[str], code: Module) -> None:
    """Print generated code, and as comments above it what happens *before* it, and what its names stand for."""
    parts = ([*before], [*legend(code)])
    told = ["".join(f"# {printable(line)}\n" for line in lines) for lines in parts if lines]
    out("\n".join([*told, code.text.rstrip()]))


def _only(source: str) -> dict[str, Any]:
    """Read an input that holds one event, which may stand on several lines."""
    with opened(source) as stream:
        data = stream.whole()
    try:
        return event(data)
    except InputError:
        if _holds_many(data):
            raise click.UsageError("INPUT is a list of events: choose one with --line") from None
        raise


def _holds_many(data: bytes) -> bool:
    first, _, rest = data.strip().partition(b"\n")
    return first.startswith(b"[") or bool(rest and _is_event(first))


def _is_event(data: bytes) -> bool:
    try:
        return bool(event(data))
    except InputError:
        return False


def _chosen(source: str, number: int) -> dict[str, Any]:
    """Read one event of many."""
    with opened(source) as stream:
        record = next((record for record in stream.records() if record.number >= number), None)
    if record is None or record.number > number:
        raise click.BadParameter("there is no event at this place of INPUT", param_hint="--line")
    if isinstance(record.content, Problem):
        raise InputError(f"{record.unit} {number}: {record.content.message}")
    return record.content
