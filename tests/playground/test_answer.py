"""The playground's answer: payloads as `transform` gives them, where each field came from, and whether Pinterest can match."""

import json
from pathlib import Path

import pytest

from pinterest_destination import Destination
from pinterest_destination.insight.answer import MOST_FIELDS, answer
from pinterest_destination.insight.places import MOST, located, places

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


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_answer_to_a_fixture_has_what_transform_gives(path, monkeypatch):
    """It is JSON, its places are there in the event, and no value in clear is in its fields."""
    case = json.loads(path.read_text("utf-8"))
    monkeypatch.chdir(path.parent)
    destination = Destination(case["settings"], clock=lambda: NOW)
    made = answer(destination, case["event"])
    conversion = destination.transform(case["event"])

    json.dumps(made, allow_nan=False)
    assert (made["pintrk"], made["capi"]) == (conversion.pintrk, conversion.capi)
    assert [problem["code"] for problem in made["problems"]] == [problem.code for problem in conversion.problems]
    for pointer in (place for field in made["fields"] for place in field["places"]):
        node = case["event"]
        for token in pointer.split("/")[1:]:
            node = node[int(token)] if isinstance(node, list) else node[token.replace("~1", "/").replace("~0", "~")]
    assert "ann@example.com" not in json.dumps([field["stages"] for field in made["fields"]])


def test_a_field_tells_rule_source_and_place():
    """As `explain` does on the command line, with the pointer for the editor."""
    field = found(ask(order()), "user_data.em")

    assert field["source"] == "context.traits.email"
    assert field["places"] == ["/context/traits/email"]
    assert field["rule"].startswith("mappings/specs/ecommerce.json#/fields/em")
    assert field["stages"][0]["masked"] is True


def test_what_is_made_of_products_is_at_the_products():
    """A list of ids stands where the ids do."""
    made = ask(order())

    assert found(made, "custom_data.content_ids")["places"] == ["/properties/products/0/product_id", "/properties/products/1/product_id"]
    assert found(made, "custom_data.contents.1.id")["places"] == ["/properties/products/1/product_id"]
    assert made["names"]["places"] == ["/type", "/event"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.b", ["/a/b"]),
        ("A.B", ["/a/b"]),
        ("a_.b", ["/a/b"]),
        ("rows.*.c", ["/rows/0/c", "/rows/1/c"]),
        ("rows.1.c", ["/rows/1/c"]),
        ("one.0.c", ["/one/c"]),
        ("x.y", ["/x.y"]),
        ("s/t", ["/s~1t"]),
        ("rows.9.c", []),
        ("a.b.c", []),
        ("", []),
        ("default", []),
        ("setting app_id", []),
        ("digest of a.b, x.y, no", ["/a/b", "/x.y"]),
        ("constant, by a.b", ["/a/b"]),
        ("payload.v, from a.b", ["/a/b"]),
        ("payload.v, by @if of a.b, x.y", ["/a/b", "/x.y"]),
        ("payload.v, by @now", []),
    ],
)
def test_a_source_is_found_in_the_event(source, expected):
    """In the words that explanations have for it."""
    event = {"a": {"b": 1}, "rows": [{"c": 1}, {"c": 2}], "one": {"c": 3}, "x.y": 4, "s/t": 5}

    assert places(source, event) == expected


def test_places_are_not_endless():
    """A value may be made of a thousand products."""
    assert len(places("rows.*", {"rows": list(range(1000))})) == MOST
    assert located("rows.*", {"rows": []}) == []


def test_fields_are_not_endless():
    """What is left out is counted."""
    made = ask(order(properties={"products": [{"product_id": f"P-{n}", "price": n} for n in range(500)]}))

    assert len(made["fields"]) == MOST_FIELDS
    assert made["fields_left_out"] > 1000


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
    ("event", "settings", "state"),
    [
        (order(), {}, "once"),
        (order(channel="server", action_source="offline"), {"action_source": "offline"}, "twice"),
        (order(context={}), {}, "single"),
        (order(event="Fancy Thing"), {"event_map": {"Fancy Thing": "app_open"}}, "single"),
    ],
)
def test_duplicates_are_told(event, settings, state):
    """Once, twice, or on one channel only, and why."""
    (row,) = ask(event, **settings)["matching"]["deduplication"]

    assert row["state"] == state
    assert row["why"].endswith(".")


def test_page_code_needs_a_tag():
    """Otherwise the reason is told."""
    assert "pintrk(" in ask(order())["page"]["code"]
    assert ask(order(), tag_id=None)["page"] == {"code": "", "why": "/tag_id: expected the tag's id, which loading the tag needs"}


@pytest.mark.parametrize("event", [None, 7, [], "text", {}, {"type": 3}, {"type": "group"}, {"type": "track"}, {"type": "identify", "traits": {"email": "ann@example.com"}}])
def test_what_is_no_event_gets_an_answer(event):
    """With a problem, or with nothing for the Conversions API."""
    made = ask(event)

    assert made["capi"] == []
    assert made["problems"]
