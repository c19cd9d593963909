"""The plain API: events and settings in, conversions out. schemas/openapi.json describes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import asdict, frozen

from .. import __version__
from .._json import join
from .._resources import schemas
from ..destination import Conversion, Destination, To
from ..errors import DocumentError
from ._http_body import check_count, dumps
from ._http_call import TEXT, Answer, Body, Call
from ._http_refused import Refused
from ._http_service import Service

_KEYS = ("settings", "events", "to")
_TO: tuple[To, ...] = ("both", "pintrk", "capi")


@frozen
class _Order:
    settings: str | dict[str, Any]
    events: list[Any]
    to: To


async def transform(call: Call) -> Answer:
    """`POST /v1/transform`."""
    return await call.service.work(_transform, await call.body(), call.service)


def _transform(body: Body, service: Service) -> Answer:
    document = body.parse(service.limits)
    order = _order(document)
    count = check_count(document, service.limits)
    destination = destination_of(order.settings, service)
    conversions = list(destination.transform_all(order.events, order.to))
    if destination.settings.logs:
        _log(conversions, service)
    good = sum(conversion.ok for conversion in conversions)
    results = {"good": good, "refused": count - good}
    return Answer(dumps({"conversions": [_told(conversion) for conversion in conversions]}), events=count, results=results)


def _log(conversions: Sequence[Conversion], service: Service) -> None:
    """Write what became of each event, by its place in the request: numbers and codes, nothing that the event holds."""
    for number, made in enumerate(conversions):
        codes = [problem.code for problem in made.problems]
        service.log.write("info", "event", index=number, ok=made.ok, pintrk=len(made.pintrk), capi=len(made.capi), problems=codes)


def _told(conversion: Conversion) -> dict[str, Any]:
    return {"pintrk": conversion.pintrk, "capi": conversion.capi, "problems": [asdict(problem) for problem in conversion.problems]}


def _order(document: Any) -> _Order:
    """Read the request. Raises `Refused` with the first thing that is wrong."""
    if not isinstance(document, dict):
        raise wrong("", "an object with settings and events")
    if any(key not in _KEYS for key in document):
        raise wrong("", f"no keys but {', '.join(_KEYS)}")
    settings, events, to = document.get("settings"), document.get("events"), document.get("to", "both")
    if not isinstance(settings, str | dict):
        raise wrong("/settings", "the name of settings, or an object with them")
    if not isinstance(events, list):
        raise wrong("/events", "a list of events")
    if to not in _TO:
        raise wrong("/to", f"one of {', '.join(_TO)}")
    return _Order(settings, events, to)


def wrong(pointer: str, expected: str) -> Refused:
    """Make the refusal of a request that is none, for what stands at *pointer*."""
    return Refused(400, "invalid_request", f"expected {expected}", pointer)


def destination_of(settings: str | dict[str, Any], service: Service) -> Destination:
    """Give the destination for *settings*. Raises `Refused`.

    Settings that come with a request may not refer to files and environment of this process.
    """
    try:
        if isinstance(settings, dict):
            return service.destinations.get(settings)
        if service.folder is None:
            raise Refused(404, "unknown_settings", "this service has no settings of its own: it was started without --settings-dir", "/settings")
        return service.folder.get(settings)
    except KeyError:
        raise Refused(404, "unknown_settings", "there are no settings of that name", "/settings") from None
    except DocumentError as error:
        raise _unusable(error, own=isinstance(settings, str)) from None


def _unusable(error: DocumentError, *, own: bool) -> Refused:
    """Refuse with every fault: 422 to those who sent the settings, 500 to those who only named them."""
    pointer = join("", "settings") + (error.faults[0].pointer if error.faults and not own else "")
    status, code = (500, "unusable_settings") if own else (422, "invalid_settings")
    return Refused(status, code, "the settings cannot be used; faults tells why", pointer, faults=error.faults)


async def health(call: Call) -> Answer:
    """`GET /health`: that the service answers, and whether its work goes on, in whichever worker."""
    stands_still = call.service.stands_still
    return Answer(dumps({"service": "STALLED" if stands_still else "UP", "version": __version__}), 503 if stands_still else 200)


async def version(call: Call) -> Answer:
    """`GET /version`, and its older names."""
    return Answer(__version__.encode("ascii"), media_type=TEXT)


def openapi() -> Callable[[Call], Any]:
    """Make what answers `GET /openapi.json`."""
    text = (schemas() / "openapi.json").read_bytes()

    async def answer(call: Call) -> Answer:
        return Answer(text)

    return answer
