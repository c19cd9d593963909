"""No mapping of Segment Actions sends in clear what stands at a place of personal data, whichever directives it goes through."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination import Destination

from .strategies import NOW, plant

pytestmark = pytest.mark.property

VALUES = {
    "properties.phone": "+15551234567",
    "properties.customer.name": "Zaphod Sentinelname",
    "properties.contact": "Sentinelcontact",
    "properties.shipping.phone": "+15557654321",
    "properties.shipping.to.last_name": "Sentinellast",
    "context.traits.phone": "+15559876543",
    "context.traits.firstName": "Sentinelfirst",
    "context.traits.name": "Sentinelwhole",
    "context.device.advertisingId": "CAFEBABE-FEED-DEAD-BEEF-0123456789AB",
    "context.ip": "203.0.113.77",
    "traits.address.city": "Sentinelcity",
    "userId": "sentinel-user",
}
"""What stands where, each unlike all else in the event."""


def event():
    """An event for both channels with all the values, and things that are nobody's."""
    made = {"type": "track", "event": "Bought", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "traits": {"email": "jane@example.com"}}
    made |= {"properties": {"order_id": "O-1", "order": {"id": "O-1"}, "total": 35, "sku": "P-9", "cart": '[{"sku": "A-1"}]', "products": [{"product_id": "P-1", "name": "Mug", "id": "P-1", "item_name": "Mug", "phone": "+15557654321"}], "at": "properties.phone", "form": "{{context.traits.firstName}}"}}
    made |= {"context": {"page": {"title": "Home"}, "traits": {}, "device": {}}}
    for path, value in VALUES.items():
        plant(made, path, value)
    plant(made, "properties.people", [VALUES["context.traits.phone"], {"phone": VALUES["properties.phone"]}])
    return made


EVENT = event()
BASE = {"data_format": "latest", "event_name": "checkout", "action_source": "web", "event_time": {"@path": "$.timestamp"}, "event_id": {"@path": "$.messageId"}, "user_data": {"email": {"@path": "$.traits.email"}}}


def destination(mapping):
    """A destination with one subscription for every event."""
    return Destination({"subscriptions": [{"subscribe": 'type != "none"', "mapping": {**BASE, **mapping}}]}, clock=lambda: NOW)


def said(made):
    """All that leaves, without digests and the IP address in its own place, in lower case."""
    conversion = made.transform(EVENT)
    assert conversion.capi
    assert conversion.pintrk
    capi = json.loads(json.dumps(conversion.capi))
    capi[0]["user_data"].pop("client_ip_address", None)
    return re.sub("[0-9a-f]{64}", "", json.dumps([conversion.pintrk, capi, [*map(str, conversion.problems)]]).lower())


def leaked(made):
    """The values of which anything is seen in what leaves."""
    text = said(made)
    digits = re.sub(r"[^0-9a-z]", "", text)
    return [value for value in VALUES.values() if value.lower() in text or re.sub(r"[^0-9a-z]", "", value.lower()) in digits]


def encoded(node):
    return {"@json": {"mode": "encode", "value": node}}


def flat(node):
    return {"@flatten": {"separator": "_", "value": node}}


def merged(*nodes):
    return {"@merge": {"direction": "left", "objects": list(nodes)}}


def path(text):
    return {"@path": text}


def applied(apply, mapping):
    return {"@transform": {"apply": apply, "mapping": mapping}}


WHOLES = ["$.context.traits", "$.context", "$.properties", "$.traits", "$.context.device", "$.properties.customer", "", "."]
"""Paths of objects that hold persons, and of the whole event."""
OTHERS = ["$.properties.shipping", "$.properties.products", "$.properties.people.1"]
"""Objects of which nothing is known, and which have something with a personal name in them."""
ALONE = ["$.properties.phone", "$.context.traits.firstName", "$.context.ip", "$.userId", "properties.people.1.phone", "$.properties.products[0].phone", "$.traits['address'].city"]
"""Paths of what is personal itself."""


