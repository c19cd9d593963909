"""Why an event gets no payload, in RudderStack's words where it has documented ones, and else in ours with the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from attrs import frozen

from .._json import tokens
from ..delivery.result import clean
from ..destination import Conversion
from ..errors import DocumentError, Fault, Problem
from ..rules.model import PathSource, Spec
from ..rules.values import is_blank

Kind = Literal["instrumentation", "configuration", "filtered", ""]


@frozen
class Refusal:
    """An event that nothing is made of."""

    text: str
    kind: Kind = "instrumentation"
    """What is to be mended, as the host counts it: the event, the settings, or nothing; "" for a fault of the plugin's own."""
    step: str = ""
    """The step of the original's workflow that ends with this text; "" where the text is ours."""

    @property
    def in_workflow(self) -> str:
        """The text as the original's processor writes it."""
        if not self.step:
            return self.text
        return f"{self.text}: Workflow: procWorkflow, Step: {self.step}, ChildStep: undefined, OriginalError: {self.text}"


_LACKING: Mapping[str, str] = MappingProxyType(
    {
        "/advertiser_id": "Advertiser Id not found. Aborting",
        "/ad_account_id": "Ad Account ID not found. Aborting",
        "/conversion_token": "Conversion Token not found. Aborting",
    }
)
"""By the setting that delivery lacks."""

_ORDER = ("invalid_type", "missing_event_name", "invalid_event_time", "invalid_action_source", "missing_identity")
"""The original names the first thing wrong in this order."""

_DOCUMENTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "invalid_event_time": ("event_time is required", "validateCommonFields"),
        "invalid_action_source": ("Action source must be one of app_android, app_ios, web, offline", "validateCommonFields"),
        "missing_identity": (
            "It is required at least one of em, hashed_maids or pair of client_ip_address and client_user_agent",
            "validateUserFields",
        ),
    }
)
"""Text and step by the code of the problem."""

MAX_TOLD = 3
"""Faults of settings that one text tells."""


def missing_setting(faults: Sequence[Fault]) -> Refusal:
    """Say which setting delivery lacks, the first of *faults*."""
    return Refusal(_LACKING[faults[0].pointer], "configuration", "validateInput")


def unusable_settings(error: DocumentError) -> Refusal:
    """Say what is wrong with the settings, but not what was found there: a template may have put an event's value in."""
    told = [f"{_place(fault.pointer)}: expected {fault.expected}" for fault in error.faults[:MAX_TOLD]]
    more = len(error.faults) - len(told)
    return Refusal(clean("; ".join([*told, *([f"and {more} more"] if more > 0 else [])])), "configuration")


def _place(pointer: str) -> str:
    return ".".join(["destination", "Config", *(tokens(pointer) if pointer else ())])


def refusal(conversion: Conversion, kind: Any) -> Refusal:
    """Say why there is no event for the Conversions API in *conversion*, made of a message whose `type` is *kind*."""
    told = [problem for problem in conversion.problems if problem.channel != "browser"]
    errors = {problem.code: problem for problem in reversed(told) if problem.severity == "error"}
    for code in (*_ORDER, *errors):
        if code in errors:
            return _error(errors[code], told, kind)
    return _filtered([problem for problem in told if problem.severity == "info"], kind)


def left_out(conversion: Conversion, kind: Any) -> tuple[Refusal, ...]:
    """Say why events for the Conversions API are not in *conversion*, beside those that are; each reason may be that of several.

    Strict mode refuses one payload and not the other; so may one subscription of several end.
    """
    told = [problem for problem in conversion.problems if problem.channel != "browser"]
    return tuple(_error(problem, told, kind) for problem in told if problem.severity == "error")


def _error(found: Problem, told: Iterable[Problem], kind: Any) -> Refusal:
    if found.code in _DOCUMENTED:
        text, step = _DOCUMENTED[found.code]
        return Refusal(text, step=step)
    if found.code == "missing_event_name":
        return _nameless(kind, is_there=any(problem.code == "unusable_value" for problem in told))
    if found.code == "invalid_type" and (kind is None or isinstance(kind, str)):
        return _unsupported(kind) if kind else Refusal("Message type is not present. Aborting message.", step="validateInput")
    if found.path.startswith("/"):
        return Refusal(clean(f"{_place(found.path)}: {found.message}"), "configuration")
    return Refusal(_with_place(found), "" if found.code == "internal_error" else "instrumentation")


def _nameless(kind: Any, *, is_there: bool) -> Refusal:
    """A track call without any name ends earlier than one whose name is no text, or than a screen call."""
    if isinstance(kind, str) and kind.strip().lower() == "track" and not is_there:
        return Refusal("event_name could not be mapped. Aborting.", step="validateInputForTrack")
    return Refusal("Event is a required field and should be a string", step="eventNames")


def nameless(spec: Spec, message: Mapping[str, Any]) -> Refusal | None:
    """Refuse a track or screen call whose name is no text, where the tag's own rules would send a number as text; None: it has one.

    The original takes the first of its two places with anything in it (`event`, then `name`), and asks there for text;
    *spec* says which places those are. A page call needs no name.
    """
    kind, sources = message.get("type"), spec.fields["event_name"].sources
    if isinstance(kind, str) and kind.strip().lower() == "page":
        return None
    there = [found for source in sources if isinstance(source, PathSource) and not is_blank(found := source.path.find(message))]
    return None if not there or isinstance(there[0], str) else _nameless(kind, is_there=any(there))


def _unsupported(kind: str, filtered: Kind = "instrumentation") -> Refusal:
    return Refusal(clean(f"message type {kind.lower()} is not supported"), filtered, "validateInput")


def _filtered(told: Sequence[Problem], kind: Any) -> Refusal:
    """Nothing is wrong; the event is not meant for the Conversions API."""
    for found in reversed(told):
        if found.path == "type" and isinstance(kind, str):
            return _unsupported(kind, "filtered")
        return Refusal(_with_place(found), "filtered")
    return Refusal("message: gives nothing to send", "filtered")


def _with_place(found: Problem) -> str:
    return clean(f"message.{found.path}: {found.message}" if found.path else f"message: {found.message}")
