"""Explained fields as JSON: what is sent, what it came from, and its way. A person's values in clear are left out."""

from __future__ import annotations

from typing import Any

from ..plan.explain import Explained, Stage, scrubbed


def field_json(field: Explained, *, show_values: bool = False) -> dict[str, Any]:
    """Give one explained field as a JSON object; a masked value is null unless *show_values*."""
    stages = [_stage_json(stage, show_values) for stage in field.stages]
    return {
        "channel": field.channel,
        "output": field.output,
        "value": stages[-1]["value"],
        "masked": stages[-1]["masked"],
        "source": field.source,
        "field": field.field,
        "rule": field.rule,
        "entry": field.entry,
        "subscription": field.subscription,
        "stages": stages,
        "payloads": list(field.payloads),
    }


def _stage_json(stage: Stage, show_values: bool) -> dict[str, Any]:
    masked = stage.personal and not show_values
    value = None if masked else stage.value if show_values else scrubbed(stage.value)
    return {"what": stage.what, "value": value, "masked": masked}
