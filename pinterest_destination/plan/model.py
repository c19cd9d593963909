"""The plan: everything about one destination that does not depend on an event. Immutable, shared by threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from ..errors import Problem, problem
from ..rules.model import ChannelDocument, Spec, StandardEvent
from ..settings.model import Settings
from . import names
from .consent import Consent
from .names import Names, Routes, user_fold
from .runtime import Event, Problems

CALLS = ("track", "page", "screen", "identify")
"""The call types that Pinterest has a use for."""

WITHOUT_USE = ("group", "alias")

Payloads = tuple[list[list[Any]], list[dict[str, Any]], tuple[Problem, ...]]
"""pintrk calls, Conversions API events, problems."""


@frozen
class Plan:
    """A compiled plan. `convert` turns one event into payloads."""

    settings: Settings
    spec: Spec
    """With the custom properties as fields."""
    channels: tuple[ChannelDocument, ...]
    """With the custom properties as entries."""
    routes: Mapping[str, Routes]
    event_map: Mapping[str, Names]
    standard: Mapping[str, StandardEvent]
    unmapped: str
    functions: Mapping[str, Callable[..., Any]] = field(repr=False)
    source: str = field(repr=False)
    """The generated Python."""
    problems: tuple[Problem, ...]
    """What building the plan found."""

    def convert(self, event: Event, now: float, *, browser: bool = True, capi: bool = True) -> Payloads:
        """Turn *event* into payloads for the channels asked for, *now* being epoch seconds."""
        problems = Problems()
        call, name = self.functions["head"](event, problems)
        if call not in CALLS:
            call = call.strip().lower() if call else ""
        if call not in CALLS:
            problems.append(problem("unsupported_call" if call in WITHOUT_USE else "invalid_type", "type"))
            return [], [], tuple(problems)
        found = self.names(call, name, event, problems)
        if found is None:
            return [], [], tuple(problems)
        if found.problems:
            problems += found.told(browser=browser, capi=capi)
        calls, events = self.functions[call](event, found.browser if browser else (), found.capi if capi else (), now, problems)
        return calls, events, tuple(dict.fromkeys(problems)) if problems else ()

    def granted(self, event: Event, now: float, *, browser: bool = True, capi: bool = True) -> Payloads:
        """Turn an *event* that has what consent it needs into payloads."""
        return Plan.convert(self, event, now, browser=browser, capi=capi)

    def inputs(self, event: Event) -> list[Event]:
        """Give what the rules read of *event*, which they are run for one by one: here, the event itself."""
        return [event]

    def denial(self, event: Event) -> Problem | None:  # nobody asks for consent here
        """Give the problem that keeps *event* back for want of consent."""
        return None

    def consented(self, told: bool | Event | None) -> bool | None:
        """Give what counts for *told*: an answer, or an event that may tell; None where nothing is to be said to the tag."""
        return told if isinstance(told, bool) else None

    def names(self, call: str, name: str | None, event: Event, problems: list[Problem]) -> Names | None:
        """Give what the event is called on each channel; None, with the reason noted, when nothing may be sent."""
        if call == "identify":
            return IDENTITY
        if self.event_map and name is not None and call != "page" and (mine := self.event_map.get(user_fold(name))):
            return mine
        found = self.routes[call].find(event, name)
        return found if found is not None else self._unmapped(name, problems)

    def _unmapped(self, name: str | None, problems: list[Problem]) -> Names | None:
        if name is None:
            problems.append(problem("missing_event_name", "event"))
            return None
        if self.unmapped == "drop":
            problems.append(problem("unmapped_event", "event", "no rule names this event, and `unmapped` is \"drop\""))
            return None
        chosen = names.unmapped("custom" if self.unmapped == "custom" else name, self.standard)
        if chosen is None:
            problems.append(problem("invalid_event_name", "event"))
        return chosen


@frozen
class ConsentingPlan(Plan):
    """A plan that asks for consent first; a class of its own, so that whoever does not ask pays nothing for it."""

    consent: Consent | None
    """None: nobody asks."""

    def convert(self, event: Event, now: float, *, browser: bool = True, capi: bool = True) -> Payloads:
        """Turn *event* into payloads, or into the word for the tag that consent is denied."""
        denied = self.denial(event)
        if denied is not None:
            return [["setconsent", False]] if browser else [], [], (denied,)
        return self.granted(event, now, browser=browser, capi=capi)

    def denial(self, event: Event) -> Problem | None:
        return self.consent.denial(event) if self.consent else None

    def consented(self, told: bool | Event | None) -> bool | None:
        if self.consent is None or isinstance(told, bool):
            return Plan.consented(self, told)
        return self.consent.answer(told or {})


IDENTITY = Names(("set",), (), (problem("not_for_channel", "type", "identify tells the tag who the visitor is; the Conversions API has no such event", "capi"),))

