"""What the tag knows of a visitor at one point of a page, which the calls until then decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

from attrs import evolve, field, frozen

Call = Sequence[Any]
"""The arguments of one `pintrk(...)` call."""

_OPT_OUT = "opt_out_type"
_NO_OPT_OUT = MappingProxyType({_OPT_OUT: "", "st": "", "country": ""})


@frozen
class Visitor:
    """The visitor and the tag, as `load`, `set` and `setconsent` have told."""

    tag_id: str | None = None
    """None before `load`."""
    data: Mapping[str, Any] = field(factory=dict)
    """Partner data: hashed match keys, limited data processing, the named partner."""
    consents: bool = True

    @property
    def is_limited(self) -> bool:
        """Tell whether data processing is limited."""
        return bool(self.data.get(_OPT_OUT))

    def after(self, call: Call) -> Visitor:
        """Give what the tag knows once it has been called so."""
        command, *rest = call
        if command == "setconsent":
            return evolve(self, consents=rest == [True])
        if command == "load":
            self, rest = evolve(self, tag_id=rest[0]), rest[1:]
        return evolve(self, data={**self.data, **rest[0]}) if command in ("load", "set") and rest else self

    def after_all(self, calls: Iterable[Call]) -> Visitor:
        """Give what the tag knows after *calls*."""
        return reduce(Visitor.after, calls, self)


def settled(visitor: Visitor, events: Iterable[Sequence[Call]]) -> Iterator[Sequence[Call]]:
    """Yield the calls of each event of a page, so that limited data processing ends with the event that asked for it.

    `set` holds until the page goes. So three blanks precede an event without it that follows one with it; but not when
    *visitor*, as the page has loaded, has it anyway. Source: Pinterest, limited data processing.
    """
    always = visitor.is_limited
    for calls in events:
        tells = any(call[0] == "set" and _OPT_OUT in call[1] for call in calls)
        refuses = bool(calls) and [*calls[0]] == ["setconsent", False]
        if calls and visitor.is_limited and not (tells or always or refuses):
            calls = [["set", dict(_NO_OPT_OUT)], *calls]
        visitor = visitor.after_all(calls)
        yield calls


def agreed(visitor: Visitor, events: Iterable[tuple[Sequence[Call], bool | None]]) -> Iterator[Sequence[Call]]:
    """Yield the calls of each event of a page, which comes with what it says of consent: yes, no, or nothing.

    The tag keeps a refusal: it is told once, and taken back before an event that grants consent after it. Then it is
    also told of the page, unless that happened as the page has loaded, which *visitor* tells.
    """
    started = visitor.consents
    for calls, says in events:
        if not visitor.consents and calls and calls[0][0] == "setconsent":
            continue
        if not visitor.consents and calls and says:
            calls = [["setconsent", True], *([] if started else [["page"]]), *calls]
            started = True
        visitor = visitor.after_all(calls)
        yield calls
