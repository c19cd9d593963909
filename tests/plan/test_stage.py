"""Subscriptions: the stage before the rules, what it leaves to be told, and how it is explained."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination import Destination, SettingsError
from pinterest_destination.plan import Plan
from pinterest_destination.plan.stage import StagedPlan
from pinterest_destination.rules.load import spec
from pinterest_destination.rules.model import PathSource
from pinterest_destination.rules.presets import presets

from ..property.strategies import SPECS, USUAL, anything, events, plant

NOW = 1768478400
BASE = {"event_time": {"@path": "$.timestamp"}, "event_id": {"@path": "$.messageId"}, "user_data": {"email": {"@path": "$.traits.email"}}, "action_source": "web"}
EVENT = {"type": "track", "event": "Bought", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "traits": {"email": "jane@example.com", "phone": "+14155550100"}, "properties": {"total": 35}}


def destination(*mappings, **settings):
    """A destination with one subscription for each mapping, all for every event."""
    rows = [{"subscribe": 'type != "none"', "mapping": {"data_format": "latest", "event_name": "lead", **BASE, **mapping}} for mapping in mappings]
    return Destination({"subscriptions": rows, **settings}, clock=lambda: NOW)


def told(destination):
    """Code and path of each problem of the plan."""
    return [(problem.code, problem.path) for problem in destination.problems]


# -- the stage


def test_without_subscriptions_there_is_no_stage():
    """Events of everybody else go the way they always went."""
    assert type(Destination({}).plan) is Plan
    assert type(Destination({"spec": "segment_actions"}).plan) is Plan
    assert type(destination().plan) is StagedPlan


def test_an_empty_list_is_for_no_event():
    """As at Segment: who subscribes to nothing gets nothing; a row that is off counts as none."""
    for rows in ([], [{"subscribe": "type = track", "enabled": False}], [{"preset": "Checkout"}]):
        conversion = Destination({"subscriptions": rows}).transform(EVENT)

        assert (conversion.pintrk, conversion.capi) == ([], [])
        assert [problem.code for problem in conversion.problems] == ["not_subscribed"]
        assert conversion.ok


def test_consent_goes_before_the_stage():
    """An event without it triggers nothing; the tag is told so."""
    asking = destination({}, tag_id="1", consent={"categories": ["Advertising"]})
    agreed, refused = ({**EVENT, "context": {"consent": {"categoryPreferences": {"Advertising": answer}}}} for answer in (True, False))
    conversion = asking.transform(refused)

    assert (conversion.pintrk, conversion.capi) == ([["setconsent", False]], [])
    assert [(problem.code, problem.path) for problem in conversion.problems] == [("consent_denied", "context.consent.categoryPreferences")]
    assert asking.explain(refused).subscriptions == ()
    assert [call[:2] for call in asking.transform(agreed).pintrk] == [["track", "Lead"]]
    assert [call[0] for call in asking.page_calls([agreed, refused])] == ["setconsent", "load", "page", "track", "setconsent"]


def test_each_subscription_makes_a_payload_of_its_own():
    """In their order, with the same id; what there is to tell is told once."""
    conversion = destination({}, {"event_name": "signup", "wifi": "perhaps"}, {"event_name": "contact", "wifi": "perhaps"}).transform(EVENT)

    assert [payload["event_name"] for payload in conversion.capi] == ["lead", "signup", "contact"]
    assert [call[1] for call in conversion.pintrk] == ["Lead", "Signup", "Contact"]
    assert {payload["event_id"] for payload in conversion.capi} | {call[2]["event_id"] for call in conversion.pintrk} == {"m-1"}
    assert [problem.code for problem in conversion.problems] == ["unusable_value"]


@pytest.mark.parametrize(("to", "tag", "api"), [("both", 1, 1), ("pintrk", 1, 0), ("capi", 0, 1)])
def test_a_channel_can_be_left_out(to, tag, api):
    """As with any other plan."""
    conversion = destination({}).transform(EVENT, to)

    assert (len(conversion.pintrk), len(conversion.capi)) == (tag, api)


ENDLESS = {"event_name": "signup", "np": {"@replace": {"pattern": "a", "replacement": "$'", "value": {"@path": "$.properties.note"}}}}
"""It gives of each letter all that follow: of 2000 letters, two million."""


def test_a_mapping_that_makes_too_much_is_told_with_its_place():
    """Its subscription sends nothing, and the others what they always send; an explanation says the same."""
    shop = destination({}, ENDLESS, {"event_name": "contact"})
    event = {**EVENT, "properties": {"note": "a" * 2000}}
    conversion, explanation = shop.transform(event), shop.explain(event)

    assert [payload["event_name"] for payload in conversion.capi] == ["lead", "contact"]
    assert [(problem.code, problem.path, problem.message) for problem in conversion.problems] == [
        ("excessive_mapping", "/subscriptions/1/mapping/np/@replace", "the mapping makes more than 1,000,000 rows, parts and characters of the event")
    ]
    assert not conversion.ok
    assert (explanation.capi_events, explanation.problems) == (conversion.capi, conversion.problems)
    assert [(sub.place, sub.capi) for sub in explanation.subscriptions] == [("settings#/subscriptions/0", ("lead",)), ("settings#/subscriptions/1", ()), ("settings#/subscriptions/2", ("contact",))]
    assert shop.transform({**EVENT, "properties": {"note": "aa"}}).ok


def test_a_payload_that_is_no_object_is_empty():
    """A directive for the root may give anything; the event has no name, then, which is told."""
    rows = [{"subscribe": "type = track", "mapping": {"@path": "$.event"}}]
    conversion = Destination({"subscriptions": rows}, clock=lambda: NOW).transform(EVENT)

    assert [problem.code for problem in conversion.problems] == ["missing_event_name"]


def test_the_parts_of_the_event_stay_in_reach():
    """Custom properties and the places of the id are read in the event; its own `payload` is not."""
    event = {**EVENT, "payload": {"language": "de"}, "properties": {"total": 35, "order": "O-1", "tier": "gold"}}
    made = destination({}, event_id="properties.order", custom_properties=["tier"]).transform(event)

    assert made.pintrk == [["track", "Lead", {"event_id": "O-1", "tier": "gold"}]]
    assert "language" not in made.capi[0]


def test_a_page_starts_with_the_visitors_traits():
    """No mapping is for the load call: the traits are read as everywhere else."""
    made = destination(tag_id="1", enhanced_match=["em", "ph", "fn", "external_id"]).page_load({"email": "jane@example.com", "phone": "+14155550100", "firstName": "Jane", "id": 7})

    assert sorted(made[0][2]) == ["em", "external_id", "fn", "ph"]


def test_a_row_lies_over_its_preset():
    """Name, trigger and mapping key by key."""
    rows = [{"preset": "Checkout", "name": "Big", "subscribe": "properties.total > 30", "mapping": {"event_id": "x", "user_data": BASE["user_data"]}}]
    made = Destination({"subscriptions": rows}, clock=lambda: NOW).transform(EVENT)

    assert made.capi[0]["event_id"] == "x"
    assert made.capi[0]["custom_data"] == {"value": "35"}


def test_a_spec_that_reads_no_payload_is_refused():
    """Else every event would go out as if it had no mapping."""
    with pytest.raises(SettingsError) as error:
        Destination({"spec": "ecommerce", "subscriptions": "presets"})

    (fault,) = error.value.faults
    assert fault.pointer == "/spec"
    assert "segment_actions" in fault.expected


def test_rules_of_ones_own_may_lie_over_the_spec():
    """A field that the spec does not read can be given a place; then it is no unknown one."""
    made = destination({"coupon": "TEN"}, overrides={"fields": {"coupon": {"from": ["payload.coupon"], "as": "text"}}})

    assert made.transform(EVENT).pintrk[0][2]["coupon"] == "TEN"
    assert told(made) == []


# -- what is told once


def test_presets_tell_what_is_mended():
    """Once for all of them, with the setting that keeps the old way."""
    made = Destination({"subscriptions": "presets"})

    assert told(made) == [("harmful_default", "/subscriptions")] * 3
    assert all('`preset_defaults` "original"' in problem.message for problem in made.problems)
    assert told(Destination({"subscriptions": [{"preset": "Lead", "mapping": {"opt_out": False, "custom_data": {}, "custom_data_2": {}}}]})) == []
    assert told(Destination({"subscriptions": [{"preset": "Lead", "enabled": False}]})) == [("odd_subscription", "/subscriptions")]


def test_presets_taken_to_the_letter_tell_what_harms():
    """Once each, with how many have it."""
    made = Destination({"subscriptions": "presets", "preset_defaults": "original"})

    assert told(made) == [("harmful_default", "/subscriptions/mapping/opt_out"), ("harmful_default", "/subscriptions/mapping/custom_data_2/value"), ("harmful_default", "/subscriptions/mapping/action_source")]
    assert made.problems[0].message.endswith("as that of 15 others")


def test_a_mapping_that_keeps_a_default_tells_so():
    """An export holds what the form starts with: it counts as it stands, and is told."""
    price = presets().mapping["custom_data_2"]["value"]
    made = destination({"opt_out": True, "custom_data_2": {"value": price}}, {"event_name": "app_open"})

    assert told(made) == [("harmful_default", "/subscriptions/0/mapping/opt_out"), ("harmful_default", "/subscriptions/0/mapping/custom_data_2/value"), ("harmful_default", "/subscriptions/1/mapping/action_source")]
    assert made.transform(EVENT).capi[0]["opt_out"] is True
    assert "opt_out" not in made.transform(EVENT).capi[1]


def test_a_field_that_is_not_read_is_told_once():
    """With its first place; fields around or within those that are read are none."""
    made = destination(
        {"colour": 1, "custom_data_2": {"values": 1, "order_id": {"@path": "$.x"}}, "contents": {"@arrayPath": ["$.rows", {"id": "x", "item_brand_id": "y"}]}},
        {"colour": 2, "app_info": {"@path": "$.app"}, "device_info": {"@if": {"exists": 1, "then": {"model": "x", "shape": "y"}}}, "contents": [{"id": "x", "size": 1}]},
    )

    assert [path for _, path in told(made)] == [
        "/subscriptions/0/mapping/colour",
        "/subscriptions/0/mapping/custom_data_2/values",
        "/subscriptions/0/mapping/contents/@arrayPath/1/item_brand_id",
        "/subscriptions/1/mapping/device_info/@if/then/shape",
        "/subscriptions/1/mapping/contents/0/size",
    ]
    assert {code for code, _ in told(made)} == {"odd_subscription"}
    assert "contents.*.size is not read by the spec segment_actions" in made.problems[-1].message


NO_NAME = "nothing fills event_name: an event without a name is not sent"


@pytest.mark.parametrize(
    ("mapping", "settings", "path", "words"),
    [
        ({"event_name": "bogus"}, {}, "/event_name", 'no rule is for the name "bogus": nothing is sent, as `unmapped` says'),
        ({"event_name": "chekout"}, {"unmapped": "custom"}, "/event_name", 'no rule is for the name "chekout": it is sent as custom, as `unmapped` says (did you mean checkout?)'),
        ({"event_name": 5}, {"unmapped": "pass"}, "/event_name", "no rule is for the name 5: it is sent under that name if Pinterest takes it, as `unmapped` says"),
        ({"event_name": " "}, {}, "", NO_NAME),
        ({"event_name": None}, {}, "", NO_NAME),
    ],
)
def test_a_mapping_whose_events_have_no_name_is_told(mapping, settings, path, words):
    """With what becomes of them."""
    made = destination(mapping, **settings)

    assert [(problem.code, problem.path, problem.message) for problem in made.problems] == [("odd_subscription", f"/subscriptions/0/mapping{path}", words)]
    assert bool(made.transform(EVENT).capi) is ("unmapped" in settings)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("Add To Cart", {}),
        ({"@path": "$.event"}, {}),
        ({"@if": {"exists": 1, "then": "bogus"}}, {}),
        ("bogus", {"event_map": {"Bogus": "Lead"}}),
        ("", {"overrides": {"fields": {"event_name": {"from": ["payload.event_name", "event"]}}}}),
        ("bogus", {"overrides": {"events": [{"type": "track", "to": "lead"}]}}),
    ],
)
def test_a_name_that_a_rule_may_be_for_is_not_told(name, settings):
    """One that a rule or a setting is for, one that the event decides, and any where a rule is for all."""
    assert told(destination({"event_name": name}, **settings)) == []


def test_that_no_subscription_counts_is_told():
    """None at all, or none that is on."""
    for rows in ([], [{"subscribe": "type = track", "enabled": False}]):
        (found,) = Destination({"subscriptions": rows}).problems

        assert (found.code, found.path, found.message) == ("odd_subscription", "/subscriptions", "there is no subscription that counts: nothing is sent of any event")


def test_odd_triggers_and_formats_are_told():
    """What Segment ignores in a trigger, and a data format that there is not."""
    base = {**BASE, "event_name": "lead"}
    rows = [{"subscribe": "type = 'track' anonymousId", "mapping": {**base, "data_format": "newest"}}, {"subscribe": "type = track", "mapping": {**base, "data_format": ""}}]
    made = Destination({"subscriptions": rows})

    assert told(made) == [("odd_subscription", "/subscriptions/0/subscribe")] * 2 + [("odd_subscription", "/subscriptions/0/mapping/data_format")]


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ({"event_id": {"@path": "$.traits.phone"}}, "event_id"),
        ({"user_data": {"email": "x@example.com", "click_id": {"@path": "$.traits.phone"}}}, "user_data/click_id"),
        ({"custom_data_2": {"order_id": {"@template": "o-{{traits.phone}}"}}}, "custom_data_2/order_id"),
        ({"custom_data_2": {"content_ids": ["a", {"@path": "$.traits.phone"}]}}, "custom_data_2/content_ids/1"),
        ({"custom_data_2": {"content_ids": {"@arrayPath": ["$.people", {"@path": "$.phone"}]}}}, "custom_data_2/content_ids/@arrayPath/1"),
        ({"custom_data_2": {"@merge": {"direction": "left", "objects": [{"content_name": {"@path": "$.traits.phone"}}]}}}, "custom_data_2/@merge/objects/0/content_name"),
        ({"custom_data_2": {"order_id": {"@if": {"exists": 1, "then": {"@path": "$.traits.phone"}}}}}, "custom_data_2/order_id/@if/then"),
        ({"contents": {"@arrayPath": ["$.people", {"id": {"@path": "$.phone"}}]}}, "contents/@arrayPath/1/id"),
        ({"contents": {"@arrayPath": ["$.traits.phone", {"id": {"@path": "$.number"}}]}}, "contents/@arrayPath/1/id"),
        ({"custom_data_2": {"@transform": {"apply": {"phone": {"@path": "$.traits.phone"}}, "mapping": {"order_id": {"@path": "$.phone"}}}}}, "custom_data_2"),
        ({"app_info": {"app_name": {"@literal": {"@path": "$.traits.phone"}}}}, "app_info/app_name/@literal"),
    ],
)
def test_personal_data_in_a_plain_field_leaves_as_a_digest(mapping, pointer):
    """A mapping may put it anywhere; what is not hashed there is hashed here, and told."""
    made = destination(mapping)
    event = {**EVENT, "people": [{"phone": "+14155550100"}]}
    out = json.dumps([made.transform(event).pintrk, made.transform(event).capi])

    assert ("risky_mapping", f"/subscriptions/0/mapping/{pointer}") in told(made)
    assert "4155550100" not in out
    assert made.transform(event).capi


def test_personal_data_in_a_url_takes_the_url_with_it():
    """No digest can stand there; the warning says so once, and each event what is missing."""
    made = destination({"event_source_url": {"@template": "https://shop.example.com/?who={{traits.email}}"}})
    conversion = made.transform(EVENT)

    assert "nothing where a digest cannot stand, as in a URL" in made.problems[0].message
    assert "event_source_url" not in conversion.capi[0]
    assert [(problem.code, problem.path) for problem in conversion.problems] == [("unusable_value", "payload.event_source_url")]


def test_identity_is_no_risk():
    """The fields that are hashed, an IP address in its place, and the browser's name."""
    made = destination({"user_data": {"phone": {"@path": "$.traits.phone"}, "external_id": {"@path": "$.userId"}, "client_ip_address": {"@path": "$.context.ip"}, "client_user_agent": {"@path": "$.context.userAgent"}, "email": "x@example.com"}})

    assert told(made) == []


