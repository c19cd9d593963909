"""Transforms: what `as` in a mapping document does with a raw JSON value. ADD A TRANSFORM HERE.

A transform is one small function from a raw value to the value that is sent, or None when it cannot be used as it
stands. Most values can, and take this fast way. Whatever cannot goes through `Transform.salvage`, which tells what is
wrong and gives what is left to use. Nothing here raises for any JSON value.
"""

from __future__ import annotations

import functools
import json
import math
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from attrs import frozen

from .. import identity
from .._resources import mappings, read_json

Value = Any
Complaint = tuple[str, str]
"""A problem code, and what it has to say."""

Words = tuple[tuple[str, tuple[str, ...]], ...]
"""Words, each with its other spellings."""

MAX_TEXT = 10_000
"""Longer text is no name, id or URL; it would only make Pinterest refuse the batch."""


@frozen
class Transform:
    """One transform as the plan uses it."""

    name: str
    apply: Callable[[Any], Value | None]
    """The fast way: the value as it is sent, or None when it is not usable just as it stands."""
    expects: str
    """What it accepts, in words, for messages."""
    code: str = "unusable_value"
    rescue: Callable[[Any], tuple[Value | None, Sequence[Complaint]]] | None = None
    """The slow way for transforms that can use a part of a value."""
    quiet: bool = False
    """An unusable value is simply not there: no problem."""

    def salvage(self, raw: Any) -> tuple[Value | None, Sequence[Complaint]]:
        """Give what can be used of *raw*, and what there is to complain of. Blank values are absent, not wrong."""
        if is_blank(raw):
            return None, ()
        if self.rescue:
            return self.rescue(raw)
        value = self.apply(raw)
        if value is None and not self.quiet:
            return None, ((self.code, f"expected {self.expects}, found {kind_of(raw)}"),)
        return value, ()


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
        if "@" in raw or "%" in raw or not raw or raw.isspace() or len(raw) > MAX_TEXT or not (raw.isascii() or _encodes(raw)):
            return None
        return raw
    return number_text(raw)


