"""The class users hold."""

import json
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest

from pinterest_destination import Conversion, Destination, Settings, SettingsError
from pinterest_destination.identity import digest

EVENT = {"type": "track", "event": "Order Completed", "messageId": "m", "timestamp": 1700000000, "context": {"traits": {"email": "jane@example.com"}}}


def codes(conversion):
    """The codes of its problems."""
    return [problem.code for problem in conversion.problems]


@pytest.mark.parametrize("event", [None, 5, "text", [], True, object()])
def test_what_is_no_object_is_an_invalid_event(event):
    """It gives a Conversion like any other."""
    conversion = Destination({}).transform(event)

    assert (conversion.pintrk, conversion.capi, codes(conversion), conversion.ok) == ([], [], ["invalid_event"], False)


@pytest.mark.parametrize("event", [{}, {"type": None}, {"type": 5}, {"type": "unknown"}, {"type": ["track"]}])
def test_an_event_without_a_call_type_goes_nowhere(event):
    """The code says what is missing."""
    assert codes(Destination({}).transform(event))[-1] == "invalid_type"


def test_group_and_alias_are_no_business_of_pinterest():
    """That is information, not an error."""
    for call in ("group", "Alias"):
        conversion = Destination({}).transform({"type": call})
        assert (codes(conversion), conversion.ok) == (["unsupported_call"], True)


def test_a_channel_can_be_left_out():
    """What nobody asked for is neither made nor talked about."""
    destination = Destination({}, clock=lambda: 1700000000)
    anonymous = {**EVENT, "context": {}}
    installed = {**EVENT, "event": "Application Installed"}

    assert destination.transform(EVENT, "pintrk").capi == []
    assert destination.transform(EVENT, "capi").pintrk == []
    assert destination.transform(EVENT, "both") == Conversion(destination.transform(EVENT, "pintrk").pintrk, destination.transform(EVENT, "capi").capi, destination.transform(EVENT).problems)
    assert "missing_identity" not in codes(destination.transform(anonymous, "pintrk"))
    assert "missing_identity" in codes(destination.transform(anonymous, "capi"))
    assert "not_for_channel" not in codes(destination.transform(installed, "capi"))
    assert "not_for_channel" in codes(destination.transform(installed, "pintrk"))


def test_any_mapping_is_an_event():
    """Also read-only ones, and others nested in them."""
    destination = Destination({}, clock=lambda: 1700000000)
    other = MappingProxyType({**EVENT, "context": OrderedDict(traits=MappingProxyType({"email": "jane@example.com"}), when=object())})

    assert destination.transform(other) == destination.transform(EVENT)


def test_a_stream_gives_one_conversion_for_each_event_in_order():
    """One bad event costs only itself."""
    events: list[Any] = [EVENT, None, {**EVENT, "event": "Product Added"}]

    conversions = list(Destination({}).transform_all(events))

    assert [conversion.pintrk[0][1] if conversion.pintrk else None for conversion in conversions] == ["Checkout", None, "AddToCart"]


def test_a_bug_in_the_plugin_costs_one_event_and_tells_no_value(monkeypatch):
    """The kind of the exception is told, not its text."""
    destination = Destination({})

    def broken(*_, **__):
        raise RuntimeError("jane@example.com")

    monkeypatch.setattr(type(destination.plan), "convert", broken)
    conversion = destination.transform(EVENT)

    assert codes(conversion) == ["internal_error"]
    assert "RuntimeError" in conversion.problems[0].message
    assert "jane" not in repr(conversion)


def test_loading_the_tag_needs_its_id_and_hashes_the_visitor():
    """`load` carries the match keys that `enhanced_match` asks for, in any spelling of the trait."""
    page = Destination({"tag_id": "2612345678901", "enhanced_match": ["em", "external_id"], "np": "shop"}).page_load
    quiet = Destination({"tag_id": "2612345678901", "enhanced_match": []})

    assert page() == [["load", "2612345678901", {"np": "shop"}], ["page"]]
    assert page({"E-Mail": "Jane@Example.com", "id": 7}) == [
        ["load", "2612345678901", {"em": digest("jane@example.com"), "external_id": digest("7"), "np": "shop"}],
        ["page"],
    ]
    assert quiet.page_load({"email": "jane@example.com"}) == [["load", "2612345678901"], ["page"]]
    with pytest.raises(SettingsError, match="/tag_id: found nothing"):
        Destination({}).page_load()


