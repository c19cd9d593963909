"""The fixture runner that users pin their own mappings with."""

import json

import pytest

from pinterest_destination import InputError, SettingsError
from pinterest_destination.errors import problem
from pinterest_destination.testing import NOON, bless, load_case, problem_line, run_case

EVENT = {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "channel": "web", "context": {"traits": {"email": "jane@example.com"}}}
CASE = {"description": "An order is a checkout.", "settings": {}, "event": EVENT}


@pytest.fixture
def write(tmp_path):
    """Write a document as a case and give its path."""

    def written(document):
        path = tmp_path / "case.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
        return path

    return written


def test_a_new_case_expects_nothing_yet(write):
    """Without `expected` there is nothing to compare with, but it can be run."""
    case = load_case(write(CASE))

    assert case.expected is None
    assert '      "Checkout",' in run_case(case)


def test_a_blessed_case_holds_what_it_becomes(write):
    """Blessing writes `expected` and nothing else anew, and a second time it changes nothing."""
    path = write(CASE)

    assert bless(load_case(path))
    assert not bless(load_case(path))
    assert run_case(load_case(path)) == load_case(path).expected
    blessed = json.loads(path.read_text("utf-8"))
    assert list(blessed) == ["description", "settings", "event", "expected"]
    assert list(blessed["expected"]) == ["pintrk", "capi", "problems"]
    assert blessed["event"] == EVENT
    assert path.read_text("utf-8") == load_case(path).text


def test_a_wrong_answer_differs_in_a_line(write):
    """27 is not 27.0, and true is not 1: the lines of JSON text are compared."""
    expected = {"pintrk": [["track", "Checkout", {"event_id": "m-1", "value": 27.0}]], "capi": [], "problems": []}
    case = load_case(write({**CASE, "event": {**EVENT, "properties": {"value": 27}}, "expected": expected}))

    assert '        "value": 27' in run_case(case)
    assert '        "value": 27.0' in (case.expected or [])


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"now": 1768471200}, 1768471200),
        ({"now": "2026-01-15T10:00:00Z"}, 1768471200),
        ({}, 1768471202),
        ({"event": {"sentAt": 1768471200000}}, 1768471202),
        ({"event": {"type": "track"}}, NOON),
        ({"event": ["no", "event"]}, NOON),
    ],
    ids=["seconds", "ISO 8601", "the event's time", "another of its times", "no time", "no event"],
)
def test_the_clock_of_a_case(write, change, now):
    """A case tells the time itself, or it is shortly after the event's, or noon of a day that never changes."""
    assert load_case(write({**CASE, **change})).now == now


def test_a_spec_of_ones_own_stands_beside_the_case(write, tmp_path):
    """Relative paths in the settings start at the folder of the case."""
    spec = {"kind": "spec", "name": "shop", "extends": "ecommerce", "events": [{"type": "track", "event": "Sold", "to": "checkout"}]}
    (tmp_path / "shop.json").write_text(json.dumps(spec), "utf-8")
    case = load_case(write({**CASE, "settings": {"spec": "shop.json"}, "event": {**EVENT, "event": "Sold"}}))

    assert '      "Checkout",' in run_case(case)


def test_wrong_settings_say_what_is_wrong(write):
    """The settings of a case are held to the same rules as any."""
    with pytest.raises(SettingsError, match="tag_id"):
        run_case(load_case(write({**CASE, "settings": {"tag_id": 1}})))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "a case is a JSON object"),
        ([], "expected an object with description, original, now, settings, event, expected"),
        ({**CASE, "comment": ""}, "#/comment: found an unknown key"),
        ({"description": "x", "settings": {}}, "#/event: found nothing"),
        ({**CASE, "now": "soon"}, "#/now: found no time"),
        ({**CASE, "expected": {"pintrk": []}}, "#/expected: found something else"),
    ],
    ids=["no JSON", "no object", "an unknown key", "no event", "no time", "half an answer"],
)
def test_what_is_no_case_is_refused(write, document, told):
    """A case that could never be right says so when it is read, with the place."""
    with pytest.raises(InputError, match=told):
        load_case(write(document))


def test_a_problem_is_one_line():
    """Severity and code, then the place and the channel where there are any."""
    assert problem_line(problem("unsupported_call")) == "info unsupported_call"
    assert problem_line(problem("unusable_value", "properties.value")) == "warning unusable_value @ properties.value"
    assert problem_line(problem("missing_identity", channel="capi")) == "error missing_identity (capi)"
    assert problem_line(problem("not_for_channel", "type", channel="capi")) == "info not_for_channel @ type (capi)"
