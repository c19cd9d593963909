"""Nothing is mapped that no case shows: events, rules, fields, transforms and problems all occur in tests/cases."""

import json
from functools import cache
from pathlib import Path

import pytest

from pinterest_destination.errors import PROBLEMS
from pinterest_destination.rules import load, transforms
from pinterest_destination.testing import load_case

ROOT = Path(__file__).parent
CASES = sorted((ROOT / "cases").rglob("*.json"))
SPECS = ROOT.parent / "mappings" / "specs"

NOT_BY_TRANSFORM = {
    "invalid_input",  # told by whoever reads the input: tests/cli
    "invalid_event",  # a case is a JSON object: tests/test_destination.py
    "internal_error",  # a bug
    "invalid_payload",  # told in strict mode: tests/test_strict.py
    "more_problems",  # needs a hundred: tests/test_destination.py
    "unknown_setting", "changed_setting", "missing_secret",  # about settings: tests/settings
    "odd_subscription", "harmful_default", "risky_mapping",  # about subscriptions: tests/plan/test_stage.py
    "misspelt_event", "risky_custom_property", "risky_event_id", "ignored_custom_property", "browser_only_property",  # about the plan: tests/plan
}  # fmt: skip


ELSEWHERE = ("call_type", "event_name", "advertiser_tracking_enabled")
"""Fields that decide the rule, and one that the API's schema does not list: tests/plan/test_compiler.py."""


@cache
def explained():
    """Every case's explanation."""
    made = []
    for path in CASES:
        case = load_case(path)
        made.append(case.destination.explain(case.document["event"]))
    return made


@pytest.mark.parametrize("event", load.catalogue().events, ids=lambda event: event.name)
def test_every_pinterest_event_has_cases(event):
    """In a folder of its name, and at least one of them sends it."""
    sent = [e["event_name"] for explanation in explained() for e in explanation.capi_events]

    assert list((ROOT / "cases" / event.name).glob("*.json"))
    assert event.name in sent


@pytest.mark.parametrize("spec", load.shipped_specs())
def test_every_event_rule_fires_in_a_case(spec):
    """A rule that no case shows may be wrong without anybody noticing."""
    rules = {explanation.rule for explanation in explained()}
    wanted = json.loads((SPECS / f"{spec}.json").read_text("utf-8"))["events"]

    assert [rule for n, rule in enumerate(wanted) if f"mappings/specs/{spec}.json#/events/{n}" not in rules] == []


@pytest.mark.parametrize("spec", load.shipped_specs())
def test_every_field_rule_gives_a_value_in_a_case(spec):
    """Each field of the document, and each field of its items."""
    rules = {field.rule for explanation in explained() for field in explanation.fields}
    document = json.loads((SPECS / f"{spec}.json").read_text("utf-8"))
    wanted = [f"fields/{name}" for name, part in document.get("fields", {}).items() if part["from"] and name not in ELSEWHERE]
    wanted += [f"items/fields/{name}" for name in document.get("items", {}).get("fields", {})]

    assert [name for name in wanted if f"mappings/specs/{spec}.json#/{name}" not in rules] == []


def test_every_transform_works_in_a_case():
    """Each name that `as` may have; `custom_digest` is the plan's own (tests/plan/test_custom.py)."""
    used = {stage.what for explanation in explained() for field in explanation.fields for stage in field.stages}

    assert sorted({*transforms.names()} - used - {"any", "custom_digest"}) == []


def test_every_problem_that_an_event_can_have_occurs_in_a_case():
    """With its code; those about input, settings and plan have tests of their own."""
    told = {problem.code for explanation in explained() for problem in explanation.problems}

    assert sorted({*PROBLEMS} - told - NOT_BY_TRANSFORM) == []
