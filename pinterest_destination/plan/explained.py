"""What an explanation says: each output field with the rule, the place in the event that won, and the value's way to its form."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import evolve, field, frozen

from ..errors import Channel, Problem
from ..identity import scrub
from ..rules.path import Path


@frozen
class Stage:
    """A value on its way: what made it, and what it then was."""

    what: str
    value: Any = field(repr=False)
    personal: bool = False
    """The value is somebody's, in clear."""

    def shown(self, *, show_values: bool = False) -> str:
        """The value as short JSON text; personal data only when asked for."""
        if self.personal and not show_values:
            return f"({type(self.value).__name__}, masked)"
        try:
            return json.dumps(self.value if show_values else scrubbed(self.value), ensure_ascii=False, default=str)
        except RecursionError:
            return "(nested too deep to show)"


_SECRETS_OF_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/?#\s@]*@|#(?=[^\s#]*=)\S*", re.IGNORECASE)
"""Credentials before a host, and a fragment with values in it, which may be an access token."""


def scrubbed(value: Any) -> Any:
    """Give *value* with the e-mail addresses in its texts replaced by their digests."""
    if isinstance(value, str):
        return scrub(_SECRETS_OF_URL.sub(lambda found: found[1] or "", value))
    if isinstance(value, list | tuple):
        return [scrubbed(part) for part in value]
    if isinstance(value, dict):
        return {scrub(str(key)): scrubbed(part) for key, part in value.items()}
    return value


@frozen
class Explained:
    """One field of one output, and how it came to be."""

    channel: Channel
    output: str
    """Dot-path in the payload, e.g. `custom_data.value` or `track.line_items.0.product_id`."""
    field: str
    """The named value of the spec."""
    rule: str
    """File and JSON pointer of the spec's rule."""
    entry: str
    """File and JSON pointer of the channel's rule."""
    source: str
    """The path in the event that won, or what else gave the value."""
    stages: tuple[Stage, ...]
    """The raw value first, the value sent last."""
    paths: tuple[Path, ...] = ()
    """The paths in the event that the value was read at; none where it came from elsewhere, such as a setting."""
    payloads: tuple[int, ...] = ()
    """Which of the channel's payloads it stands in, by position: calls of the tag, or events of the API; in none if all were refused."""
    subscription: str = ""
    """The subscription whose payload it stands in: name, file and JSON pointer; "" where there are no subscriptions."""

    @property
    def value(self) -> Any:
        """The value that is sent."""
        return self.stages[-1].value


@frozen
class Subscribed:
    """A subscription that the event triggers, and what it makes of it."""

    name: str
    """"" where it has none."""
    trigger: str
    """As it is understood."""
    place: str
    """File and JSON pointer of the settings."""
    rule: str
    browser: tuple[str, ...]
    capi: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name, and the place, which tells it from every other."""
        return f"{self.name} ({self.place})" if self.name else self.place

    def __str__(self) -> str:
        return f"{self.name}: {self.trigger} ({self.place})" if self.name else f"{self.trigger} ({self.place})"


@frozen
class Explanation:
    """What one event becomes, and why."""

    rule: str
    """File and JSON pointer of the rule that named the event."""
    browser: tuple[str, ...]
    capi: tuple[str, ...]
    fields: tuple[Explained, ...]
    problems: tuple[Problem, ...]
    pintrk: list[list[Any]] = field(repr=False)
    capi_events: list[dict[str, Any]] = field(repr=False)
    subscriptions: tuple[Subscribed, ...] = ()
    """In their order; `rule`, `browser` and `capi` are those of all of them."""
    names: tuple[Explained, ...] = ()
    """What each payload is called, and why."""
    items_left_out: int = 0
    """Products beyond those that were to be explained."""

    def keeping(self, pintrk: list[list[Any]], capi: list[dict[str, Any]], problems: tuple[Problem, ...]) -> Explanation:
        """Give it with only these of its own payloads, and *problems* that tell why the others are refused.

        A field whose payloads are all refused is still explained: it is in none.
        """
        places = {"browser": _places(self.pintrk, pintrk), "capi": _places(self.capi_events, capi)}

        def placed(one: Explained) -> Explained:
            return evolve(one, payloads=tuple(places[one.channel][n] for n in one.payloads if n in places[one.channel]))

        names, fields = tuple(map(placed, self.names)), tuple(map(placed, self.fields))
        return evolve(self, names=names, fields=fields, pintrk=pintrk, capi_events=capi, problems=(*self.problems, *problems))


def _places(before: list[Any], after: list[Any]) -> dict[int, int]:
    """Give for the position of each payload that is still there its new one."""
    now = {id(payload): n for n, payload in enumerate(after)}
    return {n: now[id(payload)] for n, payload in enumerate(before) if id(payload) in now}
