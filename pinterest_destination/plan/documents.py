"""Check a mapping document that no settings name: what its schema cannot tell, by holding it against the shipped ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..errors import Fault
from ..rules import load
from ..rules.check import check_document, nearest
from ..rules.model import ChannelDocument, Spec
from ..rules.presets import presets_faults
from ..rules.values import fold_name
from . import validate
from .kinds import misfits

KINDS = ("spec", "channel", "catalogue", "presets")

Json = Mapping[str, Any]


def document_faults(kind: str, document: Json, file: str) -> list[Fault]:
    """List the faults of a channel document, a catalogue or presets, *document* being plain JSON: by its schema, then by what it names."""
    found = check_document(kind, document, file)
    if found:
        return found
    return list(_OTHERS[kind](document, file))


def _channel(document: Json, file: str) -> Iterator[Fault]:
    """Hold a channel document against the fields that the default spec has."""
    parent = document.get("extends")
    if parent is not None and parent not in load.shipped_channels():
        known = load.shipped_channels()
        yield Fault("/extends", repr(parent), f"one of {', '.join(known)}", nearest(parent, known), file)
        return
    spec = load.spec("ecommerce")
    made = load.channel_document(document, file)
    found = [fault for fault in validate.faults(spec, [made]) if fault.file == file]
    yield from load.in_order([*found, *_other_types(made, spec, file)], None)


def _other_types(document: ChannelDocument, spec: Spec, file: str) -> Iterator[Fault]:
    """Tell which keys take something else than their field gives: here the document is wrong, and not the spec."""
    for entry, fields in validate.entries(document, spec):
        if entry.origin.file == file and entry.take in fields and any(misfits(fields[entry.take], entry, spec.items.fields)):
            yield Fault(entry.origin.pointer, f"the field {entry.take} for a key of the type {entry.type}", "the type, words and limit of what the field gives", file=file)


def _catalogue(document: Json, file: str) -> Iterator[Fault]:
    """Tell which events have a name that another one has too, in any spelling."""
    seen: dict[str, int] = {}
    for n, event in enumerate(document["events"]):
        for key in ("name", "tag"):
            if event[key] and seen.setdefault(fold_name(event[key]), n) != n:
                yield Fault(f"/events/{n}/{key}", f"the name {event[key]!r}, which another event has", "a name of its own", file=file)


_OTHERS: Mapping[str, Callable[[Json, str], Iterable[Fault]]] = MappingProxyType({"channel": _channel, "catalogue": _catalogue, "presets": presets_faults})
