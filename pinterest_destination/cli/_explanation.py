"""An explanation as JSON, as aligned text, and as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import asdict

from ..errors import Problem
from ..insight.fields import field_json
from ..plan.explain import Explained, Explanation, Subscribed
from ._output import COLOURS, out, printable, problem_text, styled, to_json

if TYPE_CHECKING:
    from rich.tree import Tree

CHANNELS = ("browser", "capi")
HEADS = ("FIELD", "VALUE", "FROM", "RULE", "WRITTEN BY", "WAY")
ARROW = " > "
NONE = "-"
_WIDEST = 72
"""What a column grows to: room for a digest. A longer value shifts the rest of its own row only."""


def as_json(explanation: Explanation, show_values: bool) -> str:
    """Give the explanation as one JSON object; a masked value is null."""
    document = {
        "rule": explanation.rule,
        "browser": explanation.browser,
        "capi": explanation.capi,
        "subscriptions": [asdict(subscribed) for subscribed in explanation.subscriptions],
        "fields": [field_json(field, show_values=show_values) for field in _rows(explanation)],
        "problems": [asdict(problem) for problem in explanation.problems],
    }
    return to_json(document)


def write(explanation: Explanation, show_values: bool) -> None:
    """Print the explanation as text, one field per line, in columns."""
    for name, value in _names(explanation):
        out(f"{name:<8} {value}")
    for title, fields in _payloads(explanation):
        out(f"\n{title}")
        _columns([HEADS, *(_cells(field, show_values) for field in fields)])
    _problems(explanation)


def draw(explanation: Explanation, show_values: bool) -> None:
    """Print the explanation as a tree for each channel."""
    from rich.console import Console

    console = Console(highlight=False)
    for name, value in _names(explanation):
        out(f"{name:<8} {styled(value, bold=True)}")
    for title, fields in _payloads(explanation):
        console.print()
        console.print(_tree(title, fields, show_values))
    _problems(explanation)


def _rows(explanation: Explanation) -> tuple[Explained, ...]:
    """Give what each payload is called, and then its fields."""
    return (*explanation.names, *explanation.fields)


def _payloads(explanation: Explanation) -> Iterator[tuple[str, list[Explained]]]:
    """Yield the fields of each channel, and of each subscription there, with a title that says which, and what is not sent."""
    for channel in CHANNELS:
        told: dict[tuple[str, bool], list[Explained]] = {}
        for field in _rows(explanation):
            if field.channel == channel:
                told.setdefault((field.subscription, bool(field.payloads)), []).append(field)
        for (subscription, sent), fields in told.items():
            by = f", by {printable(subscription)}" if subscription else ""
            yield f"{channel}{by}{'' if sent else ', refused and not sent'}", fields


def _tree(title: str, fields: Sequence[Explained], show_values: bool) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(title, "bold cyan"))
    for field in fields:
        output, value, source, rule, entry, way = _cells(field, show_values)
        branch = tree.add(Text.assemble((output, "bold"), " = ", (value, "green")))
        branch.add(Text.assemble("from ", (source, "cyan"), f" by {rule}"))
        branch.add(Text.assemble("way ", way))
        if entry != NONE:
            branch.add(Text.assemble("written by ", entry))
    return tree


def _names(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield the rule and the event's names, for each subscription behind its trigger; "-" where there is none."""
    for made in explanation.subscriptions or (explanation,):
        if isinstance(made, Subscribed):
            yield "trigger", printable(str(made))
        yield "rule", printable(made.rule or NONE)
        yield "browser", printable(", ".join(made.browser) or NONE)
        yield "capi", printable(", ".join(made.capi) or NONE)


def _cells(field: Explained, show_values: bool) -> tuple[str, ...]:
    texts = field.output, field.stages[-1].shown(show_values=show_values), field.source, field.rule, field.entry or NONE
    return tuple(map(printable, (*texts, _way(field, show_values))))


def _way(field: Explained, show_values: bool) -> str:
    return ARROW.join(f"{stage.what} {stage.shown(show_values=show_values)}" for stage in field.stages)


def _columns(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        out("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _problems(explanation: Explanation) -> None:
    if explanation.problems:
        out("\nproblems")
    for problem in explanation.problems:
        out(f"  {_problem(problem)}")


def _problem(problem: Problem) -> str:
    return f"{styled(f'{problem.severity:<7}', fg=COLOURS[problem.severity])}  {problem.code}: {problem_text(problem)}"
