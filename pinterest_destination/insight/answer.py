"""All that is to be known of one event under one destination, as one JSON answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import asdict

from ..destination import Destination
from ..errors import SettingsError
from ..plan.explain import Explained
from .fields import field_json
from .matching import matching, named_places
from .places import places

MOST_FIELDS = 400
"""Explained fields in one answer; an order of a thousand products has ten thousand."""


def answer(destination: Destination, event: Any) -> dict[str, Any]:
    """Tell what *event* becomes and why.

    Gives `pintrk` and `capi` as `transform` does, `page` (the code of a page with this one event), `problems` of the
    event and of the settings, `names`, `fields` (where each came from; a person's values in clear are null), and
    `matching`. Never raises for what an event holds.
    """
    made = destination.transform(event)
    explanation = destination.explain(event) if isinstance(event, dict) else None
    fields: Sequence[Explained] = explanation.fields if explanation else ()
    call, _ = destination.plan.functions["head"](event, []) if isinstance(event, dict) else ("", "")
    return {
        "pintrk": made.pintrk,
        "capi": made.capi,
        "page": _page(destination, event),
        "problems": [asdict(problem) for problem in made.problems],
        "settings_problems": [asdict(problem) for problem in destination.problems],
        "names": {
            "rule": explanation.rule if explanation else "",
            "subscriptions": list(map(str, explanation.subscriptions)) if explanation else [],
            "places": named_places(destination.plan, event),
        },
        "fields": [{**field_json(one), "places": places(one.source, event, fields)} for one in sorted(fields, key=_row)[:MOST_FIELDS]],
        "fields_left_out": max(0, len(fields) - MOST_FIELDS),
        "matching": matching(destination.plan, made.pintrk, made.capi, str(call or "").strip().lower()),
    }


def _row(field: Explained) -> int:
    """The product that a field belongs to, -1 for none: of too many, the last products are left out, on both channels."""
    return next((int(step) for step in field.output.split(".") if step.isdecimal()), -1)


def _page(destination: Destination, event: Any) -> dict[str, str]:
    """Give the code of a page on which only *event* happens, or why there is none."""
    try:
        return {"code": str(destination.page([event])), "why": ""}
    except SettingsError as error:
        return {"code": "", "why": "; ".join(f"{fault.pointer}: expected {fault.expected}" for fault in error.faults)}
