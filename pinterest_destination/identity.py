"""Normalises and hashes personal data: the one place where it happens, so that tag and API hash a person alike.

What each match key must look like before it is hashed stands in `_normal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from math import isfinite
from types import MappingProxyType
from typing import Literal
from urllib.parse import unquote

from . import _normal
from ._normal import LIMIT, PLACEHOLDERS, PLACEHOLDERS_AND_NA, lower, says_something

Normaliser = Callable[[str], str | None]
"""Text to its normal form, None when it has none: it is blank, a placeholder, or unusable."""

Hasher = Callable[[object], list[str] | None]
"""A JSON value to its digests, None when any part of it is unusable or nothing is there."""

Fault = Literal["clear", "unusable"]
"""clear: not a digest, where only digests may pass. unusable: a placeholder, or not what the key takes."""

Salvager = Callable[[object], tuple[list[str] | None, list[Fault]]]
"""A JSON value to the digests of its usable parts, and what is wrong with each of the others."""

KEYS: Mapping[str, Normaliser] = MappingProxyType(
    {
        "em": _normal.email,
        "ph": _normal.phone,
        "fn": _normal.name,
        "ln": _normal.name,
        "ct": _normal.city,
        "st": _normal.region,
        "zp": _normal.postal_code,
        "country": _normal.country,
        "ge": _normal.gender,
        "db": _normal.birth_date,
        "external_id": _normal.external_id,
        "hashed_maids": _normal.advertising_id,
    }
)
"""The match keys that leave as SHA-256 digests, and how each is normalised before."""

EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "em": "an e-mail address",
        "ph": "a phone number with its country code, 5 to 15 digits",
        "fn": "a first name",
        "ln": "a last name",
        "ct": "the name of a city",
        "st": "the code or name of a state or region",
        "zp": "a postal code, with at least one digit",
        "country": "an ISO 3166-1 code or the English name of a country",
        "ge": "female, male or non-binary (f, m, n)",
        "db": "a date from 1900 to 2099 that can be read in one way only, such as 1990-01-15",
        "external_id": "the user's id, as text or a number",
        "hashed_maids": "a mobile advertising id that is not all zeros",
    }
)
"""What each key takes, in words for messages. A SHA-256 digest is always taken."""

_FEW = frozenset({"ge", "st", "country"})
"""Keys with so few values that it pays to remember their digests."""

_OF_NOTHING = frozenset(sha256(text.encode()).hexdigest() for text in ("", " ", "null", "none", "undefined", "n/a", "nan"))
"""Digests that a source made of a missing value: everybody's, and so nobody's."""

_NA_IS_REAL = frozenset({"fn", "ln", "st", "country"})

_WITHOUT_HEX = str.maketrans("", "", "0123456789abcdefABCDEF")


def digest(text: str) -> str:
    """The SHA-256 of *text* as UTF-8, in lower-case hex; text that is not valid Unicode has one too."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest(text: str) -> bool:
    """Whether *text* is a SHA-256 digest in hex, in any case."""
    return len(text) == 64 and not text.translate(_WITHOUT_HEX)


def hasher(key: str, *, hashed_only: bool = False) -> Hasher:
    """The strict and fast way: a JSON value of match key *key* to its distinct digests in order.

    None as soon as any part is unusable, and when there is none. With *hashed_only* nothing but a digest is usable.
    """
    hash_text = _text_hasher(key, hashed_only)
    if hashed_only:
        return _any_hasher(hash_text)
    return _remembering_hasher(hash_text) if key in _FEW else _short_hasher(KEYS[key], hash_text)


def _short_hasher(normalise: Normaliser, hash_text: Normaliser) -> Hasher:
    """The common case first, with no call too many: one short text, which is no digest yet."""
    hash_any = _any_hasher(hash_text)

    def hash_short(value: object) -> list[str] | None:
        if type(value) is str and len(value) < 64:
            normal = normalise(value)
            return None if normal is None else [sha256(normal.encode()).hexdigest()]
        return hash_any(value)

    return hash_short


def _remembering_hasher(hash_text: Normaliser) -> Hasher:
    hash_any = _any_hasher(hash_text)
    quick = lru_cache(maxsize=1024)(hash_text)

    def hash_known(value: object) -> list[str] | None:
        if type(value) is str and len(value) < 64:
            found = quick(value)
            return None if found is None else [found]
        return hash_any(value)

    return hash_known


def _any_hasher(hash_text: Normaliser) -> Hasher:
    """Scalars of all kinds, and lists of them."""

    def hash_all(value: object) -> list[str] | None:
        digests: dict[str, None] = {}
        for leaf in _leaves(value):
            text = _text(leaf)
            if text is None or (found := hash_text(text)) is None:
                return None
            digests[found] = None
        return list(digests) or None

    return hash_all


