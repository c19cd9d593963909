"""Presets: subscriptions that another tool offers ready-made, as a document of their own in mappings/presets."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from .._json import tokens
from .._resources import mappings, read_json
from ..errors import Fault, MappingError
from ._js import ABSENT
from .check import nearest
from .directives import mapping_faults, paths_read
from .fql import parse_fql

Json = Mapping[str, Any]

SHIPPED = "segment_actions"
"""The presets that settings mean."""


@frozen
class Preset:
    """One ready-made subscription."""

    name: str
    subscribe: str
    mapping: Json = field(hash=False)
    """What it fills besides what all presets fill."""


@frozen
class Mended:
    """A default that harms, and what stands there instead."""

    at: tuple[str, ...]
    """Pointers into the mapping."""
    why: str
    """What it does, as the end of a sentence."""
    instead: str
    """What is done instead, as a clause."""
    to: Any = field(default=ABSENT, hash=False)
    presets: tuple[str, ...] = ()
    """Only in these; empty: in all."""

    def counts_for(self, preset: str) -> bool:
        """Tell whether it is about that preset."""
        return not self.presets or preset in self.presets


@frozen
class Formats:
    """Payload fields that count in one format only."""

    field: str
    otherwise: str
    only: Mapping[str, tuple[str, ...]]

    def trimmed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Give *payload* without the fields of other formats than its own."""
        chosen = payload.get(self.field)
        own = chosen if isinstance(chosen, str) and chosen in self.only else self.otherwise
        others = {name for key, names in self.only.items() if key != own for name in names}
        return {name: value for name, value in payload.items() if name not in others}


@frozen
class Presets:
    """A presets document."""

    name: str
    mapping: Json
    """What every preset fills, as the other tool has it."""
    mended: tuple[Mended, ...]
    presets: tuple[Preset, ...]
    formats: Formats

    def find(self, name: str) -> Preset | None:
        """Give the preset of that name."""
        return next((preset for preset in self.presets if preset.name == name), None)

    def names(self) -> list[str]:
        """Name the presets."""
        return [preset.name for preset in self.presets]

    def mapping_of(self, preset: Preset, *, original: bool = False) -> dict[str, Any]:
        """Give the whole mapping of a preset, mended unless *original*."""
        made = {**self.mapping, **preset.mapping}
        for row in self.mended if not original else ():
            for pointer in row.at if row.counts_for(preset.name) else ():
                made = _put(made, tokens(pointer), row.to)
        return made

    def keeps(self, row: Mended, mapping: Json) -> str | None:
        """Give the pointer at which *mapping* has a default that harms, in whatever words; None if it has it nowhere."""
        return next((pointer for pointer in row.at if _alike(_at(mapping, pointer), _at(self.mapping, pointer))), None)


def _put(node: Json, names: list[str], value: Any) -> dict[str, Any]:
    """Give a copy of an object with *value* at the place; `ABSENT` takes the place away."""
    name, *rest = names
    inner = _put(node.get(name, {}), rest, value) if rest else value
    return {key: part for key, part in {**node, name: inner}.items() if part is not ABSENT}


def _at(node: Any, pointer: str) -> Any:
    for name in tokens(pointer):
        node = node.get(name, ABSENT) if isinstance(node, dict) else ABSENT
    return node


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two parts of mappings say the same: the same constant, or the same paths in the same order."""
    if one is ABSENT or other is ABSENT or isinstance(one, bool) is not isinstance(other, bool):
        return False
    paths = paths_read(one)
    return bool(one == other or (paths and paths == paths_read(other)))


@functools.cache
def presets(name: str = SHIPPED) -> Presets:
    """Give the shipped presets *name*; trusted, tests check them."""
    return structured(read_json(mappings() / "presets" / f"{name}.json"))


def structured(document: Json) -> Presets:
    """Structure a presets document, already checked against its schema."""
    formats = document.get("formats", {"field": "", "otherwise": "", "only": {}})
    return Presets(
        name=document["name"],
        mapping=document["mapping"],
        mended=tuple(Mended(tuple(row["at"]), row["why"], row["instead"], row.get("to", ABSENT), tuple(row.get("presets", ()))) for row in document.get("mended", ())),
        presets=tuple(Preset(row["name"], row["subscribe"], row["mapping"]) for row in document["presets"]),
        formats=Formats(formats["field"], formats["otherwise"], {key: tuple(names) for key, names in formats["only"].items()}),
    )


# -- faults


def presets_faults(document: Json, file: str) -> list[Fault]:
    """List what is wrong with a presets document besides its form: triggers, mappings, and names of what is not there."""
    return [evolve(fault, file=file) for fault in _faults(document)]


def _faults(document: Json) -> Iterator[Fault]:
    names = [row["name"] for row in document["presets"]]
    yield from mapping_faults(document["mapping"], "/mapping")
    for n, row in enumerate(document.get("mended", ())):
        yield from mapping_faults(row.get("to"), f"/mended/{n}/to")
        for k, name in enumerate(row.get("presets", ())):
            if name not in names:
                yield Fault(f"/mended/{n}/presets/{k}", repr(name), f"one of {', '.join(names)}", nearest(name, names))
        for k, pointer in enumerate(row["at"]):
            if _at(document["mapping"], pointer) is ABSENT:
                yield Fault(f"/mended/{n}/at/{k}", f"{pointer}, where the mapping has nothing", "a place in the mapping")
    for n, row in enumerate(document["presets"]):
        if row["name"] in names[:n]:
            yield Fault(f"/presets/{n}/name", f"{row['name']!r}, the name of an earlier preset", "a name of its own")
        yield from trigger_faults(row["subscribe"], f"/presets/{n}/subscribe")
        yield from mapping_faults(row["mapping"], f"/presets/{n}/mapping")


def trigger_faults(text: str, pointer: str) -> list[Fault]:
    """List what is wrong with a trigger, at *pointer*."""
    try:
        parse_fql(text)
    except MappingError as error:
        return [evolve(fault, pointer=pointer) for fault in error.faults]
    return []

