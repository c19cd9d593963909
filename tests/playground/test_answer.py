"""The playground's answer: payloads as `transform` gives them, where each field came from, and whether Pinterest can match."""

import json
from pathlib import Path

import pytest
from attrs import asdict

from pinterest_destination import Destination
from pinterest_destination.insight.answer import MOST_FIELDS, MOST_ITEMS, answer
from pinterest_destination.insight.matching import matching
from pinterest_destination.insight.places import MOST, located, places
from pinterest_destination.rules.path import parse

NOW = 1768478400
CASES = sorted((Path(__file__).parents[1] / "cases").rglob("*.json"))


def order(**changes):
    """An order, good for both channels."""
    return {
        "type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": NOW, "channel": "web",
        "context": {"traits": {"email": "ann@example.com"}},
        "properties": {"order_id": "o-1", "products": [{"product_id": "P-1", "price": 10}, {"product_id": "P-2", "price": 5}]},
        **changes,
    }  # fmt: skip


def ask(event, **settings):
    return answer(Destination({"tag_id": "2612345678901", **settings}, clock=lambda: NOW), event)


def found(made, output):
    """The one explained field with this name."""
    (field,) = (field for field in made["fields"] if field["output"] == output)
    return field


def told(made, output, channel="capi"):
    """Of all explained fields with this name on a channel: the payloads that each stands in, its way's end, and its places."""
    return [(field["payloads"], field["value"], field["places"]) for field in made["fields"] if (field["output"], field["channel"]) == (output, channel)]


def without_source(made):
    """Yield every value in the payloads that no explained field is, or is in."""
    for channel, payloads in (("browser", made["pintrk"]), ("capi", made["capi"])):
        for n, payload in enumerate(payloads):
            known = {field["output"] for field in made["fields"] if field["channel"] == channel and n in field["payloads"]}
            if channel == "capi":
                yield from leaves(payload, "", known)
            elif len(payload) == 3:  # a name, too
                yield from leaves(payload[2], payload[0], known - {payload[0]}) if payload[0] in known else [payload[0]]
            else:
                yield from leaves(payload[1], payload[0], known)


def leaves(value, path, known):
    """Yield the dot-paths of values that are neither known nor in anything known."""
    if path in known:
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not parts:
        yield path
    for key, part in parts:
        yield from leaves(part, f"{path}.{key}".removeprefix("."), known)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_answer_to_a_fixture_has_what_transform_gives(path, monkeypatch):
    """It is JSON, each value has a source, places are there in the event, and no value in clear is in the fields."""
    case = json.loads(path.read_text("utf-8"))
    monkeypatch.chdir(path.parent)
    destination = Destination(case["settings"], clock=lambda: NOW)
    made = answer(destination, case["event"])
    conversion = destination.transform(case["event"])

    json.dumps(made, allow_nan=False)
    assert list(without_source(made)) == []
    assert (made["pintrk"], made["capi"]) == (conversion.pintrk, conversion.capi)
    assert made["problems"] == [asdict(problem) for problem in conversion.problems]
    assert len(made["problem_places"]) == len(made["problems"])
    for pointer in (place for field in made["fields"] for place in field["places"]):
        node = case["event"]
        for token in pointer.split("/")[1:]:
            node = node[int(token)] if isinstance(node, list) else node[token.replace("~1", "/").replace("~0", "~")]
    assert "ann@example.com" not in json.dumps([field["stages"] for field in made["fields"]])
    sent = {key for payload in made["capi"] for key in payload["user_data"]}
    assert not sent or {one["key"] for one in made["matching"]["identifiers"] if one["present"]} == sent


def test_a_field_tells_rule_source_and_place():
    """As `explain` does on the command line, with the pointer for the editor."""
    field = found(ask(order()), "user_data.em")

    assert field["source"] == "context.traits.email"
    assert field["places"] == ["/context/traits/email"]
    assert field["rule"].startswith("mappings/specs/ecommerce.json#/fields/em")
    assert field["stages"][0]["masked"] is True


