"""The schemas of what comes in and goes out: sound themselves, and strict where Pinterest is."""

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pinterest_destination._resources import read_json, schemas

NAMES = ["capi-event", "capi-event-v3", "event", "pintrk-call"]
DIGEST = "ab" * 32
API_EVENT: dict[str, Any] = {
    "event_name": "checkout",
    "action_source": "web",
    "event_time": 1768471200,
    "event_id": "m-1",
    "user_data": {"em": [DIGEST], "client_ip_address": "203.0.113.7"},
    "custom_data": {"value": "35.00", "num_items": 3, "content_ids": ["p-1"], "contents": [{"id": "p-1", "item_price": "12.5", "quantity": 2}]},
    "app_info": {"app_name": "Example Shop"},
    "device_info": {"os_family": "ios", "screen_width": 30720},
}


def faults(name, payload):
    """List the places that the schema *name* does not accept in *payload*."""
    return [error.json_path for error in Draft202012Validator(read_json(schemas() / f"{name}.json")).iter_errors(payload)]


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_itself_valid(name):
    """Each is a JSON Schema of draft 2020-12 with a title, and describes every property."""
    schema = read_json(schemas() / f"{name}.json")
    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"{name}.json"
    assert schema["title"]
    assert [path for path, part in properties(schema) if "description" not in part and "$ref" not in part] == []


def properties(schema, path=""):
    """Yield each property that a schema describes, with its place."""
    for word in ("properties", "$defs"):
        for name, part in schema.get(word, {}).items():
            if word == "properties":
                yield f"{path}/{name}", part
            yield from properties(part, f"{path}/{name}")


def test_v3_is_v5_with_the_advertisers_id():
    """The two schemas of API events differ in that id and in their titles alone."""
    v5, v3 = (read_json(schemas() / f"{name}.json") for name in ("capi-event", "capi-event-v3"))

    assert v3["properties"].pop("advertiser_id")["type"] == "string"
    assert v3["required"].pop() == "advertiser_id"
    for words in ("$id", "title", "description"):
        del v5[words], v3[words]
    assert v3 == v5


def test_an_event_is_accepted():
    """A full event is valid, and with the advertiser's id for v3 alone."""
    assert faults("capi-event", API_EVENT) == []
    assert faults("capi-event-v3", {**API_EVENT, "advertiser_id": "429047995"}) == []
    assert faults("capi-event-v3", API_EVENT) == ["$"]
    assert faults("capi-event", {**API_EVENT, "advertiser_id": "429047995"}) == ["$"]


@pytest.mark.parametrize("identity", [{"em": [DIGEST]}, {"hashed_maids": [DIGEST]}, {"client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0"}])
def test_what_identifies_a_person_is_enough(identity):
    """An e-mail address, a mobile id, or IP address and user agent together."""
    assert faults("capi-event", {**API_EVENT, "user_data": identity}) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("event_name", None),
        ("event_id", 7),
        ("event_time", "1768471200"),
        ("event_time", 1768471200.5),
        ("action_source", "server"),
        ("advertiser_tracking_enabled", True),
        ("language", "en-US"),
        ("wifi", "true"),
        ("user_data", {"ph": [DIGEST], "external_id": [DIGEST], "click_id": "e-1"}),
        ("user_data", {"client_ip_address": "203.0.113.7"}),
        ("user_data.em", ["jane@example.com"]),
        ("user_data.em", DIGEST),
        ("user_data.opt_out_type", "LDP"),
        ("custom_data.value", 35),
        ("custom_data.value", "$35"),
        ("custom_data.num_items", "3"),
        ("custom_data.category_name", "Kitchen"),
        ("custom_data.content_ids", [7]),
        ("custom_data.contents", [{"item_brand_id": "b-1"}]),
        ("custom_data.contents", [{"item_price": 12.5}]),
        ("app_info.app_name", "n" * 201),
        ("device_info.os_family", "HarmonyOS"),
        ("device_info.screen_width", 30721),
        ("device_info.battery_level", -1),
    ],
)
def test_what_pinterest_refuses_is_refused(place, value):
    """Wrong types, unknown keys, values beyond the limits: each alone makes the event invalid."""
    event = deepcopy(API_EVENT)
    *parents, key = place.split(".")
    part = event[parents[0]] if parents else event
    part[key] = value

    assert len(faults("capi-event", event)) == 1


@pytest.mark.parametrize("key", ["event_name", "action_source", "event_time", "event_id", "user_data"])
def test_a_required_key_is_required(key):
    """Five keys must be there."""
    assert faults("capi-event", {name: part for name, part in API_EVENT.items() if name != key}) == ["$"]


CALLS = [
    ["load", "2612345678901"],
    ["load", "2612345678901", {"em": DIGEST, "np": "example"}],
    ["page"],
    ["set", {"em": DIGEST, "external_id": DIGEST}],
    ["set", {"opt_out_type": "LDP", "st": DIGEST, "country": DIGEST}],
    ["set", {"opt_out_type": "", "st": "", "country": ""}],
    ["track", "Checkout", {"event_id": "m-1", "value": 35.5, "order_quantity": 3, "tier": "gold", "points": 7, "member": True}],
    ["track", "our_purchase", {"event_id": "m-1", "line_items": [{"product_id": "p-1", "product_price": 12.5}]}],
    ["setconsent", False],
]
NO_CALLS = [
    [],
    ["load"],
    ["load", 2612345678901],
    ["load", "x"],
    ["load", "2612345678901", {}],
    ["page", {}],
    ["set", {}],
    ["set", {"em": "jane@example.com"}],
    ["set", {"em": ""}],
    ["set", {"event_id": "m-1"}],
    ["track", "Checkout"],
    ["track", "Order Completed", {"event_id": "m-1"}],
    ["track", "Checkout", {"value": 35}],
    ["track", "Checkout", {"event_id": ""}],
    ["track", "Checkout", {"event_id": "m-1", "value": "35"}],
    ["track", "Checkout", {"event_id": "m-1", "order_quantity": 2.5}],
    ["track", "Checkout", {"event_id": "m-1", "order_id": 7}],
    ["track", "Checkout", {"event_id": "m-1", "currency": "usd"}],
    ["track", "Checkout", {"event_id": "m-1", "line_items": []}],
    ["track", "Checkout", {"event_id": "m-1", "line_items": [{}]}],
    ["track", "Checkout", {"event_id": "m-1", "line_items": [{"item_name": "Mug"}]}],
    ["track", "Checkout", {"event_id": "m-1", "tags": ["a"]}],
    ["track", "Checkout", {"event_id": "m-1"}, None],
    ["setconsent", "false"],
    ["unknown"],
]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_of_the_tag_is_accepted(call):
    """Each command with the arguments that it takes."""
    assert faults("pintrk-call", call) == []


@pytest.mark.parametrize("call", NO_CALLS, ids=str)
def test_what_is_no_call_of_the_tag_is_refused(call):
    """Wrong commands, arguments and types."""
    assert faults("pintrk-call", call) != []


def test_an_incoming_event_is_loosely_described():
    """Only the call type is demanded; nulls and unknown keys do no harm; a part of the wrong type is told."""
    assert faults("event", {"type": "track", "event": "Order Completed", "properties": None, "extra": [1]}) == []
    assert faults("event", {"event": "Order Completed"}) == ["$"]
    assert faults("event", {"type": "track", "timestamp": True, "properties": []}) == ["$.timestamp", "$.properties"]
