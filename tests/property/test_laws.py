"""What holds for every event under any settings: nothing raises, nothing leaks, both channels agree."""

import functools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pinterest_destination import Destination
from pinterest_destination._resources import mappings, read_json, schemas

from .strategies import NOW, SETTINGS, anything, events, for_each, scalars

pytestmark = pytest.mark.property
each_settings = for_each("name", SETTINGS)

TAG_NAMES = {row["tag"]: row["name"] for row in read_json(mappings() / "pinterest.json")["events"] if row["tag"]}
API_ONLY = {row["name"] for row in read_json(mappings() / "pinterest.json")["events"] if not row["tag"]}


def made(name):
    """Make the destination of named settings, with the clock of the tests."""
    return Destination(SETTINGS[name], clock=lambda: NOW)


DESTINATIONS = {name: made(name) for name in SETTINGS}


@functools.cache
def validator(schema):
    """Give the validator of a shipped schema."""
    return Draft202012Validator(read_json(schemas() / f"{schema}.json"))


def text(conversion):
    """Give everything about a conversion as text, problems included."""
    return json.dumps([conversion.pintrk, conversion.capi, [str(problem) for problem in conversion.problems]], sort_keys=True, allow_nan=False)


@each_settings
@given(events)
def test_no_event_raises_and_none_is_changed(name, event):
    """Whatever an event holds, it yields a conversion without an internal error, and stays as it was."""
    before = deepcopy(event)
    conversion = DESTINATIONS[name].transform(event)

    assert [problem for problem in conversion.problems if problem.code == "internal_error"] == []
    assert repr(event) == repr(before)


@each_settings
@given(events)
def test_the_same_event_gives_the_same(name, event):
    """The outcome depends on the event alone: a second time, and with another destination of equal settings."""
    first = text(DESTINATIONS[name].transform(event))

    assert text(DESTINATIONS[name].transform(deepcopy(event))) == first
    assert text(fresh(name).transform(event)) == first


@functools.cache
def fresh(name):
    """Give a second destination of the same settings."""
    return made(name)


@each_settings
@given(events)
def test_one_channel_alone_is_as_it_is_beside_the_other(name, event):
    """Leaving a channel out changes nothing for the other."""
    both = DESTINATIONS[name].transform(event)

    assert DESTINATIONS[name].transform(event, to="pintrk").pintrk == both.pintrk
    assert DESTINATIONS[name].transform(event, to="capi").capi == both.capi
    assert DESTINATIONS[name].transform(event, to="capi").pintrk == DESTINATIONS[name].transform(event, to="pintrk").capi == []


@effort(max_examples=10)
@given(st.sampled_from(sorted(SETTINGS)), st.lists(events, min_size=10, max_size=30))
def test_threads_share_one_destination(name, batch):
    """Eight threads with one new destination make the same as one thread."""
    destination = made(name)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(destination.transform, [*batch, *batch]))

    alone = [text(DESTINATIONS[name].transform(event)) for event in batch]
    assert [text(conversion) for conversion in together] == [*alone, *alone]


@each_settings
@given(events)
def test_payloads_are_json_that_pinterest_accepts(name, event):
    """Every payload is JSON in UTF-8 without NaN, and keeps to the shipped schema of its kind."""
    conversion = DESTINATIONS[name].transform(event)
    schema = "capi-event-v3" if SETTINGS[name].get("api_version") == "v3" else "capi-event"

    json.dumps([conversion.pintrk, conversion.capi], allow_nan=False, ensure_ascii=False).encode()
    assert [error.message for call in conversion.pintrk for error in validator("pintrk-call").iter_errors(call)] == []
    assert [error.message for payload in conversion.capi for error in validator(schema).iter_errors(payload)] == []
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,100}", payload["event_name"]) for payload in conversion.capi)
    assert "null" not in [json.dumps(value) for value in leaves([conversion.pintrk, conversion.capi])]


NAMED_ALIKE = Destination(
    {"custom_properties": [{"from": "a", "to": to} for to in ("value", "currency", "order_id", "order_quantity", "line_items", "event_id", "product_price", "name")]}, clock=lambda: NOW
)


