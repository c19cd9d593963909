"""Values written so that they stay values where they stand: in a script, in an attribute, in a URL."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from ..rules.values import number_text

_BREAKING = MappingProxyType({ord(char): f"\\u{ord(char):04x}" for char in "<>&{"})
"""What could end a script element (`</script>`), open a comment in it (`<!--`), be markup in XHTML, or be a variable to
Google Tag Manager and templates that the code is pasted into (`{{...}}`, `${...}`, `{%...%}`)."""


class PageCode(str):
    """HTML that is safe as it stands: Jinja, Django and other users of `__html__` do not escape it again."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def literal(value: Any) -> str:
    """Write a JSON value as JavaScript, in ASCII, for the inside of a script element.

    Raises `ValueError` or `TypeError` for what JSON has not, as `json` does.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)}: {literal(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    # Non-ASCII is escaped, and with it U+2028 and U+2029, which end a line for older browsers.
    return json.dumps(value, allow_nan=False).translate(_BREAKING)


def _key(name: str) -> str:
    text = literal(str(name))
    return f"[{text}]" if name == "__proto__" else text  # without the brackets it would name no property, but the prototype


def nonce_fault(nonce: object) -> str | None:
    """Tell what is wrong with *nonce*; None where it is one that a Content-Security-Policy may name."""
    if not isinstance(nonce, str):  # Django's lazy one says that it is text
        return type(nonce).__name__
    text = str(nonce)
    if not text.strip():
        return "blank text"
    return "text that is no Unicode (a lone surrogate)" if any("\ud800" <= char <= "\udfff" for char in text) else None


def attribute(text: str) -> str:
    """Write *text* as the value of an attribute, quotes included."""
    return f'"{html.escape(text)}"'


def url_part(value: Any) -> str:
    """Write a scalar as part of a URL's query, percent-encoded UTF-8: numbers without exponent, booleans as true and false."""
    if isinstance(value, bool) or not isinstance(value, str):
        value = number_text(value) or json.dumps(value)
    return quote(value, safe="", errors="replace")
