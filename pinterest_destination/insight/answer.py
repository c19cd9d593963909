"""All that is to be known of one event under one destination, as one JSON answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict

from ..destination import Conversion, Destination
from ..errors import Problem, SettingsError
from ..plan import Plan
from ..plan.explain import Explained, identifiers
from ..rules.path import parse
from .fields import field_json
from .matching import matching
from .places import places

MOST_ITEMS = 50
"""Products whose fields are explained; an order of a thousand would have ten thousand fields."""
MOST_FIELDS = 1000
"""Explained fields in one answer; a visitor may have any number of traits."""


def answer(destination: Destination, event: Any) -> dict[str, Any]:
    """Tell what *event* becomes and why.

    Gives `pintrk` and `capi` as `transform` does, `consent` (true, false; None where nobody asks), `page` (the code of a
    page with this one event), `problems` of the event and of the settings, `problem_places` (where in the event each is),
    `names`, `fields` (where each came from; a person's values in clear are null), how much is `left_out` of these, and
    `matching`. Never raises for what an event holds.
    """
    made = destination.transform(event)
    explanation = destination.explain(event, items=MOST_ITEMS)
    fields = sorted((*explanation.names, *explanation.fields), key=_row)
    return {
        "pintrk": made.pintrk,
        "capi": made.capi,
        "consent": made.consent,
        "page": _page(destination, event, made),
        "problems": [asdict(problem) for problem in made.problems],
        "problem_places": [_place(problem, event) for problem in made.problems],
        "settings_problems": [asdict(problem) for problem in destination.problems],
        "names": {"rule": explanation.rule, "subscriptions": list(map(str, explanation.subscriptions))},
        "fields": [{**field_json(one), "places": places(one.paths, event)} for one in fields[:MOST_FIELDS]],
        "left_out": {"items": explanation.items_left_out, "fields": max(0, len(fields) - MOST_FIELDS)},
        "matching": _matching(destination.plan, made, event),
    }


def _place(problem: Problem, event: Any) -> str | None:
    """Give the JSON pointer of what a problem is about, None where nothing stands there."""
    try:
        return next(iter(places([parse(problem.path, "any_spelling")], event)), None)
    except ValueError:  # no path: it is about the whole
        return None


def _matching(plan: Plan, made: Conversion, event: Any) -> dict[str, Any]:
    if not isinstance(event, dict):
        return matching(plan, [], [], "", ())
    call, _ = plan.functions["head"](event, [])
    return matching(plan, made.pintrk, made.capi, str(call or "").strip().lower(), identifiers(plan, event))


def _row(field: Explained) -> int:
    """The product that a field belongs to, -1 for none: of too many, the last products are left out, on both channels."""
    return next((int(step) for step in field.output.split(".") if step.isdecimal()), -1)


def _page(destination: Destination, event: Any, made: Conversion) -> dict[str, Any]:
    """Give the code of a page on which only *event*, which became *made*, happens, or why there is none, and the match keys it is loaded with.

    Its visitor is who the event is about.
    """
    traits = _traits(event)
    try:
        code = str(destination.page([made], traits))
        keys = [key for call in destination.page_load(traits, made.consent) if call[0] == "load" for key in dict(*call[2:])]
    except SettingsError as error:
        return {"code": "", "why": "; ".join(f"{fault.pointer}: expected {fault.expected}" for fault in error.faults), "visitor": []}
    return {"code": code, "why": "", "visitor": keys}


def _traits(event: Any) -> dict[str, Any]:
    """Give the traits that an event brings of its user: those of the call before those of its context."""
    if not isinstance(event, Mapping):
        return {}
    context = event.get("context")
    found = (context.get("traits") if isinstance(context, Mapping) else None, event.get("traits"))
    return {key: value for traits in found if isinstance(traits, Mapping) for key, value in traits.items()}
