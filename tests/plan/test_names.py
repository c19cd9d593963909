"""Event names, from the source's to Pinterest's."""

import json
from pathlib import Path

import pytest

from pinterest_destination import Destination, SettingsError
from pinterest_destination.rules.load import catalogue, shipped_specs
from pinterest_destination.settings.events import own_name, standard_events

SPECS = Path(__file__).parents[2] / "mappings" / "specs"
PERSON = {"context": {"traits": {"email": "jane@example.com"}}, "timestamp": 1700000000, "messageId": "m", "channel": "web"}


def named(settings, event, **more):
    """The names an event has on each channel."""
    conversion = Destination(settings, clock=lambda: 1700000000).transform({"type": "track", "event": event, **PERSON, **more})
    return [call[1] for call in conversion.pintrk if call[0] == "track"], [e["event_name"] for e in conversion.capi]


def rows():
    """Each name of each rule of each spec, with the Pinterest event it should become, and where that goes."""
    for spec in shipped_specs():
        if spec == "segment_actions":
            continue  # names payloads, not events: tests/plan/test_stage.py
        for rule in json.loads((SPECS / f"{spec}.json").read_text("utf-8"))["events"]:
            to = {"event": rule["to"]} if isinstance(rule["to"], str) else rule["to"][0]
            for name in rule.get("event", ()):
                yield spec, name, to["event"], tuple(to.get("channels", ("browser", "capi")))


@pytest.mark.parametrize(("spec", "name", "to", "channels"), list(rows()))
def test_every_listed_name_is_understood_in_any_spelling(spec, name, to, channels):
    """Case, spaces, underscores and hyphens do not matter; longer names are other events."""
    known = standard_events().get(to.replace("_", ""))
    tag = known.tag if known else to
    expected = [tag] if tag and "browser" in channels else [], [to] if "capi" in channels else []

    for spelling in (name, name.upper(), name.replace(" ", "_").lower(), name.replace(" ", "-"), f" {name.replace(' ', '')} "):
        assert named({"spec": spec}, spelling) == expected
    assert named({"spec": spec}, f"{name} Again")[1] == [own for own in [own_name(f"{name} Again")] if own]


@pytest.mark.parametrize("event", catalogue().events, ids=lambda event: event.name)
def test_a_standard_event_is_understood_in_settings_and_in_events_in_any_spelling(event):
    """API and tag spelling, any case or separator."""
    expected = [event.tag] if event.tag else [], [event.name]

    for spelling in {event.name, event.name.upper(), event.name.replace("_", " "), event.tag or event.name, event.name.replace("_", "-")}:
        assert named({"event_map": {"Mine": spelling}}, "Mine") == expected
        assert named({}, spelling) == expected


def test_the_event_map_wins_and_adds_up_and_tells_two_events_apart():
    """Its names compare without case and outer spaces only; duplicates merge; one event may become several."""
    rows = [{"from": "Order Completed", "to": "Lead"}, {"from": " order completed ", "to": ["Custom", "LEAD", "My Sale"]}]

    assert named({"event_map": rows}, "ORDER COMPLETED") == (["Lead", "Custom", "MySale"], ["lead", "custom", "MySale"])
    assert named({"event_map": rows}, "order_completed") == (["Checkout"], ["checkout"])


def test_a_target_that_looks_misspelt_is_a_warning_and_one_that_cannot_be_sent_a_fault():
    """Advertiser-defined names are allowed, nonsense is not."""
    [warning] = Destination({"event_map": {"Sold": "Chekout"}}).problems
    with pytest.raises(SettingsError) as caught:
        Destination({"event_map": {"Sold": "Check out!", "Seen": ["ok", "ü"]}})

    assert (warning.code, warning.path) == ("misspelt_event", "/event_map/Sold")
    assert "did you mean checkout?" in warning.message
    assert [fault.pointer for fault in caught.value.faults] == ["/event_map/Sold", "/event_map/Seen/1"]
    assert caught.value.faults[0].suggestion == "checkout"


@pytest.mark.parametrize(
    ("unmapped", "names"),
    [("pass", (["QuizDone"], ["QuizDone"])), ("custom", (["Custom"], ["custom"])), ("drop", ([], []))],
)
def test_an_event_without_a_rule_follows_the_unmapped_setting(unmapped, names):
    """It is passed on, becomes a custom event, or is dropped."""
    assert named({"unmapped": unmapped}, "Quiz Done") == names


@pytest.mark.parametrize(
    ("name", "own"),
    [("Quiz Done", "QuizDone"), ("a\tb\u00a0c", "abc"), ("x" * 100, "x" * 100), ("x" * 101, None), ("Quiz!", None), ("Prüfung", None), (" ", None), ("a_b-C9", "a_b-C9")],
)
def test_an_advertisers_own_name_is_ascii_without_spaces(name, own):
    """Letters, digits, underscore and hyphen, at most 100."""
    assert own_name(name) == own


@pytest.mark.parametrize(("name", "code"), [("", "missing_event_name"), (None, "missing_event_name"), (True, "missing_event_name"), ({}, "missing_event_name"), ("Quiz!", "invalid_event_name")])
def test_an_event_without_a_name_that_can_be_sent_goes_nowhere(name, code):
    """Neither channel gets it, and a problem says why."""
    conversion = Destination({}).transform({"type": "track", "event": name, **PERSON})

    assert (conversion.pintrk, conversion.capi, conversion.ok) == ([], [], False)
    assert code in [problem.code for problem in conversion.problems]


def test_screens_go_by_their_name_and_pages_by_their_category():
    """A screen that no rule names is a page visit; the event map does not rename pages."""
    assert named({}, "Order Completed", type="screen") == (["Checkout"], ["checkout"])
    assert named({}, None, type="screen", name="Settings") == (["PageVisit"], ["page_visit"])
    assert named({"event_map": {"Home": "Lead"}}, None, type="PAGE", name="Home") == (["PageVisit"], ["page_visit"])
    assert named({}, None, type="page", category="Shoes") == (["ViewCategory"], ["view_category"])
    assert named({}, None, type="page", category=" ", properties={"category": "Shoes"}) == (["ViewCategory"], ["view_category"])
    assert named({"spec": "rudderstack"}, None, type="page", properties={"category": "Shoes"}) == (["PageVisit"], ["page_visit"])


def test_conditions_and_channels_of_a_users_rules_hold():
    """`when` with `is`, several targets, one of them in the browser only, an event of one's own."""
    rule = {"type": "track", "event": "Sold", "when": [{"path": "properties.kind", "is": ["Book", True]}], "to": ["checkout", {"event": "Book Sold", "own": True, "channels": ["browser"]}]}
    settings = {"overrides": {"events": [rule, {"type": "track", "event": "Sold", "to": {"event": "custom", "channels": ["capi"]}}]}}

    assert named(settings, "sold", properties={"kind": " book "}) == (["Checkout", "BookSold"], ["checkout"])
    assert named(settings, "Sold", properties={"kind": True}) == (["Checkout", "BookSold"], ["checkout"])
    assert named(settings, "Sold", properties={"kind": 1}) == ([], ["custom"])
    assert named(settings, "Sold") == ([], ["custom"])
