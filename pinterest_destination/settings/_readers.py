"""How the values of other tools are read: one small function per kind of value, all giving a `Reading`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from .._json import join
from ._schema import is_path


@frozen
class Reading:
    """What the value of another tool's key becomes here."""

    value: Any = None
    """The native value; None for none, which leaves the default."""
    pointers: Mapping[str, str] = field(factory=dict)
    """For each place within the native value, the place within the other tool's value that it comes from."""
    remarks: tuple[tuple[str, str], ...] = ()
    """What is understood differently or cannot be used: the place within the other tool's value, and a sentence."""

    def within(self, step: str) -> Reading:
        """Give the same reading for a value that stands one *step* deeper."""
        pointers = {"": step} | {native: step + there for native, there in self.pointers.items()}
        return Reading(self.value, pointers, tuple((step + there, text) for there, text in self.remarks))


Reader = Callable[[Any], Reading]


def no_effect(_: Any) -> Reading:
    """Leave out a key that concerns the other tool alone."""
    return Reading()


def as_it_is(value: Any) -> Reading:
    """Read a value that means here what it means there."""
    return Reading(value)


def number_id(value: Any) -> Reading:
    """Read an id; one written as a number is meant as its digits."""
    if type(value) is int:
        return Reading(_digits(value), remarks=(("", "the id is a number; its digits are taken as text"),))
    return Reading(value)


def _digits(value: int) -> str | int:
    """Write a number of no absurd size, which Python itself refuses to write."""
    return str(value) if 0 <= value < 10**20 else value


def token(value: Any) -> Reading:
    """Read a token; `env.NAME` is how RudderStack refers to an environment variable."""
    named = re.fullmatch(r"env\.([A-Za-z_][A-Za-z0-9_]*)", value) if isinstance(value, str) else None
    return Reading({"env": named[1]}, {"/env": ""}) if named else Reading(value)


def by_source(read: Reader, sources: Collection[str]) -> Reader:
    """Make the reader of a value that may be given per kind of source: the browser's counts, else the first."""

    def by_source(value: Any) -> Reading:
        if not isinstance(value, dict) or not value or not set(value) <= set(sources):
            return read(value)
        chosen = "web" if "web" in value else next(iter(value))
        reading = read(value[chosen]).within(f"/{chosen}")
        if all(other == value[chosen] for other in value.values()):
            return reading
        remark = ("", f"it differs by source; the value for {chosen} counts for all")
        return evolve(reading, remarks=(remark, *reading.remarks))

    return by_source


def switch(on: Any, off: Any) -> Reader:
    """Make the reader of a boolean that means *on* or *off* here."""

    def switch(value: Any) -> Reading:
        if isinstance(value, bool):
            return Reading(on if value else off)
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in ("true", "false"):
            return Reading(on if word == "true" else off, remarks=(("", f'the text "{word}" is read as {word}'),))
        return Reading(remarks=(("", "neither true nor false: it has no effect"),))

    return switch


def only(wanted: bool, remark: str) -> Reader:
    """Make the reader of a switch that is always *wanted* here."""
    read = switch(True, False)

    def only(value: Any) -> Reading:
        reading = read(value)
        return Reading(remarks=reading.remarks + ((("", remark),) if reading.value is (not wanted) else ()))

    return only


def choice(meanings: Mapping[str, str], otherwise: str) -> Reader:
    """Make the reader of a word out of several; any other word means *otherwise*, with a remark."""

    def choice(value: Any) -> Reading:
        if isinstance(value, str) and value in meanings:
            return Reading(meanings[value])
        return Reading(otherwise, remarks=(("", f"none of {', '.join(meanings)}: it is read as {otherwise}"),))

    return choice


def source(value: Any) -> Reading:
    """Read where events happen; what is none of Pinterest's words is left to the events."""
    words = ("web", "app_android", "app_ios", "offline")
    if value in words:
        return Reading(value)
    return Reading(remarks=(("", f"none of {', '.join(words)}: it has no effect"),))


def ad_storage(value: Any) -> Reading:
    """Read whether Google's consent for advertising must be given."""
    if value in ("required", "optional"):
        return Reading({"unknown": "denied"} if value == "required" else None)
    return Reading({"unknown": "denied"}, remarks=(("", "neither required nor optional: it is read as required"),))


def event_id(value: Any) -> Reading:
    """Read one path or a list of them; the array steps of JavaScript, `[1]`, become `.1`."""
    return _paths(value, lambda text: re.sub(r"\[(\d+)\]", r".\1", text).removeprefix("."))


def custom_properties(row_key: str = "") -> Reader:
    """Make the reader of a list of paths, bare or as rows `{row_key: path}`."""

    def custom_properties(value: Any) -> Reading:
        return _paths(value, str, row_key)

    return custom_properties


