"""Strict mode: what the schema refuses is not sent, and both validators say the same of everything."""

import json
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pinterest_destination import Destination, _strict
from pinterest_destination._resources import read_json, schemas
from pinterest_destination.testing import load_case

CASES = sorted((Path(__file__).parent / "cases").rglob("*.json"))
CALL = read_json(schemas() / "pintrk-call.json")
SCHEMAS = {name: _strict._spelt_out(read_json(schemas() / f"{name}.json")) for name in ("pintrk-call", "capi-event", "capi-event-v3")}
PLAIN = {name: _strict.plain(schema) for name, schema in SCHEMAS.items()}
FAST = {name: _strict.fast(schema) for name, schema in SCHEMAS.items()}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2026-01-15T10:00:00Z",
    "context": {"traits": {"email": "jane@example.com"}},
    "properties": {"order_id": "o-1", "value": 35, "currency": "USD"},
}


def expected_of(path):
    """Each payload that a fixture expects, with the name of its schema."""
    case = load_case(path)
    expected = json.loads("\n".join(case.expected or ["{}"]))
    event = "capi-event-v3" if case.settings.api_version == "v3" else "capi-event"
    return [("pintrk-call", call) for call in expected.get("pintrk", ())] + [(event, each) for each in expected.get("capi", ())]


PAYLOADS = [pair for path in CASES for pair in expected_of(path)]
PAYLOADS_OF = dict(PAYLOADS)
ODD_TEXTS = ["", " ", "\x1c", "\u2028", "\ufeff", "\ud800", "x", "35.00", "35.00\n", "USD", "USD\n", "en", "ab" * 32, "ab" * 32 + "\n", "1\u0664", "y" * 300]
ODD = st.sampled_from([None, True, False, 0, -1, 1.0, 2.5, 10**18, 10**30, 1e300, float("inf"), float("nan"), [], [None], {}, {"x": 1}, "track", "set", *ODD_TEXTS]).map(deepcopy)


def places(part, path=()):
    """Every place within a payload."""
    yield path
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places(value, (*path, key))


