"""What Pinterest says to a request for the Conversions API, by its OpenAPI description 5.23: pure, without any state."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from .._resources import read_json, schemas
from ..identity import scrub

if TYPE_CHECKING:
    import jsonschema_rs

Event = Mapping[str, Any]
Version = Literal["v5", "v3"]

MAX_EVENTS = 1000
"""Events in a request (OpenAPI: ConversionEvents.data.maxItems)."""
TEST_EVENTS = 20
"""Events of a test request that are looked at; what comes after is not."""
PAST = 7 * 86400
"""Seconds that an event may lie back."""
FUTURE = 300
"""Seconds that the sender's clock may be ahead."""

UNREADABLE = object()
"""In place of a body that is no JSON."""

_SCHEMAS: Mapping[Version, str] = MappingProxyType({"v5": "capi-event.json", "v3": "capi-event-v3.json"})
_NO_IDENTITY = "user_data needs em, or hashed_maids, or client_ip_address and client_user_agent"

ERRORS: Mapping[int, tuple[int, str]] = MappingProxyType(
    {
        400: (4196, "Invalid request"),
        401: (2, "Authentication failed."),
        403: (29, "You are not permitted to access that resource."),
        422: (953, "Some of the events could not be processed: details tell which, and why."),
        429: (8, "This request exceeded a rate limit."),
        503: (4197, "The endpoint has been ramped down."),
    }
)
"""Pinterest's own code and words for an HTTP status; 953 has been observed, the others are those of the OpenAPI description."""


class Refused(Exception):
    """A whole request is refused; no event of it was looked at."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(status, detail)
        self.status = status
        self.code, words = ERRORS.get(status, (status, "The request cannot be answered."))
        self.message = f"{words}: {detail}" if status == 400 and detail else detail or words

    @property
    def body(self) -> dict[str, Any]:
        """The error object of the answer."""
        return {"code": self.code, "message": self.message}


@frozen
class Judged:
    """What becomes of one event; it is processed unless there is an error."""

    error: str = ""
    warning: str = ""

    @property
    def result(self) -> dict[str, Any]:
        """The event's place in the answer."""
        status = "failed" if self.error else "processed"
        return {"status": status, "error_message": self.error or None, "warning_message": self.warning or None}


def parsed(body: bytes) -> Any:
    """What *body* holds as JSON; `UNREADABLE` where it is none."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return UNREADABLE


def _no_constant(name: str) -> None:
    raise ValueError(name)


def read_events(document: Any, version: Version) -> list[dict[str, Any]]:
    """Give the events in the *document* of a body. Raises `Refused` (400), which names the place but no value."""
    if document is UNREADABLE:
        raise Refused(400, "the body is not JSON")
    try:
        wrong = list(validator(version).iter_errors(document))
    except ValueError:  # a text with half a surrogate pair, or nesting without end
        raise Refused(400, "text or nesting that cannot be read") from None
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Refused(400, f"{_words(wrong[0])}{more}")
    events: list[dict[str, Any]] = document["data"]
    return events


@cache
def validator(version: Version) -> jsonschema_rs.Validator:
    """Compile the schema of a request's body, once. Raises `ModuleNotFoundError` that names the extra."""
    try:
        import jsonschema_rs
    except ModuleNotFoundError:
        raise ModuleNotFoundError("The sandbox needs jsonschema-rs: pip install 'pinterest-destination[server]'") from None
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": read_json(schemas() / _SCHEMAS[version])}
    body = {"type": "object", "required": ["data"], "additionalProperties": False, "properties": {"data": events}}
    return jsonschema_rs.validator_for(body, mask="the value")  # values may be personal


def _words(error: jsonschema_rs.ValidationError) -> str:
    """Say what is wrong and where, without the value."""
    words = _NO_IDENTITY if error.schema_path[-1] == "anyOf" else scrub(error.message)
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return f"{words} at {steps[1:]}" if steps else words


def judge(event: Event, now: float) -> Judged:
    """Judge an event that keeps to the schema, at epoch second *now*."""
    return Judged(_time_error(event["event_time"], now), " ".join(_warnings(event.get("custom_data", {}))))


def _time_error(time: int, now: float) -> str:
    if time < now - PAST:
        return f"Invalid event_time: it lies more than 7 days in the past (given {time}, now {now:.0f})."
    if time > now + FUTURE:
        return f"Invalid event_time: it lies in the future (given {time}, now {now:.0f})."
    return ""


def _warnings(custom_data: Mapping[str, Any]) -> list[str]:
    """List what is not standard, though it does no harm."""
    currency, flags = custom_data.get("currency"), custom_data.get("opt_out_type")
    found = []
    if custom_data.get("value") is not None and currency is None:
        found.append("custom_data.currency is missing beside value: the ad account's currency is assumed.")
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        found.append("custom_data.currency is not an ISO 4217 code of three capital letters.")
    if flags and any(flag.strip() != "LDP" for flag in flags.split(",")):
        found.append("custom_data.opt_out_type holds a flag other than LDP.")
    return found


def answer(judged: Sequence[Judged], received: int) -> dict[str, Any]:
    """The body that tells of each event (OpenAPI: ConversionApiResponse)."""
    processed = sum(not each.error for each in judged)
    return {"num_events_received": received, "num_events_processed": processed, "events": [each.result for each in judged]}


def detailed(body: Mapping[str, Any]) -> dict[str, Any]:
    """*body*, as the details of a 422 (OpenAPI: DetailedError)."""
    code, message = ERRORS[422]
    return {"code": code, "message": message, "details": body}