def test_a_payload_that_its_schema_refuses_is_told(refusable):
    """If the settings are strict: it is not among the payloads, and no explained field is in it."""
    made = ask(order(properties={"order_id": "refusable"}), strict=True)

    assert made["capi"] == []
    assert [(problem["code"], problem["channel"]) for problem in made["problems"]] == [("invalid_payload", "capi")]
    assert told(made, "custom_data.order_id") == [([], "refusable", ["/properties/order_id"])]
    assert told(made, "track.order_id", "browser") == [([0], "refusable", ["/properties/order_id"])]
    assert len(ask(order(properties={"order_id": "refusable"}))["capi"]) == 1


def test_what_is_made_of_products_is_at_the_products():
    """A list of ids stands where the ids do."""
    made = ask(order())

    assert found(made, "custom_data.content_ids")["places"] == ["/properties/products/0/product_id", "/properties/products/1/product_id"]
    assert found(made, "custom_data.contents.1.id")["places"] == ["/properties/products/1/product_id"]


def test_what_an_event_is_called_is_at_its_type_and_name():
    """On both channels."""
    made = ask(order())

    assert told(made, "event_name") == [([0], "checkout", ["/type", "/event"])]
    assert told(made, "track", "browser") == [([0], "Checkout", ["/type", "/event"])]
    assert found(made, "event_name")["rule"].startswith("mappings/specs/ecommerce.json#/events/")


def test_each_of_several_events_has_its_own_name():
    """What they share stands in all of them."""
    made = ask(order(), event_map={"Order Completed": ["checkout", "lead"]})

    assert [(payloads, value) for payloads, value, _ in told(made, "event_name")] == [([0], "checkout"), ([1], "lead")]
    assert [payloads for payloads, _, _ in told(made, "event_id")] == [[0, 1]]
    assert [payloads for payloads, _, _ in told(made, "track.event_id", "browser")] == [[0, 1]]


def test_a_field_of_a_call_is_not_one_of_another():
    """The tag gets `set` before `track`."""
    made = ask(order(properties={"opt_out_type": "LDP", "order_id": "o-1"}))

    assert [payloads for payloads, _, _ in told(made, "set.opt_out_type", "browser")] == [[0]]
    assert [payloads for payloads, _, _ in told(made, "track.order_id", "browser")] == [[1]]


SUBSCRIPTIONS = {
    "subscriptions": [
        {
            "subscribe": 'type = "track"',
            "mapping": {
                "event_name": name,
                "action_source": "web",
                "user_data": {"email": {"@path": "$.context.traits.email"}},
                "custom_data": {"order_id": {"@path": path}, "currency": {"@if": {"exists": {"@path": "$.properties.cur"}, "then": {"@path": "$.properties.cur"}, "else": {"@path": "$.properties.currency"}}}},
            },
        }
        for name, path in (("checkout", "$.properties.order_id"), ("lead", "$.properties.other"))
    ]
}


def test_each_subscription_has_its_own_sources():
    """Equal values do not confuse them; an @if is at what it chose, and a place that no mapping reads is none."""
    event = order(properties={"order_id": "same", "other": "same", "currency": "EUR"}, payload={"custom_data": {"order_id": "stranger"}})
    made = ask(event, **SUBSCRIPTIONS)

    assert told(made, "custom_data.order_id") == [([0], "same", ["/properties/order_id"]), ([1], "same", ["/properties/other"])]
    assert told(made, "custom_data.currency") == [([0], "EUR", ["/properties/currency"]), ([1], "EUR", ["/properties/currency"])]
    assert [payloads for payloads, _, _ in told(made, "track.order_id", "browser")] == [[0], [1]]
    assert [value for _, value, _ in told(made, "event_name")] == ["checkout", "lead"]
    assert len(made["names"]["subscriptions"]) == 2


@pytest.mark.parametrize(
    ("path", "spelling", "expected"),
    [
        ("a.b", "exact", ["/a/b"]),
        ("A.B", "exact", []),
        ("A.B", "any_case", ["/a/b"]),
        ("a_.b", "any_spelling", ["/a/b"]),
        ("rows.*.c", "exact", ["/rows/0/c", "/rows/1/c"]),
        ("rows.1.c", "exact", ["/rows/1/c"]),
        ("one.0.c", "exact", ["/one/c"]),
        ("one.*.c", "exact", ["/one/c"]),
        ("x.y", "exact", ["/x.y"]),
        ("s/t", "exact", ["/s~1t"]),
        ("rows.9.c", "exact", []),
        ("rows.²", "exact", []),
        ("a.b.c", "exact", []),
    ],
)
def test_a_path_is_found_in_the_event(path, spelling, expected):
    """As `Path.find` reads it."""
    event = {"a": {"b": 1}, "rows": [{"c": 1}, {"c": 2}], "one": {"c": 3}, "x.y": 4, "s/t": 5}

    assert list(located(parse(path, spelling), event)) == expected


