"""The routes of RudderStack's transformer, for the destination `pinterest_tag`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

from . import rudderstack
from ._http_body import check_count, dumps
from ._http_call import TEXT, Answer, Body, Call
from ._http_deep import parse_each
from ._http_metrics import outcome
from ._http_refused import UNKNOWN_DESTINATION, Refused
from ._http_service import Service
from ._router import LEFT_OUT

DESTINATION = "pinterest_tag"
API_VERSION: Mapping[str, str] = MappingProxyType({"apiVersion": "2"})
"""rudder-server stops itself at an answer of 200 without it; on others it would take an error of ours for Pinterest's."""

FEATURES = {
    "routerTransform": {DESTINATION.upper(): True},
    "regulations": [],
    "supportSourceTransformV1": True,
    "supportTransformerProxyV1": True,
    "upgradedToSourceTransformV2": True,
    "supportDestTransformCompactedPayloadV1": True,
}

_NO_BATCH = "CDKV2 Does not Implement Batch Transform Routine"


async def process(call: Call) -> Answer:
    """`POST /{version}/destinations/pinterest_tag`: events in, requests for Pinterest out."""
    _check_destination(call.request.path_params["destination"])
    return await call.service.work(_process, await call.body(), call.features, call.service)


def _process(body: Body, features: dict[str, object], service: Service) -> Answer:
    document = rudderstack.expand(body.parse(service.limits, parse_each))
    count = check_count(document, service.limits)
    if not isinstance(document.get("input") if isinstance(document, dict) else document, list):
        raise Refused(400, "invalid_request", "expected a list of events")
    entries = rudderstack.process(document, destinations=service.destinations, features=features)
    return Answer(dumps(entries), headers=API_VERSION, events=count, results=_results(entry["statusCode"] for entry in entries))


async def route(call: Call) -> Answer:
    """`POST /routerTransform`: events in, batches for Pinterest out."""
    secret = _secret(call)
    return await call.service.work(_route, await call.body(), call.features, secret, call.service)


def _secret(call: Call) -> Any:
    """What the header `oauth-secret` holds, for `metadata.secret` of every event. Raises `Refused` for what is no JSON."""
    text = call.request.headers.get("oauth-secret")
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "invalid_header", "the header oauth-secret is not JSON") from None


def _route(body: Body, features: dict[str, object], secret: Any, service: Service) -> Answer:
    document = _with_inputs(body, service)
    count = check_count(document, service.limits)
    if secret is not None and isinstance(document.get("input"), list):
        document = {**document, "input": [_with_secret(event, secret) for event in document["input"]]}
    answer = rudderstack.route(document, destinations=service.destinations, features=features)
    results = _results(status for element in answer["output"] for job in element["metadata"] for status in _statuses(element, job))
    return Answer(dumps(answer), headers=API_VERSION, events=count, results=results)


def _statuses(element: dict[str, Any], job: dict[str, Any]) -> tuple[int, ...]:
    """A job of which a part is left out of its batch has a second result."""
    return (element["statusCode"], 400) if element["batched"] and LEFT_OUT in job["destInfo"] else (element["statusCode"],)


def _with_inputs(body: Body, service: Service) -> dict[str, Any]:
    """Parse a body with `input` and `destType`. Raises `Refused` for another destination, and for what is no such body."""
    document = rudderstack.expand(body.parse(service.limits, parse_each))
    if not isinstance(document, dict):
        raise Refused(400, "invalid_request", "expected an object with input, a list of events")
    kind = document.get("destType", DESTINATION)
    if not isinstance(kind, str):
        raise Refused(400, "invalid_request", f"expected {DESTINATION!r}", "/destType")
    _check_destination(kind)
    return document


def _with_secret(event: Any, secret: Any) -> Any:
    metadata = event.get("metadata") if isinstance(event, dict) else None
    return {**event, "metadata": {**metadata, "secret": secret}} if isinstance(metadata, dict) else event


async def batch(call: Call) -> Answer:
    """`POST /batch`: what the original answers for this destination, which has only the router."""
    return await call.service.work(_batch, await call.body(), call.service)


def _batch(body: Body, service: Service) -> Answer:
    document = _with_inputs(body, service)
    count = check_count(document, service.limits)
    rows = document.get("input")
    metadata = [event.get("metadata") for event in rows if isinstance(event, dict)] if isinstance(rows, list) else []
    element = {"metadata": metadata, "batched": False, "statusCode": 500, "error": _NO_BATCH, "statTags": {"errorCategory": "transformation"}}
    return Answer(dumps([element]), headers=API_VERSION, events=count, results={"failed": count})


async def _deliver(call: Call, version: Literal[0, 1]) -> Answer:
    _check_destination(call.request.path_params["destination"])
    service = call.service
    document = await service.work((await call.body()).parse, service.limits)
    send = partial(rudderstack.deliver, version=version, client=service.client, base_url=service.options.pinterest_url, clock=service.clock)
    body, status = await service.deliver(send, document)
    output = body["output"]
    statuses = [job["statusCode"] for job in output["response"]] if version else [output["status"]]
    return Answer(dumps(body), status, API_VERSION, events=len(statuses), results=_results(statuses))


async def deliver_v0(call: Call) -> Answer:
    """`POST /v0/destinations/pinterest_tag/proxy`: a request for Pinterest in, one answer out."""
    return await _deliver(call, 0)


async def deliver_v1(call: Call) -> Answer:
    """`POST /v1/destinations/pinterest_tag/proxy`: a request for Pinterest in, an answer for each job out."""
    return await _deliver(call, 1)


async def features(call: Call) -> Answer:
    """`GET /features`: what this transformer can do."""
    return Answer(dumps(FEATURES), media_type=TEXT)


def _check_destination(name: str) -> None:
    """Raises `Refused` (404) for any other destination."""
    if name.lower() != DESTINATION:
        raise Refused(404, UNKNOWN_DESTINATION, f"Unknown destination: {name}")


def _results(statuses: Iterable[int]) -> dict[str, int]:
    return dict(Counter(map(outcome, statuses)))
