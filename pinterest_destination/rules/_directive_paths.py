"""The paths in mapping directives: how they are written, and which ones a mapping reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import _js

PLACE = re.compile(r"\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}")
"""A value in the text of @template."""


def steps(path: str) -> tuple[str, ...]:
    """Give the steps of a path as a directive takes them: the first `$.`, the sign of the root, is no part of it."""
    return _js.steps(path.replace("$.", "", 1))


def template_steps(template: str) -> list[tuple[str, ...]]:
    """Give the steps of each value in the text of @template; `$.` has no meaning there."""
    return [_js.steps((braced or plain).strip()) for braced, plain in PLACE.findall(template)]


def shape(parts: list[Any]) -> Any:
    """Give what @arrayPath makes of each row; None where the rows stay as they are."""
    found = parts[1] if len(parts) > 1 else None
    return found if found and isinstance(found, dict | list | str) else None


def paths_read(node: Any) -> list[str]:
    """List the paths that a mapping reads, as written, in its order."""
    return list(_paths_read(node))


def _paths_read(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _paths_read(part)
    for key, part in node.items() if isinstance(node, dict) else ():
        if key == "@path" and isinstance(part, str):
            yield part
        elif key == "@template" and isinstance(part, str):
            yield from ((braced or plain).strip() for braced, plain in PLACE.findall(part))
        elif key == "@arrayPath" and isinstance(part, list) and part and isinstance(part[0], str):
            yield part[0]
            yield from _paths_read(part[1:])
        else:
            yield from _paths_read(part)