def salvager(key: str, *, hashed_only: bool = False) -> Salvager:
    """The tolerant way, for what `hasher` refuses: the digests of the usable parts (None: none), a fault for each other.

    Null and blank text are skipped in silence.
    """
    hash_text = _text_hasher(key, hashed_only)
    placeholders = PLACEHOLDERS if key in _NA_IS_REAL else PLACEHOLDERS_AND_NA

    def salvage(value: object) -> tuple[list[str] | None, list[Fault]]:
        digests: dict[str, None] = {}
        faults: list[Fault] = []
        for leaf in _leaves(value):
            text = _text(leaf)
            if text is not None and (found := hash_text(text)):
                digests[found] = None
            elif not _is_blank(leaf):
                clear = hashed_only and text is not None and says_something(lower(text, placeholders))
                faults.append("clear" if clear else "unusable")
        return list(digests) or None, faults

    return salvage


def _text_hasher(key: str, hashed_only: bool) -> Normaliser:
    """From text of a match key to its digest. What is a digest passes: hashed twice, it would match nobody."""
    normalise = KEYS[key]

    def hash_text(text: str) -> str | None:
        if len(text) >= 64 and is_digest(text.strip()):
            return _passed(text)
        normal = normalise(text)
        return None if normal is None else sha256(normal.encode()).hexdigest()

    return _passed if hashed_only else hash_text


def _passed(text: str) -> str | None:
    """The digest that *text* already is, lower-cased; None when it is not one."""
    if not 64 <= len(text) <= LIMIT:
        return None
    text = text.strip().lower()
    return text if is_digest(text) and text not in _OF_NOTHING else None


_DEEPEST = 100_000
"""Lists within lists that are looked into: more than JSON text can bring, and an end for a list that holds itself."""


def _leaves(value: object) -> Iterator[object]:
    """*value*, or what the lists in it hold, in order; without recursion, because lists may be nested at will."""
    stack: list[Iterator[object]] = [iter((value,))]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list | tuple) and len(stack) < _DEEPEST:
                stack.append(iter(item))
                break
            yield item
        else:
            stack.pop()


def _text(leaf: object) -> str | None:
    """A scalar as text, numbers without exponent (14155552671.0 is "14155552671"); None for what is no text."""
    if isinstance(leaf, str):
        return leaf
    if isinstance(leaf, float) and isfinite(leaf):
        return str(int(leaf)) if leaf.is_integer() else f"{Decimal(float.__repr__(leaf)):f}"
    if isinstance(leaf, int) and not isinstance(leaf, bool):
        # Python refuses to write out very long numbers (CVE-2020-10735), and no id is one.
        return int.__repr__(leaf) if leaf.bit_length() <= 2_000 else None
    return None


def _is_blank(leaf: object) -> bool:
    return leaf is None or (isinstance(leaf, str) and len(leaf) <= LIMIT and not leaf.strip())


_AT = re.compile(r"[@\uff20\ufe6b]|%(?:25){0,3}40")
# The part before "@", read from its end: letters, digits, marks and . + - ', and percent-encoded "+" or non-ASCII; any
# other percent-encoded character ends it, and an apostrophe at the start is a quote. Possessive (++): the pattern never goes back, so its time is linear.
_LOCAL_REVERSED = re.compile(
    r"(?:(?:[bB]2|[0-9A-Fa-f][89A-Fa-f])(?:52){0,3}%|(?![0-9A-Fa-f]{2}(?:52){0,3}%)[\w\u0300-\u036f.+-]|'(?=\w))++|\"[^\"@]{1,64}\""
)
# A domain name has at most 127 parts (RFC 1035), and the last one begins with a letter. Dots may be those of other scripts
# (IDNA, RFC 3490). IP addresses stand in brackets (RFC 5321).
_DOMAIN = re.compile(r"(?:[\w\u0300-\u036f-]++[.\u3002\uff0e\uff61]){1,126}[^\W\d_][\w\u0300-\u036f-]++|\[[0-9A-Fa-f.:IPv]{3,45}\]")
_NOT_WHOLE = frozenset('/?#&=,;<>%"')
"""What stands in no address on its own, but in a URL or other text with one in it."""


def scrub(text: str) -> str:
    """*text* with its `em` digest in place of each e-mail address, for values not meant to hold personal data.

    Also of an address in a URL, where "@" is "%40". Without an address, the very same object.
    """
    if text.isascii() and "@" not in text and "%" not in text:
        return text
    if _NOT_WHOLE.isdisjoint(text) and _normal.email(text):  # what would be hashed as an address is one everywhere
        return _address_digest(text)
    pieces: list[str] = []
    end = 0
    for start, stop in _addresses(text):
        pieces += text[end:start], _address_digest(text[start:stop])
        end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def _addresses(text: str) -> list[tuple[int, int]]:
    """Where e-mail addresses start and stop in *text*; "a@b.example@c.example" is one of them, to leave nothing over."""
    found: list[tuple[int, int]] = []
    left = 0
    for at in _AT.finditer(text):
        # Each side is read up to the next "@" at most, so that all of them together stay linear.
        local = _LOCAL_REVERSED.match(text[left : at.start()][::-1])
        left = at.end()
        if local and (domain := _DOMAIN.match(text, left)):
            start = at.start() - local.end()
            if found and start < found[-1][1]:
                start = found.pop()[0]
            found.append((start, domain.end()))
    return found


def _address_digest(found: str) -> str:
    for _ in range(4):  # a URL inside a URL is encoded again
        found = unquote(found)
    return digest(_normal.email(found) or found.lower())
