"""Transforms: what `as` in a mapping document does with a raw JSON value. ADD A TRANSFORM HERE.

A transform is one small function from a raw value to the value that is sent, or None when it cannot be used as it
stands. Most values can, and take this fast way. Whatever cannot goes through `Transform.salvage`, which tells what is
wrong and gives what is left to use. Nothing here raises for any JSON value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import evolve, frozen

from .. import identity
from .._resources import mappings, read_json
from . import lists, values
from .values import MAX_TEXT, Complaint, fold_name

Value = Any

Words = tuple[tuple[str, tuple[str, ...]], ...]
"""Words, each with its other spellings."""


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
        if values.is_blank(raw):
            return None, ()
        value = self.apply(raw)
        if value is not None or self.quiet:
            return value, ()
        if self.rescue:
            return self.rescue(raw)
        return None, ((self.code, f"expected {self.expects}, found {values.kind_of(raw)}"),)


# -- transforms with arguments


def text_up_to(limit: int) -> Transform:
    """Text of at most *limit* characters."""

    def short(raw: Any) -> str | None:
        value = values.text(raw)
        return value if value is not None and len(value) <= limit else None

    def rescue(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
        value, complaints = values.salvage_text(raw)
        if value is not None and len(value) > limit:
            return None, (("unusable_value", f"expected text of at most {limit} characters"),)
        return value, complaints

    return Transform("text", short, f"text of at most {limit} characters", rescue=rescue)


MAX_INTEGER = 2**63 - 1
"""The greatest int64."""


def integer_between(low: int, high: int) -> Transform:
    """A whole number from *low* to *high*; "2.00" is 2, 2.5 is none."""

    def integer(raw: Any) -> int | None:
        """A whole number; "2.00" is 2, 2.5 is none."""
        if type(raw) is int:
            return raw if low <= raw <= high else None
        digits = values.decimal(raw)
        if digits is None or len(digits) > values.MAX_DIGITS:
            return None
        whole, _, fraction = digits.partition(".")
        if fraction.strip("0"):
            return None
        return int(whole) if low <= int(whole) <= high else None

    return Transform("integer", integer, f"a whole number, {low} or more" if high == MAX_INTEGER else f"a whole number from {low} to {high}")


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
        return next((value for name in names if (value := values.salvage_text(query.get(name))[0])), None)

    return Transform("url_parameter", parameter, "a URL", quiet=True)


def cookie(names: Sequence[str]) -> Transform:
    """The first of the cookies *names* in the text of a Cookie header, if it has one."""

    def value_of(raw: Any) -> str | None:
        if not isinstance(raw, str) or len(raw) > MAX_TEXT:
            return None
        pairs = (part.strip().partition("=") for part in raw.split(";"))
        jar = {name: value.strip('"') for name, _, value in pairs}
        return next((value for name in names if (value := values.salvage_text(jar.get(name))[0])), None)

    return Transform("cookie", value_of, "a Cookie header", quiet=True)


def url_without(words: Sequence[str]) -> Transform:
    """An http(s) URL without credentials and fragment; query parameters named by one of *words* have digests as their values."""
    names = frozenset(words)
    is_personal = functools.lru_cache(maxsize=1024)(lambda name: values.fold_parameter(name) in names)

    def url(raw: Any) -> str | None:
        found = values.url(raw)
        if found is None or "?" not in found:
            return found
        for part in found.partition("?")[2].replace(";", "&").split("&"):
            if is_personal(part.partition("=")[0]):
                return None
        return found

    def rescue(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
        found, complaints = values.salvage_url(raw)
        hidden = found and values.hide_parameters(found, names)
        return hidden, complaints if hidden == found else (*complaints, ("hashed_personal_data", "a value in its query was replaced by its digest"))

    return Transform("url", url, "an http or https URL", rescue=rescue)


def json_without(words: Sequence[str]) -> Transform:
    """Any JSON value as compact JSON text, with digests in place of what stands under one of the names *words*."""
    names = frozenset(words)

    def plain(raw: Any) -> str | None:
        try:
            return values.json_text(raw) if values.hide_names(raw, names) == raw else None
        except RecursionError:
            return None

    def rescue(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
        try:
            hidden = values.hide_names(raw, names)
            clean = hidden == raw
        except RecursionError:
            return None, (("unusable_value", "expected a value of fewer levels"),)
        found, complaints = values.salvage_json(hidden)
        return found, complaints if clean else (*complaints, ("hashed_personal_data", "values in it were replaced by their digests"))

    return Transform("custom_json", plain, "a JSON value", rescue=rescue)


def object_without(words: Sequence[str]) -> Transform:
    """The scalars of an object by their names, with digests in place of what stands under one of *words*."""
    names = frozenset(words)

    def plain(raw: Any) -> dict[str, Any] | None:
        """The text, numbers and booleans of an object, each under its own name; personal ones as digests."""
        return lists.scalars(raw, names)

    def rescue(raw: Any) -> tuple[dict[str, Any] | None, Sequence[Complaint]]:
        return lists.salvage_scalars(raw, names)

    return Transform("object", plain, "an object of text, numbers and booleans", rescue=rescue)


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
    """One of a few words or its other spellings, compared without case, spaces, underscores and hyphens; of several with commas, the first known."""
    known = {fold_name(spelling): word for word, others in of for spelling in (word, *others)}

    def pick(raw: Any) -> str | None:
        if not isinstance(raw, str) or len(raw) > 100:
            return None
        return known.get(fold_name(raw)) or next((known[part] for part in map(fold_name, raw.split(",")) if part in known), None)

    return Transform("choice", pick, "one of " + ", ".join(word for word, _ in of), quiet=quiet)


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


def prefixed(prefix: str, made: Transform) -> Transform:
    """Put *prefix* before the text that another transform gives."""

    def apply(raw: Any) -> str | None:
        value = made.apply(raw)
        return None if value is None else prefix + value

    def rescue(raw: Any) -> tuple[str | None, Sequence[Complaint]]:
        value, complaints = made.salvage(raw)
        return None if value is None else prefix + value, complaints

    return evolve(made, apply=apply, rescue=rescue)


def _keep(raw: Any) -> Any:
    """The value as it is."""
    return raw


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        t.name: t
        for t in (
            Transform("any", _keep, "any value"),
            Transform("text", values.text, "text", rescue=values.salvage_text),
            Transform("decimal", values.decimal, "a decimal number", rescue=values.salvage_decimal),
            integer_between(0, MAX_INTEGER),
            Transform("boolean", values.boolean, "true or false"),
            Transform("negation", values.negation, "true or false"),
            object_without(()),
            Transform("microseconds", values.microseconds, "epoch microseconds"),
            Transform("timestamp", values.timestamp, "a time in ISO 8601, epoch seconds or milliseconds"),
            Transform("url", values.url, "an http or https URL", rescue=values.salvage_url),
            Transform("ip", values.ip, "an IPv4 or IPv6 address"),
            Transform("language", values.language, "a two-letter language or a locale"),
            Transform("texts", lists.texts, "text, or a list of text", rescue=lists.salvage_texts),
            Transform("languages", lists.languages, "two-letter languages or locales", rescue=lists.salvage_languages),
            currency(),
            Transform("custom", values.plain, "text, a number or a boolean", rescue=values.salvage_plain),
            Transform("custom_text", values.plain_text, "text, a number or a boolean", rescue=values.salvage_plain_text),
            Transform("custom_number", values.json_number, "a number"),
            Transform("custom_digest", values.custom_digest, "text"),
            Transform("custom_json", values.json_text, "a JSON value", rescue=values.salvage_json),
        )
    }
)
"""Transforms without arguments, by the name that documents use."""

FACTORIES = frozenset({"choice", "url_parameter", "cookie"})
"""Transforms that need `of`."""

HIDING = frozenset({"url", "custom_json", "object"})
"""Transforms whose `of` are the names of personal data; the plan gives them."""

OUTPUTS: Mapping[str, Callable[[Any], Any]] = MappingProxyType({"number": values.number, "first": lambda values: values[0]})
"""What `as` in a channel document does with a value that a spec's transform made; it cannot fail."""


