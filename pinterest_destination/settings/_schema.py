"""The schema of native settings and what it says about its parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..rules import check

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def schema() -> dict[str, Any]:
    """Give schemas/settings.json; the one dict is shared, so nobody may change it."""
    return check.schema("settings")


def validator() -> Validator:
    """Give its validator."""
    return check.validator("settings")


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Give *part* of the schema with what its `$ref` points to; its own words win."""
    if "$ref" not in part:
        return part
    name = part["$ref"].removeprefix("#/$defs/")
    return {**resolved(schema()["$defs"][name]), **part}


def is_path(text: str) -> bool:
    """Tell whether *text* has the form of a dot-path."""
    return re.fullmatch(schema()["$defs"]["dotted"]["pattern"], text) is not None