def test_places_are_told_once_and_are_not_endless():
    """A value may be made of a thousand products."""
    assert len(places([parse("rows.*")], {"rows": list(range(1000))})) == MOST
    assert places([parse("a"), parse("a")], {"a": 1}) == ["/a"]


def test_fields_of_products_are_not_endless():
    """What is left out is counted; what is made of all products is still there."""
    made = ask(order(properties={"products": [{"product_id": f"P-{n}", "price": n} for n in range(500)]}))

    assert made["left_out"] == {"items": 500 - MOST_ITEMS, "fields": 0}
    assert found(made, f"custom_data.contents.{MOST_ITEMS - 1}.id")["places"] == [f"/properties/products/{MOST_ITEMS - 1}/product_id"]
    assert told(made, f"custom_data.contents.{MOST_ITEMS}.id") == []
    assert len(found(made, "custom_data.content_ids")["value"]) == 500


def test_fields_are_not_endless():
    """A subscription may be one of very many."""
    (row, _) = SUBSCRIPTIONS["subscriptions"]
    made = ask(order(), subscriptions=[row] * 200)

    assert len(made["fields"]) == MOST_FIELDS
    assert made["left_out"]["fields"] > 0


def test_identifiers_tell_what_they_would_add():
    """And which of them would be enough."""
    made = ask(order(context={"ip": "203.0.113.7"}))["matching"]
    by = {one["key"]: one for one in made["identifiers"]}

    assert [group for group in made["enough"] if group["present"]] == []
    assert ["em"] in [group["keys"] for group in made["enough"]]
    assert (by["em"]["present"], by["em"]["alone"], by["em"]["tag"]) == (False, True, True)
    assert "context.traits.email" in by["em"]["from"]
    assert by["client_user_agent"]["with"] == ["client_ip_address"]
    assert all(one["adds"].endswith(".") for one in made["identifiers"])


@pytest.mark.parametrize(
    ("event", "settings"),
    [
        (order(timestamp="never"), {}),
        (order(context={"consentManagement": {"deniedConsentIds": ["ads"]}, "traits": {"email": "ann@example.com"}}), {"consent": {"categories": ["ads"]}}),
        (order(timestamp="never"), SUBSCRIPTIONS),
    ],
    ids=["no time", "no consent", "subscriptions"],
)
def test_identifiers_of_what_is_not_sent_are_there(event, settings):
    """What an event lacks otherwise does not make its identifiers missing."""
    made = ask(event, **settings)

    assert "missing_identity" not in [problem["code"] for problem in made["problems"]]
    assert {one["key"] for one in made["matching"]["identifiers"] if one["present"]} == {"em"}
    assert ["em"] in [group["keys"] for group in made["matching"]["enough"] if group["present"]]


def test_an_identifier_that_the_settings_never_send_is_off():
    """It is not said to be missing: nothing in the event would bring it."""
    identifiers = ask(order(userId="u-1"), send_external_id=False)["matching"]["identifiers"]

    assert {one["key"] for one in identifiers if one["off"]} == {"external_id"}
    assert not any(one["off"] for one in ask(order())["matching"]["identifiers"])


def test_an_identifier_may_come_from_a_setting():
    """Then that is where it is looked for."""
    identifiers = ask(order(), overrides={"fields": {"partner_id": {"from": [{"setting": "partner_name"}], "as": "text"}}})["matching"]["identifiers"]

    assert [one["from"] for one in identifiers if one["key"] == "partner_id"] == [["setting partner_name"]]


OFFLINE = {"channel": "server", "action_source": "offline"}