def test_the_plan_of_half_right_settings_is_looked_through_too():
    """Faults of subscriptions do not hide those of rules, nor the other way round; each is told once."""
    rows = [{"subscribe": "type"}, {"subscribe": "type = a", "mapping": {"x": {"@liquid": ""}, "y": {"@pth": 1}}}, {"preset": "Chekout"}, {"name": "x"}, {"subscribe": 5}, {"subscribe": "nothing", "enabled": False}]
    with pytest.raises(SettingsError) as error:
        Destination({"subscriptions": rows, "overrides": {"fields": {"value": {"from": ["payload.a"], "as": "decimals"}}}})

    assert [fault.pointer for fault in error.value.faults] == [
        "/subscriptions/0/subscribe",
        "/subscriptions/1/mapping/x/@liquid",
        "/subscriptions/1/mapping/y/@pth",
        "/subscriptions/2/preset",
        "/subscriptions/3/subscribe",
        "/subscriptions/4/subscribe",
        "/overrides/fields/value/from/0",
    ]
    assert error.value.faults[3].suggestion == "Checkout"


# -- the spec


def test_the_spec_reads_payloads():
    """All but an opt-out, what an event cannot do without, and the traits for the load call."""
    from_event = {
        field.name: {source.path.text for source in field.sources if isinstance(source, PathSource) and source.path.names[0] != "payload" and source.calls != ("load",)}
        for field in spec("segment_actions").fields.values()
    }

    assert {name: paths for name, paths in from_event.items() if paths} == {
        "opt_out": {"properties.opt_out", "properties.optOut", "context.device.adTrackingEnabled"},
        "event_id": {"messageId"},
        "event_time": {"timestamp"},
    }


