"""Places in an event that hold personal data: those a spec reads as match keys, and those it lists besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from ..errors import Fault, Problem, problem
from ..identity import KEYS
from ..rules.model import ChannelDocument, Entry, GiveSource, PathSource, Spec
from ..rules.path import Path, parse
from ..rules.transforms import kind
from ..settings.model import Settings
from .kinds import constant, placed

DIGEST = "custom_digest"
"""The transform of what identifies a person and is no match key."""


@frozen
class Places:
    """The personal places of a spec, spelt without case and separators, each with the transform that hides what stands there."""

    transforms: Mapping[str, str]
    held: frozenset[str]
    """Objects that such places lie in."""
    names: frozenset[str]
    """Names that say it under any object, such as phone."""

    def transform(self, path: Path) -> str | None:
        """Give the transform that hides what stands at *path*, or in what lies around it; None where nothing is to be hidden."""
        known = next((self.transforms[place] for place in _inward(path.names) if place in self.transforms), None)
        return known or (DIGEST if any(_place((name,)) in self.names for name in path.names) else None)

    def below(self, path: Path) -> set[str]:
        """Name what is personal right below *path*: the names that are so anywhere, and those of places there."""
        prefix = _place(path.names)
        return {*self.names, *(place.removeprefix(prefix) for place in self.transforms if place.startswith(prefix) and place != prefix)}

    def holds(self, path: Path) -> bool:
        """Tell whether *path* is an object with a personal place in it."""
        return _place(path.names) in self.held


def personal_places(spec: Spec) -> Places:
    """Gather the personal places of *spec*."""
    read = {source.path.names: source.transform if source.transform in KEYS else DIGEST for source in _private_sources(spec)}
    listed = {path.names: DIGEST for path in spec.personal if path.names[0] != "*"}
    named = {**listed, **read}
    held = {_place(names[:n]) for names in named for n in range(1, len(names))}
    anywhere = {_place(path.names[1:]) for path in spec.personal if path.names[0] == "*"}
    return Places({_place(names): transform for names, transform in named.items()}, frozenset(held), frozenset(anywhere))


def leaks(spec: Spec, channels: Iterable[ChannelDocument]) -> Iterator[Fault]:
    """Tell which fields would send what stands at a personal place as it is."""
    places = personal_places(spec)
    for fields, taken in ((spec.fields, _types(channels)), (spec.items.fields, {})):
        for field in fields.values():
            for pointer, source in placed(field):
                if isinstance(source, PathSource) and "digests" not in taken.get(field.name, ()) and places.transform(source.path) and not _hides(source, taken.get(field.name, set())):
                    found = f"{source.path.text[:100]}, a place of personal data, read as {source.transform}"
                    yield Fault(pointer, found, f"another place, or {DIGEST}, which sends a digest", file=field.origin.file)


def _types(channels: Iterable[ChannelDocument]) -> dict[str, set[str]]:
    """The types of the keys that take each field."""
    types: dict[str, set[str]] = {}
    for entry in (entry for document in channels for output in document.objects for entry in output.entries):
        if isinstance(entry, Entry):
            types.setdefault(entry.take, set()).add(entry.type)
    return types


def _hides(source: PathSource, types: set[str]) -> bool:
    """Tell whether the transform makes digests; an IP address may go where Pinterest wants one."""
    return kind(source.transform) == "digests" or source.transform == DIGEST or (source.transform == "ip" and types == {"ip"})


def event_id_problems(settings: Settings, spec: Spec) -> Iterator[Problem]:
    """Tell which `event_id` paths name personal places."""
    places = personal_places(spec)
    for n, path in enumerate(settings.event_id):
        if places.transform(parse(path)):
            yield problem("risky_event_id", f"/event_id/{n}")


def constant_problems(settings: Settings, spec: Spec) -> Iterator[Problem]:
    """Tell which constants are left out because only digests may leave."""
    if settings.identity != "hashed":
        return
    for field in spec.fields.values():
        for pointer, source in placed(field):
            if isinstance(source, GiveSource) and source.transform in KEYS and constant(source, hashed_only=True) is None:
                yield problem("clear_match_key", pointer)


def _private_sources(spec: Spec) -> list[PathSource]:
    sources = (source for field in spec.fields.values() for source in field.sources)
    return [source for source in sources if isinstance(source, PathSource) and (source.transform in KEYS or source.transform == "ip")]


def _place(names: Iterable[str]) -> str:
    """Name a place without regard to spelling, nor to whether a dot divides names or belongs to one."""
    return "".join(filter(str.isalnum, "".join(names).casefold()))


def _inward(names: tuple[str, ...]) -> Iterator[str]:
    """Name the place of a path, then all that it lies in: what stands in a list of addresses is an address."""
    return (_place(names[:n]) for n in range(len(names), 0, -1))
