"""The code that one event goes through: short enough to be read, and the same as the whole where that event is concerned."""

from pathlib import Path

import pytest

from pinterest_destination import Destination
from pinterest_destination.plan.compiler import run
from pinterest_destination.plan.model import Plan
from pinterest_destination.plan.narrowed import narrowed
from pinterest_destination.testing import load_case

CASES = [path for path in sorted((Path(__file__).parents[1] / "cases").rglob("*.json")) if isinstance(load_case(path).document["event"], dict)]
"""All cases but those whose event is no object, which goes through no code."""
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "msg-1",
    "timestamp": "2026-11-22T10:00:00Z",
    "context": {"traits": {"email": "jane@example.com"}, "page": {"url": "https://shop.example.com/thanks"}},
    "properties": {"order_id": "O-1", "revenue": "35.00", "currency": "usd", "products": [{"product_id": "P-1", "price": 10}]},
}


@pytest.fixture(scope="module")
def destination():
    """A destination of the shipped rules."""
    return Destination({"tag_id": "2612345678901"})


def with_functions(plan, functions):
    """Give what *plan* makes of an event by other *functions*, asked for no consent."""
    parts = {name: getattr(plan, name) for name in ("settings", "spec", "channels", "routes", "event_map", "standard", "unmapped", "source", "problems")}
    return Plan(**parts, functions=functions)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_makes_the_same_payloads_of_every_case(path):
    """Run by itself, with nothing of the whole code beside it, it gives the very payloads; for each subscription, too."""
    case = load_case(path)
    plan, event, now = case.destination.plan, case.document["event"], case.now
    module = narrowed(plan, event)
    run(module.text, module.names)
    alone = with_functions(plan, module.names)

    for given in plan.inputs(event):
        assert alone.convert(given, now)[:2] == with_functions(plan, plan.functions).convert(given, now)[:2]


def test_an_order_is_read_in_a_minute(destination):
    """An order with two match keys and four properties is less than a tenth of the whole, and names nothing that it lacks."""
    text = narrowed(destination.plan, ORDER).text

    assert len(text.splitlines()) < len(destination.plan.source.splitlines()) / 10
    assert [word for word in ("video_title", "'total'", "app_info", "def page") if word in text] == []
    assert [word for word in ("# em", "'revenue'", "def item(", "_capi[0]") if word not in text] == []


def test_products_without_anything_known_are_still_read(destination):
    """Where a product brings nothing, what is left says so, and is Python."""
    event = {**ORDER, "properties": {"products": [{"unknown": 1}]}}
    module = narrowed(destination.plan, event)
    run(module.text, module.names)

    assert module.names["item"]({"unknown": 1}, ("products", 0), [], ("Checkout",), ("checkout",)) is None


def test_an_event_with_dotted_keys_shows_the_twin(destination):
    """Such an event is read by other code, and that is what is shown."""
    event = {key: part for key, part in ORDER.items() if key != "context"} | {"context.traits": {"email": "jane@example.com"}}
    module = narrowed(destination.plan, event)
    run(module.text, module.names)

    assert "find_messageId(_event)" in module.text
    assert "DOTTED_KEYS" not in module.text
    assert module.names["track"](event, ("Checkout",), (), 0, [])[0] == destination.plan.functions["track"](event, ("Checkout",), (), 0, [])[0]


def test_an_event_of_no_known_type_has_a_head_only(destination):
    """No function is written for a call that the rules do not know."""
    text = narrowed(destination.plan, {"type": "group"}).text

    assert text.startswith("def head(")
    assert text.count("def ") == 1
