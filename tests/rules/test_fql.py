"""Triggers: what they mean, where they are wrong, and what is read otherwise than it looks."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.errors import MappingError
from pinterest_destination.rules._fql_tokens import MAX_LENGTH
from pinterest_destination.rules.fql import Condition, Group, compile_fql, compile_tree, parse_fql, write_fql

EVENT = {
    "type": "track",
    "event": "Order Completed",
    "name": "Home",
    "userId": "u-1",
    "properties": {"total": 35, "tier": "gold", "gift": True, "note": None, "my key": "x", "lines": [{"id": "p-1"}], "text": "abc"},
    "traits": {"plan": {"name": "business"}},
    "context": {"ip": "203.0.113.7"},
}


@pytest.mark.parametrize(
    ("trigger", "matches"),
    [
        ('type = "track"', True),
        ("type = track", True),
        ("type = 'track'", False),
        ('type = "track" event = "x"', False),
        ('type != "page"', True),
        ('event = "order completed"', False),
        ("userId != null", True),
        ("userId = null", False),
        ("name = null", False),
        ("event = null", False),
        ("properties.total = 35", True),
        ("properties.total != 35", False),
        ('properties.total = "35"', False),
        ("properties.total >= 35.0", True),
        ("properties.total < +36", True),
        ("properties.total > -1", True),
        ("properties.total <= 34", False),
        ("properties.tier > 1", False),
        ("properties.missing != 1", False),
        ('properties.missing != "x"', True),
        ("properties.gift = true", True),
        ("properties.gift = false", False),
        ("properties.gift != true", True),
        ("properties.note = null", True),
        ("properties != null", True),
        ('properties.my\\ key = "x"', True),
        ('traits . plan . name = "business"', True),
        ('contains(context.ip, "203.")', True),
        ('!contains(properties.tier, "o")', False),
        ('!contains(properties.missing, "o")', False),
        ('match(event, "Order*")', True),
        ('match(event, "*Completed")', True),
        ('!match(event, "*Started")', True),
        ('match(event, "Xleted")', True),
        ("match(properties.text, abc)", True),
        ("contains(userId, 1)", True),
        ('type = "page" or event = "Order Completed"', True),
        ('type = "page" and name = "Home" or userId = "u-1"', True),
        ('type = "page" or name = "Home" and userId = "u-2"', False),
        ('type = "track" and (event = "a" or event = "Order Completed")', True),
        ('(event = "a" or event = "Order Completed")', True),
        ('type = "page" OR event = "Order Completed"', True),
        ('type = "page" Or(event = "Order Completed")', True),
        ('type = "track" AND event = "x"', False),
        ('type = "track" OR type = "x" AND event = "x"', True),
        ('type = "x" AND event = "x" OR type = "track"', True),
        ('type = "track" and (contains(event, "x") or event = "y")', False),
    ],
)
def test_a_trigger_means_what_it_says(trigger, matches):
    """Fields, operators, calls and groups, as Segment has them; capitals and calls in groups as people mean them."""
    assert compile_fql(trigger)(EVENT) is matches


@pytest.mark.parametrize(
    ("trigger", "found", "expected"),
    [
        ("", "no condition before the end", "a condition"),
        ("  ", "no condition before the end", "a condition"),
        ("anonymousId = 1", "no condition before the end", "fields are type, event"),
        ("type", "the end after 'type' at position 1", "an operator"),
        ('type "track"', "'\"track\"' at position 6 after 'type' at position 1", "an operator"),
        ("type = = 5", "'=' at position 8 after '=' at position 6", "a value"),
        ('type = "track', "'\"track' at position 8", "text in quotes"),
        ("properties.total >=10", "'>=10' at position 18", "a space behind it"),
        ("properties.lines[0].id = 1", "'[' at position 17", "an operator"),
        ('! contains(event, "x")', "'! contains(event, \"x' at position 1", "a name"),
        ('!event = "x"', "'!' at position 1 before 'event'", "contains(...) or match(...)"),
        ('contains event, "x"', "'event' at position 10 after 'contains'", "("),
        ('contains(type, "x")', "'type' at position 10 in contains", "event, name, userId"),
        ('contains(event "x")', "'\"x\"' at position 16 after 'event'", ","),
        ("contains(event, )", "')' at position 17 in contains", "text in double quotes"),
        ('contains(event, "x"', "the end after '\"x\"'", ")"),
        ('((type = "track"))', "a group within a group, '(' at position 2", "one level deep"),
        ("length(event) > 5", "')' at position 13 after 'event'", "an operator"),
        ('type = "track" and ()', "no condition before ')' at position 21", "a condition"),
        ('type = "' + "x" * MAX_LENGTH + '"', f"a trigger of {MAX_LENGTH + 9} characters", "at most"),
    ],
)
def test_a_wrong_trigger_is_told_with_its_place(trigger, found, expected):
    """One fault: the position, what stands there, what would be right."""
    with pytest.raises(MappingError) as error:
        compile_fql(trigger)

    (fault,) = error.value.faults
    assert fault.found.startswith(found)
    assert expected in fault.expected


@pytest.mark.parametrize(
    ("trigger", "remark"),
    [
        ('type = "track" and anonymousId = "x"', "'anonymousId' at position 20 is nothing that a trigger can test"),
        ('type = "track" and not event = "x"', "'not' at position 20 is nothing"),
        ('type = "track" )', "')' at position 16 is nothing"),
        ('type = "track" and !(event = "x"', "'!' at position 20: a group cannot be negated"),
        ('type = "track" and !(event = "x") or', "'!' at position 20: a group cannot be negated"),
        ("type = 'track'", "single quotes are a part of the text"),
        ("properties.gift != true", "no boolean is that text"),
        ("type = null", 'compared with the text "null"'),
        ('match(event, "Foo")', "no * at either end"),
        ("type =", "there is no value after '=' at position 6"),
        ('(type = "track"', "'(' at position 1 is never closed"),
        ('(match(event, "A*") or type = "x")', "Segment ends the group at the parenthesis"),
        ('type = "a" or type = "b" and name = "c"', "the last of them, and, counts for all"),
    ],
)
def test_what_is_read_otherwise_than_it_looks_is_told(trigger, remark):
    """What Segment ignores or reads in its own way is no fault, but nothing to keep silent about."""
    (told,) = parse_fql(trigger).remarks

    assert remark in told


@pytest.mark.parametrize("trigger", ['type = "track" AND event = "Order Completed"', 'event = "a" or (type = "page" and properties.x != null)'])
def test_a_plain_trigger_leaves_nothing_to_tell(trigger):
    """A trigger that means what it says has no remarks."""
    assert parse_fql(trigger).remarks == ()


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        ('type = "a" OR type = "b" AND event = "c"', 'type = "a" or (type = "b" and event = "c")'),
        ("properties.my\\ key != 5.0", "properties.my\\ key != 5"),
        ('!match(event, "*x") and match(traits.a, "y*")', '!match(event, "*x") and match(traits.a, "y*")'),
        ("userId = null properties.a = true", "userId = null and properties.a = true"),
        ('properties.a < "ten"', 'properties.a < "ten"'),
    ],
)
def test_a_trigger_is_written_as_it_is_understood(trigger, text):
    """What `explain` shows: the conditions, and how they belong together."""
    assert write_fql(parse_fql(trigger).tree) == text


def test_an_unknown_operator_never_holds():
    """A tree of somebody's own making does no harm."""
    assert not compile_tree(Group("and", (Condition("event", "~", "x"),)))({"event": "x"})
    assert not compile_fql('properties.a < "ten"')({"properties": {"a": 1}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "length", "0", "type", "event"]), inner, max_size=3),
    max_leaves=8,
)
events = st.dictionaries(st.sampled_from(["type", "event", "name", "userId", "properties", "traits", "context"]), json_values)
TRIGGERS = ["type = a", "properties.a > 5", "properties.a.length != 1", "context.a.length = null", "contains(traits.a, a)", '!match(event, "a*")', "properties.a = true", "userId != null", "event = a or traits.a.a < 1"]


@pytest.mark.property
@given(st.sampled_from(TRIGGERS), events | json_values)
def test_a_trigger_never_raises_for_an_event(trigger, event):
    """Whatever an event is, the answer is yes or no."""
    before = repr(event)

    assert compile_fql(trigger)(event) in (True, False)
    assert repr(event) == before


WORDS = ["type", "event", "properties.a", "=", "!=", ">=", "<", '"x"', "'x'", "5", "null", "true", "and", "OR", "(", ")", "!", "contains(", "match(", ",", "[", "\\", '"', "not", "."]


@pytest.mark.property
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=20))
def test_any_text_is_a_trigger_or_a_fault(text):
    """Nothing else comes of it; a trigger can be tested and written."""
    event = {"type": "x", "event": "x", "properties": {"a": 5}}
    with contextlib.suppress(MappingError):
        trigger = parse_fql(text)

        assert compile_tree(trigger.tree)(event) in (True, False)
        assert write_fql(trigger.tree)
