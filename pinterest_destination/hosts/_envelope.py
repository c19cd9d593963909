"""RudderStack's envelopes: one event read out of one, and the request that is put into another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ._refusals import Refusal, left_out, nameless, refusal
from ._tenants import Owned, Tenant, Tenants

Features = Mapping[str, object]
"""What the host says it understands: its `X-Feature-<name>` headers, `{"filter-code": True}`."""

NO_FEATURES: Features = MappingProxyType({})

FILTERED = 298
"""The status of an event that is not meant to be sent, for hosts with the feature "filter-code"; 400 for the others."""


@frozen
class TooDeep:
    """In place of a message that was nested too deep to be read."""

    levels: int
    """Lists and objects that a request may have in each other."""

Group = tuple[str | float, str | float, bytes]
"""What has to be the same in all events of one batch: destination, job of a warehouse, settings."""


@frozen
class Job:
    """One event of the host, read. What it was told as is given back as it is."""

    metadata: dict[str, Any] = field(repr=False)
    owned: Owned
    group: Group

    @property
    def made(self) -> dict[str, Any] | None:
        """The message of an event that was transformed before; None for any other."""
        message = self.owned.message
        return message if isinstance(message, dict) and message.get("statusCode") else None


def read(event: Any, tenants: Tenants) -> Job:
    """Read one event of the host, whatever it is."""
    whole = event if isinstance(event, dict) else {}
    metadata, owned = whole.get("metadata"), tenants.of(whole)
    if not isinstance(event, dict):
        owned = _refused(owned, Refusal("expected an object with message, metadata and destination"))
    elif not isinstance(metadata, dict):
        owned = _refused(owned, Refusal("metadata: expected an object"))
    group = (_id(owned.echo, "ID"), _id(whole, "context", "sources", "job_id"), owned.key)
    return Job(metadata if isinstance(metadata, dict) else {}, owned, group)


def _refused(owned: Owned, why: Refusal) -> Owned:
    return Owned(why, owned.key, None, owned.echo)


def _at(node: Any, *steps: str) -> Any:
    for step in steps:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _id(node: Any, *steps: str) -> str | float:
    """The id at *steps*; what is no text or number is none."""
    found = _at(node, *steps)
    return found if isinstance(found, str | int | float) else ""


@frozen
class Made:
    """A job, and the Conversions API events that were made of it."""

    job: Job
    tenant: Tenant
    events: list[dict[str, Any]] = field(repr=False)
    left_out: tuple[Refusal, ...] = ()
    """Why there are no more of them."""


def make(job: Job) -> Made | Refusal:
    """Transform a job's event into Conversions API events, or say why there are none."""
    tenant, message = job.owned.tenant, job.owned.message
    if isinstance(tenant, Refusal):
        return tenant
    if isinstance(message, TooDeep):
        return Refusal(f"message: expected lists and objects at most {message.levels} levels deep within the request, found more")
    if not isinstance(message, dict):
        return Refusal("message: expected an object")
    conversion = tenant.destination.transform(message, "capi")
    if not conversion.capi:
        return refusal(conversion, message.get("type"))
    odd = nameless(tenant.destination.plan.spec, message)
    return odd or Made(job, tenant, conversion.capi, left_out(conversion, message.get("type")))


def rest(tenant: Tenant, body: dict[str, Any]) -> dict[str, Any]:
    """Describe the request that the host is to send to Pinterest."""
    return {
        "body": {"JSON": body, "JSON_ARRAY": {}, "XML": {}, "FORM": {}},
        "version": "1",
        "type": "REST",
        "method": "POST",
        "endpoint": tenant.endpoint,
        "headers": dict(tenant.headers),
        "params": dict(tenant.params),
        "files": {},
    }


def status(why: Refusal, features: Features) -> int:
    """Give the status of an event that is refused or filtered."""
    return FILTERED if why.kind == "filtered" and features.get("filter-code") is True else 400


def expand(body: Any) -> Any:
    """Give each event of a compacted *body* (`json+compactedv1`) its destination and connection; another body as it is.

    `{"input": [{message, metadata}], "destinations": {id: ...}, "connections": {"sourceId:destinationId": ...}}` becomes
    `{"input": [{message, metadata, destination, connection}]}`, and keeps its `destType`. An event whose destination
    is not there has none, and is refused alone when it is transformed.
    """
    if not isinstance(body, dict) or not isinstance(body.get("input"), list) or "destinations" not in body:
        return body
    rest = {key: value for key, value in body.items() if key not in ("input", "destinations", "connections")}
    return {"input": [_expanded(event, body) for event in body["input"]], **rest}


def _expanded(event: Any, body: Mapping[str, Any]) -> Any:
    if not isinstance(event, dict):
        return event
    source, destination = (_at(event, "metadata", key) for key in ("sourceId", "destinationId"))
    found = {"destination": _listed(body["destinations"], destination)}
    if isinstance(source, str) and isinstance(destination, str):
        found["connection"] = _listed(body.get("connections"), f"{source}:{destination}")
    return {**event, **{key: value for key, value in found.items() if value is not None}}


def _listed(table: Any, key: Any) -> Any:
    return table.get(key) if isinstance(table, dict) and isinstance(key, str) else None
