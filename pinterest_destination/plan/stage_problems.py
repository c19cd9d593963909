"""What there is to tell about subscriptions once, when the plan is made: what is read otherwise than it looks, and defaults that harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

from ..errors import Problem, problem
from ..rules.check import nearest, shown
from ..rules.model import PathSource, Spec
from ..rules.presets import Mended, Presets, presets
from ..rules.values import fold_name, is_blank
from ..settings.model import Settings
from .payload import PAYLOAD, Place, constant, is_read, places_filled, places_read
from .stage import Row, Stage


def stage_problems(stage: Stage, settings: Settings, spec: Spec) -> list[Problem]:
    """List the warnings about the subscriptions of *stage*."""
    known = presets()
    return [*_none(stage), *_triggers(stage), *_names(stage, settings, spec), *_formats(stage), *_unread(stage, spec), *_risky(stage), *_harmful(stage, known, original=settings.preset_defaults == "original")]


def _none(stage: Stage) -> Iterator[Problem]:
    if not stage.rows:
        yield problem("odd_subscription", "/subscriptions", "there is no subscription that counts: nothing is sent of any event")


def _triggers(stage: Stage) -> Iterator[Problem]:
    for row in stage.rows:
        for remark in row.trigger.remarks:
            yield problem("odd_subscription", f"{row.subscription.pointer}/subscribe", remark)


def _names(stage: Stage, settings: Settings, spec: Spec) -> Iterator[Problem]:
    """Tell each mapping that gives no event a name, or all of them one that no rule is for."""
    sources = spec.fields["event_name"].sources
    places = [source.path.names[1:] for source in sources if isinstance(source, PathSource) and source.path.names[0] == PAYLOAD]
    known = [*(name for rule in spec.events for name in rule.names), *(row.event for row in settings.event_map)]
    if len(places) < len(sources) or not all(rule.names for rule in spec.events):
        return  # other parts of the event may name it, or any name will do
    for row in stage.rows:
        found = [constant(row.mapping, place) for place in places]
        named = next((value for _, value in found if not is_blank(value)), None)
        if all(fixed for fixed, _ in found) and fold_name(str(named)) not in map(fold_name, known):
            where = "".join(f"/{name}" for name in places[0]) if named is not None else ""
            yield problem("odd_subscription", f"{row.subscription.pointer}/mapping{where}", _unnamed(named, places[0], known, settings.unmapped or spec.options.unmapped))


def _unnamed(named: Any, place: Place, known: Sequence[str], unmapped: Any) -> str:
    if named is None:
        return f"nothing fills {'.'.join(place)}: an event without a name is not sent"
    hint = nearest(str(named), known)
    return f"no rule is for the name {shown(named, '/'.join(place))}: {_FATES[unmapped]}" + (f" (did you mean {hint}?)" if hint else "")


_FATES = MappingProxyType(
    {
        "drop": "nothing is sent, as `unmapped` says",
        "custom": "it is sent as custom, as `unmapped` says",
        "pass": "it is sent under that name if Pinterest takes it, as `unmapped` says",
    }
)


def _formats(stage: Stage) -> Iterator[Problem]:
    field, formats = stage.formats.field, stage.formats.only
    for row in stage.rows:
        value = row.mapping.get(field)
        if isinstance(value, str) and value and value not in formats:
            yield problem("odd_subscription", f"{row.subscription.pointer}/mapping/{field}", f"none of {', '.join(formats)}: it is read as {stage.formats.otherwise}")


def _unread(stage: Stage, spec: Spec) -> Iterator[Problem]:
    """Tell each payload field that the rules do not read, once."""
    read = places_read(spec) | {(stage.formats.field,)}
    told = set()
    for row in stage.rows:
        for place, pointer in places_filled(row.subscription.mapping):
            if place not in told and not is_read(place, read):
                told.add(place)
                yield problem("odd_subscription", f"{row.subscription.pointer}/mapping{pointer}", f"the payload field {'.'.join(place)} is not read by the spec {spec.name}: it is not sent")


def _risky(stage: Stage) -> Iterator[Problem]:
    for row in stage.rows:
        for pointer in dict.fromkeys(row.risky.values()):
            yield problem("risky_mapping", f"{row.subscription.pointer}/mapping{pointer}")


def _harmful(stage: Stage, known: Presets, *, original: bool) -> Iterator[Problem]:
    for mended in known.mended:
        places = [place for row in stage.rows if (place := _kept(row, mended, known)) is not None]
        if places:
            more = f", as that of {len(places) - 1} others" if len(places) > 1 else ""
            yield problem("harmful_default", places[0], f"like the start of Segment's own form, this {mended.why}; the mapping counts as it stands{more}")
        if not original and (used := [row for row in stage.rows if _is_mended(row, mended)]):
            told = f"in Segment's presets, {' and '.join(mended.at)} {mended.why}; here {mended.instead}"
            yield problem("harmful_default", used[0].subscription.pointer, f'{told}. `preset_defaults` "original" keeps the old way')


def _kept(row: Row, mended: Mended, known: Presets) -> str | None:
    """Give the place at which a subscription has a default that harms."""
    if mended.presets and not any(_is_like(row, name, known) for name in mended.presets):
        return None
    pointer = known.keeps(mended, row.mapping)
    return None if pointer is None else f"{row.subscription.pointer}/mapping{pointer}"


def _is_like(row: Row, name: str, known: Presets) -> bool:
    """Tell whether a subscription fills what that preset fills besides what all presets fill."""
    preset = known.find(name)
    return preset is not None and preset.mapping.items() <= row.mapping.items()


def _is_mended(row: Row, mended: Mended) -> bool:
    own = {f"/{key}" for key in row.subscription.mapping}
    return bool(row.subscription.preset) and mended.counts_for(row.subscription.preset) and any(f"/{place.split('/')[1]}" not in own for place in mended.at)
