"""RudderStack's `statTags`: what its dashboards count a failure under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ._refusals import Kind

_IDS = ("destinationId", "workspaceId")


def of_transform(kind: Kind, status: int, feature: Literal["processor", "router"], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give the tags of an event that was not transformed; one that is filtered only counts so for a host that knows the status."""
    if not kind:
        return {"errorCategory": "transformation", **_common("cdkV2", feature, metadata)}
    told = "instrumentation" if kind == "filtered" and status == 400 else kind
    return {"errorCategory": "dataValidation", "errorType": told, **_common("cdkV2", feature, metadata)}


def of_delivery(status: int, metadata: Mapping[str, Any], *, sent: bool) -> dict[str, Any]:
    """Give the tags of a delivery that ended with *status*; without *sent*, nothing was asked of the network."""
    kind = "throttled" if status == 429 else "retryable" if status >= 500 else "aborted"
    category = {"errorCategory": "network", "errorType": kind} if sent else {"errorCategory": "dataValidation", "errorType": "instrumentation"}
    return {**category, **_common("native", "dataDelivery", metadata)}


def _common(implementation: str, feature: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    ids = {key: metadata[key] for key in _IDS if isinstance(metadata.get(key), str)}
    return {"implementation": implementation, "destType": "PINTEREST_TAG", "module": "destination", "feature": feature, **ids}
