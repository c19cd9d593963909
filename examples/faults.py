"""What is wrong with three to five in a hundred events of a real stream, each fault once. ADD A FAULT HERE."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from attrs import frozen

from .shop import NOW
from .sources import TIMES, Event, written

Spoil = Callable[[Event], None]


@frozen
class Fault:
    """One thing wrong with one event of the stream."""

    name: str
    what: str
    event: str
    """The source event that it happens to."""
    spoil: Spoil
    code: str | None = None
    """The problem that it leads to; None where nothing is wrong any more once the plugin is through with it."""


def nothing(event: Event) -> None:
    """Leave the event as it is: what is wrong is not in it."""


def no_identity(event: Event) -> None:
    """Take out all that tells who it was."""
    event["context"] = {key: value for key, value in event["context"].items() if key not in ("ip", "userAgent", "traits")}
    event["context"].get("device", {}).pop("advertisingId", None)


def free(event: Event) -> None:
    """Give away an order."""
    del event["properties"]["total"]
    event["properties"]["value"] = "free"


def dollars(event: Event) -> None:
    """Write out the currency."""
    event["properties"]["currency"] = "dollars"


def no_products(event: Event) -> None:
    """Lose the list of products."""
    event["properties"]["products"] = None


def hole_in_products(event: Event) -> None:
    """Lose one of the products."""
    event["properties"]["products"].insert(0, None)


def milliseconds(event: Event) -> None:
    """Give the time as a number, as Java and JavaScript count it."""
    no_time(event)
    event["timestamp"] = int((NOW - timedelta(hours=3)).timestamp() * 1000)


def no_time(event: Event) -> None:
    """Lose the time."""
    for name in TIMES:
        event.pop(name, None)


def stale(event: Event) -> None:
    """Come out of a queue that had stopped for ten days."""
    event["timestamp"] = written(NOW - timedelta(days=10))


def camel_case(event: Event) -> None:
    """Spell properties as JavaScript programmers do."""
    event["properties"] = _camel(event["properties"])


def _camel(node: Event) -> Event:
    made: Event = {}
    for key, value in node.items():
        first, *rest = key.split("_")
        rows = isinstance(value, list) and all(isinstance(row, dict) for row in value)
        made[first + "".join(map(str.title, rest))] = [_camel(row) for row in value] if rows else value
    return made


def wrong_types(event: Event) -> None:
    """Write a count as a word, and a price as a switch."""
    event["properties"].update(quantity="two", price=True)


def text_for_properties(event: Event) -> None:
    """Encode the properties once more, as a queue between two systems may do."""
    event["properties"] = json.dumps(event["properties"])


def address_in_search(event: Event) -> None:
    """Search for one's own account."""
    event["properties"]["query"] = "order of winnifred.lost@example.com"


def no_message_id(event: Event) -> None:
    """Lose the id."""
    del event["messageId"]


def placeholder(event: Event) -> None:
    """Fill in a form as people do who do not want to."""
    event["context"].setdefault("traits", {})["email"] = "n/a"


def no_name(event: Event) -> None:
    """Lose the name of the event."""
    event["event"] = None


FAULTS = (
    Fault("broken_line", "the line ends in the middle", "Product Added", nothing, "invalid_input"),
    Fault("duplicate", "the same event comes twice", "Order Completed", nothing),
    Fault("missing_identity", "neither address nor IP nor user agent", "Products Searched", no_identity, "missing_identity"),
    Fault("value_free", 'the value is "free"', "Order Completed", free, "unusable_value"),
    Fault("currency_dollars", 'the currency is "dollars"', "Order Completed", dollars, "invalid_currency"),
    Fault("null_products", "the list of products is null", "Order Completed", no_products),
    Fault("hole_in_products", "one of the products is null", "Order Completed", hole_in_products, "invalid_item"),
    Fault("time_in_ms", "the time counts milliseconds", "Product Viewed", milliseconds),
    Fault("time_missing", "there is no time at all", "Product Viewed", no_time, "invalid_event_time"),
    Fault("time_stale", "the event is ten days old", "Product Added", stale, "event_time_out_of_window"),
    Fault("camel_case", "the properties are spelt in camelCase", "Order Completed", camel_case),
    Fault("wrong_types", 'the quantity is "two", the price is true', "Product Added", wrong_types, "unusable_value"),
    Fault("text_for_properties", "the properties are text", "Product Viewed", text_for_properties, "unusable_value"),
    Fault("address_in_search", "an e-mail address is searched for", "Products Searched", address_in_search, "hashed_personal_data"),
    Fault("no_message_id", "the event has no id", "Product Viewed", no_message_id, "missing_event_id"),
    Fault("placeholder", 'the e-mail address is "n/a"', "Checkout Started", placeholder, "unusable_match_key"),
    Fault("no_name", "the event has no name", "Newsletter Opened", no_name, "missing_event_name"),
)
"""Every fault there is in the examples' stream."""


def spoil(rng: Random, events: Sequence[Event]) -> tuple[list[str], dict[str, int]]:
    """Write *events* as lines, with every fault in it once; tell in which line (from 1) each fault is."""
    chosen: dict[int, Fault] = {}
    for fault in FAULTS:
        able = [n for n, event in enumerate(events) if event.get("event") == fault.event and n not in chosen]
        chosen[rng.choice(able)] = fault
    lines: list[str] = []
    places: dict[str, int] = {}
    for n, event in enumerate(events):
        if n in chosen:
            chosen[n].spoil(event)
        lines.append(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
        if n in chosen:
            _spoil_line(chosen[n].name, lines)
            places[chosen[n].name] = len(lines)
    return lines, places


def _spoil_line(name: str, lines: list[str]) -> None:
    """Break, or repeat, the last of *lines* where the fault is one of the line."""
    if name == "broken_line":
        lines[-1] = lines[-1][: len(lines[-1]) * 2 // 3]
    elif name == "duplicate":
        lines.append(lines[-1])
