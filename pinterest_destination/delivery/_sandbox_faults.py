"""What may go wrong between a client and the sandbox, as values: written in Python, or read from JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, fields_dict, frozen

from .. import errors

Check = tuple[Callable[[Any], bool], str]
"""Whether a value will do, and what would, in words."""


def _whole(least: int, most: int = 10**10) -> Check:
    def passes(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return passes, f"a whole number from {least} to {most}"


def _optional(check: Check) -> Check:
    passes, expected = check
    return (lambda value: value is None or passes(value)), f"{expected}, or null"


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and 0 <= value <= 3600


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_location(value: Any) -> bool:
    try:
        return _is_header(value) and urlsplit(value).scheme in ("http", "https", "")
    except ValueError:
        return False


def _is_header(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and value.isascii()


def _are_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_header(each) for pair in value.items() for each in pair)


_SECONDS: Check = (_is_seconds, "seconds, from 0 to 3600")
_FLAG: Check = (lambda value: isinstance(value, bool), "true or false")
_TEXT: Check = (_is_text, "text")


def _held(check: Check, default: Any, convert: Callable[[Any], Any] | None = None) -> Any:
    """A field that takes what *check* lets pass. Raises `ValueError` that says what would be right."""
    passes, expected = check

    def validate(fault: object, attribute: Attribute[Any], value: Any) -> None:
        if not passes(value):
            raise ValueError(f"{attribute.name}: found {_shown(value)}; expected {expected}")

    return field(default=default, validator=validate, converter=convert, metadata={"expected": expected})


def _frozen_headers(value: Any) -> Any:
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def _as_body(value: Any) -> str | None:
    """Text as it is; any other JSON value as its JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


@frozen(kw_only=True)
class Fault:
    """What the next request to the sandbox meets in place of the usual answer. Several fields may be combined.

    Raises `ValueError`, which names the field and what would be right.
    """

    status: int | None = _held(_optional(_whole(200, 599)), None)
    """Answer with this HTTP status; from 300 on with Pinterest's error body in place of the usual one."""
    headers: Mapping[str, str] = _held((_are_headers, "an object of header names and values in ASCII"), MappingProxyType({}), _frozen_headers)
    """Headers of the answer, beside or in place of the usual ones."""
    body: str | None = _held(_optional(_TEXT), None, _as_body)
    """Body of the answer; a value that is no text is written as JSON."""
    delay: float = _held(_SECONDS, 0.0)
    """Seconds before the answer begins."""
    drip: float = _held(_SECONDS, 0.0)
    """Seconds between any two bytes of the body."""
    reset: Literal["accept", "answer"] | None = _held((lambda value: value in (None, "accept", "answer"), '"accept" or "answer", or null'), None)
    """Reset the connection: "accept" before the body is read, "answer" when the whole request is read, without an answer."""
    close: bool = _held(_FLAG, False)
    """Close the connection after the answer, without having said so."""
    truncate: int | None = _held(_optional(_whole(0)), None)
    """Send only so many bytes of the body under the full Content-Length, then close."""
    chunked: int | None = _held(_optional(_whole(0)), None)
    """Send a chunked body that is cut after so many bytes."""
    gzip_bomb: int | None = _held(_optional(_whole(1)), None)
    """Send a body that is small on the wire and has at least so many bytes when it is decoded: blanks, then the answer."""
    redirect: str | None = _held(_optional((_is_location, "a URL")), None)
    """Answer 302 (or `status`) with this URL as the place to go to."""
    html: bool = _held(_FLAG, False)
    """Answer 200 (or `status`) with a page of HTML, as a captive portal does."""
    not_json: bool = _held(_FLAG, False)
    """Answer with the first half of the usual JSON, complete by its Content-Length."""
    results: int = _held(_whole(-1000, 1000), 0)
    """Answer with so many results more, or fewer, than there are events."""
    echo: bool = _held(_FLAG, False)
    """Put the request's Authorization header and the first event's e-mail field into the error message; 400 unless `status` says."""
    process: bool | None = _held(_optional(_FLAG), None)
    """Whether the events are taken in before the fault; null for what the fault suggests: see `processes`."""
    event_id: str = _held(_TEXT, "")
    """Only requests that hold an event of this id meet the fault; it waits until one does."""
    times: int = _held(_whole(1), 1)
    """How many requests meet it."""

    def __attrs_post_init__(self) -> None:
        if self.reset == "accept" and (self.event_id or self.process):
            raise ValueError("reset: found 'accept' with event_id or process; expected 'answer', as these need the request's body")

    @property
    def processes(self) -> bool:
        """Whether the events are taken in: with an answer of Pinterest's own that is only harmed or lost on the way."""
        if self.process is not None:
            return self.process
        refuses = (self.status or 200) >= 300 or self.redirect or self.html or self.echo or self.gzip_bomb
        return not refuses and self.reset != "accept"

    def __str__(self) -> str:
        """The fault in a few words, for logs: "503", "reset answer", "delay 2.0, truncate 10"; no URL and no body."""
        words = [str(self.status)] if self.status else []
        for name in ("delay", "drip", "reset", "truncate", "chunked", "gzip_bomb", "results"):
            if (value := getattr(self, name)) != fields_dict(Fault)[name].default:
                words.append(f"{name} {value}")
        words += [name for name in ("redirect", "html", "not_json", "echo", "close") if getattr(self, name)]
        words += ["a body of its own"] if self.body is not None else []
        words += ["not processed"] if self.process is False else []
        return ", ".join(words) or "nothing"


_EXPECTED: Mapping[str, str] = MappingProxyType({each.name: each.metadata["expected"] for each in fields(Fault)})


def read_faults(document: Any, file: str = "") -> tuple[Fault, ...]:
    """Make the faults that a JSON *document* describes: one object, or a list of them, with the fields of `Fault` as keys.

    Raises `DocumentError` with everything that is wrong with it; *file* is the document's name in there.
    """
    rows = document if isinstance(document, list) else [document]
    wrong = [fault for index, row in enumerate(rows) for fault in _wrong(row, f"/{index}" if rows is document else "", file)]
    if wrong:
        raise errors.DocumentError(wrong)
    return tuple(Fault(**row) for row in rows)


def _wrong(row: Any, pointer: str, file: str) -> list[errors.Fault]:
    """List what keeps one *row* of a document from being a fault."""
    if not isinstance(row, dict):
        return [errors.Fault(pointer, _kind(row), f"an object with any of {', '.join(_EXPECTED)}", file=file)]
    found = [_wrong_field(f"{pointer}/{key}", key, value, file) for key, value in row.items()]
    return [fault for fault in found if fault is not None] or _wrong_whole(row, pointer, file)


def _wrong_field(pointer: str, key: str, value: Any, file: str) -> errors.Fault | None:
    if key not in _EXPECTED:
        near = difflib.get_close_matches(key, _EXPECTED, 1)
        return errors.Fault(pointer, "an unknown key", f"one of {', '.join(_EXPECTED)}", near[0] if near else "", file)
    try:
        Fault(**{key: value})
    except ValueError:
        return errors.Fault(pointer, _shown(value), _EXPECTED[key], file=file)
    return None


def _wrong_whole(row: Mapping[str, Any], pointer: str, file: str) -> list[errors.Fault]:
    """List what is wrong with fields that are right one by one."""
    try:
        Fault(**row)
    except ValueError as error:
        name, _, rest = str(error).partition(": found ")
        found, _, expected = rest.partition("; expected ")
        return [errors.Fault(f"{pointer}/{name}", found, expected, file=file)]
    return []


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a JSON value that is no object ({_shown(value)})"
