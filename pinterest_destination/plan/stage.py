"""The stage before the rules: subscriptions that make payloads of events, and the plan that reads those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import field, frozen

from ..errors import Fault, Problem, SettingsError, problem
from ..rules.directives import TooMuch, compile_mapping
from ..rules.fql import Trigger, compile_tree, parse_fql, write_fql
from ..rules.model import Spec
from ..rules.presets import Formats, Presets, presets
from ..rules.values import hide_names
from ..settings.model import Settings, Subscription
from .exposed import hidden, risky_places
from .model import ConsentingPlan, Payloads, Plan
from .payload import PAYLOAD, Place, reads_payload
from .personal import personal_places
from .runtime import Event


@frozen
class Row:
    """A subscription that counts, compiled."""

    subscription: Subscription
    name: str
    trigger: Trigger
    mapping: Mapping[str, Any] = field(repr=False)
    """With what the preset gives."""
    matches: Callable[[Any], bool] = field(repr=False)
    resolve: Callable[[Any], Any] = field(repr=False)
    risky: Mapping[Place, str]
    """Places that get personal data and are not hashed by the rules, with their pointers: a digest goes there."""

    @property
    def written(self) -> str:
        """The trigger as it is understood."""
        return write_fql(self.trigger.tree)


@frozen
class Stage:
    """All subscriptions of one destination that count."""

    rows: tuple[Row, ...]
    formats: Formats

    def inputs(self, event: Event) -> Iterator[tuple[Row, Event | Problem]]:
        """Yield what the rules read, for each subscription that *event* triggers: the event with the payload beside its own parts.

        In its place is the problem of a mapping that would make too much of the event.
        """
        for row in self.rows:
            if row.matches(event):
                yield row, self.input(row, event)

    def input(self, row: Row, event: Event) -> Event | Problem:
        """Give what the rules read for one subscription, or why there is nothing."""
        try:
            return {**event, PAYLOAD: self.payload(row, event)}
        except TooMuch as error:
            return problem("excessive_mapping", f"{row.subscription.pointer}/mapping{error.place}", str(error))

    def payload(self, row: Row, event: Event) -> dict[str, Any]:
        """Give what a subscription makes of an event. Raises `TooMuch`."""
        made = row.resolve(event)
        payload = self.formats.trimmed(made) if isinstance(made, dict) else {}
        for place in row.risky:
            payload = hidden(payload, place)
        return payload


@frozen
class StagedPlan(ConsentingPlan):
    """A plan whose rules read the payloads of subscriptions."""

    stage: Stage

    def granted(self, event: Event, now: float, *, browser: bool = True, capi: bool = True) -> Payloads:
        """Turn *event* into the payloads of all subscriptions that it triggers, in their order."""
        made = [self.converted(each, now, browser=browser, capi=capi) for _, each in self.stage.inputs(event)]
        if not made:
            return [], [], (problem("not_subscribed"),)
        calls, events, problems = zip(*made, strict=True)
        told: dict[Problem, None] = dict.fromkeys(found for part in problems for found in part)
        return [call for part in calls for call in part], [each for part in events for each in part], tuple(told)

    def inputs(self, event: Event) -> list[Event]:
        """Give the event with the payload of each subscription that it triggers, without those whose mapping is stopped."""
        return [given for _, given in self.stage.inputs(event) if isinstance(given, dict)]

    def converted(self, event: Event | Problem, now: float, *, browser: bool = True, capi: bool = True) -> Payloads:
        """Turn one input of the rules into payloads."""
        if isinstance(event, Problem):
            return [], [], (event,)
        return Plan.convert(self, event, now, browser=browser, capi=capi)


def compile_stage(settings: Settings, spec: Spec) -> Stage:
    """Compile the subscriptions of *settings*, which have been checked. Raises `SettingsError` if *spec* reads no payload."""
    if not reads_payload(spec):
        expected = f"a spec that reads what stands in `{PAYLOAD}`, such as {presets().name}: subscriptions fill that, and nothing else"
        raise SettingsError([Fault("/spec", f"the spec {spec.name!r}", expected, file=settings.file)])
    known = presets()
    rows = (_row(each, known, spec, original=settings.preset_defaults == "original") for each in settings.subscriptions or () if each.enabled)
    return Stage(tuple(rows), known.formats)


def _row(subscription: Subscription, known: Presets, spec: Spec, *, original: bool) -> Row:
    preset = known.find(subscription.preset)
    trigger = parse_fql(subscription.subscribe or (preset.subscribe if preset else ""))
    mapping = {**(known.mapping_of(preset, original=original) if preset else {}), **subscription.mapping}
    name = subscription.name or subscription.preset
    resolve = compile_mapping(mapping, hide=partial(hide_names, names=personal_places(spec).names))
    return Row(subscription, name, trigger, mapping, compile_tree(trigger.tree), resolve, risky_places(mapping, spec))