def _scrubbed(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
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


def text_up_to(limit: int) -> Transform:
    """Text of at most *limit* characters."""

    def short(raw: Any) -> str | None:
        value = text(raw)
        return value if value is not None and len(value) <= limit else None

    def rescue(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
        value, complaints = _scrubbed(raw)
        if value is not None and len(value) > limit:
            return None, (("unusable_value", f"expected text of at most {limit} characters"),)
        return value, complaints

    return Transform("text", short, f"text of at most {limit} characters", rescue=rescue)


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
_MAX_DIGITS = 40
_BOUND = 10**_MAX_DIGITS
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def number_text(raw: Any) -> str | None:
    """A number in its shortest round-trip form, without exponent: 10.0 is "10", 0.1 is "0.1", 1e21 is "1000000000000000000000"."""
    if type(raw) is int:
        return str(raw) if -_BOUND < raw < _BOUND else None
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
    from decimal import Decimal

    return format(Decimal(number), "f")


def decimal(raw: Any) -> str | None:
    """A decimal number as text: numbers in their shortest form; a plain decimal string keeps its digits ("35.00")."""
    if type(raw) is float and 0.001 < raw < 1_000_000:  # prices: Python writes these without an exponent
        return repr(raw).removesuffix(".0")
    if not isinstance(raw, str):
        return number_text(raw)
    number = raw.strip()
    if len(number) > _MAX_DIGITS:
        return None
    if _PLAIN.fullmatch(number):
        return number
    return _odd_decimal(number)


def _odd_decimal(number: str) -> str | None:
    """Unusual spellings of a number: +5, .5, 5., 1e3."""
    from decimal import Decimal

    if not (_DECIMAL.fullmatch(number) or _EXPONENT.fullmatch(number)):
        return None
    plain = format(Decimal(number), "f")
    return plain if len(plain) <= 2 * _MAX_DIGITS else None


def number(value: str) -> int | float:
    """A decimal text as a JSON number: "35.00" is 35, "0.10" is 0.1."""
    if "." not in value:
        return int(value)
    as_float = float(value)
    return int(as_float) if as_float.is_integer() else as_float


_INT64 = 2**63 - 1


def integer_between(low: int, high: int) -> Transform:
    """A whole number from *low* to *high*; "2.00" is 2, 2.5 is none."""

    def integer(raw: Any) -> int | None:
        """A whole number; "2.00" is 2, 2.5 is none."""
        if type(raw) is int:
            return raw if low <= raw <= high else None
        digits = decimal(raw)
        if digits is None or len(digits) > _MAX_DIGITS:
            return None
        whole, _, fraction = digits.partition(".")
        if fraction.strip("0"):
            return None
        return int(whole) if low <= int(whole) <= high else None

    return Transform("integer", integer, f"a whole number, {low} or more" if high == _INT64 else f"a whole number from {low} to {high}")


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
    if len(written) > 64:
        return None
    try:
        return _seconds(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return _time_of_number(float(written)) if _PLAIN.fullmatch(written) else None


def _seconds(moment: datetime) -> int | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = math.floor(moment.timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


# -- places on the web and in the world

_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?][!$&-;=?A-Z_a-z~]*)?", re.ASCII)
"""A URL with nothing in it to take away or to look into: no user, no fragment, no percent sign, no @."""


def url(raw: Any) -> str | None:
    """An http(s) URL without credentials and fragment."""
    return raw if isinstance(raw, str) and len(raw) <= MAX_TEXT and _PLAIN_URL.fullmatch(raw) else None


def _clean_url(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
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


def url_parameter(names: Sequence[str]) -> Transform:
    """The first of the query parameters *names* of a URL, if it has one."""

    marks = tuple(f"{name}=" for name in names)

    def parameter(raw: Any) -> str | None:
        if not isinstance(raw, str) or len(raw) > MAX_TEXT:
            return None
        for mark in marks:
            if mark in raw:
                return value_in(raw)
        return None

    def value_in(raw: str) -> str | None:
        try:
            query = dict(parse_qsl(urlsplit(raw).query, max_num_fields=1000))
        except ValueError:
            return None
        return next((value for name in names if (value := _scrubbed(query.get(name))[0])), None)

    return Transform("url_parameter", parameter, "a URL", quiet=True)


def cookie(names: Sequence[str]) -> Transform:
    """The first of the cookies *names* in the text of a Cookie header, if it has one."""

    def value_of(raw: Any) -> str | None:
        if not isinstance(raw, str) or len(raw) > MAX_TEXT:
            return None
        pairs = (part.strip().partition("=") for part in raw.split(";"))
        jar = {name: value.strip('"') for name, _, value in pairs}
        return next((value for name in names if (value := _scrubbed(jar.get(name))[0])), None)

    return Transform("cookie", value_of, "a Cookie header", quiet=True)


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


def currency() -> Transform:
    """An ISO 4217 code in capitals."""
    codes = {code: code for code in read_json(mappings() / "tables" / "currencies.json")}

    def code(raw: Any) -> str | None:
        """An ISO 4217 code in capitals."""
        if not isinstance(raw, str) or len(raw) > 16:
            return None
        return codes.get(raw) or codes.get(raw.strip().upper())

    return Transform("currency", code, "an ISO 4217 code such as USD", "invalid_currency")


def choice(of: Words, *, quiet: bool = False) -> Transform:
    """One of a few words or its other spellings, compared without case, spaces, underscores and hyphens."""
    known = {fold_name(spelling): word for word, others in of for spelling in (word, *others)}

    def pick(raw: Any) -> str | None:
        return known.get(fold_name(raw)) if isinstance(raw, str) and len(raw) <= 100 else None

    return Transform("choice", pick, "one of " + ", ".join(word for word, _ in of), quiet=quiet)


def fold_name(name: str) -> str:
    """A name without case, spaces, underscores and hyphens: "order_completed" and "Order Completed" are one."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "").strip()


# -- custom properties


def plain(raw: Any) -> Value | None:
    """A boolean, a finite number or text, as it is; no object and no list."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, (int, float)):
        return raw if number_text(raw) is not None else None
    return text(raw) if isinstance(raw, str) else None


def _scrubbed_plain(raw: Any) -> tuple[Value | None, Sequence[Complaint]]:
    if isinstance(raw, str):
        return _scrubbed(raw)
    value = plain(raw)
    return value, () if value is not None else (("unusable_value", f"expected text, a number or a boolean, found {kind_of(raw)}; `as: json` sends objects and lists"),)


def plain_text(raw: Any) -> str | None:
    """A boolean, a number or text, as text."""
    return str(raw).lower() if isinstance(raw, bool) else text(raw)


def _scrubbed_plain_text(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    value, complaints = _scrubbed_plain(raw)
    return value if isinstance(value, str) else plain_text(value), complaints


def json_number(raw: Any) -> int | float | None:
    """A JSON number, from a number or its text."""
    digits = decimal(raw)
    return None if digits is None else number(digits)


def json_text(raw: Any) -> str | None:
    """Any JSON value as compact JSON text."""
    try:
        written = json.dumps(raw, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None
    return text(written)


def _scrubbed_json(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
    try:
        written = json.dumps(raw, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None, (("unusable_value", "expected a value that JSON can write"),)
    if len(written) > MAX_TEXT or not _encodes(written):
        return None, (("unusable_value", f"expected JSON text of at most {MAX_TEXT} characters"),)
    return _scrubbed(written)


# -- personal data


def custom_digest(raw: Any) -> str | None:
    """The SHA-256 digest of text that must not leave in clear."""
    value = text(raw)
    return None if value is None else identity.digest(value)


def match_key(key: str, *, hashed_only: bool) -> Transform:
    """The digests of a match key's values, by `identity`."""
    expects = identity.EXPECTED[key]
    words: dict[str, Complaint] = {
        "unusable": ("unusable_match_key", f"expected {expects}"),
        "clear": ("clear_match_key", "expected a SHA-256 digest, found a value in clear"),
    }
    salvaged = identity.salvager(key, hashed_only=hashed_only)

    def rescue(raw: Any) -> tuple[Value | None, Sequence[Complaint]]:
        digests, faults = salvaged(raw)
        return digests, tuple(words[fault] for fault in dict.fromkeys(faults))

    return Transform(key, identity.hasher(key, hashed_only=hashed_only), expects, "unusable_match_key", rescue)


def _keep(raw: Any) -> Any:
    """The value as it is."""
    return raw


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        t.name: t
        for t in (
            Transform("any", _keep, "any value"),
            Transform("text", text, "text", rescue=_scrubbed),
            Transform("decimal", decimal, "a decimal number"),
            integer_between(0, _INT64),
            Transform("boolean", boolean, "true or false"),
            Transform("negation", negation, "true or false"),
            Transform("timestamp", timestamp, "a time in ISO 8601, epoch seconds or milliseconds"),
            Transform("url", url, "an http or https URL", rescue=_clean_url),
            Transform("ip", ip, "an IPv4 or IPv6 address"),
            Transform("language", language, "a two-letter language or a locale"),
            currency(),
            Transform("custom", plain, "text, a number or a boolean", rescue=_scrubbed_plain),
            Transform("custom_text", plain_text, "text, a number or a boolean", rescue=_scrubbed_plain_text),
            Transform("custom_number", json_number, "a number"),
            Transform("custom_digest", custom_digest, "text"),
            Transform("custom_json", json_text, "a JSON value", rescue=_scrubbed_json),
        )
    }
)
"""Transforms without arguments, by the name that documents use."""

FACTORIES = frozenset({"choice", "url_parameter", "cookie"})
"""Transforms that need `of`."""

OUTPUTS: Mapping[str, Callable[[Any], Any]] = MappingProxyType({"number": number, "first": lambda values: values[0]})
"""What `as` in a channel document does with a value that a spec's transform made; it cannot fail."""


def names() -> list[str]:
    """Every name that `as` of a spec document may use."""
    return sorted({*TRANSFORMS, *FACTORIES, *identity.KEYS})


@functools.lru_cache(maxsize=512)
def transform(name: str, *, of: Words = (), limit: int | None = None, quiet: bool = False, hashed_only: bool = False) -> Transform:
    """Give the transform *name* with its arguments; the same arguments give the same one. Raises `KeyError` for an unknown name."""
    if name == "choice":
        return choice(of, quiet=quiet)
    if name in FACTORIES:
        return {"url_parameter": url_parameter, "cookie": cookie}[name](tuple(word for word, _ in of))
    if name in identity.KEYS:
        return match_key(name, hashed_only=hashed_only)
    if limit is not None and name in ("text", "integer"):
        return text_up_to(limit) if name == "text" else integer_between(0, limit)
    return TRANSFORMS[name]