@pytest.mark.parametrize(("name", "n"), [(name, n) for name, field in SPECS["segment_actions"]["fields"].items() for n, source in enumerate(field["from"]) if isinstance(source, str) and name not in ("event_name", "advertiser_tracking_enabled")])
def test_each_listed_place_is_read(name, n):
    """A usable value at any one place of the payload is found there."""
    field = SPECS["segment_actions"]["fields"][name]
    value = (next(iter(field["of"].values()), ["other"])[0] if isinstance(field["of"], dict) else field["of"][0]) if field["as"] == "choice" else USUAL[field["as"]][0]
    value = value[: field["max"]] if isinstance(value, str) and "max" in field else value
    person = {"hashed_maids": "a" * 64} if name == "em" else {"email": "x@example.com"}
    event = {"type": "track", "payload": {"event_name": "checkout", "user_data": person}} | ({} if name == "event_time" else {"timestamp": NOW})
    plant(event, field["from"][n], value)
    found = Destination({"spec": "segment_actions"}, clock=lambda: NOW).explain(event).fields

    assert field["from"][n] in [each.source for each in found if each.field == name]


# -- explain


def sources(destination, event):
    """Output path and source of each field."""
    return {field.output: field.source for field in destination.explain(event).fields}


def test_explain_goes_down_to_the_event():
    """The payload's place, and what the mapping read for it."""
    made = destination(
        {
            "user_data": {"@path": "$.traits"},
            "custom_data_2": {"value": {"@if": {"exists": {"@path": "$.properties.net"}, "then": {"@path": "$.properties.net"}, "else": {"@path": "$.properties.total"}}}, "currency": "USD", "content_ids": ["p-1"], "order_id": {"@literal": {"@path": "$.event"}}},
            "contents": {"@arrayPath": ["$.properties.rows", {"id": {"@path": "$.sku"}, "item_name": {"@template": "{{title}}!"}, "quantity": 2}]},
            "language": {"@case": {"operator": "lower", "value": "EN"}},
        }
    )
    found = sources(made, {**EVENT, "properties": {"total": 35, "rows": [{"sku": "s-1", "title": "Mug"}]}})

    assert found["event_id"] == "payload.event_id, from messageId"
    assert found["user_data.em"] == "payload.user_data.email, from traits.email"
    assert found["custom_data.value"] == "payload.custom_data_2.value, by @if of properties.net, properties.total"
    assert found["custom_data.currency"] == "payload.custom_data_2.currency, a constant of the mapping"
    assert found["custom_data.order_id"] == "payload.custom_data_2.order_id, from event"
    assert found["custom_data.contents.0.id"] == "payload.contents.0.id, from properties.rows.0.sku"
    assert found["custom_data.contents.0.item_name"] == "payload.contents.0.item_name, by @template of properties.rows.0.title"
    assert found["custom_data.contents.0.quantity"] == "payload.contents.0.quantity, a constant of the mapping"
    assert found["language"] == "payload.language, by @case"