FORMS = [
    encoded,
    lambda node: encoded(flat(node)),
    lambda node: encoded(merged(node, {"a": 1})),
    lambda node: encoded({"@excludeWhenNull": node}),
    lambda node: encoded({"@arrayPath": [node]}),
    lambda node: encoded({"@literal": {"a": [node]}}),
    lambda node: encoded({"@if": {"exists": 1, "then": node}}),
    lambda node: {"@case": {"operator": "upper", "value": encoded(node)}},
    lambda node: {"@replace": {"pattern": "x", "value": encoded(node)}},
    lambda node: encoded({"@arrayPath": [node["@path"], {"x": path("")}]}),
    lambda node: applied({"f": node}, encoded(path("$.f"))),
    lambda node: applied({"f": {"g": node}}, encoded(path(""))),
    lambda node: applied({"f": encoded(node)}, {"@template": "{{f}}"}),
]
"""Ways in which an object becomes text."""


@pytest.mark.parametrize("whole", WHOLES)
@pytest.mark.parametrize("form", FORMS)
def test_an_object_that_holds_persons_leaves_in_no_text(whole, form):
    """Whatever directive makes the text of it, and in whichever field; the plan tells the place."""
    node = form(path(whole))
    made = destination({"custom_data_2": {"order_id": node, "search_string": node}, "contents": [{"id": "P-1", "item_name": node}]})

    assert leaked(made) == []
    assert {problem.path.split("/")[-1] for problem in made.problems if problem.code == "risky_mapping"} == {"order_id", "search_string", "item_name"}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("form", FORMS)
def test_what_has_a_personal_name_leaves_in_no_text(form, other):
    """Nobody knows what an object of an event holds; in the text of it, what is called a phone is a digest."""
    node = form(path(other))

    assert leaked(destination({"custom_data_2": {"order_id": node, "search_string": node}})) == []