def _paths(value: Any, change: Callable[[str], str], row_key: str = "") -> Reading:
    paths: list[str] = []
    pointers: dict[str, str] = {}
    remarks: list[tuple[str, str]] = []
    for row, place in _listed(value):
        path = row.get(row_key, row) if isinstance(row, dict) else row
        if _blank(path):
            continue
        if not isinstance(path, str) or not is_path(change(path)):
            remarks.append((place, "no dot-path: it is left out"))
            continue
        if row_key and path is row:
            remarks.append((place, f"a bare path: it is read as if it stood in `{row_key}`"))
        pointers[f"/{len(paths)}"] = place
        paths.append(change(path))
    return Reading(paths, pointers, tuple(remarks))


def _listed(value: Any) -> Iterator[tuple[Any, str]]:
    """Give each row with its place; a single one may stand without its list."""
    rows = value if isinstance(value, list) else [value]
    return ((row, f"/{index}" if isinstance(value, list) else "") for index, row in enumerate(rows))


def event_map(source: str, target: str, *, names: bool) -> Reader:
    """Make the reader of an event mapping: rows `{source, target}` or one such row; with *names* also name to target."""

    def event_map(value: Any) -> Reading:
        by_name = names and isinstance(value, dict) and set(value) != {source, target}
        return _mapped(_names(value) if by_name else _rows(value, source, target))

    return event_map


def _rows(value: Any, source: str, target: str) -> Iterator[tuple[Any, Any, str, str]]:
    for row, place in _listed(value):
        if isinstance(row, dict) and (source in row or target in row):
            yield row.get(source), row.get(target), place, join(place, target)
        else:
            yield None, row, place, place


def _names(value: dict[str, Any]) -> Iterator[tuple[Any, Any, str, str]]:
    for name, to in value.items():
        yield name, to, join("", name), join("", name)


def _mapped(entries: Iterable[tuple[Any, Any, str, str]]) -> Reading:
    rows: list[dict[str, str]] = []
    pointers: dict[str, str] = {}
    remarks: list[tuple[str, str]] = []
    spelt: dict[str, str] = {}
    for name, to, place, target_place in entries:
        if _blank(name) and _blank(to):
            continue
        if not _filled(name) or not _filled(to):
            remarks.append((place, "a mapping without the name of an event or of its target: it is left out"))
            continue
        if spelt.setdefault(name.strip().casefold(), name.strip()) != name.strip():
            remarks.append((place, "the name differs from an earlier one by case alone: here both are one event"))
        pointers |= {f"/{len(rows)}": place, f"/{len(rows)}/to": target_place}
        rows.append({"from": name, "to": to})
    return Reading(rows, pointers, tuple(remarks))


def consent(*, match: str = "all", row_key: str = "") -> Reader:
    """Make the reader of the consent categories that a destination needs, bare or as rows `{row_key: category}`.

    The tools that hold them let events pass which do not tell of consent; so does the setting that they become.
    """

    def consent(value: Any) -> Reading:
        rows = value if isinstance(value, list) else []
        return Reading(_needed(rows, row_key, match))

    return consent


def _needed(rows: Iterable[Any], row_key: str, match: str) -> dict[str, Any] | None:
    names = (row.get(row_key) if isinstance(row, dict) else row for row in rows)
    categories = list(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))
    return {"categories": categories, "match": match, "unknown": "granted"} if categories else None


def consent_settings(value: Any) -> Reading:
    """Read `{categories}`."""
    return consent()(value.get("categories") if isinstance(value, dict) else None)


ANY_IS_ENOUGH = ("ketch", "iubenda")
"""Consent platforms of which RudderStack asks for any of the purposes, not for all."""


def consent_management(value: Any) -> Reading:
    """Read RudderStack's rows `{provider, consents, resolutionStrategy}`."""
    rows = [row for row in (value if isinstance(value, list) else []) if isinstance(row, dict) and isinstance(row.get("consents"), list)]
    found = [made for row in rows if (made := _needed(row["consents"], "consent", _strategy(row)))]
    if not found:
        return Reading()
    categories = list(dict.fromkeys(name for made in found for name in made["categories"]))
    matches = {made["match"] for made in found}
    remarks = (("", "several consent platforms, of which some ask for all categories and some for any: all are asked for"),) if len(matches) > 1 else ()
    return Reading({"categories": categories, "match": matches.pop() if len(matches) == 1 else "all", "unknown": "granted"}, remarks=remarks)


def _strategy(row: Mapping[str, Any]) -> str:
    return "any" if row.get("resolutionStrategy") == "or" or row.get("provider") in ANY_IS_ENOUGH else "all"


def _blank(value: Any) -> bool:
    return value is None or value == {} or (isinstance(value, str) and not value.strip())


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