@pytest.mark.parametrize(
    ("event", "settings", "state", "why"),
    [
        (order(), {}, "once", "within 24 hours"),
        (order(**OFFLINE), {"action_source": "offline"}, "twice", "action source is offline"),
        (order(context={}), {}, "single", "Only the tag"),
        (order(event="Fancy Thing"), {"event_map": {"Fancy Thing": "app_open"}}, "single", "Only the Conversions API sends it, so there is nothing to remove."),
        (order(event="Fancy Thing", **OFFLINE), {"event_map": {"Fancy Thing": "app_open"}, "action_source": "offline"}, "single", "must not be sent again"),
        (order(), {"test_mode": True}, "single", "only the tag counts"),
        (order(event="Fancy Thing"), {"event_map": {"Fancy Thing": "app_open"}, "test_mode": True}, "single", "nothing counts"),
        (order(), {"tag_id": None}, "single", "no tag_id, so there is no page code that loads the tag, and its call reaches nobody, unless the page loads the tag itself. Only the Conversions API sends it"),
        (order(context={}), {"tag_id": None}, "single", "unless the page loads the tag itself. Only the tag would send it."),
        (order(), {"tag_id": None, "test_mode": True}, "single", "nothing counts"),
    ],
)
def test_duplicates_are_told(event, settings, state, why):
    """Once, twice, or on one channel only, and why."""
    (row,) = ask(event, **settings)["matching"]["deduplication"]

    assert (row["state"], why in row["why"]) == (state, True)
    assert row["why"].endswith(".")


@pytest.mark.parametrize(
    ("tag", "api", "state", "why"),
    [("m-1", "m-1", "once", "same event_id"), ("m-1", "m-2", "twice", "different ids"), (" ", "", "twice", "without event_id"), ("m-1", "", "twice", "without event_id")],
)
def test_duplicates_need_equal_ids_that_are_not_blank(tag, api, state, why):
    """Whoever made the payloads."""
    plan = Destination({"tag_id": "2612345678901"}).plan
    (row,) = matching(plan, [["track", "Checkout", {"event_id": tag}]], [{"event_name": "checkout", "event_id": api, "user_data": {}}], "track", ())["deduplication"]

    assert (row["state"], why in row["why"]) == (state, True)


def test_page_code_needs_a_tag():
    """Otherwise the reason is told."""
    assert "pintrk(" in ask(order())["page"]["code"]
    assert ask(order(), tag_id=None)["page"] == {"code": "", "why": "/tag_id: expected the tag's id, which loading the tag needs", "visitor": []}


def test_the_page_is_opened_by_who_the_event_is_about():
    """The tag is loaded with the match keys of its traits: those of the call before those of the context."""
    known = ask(order(context={"traits": {"email": "bob@example.com"}}, traits={"email": "ann@example.com"}))

    assert known["page"]["visitor"] == ["em"]
    assert known["page"]["code"] == Destination({"tag_id": "2612345678901"}, clock=lambda: NOW).page([order()], {"email": "ann@example.com"})
    assert ask(order(context={}))["page"]["visitor"] == []
    assert ask(order(context=7, traits="none"))["page"]["visitor"] == []
    assert ask(order(), enhanced_match=[])["page"]["visitor"] == []
    assert ask(order(context={"consentManagement": {"deniedConsentIds": ["ads"]}, "traits": {"email": "ann@example.com"}}), consent={"categories": ["ads"]})["page"]["visitor"] == []


@pytest.mark.parametrize("event", [None, 7, [], "text", {}, {"type": 3}, {"type": "group"}, {"type": "track"}, {"type": "identify", "traits": {"email": "ann@example.com"}}])
def test_what_is_no_event_gets_an_answer(event):
    """With a problem, or with nothing for the Conversions API."""
    made = ask(event)

    assert made["capi"] == []
    assert made["problems"]


def test_a_problem_has_its_place_in_the_event_if_there_is_one():
    """As the event writes it; nothing where it is about the whole, or about what is missing."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "properties": {"Note~/": {"x": 1}}}
    made = answer(Destination({"tag_id": "2612345678901", "custom_properties": ["note~/"]}, clock=lambda: 1768478400), event)
    codes = [problem["code"] for problem in made["problems"]]

    assert list(zip(codes, made["problem_places"], strict=True)) == [("unusable_value", "/properties/Note~0~1"), ("assumed_action_source", None), ("missing_identity", None)]