@st.composite
def mutated(draw):
    """A fixture's payload with some things replaced, removed or added."""
    name, payload = draw(st.sampled_from(PAYLOADS))
    whole = {"it": deepcopy(payload)}
    for _ in range(draw(st.integers(1, 3))):
        *parents, key = draw(st.sampled_from([place for place in places(whole) if place]))
        part = whole
        for step in parents:
            part = part[step]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "remove" if key != "it":
                del part[key]
            case "add" if isinstance(part[key], dict):
                part[key][draw(st.sampled_from(["x", "em", "event_id", "a/b~c"]))] = draw(ODD)
            case "add" if isinstance(part[key], list):
                part[key].append(draw(ODD))
            case _:
                part[key] = draw(ODD)
    return name, whole["it"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_fixture_is_refused(path):
    """By either validator, and so strict mode changes none of them; `explain` has the same payloads and problems as `transform`, strict or not."""
    for name, payload in expected_of(path):
        assert PLAIN[name](payload) == FAST[name](payload) == set()
    case = load_case(path)
    event, made = case.document["event"], case.destination.transform(case.document["event"])
    strict = Destination(case.destination.settings, clock=lambda: case.now, strict=True)
    assert strict.transform(event) == made
    for told in (strict.explain(event), case.destination.explain(event)):
        assert (told.pintrk, told.capi_events, told.problems) == (made.pintrk, made.capi, made.problems)


@pytest.mark.parametrize("price", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_has_not_are_refused(price):
    """By either validator, at their place."""
    data = {"event_id": "m-1", "value": price}
    event = {**PAYLOADS_OF["capi-event"], "custom_data": {"num_items": price}}
    for validators in (PLAIN, FAST):
        assert validators["pintrk-call"](["track", "Checkout", data])
        assert "/custom_data/num_items" in validators["capi-event"](event)


@pytest.mark.property
@given(mutated())
def test_both_validators_find_the_same(found):
    """On payloads with something wrong in them: the same verdict, at the same places."""
    name, payload = found

    assert PLAIN[name](payload) == FAST[name](payload)


@pytest.mark.property
@given(mutated().filter(lambda found: found[0] == "pintrk-call"))
def test_the_form_of_a_command_refuses_what_the_whole_schema_refuses(found):
    """Each form on its own tells more about the place, and nothing else."""
    assert bool(_strict.call_faults(found[1])) == bool(PLAIN["pintrk-call"](found[1]))


@pytest.mark.parametrize("call", [[], None, ["unknown"], [7], [["track"]], "track"])
def test_what_names_no_command_is_refused_as_a_whole(call):
    """There is no form to hold it against."""
    assert _strict.call_faults(call) == {""}
    assert not Draft202012Validator(CALL).is_valid(call)


def test_the_title_of_each_form_is_its_command():
    """By which it is found."""
    assert [form["title"] for form in CALL["oneOf"]] == [form["prefixItems"][0]["const"] for form in CALL["oneOf"]] == CALL["prefixItems"][0]["enum"]


# -- the destination


def broken(monkeypatch, destination, calls, events):
    """Make the plan of a destination give these payloads."""
    monkeypatch.setattr(type(destination.plan), "convert", lambda self, event, now, **channels: (calls, events, ()))


def good():
    conversion = Destination({}, clock=lambda: 1768478400).transform(ORDER)
    return conversion.pintrk, conversion.capi


def test_a_refused_event_is_not_sent_and_its_neighbours_are(monkeypatch):
    """The problem names the place and not the value; the conversion is not ok."""
    calls, (event,) = good()
    bad = {**event, "user_data": {"em": ["jane@example.com"]}, "wifi": "jane@example.com"}
    destination = Destination({}, strict=True)
    broken(monkeypatch, destination, calls, [bad, event])

    conversion = destination.transform(ORDER)

    assert (conversion.pintrk, conversion.capi, conversion.ok) == (calls, [event], False)
    (told,) = conversion.problems
    assert (told.code, told.severity, told.path, told.channel) == ("invalid_payload", "error", "", "capi")
    assert told.message == "the schema refuses the payload at /user_data/em/0 and at 1 more places"


def test_what_is_explained_is_in_the_payloads_that_are_left(monkeypatch):
    """By their new positions; what only a refused one holds is explained, and in none."""
    calls, (event,) = good()
    destination = Destination({}, strict=True)
    broken(monkeypatch, destination, [["track", *calls[0][1:2], {"value": "35"}]], [{**event, "wifi": "yes"}, event])

    made, told = destination.transform(ORDER), destination.explain(ORDER)
    where = {(field.channel, field.output): field.payloads for field in (*told.names, *told.fields)}

    assert (told.pintrk, told.capi_events, told.problems) == (made.pintrk, made.capi, made.problems) == ([], [event], told.problems)
    assert [(problem.code, problem.channel) for problem in told.problems] == [("invalid_payload", "browser"), ("invalid_payload", "capi")]
    assert where["browser", "track.value"] == ()
    assert where["capi", "custom_data.value"] == (0,)
    assert [field.payloads for field in told.names] == [(), (), (0,)]


def test_a_refused_call_is_not_made(monkeypatch):
    """For the tag, the place is within the call."""
    calls, events = good()
    name, data = calls[0][1:]
    destination = Destination({}, strict=True)
    broken(monkeypatch, destination, [["track", name, {**data, "value": "35"}], calls[0], []], events)

    conversion = destination.transform(ORDER)

    assert (conversion.pintrk, conversion.capi) == (calls, events)
    assert [(told.channel, told.message) for told in conversion.problems] == [
        ("browser", "the schema refuses the payload at /2/value"),
        ("browser", "the schema refuses the payload at its top level"),
    ]


def test_without_strict_nothing_is_held_against_a_schema(monkeypatch):
    """As it is by default."""
    destination = Destination({})
    broken(monkeypatch, destination, [["nonsense"]], [{}])

    assert destination.transform(ORDER).capi == [{}]


@pytest.mark.parametrize(("setting", "argument", "sent"), [(True, None, 0), (True, False, 1), (False, True, 0), (False, None, 1)])
def test_the_setting_holds_unless_the_argument_says_otherwise(refusable, tmp_path, setting, argument, sent):
    """However the destination is made."""
    order = {**ORDER, "properties": {"order_id": "refusable"}}
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"strict": setting}))
    made = [Destination({"strict": setting}, strict=argument), Destination.from_file(path, strict=argument)]

    assert [len(each.transform(order, "capi").capi) for each in made] == [sent, sent]


@pytest.mark.parametrize("version", ["v5", "v3"])
def test_each_version_has_its_schema(monkeypatch, version):
    """v3 alone has the advertiser's id."""
    _, (event,) = good()
    destination = Destination({"api_version": version, "advertiser_id": "549755885175"}, strict=True)
    broken(monkeypatch, destination, [], [{**event, "advertiser_id": "549755885175"}])

    assert destination.transform(ORDER).ok is (version == "v3")


def test_without_jsonschema_rs_the_core_does_it(monkeypatch):
    """The extra makes it faster, and nothing else."""
    assert _strict.engine() is _strict.fast
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert _strict.engine() is _strict.plain


def test_the_command_has_it(write_events, tmp_path):
    """`transform --strict` refuses nothing that is good, and a file of settings may make a strict destination, too."""
    settings = tmp_path / "settings.json"
    settings.write_text("{}")

    assert Destination.from_file(settings, strict=True).transform(ORDER).capi
    result = write_events("transform", "--strict", "-s", str(settings))
    assert (result.exit_code, json.loads(result.stdout)["capi"][0]["event_name"]) == (0, "checkout")


@pytest.fixture
def write_events():
    """Run a command with one order as its input."""
    from click.testing import CliRunner

    from pinterest_destination.cli.app import app

    return lambda *words: CliRunner().invoke(app, words, input=json.dumps(ORDER), catch_exceptions=False)