@pytest.mark.parametrize(
    "mapping",
    [
        {"custom_data_2": {"order_id": path({"@template": "properties.phone"})}},
        {"custom_data_2": {"order_id": path({"@literal": "properties.phone"})}},
        {"custom_data_2": {"order_id": path({"@path": "$.properties.at"})}},
        {"custom_data_2": {"order_id": {"@template": {"@literal": "o-{{properties.phone}}"}}}},
        {"custom_data_2": {"order_id": {"@template": {"@path": "$.properties.form"}}}},
        {"custom_data_2": {"order_id": {"@if": {"exists": 1, "then": path({"@if": {"exists": 1, "then": "userId"}})}}}},
        {"custom_data_2": {"order_id": applied({"f": flat(path("$.context"))}, path("$.f.traits_firstName"))}},
        {"custom_data_2": {"order_id": applied({"f": merged(path("$.context.traits"))}, path("$.f.firstName"))}},
        {"custom_data_2": {"order_id": applied({"f": merged({"x": path("$.properties.products.0")})}, path("$.f.x.phone"))}},
        {"custom_data_2": {"order_id": applied({"f": flat(path("$.properties.shipping"))}, path("$.f.to_last_name"))}},
        {"custom_data_2": {"order_id": applied({"f": {"@literal": path("$.context")}}, path("$.f.traits.name"))}},
        {"custom_data_2": {"order_id": applied({"f": path("")}, path("$.f.userId"))}},
        {"contents": {"@arrayPath": ["$.context", {"item_name": encoded(path(""))}]}},
        {"contents": {"@arrayPath": [path("$.context"), {"item_name": path("$.traits.name")}]}},
        {"contents": {"@arrayPath": [{"@if": {"exists": 1, "then": path("$.context.traits")}}, {"item_name": path("$.name")}]}},
        {"contents": {"@arrayPath": [{"@literal": path("$.properties.people")}, {"item_name": path("$.phone")}]}},
        {"contents": {"item_name": path("$.userId"), "id": "P-1"}},
        {"contents": [{"item_name": {"@if": {"exists": path("$.a"), "else": path("$.userId")}}}]},
        {"custom_data_2": [{"order_id": path("$.userId")}]},
        {"custom_data_2.order_id": path("$.userId")},
        {"custom_data_2": {"content_ids": {"@arrayPath": ["$.properties.phone", {"x": path("$.y")}]}}},
        {"custom_data_2": {"content_ids": {"@arrayPath": ["$.properties.phone", 5]}}},
        {"custom_data_2": {"content_ids": {"@arrayPath": [path("$.properties.phone"), "x"]}}},
        {"custom_data_2": {"content_ids": {"@arrayPath": ["$.properties.contact"]}}},
        {"custom_data_2": merged({"order_id": "x"}, applied({"order_id": path("$.userId")}, path("")))},
        {"custom_data_2": {"@excludeWhenNull": {"order_id": path("$.userId")}}},
        {"__segment_internal_directive": {"@transform": {"apply": {"x": path("$.userId")}}}, "custom_data_2": {"order_id": path("$.x")}, **{key: BASE[key] for key in ("event_name",)}},
        {"custom_data_2": applied({"s": path("$.properties.shipping")}, applied({"g": merged(path("$.s"))}, {"order_id": path("$.g.phone")}))},
        {"custom_data_2": applied({"s": path("$.properties.shipping")}, applied({"g": {"@excludeWhenNull": path("$.s")}}, {"order_id": path("$.g.to.last_name")}))},
        {"custom_data_2": applied({"s": path("$.properties.shipping")}, applied({"g": {"@arrayPath": [path("$.s")]}}, {"order_id": path("$.g.phone")}))},
        {"custom_data_2": applied({"f": flat({"ship_to": {"user_ref": path("$.userId")}})}, {"order_id": path("$.f.ship_to_user_ref")})},
        {"custom_data_2": flat({"": {"order_id": path("$.userId")}})},
        {"custom_data_2": applied({"f": {"@flatten": {"separator": "_2.", "value": {"a": {"b": path("$.userId")}}}}}, {"order_id": path("$.f['a_2.b']")})},
        {"custom_data_2": applied({"f": {"a.b": path("$.userId")}}, {"order_id": path("$.f.a.b")})},
    ],
)
def test_no_way_round_is_open(mapping):
    """Paths that the mapping computes or renames, rows that are none, and fields that are written otherwise."""
    root = {} if "__segment_internal_directive" not in mapping else {"event_id": "m-1", "event_time": NOW - 60, "user_data": {"email": "jane@example.com"}}
    made = destination({**mapping, **root})

    assert leaked(made) == []
    assert "risky_mapping" in {problem.code for problem in made.problems}


@pytest.mark.parametrize("field", [{"custom_data_2": {"order_id": path("$.userId")}}, {"custom_data_2.order_id": path("$.userId")}], ids=["within", "dotted"])
def test_the_directive_of_the_root_is_looked_through(field):
    """One that is no @transform gives the whole payload, whatever stands beside it."""
    objects = [{**BASE, **field}]
    made = destination({"__segment_internal_directive": {"@merge": {"direction": "left", "objects": objects}}})

    assert [(problem.code, problem.path) for problem in made.problems][:1] == [("risky_mapping", "/subscriptions/0/mapping/__segment_internal_directive")]
    assert "sentinel-user" not in json.dumps([made.transform(EVENT).pintrk, made.transform(EVENT).capi])


