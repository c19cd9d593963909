"""Requests and answers of the sandbox as values, and what a scripted fault makes of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import Factory, evolve, field, frozen

from ._sandbox_faults import Fault
from ._sandbox_rules import Refused, parsed

JSON = MappingProxyType({"Content-Type": "application/json"})
HTML = MappingProxyType({"Content-Type": "text/html; charset=utf-8"})

_PORTAL = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>"


@frozen
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: str = ""
    authorization: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    document: Any = field(init=False, repr=False, default=Factory(lambda self: parsed(self.body), takes_self=True))
    """What the body holds as JSON, or `UNREADABLE`."""

    @property
    def count(self) -> int:
        """How many rows it has for events, right or wrong."""
        data = self.document.get("data") if isinstance(self.document, dict) else None
        return len(data) if isinstance(data, list) else 0

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What may be events in it, right or wrong."""
        return [row for row in self.document["data"] if isinstance(row, dict)] if self.count else []

    @property
    def event_ids(self) -> list[Any]:
        """The ids of its events."""
        return [row.get("event_id") for row in self.rows]


@frozen
class Reply:
    """One answer as it goes out."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = JSON


def as_json(status: int, document: Any, headers: Mapping[str, str] = JSON) -> Reply:
    """An answer with *document* as its body, in ASCII."""
    return Reply(status, json.dumps(document).encode("ascii"), {**JSON, **headers})


def shaped(reply: Reply, fault: Fault, call: Call) -> Reply:
    """What *fault* makes of the usual *reply*; what it does to the connection is none of this."""
    changed = _changed(reply, fault, call)
    body = changed.body if fault.body is None else fault.body.encode("utf-8", "replace")
    if fault.not_json:
        body = body[: len(body) // 2]
    names = {name.lower() for name in fault.headers}
    kept = {name: value for name, value in changed.headers.items() if name.lower() not in names}
    return evolve(changed, body=body, headers={**kept, **fault.headers})


def _changed(reply: Reply, fault: Fault, call: Call) -> Reply:
    if fault.redirect is not None:
        return Reply(fault.status or 302, b"", {"Location": fault.redirect})
    if fault.html:
        return Reply(fault.status or 200, _PORTAL, HTML)
    if fault.echo:
        return as_json(fault.status or 400, Refused(fault.status or 400, _echo(call)).body)
    if fault.status is not None and fault.status >= 300:
        return as_json(fault.status, _error(fault.status))
    reply = evolve(reply, status=fault.status or reply.status)
    return _miscounted(reply, fault.results) if fault.results else reply


def _error(status: int) -> dict[str, Any]:
    return {**Refused(status).body, **({"details": {}} if status == 422 else {})}


def _echo(call: Call) -> str:
    """Words that tell what a client must keep out of its logs."""
    rows = [row["user_data"].get("em") for row in call.rows if isinstance(row.get("user_data"), dict)]
    return f"cannot read Authorization {call.authorization!r} with em {json.dumps(rows[0] if rows else None)}"


def _miscounted(reply: Reply, results: int) -> Reply:
    """*reply* with as many results too much or too few; the numbers in it stay."""
    document = json.loads(reply.body)
    holder = document.get("details", document)
    events = holder.get("events")
    if not events:
        return reply
    holder["events"] = [*events, *[events[-1]] * results] if results > 0 else events[:results]
    return as_json(reply.status, document, reply.headers)
