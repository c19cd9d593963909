"""Hold what a spec's sources give against what the channels' keys take: text, a whole number, digests, one of a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Fault
from ..rules.model import (
    DigestSource,
    Entry,
    Field,
    GiveSource,
    ItemsSource,
    NowSource,
    PathSource,
    PathsSetting,
    SettingSource,
    Source,
)
from ..rules.transforms import FACTORIES, kind, names, transform

_ALSO_FITS = {
    "text": ("decimal", "url", "ip", "language", "currency"),
    "integer": ("time",),
}
"""Kinds that are a special form of another one."""

_WANTED = {
    "text": "text, read as text, choice or the like",
    "decimal": "a decimal number, read as decimal",
    "integer": "a whole number, read as integer",
    "boolean": "true or false, read as boolean or negation",
    "time": "a time, read as timestamp",
    "url": "a URL, read as url",
    "ip": "an IP address, read as ip",
    "language": "a language, read as language",
    "currency": "a currency, read as currency",
    "digests": "digests, read as the match key",
    "texts": 'a list of text, read as texts, or {"items": "list", "of": ...} of a field that is text',
    "languages": "languages, read as languages",
    "object": "an object of scalars, read as object",
}

_ENUMERATED = {"action_source"}
"""Settings that can only be words which Pinterest takes."""

_BOUNDED = ("choice", "language", "currency", "ip", "custom_digest")
"""Transforms that only ever give short text."""


def placed(field: Field) -> Iterator[tuple[str, Source]]:
    """Yield the sources of *field*, each with its JSON pointer."""
    for n, source in enumerate(field.sources):
        yield f"{field.origin.pointer}/from/{n}", source
    for name, sources in field.prefer.items():
        for n, preferred in enumerate(sources):
            yield f"{field.origin.pointer}/prefer/{name}/{n}", preferred


def misfits(field: Field, entry: Entry, item_fields: Mapping[str, Field]) -> Iterator[Fault]:
    """Yield a fault for each source of *field* that may give what the key of *entry* does not take."""
    for pointer, source in placed(field):
        if isinstance(source, PathSource | PathsSetting | GiveSource) and source.transform not in names():
            continue  # told by who looks for unknown names
        if isinstance(source, GiveSource) and constant(source) is None:
            continue  # told by who looks at constants
        if not _fits(given(source, item_fields), entry.type) and not _constant_fits(source, entry.type):
            yield Fault(pointer, in_words(source), _WANTED[entry.type], file=field.origin.file)
        elif entry.one_of:
            yield from _other_words(pointer, source, field, entry)
        elif entry.limit is not None and not _is_bounded(source, entry.limit):
            yield Fault(pointer, f"{in_words(source)} {_limited(source)}", f"a `max` of at most {entry.limit}", file=field.origin.file)
    if field.default is not None and not _fits("integer", entry.type):
        yield Fault(f"{field.origin.pointer}/default", "a whole number", f"no default: {_WANTED[entry.type]}", file=field.origin.file)


_WRITES = {"number": ("decimal",), "first": ("digests", "texts")}
"""What each way of writing can write."""


def unwritable(entry: Entry) -> Iterator[Fault]:
    """Yield a fault if the key's way of writing does not fit its type."""
    if entry.write and entry.type not in _WRITES[entry.write]:
        yield Fault(f"{entry.origin.pointer}/as", f"{entry.write} of {entry.type}", f"a type among {', '.join(_WRITES[entry.write])}", file=entry.origin.file)


def given(source: Source, item_fields: Mapping[str, Field]) -> str:
    """Say what kind of value *source* gives."""
    if isinstance(source, PathSource | PathsSetting):
        return kind(source.transform)
    if isinstance(source, NowSource):
        return "time"
    if isinstance(source, GiveSource) and (source.transform != "any" or not isinstance(source.value, str)):
        return kind(source.transform)
    if not isinstance(source, ItemsSource):
        return "text"
    if source.operation == "count":
        return "integer"
    kinds = {given(each, item_fields) for _, each in placed(item_fields[source.of])} if source.of in item_fields else set()
    if source.operation == "sum":
        return "integer" if kinds <= {"integer"} else "another sum"
    return "texts" if all(_fits(each, "text") for each in kinds) else "another list"


def _fits(found: str, wanted: str) -> bool:
    return found == wanted or found in _ALSO_FITS.get(wanted, ())


def _constant_fits(source: Source, wanted: str) -> bool:
    """Tell whether a constant is already of the form that the key takes."""
    if not isinstance(source, GiveSource) or source.transform != "any":
        return False
    return wanted in _ALSO_FITS["text"] and transform(wanted).apply(source.value) == source.value


def constant(source: GiveSource, *, hashed_only: bool = False) -> Any | None:
    """Give the constant as it is sent; None where its field cannot take it. Words for `choice` and its like are taken as they are."""
    if source.transform in FACTORIES:
        return source.value
    return transform(source.transform, of=source.of, limit=source.limit, hashed_only=hashed_only).salvage(source.value)[0]


def _other_words(pointer: str, source: Source, field: Field, entry: Entry) -> Iterator[Fault]:
    words = _words(source)
    if words is None or not set(words) <= set(entry.one_of):
        found = in_words(source) if words is None else "the word " + ", ".join(repr(word) for word in words if word not in entry.one_of)
        yield Fault(pointer, found, f"a choice, with `of` some of {', '.join(entry.one_of)}", file=field.origin.file)


def _words(source: Source) -> tuple[str, ...] | None:
    """Give the only words that *source* can give; None when there is no telling."""
    if isinstance(source, PathSource) and source.transform == "choice":
        return tuple(word for word, _ in source.of)
    if isinstance(source, GiveSource):
        return (str(constant(source)),)
    return () if isinstance(source, SettingSource) and source.name in _ENUMERATED else None


def _is_bounded(source: Source, limit: int) -> bool:
    if isinstance(source, PathSource):
        return source.transform in _BOUNDED or (source.limit is not None and source.limit <= limit)
    if not isinstance(source, GiveSource):
        return True
    value = constant(source)
    return len(value) <= limit if isinstance(value, str) else not isinstance(value, int) or value <= limit


def _limited(source: Source) -> str:
    limit = source.limit if isinstance(source, PathSource) else None
    return "without `max`" if limit is None else f"with `max` {limit}"


def _short(value: object) -> str:
    """Give a constant as short text."""
    return repr(value[:60] if isinstance(value, str | list) else value)


def in_words(source: Source) -> str:
    """Say in words what *source* is."""
    match source:
        case PathSource(transform="any"):
            return "a value just as it stands, without `as`"
        case PathSource() | PathsSetting():
            return f"a value read as {source.transform}"
        case ItemsSource():
            return f"the {source.operation} of the products' {source.of}" if source.of else "the number of products"
        case GiveSource():
            return "a constant" if kind(source.transform) == "digests" else f"the constant {_short(source.value)}"
        case NowSource():
            return "the present time"
        case DigestSource():
            return "a digest"
    return f"the setting {source.name}"
