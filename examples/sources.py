"""How the same event looks from different sources: a browser, a server, phones, a till."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from .shop import SITE, Customer

Source = Literal["web", "server", "ios", "android", "offline"]
Event = dict[str, Any]

_APP = {"name": "Example Shop", "namespace": "com.example.shop"}
_BROWSERS = ("ExampleBrowser/118.0 (Desktop)", "ExampleBrowser/12.4 (Phone)")
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
"""Where events keep their time."""


def written(moment: datetime) -> str:
    """A moment as the libraries write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def money(amount: Decimal, source: Source) -> float | int | str:
    """An amount as *source* writes it: servers and tills write text, so as not to lose digits."""
    if source in ("server", "offline"):
        return str(amount)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def traits(customer: Customer, source: Source) -> Event:
    """What a source knows of a customer who is logged in; a till only asks for what a receipt needs."""
    if source == "offline":
        return {"email": customer.email, **({"phone": customer.phone} if customer.phone else {})}
    if source == "web":
        return {"email": customer.email, "firstName": customer.first, "lastName": customer.last}
    known = {
        "email": customer.email.upper() if source == "server" else customer.email,
        "phone": customer.phone,
        "first_name": customer.first,
        "last_name": customer.last,
        "gender": customer.gender,
        "birthday": customer.birthday,
        "address": {"city": customer.city, "state": customer.state, "postalCode": customer.zip, "country": customer.country},
    }
    return {key: value for key, value in known.items() if value}


def _web(customer: Customer, path: str) -> Event:
    return {
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "page": {"path": path.partition("?")[0], "url": SITE + path, "title": "Example Shop"},
        "userAgent": _BROWSERS[customer.number % 2],
        "ip": customer.ip,
        "locale": customer.market.locale,
        "timezone": customer.market.timezone,
    }


def _server(customer: Customer, path: str) -> Event:
    return {"library": {"name": "shop-backend", "version": "5.2.0"}, "ip": customer.ip, "page": {"url": SITE + path}}


def _ios(customer: Customer, path: str) -> Event:
    return _phone(customer) | {
        "userAgent": "ExampleShop/3.14.0 (iOS)",
        "library": {"name": "analytics-ios", "version": "4.1.8"},
        "app": {**_APP, "version": "3.14.0", "build": "3140"},
        "device": {
            "type": "ios",
            "manufacturer": "Example Devices",
            "model": "Slate 11",
            "adTrackingEnabled": customer.number % 2 == 0,
            **({"advertisingId": _maid(customer).upper()} if customer.number % 2 == 0 else {}),
        },
        "os": {"name": "iOS", "version": "19.2"},
    }


def _android(customer: Customer, path: str) -> Event:
    return _phone(customer) | {
        "library": {"name": "analytics-android", "version": "4.11.3"},
        "app": {**_APP, "version": "3.13.2", "build": "31302"},
        "userAgent": "ExampleShop/3.13.2 (Android)",
        "device": {"type": "Android", "manufacturer": "Sample Phones", "model": "S-7", "advertisingId": _maid(customer), "adTrackingEnabled": True},
        "os": {"name": "Android", "version": "16"},
    }


def _offline(customer: Customer, path: str) -> Event:
    return {"library": {"name": "till-export", "version": "1.0"}, "store": {"id": f"store-{customer.country.lower()}-1"}}


def _phone(customer: Customer) -> Event:
    return {
        "ip": customer.ip,
        "locale": customer.market.locale.replace("-", "_"),
        "timezone": customer.market.timezone,
        "network": {"carrier": "Example Mobile", "wifi": customer.number % 3 == 0, "cellular": customer.number % 3 != 0},
        "screen": {"width": 1170, "height": 2532, "density": 3},
    }


def _maid(customer: Customer) -> str:
    return f"{0x8F3A0000 + customer.number:08x}-4c1d-4e2b-9a77-{0x5B0000000000 + customer.number:012x}"


_CONTEXTS: Mapping[Source, Callable[[Customer, str], Event]] = MappingProxyType(
    {"web": _web, "server": _server, "ios": _ios, "android": _android, "offline": _offline}
)
_CHANNELS: Mapping[Source, str] = MappingProxyType({"web": "web", "server": "server", "ios": "mobile", "android": "mobile", "offline": "offline"})


def envelope(source: Source, customer: Customer, path: str, moment: datetime, *, known: bool) -> Event:
    """All of an event but what happened. *known* says that the customer is logged in."""
    context = _CONTEXTS[source](customer, path)
    if known:
        context["traits"] = traits(customer, source)
    ids = {"anonymousId": customer.anonymous_id} | ({"userId": customer.user_id} if known else {})
    return {
        "channel": _CHANNELS[source],
        **ids,
        "context": context,
        **_times(source, moment),
    }


def _times(source: Source, moment: datetime) -> Event:
    """When it happened: phones leave it to the platform to correct their clocks, tills write their own time zone."""
    sent, received = (written(moment + timedelta(milliseconds=late)) for late in (180, 320))
    if source in ("ios", "android"):
        return {"originalTimestamp": written(moment), "sentAt": sent}
    if source == "web":
        return {"timestamp": written(moment), "originalTimestamp": written(moment), "sentAt": sent, "receivedAt": received}
    if source == "offline":
        return {"timestamp": moment.astimezone(timezone(timedelta(hours=-6))).isoformat(timespec="seconds")}
    return {"timestamp": written(moment)}
