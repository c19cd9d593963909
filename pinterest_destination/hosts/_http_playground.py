"""The playground over HTTP: its page, its files, and the answer that it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..insight.answer import answer
from ..playground.files import HEADERS, PAGE, files
from ._http_body import dumps
from ._http_call import Answer, Body, Call
from ._http_plain import destination_of, wrong
from ._http_refused import Refused
from ._http_service import Service

_KEYS = ("settings", "event")


def handed_out() -> Callable[[Call], Any]:
    """Make what answers `GET /` and `GET /playground/...`, from files that are read once."""
    known = files()

    async def hand_out(call: Call) -> Answer:
        file = known.get(call.request.path_params.get("name", PAGE))
        if file is None:
            raise Refused(404, "not_found", "the playground has no such file")
        return Answer(file.content, headers=HEADERS, media_type=file.media_type)

    return hand_out


async def explain(call: Call) -> Answer:
    """`POST /v1/explain`."""
    return await call.service.work(_explain, await call.body(), call.service)


def _explain(body: Body, service: Service) -> Answer:
    document = body.parse(service.limits)
    if not isinstance(document, dict):
        raise wrong("", "an object with settings and an event")
    if any(key not in _KEYS for key in document):
        raise wrong("", f"no keys but {', '.join(_KEYS)}")
    if not isinstance(document.get("settings"), str | dict):
        raise wrong("/settings", "the name of settings, or an object with them")
    if "event" not in document:
        raise wrong("/event", "an event")
    made = answer(destination_of(document["settings"], service), document["event"])
    refused = any(problem["severity"] == "error" for problem in made["problems"])
    return Answer(dumps(made), events=1, results={"refused" if refused else "good": 1})
