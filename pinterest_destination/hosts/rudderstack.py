"""RudderStack: the processor, router and proxy calls of its transformer, as functions for any process that answers them.

Each takes the JSON of a request and gives the JSON of the answer. Whatever comes in, an answer goes out: what is wrong
with one event is told for that event, and the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from ..delivery.client import Client
from ..delivery.sender import Attempt
from . import _delivered, _proxy, _stat_tags
from ._envelope import NO_FEATURES, Features, Job, expand, make, read, rest, status
from ._refusals import Refusal
from ._router import routed
from ._tenants import Tenants
from .cache import Destinations

__all__ = ["Destinations", "Features", "deliver", "expand", "process", "route"]


def process(events: Any, *, destinations: Destinations, features: Features = NO_FEATURES) -> list[dict[str, Any]]:
    """Answer a processor request: one entry for each payload, flat, in the order of *events*.

    *events* is a list of `{message, metadata, destination}`, or a body with that list as its `input`, as `expand` gives it.
    An entry is `{output, metadata, statusCode: 200}`, or `{error, metadata, statusCode, statTags}`; an event of whose
    payloads some are refused has entries of both kinds.
    """
    tenants = Tenants(destinations)
    rows = events.get("input") if isinstance(events, dict) else events
    if not isinstance(rows, list):
        return [_failure({}, Refusal("expected a list of events"), features)]
    return [entry for event in rows for entry in _processed(read(event, tenants), features)]


def _processed(job: Job, features: Features) -> Iterator[dict[str, Any]]:
    if job.made is not None:
        user = job.made.get("userId")
        yield {"output": {**job.made, "userId": user if isinstance(user, str) else ""}, "metadata": job.metadata, "statusCode": 200}
        return
    made = make(job)
    if isinstance(made, Refusal):
        yield _failure(job.metadata, made, features)
        return
    for event in made.events:
        yield {"output": {**rest(made.tenant, event), "userId": ""}, "metadata": job.metadata, "statusCode": 200}
    for why in made.left_out:
        yield _failure(job.metadata, why, features)


def _failure(metadata: dict[str, Any], why: Refusal, features: Features) -> dict[str, Any]:
    code = status(why, features)
    tags = _stat_tags.of_transform(why.kind, code, "processor", metadata)
    return {"metadata": metadata, "statusCode": code, "error": why.in_workflow, "statTags": tags}


def route(body: Any, *, destinations: Destinations, features: Features = NO_FEATURES) -> dict[str, Any]:
    """Answer a router request, `{input: [...], destType}`: `{output: [...]}`, every event in exactly one element of it.

    Events of one destination, job of a warehouse and settings are put into batches of at most 1,000 of Pinterest's events
    (20 in test mode, of which Pinterest looks at no more); those of one job stay together. What of a job is refused,
    beside what is not, stands in its `metadata.destInfo`, and `deliver` tells it.
    """
    rows = body.get("input") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        kind = body.get("destType") if isinstance(body, dict) else None
        return {"output": [_no_events(kind if isinstance(kind, str) else "pinterest_tag")]}
    tenants = Tenants(destinations)
    return {"output": routed([read(event, tenants) for event in rows], features)}


def _no_events(kind: str) -> dict[str, Any]:
    return {"metadata": [{"destType": kind}], "batched": False, "statusCode": 400, "error": "Invalid event array"}


def deliver(
    request: Any,
    *,
    version: Literal[0, 1],
    client: Client,
    base_url: str | None = None,
    clock: Callable[[], float] = time.time,
) -> tuple[dict[str, Any], int]:
    """Answer a proxy request of *version* 0 or 1: deliver its events through *client*, and give body and HTTP status.

    Only Pinterest's own endpoints are posted to. *base_url* is another server in their place, for tests: everything goes
    there. In version 1 each job has an answer of its own; where Pinterest refuses a batch as a whole, its jobs come
    back with `dontBatch`, and the next time it is known by whose fault. A delivered job that `route` left a part out of
    has the status 296, and is told which. Version 0 has one answer for everything.
    *clock* gives epoch seconds.
    """
    metadata = request.get("metadata") if isinstance(request, dict) else None
    if metadata == [] and version == 1:
        return {"output": {"response": [], "status": 400, "message": "metadata: expected at least one job"}}, 200
    rows = metadata if isinstance(metadata, list) and metadata else [metadata]
    jobs = [row if isinstance(row, dict) else {} for row in rows]
    try:
        order = _proxy.read(request, jobs, base_url.rstrip("/") if base_url else None)
    except _proxy.Unusable as why:
        return _told(version, jobs, [_delivered.Answer(400, str(why))] * len(jobs), ())
    events, attempts = _proxy.send(order, client.post, halve=version == 0 or len(jobs) == 1, clock=clock)
    owners = [range(len(events))] if version == 0 else order.owners
    return _told(version, jobs, [_delivered.judge([events[n] for n in owner], attempts) for owner in owners], attempts)


def _told(
    version: int, jobs: Sequence[dict[str, Any]], answers: Sequence[_delivered.Answer], attempts: Sequence[Attempt]
) -> tuple[dict[str, Any], int]:
    answers = [_delivered.with_rest(answer, _proxy.left_out(job)) for answer, job in zip(answers, jobs, strict=version == 1)]
    if version == 0:
        return _delivered.for_all(jobs[0], answers[0], attempts)
    return _delivered.per_job(jobs, answers, sent=bool(attempts)), 200
