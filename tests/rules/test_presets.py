"""The presets document: what it says, and what can be wrong with one."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from pinterest_destination.plan.documents import document_faults
from pinterest_destination.rules.directives import paths_read
from pinterest_destination.rules.load import catalogue, spec
from pinterest_destination.rules.presets import presets, structured

FILE = Path(__file__).parents[2] / "mappings" / "presets" / "segment_actions.json"
DOCUMENT = json.loads(FILE.read_text("utf-8"))


def test_the_shipped_document_is_right():
    """By its schema, and by what it names."""
    assert document_faults("presets", DOCUMENT, str(FILE)) == []
    assert structured(DOCUMENT) == presets()


def test_there_are_sixteen_presets_for_events_of_pinterest():
    """One for each that Segment has; each fills the name of an event that Pinterest knows, and the spec passes it on."""
    known = {event.name for event in catalogue().events}
    passed = {name for rule in spec("segment_actions").events for name in rule.names}

    assert len(presets().presets) == 16
    assert {preset.mapping["event_name"] for preset in presets().presets} <= known
    assert passed == known


def test_what_is_mended_takes_the_place_of_a_default():
    """Unless the original is asked for: then a preset is as the other tool has it."""
    known = presets()
    checkout, install = known.find("Checkout"), known.find("App Install")
    assert checkout is not None
    assert install is not None

    assert known.mapping_of(checkout, original=True) == {**DOCUMENT["mapping"], "event_name": "checkout"}
    assert "opt_out" not in known.mapping_of(checkout)
    assert known.mapping_of(checkout)["action_source"] == "web"
    assert known.mapping_of(install)["action_source"] == {"@path": "$.properties.action_source"}
    assert paths_read(known.mapping_of(checkout)["custom_data_2"]["value"])[0] == "$.properties.value"
    assert known.mapping["opt_out"] is True


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (DOCUMENT["mapping"]["custom_data_2"]["value"], True),
        ({"@if": {"exists": {"@path": "$.properties.price"}, "then": {"@path": "$.properties.price"}, "else": {"@path": "$.properties.value"}}, "_metadata": {"label": "x"}}, True),
        ({"@path": "$.properties.total"}, False),
        (5, False),
    ],
)
def test_a_default_that_harms_is_recognised(value, kept):
    """By the paths that it reads, however it is written."""
    mended = next(row for row in presets().mended if "/custom_data_2/value" in row.at)

    assert presets().keeps(mended, {"custom_data_2": {"value": value}}) == ("/custom_data_2/value" if kept else None)
    assert presets().keeps(mended, {"custom_data_2": "x"}) is None


def test_a_constant_is_recognised_by_its_kind_too():
    """1 is not true, though Python says so."""
    mended = next(row for row in presets().mended if "/opt_out" in row.at)

    assert presets().keeps(mended, {"opt_out": True}) == "/opt_out"
    assert presets().keeps(mended, {"opt_out": 1}) is None
    assert presets().keeps(mended, {"opt_out": False}) is None


@pytest.mark.parametrize(("chosen", "left"), [("latest", "custom_data_2"), ("legacy", "custom_data"), (None, "custom_data"), ("", "custom_data"), ("other", "custom_data"), ([], "custom_data")])
def test_a_payload_keeps_the_fields_of_its_own_format(chosen, left):
    """A format that is missing or unknown is the legacy one."""
    payload = {"data_format": chosen, "event_name": "lead", "custom_data": 1, "custom_data_2": 2}

    assert presets().formats.trimmed(payload) == {"data_format": chosen, "event_name": "lead", left: payload[left]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda doc: doc.pop("mapping"), ": found an object; expected the key mapping"),
        (lambda doc: doc["presets"][0].pop("subscribe"), "/presets/0: found an object; expected the key subscribe"),
        (lambda doc: doc["presets"][1].update(name=doc["presets"][0]["name"]), "/presets/1/name: found 'Add Payment Info', the name of an earlier preset"),
        (lambda doc: doc["presets"][2].update(subscribe="type"), "/presets/2/subscribe: found the end after 'type'"),
        (lambda doc: doc["presets"][2].update(mapping={"a": {"@pth": 1}}), "/presets/2/mapping/a/@pth: found the unknown directive"),
        (lambda doc: doc["mapping"].update(a={"@path": 1}), "/mapping/a/@path: found a number"),
        (lambda doc: doc["mended"][0].update(at=["/opt_ot"]), "/mended/0/at/0: found /opt_ot, where the mapping has nothing"),
        (lambda doc: doc["mended"][0].update(to={"@liquid": "x"}), "/mended/0/to/@liquid: found the directive @liquid"),
        (lambda doc: doc["mended"][2].update(presets=["App Instal"]), "/mended/2/presets/0: found 'App Instal'; expected one of"),
        (lambda doc: doc.update(extra=1), "/extra: found an unknown key"),
    ],
)
def test_a_wrong_document_is_told_with_its_place(change, fault):
    """File, pointer, what was found, what would be right."""
    document = deepcopy(DOCUMENT)
    change(document)
    told = [str(each) for each in document_faults("presets", document, "f.json")]

    assert len(told) == 1
    assert told[0].startswith(f"f.json#{fault}")


def test_a_document_needs_no_formats():
    """Then every field of a payload counts."""
    made = structured({"name": "x", "mapping": {}, "presets": [{"name": "a", "subscribe": "type = a", "mapping": {}}]})

    assert made.formats.trimmed({"a": 1}) == {"a": 1}
    assert made.find("b") is None
