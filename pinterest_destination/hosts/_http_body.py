"""A request's body: so many bytes and no more, inflated, parsed, and held against the limits. Nothing here waits for anything."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import orjson
from attrs import Factory, field, frozen

from .._json import join
from .._quick import has_long_number
from ._http_refused import Refused

_MAX_DIGITS = 4300
"""Python reads no longer whole number."""
_UTF8 = ("utf-8", "utf8", "us-ascii")
_GZIP = ("gzip", "x-gzip")
_MAX_MEMBERS = 1000
"""Of a gzipped body: each copies what is left of it."""
_PLAIN = ("", "identity")
_CONSTANT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(NaN|-?Infinity)', re.DOTALL)
"""A text, or what JSON has not."""
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""A text, also one that never ends, or a bracket."""
_CLOSING = {b"[": b"]", b"{": b"}"}


@frozen
class Limits:
    """What a request may be at most. The answer to what is more is a status of 400 and above, and says so."""

    body: int = 32 * 2**20
    """Bytes, as they come in."""
    inflated: int = 64 * 2**20
    """Bytes of a gzipped body once it is inflated."""
    depth: int = 200
    """Lists and objects in each other, all in all."""
    events: int = 10_000
    """Events in one request."""
    seconds: float = 60.0
    """Until the body is there."""
    waiting: int = field(default=Factory(lambda self: max(256 * 2**20, self.body), takes_self=True))
    """Bytes of all requests that one worker has read and not yet answered; room for one at least, or it would never be answered."""


def check_type(content_type: str) -> None:
    """Raises `Refused` (415) for what is not JSON in UTF-8: a page in a browser can send other types anywhere, unasked."""
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charset = next((value.strip('"') for name, _, value in (part.partition("=") for part in parameters) if name == "charset"), "utf-8")
    if not (media == "application/json" or (media.startswith("application/") and media.endswith("+json"))) or charset not in _UTF8:
        raise Refused(415, "unsupported_media_type", "expected Content-Type: application/json, in UTF-8")


def check_encoding(encoding: str) -> bool:
    """Tell whether the body is gzipped. Raises `Refused` (415) for other encodings."""
    if encoding.strip().lower() in _PLAIN:
        return False
    if encoding.strip().lower() in _GZIP:
        return True
    raise Refused(415, "unsupported_encoding", "expected Content-Encoding: gzip, or none", headers={"Accept-Encoding": "gzip"})


def too_long(limits: Limits) -> Refused:
    """Make the refusal of a body with too many bytes."""
    return Refused(413, "body_too_large", f"the body has more than {limits.body} bytes; send fewer events in one request")


def inflate(body: bytes, limits: Limits) -> bytes:
    """Undo gzip, of one member or several (RFC 1952, 2.2), never further than the limit. Raises `Refused`."""
    parts: list[bytes] = []
    room, rest = limits.inflated + 1, body
    for _ in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(stream.decompress(rest, room))
        except zlib.error:
            told = "something that is not gzip follows the gzipped body" if parts else "the body is not gzip, as its Content-Encoding says"
            raise Refused(400, "invalid_gzip", told) from None
        room, rest = room - len(parts[-1]), stream.unused_data
        if room <= 0:
            raise Refused(413, "inflated_body_too_large", f"the body has more than {limits.inflated} bytes when it is inflated")
        if not stream.eof:
            raise Refused(400, "invalid_gzip", "the gzipped body ends too early")
        if not rest:
            return b"".join(parts)
    raise Refused(400, "invalid_gzip", f"the gzipped body has more than {_MAX_MEMBERS} members")


def parse(text: bytes, limits: Limits) -> Any:
    """Parse a body of JSON. Raises `Refused` for what is none, and for lists and objects nested too deep."""
    document = parse_text(text, limits)
    if _is_deeper(document, limits.depth):
        raise _too_deep(document, limits)
    return document


def _too_deep(document: Any, limits: Limits) -> Refused:
    place = _deep_place(document, limits.depth)
    return Refused(400, "nested_too_deep", f"lists and objects are nested more than {limits.depth} levels deep", place)


def parse_text(text: bytes, limits: Limits) -> Any:
    """Parse as fast as may be; what orjson refuses, or would change, is left to the standard library. Raises `Refused`."""
    if not has_long_number(text):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(text)
    try:
        read = text.decode("utf-8-sig")
        return json.loads(read, parse_constant=_no_constant(read), parse_int=_whole, parse_float=_fraction)
    except UnicodeDecodeError as error:
        why = f"the body is not UTF-8 text (byte {error.start})"
    except json.JSONDecodeError as error:
        why = f"the body is not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        raise _too_deep(json.loads(_begun(text, limits.depth)), limits) from None
    raise Refused(400, "invalid_json", why)


def _no_constant(text: str) -> Callable[[str], NoReturn]:
    """Make what refuses the first constant in *text* that JSON has not, with its place."""

    def refuse(name: str) -> NoReturn:
        place = next(found.start() for found in _CONSTANT.finditer(text) if found[1])
        raise json.JSONDecodeError(f"{name} is no JSON value", text, place)

    return refuse


def _begun(text: bytes, limit: int) -> str:
    """Give what *text* begins with, up to the first list or object with more than *limit* around it, which is closed there, and all with it."""
    ends: list[bytes] = []
    for token in TOKEN.finditer(text):
        if token[0] in _CLOSING:
            ends.append(_CLOSING[token[0]])
        elif token[0] in _CLOSING.values():
            ends.pop()
        if len(ends) > limit:
            return (text[: token.end()] + b"".join(reversed(ends))).decode("utf-8-sig")
    return "null"


def _whole(digits: str) -> int | str:
    """A whole number that nobody can count with stays text: it harms its own event, and not the others of the request."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _fraction(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _is_deeper(document: Any, limit: int) -> bool:
    """Tell whether *document* has more than *limit* levels, one level after the other: a recursion could be too deep itself."""
    level = [document] if type(document) in _NESTS else []
    for _ in range(limit):
        if not level:
            return False
        level = [part for node in level for part in (node.values() if type(node) is dict else node) if type(part) in _NESTS]
    return bool(level)


_NESTS = frozenset({dict, list})


def _deep_place(document: Any, limit: int) -> str:
    """The place of the event that is too deep; no further, since keys below it may be anything."""
    pointer = ""
    if isinstance(document, dict):
        limit -= 1
        name = next((name for name in _KNOWN if _is_deeper(document.get(name), limit)), None)
        if name is None:
            return pointer
        pointer, document = f"/{name}", document[name]
    if isinstance(document, list):
        index = next(index for index, part in enumerate(document) if _is_deeper(part, limit - 1))
        pointer = join(pointer, index)
    return pointer


_KNOWN = ("input", "events", "settings", "metadata", "body")
"""Keys that are ours or the host's, and may be told."""


def check_count(document: Any, limits: Limits) -> int:
    """Count the events of a request: its list, or that in its `input` or `events`. Raises `Refused` (413) for too many."""
    key = next((key for key in ("input", "events") if isinstance(document, dict) and key in document), "")
    rows = document[key] if key else document
    count = len(rows) if isinstance(rows, list) else 0
    if count > limits.events:
        raise Refused(413, "too_many_events", f"{count} events in one request, expected at most {limits.events}", f"/{key}" if key else "")
    return count


def dumps(document: Any) -> bytes:
    """Write JSON. What orjson cannot write, such as half a surrogate pair, goes out escaped."""
    try:
        return orjson.dumps(document)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii")
