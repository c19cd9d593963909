"""Settings that an event fills in: every text `{{ path || default }}` in a host's `Config` becomes the value at that path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TEMPLATE = re.compile(r"\s*\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\|\|(.*)\}\}\s*", re.DOTALL | re.ASCII)
_ALIAS, _MESSAGE = "event", "message"
MAX_DEPTH = 64
"""Levels of a `Config` in which templates are looked for; settings themselves may not be deeper."""


def has_templates(config: Any, depth: int = 0) -> bool:
    """Tell whether any text in *config* is a template."""
    if isinstance(config, str):
        return "{{" in config and _TEMPLATE.fullmatch(config) is not None
    if depth > MAX_DEPTH or not isinstance(config, dict | list):
        return False
    return any(has_templates(part, depth + 1) for part in (config.values() if isinstance(config, dict) else config))


def fill(config: Any, event: Mapping[str, Any]) -> tuple[Any, Any]:
    """Give *config* with its templates filled in from *event*, and the event's message without the values that were used.

    The path starts at the whole event (`message`, `metadata`, ...); a leading `event.` means `message.`. Where nothing
    stands, the default counts, without its double quotes. Only the message loses values: the rest is the host's own.
    """
    filling = _Filling(event)
    return filling.of(config), filling.message


class _Filling:
    """One event while its values go into the settings. The event itself is not changed."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self.event = event
        self.message = event.get(_MESSAGE)

    def of(self, part: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            return part
        if isinstance(part, dict):
            return {key: self.of(value, depth + 1) for key, value in part.items()}
        if isinstance(part, list):
            return [self.of(value, depth + 1) for value in part]
        template = _TEMPLATE.fullmatch(part) if isinstance(part, str) and "{{" in part else None
        return part if template is None else self._value(template[1].split("."), template[2].replace('"', "").strip())

    def _value(self, path: list[str], default: str) -> Any:
        root, *steps = [_MESSAGE if path[0] == _ALIAS and len(path) > 1 else path[0], *path[1:]]
        value: Any = self.event.get(root) if len(steps) < MAX_DEPTH else None
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None or (isinstance(value, str) and not value.strip()):
            return default
        if root == _MESSAGE and steps:
            self.message = _without(self.message, steps)
        return value


def _without(node: Any, steps: list[str]) -> Any:
    """A copy of *node* that lacks what stands at *steps*; only the objects on the way are copied."""
    first, *rest = steps
    if not isinstance(node, dict) or first not in node:  # it is gone already: another template has used it
        return node
    if rest:
        return {**node, first: _without(node[first], rest)}
    return {key: value for key, value in node.items() if key != first}
