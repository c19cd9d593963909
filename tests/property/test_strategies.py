"""The strategies make what they say: JSON, of all kinds, and enough that is realistic."""

import json

import pytest
from hypothesis import find, given
from hypothesis import settings as effort

from pinterest_destination import Destination

from .strategies import CALLS, NOW, PATHS, SETTINGS, SPECS, USUAL, events, mutated, plant, realistic

pytestmark = pytest.mark.property
DESTINATION = Destination({}, clock=lambda: NOW)


@given(events)
def test_every_event_is_json(event):
    """An event is an object of JSON's types alone; text and numbers may be of any kind."""
    json.dumps(event)


@given(realistic())
def test_a_realistic_event_is_mostly_understood(event):
    """A realistic event has a call type, and is JSON that any host could send."""
    assert event["type"] in CALLS

    json.dumps(event, allow_nan=False).encode()


@pytest.mark.parametrize(
    "condition",
    [
        lambda event: DESTINATION.transform(event).capi and DESTINATION.transform(event).pintrk,
        lambda event: any(call[0] == "set" for call in DESTINATION.transform(event).pintrk),
        lambda event: any("line_items" in call[-1] for call in DESTINATION.transform(event).pintrk),
        lambda event: any(problem.code == "unusable_value" for problem in DESTINATION.transform(event).problems),
        lambda event: any("." in key for key in event),
    ],
    ids=["both channels", "set", "products", "a problem", "a dotted key"],
)
def test_the_interesting_is_found(condition):
    """Each kind of outcome that the laws speak of is really reached."""
    assert condition(find(mutated(realistic()), condition, settings=effort(max_examples=3000, database=None)))


def test_places_come_from_the_documents():
    """The places to plant values at are those of the shipped specs, and planting reaches them."""
    event: dict[str, object] = {}
    plant(event, "context.page.url", "https://shop.example.com/")

    assert len(SPECS) >= 4
    assert len(PATHS) > 100
    assert set(USUAL) >= {transform for _, transform in PATHS}
    assert event == {"context": {"page": {"url": "https://shop.example.com/"}}}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_load(name):
    """All settings of the property tests can be used."""
    assert Destination(SETTINGS[name]).plan.source
