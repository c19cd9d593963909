"""Every name and every place that a shipped spec lists is understood: the documents themselves are the table."""

import pytest

from pinterest_destination import Destination
from pinterest_destination._resources import mappings, read_json
from pinterest_destination.rules.load import shipped_specs

from .interpreter import many, spec_document
from .property.strategies import NOW, USUAL, plant

SPECS = {name: spec_document(name) for name in shipped_specs() if name != "segment_actions"}  # reads payloads: tests/plan/test_stage.py
DESTINATIONS = {name: Destination({"spec": name}, clock=lambda: NOW) for name in SPECS}
TAGS = {row["name"]: row["tag"] for row in read_json(mappings() / "pinterest.json")["events"]}

UNSEEN = ("call_type", "event_name", "advertiser_tracking_enabled")
"""Fields that decide the rule, and one that is sent by setting only."""
PLACES = [
    (spec, name, n)
    for spec, document in SPECS.items()
    for name, field in document["fields"].items()
    for n, source in enumerate(field["from"])
    if name not in UNSEEN and (isinstance(source, str) or "path" in source)
]


def named_rules():
    """Give spec, call type, name, and the names on both channels, for each event name that a spec lists."""
    for spec, document in SPECS.items():
        for rule in document["events"]:
            targets = [{"event": target} if isinstance(target, str) else target for target in many(rule["to"])]
            api, tag = ([each["event"] for each in targets if channel in each.get("channels", ("browser", "capi"))] for channel in ("capi", "browser"))
            names = api, [TAGS.get(name, name) for name in tag if TAGS.get(name, name)]
            for call in many(rule["type"]):
                for name in many(rule.get("event", [])):
                    yield pytest.param(spec, call, name, names, id=f"{spec} {call} {name}")


def spellings(name):
    """Give the spellings of a name that count as one."""
    words = name.split()
    return [name, name.lower(), name.upper(), "_".join(words).lower(), "-".join(words), "".join(words), words[0].lower() + "".join(words[1:]), f"  {name} "]


@pytest.mark.parametrize(("spec", "call", "name", "names"), [*named_rules()])
def test_each_listed_name_is_mapped_in_any_spelling(spec, call, name, names):
    """Each name of each rule becomes the rule's events, without regard to case, spaces, underscores and hyphens."""
    for spelt in spellings(name):
        event = {"type": call, "event": spelt, "messageId": "m-1", "timestamp": NOW, "channel": "web", "context": {"traits": {"email": "ann@example.com"}}}
        conversion = DESTINATIONS[spec].transform(event)

        assert ([payload["event_name"] for payload in conversion.capi], [made[1] for made in conversion.pintrk]) == names


@pytest.mark.parametrize("call", ["track", "screen"])
def test_the_screen_may_keep_its_name_in_name(call):
    """A name stands in `event`, else in `name`."""
    event = {"type": call, "name": "Order Completed", "messageId": "m-1"}

    assert DESTINATIONS["ecommerce"].transform(event).pintrk[0][:2] == ["track", "Checkout"]


def usual(source, field):
    """Give a value that the source can use."""
    transform = source.get("as", field.get("as", "any"))
    of = source.get("of", field.get("of"))
    if transform == "choice":
        return next(iter(of.values()))[0] if isinstance(of, dict) else of[0]
    return USUAL[transform][0]


def found(spec, name, source, value):
    """Give the places that field *name* is taken from, on whatever call and in whatever form of app and device it is sent."""
    for destination in (DESTINATIONS[spec], STRUCTURED[spec]):
        for call in source.get("calls", ["track", "identify"]):
            name_of_event = source.get("events", ["Order Completed"])[0]
            event = {"type": call, "event": name_of_event, "messageId": "m-1", "timestamp": NOW, "context": {"traits": {"email": "ann@example.com"}, "ip": "203.0.113.1"}}
            clear(event, name)
            plant(event, source["path"], value)
            if places := [field.source for field in destination.explain(event).fields if field.field == name]:
                return places
    return []


STRUCTURED = {spec: Destination({"spec": spec, "overrides": {"options": {"app_and_device": "structured"}}}, clock=lambda: NOW) for spec in SPECS}


def clear(event, name):
    """Take away what every event has but this field is to be found without."""
    if name in ("event_time", "event_id"):
        del event["timestamp" if name == "event_time" else "messageId"]
    if name == "em":
        event["context"] = {"ip": "203.0.113.1", "userAgent": "Mozilla/5.0 (example)"}
    if name == "client_ip_address":
        del event["context"]["ip"]


@pytest.mark.parametrize(("spec", "name", "n"), PLACES, ids=lambda value: str(value))
def test_each_listed_place_is_read(spec, name, n):
    """A usable value at any one place that a spec lists for a field is found there, and nowhere else."""
    field = SPECS[spec]["fields"][name]
    source = field["from"][n] if isinstance(field["from"][n], dict) else {"path": field["from"][n]}

    assert {source["path"]} & {part for place in found(spec, name, source, usual(source, field)) for part in (place, place.rpartition(".")[0])}


ITEM_PLACES = [
    (spec, name, path)
    for spec, document in SPECS.items()
    for name, field in document["items"]["fields"].items()
    for paths in [field.get("from", []), *field.get("prefer", {}).values()]
    for path in paths
]


@pytest.mark.parametrize(("spec", "name", "path"), ITEM_PLACES)
def test_each_listed_place_of_a_product_is_read(spec, name, path):
    """A value at any one place that a spec lists for a product's field makes that field, in a list and in the event itself."""
    field = SPECS[spec]["items"]["fields"][name]
    value = USUAL[field["as"]][0]
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": NOW, "channel": "web", "context": {"traits": {"email": "ann@example.com"}}}
    plant(event, "properties.products", [{path: value}])

    assert f"properties.products.0.{path}" in [each.source for each in DESTINATIONS[spec].explain(event).fields]
