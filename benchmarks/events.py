"""Orders to measure with: of about 2.5 KB, three products and twelve identifiers each, all different, always the same."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

Event = dict[str, Any]

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""The clock's time: all orders lie in the day before it."""

IDENTIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "em": "context.traits.email",
        "ph": "context.traits.phone",
        "fn": "context.traits.firstName",
        "ln": "context.traits.lastName",
        "ge": "context.traits.gender",
        "db": "context.traits.birthday",
        "ct": "context.traits.address.city",
        "st": "context.traits.address.state",
        "zp": "context.traits.address.postalCode",
        "country": "context.traits.address.country",
        "external_id": "userId",
        "hashed_maids": "context.device.advertisingId",
    }
)
"""The twelve match keys, and where the orders have them."""

_SYLLABLES = ("an", "bel", "cor", "dun", "el", "fir", "gor", "hul", "im", "jos", "kel", "lor", "mun", "ost", "pel", "qui", "ros", "und", "wex", "zim")
_STATES = ("California", "Texas", "New York", "Ohio", "Oregon", "Vermont", "Illinois", "Georgia", "Maine", "Utah")
_THINGS = ("Mug", "Board", "Kettle", "Bowl", "Towel", "Lamp", "Throw", "Cushion", "Table", "Planter")


def orders(count: int, seed: int) -> list[Event]:
    """Give *count* different orders; the same ones for the same *seed*."""
    rng = Random(seed)  # noqa: S311  # for invented customers, not for secrets
    return [_order(rng, number) for number in range(count)]


def fresh(events: Sequence[Event]) -> list[Event]:
    """The same as events of just now, for programs whose clock cannot be set back."""
    now = time.time()
    return [{**event, **dict.fromkeys(("timestamp", "originalTimestamp"), now - number % 1000)} for number, event in enumerate(events)]


def find(event: Event, path: str) -> Any:
    """The value at a dot-path."""
    node: Any = event
    for name in path.split("."):
        node = node[name]
    return node


def _order(rng: Random, number: int) -> Event:
    moment = NOW - timedelta(seconds=rng.randrange(60, 86_400))
    written = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": str(_uuid(rng)),
        "anonymousId": str(_uuid(rng)),
        "userId": f"User-{number:07d}",
        "channel": "web",
        "timestamp": written,
        "originalTimestamp": written,
        "sentAt": written,
        "receivedAt": written,
        "context": _context(rng, number),
        "properties": _properties(rng, number),
        "integrations": {"All": True},
    }


def _uuid(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _word(rng: Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3)).capitalize()


def _context(rng: Random, number: int) -> Event:
    url = f"https://shop.example.com/checkout/thanks?order=o-{number}"
    return {
        "traits": _traits(rng, number),
        "ip": f"203.0.113.{rng.randrange(1, 255)}",
        "userAgent": f"ExampleBrowser/{rng.randrange(90, 130)}.0 (Desktop; 64 bit) ExampleEngine/605.1.15 (like Example)",
        "locale": "en-US",
        "timezone": "America/Chicago",
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "page": {"path": "/checkout/thanks", "url": url, "title": "Thank you", "referrer": "https://shop.example.com/checkout", "search": ""},
        "device": {"id": str(_uuid(rng)), "advertisingId": str(_uuid(rng)).upper(), "adTrackingEnabled": True},
        "campaign": {"source": "pinterest", "medium": "cpc", "name": "spring"},
        "screen": {"width": 1440, "height": 900, "density": 2},
    }


def _traits(rng: Random, number: int) -> Event:
    first, last = _word(rng), _word(rng)
    return {
        "email": f"{first}.{last}.{number}@Example.com",
        "phone": f"+1 ({rng.randrange(201, 990)}) 555-01{number % 100:02d}",
        "firstName": first,
        "lastName": last,
        "gender": rng.choice(("female", "male", "Female", "non-binary")),
        "birthday": f"{rng.randrange(1940, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        "address": {
            "street": f"{rng.randrange(1, 999)} Example Street",
            "city": f"Saint {_word(rng)}",
            "state": rng.choice(_STATES),
            "postalCode": f"{rng.randrange(10_000, 99_999)}-{rng.randrange(1_000, 9_999)}",
            "country": "United States",
        },
        "createdAt": "2024-01-05T08:00:00Z",
        "plan": "basic",
    }


def _properties(rng: Random, number: int) -> Event:
    products = [_product(rng, position) for position in range(3)]
    value = sum(round(product["price"] * 100) * product["quantity"] for product in products) / 100
    return {
        "order_id": f"o-{number:06d}",
        "checkout_id": f"c-{number:06d}",
        "affiliation": "Example Shop",
        "value": value,
        "total": round(value * 1.08, 2),
        "tax": round(value * 0.08, 2),
        "shipping": 0,
        "coupon": "SPRING10",
        "currency": "USD",
        "products": products,
    }


def _product(rng: Random, position: int) -> Event:
    number = rng.randrange(1000, 9999)
    name = f"{_word(rng)} {rng.choice(_THINGS)}"
    return {
        "product_id": f"p-{number}",
        "sku": f"SKU-{number}-{position}",
        "name": name,
        "category": "Home",
        "variant": rng.choice(("Small", "Large")),
        "brand": "Example Home",
        "price": rng.randrange(500, 20_000) / 100,
        "quantity": rng.randrange(1, 4),
        "position": position + 1,
        "url": f"https://shop.example.com/products/{name.lower().replace(' ', '-')}",
        "image_url": f"https://shop.example.com/images/{number}.png",
    }
