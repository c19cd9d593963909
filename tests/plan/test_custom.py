"""Custom properties: where they are found, how they are written, and what never leaves in clear."""

import json
from typing import Any

import pytest

from pinterest_destination import Destination, SettingsError
from pinterest_destination.identity import digest

PROPERTIES = {
    "Loyalty": {"Tier_Name": "gold", "points": 12.5, "vip": True, "tags": ["a", 1]},
    "flat.key": "literal",
    "note": "call jane@example.com",
    "ltv": "99.50",
    "value": 5,
}
EVENT = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m",
    "timestamp": 1700000000,
    "context": {"ip": "203.0.113.7", "locale": "en-US", "traits": {"email": "jane@example.com", "plan": "pro", "address": {"city": "Springfield"}}},
    "properties": PROPERTIES,
}


def sent(rows, **settings):
    """What custom properties give on each channel, and the codes of the plan's and the event's problems."""
    destination = Destination({"custom_properties": rows, **settings}, clock=lambda: 1700000000)
    conversion = destination.transform(EVENT)
    usual = {"event_id", "value"}
    tag = {key: value for key, value in conversion.pintrk[-1][2].items() if key not in usual}
    api = {key: value for key, value in conversion.capi[0]["custom_data"].items() if key != "value"} if conversion.capi else {}
    return tag, api, [p.code for p in (*destination.problems, *conversion.problems) if p.code not in ("browser_only_property", "assumed_action_source")]


@pytest.mark.parametrize(
    ("row", "tag"),
    [
        ("loyalty.tier_name", {"loyalty.tier_name": "gold"}),
        ("properties.Loyalty.points", {"properties.Loyalty.points": 12.5}),
        ({"from": "loyalty.vip", "to": "vip"}, {"vip": True}),
        ({"from": "loyalty.vip", "to": "vip", "as": "text"}, {"vip": "true"}),
        ({"from": "loyalty.vip", "to": "vip", "as": "boolean"}, {"vip": True}),
        ({"from": "ltv", "to": "life", "as": "number"}, {"life": 99.5}),
        ({"from": "loyalty.tags", "to": "tags", "as": "json"}, {"tags": '["a",1]'}),
        ("loyalty.tags.0", {"loyalty.tags.0": "a"}),
        ("flat.key", {"flat.key": "literal"}),
        ("context.traits.plan", {"context.traits.plan": "pro"}),
        ("context.locale", {"context.locale": "en-US"}),
        ("nothing.there", {}),
    ],
)
def test_a_custom_property_goes_to_the_top_of_the_tags_data(row, tag):
    """Under its configured name, with its type, or the one the row asks for."""
    assert sent([row]) == (tag, {}, [])


def test_spellings_are_as_the_spec_says():
    """Exact for RudderStack, and as text; any spelling for Segment; without case else."""
    assert sent(["loyalty.points"], spec="rudderstack")[0] == {}
    assert sent(["Loyalty.points"], spec="rudderstack")[0] == {"Loyalty.points": "12.5"}
    assert sent(["loyalty.tierName"], spec="segment")[0] == {"loyalty.tierName": "gold"}
    assert sent(["loyalty.tierName"])[0] == {}


def test_a_planned_field_is_never_overwritten():
    """A custom property named like a field is its last source: on both channels, in the form that the field has."""
    rows = [{"from": "ltv", "to": "value"}, {"from": "ltv", "to": "event_id"}, {"from": "ltv", "to": "coupon"}, {"from": "ltv", "to": "order_id"}, {"from": "note", "to": "currency"}]
    tag, api, codes = sent(rows)

    assert tag == {"coupon": "99.50", "order_id": "99.50"}
    assert api == {"order_id": "99.50"}
    assert codes == ["ignored_custom_property", "invalid_currency"]


def test_a_documented_api_field_can_be_filled():
    """In the type that the field has; the person's own keys cannot."""
    assert sent([{"from": "ltv", "to": "predicted_ltv", "channels": ["capi"]}]) == ({}, {"predicted_ltv": "99.50"}, [])
    assert sent([{"from": "ltv", "to": "custom_data.content_name"}])[1] == {"content_name": "99.50"}
    assert sent([{"from": "ltv", "to": "em", "channels": ["capi"]}]) == ({}, {}, [])


