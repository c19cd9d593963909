"""What settings come wrapped in: RudderStack's `Config`, and the `parameter` of a tag in an exported container of Tag Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .._json import join, tokens
from ._gtm import exported
from ._schema import schema


@frozen
class Wrapped:
    """Settings, and where they stand in what they came in."""

    settings: dict[str, Any] = field(repr=False)
    root: str = ""
    """The place of all of them."""
    places: Mapping[str, str] = field(factory=dict)
    """The places of keys that do not stand under their own names right below the root."""

    def pointer(self, inner: str) -> str:
        """Give the place in the whole for one within the settings."""
        for key in tokens(inner)[:1]:
            if key in self.places:
                return self.places[key] + inner[len(join("", key)) :]
        return self.root + inner

    def path(self, inner: str) -> str:
        """Give the path that a problem tells, for one within the settings."""
        key, dot, rest = inner.partition(".")
        if key in self.places:
            return ".".join(tokens(self.places[key])) + dot + rest
        return f"{self.root}/{inner.removeprefix('/')}" if self.root and not self.places else inner


def unwrapped(document: dict[str, Any]) -> Wrapped:
    """Give the settings themselves: RudderStack keeps those of a destination in its `Config`, an exported tag as rows of its `parameter`."""
    inner = document.get("Config")
    if isinstance(inner, dict):
        return Wrapped(inner, "/Config")
    rows = document.get("parameter")
    if isinstance(rows, list) and rows and not set(document) & set(schema()["properties"]):
        return _of_rows(rows) or Wrapped(document)
    return Wrapped(document)


def _of_rows(rows: list[Any]) -> Wrapped | None:
    """Read rows `{type, key, value}` or `{type, key, list}` as keys and values; None for other rows."""
    read = [(row, exported(row)) for row in rows]
    if not all(isinstance(row, dict) and isinstance(row.get("key"), str) for row, _ in read):
        return None
    settings = {row["key"]: value for row, (_, value) in read}
    return Wrapped(settings, "/parameter", {row["key"]: f"/parameter/{n}/{name}" for n, (row, (name, _)) in enumerate(read)})
