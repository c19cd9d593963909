"""`Destination`, the class users hold, and `Conversion`, what it makes of one event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from attrs import field, frozen

from ._strict import checked
from .browser import code
from .browser.escape import PageCode
from .browser.visitor import Call, Visitor, agreed, settled
from .errors import DocumentError, Fault, Problem, SettingsError, problem
from .plan import Plan, compile_plan
from .settings.model import Settings

if TYPE_CHECKING:
    from .plan.explain import Explanation

To = Literal["both", "pintrk", "capi"]
TO: tuple[To, ...] = get_args(To)


@frozen
class Conversion:
    """What one event becomes. A payload that is not there has a problem that says why."""

    pintrk: list[list[Any]] = field(factory=list)
    """The arguments of the `pintrk(...)` calls, in order: `[["track", "Checkout", {...}]]`."""
    capi: list[dict[str, Any]] = field(factory=list)
    """Event objects for `data` of the Conversions API (Pinterest OpenAPI 5.23, `ConversionEvents`)."""
    problems: tuple[Problem, ...] = ()
    consent: bool | None = None
    """What counts under the setting `consent`: given or denied; None where nobody asks, or nothing was said and that counts as given."""

    @property
    def ok(self) -> bool:
        """Tell whether all that should be sent can be sent."""
        return all(p.severity != "error" for p in self.problems)

    def script(self, nonce: str | None = None) -> PageCode:
        """Give the script element that makes the tag calls, for a page that the tag has been started on; "" without calls.

        *nonce* is the one of the page's Content-Security-Policy. Raises `ValueError` for one that is blank or no text.
        """
        return code.event_script(self.pintrk, nonce)


class Destination:
    """One Pinterest destination: settings compiled into a plan. Immutable, and safe to share between threads.

    *settings* is a `Settings`, or a mapping of JSON settings in any known dialect; *clock* gives epoch seconds. If *strict*
    (None: as the setting of that name says), every payload is held against its schema in schemas/, and one that is refused
    is not sent (`invalid_payload`); the extra `fast` makes that cheap. Raises `SettingsError` or `MappingError` with every fault.
    """

    def __init__(self, settings: Settings | Mapping[str, Any], *, clock: Callable[[], float] = time.time, strict: bool | None = None) -> None:
        self.settings = settings if isinstance(settings, Settings) else _read(lambda: Settings.load(settings))
        self.plan: Plan = compile_plan(self.settings)
        self._clock = clock
        self._strict = self.settings.strict if strict is None else strict

    @classmethod
    def from_file(
        cls, path: str | Path, dialect: str | None = None, *, clock: Callable[[], float] = time.time, strict: bool | None = None
    ) -> Destination:
        """Make a destination of a JSON settings file. Raises as the class does, and `OSError`."""
        return cls(_read(lambda: Settings.from_file(path, dialect)), clock=clock, strict=strict)

    def __repr__(self) -> str:
        return f"<Destination tag_id={self.settings.tag_id} spec={self.plan.spec.name!r}>"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What reading the settings and building the plan found."""
        return self.plan.problems

    def transform(self, event: Mapping[str, Any], to: To = "both") -> Conversion:
        """Turn one CDP event into its payloads; *to* leaves a channel out. Never raises for what an event holds.

        Raises `ValueError` for a *to* that is none.
        """
        if to not in TO:
            raise ValueError(f"found to={to!r}; expected one of {', '.join(TO)}")
        try:
            plain = event if isinstance(event, dict) else _plain(event)
            if plain is None:
                return Conversion(problems=(problem("invalid_event"),))
            consent = self.plan.consented(plain)
            convert = self.plan.convert if consent is False else self.plan.granted  # consent is asked for once, unless it is denied
            calls, events, problems = convert(plain, self._clock(), browser=to != "capi", capi=to != "pintrk")
            if self._strict:
                calls, events, refused = checked(calls, events, self.settings.api_version)
                problems += refused
        except Exception as error:  # one event must never take others with it; its text may hold values, so only the kind is told
            return Conversion(problems=(problem("internal_error", message=f"{type(error).__name__} in the plugin; this is a bug in it"),))
        return Conversion(calls, events, problems, consent)

    def transform_all(self, events: Iterable[Mapping[str, Any]], to: To = "both") -> Iterator[Conversion]:
        """Turn a stream of events into conversions, one for each, in order."""
        return (self.transform(event, to) for event in events)

    def page_load(self, traits: Mapping[str, Any] | None = None, consent: bool | Mapping[str, Any] | None = None) -> list[list[Any]]:
        """Give the calls that start the tag on a page: `load` (with the visitor's hashed match keys) and `page`.

        *consent* is the visitor's answer, or an event that tells it as the `consent` setting says. Granted, it is told to
        the tag first (`setconsent` true ends an earlier refusal); denied, the tag is loaded with `setconsent` false and
        learns nothing of the visitor or the page.

        Raises `SettingsError` when the settings have no `tag_id`, `TypeError` for *traits* and *consent* of another type.
        """
        if self.settings.tag_id is None:
            raise SettingsError([Fault("/tag_id", "nothing", "the tag's id, which loading the tag needs", file=self.settings.file)])
        told = consent if isinstance(consent, bool) else _given("consent", consent, "True, False, or the event that tells it")
        known = _given("traits", traits, "a mapping of the visitor's traits") or {}
        answer = self.plan.consented(told)
        said = [] if answer is None else [["setconsent", answer]]
        if answer is False:
            return [*said, ["load", self.settings.tag_id]]
        made = self.plan.functions["load"]({"traits": known}, ("load",), (), self._clock(), [])[0]
        return [*said, ["load", self.settings.tag_id, *(call[1] for call in made)], ["page"]]

    def page_calls(
        self, events: Iterable[Mapping[str, Any]], traits: Mapping[str, Any] | None = None, consent: bool | Mapping[str, Any] | None = None
    ) -> list[list[Any]]:
        """Give all calls of one page in order: those of `page_load`, then those of its *events*, the whole stream of them.

        Limited data processing holds for an event that asks for it, and not for those after it: an earlier event's is
        cleared with three blanks (Pinterest, "Limited data processing"). A refusal of consent is told to the tag once,
        and taken back before the first event after it that grants it. *consent* holds for the load; without it, the
        first event tells. Raises as `page_load` does, and `TypeError` for one event in place of a list.
        """
        load, stream = self._page(events, traits, consent)
        return [*load, *map(list, chain.from_iterable(settled(Visitor().after_all(load), stream)))]

    def _page(
        self, events: Iterable[Mapping[str, Any] | Conversion], traits: Mapping[str, Any] | None, consent: bool | Mapping[str, Any] | None
    ) -> tuple[list[list[Any]], Iterator[Sequence[Call]]]:
        """Give the calls that load a page, and those of each of its events; *consent*, or else the first event, tells of consent."""
        if isinstance(events, Mapping | str | bytes) or not isinstance(events, Iterable):  # the first three can be iterated over, into nothing of use
            raise TypeError(f"events: found one {type(events).__name__}; expected a list of events or conversions")
        conversions = [each if isinstance(each, Conversion) else self.transform(each, "pintrk") for each in events]
        first = conversions[0].consent if conversions else None
        load = self.page_load(traits, first if consent is None else consent)
        return load, agreed(Visitor().after_all(load), ((made.pintrk, made.consent) for made in conversions))

    def page_code(
        self, traits: Mapping[str, Any] | None = None, *, consent: bool | Mapping[str, Any] | None = None, nonce: str | None = None
    ) -> PageCode:
        """Give the HTML that starts the tag on a page: a script, and an image for visitors without JavaScript.

        It belongs once into the page, before any event; a second copy does nothing. *traits* are the visitor's, *consent*
        is as for `page_load`, which raises the same, *nonce* is the one of the page's Content-Security-Policy; `ValueError`
        comes for a nonce that is blank or no text.
        """
        return code.base(self.page_load(traits, consent), nonce)

    def event_code(
        self, conversion: Conversion, traits: Mapping[str, Any] | None = None, *, consent: bool | Mapping[str, Any] | None = None, nonce: str | None = None
    ) -> PageCode:
        """Give the HTML of one event, for a page that `page_code` has started; "" when the tag gets nothing of it.

        It is `conversion.script()` and an image, which carries the match keys of *traits*; *traits* and *consent*
        are those that `page_code` got. Raises as it does, and `TypeError` for an event that `transform` has not turned into a conversion.
        """
        if not isinstance(conversion, Conversion):
            raise TypeError(f"conversion: found {type(conversion).__name__}; expected what `transform` gives for an event")
        return code.event(self.page_load(traits, consent), conversion.pintrk, nonce)

    def page(
        self,
        events: Iterable[Mapping[str, Any] | Conversion],
        traits: Mapping[str, Any] | None = None,
        *,
        consent: bool | Mapping[str, Any] | None = None,
        nonce: str | None = None,
    ) -> PageCode:
        """Give all HTML of one page: what starts the tag, and then each of *events*, CDP events or what they have become.

        Limited data processing and consent are as `page_calls` has them; what an event has become tells of consent as the
        event does (`Conversion.consent`). *traits*, *consent* and *nonce* are as for `page_code`, which raises the same; `TypeError` comes for one event in place of a list.
        """
        load, stream = self._page(events, traits, consent)
        return code.page(load, stream, nonce)

    def explain(self, event: Mapping[str, Any], *, items: int | None = None) -> Explanation:
        """Tell which rule and which path of *event* gave each output field, and how the value got its form.

        *items* is how many products are explained at most; None for all. Payloads and problems are those of `transform`.
        """
        from .plan.explain import explain, nothing

        plain = _plain(event)
        made = nothing(problem("invalid_event")) if plain is None else explain(self.plan, plain, self._clock(), items)
        return made.keeping(*checked(made.pintrk, made.capi_events, self.settings.api_version)) if self._strict else made