def test_explain_knows_lists_and_roots():
    """Rows of the mapping's own, and a directive that takes the whole mapping in."""
    listed = sources(destination({"contents": [{"id": {"@path": "$.properties.a"}}, {"id": "x"}]}), {**EVENT, "properties": {"a": "p-1"}})
    rooted = {"__segment_internal_directive": {"@transform": {"apply": {"time": {"@path": "$.timestamp"}, "mail": {"@path": "$.traits.email"}}}}, "event_name": "lead", "event_time": {"@path": "$.time"}, "user_data": {"email": {"@path": "$.mail"}}}
    found = sources(Destination({"subscriptions": [{"subscribe": "type = track", "mapping": rooted}]}, clock=lambda: NOW), EVENT)

    assert listed["custom_data.contents.0.id"] == "payload.contents.0.id, from properties.a"
    assert listed["custom_data.contents.1.id"] == "payload.contents.1.id, a constant of the mapping"
    assert found["event_time"] == "payload.event_time, by __segment_internal_directive of timestamp, traits.email, time, mail"


def test_explain_names_the_subscriptions():
    """Each with its trigger as it is understood, and its place; the fields of all of them."""
    rows = [{"preset": "Lead", "subscribe": 'event = "Bought" OR event = "x"', "mapping": BASE}, {"subscribe": "type = track", "mapping": {"event_name": "signup", **BASE}}, {"subscribe": "type = page", "mapping": BASE}]
    made = Destination({"subscriptions": rows}, clock=lambda: NOW)
    explanation = made.explain(EVENT)
    conversion = made.transform(EVENT)

    assert tuple(map(str, explanation.subscriptions)) == ('Lead: event = "Bought" or event = "x" (settings#/subscriptions/0)', 'type = "track" (settings#/subscriptions/1)')
    assert (explanation.browser, explanation.capi) == (("Lead", "Signup"), ("lead", "signup"))
    assert explanation.rule == "mappings/specs/segment_actions.json#/events/11, mappings/specs/segment_actions.json#/events/15"
    assert (explanation.pintrk, explanation.capi_events, explanation.problems) == (conversion.pintrk, conversion.capi, conversion.problems)
    assert [field.output for field in explanation.fields].count("event_id") == 2
    assert [(made.rule.rpartition("/")[2], made.browser, made.capi) for made in explanation.subscriptions] == [("11", ("Lead",), ("lead",)), ("15", ("Signup",), ("signup",))]
    assert [(field.channel, field.subscription) for field in explanation.fields if field.output.endswith("event_id")] == [
        ("browser", "Lead (settings#/subscriptions/0)"),
        ("capi", "Lead (settings#/subscriptions/0)"),
        ("browser", "settings#/subscriptions/1"),
        ("capi", "settings#/subscriptions/1"),
    ]
    assert made.explain({"type": "identify"}).subscriptions == ()


