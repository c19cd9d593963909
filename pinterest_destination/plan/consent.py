"""The visitor's consent: what the places of a spec say about it, and what follows under the `consent` setting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..errors import Fault, Problem, SettingsError, problem
from ..rules.model import ConsentSource, Spec
from ..rules.path import parse
from ..rules.values import is_blank
from ..settings.model import ConsentSettings

YES = frozenset({"granted", "true", "yes", "1", "allowed", "accepted"})
NO = frozenset({"denied", "false", "no", "0", "refused", "rejected"})
NOT_SAID = 'nothing in the event tells of consent, and `consent.unknown` is "denied"'


@frozen
class Consent:
    """What must be consented to, and where events tell whether it was."""

    sources: tuple[ConsentSource, ...]
    required: tuple[str, ...]
    """Categories, folded."""
    any_is_enough: bool
    unknown: bool
    """What counts where nothing is said."""

    def denial(self, event: Mapping[str, Any]) -> Problem | None:
        """Give the problem that keeps *event* back; None where it may go."""
        answer, refused = self._judged(event)
        if answer is None:
            return None if self.unknown else problem("consent_denied", "", NOT_SAID)
        return None if answer else problem("consent_denied", refused)

    def answer(self, event: Mapping[str, Any]) -> bool | None:
        """Give what counts for *event*: yes, no, or None where nothing is said and that counts as yes."""
        answer, _ = self._judged(event)
        return False if answer is None and not self.unknown else answer

    def _judged(self, event: Mapping[str, Any]) -> tuple[bool | None, str]:
        """Give what is said in all, None where that is nothing, and the path that refuses."""
        told, by_category = self._told(event)
        refused = next((path for path, answer in told if not answer), None)
        refused = self._refused(by_category) if refused is None else refused
        if refused is not None:
            return False, refused
        return (True if told or self._granted(by_category) else None), ""

    def _told(self, event: Mapping[str, Any]) -> tuple[list[tuple[str, bool]], dict[str, tuple[str, bool]]]:
        """Give each direct answer with its path, and the answer for each required category; one that is refused anywhere is."""
        told: list[tuple[str, bool]] = []
        by_category: dict[str, tuple[str, bool]] = {}
        for source in self.sources:
            raw = source.path.find(event)
            if is_blank(raw) and not self._grants_nothing(raw, source, event):
                continue
            answer = None if source.lists else word(raw, source)
            if answer is not None:
                told.append((source.path.text, answer))
                continue
            for category, given in self._categories(raw, source):
                if category not in by_category or (by_category[category][1] and not given):
                    by_category[category] = (source.path.text, given)
        return told, by_category

    def _grants_nothing(self, raw: Any, source: ConsentSource, event: Mapping[str, Any]) -> bool:
        """Tell whether the blank *raw* is a whole list of what is granted, with nothing in it; beside an empty list of what is denied, nobody was asked yet."""
        if not source.complete or source.lists == "denied" or not isinstance(raw, list | dict):
            return False
        beside = [other.path.find(event) for other in self.sources if other.lists == "denied" and other.path.names[:-1] == source.path.names[:-1]]
        return not any(isinstance(denied, list | dict) and not denied for denied in beside)

    def _categories(self, raw: Any, source: ConsentSource) -> Iterator[tuple[str, bool]]:
        """Yield the answer for each required category that *raw* tells of."""
        if isinstance(raw, Mapping) and not source.lists:
            answers = {fold(name): word(value, source) for name, value in raw.items()}
            yield from ((category, answer) for category in self.required if (answer := answers.get(category)) is not None)
            return
        if not isinstance(raw, str | list | Mapping):
            return
        listed, says = set(names(raw)), source.lists != "denied"
        for category in self.required:
            if category in listed:
                yield category, says
            elif source.complete:
                yield category, not says

    def _refused(self, by_category: Mapping[str, tuple[str, bool]]) -> str | None:
        """Give the path that refuses what is required; None where nothing does."""
        paths = [by_category[category][0] for category in self.required if category in by_category and not by_category[category][1]]
        enough = len(paths) == len(self.required) if self.any_is_enough else bool(paths)
        return paths[0] if paths and enough else None

    def _granted(self, by_category: Mapping[str, tuple[str, bool]]) -> bool:
        """Tell whether what is required was granted."""
        granted = [answer for _, answer in by_category.values() if answer]
        return bool(granted) if self.any_is_enough else bool(granted) and len(granted) == len(self.required)


def consent(settings: ConsentSettings, spec: Spec, file: str) -> Consent:
    """Make the rule of *settings*, which reads at the places of *spec* unless it names others.

    One that the spec has as well is read as there: nobody means that a list of what is denied is one of what is granted.
    Raises `SettingsError` where neither names any: every event would fare the same.
    """
    known = {source.path.text: source for source in spec.consent}
    own = tuple(known.get(path) or ConsentSource(parse(path)) for path in settings.paths or ())
    if not own and not spec.consent:
        expected = "dot-paths in the event at which consent is told"
        raise SettingsError([Fault("/consent/from", f"nothing, and nothing in the spec {spec.name!r}", expected, file=file)])
    required = tuple(dict.fromkeys(map(fold, settings.categories)))
    return Consent(own or spec.consent, required, settings.match == "any", settings.unknown == "granted")


def fold(name: object) -> str:
    """How names of categories, and words, compare: without case and outer spaces."""
    return str(name).strip().casefold()


def word(raw: Any, source: ConsentSource) -> bool | None:
    """Read yes or no; None for anything else."""
    if not isinstance(raw, str | bool | int) or (isinstance(raw, int) and raw not in (0, 1)):
        return None
    said = fold(raw if isinstance(raw, str) else int(raw))
    if said in source.granted or said in source.denied:
        return said in source.granted
    return True if said in YES else False if said in NO else None


def names(raw: str | list[Any] | Mapping[str, Any]) -> Iterable[str]:
    """Read a list of categories: a list of texts and numbers, text with commas, or an object, whose names and texts are categories."""
    if isinstance(raw, str):
        return map(fold, raw.split(","))
    if isinstance(raw, Mapping):
        return map(fold, [*raw, *(value for value in raw.values() if isinstance(value, str))])
    return (fold(name) for name in raw if isinstance(name, str | int) and not isinstance(name, bool))
