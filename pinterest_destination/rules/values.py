"""From raw JSON values to the values that are sent: text, numbers, times, places, custom properties.

Each function takes any JSON value and gives what is sent, or None when it cannot be used as it stands; those that begin
with `salvage_` also use a part of a value, and tell what is wrong with it. None of them raises.
"""

from __future__ import annotations

import json
import math
import re
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from .. import identity

Complaint = tuple[str, str]
"""A problem code, and what it has to say."""

MAX_TEXT = 10_000
"""Longer text is no name, id or URL; it would only make Pinterest refuse the batch."""


def is_blank(raw: Any) -> bool:
    """None, blank text, an empty list and an empty object count as absent; 0 and False do not."""
    if isinstance(raw, str):
        return not raw.strip()
    return raw is None or (isinstance(raw, (list, dict)) and not raw)


def kind_of(raw: Any) -> str:
    """Say what kind of JSON value *raw* is, without its content."""
    if isinstance(raw, bool):
        return "a boolean"
    for kind, word in ((str, "other text"), (dict, "an object"), (list, "a list"), ((int, float), "a number")):
        if isinstance(raw, kind):
            return word
    return f"a {type(raw).__name__}"


# -- text


def text(raw: Any) -> str | None:
    """Text as it is, numbers in their shortest form; no booleans, and nothing that looks like an e-mail address."""
    if isinstance(raw, str):
        if "@" in raw or "%" in raw or not raw or raw.isspace() or len(raw) > MAX_TEXT or not (raw.isascii() or _is_harmless(raw)):
            return None
        return raw
    return number_text(raw)