def _read(load: Callable[[], Settings]) -> Settings:
    """Read settings; where that finds faults, also tell those that would be found when the plan is built."""
    try:
        return load()
    except SettingsError as error:
        raise SettingsError([*error.faults, *_faults_of_plan(error.usable)]) from None


def _faults_of_plan(settings: Settings | None) -> Sequence[Fault]:
    try:
        if settings is not None:
            compile_plan(settings)
    except DocumentError as error:
        return error.faults
    return ()


def _given(name: str, value: Any, expected: str) -> dict[str, Any] | None:
    """Give an argument that is a mapping, or none at all, as plain dicts and lists. Raises `TypeError` for anything else."""
    plain = _plain(value)
    if plain is None and value is not None:
        raise TypeError(f"{name}: found {type(value).__name__}; expected {expected}")
    return plain


def _plain(value: Any) -> dict[str, Any] | None:
    """Give a mapping as plain dicts and lists, as JSON text would have brought it; None when it is no mapping."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, Mapping):
        return None
    try:
        return {key: _plain_part(part) for key, part in value.items()}
    except RecursionError:  # whatever lies that deep is no mapping that an event needs
        return dict(value)


def _plain_part(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain_part(part) for key, part in value.items()}
    return [_plain_part(part) for part in value] if isinstance(value, list | tuple) else value
