"""The fixtures of a host: what it asks, and exactly what it is answered. They are documentation that runs.

A fixture is a JSON file with these keys, in this order:

    description   one sentence: what the fixture shows
    original      what the original does instead, where ours differs on purpose; docs/hosts/ lists these
    features      what the host says it understands, such as {"filter-code": true}
    version       of the proxy
    pinterest     faults that Pinterest meets the requests with, in turn
    input         the request
    expected      the answer; `pytest --bless` writes it
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

KEYS = ("description", "original", "features", "version", "pinterest", "input", "expected")
FOLDER = Path(__file__).parent
NOW = 1_768_478_400.0
"""2026-01-15T12:00:00Z: the clock of all fixtures."""


@frozen
class Fixture:
    """One file."""

    path: Path
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its place below the folder of its kind."""
        return self.path.stem

    def text(self, expected: Any) -> str:
        """The whole file, with *expected*, in the form that blessing writes."""
        ordered = {key: self.document[key] for key in KEYS if key in self.document} | {"expected": expected}
        return json.dumps(ordered, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def load(host: str, call: str) -> list[Fixture]:
    """Give the fixtures of one *call* of a *host*, in the order of their names."""
    return [Fixture(path, json.loads(path.read_bytes())) for path in sorted((FOLDER / host / call).glob("*.json"))]


def check(fixture: Fixture, answer: Callable[[], Any], touched: list[Path] | None) -> None:
    """Hold what *answer* gives against the fixture; with a list of *touched* files, write it down instead."""
    made = json.loads(json.dumps(answer(), allow_nan=False))
    if touched is not None:
        text = fixture.text(made)
        if fixture.path.read_text("utf-8") != text:
            fixture.path.write_text(text, "utf-8")
            touched.append(fixture.path)
        return
    assert "expected" in fixture.document, "nothing is expected yet: run pytest --bless, and read what it wrote before you commit it"
    assert _lines(made) == _lines(fixture.document["expected"])


def _lines(value: Any) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).splitlines()