def salvage_text(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    """Text with each e-mail address in it replaced by its digest."""
    if not isinstance(raw, str):
        value = number_text(raw)
        return value, () if value is not None else (("unusable_value", f"expected text, found {kind_of(raw)}"),)
    if len(raw) > MAX_TEXT or not _encodes(raw):
        return None, (("unusable_value", f"expected text of at most {MAX_TEXT} characters in valid Unicode"),)
    if is_blank(raw):
        return None, ()
    clean = identity.scrub(raw)
    return clean, () if clean is raw else (("hashed_personal_data", "an e-mail address in it was replaced by its digest"),)


def _is_harmless(value: str) -> bool:
    """Tell whether text beyond ASCII is real text without an address in it."""
    return _encodes(value) and identity.scrub(value) is value


def _encodes(value: str) -> bool:
    """Tell whether *value* is real text: a lone surrogate has no UTF-8 form."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# -- numbers

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_EXPONENT = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[eE][+-]?[0-9]{1,2}", re.ASCII)
MAX_DIGITS = 40
_MAX_PLACES = MAX_DIGITS
_BOUND = 10**MAX_DIGITS
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def number_text(raw: Any) -> str | None:
    """A number in its shortest round-trip form, without exponent: 10.0 is "10", 0.1 is "0.1", 1e21 is "1000000000000000000000"."""
    if type(raw) is int:
        return str(raw) if -_BOUND < raw < _BOUND else None
    if isinstance(raw, Decimal):  # from JSON read with parse_float=Decimal
        return format(raw, "f") if raw.is_finite() and -20 <= raw.adjusted() < _MAX_PLACES and len(raw.as_tuple().digits) <= MAX_DIGITS else None
    if not isinstance(raw, float) or not math.isfinite(raw) or abs(raw) >= _BOUND:
        return None
    shortest = repr(raw)
    if "e" in shortest:
        shortest = _without_exponent(shortest)
    return _shortened(shortest) if shortest.endswith(".0") or shortest.startswith("-0") else shortest


def _shortened(number: str) -> str:
    """Drop a fraction of .0 and the sign of zero."""
    number = number.removesuffix(".0")
    return "0" if number == "-0" else number


def _without_exponent(number: str) -> str:
    return format(Decimal(number), "f")


def decimal(raw: Any) -> str | None:
    """A decimal number as text: numbers in their shortest form; a plain decimal string keeps its digits ("35.00")."""
    if type(raw) is float and 0.001 < raw < 1_000_000:  # prices: Python writes these without an exponent
        return repr(raw).removesuffix(".0")
    if not isinstance(raw, str):
        return number_text(raw)
    number = raw.strip()
    if len(number) > MAX_DIGITS:
        return None
    if _PLAIN.fullmatch(number):
        return number
    return _odd_decimal(number)


def _odd_decimal(number: str) -> str | None:
    """Unusual spellings of a number: +5, .5, 5., 1e3."""
    if not (_DECIMAL.fullmatch(number) or _EXPONENT.fullmatch(number)):
        return None
    plain = format(Decimal(number), "f")
    return plain if len(plain) <= 2 * MAX_DIGITS else None


_ANY_NUMBER = re.compile(_DECIMAL.pattern + r"(?:[eE][+-]?[0-9]+)?", re.ASCII)


def salvage_decimal(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    """Nothing: tell whether *raw* is a number that cannot be written out, or none."""
    found = "one that is too large, or has too many digits" if _is_number(raw) else kind_of(raw)
    return None, (("unusable_value", f"expected a decimal number, found {found}"),)


def _is_number(raw: Any) -> bool:
    if isinstance(raw, str):
        return _ANY_NUMBER.fullmatch(raw.strip()) is not None
    if isinstance(raw, Decimal):
        return not raw.is_nan()
    return isinstance(raw, int | float) and not isinstance(raw, bool) and not (isinstance(raw, float) and math.isnan(raw))


def number(value: str) -> int | float:
    """A decimal text as a JSON number: "35.00" is 35, "0.10" is 0.1."""
    if "." not in value:
        return int(value)
    as_float = float(value)
    return int(as_float) if as_float.is_integer() else as_float


_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def boolean(raw: Any) -> bool | None:
    """true and false, also as the words true/yes/1 and false/no/0."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        return _WORDS.get(raw.strip().lower())
    return bool(raw) if raw in (0, 1) and isinstance(raw, (int, float)) else None


def negation(raw: Any) -> bool | None:
    """The opposite of a boolean."""
    value = boolean(raw)
    return None if value is None else not value


# -- time

_MILLISECONDS = 10**11
"""From here on a number of the epoch is milliseconds: as seconds it would lie after the year 5138."""
_MAX_SECONDS = 10**11


def timestamp(raw: Any) -> int | None:
    """Epoch seconds, from ISO 8601 with any offset (none: UTC), or epoch seconds or milliseconds as number or digits."""
    if isinstance(raw, str):
        return _time_of_text(raw.strip())
    if isinstance(raw, datetime):
        return _seconds(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    return _time_of_number(raw)


def _time_of_number(raw: float) -> int | None:
    if not 0 < raw < _MAX_SECONDS * 1000:  # also refuses NaN
        return None
    return int(raw // 1000) if raw >= _MILLISECONDS else int(raw)


def _time_of_text(written: str) -> int | None:
    """Nine digits and more are an epoch: as ISO 8601 without separators they would be a date with a time glued to it."""
    if len(written) > 64:
        return None
    if len(written) > 8 and written[4] != "-" and _PLAIN.fullmatch(written):  # "-" after a year: nearly always
        return _time_of_number(float(written))
    try:
        return _seconds(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return None


def _seconds(moment: datetime) -> int | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = math.floor(moment.timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def microseconds(raw: Any) -> int | None:
    """Epoch seconds, from epoch microseconds as number or digits."""
    digits = decimal(raw)
    if digits is None or "." in digits:
        return None
    seconds = int(digits) // 1_000_000
    return seconds if 0 < seconds < _MAX_SECONDS else None


# -- places on the web and in the world

_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?][!$&-;=?A-Z_a-z~]*)?", re.ASCII)
"""A URL with nothing in it to take away or to look into: no user, no fragment, no percent sign, no @."""


def url(raw: Any) -> str | None:
    """An http(s) URL without credentials and fragment."""
    return raw if isinstance(raw, str) and len(raw) <= MAX_TEXT and _PLAIN_URL.fullmatch(raw) else None


def salvage_url(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    bad = None, (("unusable_value", f"expected an http or https URL, found {kind_of(raw)}"),)
    if not isinstance(raw, str) or len(raw) > MAX_TEXT or not _encodes(raw):
        return bad
    try:
        parts = urlsplit(raw.strip())
        host = parts.hostname
    except ValueError:
        return bad
    if parts.scheme.lower() not in ("http", "https") or not host:
        return bad
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    clean = identity.scrub(bare)
    return clean, () if clean == bare else (("hashed_personal_data", "an e-mail address in the URL was replaced by its digest"),)


_PARAMETER = re.compile(r"(?<=[?&;])([^=&;#?]{1,64})=([^&;#]+)")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def fold_parameter(name: str) -> str:
    """A name without case and separators: "First-Name" and "first_name" are one."""
    return _SEPARATORS.sub("", name.lower())


def hide_parameters(address: str, names: frozenset[str]) -> str:
    """Put digests in place of the values of query parameters called by one of *names* (lower case, letters and digits)."""

    def hidden(found: re.Match[str]) -> str:
        name, value = found.groups()
        clear = not identity.is_digest(value) and fold_parameter(name) in names
        return f"{name}={identity.digest(unquote_plus(value))}" if clear else found[0]

    return _PARAMETER.sub(hidden, address)


def is_hidden(name: Any, names: frozenset[str]) -> bool:
    """Tell whether *name* is, in some spelling, one of *names* (lower case, letters and digits)."""
    return fold_parameter(str(name)) in names


def hide_names(raw: Any, names: frozenset[str]) -> Any:
    """Put digests in place of the scalars that stand under one of *names*, at any depth. Raises `RecursionError`."""
    if isinstance(raw, dict):
        return {key: _hidden(part) if is_hidden(key, names) else hide_names(part, names) for key, part in raw.items()}
    return [hide_names(part, names) for part in raw] if isinstance(raw, list) else raw


def _hidden(raw: Any) -> Any:
    """Digests of everything in *raw*; nothing of what is absent."""
    if isinstance(raw, dict):
        return {key: _hidden(part) for key, part in raw.items()}
    if isinstance(raw, list):
        return [_hidden(part) for part in raw]
    return raw if raw is None or isinstance(raw, bool) or (isinstance(raw, str) and identity.is_digest(raw)) else custom_digest(raw)


def ip(raw: Any) -> str | None:
    """An IPv4 or IPv6 address."""
    if not isinstance(raw, str) or len(raw) > 64:
        return None
    address = raw.strip()
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except (OSError, ValueError):
        return None
    return address


_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9@._-]{1,30})?", re.ASCII)


def language(raw: Any) -> str | None:
    """The two-letter language of a locale: "en-US" is "en"."""
    match = _LANGUAGE.fullmatch(raw.strip()) if isinstance(raw, str) and len(raw) <= 64 else None
    return match[1].lower() if match else None


def fold_name(name: str) -> str:
    """A name without case, spaces, underscores and hyphens: "order_completed" and "Order Completed" are one."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "").strip()


# -- custom properties


def plain(raw: Any) -> Any | None:
    """A boolean, a finite number or text, as it is; no object and no list."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, (int, float)):
        return raw if number_text(raw) is not None else None
    return text(raw) if isinstance(raw, str) else None


def salvage_plain(raw: Any) -> tuple[Any | None, Sequence[Complaint]]:
    if isinstance(raw, str):
        return salvage_text(raw)
    value = plain(raw)
    return value, () if value is not None else (("unusable_value", f"expected text, a number or a boolean, found {kind_of(raw)}; `as: json` sends objects and lists"),)


def plain_text(raw: Any) -> str | None:
    """A boolean, a number or text, as text."""
    return str(raw).lower() if isinstance(raw, bool) else text(raw)


def salvage_plain_text(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    value, complaints = salvage_plain(raw)
    return value if isinstance(value, str) else plain_text(value), complaints


def json_number(raw: Any) -> int | float | None:
    """A JSON number, from a number or its text."""
    digits = decimal(raw)
    return None if digits is None else number(digits)


def json_text(raw: Any) -> str | None:
    """Any JSON value as compact JSON text; nothing of a blank one."""
    if is_blank(raw):
        return None
    try:
        written = json.dumps(raw, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None
    return text(written)


def salvage_json(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    try:
        written = json.dumps(raw, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None, (("unusable_value", "expected a value that JSON can write"),)
    if len(written) > MAX_TEXT or not _encodes(written):
        return None, (("unusable_value", f"expected JSON text of at most {MAX_TEXT} characters"),)
    return salvage_text(written)


def custom_digest(raw: Any) -> str | None:
    """The SHA-256 digest of text that must not leave in clear."""
    value = raw if isinstance(raw, str) and len(raw) <= MAX_TEXT and not is_blank(raw) else number_text(raw)
    return None if value is None else identity.digest(value)


