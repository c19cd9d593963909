"""Where every output field came from: the rule, the path in the event that won, and the value's way to its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from ..errors import Channel, Problem
from ..rules.model import Entry
from ..rules.path import Path, parse
from .explained import Explained, Explanation, Stage, Subscribed, scrubbed
from .model import Payloads, Plan
from .payload import PAYLOAD, origin, places_of
from .resolve import Resolver
from .runtime import Event
from .stage import Row, StagedPlan
from .tracer import Tracer

__all__ = ["Explained", "Explanation", "Stage", "Subscribed", "explain", "identifiers", "nothing", "scrubbed"]

def nothing(why: Problem) -> Explanation:
    """Explain that there is nothing to explain."""
    return Explanation("", (), (), (), (why,), [], [])


def explain(plan: Plan, event: Event, now: float, items: int | None = None) -> Explanation:
    """Explain every field that *event* gives under *plan*; of the fields of products, only those of the first *items*."""
    if denied := plan.denial(event):
        return _kept_back(plan, event, now, denied)
    if isinstance(plan, StagedPlan):
        return _staged(plan, event, now, items)
    return _explained(plan, event, now, plan.convert(event, now), items)


def identifiers(plan: Plan, event: Event) -> frozenset[str]:
    """Tell which keys of a person *event* has under *plan*, also where it is refused or kept back for something else."""
    return frozenset(key for each in plan.inputs(event) for key in _identifiers(_tracer(plan, each, 0, None)))


def _identifiers(tracer: Tracer) -> Iterator[str]:
    outputs = [output for document in tracer.plan.channels if document.channel == "capi" for output in document.objects if tracer.call in output.calls]
    for entry in (entry for output in outputs for entry in tracer.resolver.object_plan("capi", output).entries):
        if isinstance(entry, Entry) and entry.key[0] == "user_data" and tracer.trace(tracer.plan.spec.fields[entry.take], tracer.event):
            yield entry.key[-1]


def _staged(plan: StagedPlan, event: Event, now: float, items: int | None) -> Explanation:
    """Explain what each subscription makes, one after the other, down to the places in the event."""
    rows = list(plan.stage.inputs(event))
    made = [nothing(each) if isinstance(each, Problem) else _explained(plan, each, now, plan.converted(each, now), items) for _, each in rows]
    pintrk, events, problems = plan.convert(event, now)
    told = [_subscribed(row, part, plan.settings.file) for (row, _), part in zip(rows, made, strict=True)]
    starts: list[dict[Channel, int]] = [{"browser": sum(len(part.pintrk) for part in made[:n]), "capi": sum(len(part.capi_events) for part in made[:n])} for n in range(len(made))]
    runs = [(_Run(row, by, event, start), part) for (row, _), by, start, part in zip(rows, told, starts, made, strict=True)]
    return Explanation(
        rule=", ".join(dict.fromkeys(part.rule for part in made if part.rule)),
        browser=tuple(name for part in made for name in part.browser),
        capi=tuple(name for part in made for name in part.capi),
        fields=tuple(run.traced(one) for run, part in runs for one in part.fields),
        problems=problems,
        pintrk=pintrk,
        capi_events=events,
        subscriptions=tuple(told),
        names=tuple(run.traced(one) for run, part in runs for one in part.names),
        items_left_out=sum(part.items_left_out for part in made),
    )


def _subscribed(row: Row, made: Explanation, file: str) -> Subscribed:
    return Subscribed(row.name, row.written, f"{file}#{row.subscription.pointer}", made.rule, made.browser, made.capi)


@frozen
class _Run:
    """What one subscription makes of an event, and the number of each channel's payloads before its own."""

    row: Row
    by: Subscribed
    event: Event
    start: Mapping[Channel, int]

    def traced(self, one: Explained) -> Explained:
        """Lead what is explained of the payload back to the event: by the subscription, in words, and by its paths."""
        root, *names = parse(one.source).names if one.source.startswith(f"{PAYLOAD}.") else ("",)
        found = origin(self.row.mapping, tuple(names)) if root == PAYLOAD else ""
        source = f"{one.source}, {found}" if found else one.source
        paths = tuple(dict.fromkeys(there for path in one.paths for there in self._of_event(path)))
        payloads = tuple(self.start[one.channel] + n for n in one.payloads)
        return evolve(one, source=source, paths=paths, payloads=payloads, subscription=self.by.label)

    def _of_event(self, path: Path) -> tuple[Path, ...]:
        if path.names[0] != PAYLOAD:
            return (path,)
        return tuple(Path(".".join(names), names) for names in places_of(self.row.mapping, path.names[1:], self.event))


def _explained(plan: Plan, event: Event, now: float, made: Payloads, items: int | None) -> Explanation:
    """Explain one run of the rules, of which *made* came."""
    pintrk, events, problems = made
    tracer = _tracer(plan, event, now, items)
    names = tracer.names
    explained = tuple(tracer.explained(pintrk, events)) if names else ()
    return Explanation(
        rule=names.origin or tracer.output_rule() if names else "",
        browser=names.browser if names else (),
        capi=names.capi if names else (),
        fields=explained,
        problems=problems,
        pintrk=pintrk,
        capi_events=events,
        names=tuple(tracer.named(pintrk, events)) if names else (),
        items_left_out=max(0, len(tracer.rows()) - items) if items is not None and explained else 0,
    )


def _tracer(plan: Plan, event: Event, now: float, items: int | None) -> Tracer:
    call, name = plan.functions["head"](event, [])
    call = (call or "").strip().lower()
    names = plan.names(call, name, event, []) if call in plan.routes else None
    return Tracer(plan, Resolver(plan.spec, plan.settings), event, call, now, names, items)


def _kept_back(plan: Plan, event: Event, now: float, denied: Problem) -> Explanation:
    """Explain an event that lacks consent."""
    rule = f"{plan.settings.file}#/consent"
    pintrk, events, problems = plan.convert(event, now)
    said = Explained("browser", "setconsent", "consent", rule, rule, denied.path or "consent.unknown", (Stage("consent", False),), (parse(denied.path),) if denied.path else (), (0,))
    return Explanation(rule, (), (), (said,), problems, pintrk, events)
