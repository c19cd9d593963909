"""Triggers beside those of Segment's own parser: the same trees, the same text, the same answers."""

import json

import pytest

from pinterest_destination.errors import MappingError
from pinterest_destination.rules.fql import Condition, Group, compile_tree, parse_fql, write_fql

ABSENT = {"__undefined__": True}


def rows(folder):
    """One row for each call of the parser, the writer or the matcher."""
    found = json.loads((folder / "segment-fql.json").read_text("utf-8"))
    return [{"name": f"{n}: {row['op']} {json.dumps(row['args'][0])[:60]}", **row} for n, row in enumerate(found)]


def as_tree(node):
    """Read a tree as Segment writes it."""
    if node["type"] == "group":
        return Group(node["operator"], tuple(map(as_tree, node["children"])))
    return Condition(node["type"], node["operator"], node.get("value"), node.get("name", ""))


def as_json(node):
    """Write a tree as Segment does."""
    if isinstance(node, Group):
        return {"type": "group", "operator": node.operator, "children": [as_json(child) for child in node.children]}
    return {"type": node.type, "operator": node.operator} | ({"name": node.name} if node.name else {}) | ({} if node.value is None else {"value": node.value})


def test_ours_is_theirs(row):
    """What Segment refuses is refused, everything else is equal; a tree that is an error matches nothing and cannot be written."""
    if row["op"] == "parse_fql" and "error" in row["output"]:
        with pytest.raises(MappingError):
            parse_fql(row["args"][0])
    elif row["op"] == "parse_fql":
        assert as_json(parse_fql(row["args"][0]).tree) == row["output"]
    elif "error" in row["args"][0]:
        assert "error" in row or row["output"] is False
    elif row["op"] == "generate_fql":
        assert write_fql(as_tree(row["args"][0])) == row["output"]
    else:
        event = None if row["args"][1] == ABSENT else row["args"][1]
        assert compile_tree(as_tree(row["args"][0]))(event) is row["output"]
