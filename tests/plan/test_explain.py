"""Where every field came from."""

import pytest

from pinterest_destination import Destination
from pinterest_destination.identity import digest

EVENT = {
    "type": "track",
    "event": "Order Completed",
    "timestamp": "2023-11-14T22:13:20Z",
    "channel": "web",
    "context": {"ip": "203.0.113.7", "userAgent": "Browser/1.0", "traits": {"email": "Jane@Example.com"}},
    "properties": {"value": "free", "revenue": "35.00", "products": [{"sku": "s", "price": 10}, None], "note": "ask joe@example.com"},
}


@pytest.fixture(scope="module")
def explanation():
    """The explanation of one order."""
    settings = {"custom_properties": ["note"], "partner_name": "ss-shop", "event_map": {"Order Completed": "Checkout"}}
    return Destination(settings, clock=lambda: 1700000000).explain(EVENT)


def output(explanation, channel, name):
    """One explained field."""
    return next(field for field in explanation.fields if (field.channel, field.output) == (channel, name))


@pytest.mark.parametrize(
    ("channel", "name", "value", "source", "rule"),
    [
        ("browser", "track.value", 35, "properties.revenue", "mappings/specs/ecommerce.json#/fields/value"),
        ("capi", "custom_data.value", "35.00", "properties.revenue", "mappings/specs/ecommerce.json#/fields/value"),
        ("capi", "user_data.em", [digest("jane@example.com")], "context.traits.email", "mappings/specs/ecommerce.json#/fields/em"),
        ("capi", "action_source", "web", "constant, by channel", "mappings/specs/ecommerce.json#/fields/action_source"),
        ("capi", "partner_name", "ss-shop", "setting partner_name", "mappings/specs/ecommerce.json#/fields/partner_name"),
        ("capi", "custom_data.num_items", 1, "sum of the items' quantity", "mappings/specs/ecommerce.json#/fields/num_items"),
        ("capi", "custom_data.content_ids", ["s"], "list of the items' id", "mappings/specs/ecommerce.json#/fields/content_ids"),
        ("browser", "track.line_items.0.product_id", "s", "properties.products.0.sku", "mappings/specs/ecommerce.json#/items/fields/id"),
        ("browser", "track.line_items.0.product_quantity", 1, "default", "mappings/specs/ecommerce.json#/items/fields/quantity"),
        ("browser", "track.note", f"ask {digest('joe@example.com')}", "properties.note", "settings#/custom_properties/0"),
    ],
)
def test_a_field_is_explained_by_rule_source_and_value(explanation, channel, name, value, source, rule):
    """What won, by which rule, and what came of it."""
    field = output(explanation, channel, name)

    assert (field.value, field.source, field.rule) == (value, source, rule)
    assert field.entry


def test_the_rule_of_the_event_is_named(explanation):
    """The user's own map, by its pointer; and the names on both channels."""
    assert explanation.rule == "settings#/event_map/Order Completed"
    assert (explanation.browser, explanation.capi) == (("Checkout",), ("checkout",))
    assert output(explanation, "capi", "event_id").source.startswith("digest of type, event")


def test_personal_data_is_masked_unless_asked_for(explanation):
    """Also what is sent in clear by design, and addresses inside other text."""
    masked = " ".join(stage.shown() for field in explanation.fields for stage in field.stages)
    shown = " ".join(stage.shown(show_values=True) for field in explanation.fields for stage in field.stages)

    for value in ("Jane@Example.com", "203.0.113.7", "Browser/1.0", "joe@example.com"):
        assert value not in masked
        assert value in shown


@pytest.mark.parametrize("event", [{}, {"type": "group"}, {"type": "track"}, {"type": "track", "event": "!"}, {"type": 5}])
def test_an_event_that_goes_nowhere_has_only_problems(event):
    """Nothing to explain, but the reason."""
    explanation = Destination({}).explain(event)

    assert (explanation.fields, explanation.pintrk, explanation.capi_events) == ((), [], [])
    assert explanation.problems


def test_identify_and_a_refused_api_event_explain_what_is_left():
    """The tag's `set`, or the tag's call alone."""
    destination = Destination({})
    identify = destination.explain({"type": "identify", "traits": {"email": "jane@example.com"}})
    refused = destination.explain({"type": "track", "event": "Lead", "messageId": "m"})

    assert [field.output for field in identify.fields] == ["set.em"]
    assert [stage.what for stage in identify.fields[0].stages] == ["found", "em", "first"]
    assert {field.channel for field in refused.fields} == {"browser"}
