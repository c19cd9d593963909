"""The router's half of RudderStack's contract: events of one destination together, in batches that Pinterest takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from ..delivery.result import clean
from . import _stat_tags
from ._envelope import Features, Group, Job, Made, make, rest, status
from ._refusals import Refusal

NAME = "pinterest"
"""Under which a batch's positions stand in `metadata.destInfo`, the one place that a host keeps for destinations."""
LEFT_OUT = "pinterest_left_out"
"""Under which stands there what of a job is in no batch, and why: its status has no room for that before it is delivered."""


@define
class _Batch:
    """One request in the making."""

    jobs: list[Made] = field(factory=list)
    events: list[dict[str, Any]] = field(factory=list)

    def takes(self, made: Made) -> bool:
        """Tell whether *made* may join. A job that was in a refused batch stays alone, until it is known by whose fault."""
        alone = _stands_alone(made) or _stands_alone(self.jobs[0])
        return not alone and len(self.events) + len(made.events) <= made.tenant.limit

    def add(self, made: Made) -> None:
        self.jobs.append(made)
        self.events += made.events


def _stands_alone(made: Made) -> bool:
    return made.job.metadata.get("dontBatch") is True


def routed(jobs: Iterable[Job], features: Features) -> list[dict[str, Any]]:
    """Answer the jobs, group by group: first the batches, then what could not be transformed."""
    groups: dict[Group, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.group, []).append(job)
    return [element for group in groups.values() for element in _group(group, features)]


def _group(group: Iterable[Job], features: Features) -> list[dict[str, Any]]:
    batches: list[_Batch] = []
    failures: list[dict[str, Any]] = []
    for job in group:
        made = _make(job)
        if isinstance(made, Refusal):
            failures.append(_failure(job, made, features))
            continue
        if not batches or not batches[-1].takes(made):
            batches.append(_Batch())
        batches[-1].add(made)
    return [*map(_batched, batches), *failures]


def _make(job: Job) -> Made | Refusal:
    """Make the events of a job, which stay in one request."""
    made = make(job) if job.made is None else _ready(job, job.made)
    if isinstance(made, Made) and len(made.events) > made.tenant.limit:
        return Refusal(f"destination.Config: expected at most {made.tenant.limit} of Pinterest's events for one event", "configuration")
    return made


def _ready(job: Job, made: Mapping[str, Any]) -> Made | Refusal:
    """Take the event of a message that was transformed before."""
    tenant, body = job.owned.tenant, made.get("body")
    if isinstance(tenant, Refusal):
        return tenant
    event = body.get("JSON") if isinstance(body, dict) else None
    return Made(job, tenant, [event]) if isinstance(event, dict) else Refusal("message.body.JSON: expected an object")


def _batched(batch: _Batch) -> dict[str, Any]:
    first = batch.jobs[0]
    return {
        "batchedRequest": rest(first.tenant, {"data": batch.events}),
        "metadata": list(_positioned(batch)),
        "batched": True,
        "statusCode": 200,
        "destination": first.job.owned.echo,
    }


def _positioned(batch: _Batch) -> Iterator[dict[str, Any]]:
    """Give the metadata of each job with the place of its events in the batch, by which the answer finds its way back."""
    position = 0
    for made in batch.jobs:
        kept = made.job.metadata.get("destInfo")
        info = {key: value for key, value in kept.items() if key != LEFT_OUT} if isinstance(kept, dict) else {}
        info |= {NAME: [position, len(made.events)], **({LEFT_OUT: _left_out(made)} if made.left_out else {})}
        yield {**made.job.metadata, "destInfo": info}
        position += len(made.events)


def _left_out(made: Made) -> str:
    return clean(f"a part is not sent: {'; '.join(dict.fromkeys(why.text for why in made.left_out))}")


def _failure(job: Job, why: Refusal, features: Features) -> dict[str, Any]:
    return {
        "metadata": [job.metadata],
        "destination": job.owned.echo,
        "batched": False,
        "statusCode": (code := status(why, features)),
        "error": why.text,
        "statTags": _stat_tags.of_transform(why.kind, code, "router", job.metadata),
    }