_KINDS: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("any", "decimal", "integer", "boolean", "url", "ip", "language", "languages", "currency", "custom", "texts", "object")}
    | {"negation": "boolean", "timestamp": "time", "microseconds": "time", "custom_number": "number"}
    | dict.fromkeys(identity.KEYS, "digests")
)


def kind(name: str) -> str:
    """Say what kind of value the transform *name* gives: `text`, unless it is one of those with a form of their own."""
    return _KINDS.get(name, "text")


def names() -> list[str]:
    """Every name that `as` of a spec document may use."""
    return sorted({*TRANSFORMS, *FACTORIES, *identity.KEYS})


@functools.lru_cache(maxsize=512)
def transform(name: str, *, of: Words = (), limit: int | None = None, quiet: bool = False, hashed_only: bool = False, prefix: str = "") -> Transform:
    """Give the transform *name* with its arguments; the same arguments give the same one. Raises `KeyError` for an unknown name."""
    if prefix:
        return prefixed(prefix, transform(name, of=of, limit=limit, quiet=quiet, hashed_only=hashed_only))
    if name == "choice":
        return choice(of, quiet=quiet)
    if name in FACTORIES:
        return {"url_parameter": url_parameter, "cookie": cookie}[name](tuple(word for word, _ in of))
    if name in HIDING and of:
        return {"url": url_without, "custom_json": json_without, "object": object_without}[name](tuple(word for word, _ in of))
    if name in identity.KEYS:
        return match_key(name, hashed_only=hashed_only)
    if limit is not None and name in ("text", "integer"):
        return text_up_to(limit) if name == "text" else integer_between(0, limit)
    return TRANSFORMS[name]
