"""Walks the documents of a plan by hand for one event, and tells what each value came from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from attrs import evolve, field, frozen

from ..errors import Channel, Problem
from ..identity import KEYS
from ..rules.model import (
    DigestSource,
    Entry,
    Field,
    GiveSource,
    ItemEntries,
    ItemsSource,
    NowSource,
    PathsSetting,
    SettingSource,
)
from ..rules.path import Path, parse
from ..rules.transforms import OUTPUTS
from . import runtime
from .compiler import HEAD
from .explained import Explained, Stage
from .model import Plan
from .names import Names
from .resolve import ObjectPlan, Resolver, Step
from .runtime import Event

PERSONAL = frozenset({*KEYS, "ip", "custom_digest"})
"""Transforms that take personal data."""


@frozen
class Trace:
    """What gave a value, its way, and the paths in the event that were read."""

    source: str
    stages: tuple[Stage, ...]
    paths: tuple[Path, ...] = ()


@frozen
class Tracer:
    """Walks the documents of a plan by hand for one event."""

    plan: Plan
    resolver: Resolver
    event: Event
    call: str
    now: float
    names: Names | None
    items: int | None
    known: dict[Any, Any] = field(factory=dict, repr=False, eq=False)
    """What was found once: the products, and the steps of each field by its identity."""

    def explained(self, pintrk: list[list[Any]], events: list[dict[str, Any]]) -> Iterator[Explained]:
        """Yield the fields of the outputs that were really made."""
        for document in self.plan.channels:
            for output in document.objects:
                if self.call not in output.calls:
                    continue
                rows = list(enumerate(events)) if document.channel == "capi" else [(n, call[-1]) for n, call in enumerate(pintrk) if call[0] == output.command]
                if rows:
                    where = tuple(n for n, _ in rows)
                    yield from (evolve(one, payloads=where) for one in self._object(self.resolver.object_plan(document.channel, output), rows[0][1]))

    def named(self, pintrk: list[list[Any]], events: list[dict[str, Any]]) -> Iterator[Explained]:
        """Yield what each payload is called; a call of the tag without a name has none."""
        traces = [trace for name in HEAD if (trace := self.trace(self.plan.spec.fields[name], self.event))]
        source, paths = ", ".join(trace.source for trace in traces), tuple(path for trace in traces for path in trace.paths)
        rule = self.names.origin if self.names else ""
        tag = [("browser", call[0], n, call[1]) for n, call in enumerate(pintrk) if len(call) > 2]
        for channel, output, n, name in (*tag, *(("capi", "event_name", n, event["event_name"]) for n, event in enumerate(events))):
            yield Explained(channel, output, HEAD[1], rule, "", source, (Stage("name", name),), paths, (n,))  # type: ignore[arg-type]  # one of the two literals

    def output_rule(self) -> str:
        """Give the rule of the output for calls that no event rule names: identify."""
        return next(str(output.origin) for document in self.plan.channels for output in document.objects if self.call in output.calls)

    def _object(self, plan: ObjectPlan, made: dict[str, Any]) -> Iterator[Explained]:
        told: set[tuple[str, ...]] = set()
        prefix = (plan.output.command,) if plan.channel == "browser" else ()
        for entry in plan.entries:
            place = made.get(entry.key[0]) if len(entry.key) == 2 else made
            if entry.key in told or not isinstance(place, dict) or entry.key[-1] not in place:
                continue
            if isinstance(entry, ItemEntries):
                told.add(entry.key)
                yield from self._items(plan.channel, (*prefix, *entry.key), entry)
            elif trace := self.trace(self.plan.spec.fields[entry.take], self.event):
                told.add(entry.key)
                yield self._one(plan.channel, (*prefix, *entry.key), entry, self.plan.spec.fields[entry.take], trace)
        if plan.output.rest:
            yield from self._rest(plan, made, prefix, {key[0] for key in told})

    def _rest(self, plan: ObjectPlan, made: dict[str, Any], prefix: tuple[str, ...], told: set[str]) -> Iterator[Explained]:
        """Explain what stands beside the object's own keys."""
        entry = plan.output.rest.entry if plan.output.rest else None
        trace = self.trace(self.plan.spec.fields[entry.take], self.event) if entry else None
        if entry is None or trace is None:
            return
        for name in (name for name in made if name not in told and name in trace.stages[-1].value):
            stages = (evolve(trace.stages[0], value=trace.stages[0].value.get(name), personal=True), Stage("object", made[name]))
            paths = tuple(Path(f"{path.text}.{name}", (*path.names, name), path.spelling) for path in trace.paths)
            yield Explained(plan.channel, ".".join((*prefix, name)), entry.take, str(self.plan.spec.fields[entry.take].origin), str(entry.origin), f"{trace.source}.{name}", stages, paths)

    def _one(self, channel: Channel, key: tuple[str, ...], entry: Entry, field: Field, trace: Trace) -> Explained:
        stages = trace.stages
        if entry.key[0] == "user_data" and not isinstance(stages[-1].value, list):
            stages = tuple(evolve(stage, personal=True) for stage in stages)
        if entry.write:
            stages = (*stages, Stage(entry.write, OUTPUTS[entry.write](stages[-1].value)))
        return Explained(channel, ".".join(key), field.name, self._rule(field, trace), str(entry.origin), trace.source, stages, trace.paths)

    def _rule(self, field: Field, trace: Trace) -> str:
        """Give the rule that a value came by: the field's, or the path in the settings that found it."""
        settings = self.plan.settings
        named = (source.name for source in field.sources if isinstance(source, PathsSetting))
        chosen = ((f"{settings.file}#/{name}/{n}", path) for name in named for n, path in enumerate(getattr(settings, name)))
        return next((place for place, path in chosen if (parse(path),) == trace.paths), str(field.origin))

    def _items(self, channel: Channel, key: tuple[str, ...], rows: ItemEntries) -> Iterator[Explained]:
        for n, (row, where) in enumerate(islice(self.rows(), self.items)):
            for entry in rows.entries:
                field = self.plan.spec.items.fields[entry.take]
                if trace := self.trace(field, row, f"{where}."):
                    yield self._one(channel, (*key, str(n), *entry.key), entry, field, trace)

    def rows(self) -> list[tuple[Event, str]]:
        """Give the rows that count as products, each with its place."""
        if "rows" not in self.known:
            self.known["rows"] = self._collected()
        rows: list[tuple[Event, str]] = self.known["rows"]
        return rows

    def _collected(self) -> list[tuple[Event, str]]:
        """Find the products as `runtime.collect` does."""
        found: list[tuple[Event, str]] = []

        def read(row: Event, where: runtime.Where, problems: list[Problem], *called: runtime.Called) -> bool | None:
            if not any(self._found(field, row) for field in self.plan.spec.items.fields.values()):
                return None
            found.append((row, runtime.at(where)))
            return True

        runtime.collect(self.plan.spec.items, read, self.event, [])
        return found

    def trace(self, field: Field, root: Event, where: str = "") -> Trace | None:
        """Follow the steps of a field until one gives a value; else its default, if it has one."""
        found = self._found(field, root, where)
        return found or (Trace("default", (Stage("default", field.default),)) if field.default is not None else None)

    def _found(self, field: Field, root: Event, where: str = "") -> Trace | None:
        if id(field) not in self.known:
            self.known[id(field)] = self.resolver.field_plan(field, self.call).steps
        return next((trace for step in self.known[id(field)] if (trace := self._step(step, root, where))), None)

    def _step(self, step: Step, root: Event, where: str) -> Trace | None:
        if isinstance(step, tuple):
            return self._ways(step, root, where)
        if isinstance(step, SettingSource):
            return Trace(f"setting {step.name}", (Stage("setting", self.resolver.setting(step.name)),))
        if isinstance(step, GiveSource):
            return self._given(step)
        if isinstance(step, NowSource):
            return Trace("now", (Stage("now", int(self.now)),))
        if isinstance(step, DigestSource):
            return Trace("digest of " + ", ".join(p.text for p in step.paths), (Stage("digest", runtime.digest_of(root, step.paths)),), step.paths)
        return self._of_items(step)

    def _ways(self, ways: tuple[runtime.Way, ...], root: Event, where: str) -> Trace | None:
        for way in ways:
            if way.events and not self._becomes(way):
                continue
            raw = way.path.find(root)
            value = None if raw is None else way.transform.salvage(raw)[0]
            if value is not None:
                personal = way.transform.name in PERSONAL
                stages = (Stage("found", raw, personal), Stage(way.transform.name, value, personal and way.transform.name == "ip"))
                return Trace(where + way.path.text, stages, (_below(where, way.path),))
        return None

    def _becomes(self, way: runtime.Way) -> bool:
        """Tell whether the event becomes one of those that *way* is for."""
        return self.names is not None and any(event.name in self.names.capi or event.tag in self.names.browser for event in way.events)

    def _given(self, step: GiveSource) -> Trace | None:
        holds = runtime.holds
        if all(holds(c, self.event) for c in step.when) and not any(holds(c, self.event) for c in step.unless):
            paths = tuple(c.path for c in (*step.when, *step.unless))
            conditions = ", ".join(path.text for path in paths)
            return Trace(f"constant, by {conditions}" if conditions else "constant", (Stage("constant", step.value),), paths)
        return None

    def _of_items(self, step: ItemsSource) -> Trace | None:
        rows = self.rows()
        if step.operation == "count":
            paths = tuple(parse(where) for _, where in rows)
            return Trace("the number of items", (Stage("count", len(rows)),), paths) if rows else None
        found = ((self.trace(self.plan.spec.items.fields[step.of], row, f"{where}."), where) for row, where in rows)
        traces = [(trace.stages[-1].value, trace.paths or (parse(where),)) for trace, where in found if trace]
        values = [value for value, _ in traces]
        value = (sum(values) if step.operation == "sum" else values) if values else None
        paths = tuple(path for _, each in traces for path in each)
        return None if value is None else Trace(f"{step.operation} of the items' {step.of}", (Stage(step.operation, value),), paths)


def _below(where: str, path: Path) -> Path:
    """Give *path* as it is from the top, *where* being the place it begins at, with a dot behind it, or ""."""
    return Path(where + path.text, (*parse(where[:-1]).names, *path.names), path.spelling) if where else path
