"""Where requests go and what is in them: the target that settings name, and events packed into bodies of limited size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from attrs import evolve, frozen

from ..errors import Fault, SettingsError
from ..settings.model import Settings

MAX_EVENTS = 1000
"""The most events that one request may hold (Pinterest OpenAPI 5.23, `data`)."""
MAX_TEST_EVENTS = 20
"""Of a test request Pinterest processes only the first 20 events."""

BASES: Mapping[str, str] = MappingProxyType({"v5": "https://api.pinterest.com", "v3": "https://ct.pinterest.com"})
"""Pinterest's own servers, by version of the API."""

Item = TypeVar("Item")


@frozen
class Target:
    """What all events of one request share. Make it with `target`."""

    api_version: Literal["v5", "v3"]
    account: str
    """The ad account's id; for v3 the advertiser's."""
    test: bool
    """Whether Pinterest shall check the events and count none."""
    base_url: str
    """Without a slash at the end."""

    @property
    def key(self) -> str:
        """Name the destination in an outbox: "v5/549755885175", "v5/549755885175/test".

        Another server than Pinterest's own is part of the name: what a sandbox has accepted is not delivered, and what
        waits for a sandbox must never go to Pinterest.
        """
        parts = [self.api_version, self.account, *(["test"] if self.test else [])]
        return "/".join(parts) + ("" if self.base_url == BASES[self.api_version] else f"@{self.base_url}")

    @property
    def url(self) -> str:
        """Give the address that events are posted to (Pinterest OpenAPI 5.23, `events/create`; v3: the older documents)."""
        path = f"v5/ad_accounts/{self.account}/events" if self.api_version == "v5" else "events/v3"
        return f"{self.base_url}/{path}{'?test=true' if self.test else ''}"

    @property
    def limit(self) -> int:
        """Give the most events that one request may hold."""
        return MAX_TEST_EVENTS if self.test else MAX_EVENTS


def target(settings: Settings) -> Target:
    """Give the target that *settings* name.

    Raises `SettingsError` with a fault for each setting that delivery needs and does not find: for v5 the ad account
    and a token that can be revealed, for v3 the advertiser, who stands in each event instead of any token.
    """
    v5 = settings.api_version == "v5"
    account = settings.ad_account_id if v5 else settings.advertiser_id
    faults = [*_missing_account(account, v5), *(_missing_token(settings) if v5 else ())]
    if faults or account is None:
        raise SettingsError([evolve(fault, file=settings.file) for fault in faults])
    base = settings.delivery.base_url or BASES[settings.api_version]
    return Target(settings.api_version, account, settings.test_mode, base)


def _missing_account(account: str | None, v5: bool) -> Iterator[Fault]:
    if account is None and v5:
        yield Fault("/ad_account_id", "nothing", 'the ad account\'s id, which delivery with api_version "v5" needs')
    elif account is None:
        yield Fault("/advertiser_id", "nothing", 'the advertiser\'s id, which delivery with api_version "v3" needs')


def _missing_token(settings: Settings) -> Iterator[Fault]:
    token = settings.conversion_token
    if token is None:
        yield Fault("/conversion_token", "nothing", 'the token, which delivery with api_version "v5" needs')
    elif token.fault:
        yield token.fault


@frozen
class Packed:
    """One event, ready to be kept and sent."""

    event_id: str
    event_name: str
    offline: bool
    """Whether it happened offline: Pinterest then removes no duplicates of it."""
    text: str
    """The event as compact JSON in ASCII."""


def pack(event: Mapping[str, Any]) -> Packed:
    """Pack one Conversions API event.

    Raises `ValueError`, in words that hold nothing of the event, for what JSON has not, and for an event without the
    id and name by which Pinterest removes duplicates.
    """
    event_id, event_name = (_identifier(event, key) for key in ("event_id", "event_name"))
    try:
        text = json.dumps(dict(event), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("an event holds something that JSON has not, or that is nested too deep") from None
    return Packed(event_id, event_name, event.get("action_source") == "offline", text)


def _identifier(event: Mapping[str, Any], key: str) -> str:
    value = event.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"an event has no {key}, or one that is no text")
    if not _is_unicode(value):
        raise ValueError(f"an event has a {key} that is no valid Unicode text")
    return value


def _is_unicode(text: str) -> bool:
    """Tell whether *text* can be stored and sent: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_START, _END = b'{"data":[', b"]}"


def body(texts: Iterable[str]) -> bytes:
    """Join events, each as compact JSON in ASCII, into the body of a request: `{"data": [...]}`."""
    return _START + ",".join(texts).encode("ascii") + _END


def _length(item: Any) -> int:
    return len(item.text)


def batches(
    items: Iterable[Item], limit: int, max_bytes: int, size: Callable[[Item], int] = _length
) -> Iterator[tuple[Item, ...]]:
    """Put *items* together, in order: at most *limit* in a batch, and at most *max_bytes* in the `body` made of it.

    *size* gives the bytes of one item, by default the length of its `text`. An item that is too long stands alone:
    whether Pinterest takes it is for Pinterest to say.
    """
    batch: list[Item] = []
    used = frame = len(_START) + len(_END)
    for item in items:
        needed = size(item) + bool(batch)
        if batch and (len(batch) >= limit or used + needed > max_bytes):
            yield tuple(batch)
            batch, used, needed = [], frame, needed - 1
        batch.append(item)
        used += needed
    if batch:
        yield tuple(batch)
