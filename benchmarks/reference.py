"""The same order by hand: what somebody would write for these orders and one destination, with no rules and no settings.

It uses the plugin's own functions for single values, with the limits and the hidden query parameters that the plan gives them,
so that beside it only the cost of the plan shows. It knows one place for each value, and tells nobody of what it cannot use.
"""

from __future__ import annotations

from typing import Any

from pinterest_destination.rules.transforms import transform

Event = dict[str, Any]

text, decimal, integer = transform("text").apply, transform("decimal").apply, transform("integer").apply
time, currency, ip, language = (transform(name).apply for name in ("timestamp", "currency", "ip", "language"))
locale, timezone, pixels = transform("text", limit=35).apply, transform("text", limit=40).apply, transform("integer", limit=30720).apply
url = transform("url", of=(("email", ()), ("phone", ()), ("firstname", ()), ("lastname", ()), ("userid", ()))).apply
em, ph, fn, ln, ge, db = (transform(key).apply for key in ("em", "ph", "fn", "ln", "ge", "db"))
ct, st, zp, country, external_id, hashed_maids = (
    transform(key).apply for key in ("ct", "st", "zp", "country", "external_id", "hashed_maids")
)


def capi_event(event: Event) -> Event:
    """Give the Conversions API's event object of an order of `benchmarks.events`."""
    context = event["context"]
    return {
        "event_name": "checkout",
        "event_time": time(event["timestamp"]),
        "action_source": "web",
        "event_id": text(event["messageId"]),
        "event_source_url": url(context["page"]["url"]),
        "opt_out": False,
        "language": language(context["locale"]),
        "user_data": _person(event, context),
        "custom_data": _order(event["properties"]),
        "device_info": _device(context),
    }


def _person(event: Event, context: Event) -> Event:
    traits = context["traits"]
    address = traits["address"]
    return _present(
        {
            "em": em(traits["email"]),
            "ph": ph(traits["phone"]),
            "fn": fn(traits["firstName"]),
            "ln": ln(traits["lastName"]),
            "ge": ge(traits["gender"]),
            "db": db(traits["birthday"]),
            "ct": ct(address["city"]),
            "st": st(address["state"]),
            "zp": zp(address["postalCode"]),
            "country": country(address["country"]),
            "external_id": external_id(event["userId"]),
            "hashed_maids": hashed_maids(context["device"]["advertisingId"]),
            "client_ip_address": ip(context["ip"]),
            "client_user_agent": text(context["userAgent"]),
        }
    )


def _order(properties: Event) -> Event:
    contents = [_content(product) for product in properties["products"]]
    return _present(
        {
            "value": decimal(properties["value"]),
            "currency": currency(properties["currency"]),
            "order_id": text(properties["order_id"]),
            "num_items": sum(content["quantity"] for content in contents),
            "content_ids": [content["id"] for content in contents],
            "contents": contents,
        }
    )


def _content(product: Event) -> Event:
    return _present(
        {
            "id": text(product["product_id"]),
            "item_name": text(product["name"]),
            "item_category": text(product["category"]),
            "item_brand": text(product["brand"]),
            "item_price": decimal(product["price"]),
            "quantity": integer(product["quantity"]),
        }
    )


def _device(context: Event) -> Event:
    screen = context["screen"]
    return _present(
        {
            "locale": locale(context["locale"]),
            "timezone": timezone(context["timezone"]),
            "screen_width": pixels(screen["width"]),
            "screen_height": pixels(screen["height"]),
        }
    )


def _present(made: Event) -> Event:
    return {key: value for key, value in made.items() if value is not None}
