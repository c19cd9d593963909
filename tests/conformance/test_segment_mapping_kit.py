"""Mapping directives beside those of Segment's own mapping kit."""

import json

import pytest

from pinterest_destination.errors import MappingError
from pinterest_destination.rules import _js
from pinterest_destination.rules.directives import ABSENT, compile_mapping, mapping_faults, paths_read

UNDEFINED = {"__undefined__": True}


def rows(folder):
    """One row for each call of the kit."""
    found = json.loads((folder / "segment-mapping-kit.json").read_text("utf-8"))
    return [{"name": f"{n}: {row['op']} {row['test'][:60]}", **row} for n, row in enumerate(found)]


def as_value(node):
    """Give JSON with JavaScript's undefined in it as what stands for it here."""
    if node == UNDEFINED:
        return ABSENT
    if isinstance(node, dict):
        return {key: as_value(part) for key, part in node.items()}
    return [as_value(part) for part in node] if isinstance(node, list) else node


def test_ours_is_theirs(row):
    """What Segment refuses is refused at the same place; everything else is equal."""
    arguments = as_value(row["args"])
    if "@liquid" in json.dumps(row["args"][:1]):
        check_liquid(arguments[0])
    elif row["op"] == "remove_empty_values":
        pytest.skip("payloads are not cleaned by a schema here: to the rules, blank values are absent")  # so there is nothing of ours to compare
    elif "error" in row:
        check_refused(row, arguments)
    else:
        assert OPERATIONS[row["op"]](*arguments) == as_value(row["output"])  # type: ignore[operator]  # functions of any arguments


def check_liquid(mapping):
    """Liquid is refused, with the place."""
    faults = mapping_faults(mapping)

    assert faults
    assert all(fault.pointer.endswith("/@liquid") and "@template" in fault.expected for fault in faults)


def check_refused(row, arguments):
    """A wrong mapping has faults, at or below the places that Segment names; a wrong event gives nothing."""
    if row["error"]["message"].startswith("data must be"):
        assert compile_mapping(arguments[0])(arguments[1]) is ABSENT
        return
    mapping = {"@template": arguments[0]} if row["op"] == "template" else arguments[0]
    with pytest.raises(MappingError) as error:
        compile_mapping(mapping)
    for message in row["error"].get("errors", []):
        place = message.partition(" ")[0].rstrip("/")
        assert any(fault.pointer.startswith(place) for fault in error.value.faults)


def transformed(mapping, event=None):
    """Resolve a mapping on an event, {} if there is none."""
    return compile_mapping(mapping)(event or {})


def flat(value, prefix="", separator=".", omit_arrays=False):
    """Flatten *value*."""
    return transformed({"@flatten": {"value": {"@path": "$.v"}, "separator": separator, "omitArrays": omit_arrays}}, {"v": value})


def rendered(template, event=None):
    """Fill in a template."""
    return transformed({"@template": template}, event)


def validated(mapping):
    """Check a mapping that is right; Segment then gives undefined, and null for text."""
    return mapping_faults(mapping) or (None if isinstance(mapping, str) else ABSENT)


def got(node, path):
    """Walk to *path*; Segment's function also takes the steps themselves, and no path at all."""
    if path is None or path is ABSENT:
        return ABSENT
    return _js.walk(node, path if isinstance(path, list) else _js.steps(path))


OPERATIONS = {"transform": transformed, "flatten": flat, "template": rendered, "validate": validated, "get": got, "value_keys": paths_read}
