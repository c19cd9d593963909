"""A plan's generated functions do what the documents say: the same as the plain interpreter, for every event."""

import json

import pytest
from attrs import evolve
from hypothesis import example, given

from pinterest_destination import Settings
from pinterest_destination.plan import compile_plan

from ..interpreter import Interpreter
from .strategies import NOW, SETTINGS, events, for_each

pytestmark = pytest.mark.property

# Names that the plan has a field for: the interpreter agrees on who gives way to whom.
SAME_NAMES = {"custom_properties": [{"from": name, "to": to} for name, to in (("total", "value"), ("currency", "currency"), ("products", "line_items"), ("query", "event_id"))]}
LOADED = {name: Settings.load(document) for name, document in {**SETTINGS, "same names": SAME_NAMES}.items()}
PLANS = {name: compile_plan(settings) for name, settings in LOADED.items()}
TWINS = {name: evolve(plan, functions={call: made.__globals__[f"{call}_dotted"] for call, made in plan.functions.items()}) for name, plan in PLANS.items()}
INTERPRETERS = {name: Interpreter(settings) for name, settings in LOADED.items()}

each_settings = for_each("name", LOADED)


def text(payloads):
    """Give payloads as JSON text: Python says 1 == 1.0 == True, a payload does not."""
    return json.dumps(payloads, sort_keys=True, allow_nan=False)


def told(problems, *, of_parts=True):
    """Give what there is to tell, each once; complaints about parts that are no objects only *of_parts*."""
    return {problem for problem in problems if of_parts or not problem.message.startswith("expected an object, found")}


def has_dots(node):
    """Tell whether any key in *node* has a dot in it: such an event may go to a twin, which skips complaints about parts."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if any("." in key for key in part):
                return True
            stack += part.values()
        elif isinstance(part, list):
            stack += part
    return False


def same(made, wanted, *, of_parts):
    """Compare what a plan made with what the interpreter wants."""
    assert text(made[0]) == text(wanted[0])
    assert text(made[1]) == text(wanted[1])
    if "more_problems" not in {problem.code for problem in made[2]}:
        assert told(made[2], of_parts=of_parts) == told(wanted[2], of_parts=of_parts)


@each_settings
@given(events)
@example({"type": "track", "payload": "x"})  # a part in which the name of the event is looked for, and is not
def test_a_plan_equals_the_interpreter(name, event):
    """Payloads are equal to the byte, and the same problems are told."""
    same(PLANS[name].convert(event, NOW), INTERPRETERS[name].convert(event, NOW), of_parts=not has_dots(event))


@each_settings
@given(events)
def test_a_twin_equals_the_interpreter(name, event):
    """The functions for events with dotted keys are right for every event, with such keys and without."""
    same(TWINS[name].convert(event, NOW), INTERPRETERS[name].convert(event, NOW), of_parts=False)


def test_a_dotted_key_sends_the_event_to_the_twin():
    """A plain function meets a literal dotted key by handing the whole event over."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1", "properties.value": 35, "properties": {"value": 7}, "context.page": {"url": "https://shop.example.com/"}}

    calls, _, _ = PLANS["default"].convert(event, NOW)

    assert calls == [["track", "Checkout", {"event_id": "m-1", "value": 35}]]
