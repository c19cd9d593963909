"""Values that are sent as lists: like those of `values`, but each taken from one JSON value or from a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import values
from .values import Complaint


def texts(raw: Any) -> list[str] | None:
    """Text, or all text in a list."""
    rows = raw if isinstance(raw, list) else [raw]
    found = [value for row in rows if (value := values.text(row)) is not None]
    return found if found and len(found) == len(rows) else None


def salvage_texts(raw: Any) -> tuple[list[str] | None, Sequence[Complaint]]:
    rows = raw if isinstance(raw, list) else [raw]
    made = [values.salvage_text(row) for row in rows if not values.is_blank(row)]
    found = [value for value, _ in made if value is not None]
    return found or None, tuple(dict.fromkeys(complaint for _, complaints in made for complaint in complaints))


MAX_LANGUAGES = 100


def languages(raw: Any) -> list[str] | None:
    """The two-letter languages of one locale or of several, each once, 100 at most."""
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