def test_a_destination_can_be_made_of_settings_a_mapping_or_a_file(tmp_path):
    """All three do the same; what was odd about the settings is in `problems`."""
    document = {"tagId": "2612345678901", "eventsMapping": [], "unheardOf": 1}
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(document))

    for destination in (Destination(document), Destination(Settings.load(document, "rudderstack")), Destination.from_file(file)):
        assert destination.plan.spec.name == "rudderstack"
        assert [problem.code for problem in destination.problems] == ["unknown_setting"]
        assert repr(destination) == "<Destination tag_id=2612345678901 spec='rudderstack'>"


def test_a_million_bad_rows_do_not_make_a_million_problems():
    """A hundred warnings are told, then that there are more; errors always are."""
    conversion = Destination({}).transform({"type": "track", "event": "Order Completed", "messageId": "m", "properties": {"products": [None] * 1_000_000}})

    assert len(conversion.problems) < 110
    assert {"invalid_item", "more_problems", "missing_identity", "invalid_event_time"} <= set(codes(conversion))


def test_limited_data_processing_ends_with_the_event_that_asked_for_it():
    """On a page whose whole stream is known, the next event clears it with three blanks; one that sends nothing does not."""
    destination = Destination({"tag_id": "2612345678901"}, clock=lambda: 1700000000)
    limited = {**EVENT, "context": {"traits": {"optOutType": "LDP", "state": "CA", "country": "US"}}}
    nothing = {"type": "group", "messageId": "g"}

    calls = destination.page_calls([EVENT, limited, limited, nothing, EVENT, EVENT])

    sets = [call[1] for call in calls if call[0] == "set"]
    assert [call[0] for call in calls] == ["load", "page", "track", "set", "track", "set", "track", "set", "track", "track"]
    assert [each["opt_out_type"] for each in sets] == ["LDP", "LDP", ""]
    assert sets[-1] == {"opt_out_type": "", "st": "", "country": ""}
    assert len(sets[0]["st"]) == len(sets[0]["country"]) == 64


@pytest.mark.parametrize(
    ("one", "found"),
    [({}, "dict"), (EVENT, "dict"), (MappingProxyType(EVENT), "mappingproxy"), (Conversion(), "Conversion"), ("[]", "str"), (b"[]", "bytes"), (None, "NoneType")],
)
def test_one_event_is_no_page(one, found):
    """Its keys would be taken for events that give nothing; a list of it is what is meant."""
    destination = Destination({"tag_id": "2612345678901"})

    for make in (destination.page, destination.page_calls):
        with pytest.raises(TypeError, match=f"^events: found one {found}; expected a list of events or conversions$"):
            make(one)


@pytest.mark.parametrize("consent", ["denied", "false", 0, [], ["granted"]])
def test_what_is_no_answer_is_not_taken_for_consent(consent):
    """A mistake in what is passed must not have a visitor tracked."""
    destination = Destination({"tag_id": "2612345678901"})

    for make in (destination.page_load, destination.page_code):
        with pytest.raises(TypeError, match=f"^consent: found {type(consent).__name__}; expected True, False, or the event that tells it$"):
            make(consent=consent)


@pytest.mark.parametrize("consent", [None, False])
def test_traits_are_a_mapping(consent):
    """Anything else would be a visitor of whom nothing is known."""
    with pytest.raises(TypeError, match=r"^traits: found str; expected a mapping of the visitor's traits$"):
        Destination({"tag_id": "2612345678901"}).page_load("em", consent)  # type: ignore[arg-type]


def test_the_code_of_an_event_is_that_of_a_conversion():
    """The event itself has to be transformed first."""
    with pytest.raises(TypeError, match=r"^conversion: found dict; expected what `transform` gives for an event$"):
        Destination({"tag_id": "2612345678901"}).event_code(EVENT)  # type: ignore[arg-type]


def test_limited_data_processing_by_setting_is_never_cleared():
    """It then holds for every event, and at page load."""
    destination = Destination({"tag_id": "2612345678901", "limited_data_processing": True}, clock=lambda: 1700000000)

    calls = destination.page_calls([EVENT, EVENT])

    assert calls[0][2]["opt_out_type"] == "LDP"
    assert [call[1]["opt_out_type"] for call in calls if call[0] == "set"] == ["LDP", "LDP"]
