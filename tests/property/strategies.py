"""Events for property tests: any JSON at all, realistic events, and realistic events with something wrong in them."""

import json
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings as effort
from hypothesis import strategies as st

from pinterest_destination.rules.load import shipped_specs

from ..interpreter import many, spec_document, split


def for_each(name, values):
    """Check a law for each of *values*, with a third of the usual examples: there are many of them, and their plans have most in common."""
    few = effort(max_examples=max(10, effort().max_examples // 3))
    return lambda law: pytest.mark.parametrize(name, values)(few(law))


CALLS = ("track", "page", "screen", "identify", "group", "alias")
SPECS = {name: spec_document(name) for name in shipped_specs()}
NOW = 1768478400
"""2026-01-15T12:00:00Z, two hours after the events' usual time."""


def path_sources(spec):
    """Give path and transform of each source that looks into the event."""
    for field in spec["fields"].values():
        for source in field.get("from", []):
            row = {"path": source} if isinstance(source, str) else source
            if "path" in row:
                yield row["path"], row.get("as", field.get("as", "any"))


def conditions(spec):
    """Give path and words of each condition of the spec's events and fields."""
    rows = [*spec["events"], *(source for field in spec["fields"].values() for source in field.get("from", []) if isinstance(source, dict))]
    for row in rows:
        for condition in [*row.get("when", []), *row.get("unless", [])]:
            yield condition["path"], condition.get("is", ["x"])


PATHS = sorted({pair for spec in SPECS.values() for pair in path_sources(spec)})
"""Every place at which a shipped spec looks for a value, with the transform that it meets there."""
PLANTABLE = [(path, transform) for path, transform in PATHS if path != "type"]
"""The same but for the call type, which a realistic event always has."""
CONDITIONS = sorted({(path, json.dumps(words)) for spec in SPECS.values() for path, words in conditions(spec)})
NAMES = sorted({name for spec in SPECS.values() for rule in spec["events"] for name in many(rule.get("event", []))})
ITEM_KEYS = sorted({path for spec in SPECS.values() for field in spec["items"]["fields"].values() for paths in [field.get("from", []), *field.get("prefer", {}).values()] for path in paths})

CONSENT_PLACES = sorted({row if isinstance(row, str) else row["path"] for spec in SPECS.values() for row in spec["consent"]} | {"properties.consent", "context.answers"})
NOTED = sorted({path for spec in SPECS.values() for row in spec["notes"] for path in row["at"]})

# -- values

DIGEST = "ab" * 32
USUAL: dict[str, list[Any]] = {
    "any": ["x", 1],
    "text": ["o-1001", "blue mug", "7.9", 42, "Zürich", "see ann@example.com"],
    "decimal": [35, 12.5, "35.00", " 7.5 ", 0, "1e3"],
    "integer": [1, "2", 3.0, "4.00", 0],
    "boolean": [True, False, "yes", 0],
    "negation": [True, False],
    "timestamp": ["2026-01-15T10:00:00Z", "2026-01-15T12:00:00.5+02:00", 1768471200, 1768471200123, "1768471200", "2025-12-01"],
    "url": ["https://shop.example.com/p?q=1&epik=e-1#top", "https://ann:pw@shop.example.com/", "https://shop.example.com/?to=ann%40example.com", "https://shop.example.com/?", "HTTPS://Shop.example.com", "app://home"],
    "ip": ["203.0.113.7", "2001:db8::7", "localhost"],
    "microseconds": [1768471200123456, "1768471200123456", 1768471200],
    "texts": ["p-1", ["p-1", 1001], [], ["ann@example.com"], {}],
    "object": [{"step": "quiz", "done": True, "value": "7"}, {"email": "ann@example.com", "note": "to ann@example.com", "deep": {}}, {"event_id": "x", "eid": "y", "line_items": "z"}, "text"],
    "language": ["en", "pt-BR", "English"],
    "currency": ["USD", "eur", "dollars"],
    "choice": ["web", "offline", "LDP", "ios", "Android", "phone", "desktop", "other"],
    "url_parameter": ["https://shop.example.com/p?epik=e-2"],
    "cookie": ["a=1; _epik=e-3"],
    "em": ["ann@example.com", " Bob@Example.org ", ["ann@example.com", "carl@example.net"], DIGEST, DIGEST.upper(), "n/a", "ann"],
    "ph": ["+1 415 555 0100", 14155550101, "12", DIGEST],
    "fn": ["Ann", "Ann  Maria", DIGEST],
    "ln": ["Example", "de Example"],
    "ge": ["female", "M", "nb", "yes"],
    "db": ["1990-01-15", "19900115", "2023-02-30"],
    "ct": ["New York", "St. John's"],
    "st": ["California", "NSW", "ny"],
    "zp": ["94107-1234", "SW1A 1AA", 10001],
    "country": ["US", "gbr", "Germany", "Atlantis"],
    "external_id": ["user-42", 42, DIGEST, "undefined"],
    "languages": ["en", ["pt-BR", "de", "English"]],
    "hashed_maids": ["AEBE52E7-03EE-455A-B3C4-E57283966239", "00000000-0000-0000-0000-000000000000"],
}
"""What really stands at such places, for each transform: most of it right, some of it not."""

CATEGORIES = st.sampled_from(["C0004", "advertising", " Advertising ", "C0001", ""])
ANSWERS = st.sampled_from([True, False, 1, 0, "granted", " Denied ", "no", "G111", "G100", "maybe", None, 2])
CONSENTS = ANSWERS | st.dictionaries(CATEGORIES, ANSWERS, max_size=3) | st.lists(CATEGORIES, max_size=3) | st.lists(CATEGORIES, max_size=3).map(",".join)
"""What stands where consent is told, in each of its forms."""

strange_text = st.text(max_size=20) | st.sampled_from(["", " ", "\ud800", "x\udfffy", "\x00", "n/a", "null", "NaN", "1e400", "@", "a@b.c", "%40", "é" * 200])
strange_numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**50), 2**63, 1e308, 1e-320, -0.0, float("nan"), float("inf")])
scalars = st.none() | st.booleans() | strange_numbers | strange_text
keys = st.sampled_from(
    ["type", "event", "name", "properties", "context", "traits", "products", "email", "page", "url", "value", "price", "quantity", "context.traits", "traits.email", "properties.value", "page.url", "0", "E-Mail"]
) | st.text(max_size=5)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12)
deep = st.integers(1, 60).map(lambda n: json.loads('{"x":[' * n + "1" + "]}" * n))
free = st.dictionaries(keys, anything, max_size=8)


