"""Decide all that settings decide: which sources, keys and transforms a plan has. What is left depends on the event alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from attrs import Factory, evolve, field, frozen

from ..errors import Channel
from ..rules.model import (
    DigestSource,
    Entry,
    Field,
    GiveSource,
    ItemEntries,
    ItemsSource,
    NowSource,
    OutputObject,
    PathSource,
    PathsSetting,
    SettingSource,
    Source,
    Spec,
    Switch,
)
from ..rules.path import Path, parse
from ..rules.transforms import HIDING, transform
from ..rules.values import fold_name
from ..settings.events import standard_events
from ..settings.model import Settings
from .kinds import constant
from .personal import DIGEST, Places, personal_places
from .runtime import Way

Step = tuple[Way, ...] | GiveSource | SettingSource | ItemsSource | DigestSource | NowSource
"""One step towards a field's value. Neighbouring ways that share a transform make one step."""


@frozen
class FieldPlan:
    """A field with its steps decided. Without steps and default it is never there."""

    name: str
    steps: tuple[Step, ...]
    default: int | None = None


@frozen
class ObjectPlan:
    """An output object with only the entries that the settings let through."""

    channel: Channel
    output: OutputObject
    entries: tuple[Entry | ItemEntries, ...]

    def takes(self) -> set[str]:
        """Name the fields that this object needs."""
        entries = [entry for entry in self.entries if isinstance(entry, Entry)]
        named = {entry.take for entry in entries} | {entry.with_field for entry in entries if entry.with_field}
        named |= {name for row in self.output.required for group in row.any_of for name in group}
        named |= {self.output.rest.entry.take} if self.output.rest else set()
        return named | {window.take for window in self.output.windows}


@frozen
class Resolver:
    """Turns documents into plans under one set of settings."""

    spec: Spec
    settings: Settings
    personal: Places = field(init=False, repr=False, default=Factory(lambda self: personal_places(self.spec), takes_self=True))

    def setting(self, name: str) -> Any:
        """Give a setting's value; the spec's option of that name where the settings leave the choice to it."""
        value = getattr(self.settings, name)
        return getattr(self.spec.options, name, None) if value is None else value

    def is_on(self, switch: Switch) -> bool:
        """Tell whether a setting or option is as *switch* wants it."""
        value = self.setting(switch.name) if switch.kind == "setting" else getattr(self.spec.options, switch.name)
        return switch.has in value if switch.has is not None else bool(value == switch.equals)

    def object_plan(self, channel: Channel, output: OutputObject) -> ObjectPlan:
        """Keep the entries of *output* whose switches are on."""
        entries = (e for e in output.entries if isinstance(e, ItemEntries) or not e.when or any(map(self.is_on, e.when)))
        return ObjectPlan(channel, output, tuple(entries))

    def field_plan(self, wanted: Field, call: str) -> FieldPlan:
        """Decide the steps of the field *wanted* for one call type."""
        sources = (source for source in self._sources(wanted) if not (isinstance(source, PathSource) and source.calls) or call in source.calls)
        steps: list[Step] = []
        for kind, group in groupby(sources, _kinship):
            members = tuple(group)
            steps += self._ways(kind, members) if kind else self._others(members)
        return FieldPlan(wanted.name, tuple(steps), wanted.default)

    def _sources(self, wanted: Field) -> Iterator[Source]:
        """Give the sources in order, those of the preferred kind first, paths of settings written out."""
        chosen = self.setting("content_id")
        for _, preferred in sorted(wanted.prefer.items(), key=lambda pair: pair[0] != chosen):
            yield from preferred
        for source in wanted.sources:
            if isinstance(source, PathsSetting):
                yield from (self._hidden(PathSource(parse(text), source.transform)) for text in getattr(self.settings, source.name))
            else:
                yield source

    def _hidden(self, source: PathSource) -> PathSource:
        """Read a path that the user chose as a digest, if it names a personal place."""
        return evolve(source, transform=DIGEST) if self.personal.transform(source.path) else source

    def _ways(self, kind: tuple[Any, ...], sources: Iterable[Source]) -> list[Step]:
        name, of, limit, quiet, prefix, events, holder = kind
        words = self._personal_words(holder) if name in HIDING else of
        made = transform(name, of=words, limit=limit, quiet=quiet, hashed_only=self.hashed_only, prefix=prefix)
        standard = tuple(standard_events()[fold_name(event)] for event in events)
        ways = tuple(Way(source.path, made, standard) for source in sources if isinstance(source, PathSource))
        return [(way,) for way in ways] if made.quiet else [ways]

    def _personal_words(self, holder: Path | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Give the names under which an object, at *holder*, has personal data."""
        return tuple((word, ()) for word in sorted(self.personal.names if holder is None else self.personal.below(holder)))

    def _others(self, sources: Iterable[Source]) -> list[Step]:
        counting = [source for source in sources if self._counts(source) and not isinstance(source, (PathSource, PathsSetting))]
        return [self._read(source) if isinstance(source, GiveSource) else source for source in counting]

    def _read(self, source: GiveSource) -> GiveSource:
        """Give a constant as it is sent."""
        return evolve(source, value=constant(source, hashed_only=self.hashed_only))

    @property
    def hashed_only(self) -> bool:
        """Whether personal data in clear is left out."""
        return self.settings.identity == "hashed"

    def _counts(self, source: Source) -> bool:
        """Tell whether a source that depends on settings can give anything."""
        if isinstance(source, SettingSource):
            return self.setting(source.name) is not None
        if not isinstance(source, GiveSource):
            return True
        return (not source.setting or bool(self.setting(source.setting))) and constant(source, hashed_only=self.hashed_only) is not None


def _kinship(source: Source) -> tuple[Any, ...]:
    """Paths with the same transform and arguments belong together; anything else stands alone."""
    if not isinstance(source, PathSource):
        return ()
    holder = source.path if source.transform in HIDING and source.transform != "url" else None
    return source.transform, source.of, source.limit, source.quiet, source.prefix, source.events, holder
