"""Where every output field came from: the rule, the path in the event that won, and the value's way to its form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from ..errors import Channel, Problem
from ..identity import KEYS
from ..rules.model import DigestSource, Entry, Field, GiveSource, ItemEntries, ItemsSource, NowSource, SettingSource
from ..rules.path import parse
from ..rules.transforms import OUTPUTS
from . import runtime
from .explained import Explained, Explanation, Stage, Subscribed, scrubbed
from .model import Payloads, Plan
from .names import Names
from .payload import PAYLOAD, origin
from .resolve import ObjectPlan, Resolver, Step
from .runtime import Event
from .stage import Row, StagedPlan

__all__ = ["Explained", "Explanation", "Stage", "Subscribed", "explain", "scrubbed"]

PERSONAL = frozenset({*KEYS, "ip", "custom_digest"})
"""Transforms that take personal data."""


def explain(plan: Plan, event: Event, now: float) -> Explanation:
    """Explain every field that *event* gives under *plan*."""
    if denied := plan.denial(event):
        return _kept_back(plan, event, now, denied)
    if isinstance(plan, StagedPlan):
        return _staged(plan, event, now)
    return _explained(plan, event, now, plan.convert(event, now))


def _staged(plan: StagedPlan, event: Event, now: float) -> Explanation:
    """Explain what each subscription makes, one after the other, down to the places in the event."""
    rows = list(plan.stage.inputs(event))
    made = [_explained(plan, each, now, plan.converted(each, now)) for _, each in rows]
    pintrk, events, problems = plan.convert(event, now)
    told = [_subscribed(row, part, plan.settings.file) for (row, _), part in zip(rows, made, strict=True)]
    return Explanation(
        rule=", ".join(dict.fromkeys(part.rule for part in made)),
        browser=tuple(name for part in made for name in part.browser),
        capi=tuple(name for part in made for name in part.capi),
        fields=tuple(_traced(one, row, by) for (row, _), part, by in zip(rows, made, told, strict=True) for one in part.fields),
        problems=problems,
        pintrk=pintrk,
        capi_events=events,
        subscriptions=tuple(told),
    )


def _subscribed(row: Row, made: Explanation, file: str) -> Subscribed:
    return Subscribed(row.name, row.written, f"{file}#{row.subscription.pointer}", made.rule, made.browser, made.capi)


def _traced(one: Explained, row: Row, by: Subscribed) -> Explained:
    """Add the subscription, and to a source in the payload where in the event the mapping has it from."""
    root, *names = parse(one.source).names if one.source.startswith(f"{PAYLOAD}.") else ("",)
    found = origin(row.mapping, tuple(names)) if root == PAYLOAD else ""
    return evolve(one, source=f"{one.source}, {found}" if found else one.source, subscription=by.label)


def _explained(plan: Plan, event: Event, now: float, made: Payloads) -> Explanation:
    """Explain one run of the rules, of which *made* came."""
    pintrk, events, problems = made
    call, name = plan.functions["head"](event, [])
    call = (call or "").strip().lower()
    names = plan.names(call, name, event, []) if call in plan.routes else None
    tracer = _Tracer(plan, Resolver(plan.spec, plan.settings), event, call, now, names)
    explained = tuple(tracer.explained(pintrk, events)) if names else ()
    return Explanation(
        rule=names.origin or tracer.output_rule() if names else "",
        browser=names.browser if names else (),
        capi=names.capi if names else (),
        fields=explained,
        problems=problems,
        pintrk=pintrk,
        capi_events=events,
    )


def _kept_back(plan: Plan, event: Event, now: float, denied: Problem) -> Explanation:
    """Explain an event that lacks consent."""
    rule = f"{plan.settings.file}#/consent"
    pintrk, events, problems = plan.convert(event, now)
    said = Explained("browser", "setconsent", "consent", rule, rule, denied.path or "consent.unknown", (Stage("consent", False),))
    return Explanation(rule, (), (), (said,), problems, pintrk, events)


@frozen
class _Trace:
    source: str
    stages: tuple[Stage, ...]


@frozen
class _Tracer:
    """Walks the documents of a plan by hand for one event."""

    plan: Plan
    resolver: Resolver
    event: Event
    call: str
    now: float
    names: Names | None

    def explained(self, pintrk: list[list[Any]], events: list[dict[str, Any]]) -> Iterator[Explained]:
        """Yield the fields of the outputs that were really made."""
        for document in self.plan.channels:
            for output in document.objects:
                if self.call not in output.calls:
                    continue
                made = events[0] if document.channel == "capi" and events else next((c[-1] for c in pintrk if c[0] == output.command), None)
                if made is not None and (document.channel == "browser" or events):
                    yield from self._object(self.resolver.object_plan(document.channel, output), made)

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
            elif trace := self._trace(self.plan.spec.fields[entry.take], self.event):
                told.add(entry.key)
                yield self._one(plan.channel, (*prefix, *entry.key), entry, self.plan.spec.fields[entry.take], trace)
        if plan.output.rest:
            yield from self._rest(plan, made, prefix, {key[0] for key in told})

    def _rest(self, plan: ObjectPlan, made: dict[str, Any], prefix: tuple[str, ...], told: set[str]) -> Iterator[Explained]:
        """Explain what stands beside the object's own keys."""
        entry = plan.output.rest.entry if plan.output.rest else None
        trace = self._trace(self.plan.spec.fields[entry.take], self.event) if entry else None
        if entry is None or trace is None:
            return
        for name in (name for name in made if name not in told and name in trace.stages[-1].value):
            stages = (evolve(trace.stages[0], value=trace.stages[0].value.get(name), personal=True), Stage("object", made[name]))
            yield Explained(plan.channel, ".".join((*prefix, name)), entry.take, str(self.plan.spec.fields[entry.take].origin), str(entry.origin), f"{trace.source}.{name}", stages)

    def _one(self, channel: Channel, key: tuple[str, ...], entry: Entry, field: Field, trace: _Trace) -> Explained:
        stages = trace.stages
        if entry.key[0] == "user_data" and not isinstance(stages[-1].value, list):
            stages = tuple(evolve(stage, personal=True) for stage in stages)
        if entry.write:
            stages = (*stages, Stage(entry.write, OUTPUTS[entry.write](stages[-1].value)))
        return Explained(channel, ".".join(key), field.name, str(field.origin), str(entry.origin), trace.source, stages)

    def _items(self, channel: Channel, key: tuple[str, ...], rows: ItemEntries) -> Iterator[Explained]:
        for n, (row, where) in enumerate(self._rows()):
            for entry in rows.entries:
                field = self.plan.spec.items.fields[entry.take]
                if trace := self._trace(field, row, f"{where}."):
                    yield self._one(channel, (*key, str(n), *entry.key), entry, field, trace)

    def _rows(self) -> list[tuple[Event, str]]:
        """Give the rows that count as products, as `runtime.collect` finds them."""
        found: list[tuple[Event, str]] = []

        def read(row: Event, where: runtime.Where, problems: list[Problem], *called: runtime.Called) -> bool | None:
            if not any(self._found(field, row) for field in self.plan.spec.items.fields.values()):
                return None
            found.append((row, runtime.at(where)))
            return True

        runtime.collect(self.plan.spec.items, read, self.event, [])
        return found

    def _trace(self, field: Field, root: Event, where: str = "") -> _Trace | None:
        """Follow the steps of a field until one gives a value; else its default, if it has one."""
        found = self._found(field, root, where)
        return found or (_Trace("default", (Stage("default", field.default),)) if field.default is not None else None)

    def _found(self, field: Field, root: Event, where: str = "") -> _Trace | None:
        steps = self.resolver.field_plan(field, self.call).steps
        return next((trace for step in steps if (trace := self._step(step, root, where))), None)

    def _step(self, step: Step, root: Event, where: str) -> _Trace | None:
        if isinstance(step, tuple):
            return self._ways(step, root, where)
        if isinstance(step, SettingSource):
            return _Trace(f"setting {step.name}", (Stage("setting", self.resolver.setting(step.name)),))
        if isinstance(step, GiveSource):
            return self._given(step)
        if isinstance(step, NowSource):
            return _Trace("now", (Stage("now", int(self.now)),))
        if isinstance(step, DigestSource):
            return _Trace("digest of " + ", ".join(p.text for p in step.paths), (Stage("digest", runtime.digest_of(root, step.paths)),))
        return self._of_items(step)

    def _ways(self, ways: tuple[runtime.Way, ...], root: Event, where: str) -> _Trace | None:
        for way in ways:
            if way.events and not self._becomes(way):
                continue
            raw = way.path.find(root)
            value = None if raw is None else way.transform.salvage(raw)[0]
            if value is not None:
                personal = way.transform.name in PERSONAL
                stages = (Stage("found", raw, personal), Stage(way.transform.name, value, personal and way.transform.name == "ip"))
                return _Trace(where + way.path.text, stages)
        return None

    def _becomes(self, way: runtime.Way) -> bool:
        """Tell whether the event becomes one of those that *way* is for."""
        return self.names is not None and any(event.name in self.names.capi or event.tag in self.names.browser for event in way.events)

    def _given(self, step: GiveSource) -> _Trace | None:
        holds = runtime.holds
        if all(holds(c, self.event) for c in step.when) and not any(holds(c, self.event) for c in step.unless):
            conditions = ", ".join(c.path.text for c in (*step.when, *step.unless))
            return _Trace(f"constant, by {conditions}" if conditions else "constant", (Stage("constant", step.value),))
        return None

    def _of_items(self, step: ItemsSource) -> _Trace | None:
        if step.operation == "count":
            rows = len(self._rows())
            return _Trace("the number of items", (Stage("count", rows),)) if rows else None
        traces = [self._trace(self.plan.spec.items.fields[step.of], row) for row, _ in self._rows()]
        values = [trace.stages[-1].value for trace in traces if trace]
        value = (sum(values) if step.operation == "sum" else values) if values else None
        return None if value is None else _Trace(f"{step.operation} of the items' {step.of}", (Stage(step.operation, value),))