def usual(transform: str) -> st.SearchStrategy[Any]:
    """Give what usually stands where *transform* is applied."""
    return st.sampled_from(USUAL[transform])


# -- realistic events

EACH = "*"
"""The step of a path that is each element of a list."""


def plant(event, path, value):
    """Put *value* at *path*, making objects on the way; whatever stands in the way is replaced."""
    for name, following in pairwise(split(path)):
        if name == EACH:
            continue
        if not isinstance(event.get(name), dict):
            event[name] = {}
        if following == EACH:
            event[name] = [{}]
            event = event[name][0]
        else:
            event = event[name]
    event[split(path)[-1]] = value


ITEM_VALUES = st.sampled_from(["p-1", "sku-7", 1001, "Mug", 12.5, "3.50", 2, "2.00", None, "", "blue"])
products = st.lists(st.dictionaries(st.sampled_from(ITEM_KEYS), ITEM_VALUES, max_size=6), max_size=4)


@st.composite
def realistic(draw):
    """An event as a customer data platform sends it: a call, a name, and values at some of the places that specs know."""
    event = {"type": draw(st.sampled_from(CALLS[:4] * 3 + CALLS)), "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "channel": "web"}
    event["event"] = draw(st.sampled_from(NAMES) | st.sampled_from(["Own Event", "add to cart", "Prêt!", None]))
    plant(event, "context.traits.email", "ann@example.com")
    if draw(st.booleans()):
        plant(event, "payload.event_name", draw(st.sampled_from(["checkout", "Add to cart", "purchase"])))
    for path, transform in draw(st.lists(st.sampled_from(PLANTABLE), max_size=15)):
        plant(event, path, draw(usual(transform)))
    for path, words in draw(st.lists(st.sampled_from(CONDITIONS), max_size=2)):
        plant(event, path, draw(st.sampled_from(json.loads(words))))
    if draw(st.booleans()):
        plant(event, draw(st.sampled_from(CONSENT_PLACES)), draw(CONSENTS))
    if draw(st.booleans()):
        plant(event, draw(st.sampled_from(NOTED)), draw(st.sampled_from(["x", "", [DIGEST]])))
    if draw(st.booleans()):
        plant(event, draw(st.sampled_from(["properties.products", "payload.contents"])), draw(products))
    elif draw(st.booleans()):
        for key, value in draw(products.filter(bool))[0].items():
            plant(event, f"properties.{key}", value)
    return event


def places(node):
    """Yield every object or list in *node* with each of its keys or positions."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from places(node[key])


@st.composite
def mutated(draw, events):
    """An event with random places deleted, spelt otherwise, moved to a dotted key, or replaced by anything."""
    event = deepcopy(draw(events))
    for _ in range(draw(st.integers(0, 4))):
        found = list(places(event))
        if not found:
            break
        node, key = draw(st.sampled_from(found))
        change = draw(st.sampled_from(["replace", "replace", "delete", "respell", "dot"]))
        if change == "replace":
            node[key] = draw(anything | deep)
        elif change == "delete" or isinstance(node, list):
            del node[key]
        elif change == "respell":
            node[key.swapcase()] = node.pop(key)
        else:
            plant_dotted(event, draw(st.sampled_from(PATHS))[0], draw(scalars))
    return event


def plant_dotted(event, path, value):
    """Put *value* under a literal dotted key, at the top or one step down."""
    first, *rest = split(path)
    if len(rest) > 1 and isinstance(event.get(first), dict):
        event[first][".".join(rest)] = value
    else:
        event[path] = value


events = free | realistic() | mutated(realistic())
"""Any event: free JSON, realistic, and realistic with something wrong."""

# -- settings

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "everything from settings": {
        "api_version": "v3",
        "advertiser_id": "429047995",
        "app_id": "1234567",
        "partner_name": "ss-example",
        "np": "example",
        "enhanced_match": ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id"],
        "event_id": ["properties.order_id", "properties.products.0.product_id"],
        "limited_data_processing": True,
        "action_source": "offline",
        "content_id": "variant",
        "unmapped": "custom",
    },
    "hashed": {"identity": "hashed", "send_external_id": False, "unmapped": "drop"},
    "rudderstack": {"spec": "rudderstack", "custom_properties": ["coupon_text", "a.b", "Tier"], "api_version": "v3", "advertiser_id": "429047995"},
    "segment": {"spec": "segment", "custom_properties": ["loyalty tier", "customer.points", {"from": "note", "as": "json"}]},
    "segment_actions": {"spec": "segment_actions", "custom_properties": ["note", "customer.points"]},
    "metarouter": {"spec": "metarouter", "custom_properties": ["myObject.myProperty", "products.0.colour"], "content_id": "sku"},
    "ga4": {"spec": "ga4", "custom_properties": ["shipping_tier", "items.*.item_name", {"from": "items", "as": "json"}, {"from": "tier", "to": "content_name"}], "event_id": "transaction_id"},
    "funnelfox": {"spec": "funnelfox", "custom_properties": ["step", {"from": "products.*.name", "to": "products", "as": "json"}]},
    "consent": {"consent": {"categories": ["C0004", "Advertising"], "unknown": "granted"}},
    "consent of any": {"consent": {"categories": ["C0004", "Advertising"], "match": "any"}, "spec": "ga4"},
    "consent at a path": {"consent": {"from": ["properties.consent", "context.answers"]}},
    "mapped": {
        "event_map": {"Order Completed": ["checkout", "our_purchase"], "own event": "app_install", "Product Added": ["AddToCart", "app_open"]},
        "custom_properties": [
            "context.traits.email",
            "traits.phone",
            "context.ip",
            {"from": "category", "to": "predicted_ltv", "channels": ["capi"]},
            {"from": "category", "to": "content_category"},
            {"from": "query", "to": "q", "as": "number"},
            {"from": "context.page", "to": "page", "as": "json"},
        ],
    },
    "overridden": {
        "overrides": {
            "options": {"unmapped": "custom", "app_and_device": "flat"},
            "events": [
                {"type": ["track", "screen"], "event": "Order Completed", "when": [{"path": "properties.value", "present": True}], "to": ["checkout", {"event": "Big_Order", "own": True, "channels": ["browser"]}]},
                {"type": "track", "event": ["order-completed", "Product Added"], "when": [{"path": "context.page.url", "present": False}, {"path": "channel", "is": ["web", "Server "]}], "to": {"event": "lead", "channels": ["capi"]}},
                {"type": "page", "to": "page_visit"},
            ],
            "fields": {
                "value": {"from": [{"path": "properties.total", "as": "decimal"}, {"path": "properties.order.value", "as": "decimal"}, "properties.products.0.price"], "as": "decimal"},
                "em": {"from": [{"path": "properties.people.*.email"}, {"give": ["ann@example.com", "bob@example.org"]}]},
                "order_id": {"from": [{"path": "properties.order_id", "prefix": "order-", "events": ["checkout"]}, "properties.order_id"]},
                "num_items": {"from": [{"items": "count"}]},
                "event_time": {"from": ["timestamp", {"now": True}]},
                "predicted_ltv": {"from": [{"give": 12.5, "when": [{"path": "properties.value", "present": True}]}]},
                "opt_out": {"from": [{"path": "context.device.adTrackingEnabled", "as": "negation"}, "context.consent.out"], "as": "boolean"},
            },
            "items": {"from": ["properties.lines", "properties.products"], "fields": {"price": {"from": ["unit.net", "price"], "as": "decimal"}, "id": {"prefer": {"sku": ["sku"], "product_id": ["product.id", "product_id"]}, "as": "text"}}},
        }
    },
}
"""Settings by name: every shipped spec, both API versions, both kinds of identity, custom properties, maps and overrides."""
