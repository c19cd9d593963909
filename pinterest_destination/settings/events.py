"""Names of Pinterest events as people write them in settings and documents: standard ones in any spelling, and their own."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from ..rules.load import catalogue
from ..rules.model import StandardEvent
from ..rules.values import fold_name

_SPACES = re.compile(r"\s+")
_OWN_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
"""Pinterest, "Define custom events": letters, digits, underscore, hyphen; at most 100 characters."""

OWN_NAME_RULE = "a standard event, or a name of ASCII letters, digits, _ and -, at most 100 characters (spaces are taken out)"


@functools.cache
def standard_events() -> Mapping[str, StandardEvent]:
    """Give Pinterest's standard events by folded name, API and tag spelling alike."""
    return MappingProxyType({fold_name(name): event for event in catalogue().events for name in (event.name, event.tag) if name})


def own_name(name: str) -> str | None:
    """Give *name* as an advertiser-defined event's: without spaces; None when Pinterest would not take it."""
    short = _SPACES.sub("", name) if len(name) <= 1000 else ""
    return short if _OWN_NAME.fullmatch(short) else None


def sent_name(name: str) -> str | None:
    """Give the name that the event which *name* means has in the API; None when it has none that can be sent."""
    standard = standard_events().get(fold_name(name))
    return standard.name if standard else own_name(name)


def near(name: str) -> str:
    """Give the standard event that *name* is probably a misspelling of, or ""."""
    standard = standard_events()
    close = difflib.get_close_matches(fold_name(name[:100]), standard, 1, 0.8)
    return standard[close[0]].name if close else ""
