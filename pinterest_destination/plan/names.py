"""Event names: from the source's name to the names that the tag and the API know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from ..errors import Problem, problem
from ..rules.model import Condition, EventRule, StandardEvent, Target
from ..rules.values import fold_name
from ..settings.events import near, own_name
from ..settings.model import EventMapRow
from .runtime import Event, holds


@frozen
class Names:
    """What an event is called on each channel; empty where it is not meant to go."""

    browser: tuple[str, ...] = ()
    capi: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    origin: str = ""
    """The rule that says so: file and JSON pointer."""

    def told(self, *, browser: bool, capi: bool) -> Iterator[Problem]:
        """Yield what there is to tell of the channels that somebody asked for."""
        return (p for p in self.problems if p.channel is None or (browser if p.channel == "browser" else capi))


@frozen
class Candidate:
    """One rule that could apply to an event of a known type and name."""

    when: tuple[Condition, ...]
    names: Names

    def applies(self, event: Event) -> bool:
        """Tell whether the rule's conditions hold."""
        return all(holds(condition, event) for condition in self.when)


@frozen
class Routes:
    """For one call type: the rules by event name (folded, and as written), and those for any name; first match wins."""

    by_name: Mapping[str, tuple[Candidate, ...]]
    any_name: tuple[Candidate, ...]

    def find(self, event: Event, name: str | None) -> Names | None:
        """Give the names of the first rule that applies, or None."""
        candidates = self.any_name
        if name is not None:
            candidates = self.by_name.get(name) or self.by_name.get(fold_name(name)) or candidates
        for candidate in candidates:
            if not candidate.when or candidate.applies(event):
                return candidate.names
        return None


def names_of(targets: Iterable[Target], standard: Mapping[str, StandardEvent], origin: str = "") -> Names | None:
    """Give the names of *targets* on each channel, duplicates merged; None when one of them has no name that can be sent."""
    browser: dict[str, None] = {}
    capi: dict[str, None] = {}
    problems: dict[Problem, None] = {}
    for target in targets:
        event = standard.get(fold_name(target.event))
        own = None if event else own_name(target.event)
        if event is None and own is None:
            return None
        if "capi" in target.channels:
            capi[event.name if event else str(own)] = None
        tag = event.tag if event else own
        if "browser" in target.channels and tag:
            browser[tag] = None
        elif "browser" in target.channels:
            problems[problem("not_for_channel", "", f"{target.event} exists in the Conversions API only", "browser")] = None
    for channel, names in (("browser", browser), ("capi", capi)):
        if not names and not any(p.channel == channel for p in problems):
            problems[problem("not_for_channel", channel=channel)] = None  # type: ignore[arg-type]  # one of the two literals
    return Names(tuple(browser), tuple(capi), tuple(problems), origin)


def routes(rules: Iterable[EventRule], call: str, standard: Mapping[str, StandardEvent]) -> Routes:
    """Order the rules of one call type by event name."""
    mine = [(rule, Candidate(rule.when, names_of(rule.targets, standard, str(rule.origin)) or Names())) for rule in rules if call in rule.types]
    written = [name for rule, _ in mine for name in rule.names]
    folded = {fold_name(name): _named(fold_name(name), mine) for name in written}
    by_name = {**folded, **{name: folded[fold_name(name)] for name in written}}
    return Routes(by_name, _reachable(c for rule, c in mine if not rule.names))


def _named(folded: str, rules: Iterable[tuple[EventRule, Candidate]]) -> tuple[Candidate, ...]:
    return _reachable(c for rule, c in rules if not rule.names or folded in map(fold_name, rule.names))


def _reachable(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Drop what stands behind a rule without conditions."""
    kept: list[Candidate] = []
    for candidate in candidates:
        kept.append(candidate)
        if not candidate.when:
            break
    return tuple(kept)


def user_fold(name: str) -> str:
    """How names in `event_map` compare: without case and outer spaces only, so that two events can be told apart."""
    return name.strip().casefold()


def event_map(rows: Iterable[EventMapRow], standard: Mapping[str, StandardEvent], file: str) -> tuple[dict[str, Names], list[Problem]]:
    """Give the user's own map by folded event name, and warnings about targets that look misspelt."""
    mine: dict[str, list[EventMapRow]] = {}
    for row in rows:
        mine.setdefault(user_fold(row.event), []).append(row)
    return {name: _mapped(group, standard, file) for name, group in mine.items()}, list(_misspelt(rows, standard))


def _misspelt(rows: Iterable[EventMapRow], standard: Mapping[str, StandardEvent]) -> Iterator[Problem]:
    for row in rows:
        if fold_name(row.target) not in standard and (close := near(row.target)):
            yield problem("misspelt_event", row.pointer, f"{row.target} is sent as an event of your own; did you mean {close}?")


def _mapped(rows: list[EventMapRow], standard: Mapping[str, StandardEvent], file: str) -> Names:
    """Give the names of all targets that one event has in the user's map."""
    return names_of((Target(row.target) for row in rows), standard, f"{file}#{rows[0].pointer}") or Names()


def unmapped(name: str, standard: Mapping[str, StandardEvent]) -> Names | None:
    """Give the names of an event that no rule knows, passed on under its own name; None when it cannot be."""
    names = names_of((Target(name),), standard, "settings#/unmapped")
    return names and evolve(names, problems=(*names.problems, problem("unmapped_event")))
