"""Places in an event that hold personal data: those a spec reads as match keys, and those it lists besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from ..errors import Problem, problem
from ..identity import KEYS
from ..rules.model import PathSource, Spec
from ..rules.path import Path, parse
from ..settings.model import Settings

DIGEST = "custom_digest"
"""The transform of what identifies a person and is no match key."""


@frozen
class Places:
    """The personal places of a spec, spelt without case and separators, each with the transform that hides what stands there."""

    transforms: Mapping[str, str]
    held: frozenset[str]
    """Objects that such places lie in."""

    def transform(self, path: Path) -> str | None:
        """Give the transform that hides what stands at *path*, or in what lies around it; None where nothing is to be hidden."""
        return next((self.transforms[place] for place in _inward(path.names) if place in self.transforms), None)

    def holds(self, path: Path) -> bool:
        """Tell whether *path* is an object with a personal place in it."""
        return _place(path.names) in self.held


def personal_places(spec: Spec) -> Places:
    """Gather the personal places of *spec*."""
    read = {source.path.names: source.transform if source.transform in KEYS else DIGEST for source in _private_sources(spec)}
    listed = {path.names: DIGEST for path in spec.personal}
    named = {**listed, **read}
    held = {_place(names[:n]) for names in named for n in range(1, len(names))}
    return Places({_place(names): transform for names, transform in named.items()}, frozenset(held))


def event_id_problems(settings: Settings, spec: Spec) -> Iterator[Problem]:
    """Tell which `event_id` paths name personal places."""
    places = personal_places(spec)
    for n, path in enumerate(settings.event_id):
        if places.transform(parse(path)):
            yield problem("risky_event_id", f"/event_id/{n}")


def _private_sources(spec: Spec) -> list[PathSource]:
    sources = (source for field in spec.fields.values() for source in field.sources)
    return [source for source in sources if isinstance(source, PathSource) and (source.transform in KEYS or source.transform == "ip")]


def _place(names: Iterable[str]) -> str:
    """Name a place without regard to spelling, nor to whether a dot divides names or belongs to one."""
    return "".join(char for name in names for char in name.casefold() if char.isalnum())


def _inward(names: tuple[str, ...]) -> Iterator[str]:
    """Name the place of a path, then all that it lies in: what stands in a list of addresses is an address."""
    return (_place(names[:n]) for n in range(len(names), 0, -1))