def test_what_goes_to_the_tag_only_or_nowhere_is_said_once_by_the_plan():
    """Not with every event."""
    destination = Destination({"custom_properties": ["a", {"from": "b", "channels": ["capi"]}, {"from": "c", "channels": ["browser"]}]})

    assert [(p.code, p.path) for p in destination.problems] == [("browser_only_property", "/custom_properties/0"), ("browser_only_property", "/custom_properties/1")]
    assert "goes nowhere" in destination.problems[1].message


def test_objects_and_lists_need_as_json():
    """Else they are left out, with a warning."""
    assert sent(["loyalty"]) == ({}, {}, ["unusable_value"])


def test_an_address_in_a_custom_property_leaves_as_its_digest():
    """Alone or in the middle of text."""
    assert sent(["note"]) == ({"note": f"call {digest('jane@example.com')}"}, {}, ["hashed_personal_data"])


@pytest.mark.parametrize(
    ("path", "plain"),
    [("context.traits.email", "jane@example.com"), ("context.traits.E_mail", "jane@example.com"), ("context.traits.address.city", "springfield"), ("context.ip", "203.0.113.7")],
)
def test_a_path_to_personal_data_gives_a_digest_only(path, plain):
    """The plan warns, and neither channel gets the value in clear."""
    tag, api, codes = sent([path], spec="segment")

    assert "risky_custom_property" in codes or path.endswith("E_mail")
    assert plain not in str((tag, api))
    assert api == {}
    assert tag in ({path: digest(plain)}, {})


@pytest.mark.parametrize("path", ["traits", "context.traits", "context", "context.traits.address", "Context.Traits"])
def test_an_object_of_personal_data_cannot_be_sent_as_json(path):
    """It is a fault of the settings, with its place."""
    with pytest.raises(SettingsError) as caught:
        Destination({"custom_properties": ["ok", {"from": path, "as": "json"}]})

    [fault] = caught.value.faults
    assert fault.pointer == "/custom_properties/1"


@pytest.mark.parametrize("path", ["traits.phone", "context.traits.address.street", "properties.userId", "CONTEXT.ip", "traits.Full_Name"])
def test_an_event_id_path_to_a_persons_data_gives_a_digest_and_a_warning(path):
    """Whatever the spelling: an id goes out as it is, and would carry the value along."""
    destination = Destination({"event_id": ["properties.order_id", path]}, clock=lambda: 1700000000)
    event = {**EVENT, path: "Jane Example"}

    conversion = destination.transform(event)

    assert [(problem.code, problem.path) for problem in destination.problems] == [("risky_event_id", "/event_id/1")]
    assert conversion.capi[0]["event_id"] == conversion.pintrk[-1][2]["event_id"] == digest("Jane Example")


def test_a_spec_may_list_more_places_of_personal_data():
    """They are added to those of the document below."""
    overrides = {"personal": ["properties.seat"]}
    destination = Destination({"overrides": overrides, "custom_properties": ["seat", "traits.username"]})

    conversion = destination.transform({**EVENT, "properties": {"seat": "12A"}})

    assert [problem.code for problem in destination.problems] == ["risky_custom_property", "risky_custom_property"]
    assert conversion.pintrk[-1][2]["seat"] == digest("12A")


@pytest.mark.parametrize("path", ["billing.phone", "customer.first_name", "guest.lastName", "delivery.street", "products.0.recipient_name", "contact", "shipping_address.city"])
def test_a_place_that_is_named_like_a_persons_data_is_one_under_any_object(path):
    """The name says it, wherever it stands."""
    value: Any = "Jane"
    for step in reversed(path.split(".")):
        value = [value] if step == "0" else {step: value}

    conversion = Destination({"custom_properties": [path]}).transform({**EVENT, "properties": value})

    assert conversion.pintrk[-1][2][path] == digest("Jane")


def test_an_object_sent_as_json_has_digests_for_personal_names():
    """Whatever else is in it stays; the event is told of."""
    destination = Destination({"custom_properties": [{"from": "billing", "to": "b", "as": "json"}]})

    conversion = destination.transform({**EVENT, "properties": {"billing": {"phone": "+1 415 555 0100", "plan": "pro", "names": [{"First-Name": "Jane", "n": 1}]}}})

    assert json.loads(conversion.pintrk[-1][2]["b"]) == {"phone": digest("+1 415 555 0100"), "plan": "pro", "names": [{"First-Name": digest("Jane"), "n": 1}]}
    assert "hashed_personal_data" in [problem.code for problem in conversion.problems]
