"""What comes before the generated code, in words: consent, and subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ..errors import Problem
from ..rules.model import ConsentSource
from .consent import Consent
from .model import CALLS, ConsentingPlan, Plan
from .runtime import Event
from .stage import StagedPlan


def before_the_code(plan: Plan, *, strict: bool = False) -> Iterator[str]:
    """Yield lines that tell what happens to an event before the code of *plan* sees it, in that order; none where nothing does.

    *strict* is whether payloads are held against their schemas, which happens after the code.
    """
    if isinstance(plan, ConsentingPlan) and plan.consent is not None:
        yield from _of_consent(plan.consent, f"{plan.settings.file}#/consent")
    if isinstance(plan, StagedPlan):
        yield from _of_subscriptions(plan)
    if strict:
        yield "What the code below makes is held against its schema, and not sent where that refuses it (strict)."


def before_this_code(plan: Plan, event: Event, *, strict: bool = False) -> Iterator[str]:
    """Yield the same for the code that *event* alone goes through, and what the rules call the event."""
    yield from before_the_code(plan, strict=strict)
    if denied := plan.denial(event):
        yield f"This event is kept back: {denied.code}{f' at {denied.path}' if denied.path else ''}."
    inputs = plan.inputs(event)
    yield from [_named(plan, given) for given in inputs] or [_nowhere(plan.convert(event, 0.0, browser=False, capi=False)[2])]
    yield "What this event has nothing for is left out below; `explain --plan` without an event shows all of it."


def _named(plan: Plan, event: Event) -> str:
    call, name = plan.functions["head"](event, [])
    call = (call or "").strip().lower()
    found = plan.names(call, name, event, []) if call in CALLS else None
    if found is None:
        return _nowhere(Plan.convert(plan, event, 0.0, browser=False, capi=False)[2])
    sent = [f"to {channel} as {' and '.join(names)}" for channel, names in (("the tag", found.browser), ("the API", found.capi)) if names]
    return f"It goes {', '.join(sent) or 'nowhere'}{f' ({found.origin})' if found.origin else ''}."


def _nowhere(problems: Iterable[Problem]) -> str:
    return f"It goes nowhere: {', '.join(told.code for told in problems)}."


def _of_consent(consent: Consent, setting: str) -> Iterator[str]:
    categories = ", ".join(json.dumps(name, ensure_ascii=False) for name in consent.required)
    how_many = "" if len(consent.required) < 2 else "any of " if consent.any_is_enough else "all of "
    yield f"Consent is asked for first, before anything else is done ({setting})."
    yield "Needed: an answer that says yes" + (f", or {how_many}{categories}." if categories else ".")
    yield "It is told in the event by"
    kinds: dict[str, list[str]] = {}
    for source in consent.sources:
        if consent.required or source.lists is None:
            kinds.setdefault(_kind(source), []).append(source.path.text)
    yield from (f"  {kind}: {', '.join(paths)}" for kind, paths in kinds.items())
    yield f"One place that says no is enough. Where nothing is said, consent counts as {'granted' if consent.unknown else 'denied'}."
    yield "Without consent the tag hears `setconsent` false, the Conversions API gets nothing, and nothing below is run."


def _kind(source: ConsentSource) -> str:
    if source.lists is None:
        return "an answer, an object from category to answer, or a list of the categories granted"
    other = "granted" if source.lists == "denied" else "denied"
    return f"a list of the categories {source.lists}" + (f"; those that are not in it are {other}" if source.complete else "")


def _of_subscriptions(plan: StagedPlan) -> Iterator[str]:
    first = "Then each" if plan.consent else "Each"
    yield f"{first} subscription whose trigger is for the event makes a payload, and the code below is run once for each of them:"
    for row in plan.stage.rows:
        name = f"{row.name}: " if row.name else ""
        yield f"  {name}{row.written} ({plan.settings.file}#{row.subscription.pointer})"
    yield "An event that none is for is not sent."
