"""The code of a plan as one event goes through it, for people who read it; nothing is run but the code of the whole plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, field, frozen

from ..errors import Channel
from ..rules.model import Field, GiveSource, ItemEntries, Items, ItemsSource, OutputObject
from ..rules.values import is_blank
from .compiler import sources
from .model import CALLS, Plan
from .resolve import FieldPlan, ObjectPlan, Resolver, Step
from .runtime import Event, collect, holds
from .writer import Module


def narrowed(plan: Plan, event: Event) -> Module:
    """Give the code that *event* goes through under *plan*, without the places that it has nothing at.

    It holds `head`, the function of the event's call type, and `item` where there are products. For this event it does
    what the whole code does, but for problems: what is looked for and not there is not told again.
    """
    inputs = plan.inputs(event)
    calls = dict.fromkeys(call for given in inputs if (call := _call(plan, given)) in CALLS)
    rows = tuple(row for given in inputs for row in _rows(plan.spec.items, given))
    spec = evolve(plan.spec, notes=tuple(note for note in plan.spec.notes if any(not is_blank(note.path.find(given)) for given in inputs)))
    return sources(_Narrow(spec, plan.settings, inputs, rows), plan.channels, calls, dotted=any(map(_has_dots, (*inputs, *rows))))


def whole(plan: Plan) -> Module:
    """Give all the code of *plan*, for events without dotted keys."""
    return sources(Resolver(plan.spec, plan.settings), plan.channels, (*CALLS, "load"), dotted=False)


def _call(plan: Plan, event: Event) -> str:
    return str(plan.functions["head"](event, [])[0] or "").strip().lower()


def _rows(items: Items, event: Event) -> list[Event]:
    """Give the products of *event* as they stand in it."""
    return collect(items, lambda row, *_: row, event, [])


def _has_dots(node: Any, levels: int = 3) -> bool:
    """Tell whether an object has a key with a dot, as deep as paths look into objects."""
    return isinstance(node, dict) and any("." in key or (levels and _has_dots(part, levels - 1)) for key, part in node.items())


@frozen
class _Narrow(Resolver):
    """Decides as its base does, and then leaves out what finds nothing in *events*, or, for a product's fields, in *rows*."""

    events: Sequence[Event] = field(repr=False)
    rows: Sequence[Event] = field(repr=False)

    def field_plan(self, wanted: Field, call: str) -> FieldPlan:
        """Give the steps of the field *wanted* that can give it a value."""
        roots = self.rows if self.spec.items.fields.get(wanted.name) is wanted else self.events
        whole = Resolver.field_plan(self, wanted, call)
        return evolve(whole, steps=tuple(self._filled(whole.steps, roots)))

    def object_plan(self, channel: Channel, output: OutputObject) -> ObjectPlan:
        """Give the entries of *output*, without those of products where there are none."""
        whole = Resolver.object_plan(self, channel, output)
        return whole if self.rows else evolve(whole, entries=tuple(each for each in whole.entries if not isinstance(each, ItemEntries)))

    def _filled(self, steps: Sequence[Step], roots: Sequence[Event]) -> Iterator[Step]:
        for step in steps:
            if isinstance(step, tuple):
                ways = tuple(way for way in step if any(way.path.find(root) is not None for root in roots))
                yield from (ways,) if ways else ()
            elif self._counts_here(step):
                yield step

    def _counts_here(self, step: Step) -> bool:
        if isinstance(step, GiveSource):
            return any(all(holds(c, event) for c in step.when) and not any(holds(c, event) for c in step.unless) for event in self.events)
        return bool(self.rows) or not isinstance(step, ItemsSource)
