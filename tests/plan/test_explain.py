"""Where every field came from."""

import pytest

from pinterest_destination import Destination
from pinterest_destination.identity import digest

NOW = 1700000000

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


# -- paths: where in the event, as data


def paths_of(settings, event, output):
    """The paths that each explained field of this name was read at."""
    found = Destination({"tag_id": "2612345678901", **settings}, clock=lambda: NOW).explain(event)
    return [[path.text for path in one.paths] for one in found.fields if one.output == output]


def subscription(**mapping):
    """Settings with one subscription to every track call, which fills these parts of the payload."""
    whole = {"event_name": "checkout", "action_source": "web", "user_data": {"email": {"@path": "$.context.traits.email"}}, **mapping}
    return {"subscriptions": [{"subscribe": 'type = "track"', "mapping": whole}]}


IF = {"exists": {"@path": "$.properties.a"}, "then": {"@path": "$.properties.b"}, "else": {"@path": "$.properties.c"}}


@pytest.mark.parametrize(
    ("made", "properties", "expected"),
    [
        ({"@path": "$.properties.b"}, {"b": "x"}, ["properties.b"]),
        ("constant", {}, []),
        ({"@if": IF}, {"a": 1, "b": "x", "c": "y"}, ["properties.b"]),
        ({"@if": IF}, {"b": "x", "c": "y"}, ["properties.c"]),
        ({"@if": {"blank": IF["exists"], "then": "x", "else": "y"}}, {"a": 1}, ["properties.a"]),
        ({"@if": {**IF, "then": {"@if": IF}}}, {"a": 1, "b": "x"}, ["properties.b"]),
        ({"@template": "{{properties.a}}-{{properties.b}}"}, {"a": 1, "b": 2}, ["properties.a", "properties.b"]),
        ({"@case": {"operator": "upper", "value": {"@path": "$.properties.b"}}}, {"b": "x"}, ["properties.b"]),
        ({"@literal": "x"}, {}, []),
    ],
)
def test_a_payload_leads_to_what_its_mapping_read(made, properties, expected):
    """Of a choice, only to what was chosen; to the question, where that is a constant."""
    settings = subscription(custom_data={"order_id": made})

    assert paths_of(settings, {"type": "track", "timestamp": NOW, "context": {"traits": {"email": "ann@example.com"}}, "properties": properties}, "custom_data.order_id") == [expected]


@pytest.mark.parametrize("rows", [[{"sku": "s-1"}], {"sku": "s-1"}])
def test_a_choice_within_a_row_is_that_rows(rows):
    """Also of an object that stands where a list may."""
    row = {"id": {"@if": {"exists": {"@path": "$.id"}, "then": {"@path": "$.id"}, "else": {"@path": "$.sku"}}}}
    settings = subscription(data_format="latest", contents={"@arrayPath": ["$.properties.rows", row]})
    event = {"type": "track", "timestamp": NOW, "context": {"traits": {"email": "ann@example.com"}}, "properties": {"rows": rows}}

    assert paths_of(settings, event, "custom_data.contents.0.id") == [["properties.rows.0.sku"]]


@pytest.mark.parametrize(
    ("event", "name", "expected"),
    [
        (EVENT, "custom_data.num_items", ["properties.products.0"]),
        (EVENT, "custom_data.content_ids", ["properties.products.0.sku"]),
        (EVENT, "custom_data.contents.0.item_price", ["properties.products.0.price"]),
        (EVENT, "action_source", ["channel"]),
        (EVENT, "partner_name", []),
        (EVENT, "event_id", ["type", "event"]),
        ({**EVENT, "messageId": "m"}, "event_id", ["messageId"]),
    ],
)
def test_what_is_no_one_place_still_has_its_paths(event, name, expected):
    """Sums and lists those of the products, constants those of their conditions, digests those of their parts; a setting has none."""
    paths = paths_of({"partner_name": "ss-shop"}, event, name)

    assert [each[: len(expected) or None] for each in paths] == [expected]


def test_what_is_told_of_rows_leads_to_the_rows():
    """Of each product that does not say how many it is, one is counted."""
    settings = subscription(data_format="latest", contents={"@arrayPath": ["$.properties.rows", {"id": {"@path": "$.sku"}}]})
    event = {"type": "track", "timestamp": NOW, "context": {"traits": {"email": "ann@example.com"}}, "properties": {"rows": [{"sku": "a"}, {"sku": "b"}]}}

    assert paths_of(settings, event, "custom_data.num_items") == [["properties.rows.0", "properties.rows.1"]]


def test_a_refusal_of_consent_leads_to_where_it_is_told():
    """Where nobody tells, there is no place."""
    settings = {"consent": {"categories": ["ads"], "unknown": "denied"}}
    told = {**EVENT, "context": {"consentManagement": {"deniedConsentIds": ["ads"]}}}

    assert paths_of(settings, told, "setconsent") == [["context.consentManagement.deniedConsentIds"]]
    assert paths_of(settings, EVENT, "setconsent") == [[]]


def test_products_may_be_left_unexplained():
    """Their number is told."""
    products = [{"sku": f"s-{n}", "price": n} for n in range(5)]
    explained = Destination({}, clock=lambda: NOW).explain({**EVENT, "properties": {"products": products}}, items=2)

    assert {one.output.split(".")[2] for one in explained.fields if one.output.startswith("custom_data.contents.")} == {"0", "1"}
    assert explained.items_left_out == 3
    assert Destination({}, clock=lambda: NOW).explain(EVENT).items_left_out == 0