@given(scalars)
def test_a_custom_property_keeps_to_the_form_of_the_field_it_is_named_after(value):
    """A custom property under the name of a field of the plan never puts there what that field could not hold."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "properties": {"a": value}}
    conversion = NAMED_ALIKE.transform(event)

    assert [error.message for call in conversion.pintrk for error in validator("pintrk-call").iter_errors(call)] == []


def leaves(node):
    """Yield the scalars of JSON."""
    for part in node.values() if isinstance(node, dict) else node:
        if isinstance(part, dict | list):
            yield from leaves(part)
        else:
            yield part


# -- both channels agree


def tracks(conversion):
    """Give name and data of each track call."""
    return [(name, data) for command, name, data in (call for call in conversion.pintrk if call[0] == "track")]


def lists_ids(event):
    """Tell whether the event itself lists the ids for the API, beside its products."""
    return any(isinstance(part, dict) and "content_ids" in part for part in (event, event.get("params"), event.get("properties"))) or any("content_ids" in key for key in event)


def number(value):
    """Give a number, or the text of one, as a float; None for nothing."""
    return None if value is None else float(value)


@for_each("name", sorted(SETTINGS.keys() - {"overridden"}))
@given(events)
def test_both_channels_name_the_event_alike(name, event):
    """An event that goes to both channels has the same names on both; only the API has the app's events."""
    conversion = DESTINATIONS[name].transform(event)
    if conversion.pintrk and conversion.capi:
        on_tag = [TAG_NAMES.get(tag_name, tag_name) for tag_name, _ in tracks(conversion)]

        assert on_tag == [payload["event_name"] for payload in conversion.capi if payload["event_name"] not in API_ONLY]


@each_settings
@given(events)
def test_both_channels_say_the_same(name, event):
    """Id, value, currency, order, products and their number are the same on both channels."""
    conversion = DESTINATIONS[name].transform(event)
    for _, data in tracks(conversion):
        for payload in conversion.capi:
            custom, rows = payload.get("custom_data", {}), data.get("line_items", [])
            contents = custom.get("contents", [])

            assert data["event_id"] == payload["event_id"]
            assert data.get("currency") == custom.get("currency")
            assert data.get("order_id") == custom.get("order_id")
            assert data.get("order_quantity") == custom.get("num_items")
            assert data.get("search_query") == custom.get("search_string")
            assert number(data.get("value")) == number(custom.get("value"))
            assert lists_ids(event) or [row["product_id"] for row in rows if "product_id" in row] == custom.get("content_ids", [])
            assert [row.get("product_id") for row in rows] == [item.get("id") for item in contents]
            assert [number(row.get("product_price")) for row in rows] == [number(item.get("item_price")) for item in contents]
            assert [row.get("product_quantity") for row in rows] == [item.get("quantity") for item in contents]
    marks = {call[1].get("opt_out_type") for call in conversion.pintrk if call[0] == "set"}
    assert not conversion.capi or not conversion.pintrk or (marks or {None}) == {payload.get("custom_data", {}).get("opt_out_type") for payload in conversion.capi}


@each_settings
@given(events, st.data())
def test_unknown_properties_change_nothing(name, event, data):
    """Keys that no rule names are as good as absent, wherever they stand and whatever they hold."""
    more = deepcopy(event)
    for part in (more, *(more.get(key) for key in ("properties", "context", "traits"))):
        if isinstance(part, dict):
            part.update(data.draw(st.dictionaries(st.sampled_from(["zz", "zzUnknown", "zz.unknown", "zz email"]), anything, max_size=2)))

    assert text(DESTINATIONS[name].transform(more)) == text(DESTINATIONS[name].transform(event))


# -- explain


def at(node, path):
    """Give the value at an output path; a key may have dots in it."""
    if not path:
        return node
    if isinstance(node, list):
        position, _, rest = path.partition(".")
        return at(node[int(position)], rest)
    key = max((key for key in node if path == key or path.startswith(f"{key}.")), key=len)
    return at(node[key], path[len(key) + 1 :])


def outputs(node, path=""):
    """Yield the output paths of a payload; a list of scalars is one output."""
    for key, part in node.items() if isinstance(node, dict) else enumerate(node):
        here = f"{path}.{key}".removeprefix(".")
        rows = isinstance(part, list) and any(isinstance(row, dict) for row in part)
        yield from outputs(part, here) if isinstance(part, dict) or rows else (here,)


@each_settings
@given(events)
def test_explain_tells_what_is_sent(name, event):
    """Every field of every payload is explained, with the very value that is sent."""
    conversion = DESTINATIONS[name].transform(event)
    explanation = DESTINATIONS[name].explain(event)
    payloads = {"browser": {call[0]: call[-1] for call in reversed(conversion.pintrk)}, "capi": conversion.capi[0] if conversion.capi else {}}
    told = {(field.channel, field.output): field.value for field in explanation.fields}

    assert json.dumps([explanation.pintrk, explanation.capi_events]) == json.dumps([conversion.pintrk, conversion.capi])
    assert explanation.problems == conversion.problems
    assert sorted(told) == sorted((channel, path) for channel, payload in payloads.items() for path in outputs(payload) if path != "event_name")
    for (channel, path), value in told.items():
        assert json.dumps(value) == json.dumps(at(payloads[channel], path))
