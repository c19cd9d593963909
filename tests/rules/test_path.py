"""Dot-paths."""

import pytest

from pinterest_destination.rules.path import parse

EVENT = {
    "properties": {"a": {"b": 1}, "a.b": 2, "list": [{"name": "x"}, [7]], "Loyalty Tier": {"Level": 3}, "0": "zero"},
    "x.y": 4,
    "deep.er": {"z": 5},
    "starred": {"*": {"b": "literal"}, "b": "other"},
    "dotted": {"*.b": "rest"},
}


@pytest.mark.parametrize(
    ("text", "spelling", "value"),
    [
        ("properties.a.b", "exact", 2),  # the literal key wins
        ("x.y", "exact", 4),
        (r"x\.y", "exact", 4),
        (r"deep\.er.z", "exact", 5),
        ("properties.list.0.name", "exact", "x"),
        ("properties.list.1.0", "exact", 7),
        ("properties.list.2.name", "exact", None),
        ("properties.list.-1", "exact", None),
        ("properties.list.name", "exact", None),
        ("properties.list.99999999999999999999", "exact", None),
        ("properties.0", "exact", "zero"),
        ("properties.a.b.c", "exact", None),
        ("Properties.A", "exact", None),
        ("Properties.A.B", "any_case", 2),
        ("properties.loyalty tier.level", "any_case", 3),
        ("properties.loyalty_tier.level", "any_case", None),
        ("properties.loyalty_tier.level", "any_spelling", 3),
        ("nothing", "any_spelling", None),
        ("properties.list.*.name", "exact", ["x"]),
        ("properties.list.*", "exact", [{"name": "x"}, [7]]),
        ("properties.list.*.*", "exact", [{"name": "x"}, [7]]),
        ("properties.list.*.0", "exact", [7]),
        ("properties.list.*.z", "exact", None),
        ("properties.*.a.b", "exact", 2),
        ("properties.Loyalty Tier.*.level", "any_case", 3),
        ("properties.0.*", "exact", None),
        ("properties.0.*.x", "exact", None),
        ("starred.*.b", "exact", "literal"),
        ("starred.*", "exact", {"b": "literal"}),
        ("dotted.*.b", "exact", "rest"),
    ],
)
def test_a_path_finds_its_value(text, spelling, value):
    """Objects by name, lists by position, literal dotted keys first, names compared as the spelling says."""
    assert parse(text, spelling).find(EVENT) == value


@pytest.mark.parametrize("node", [None, 5, "text", [], {}, {5: 1}, {"a": None}])
def test_a_path_finds_nothing_where_there_is_nothing(node):
    """Whatever stands there, a path never raises."""
    assert parse("a.b").find(node) is None
    assert parse("a", "any_case").find(node) is None


def test_an_exact_name_wins_over_one_that_folds_to_it():
    """With loose spelling the exact key is preferred, else the first one that fits."""
    assert parse("b", "any_case").find({"B": 1, "b": 2}) == 2
    assert parse("b", "any_case").find({"C": 0, "B": 1}) == 1


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", " ", "a. .b"])
def test_a_path_has_no_empty_steps(text):
    """They are refused when the path is parsed, not when an event comes."""
    with pytest.raises(ValueError, match="without empty steps"):
        parse(text)