@pytest.mark.parametrize(
    ("mapping", "gives"),
    [
        ({"custom_data_2": {"order_id": path("$.properties.order_id")}}, "O-1"),
        ({"custom_data_2": {"order_id": path({"@literal": "$.properties.order_id"})}}, "O-1"),
        ({"custom_data_2": {"order_id": applied({"p": path("$.properties"), "c": path("$.context")}, path("$.p.order_id"))}}, "O-1"),
        ({"custom_data_2": {"order_id": {"@if": {"exists": path("$.userId"), "then": path("$.properties.sku")}}}}, "P-9"),
        ({"custom_data_2": {"search_string": encoded({"@if": {"exists": path("$.userId"), "then": "known"}})}}, '"known"'),
        ({"custom_data_2": {"search_string": encoded(path("$.properties.products.0.name"))}}, '"Mug"'),
        ({"custom_data_2": path("$.properties")}, "O-1"),
        ({"custom_data_2": merged(path("$.properties"), {"search_string": "x"})}, "O-1"),
        ({"custom_data_2": flat({"order": path("$.properties.order")})}, "O-1"),
        ({"contents": path("$.properties.products")}, "Mug"),
        ({"contents": {"@arrayPath": ["$.properties", {"id": path("$.sku")}]}}, "P-9"),
        ({"contents": {"@arrayPath": [{"@if": {"exists": path("$.properties.items"), "then": path("$.properties.items"), "else": path("$.properties")}}, {"id": path("$.sku")}]}}, "P-9"),
        ({"custom_data_2": {"search_string": encoded({"@arrayPath": ["$.properties.products", path("$.name")]})}}, '["Mug"]'),
        ({"custom_data_2": applied({"f": {"@excludeWhenNull": path("$.properties")}}, {"order_id": path("$.f.order_id")})}, "O-1"),
        ({"custom_data_2": applied({"f": merged(path("$.properties"))}, {"order_id": path("$.f.order_id")})}, "O-1"),
        ({"user_data": applied({"t": path("$.traits"), "c": path("$.context")}, {"email": path("$.t.email"), "click_id": path("$.c.page.title")})}, "Home"),
        ({"__segment_internal_directive": {"@transform": {"apply": {"p": path("$.properties"), "t": path("$.traits")}}}, "event_id": "m-1", "event_time": NOW - 60, "user_data": {"email": path("$.t.email")}, "contents": {"@arrayPath": [{"@json": {"mode": "decode", "value": path("$.p.cart")}}, {"id": path("$.sku")}]}}, "A-1"),
        ({"__segment_internal_directive": {"@transform": {"apply": {"x": path("$.properties"), "t": path("$.traits")}}}, "event_id": "m-1", "event_time": NOW - 60, "user_data": {"email": path("$.t.email")}, "custom_data_2": {"order_id": path("$.x.order_id")}}, "O-1"),
    ],
)
def test_what_is_nobodys_leaves_as_it_is(mapping, gives):
    """The tests above do not pass because all is hidden: what lies beside personal data in an object is read as ever."""
    made = destination(mapping)

    assert json.dumps(gives) in json.dumps(made.transform(EVENT).capi)
    assert [problem.code for problem in made.problems] == []


def test_what_lies_beside_a_person_in_a_transformed_object_stays_clear():
    """A digest stands in place of the person alone."""
    made = destination({"custom_data_2": applied({"u": path("$.userId"), "p": path("$.properties")}, {"order_id": path("$.p.order_id"), "currency": "USD", "search_string": path("$.u")})})
    sent = made.transform(EVENT).capi[0]["custom_data"]

    assert (sent["order_id"], sent["currency"]) == ("O-1", "USD")
    assert re.fullmatch("[0-9a-f]{64}", sent["search_string"])


def test_a_part_that_many_read_is_looked_into_once():
    """Were it once for each that reads it, these few lines would take a plan longer than the world has."""
    mapping = {"order_id": path("$.f")}
    for _ in range(15):
        mapping = applied({"f": [path("$.f")] * 10}, mapping)
    made = destination({"custom_data_2": applied({"f": path("$.properties.phone")}, mapping)})

    assert "risky_mapping" in [problem.code for problem in made.problems]


