"""Custom properties as fields and entries of the plan, personal data kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from ..errors import Channel, Fault, Problem, problem
from ..identity import KEYS
from ..rules.model import Entry, Field, Origin, OutputObject, PathSource, Spec
from ..rules.path import Path, parse
from ..settings.model import CustomProperty, Settings
from .personal import personal_places

_ROOTS = ("context", "traits", "properties")
_TYPES = {"auto": "custom", "text": "custom_text", "number": "custom_number", "boolean": "boolean", "json": "custom_json"}


@frozen
class CustomFields:
    """What custom properties add to a plan."""

    fields: tuple[Field, ...]
    entries: Mapping[Channel, tuple[Entry, ...]]
    problems: tuple[Problem, ...]


def custom_fields(settings: Settings, spec: Spec, tag: OutputObject, capi: OutputObject) -> CustomFields:
    """Make one field and one entry of each custom property and channel."""
    personal = personal_places(spec)
    fields: list[Field] = []
    entries: dict[Channel, list[Entry]] = {"browser": [], "capi": []}
    problems: list[Problem] = []
    for n, row in enumerate(settings.custom_properties):
        origin = Origin(settings.file, row.pointer)
        paths = rooted(row.path, spec)
        if row.name.removeprefix("custom_data.") in _NOT_TO_FILL:
            problems.append(problem("ignored_custom_property", row.pointer))
            continue
        key = next(filter(None, map(personal.transform, paths)), None)
        if key:
            problems.append(problem("risky_custom_property", row.pointer))
        fill = None if key else _field_behind(row.name, tag)
        if fill is None and "browser" in row.channels:
            fields.append(Field(f"custom_{n}", tuple(_source(path, row, key, spec) for path in paths), origin))
            entries["browser"].append(Entry((row.name,), f"custom_{n}", "first" if key in KEYS else None, (), None, origin, yields=True))
        if fill is None and not key and "capi" in row.channels:
            fill = _field_behind(row.name, capi)
            problems += _unfilled(row) if fill is None else ()
        if fill:
            fields.append(_with_source(next((f for f in reversed(fields) if f.name == fill), spec.fields[fill]), paths))
    return CustomFields(tuple(fields), {channel: tuple(made) for channel, made in entries.items()}, tuple(problems))


def rooted(text: str, spec: Spec) -> tuple[Path, ...]:
    """Read a custom property's path: below each of the spec's roots, or where its first step says."""
    path = parse(text, spec.options.custom_property_names)
    if path.names[0] in _ROOTS and len(path.names) > 1:
        return (path,)
    return tuple(_below(root, path) for root in spec.options.custom_property_roots)


def _below(root: str, path: Path) -> Path:
    return Path(f"{root}.{path.text}", (*parse(root).names, *path.names), path.spelling) if root else path


def _source(path: Path, row: CustomProperty, key: str | None, spec: Spec) -> PathSource:
    if key:
        return PathSource(path, key)
    wanted = spec.options.custom_property_type if row.type == "auto" else row.type
    return PathSource(path, _TYPES[wanted])


def whole_persons(settings: Settings, spec: Spec) -> list[Fault]:
    """List the custom properties that would send a whole object of personal data as JSON: its values would leave in clear."""
    rows = [row for row in settings.custom_properties if row.type == "json"]
    if not rows:
        return []
    personal = personal_places(spec)
    return [
        Fault(row.pointer, f"the path {row.path}, an object that holds personal data", "the path of one value in it", file=settings.file)
        for row in rows
        if any(map(personal.holds, (parse(row.path), *rooted(row.path, spec))))
    ]


_NOT_TO_FILL = frozenset({"event_id", "event_time", "event_name", "action_source", "line_items", "contents", "content_ids"})
"""Keys that the plan makes of more than one value."""


def _field_behind(name: str, output: OutputObject) -> str | None:
    """Name the field that an output writes under *name*: a custom property of that name is one more source of it.

    Every output that takes the field gets the same value, in the field's own type. A person's keys cannot be filled.
    """
    wanted = name.removeprefix("custom_data.")
    entries = (entry for entry in output.entries if isinstance(entry, Entry) and entry.key[0] not in ("user_data", "app_info", "device_info"))
    return next((entry.take for entry in entries if entry.key[-1] == wanted), None)


def _unfilled(row: CustomProperty) -> Iterator[Problem]:
    """Say once that a custom property cannot go to the API."""
    nowhere = "the Conversions API has no plain field of that name; the property goes nowhere"
    yield problem("browser_only_property", row.pointer, "" if "browser" in row.channels else nowhere)


def _with_source(field: Field, paths: tuple[Path, ...]) -> Field:
    """Add *paths* as the last sources of *field*, read like the first."""
    like = next((source for source in field.sources if isinstance(source, PathSource)), PathSource(paths[0], field.transform))
    return evolve(field, sources=(*field.sources, *(evolve(like, path=path, calls=(), prefix="", events=()) for path in paths)))