# -- laws


DESTINATIONS = {
    "presets": Destination({"subscriptions": "presets"}, clock=lambda: NOW),
    "original": Destination({"subscriptions": "presets", "preset_defaults": "original", "api_version": "v3", "advertiser_id": "1"}, clock=lambda: NOW),
    "everything": destination(
        {"event_name": {"@path": "$.event"}, "contents": {"@arrayPath": ["$.properties.products", {"id": {"@path": "$.product_id"}, "quantity": {"@path": "$.quantity"}}]}, "custom_data_2": {"@path": "$.properties"}},
        {"user_data": {"@flatten": {"separator": "_", "value": {"@path": "$.traits"}}}, "app_info": {"@json": {"mode": "decode", "value": {"@json": {"mode": "encode", "value": {"@path": "$.context"}}}}}, "device_info": {"@excludeWhenNull": {"@path": "$.context.device"}}},
        custom_properties=["referrer"],
        unmapped="pass",
    ),
}


@pytest.mark.property
@pytest.mark.parametrize("name", DESTINATIONS)
@given(events)
def test_a_staged_plan_never_fails_and_changes_no_event(name, event):
    """No event is too strange; both channels say the same, and explain tells what is sent."""
    before = deepcopy(event)
    conversion = DESTINATIONS[name].transform(event)

    assert "internal_error" not in {problem.code for problem in conversion.problems}
    assert repr(event) == repr(before)
    assert json.dumps([conversion.pintrk, conversion.capi], allow_nan=False)
    tracks = {call[1].lower(): call[2]["event_id"] for call in conversion.pintrk if call[0] == "track"}
    for payload in conversion.capi:
        assert tracks.get(payload["event_name"].replace("_", ""), payload["event_id"]) == payload["event_id"]
    assert DESTINATIONS[name].explain(event).capi_events == conversion.capi


PLACES = sorted({tuple(source.split(".")[1:]) for field in SPECS["segment_actions"]["fields"].values() for source in field["from"] if isinstance(source, str) and source.startswith("payload.")})


@pytest.mark.property
@given(st.dictionaries(st.sampled_from(PLACES), anything.filter(lambda value: "@" not in repr(value)), max_size=6), events)
def test_any_constants_make_a_mapping_that_harms_nothing(constants, event):
    """A mapping may fill any place with anything: the event goes out within the API's rules, or not at all."""
    payload = {"payload": {"event_name": "lead"}}
    for place, value in constants.items():
        plant(payload, ".".join(["payload", *place]), value)
    try:
        made = Destination({"subscriptions": [{"subscribe": 'type != "none"', "mapping": payload["payload"]}]}, clock=lambda: NOW)
    except SettingsError:
        return  # a number that JSON has not
    conversion = made.transform(event)

    assert "internal_error" not in {problem.code for problem in conversion.problems}
    assert json.dumps([conversion.pintrk, conversion.capi], allow_nan=False)
