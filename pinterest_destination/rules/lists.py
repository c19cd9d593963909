"""Values that are sent as lists and objects: like those of `values`, but of several parts, each taken on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import values
from .values import Complaint

MAX_PARTS = 1000
"""The most texts of one list; what comes after them is left out."""
MAX_NAMES = 100
"""The most values of one object; what comes after them is left out."""
MAX_LANGUAGES = 100
"""The most languages of one device; what comes after them is left out."""


def texts(raw: Any) -> list[str] | None:
    """Text, or all text in a list."""
    rows = raw if isinstance(raw, list) else [raw]
    found = [value for row in rows[:MAX_PARTS] if (value := values.text(row)) is not None]
    return found if found and len(found) == len(rows) else None


def salvage_texts(raw: Any) -> tuple[list[str] | None, Sequence[Complaint]]:
    rows = raw if isinstance(raw, list) else [raw]
    made = [values.salvage_text(row) for row in rows[:MAX_PARTS] if not values.is_blank(row)]
    found = [value for value, _ in made if value is not None]
    told = [complaint for _, complaints in made for complaint in complaints] + _too_many(rows, MAX_PARTS)
    return found or None, tuple(dict.fromkeys(told))


def _too_many(parts: Sequence[Any], limit: int) -> list[Complaint]:
    return [("unusable_value", f"expected at most {limit} values")] if len(parts) > limit else []


def languages(raw: Any) -> list[str] | None:
    """The two-letter languages of one locale or of several, each once."""
    rows = raw if isinstance(raw, list) else [raw]
    found = [values.language(row) for row in rows]
    return _few(found) if None not in found else None


def salvage_languages(raw: Any) -> tuple[list[str] | None, Sequence[Complaint]]:
    rows = [row for row in (raw if isinstance(raw, list) else [raw]) if not values.is_blank(row)]
    found = [values.language(row) for row in rows]
    complaint = ("unusable_value", "expected two-letter languages or locales")
    return _few(found), (complaint,) if None in found else ()


def _few(found: Sequence[str | None]) -> list[str] | None:
    return [word for word in dict.fromkeys(found) if word is not None][:MAX_LANGUAGES] or None


def scalars(raw: Any, names: frozenset[str]) -> dict[str, Any] | None:
    """The text, numbers and booleans of an object; None if one of them cannot be sent as it is, or stands under one of *names*."""
    if not isinstance(raw, dict) or len(raw) > MAX_NAMES:
        return None
    made = {key: values.plain(part) for key, part in raw.items() if _is_scalar(part)}
    usable = all(part is not None and _is_name(key) and not values.is_hidden(key, names) for key, part in made.items())
    return made if made and usable else None


def salvage_scalars(raw: Any, names: frozenset[str]) -> tuple[dict[str, Any] | None, Sequence[Complaint]]:
    if not isinstance(raw, dict):
        return None, (("unusable_value", f"expected an object, found {values.kind_of(raw)}"),)
    parts = {key: _salvaged(key, part, names) for key, part in list(raw.items())[:MAX_NAMES] if _is_scalar(part)}
    told = [complaint for _, complaints in parts.values() for complaint in complaints] + _too_many([*raw], MAX_NAMES)
    return {key: value for key, (value, _) in parts.items() if value is not None} or None, tuple(dict.fromkeys(told))


def _is_scalar(part: Any) -> bool:
    """Tell whether *part* is for the tag: objects and lists within an object are not, and blank values are absent."""
    return not (values.is_blank(part) or isinstance(part, dict | list))


def _is_name(key: Any) -> bool:
    """Tell whether *key* can be the name of a value in the tag's data."""
    return isinstance(key, str) and len(key) <= 100 and values.text(key) is not None


def _salvaged(key: Any, part: Any, names: frozenset[str]) -> tuple[Any | None, Sequence[Complaint]]:
    """Give what can be sent of one value of an object."""
    if not _is_name(key):
        return None, (("unusable_value", "expected names of at most 100 characters in it, without @ and %"),)
    if values.is_hidden(key, names):
        return values.custom_digest(part), (("hashed_personal_data", "values in it were replaced by their digests"),)
    return values.salvage_plain(part)
