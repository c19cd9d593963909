"""Bodies in which something is nested too deep: what is below is cut off before the rest is parsed, and its event is refused alone.

A host gives up nothing that a whole request fails for: one event that anybody may have sent would keep all others waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._envelope import TooDeep
from ._http_body import TOKEN, Limits, parse, parse_text
from ._http_refused import Refused

CUT = "\ufdd0 cut off"
"""Stands in place of what is cut off. An event that has this text without being cut is refused as well, and harms nobody else."""
_CUT = f'"{CUT}"'.encode()


def parse_each(text: bytes, limits: Limits) -> Any:
    """Parse a body of RudderStack's; an event whose message is nested too deep has `TooDeep` in its place. Raises `Refused`."""
    try:
        return parse(text, limits)
    except Refused as why:
        if why.code != "nested_too_deep":
            raise
    document = parse_text(b"".join(_shallow(text, limits.depth)), limits)
    rows = document.get("input") if isinstance(document, dict) else document
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and _is_cut(row.get("message")):
            row["message"] = TooDeep(limits.depth)
    return document


def _shallow(text: bytes, limit: int) -> Iterator[bytes]:
    """Yield *text* without what is more than *limit* lists and objects deep."""
    depth = start = 0
    for token in TOKEN.finditer(text):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == limit + 1:
                yield text[start : token.start()]
                yield _CUT
        elif mark in (b"]", b"}"):
            if depth == limit + 1:
                start = token.end()
            depth -= 1
    yield text[start:] if depth <= limit else b""


def _is_cut(message: Any) -> bool:
    """Tell whether anything in *message* is cut off, one level after the other."""
    level = [message]
    while level:
        if CUT in level:
            return True
        level = [part for node in level if isinstance(node, dict | list) for part in (node.values() if isinstance(node, dict) else node)]
    return False
