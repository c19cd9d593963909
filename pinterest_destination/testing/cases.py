"""Pin a mapping with fixtures: one JSON file holds settings, an event, and exactly what becomes of it.

A case is a JSON object with these keys, in this order:

    description   one sentence: the behaviour that the case protects
    original      optional: what the tool that the settings or the spec come from does instead, where this differs on purpose; of several tools, an object
    now           optional: the clock, in epoch seconds or ISO 8601; else shortly after the event's own time
    settings      as for `Settings.load`, in any dialect; relative paths start at the case's folder
    event         the event, with no more in it than the case is about
    expected      {"pintrk": [...], "capi": [...], "problems": [...]}, each problem a line of text

Cases of your own need a test of four lines, here with pytest:

    CASES = sorted(Path("cases").rglob("*.json"))

    @pytest.mark.parametrize("path", CASES, ids=str)
    def test_case(path):
        case = load_case(path)
        assert run_case(case) == case.expected

Both sides are lists of lines, so that a difference shows as the first line that differs, and 27 is not 27.0.
To add a case, write its event and settings and call `bless(load_case(path))`, which writes `expected`. Then read it:
blessing records what the mapping does, not what is right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..destination import Destination
from ..errors import Fault, InputError, Problem
from ..rules.values import timestamp
from ..settings.load import load_settings
from ..settings.model import Settings

KEYS = ("description", "original", "now", "settings", "event", "expected")
OUTPUTS = ("pintrk", "capi", "problems")
NOON = 1768478400
"""2026-01-15T12:00:00Z: the clock for an event without a time."""
SHORTLY = 2
"""Seconds that pass between an event and the clock."""
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


@frozen
class Case:
    """One fixture. Make it with `load_case`."""

    path: Path
    document: Mapping[str, Any]

    @property
    def expected(self) -> list[str] | None:
        """The lines of what is expected, as `run_case` gives them; None where nothing is written yet."""
        return _lines(self.document["expected"]) if "expected" in self.document else None

    @property
    def now(self) -> int:
        """The clock of the case, in epoch seconds."""
        if "now" in self.document:
            return timestamp(self.document["now"]) or NOON
        event = self.document["event"]
        times = (timestamp(event.get(key)) for key in TIMES) if isinstance(event, dict) else ()
        return next((time + SHORTLY for time in times if time), NOON)

    @property
    def settings(self) -> Settings:
        """The case's settings; a relative path in them starts at the case's folder."""
        return load_settings(self.document["settings"], base=self.path.parent)

    @property
    def destination(self) -> Destination:
        """The destination that the case's settings make, with the case's clock."""
        return Destination(self.settings, clock=lambda: self.now)

    @property
    def text(self) -> str:
        """The whole file in the form that `bless` writes."""
        ordered = {key: self.document[key] for key in KEYS if key in self.document}
        if "expected" in ordered:
            ordered["expected"] = _ordered(ordered["expected"])
        return _json(ordered) + "\n"


def load_case(path: str | Path) -> Case:
    """Read a case. Raises `InputError` for what is no case, `OSError` for what cannot be read."""
    path = Path(path)
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        raise InputError(f"{path}: a case is a JSON object in UTF-8") from None
    if fault := _fault(document):
        raise InputError(f"{path}{fault}")
    return Case(path, document)


def run_case(case: Case) -> list[str]:
    """Transform the case's event, and give the outcome as lines of JSON, as `Case.expected` holds them.

    Raises `SettingsError` or `MappingError` for settings that cannot be used.
    """
    return _lines(_outcome(case))


def bless(case: Case) -> bool:
    """Write what the mapping does today as the case's `expected`; tell whether that changed the file."""
    blessed = Case(case.path, {**case.document, "expected": _outcome(case)}).text
    changed = case.path.read_text("utf-8") != blessed
    if changed:
        case.path.write_text(blessed, "utf-8")
    return changed


def problem_line(problem: Problem) -> str:
    """Give a problem as one line: severity, code, and its place and channel where it has them."""
    place = f" @ {problem.path}" if problem.path else ""
    channel = f" ({problem.channel})" if problem.channel else ""
    return f"{problem.severity} {problem.code}{place}{channel}"


def _outcome(case: Case) -> dict[str, Any]:
    made = case.destination.transform(case.document["event"])
    return {"pintrk": made.pintrk, "capi": made.capi, "problems": [problem_line(problem) for problem in made.problems]}


def _fault(document: Any) -> Fault | None:
    """Tell what keeps *document* from being a case."""
    if not isinstance(document, dict):
        return Fault("", "no object", f"an object with {', '.join(KEYS)}")
    for key in document:
        if key not in KEYS:
            return Fault(f"/{key}", "an unknown key", f"one of {', '.join(KEYS)}")
    for key in ("description", "settings", "event"):
        if key not in document:
            return Fault(f"/{key}", "nothing", f"the key {key}")
    if "now" in document and timestamp(document["now"]) is None:
        return Fault("/now", "no time", "epoch seconds or ISO 8601")
    expected = document.get("expected")
    if "expected" in document and not (isinstance(expected, dict) and set(expected) == set(OUTPUTS)):
        return Fault("/expected", "something else", f"an object with {', '.join(OUTPUTS)}")
    return None


def _lines(outcome: Mapping[str, Any]) -> list[str]:
    return _json(_ordered(outcome)).splitlines()


def _ordered(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Give the outputs in their order, and the keys within them sorted."""
    return {name: json.loads(json.dumps(outcome[name], sort_keys=True, allow_nan=False)) for name in OUTPUTS}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