def nested(inner):
    """A directive around parts of a mapping."""
    return st.one_of(
        inner.map(encoded),
        inner.map(lambda node: {"@json": {"mode": "decode", "value": node}}),
        inner.map(flat),
        st.lists(inner, min_size=1, max_size=2).map(lambda nodes: merged(*nodes)),
        inner.map(lambda node: merged({"k": node})),
        inner.map(lambda node: {"@arrayPath": [node]} if "@path" not in node else {"@arrayPath": [node["@path"]]}),
        st.tuples(inner, inner).map(lambda pair: {"@arrayPath": [pair[0], {"id": pair[1], "k": pair[1]}]}),
        st.tuples(inner, inner).map(lambda pair: applied({"f": pair[0], "context": {"g": pair[1]}}, path("$.f"))),
        st.tuples(inner, inner).map(lambda pair: applied({"f": pair[0]}, pair[1])),
        inner.map(lambda node: applied({"g": node}, path("$.g.phone"))),
        st.tuples(inner, inner).map(lambda pair: {"@if": {"exists": pair[0], "then": pair[1], "else": pair[0]}}),
        inner.map(lambda node: {"@case": {"operator": "upper", "value": node}}),
        inner.map(lambda node: {"@replace": {"pattern": "e", "replacement": "e", "value": node}}),
        inner.map(lambda node: {"@template": node}),
        inner.map(path),
        inner.map(lambda node: {"@literal": node}),
        inner.map(lambda node: {"@excludeWhenNull": node}),
    )


READS = st.sampled_from([*WHOLES, *OTHERS, *ALONE, "f", "f.to_last_name", "f.name", "g.phone", "f.k", "k", "id", "context.g", "f.traits_phone", "0", "phone"])
NODES = st.recursive(st.one_of(READS.map(path), READS.map(lambda text: {"@template": f"{{{{{text}}}}}"}), READS.map(lambda text: {"@literal": text})), nested, max_leaves=5)
"""Parts of a mapping that are directives."""


@given(NODES, st.sampled_from(["order_id", "search_string", "content_name", "content_ids", "", "contents", "row", "rows"]))
def test_no_nesting_of_directives_leaks(node, field):
    """Directives in one another, around places of persons and objects that hold them, in any kind of field."""
    if field in ("", "contents"):
        mapping = {field or "custom_data_2": node}
    elif field == "row":
        mapping = {"contents": [{"id": "P-1", "item_name": node}]}
    elif field == "rows":
        mapping = {"contents": {"@arrayPath": [node, {"id": "P-1", "item_name": node}]}}
    else:
        mapping = {"custom_data_2": {field: node}}
    assert leaked(destination(mapping)) == []


@pytest.mark.parametrize("separator", ["_", "-", ".", "__", "x", "ab"])
@pytest.mark.parametrize("whole", ["$.properties", "$.context", "$.properties.shipping", ""])
def test_a_name_that_flatten_makes_is_judged_by_its_parts(whole, separator):
    """What was below a personal name, or had one, stays hidden."""
    apply = {"f": {"@flatten": {"separator": separator, "value": path(whole)}}}
    parts = [name for name in whole.removeprefix("$.").split(".") if name]
    for place in [*VALUES, "properties.people.1.phone", "properties.products.0.phone"]:
        names = place.split(".")
        if names[: len(parts)] == parts:
            name = separator.join(names[len(parts) :])
            assert leaked(destination({"custom_data_2": applied(apply, {"order_id": path(f"$.f['{name}']")})})) == [], place


def test_a_name_of_too_many_parts_is_taken_to_be_personal():
    """It is not looked at further."""
    flattened = {"@flatten": {"separator": "_", "value": path("$.properties")}}
    made = destination({"custom_data_2": applied({"f": flattened}, {"order_id": path(f"$.f.{'a_' * 12}b")})})

    assert "risky_mapping" in [problem.code for problem in made.problems]


@pytest.mark.parametrize(("separator", "name"), [("_", "order_id"), ("-", "order-id"), ("__", "order__id"), ("_", "total")])
def test_what_flatten_makes_of_nobody_s_values_stays_clear(separator, name):
    """Though the object that it goes through holds persons as well."""
    made = destination({"custom_data_2": applied({"f": {"@flatten": {"separator": separator, "value": path("$.properties")}}}, {"order_id": path(f"$.f.{name}")})})

    assert made.transform(EVENT).capi[0]["custom_data"]["order_id"] in ("O-1", "35")
    assert "risky_mapping" not in [problem.code for problem in made.problems]
