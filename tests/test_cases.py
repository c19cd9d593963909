"""The fixtures in tests/cases: settings and an event, and exactly what becomes of it. `pytest --bless` writes `expected`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pinterest_destination._resources import read_json, schemas
from pinterest_destination.testing import bless, load_case, run_case

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "cases"
CASES = sorted(FOLDER.rglob("*.json"))


def case_id(path):
    """A case's name: its folder, the Pinterest event, and what it shows."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def schema_faults(name, payload):
    """List what the shipped schema *name* finds wrong with *payload*."""
    validator = Draft202012Validator(read_json(schemas() / f"{name}.json"))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(payload)]


def pytest_generate_tests(metafunc):
    """Run the tests of one case for every case."""
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", CASES, ids=map(case_id, CASES))


def test_case(path, touched):
    """The event becomes exactly what the case expects, down to the type of each number."""
    case = load_case(path)
    if touched is not None:
        if bless(case):
            touched.append(path.relative_to(ROOT))
    elif case.expected is None:
        pytest.fail(f"no `expected` yet: run pytest --bless -k '{case_id(path)}', and read what it wrote before you commit it")
    else:
        assert run_case(case) == case.expected


def test_form(path):
    """A case has the form that blessing writes, so that blessing never changes more than the answer."""
    assert path.read_text("utf-8").splitlines() == load_case(path).text.splitlines()


def test_what_is_expected_is_valid(path):
    """No case expects what Pinterest would refuse: payloads keep to the shipped schemas."""
    expected = json.loads("\n".join(load_case(path).expected or ["{}"]))
    version = load_case(path).settings.api_version
    event = "capi-event" if version == "v5" else "capi-event-v3"

    assert [fault for call in expected.get("pintrk", ()) for fault in schema_faults("pintrk-call", call)] == []
    assert [fault for payload in expected.get("capi", ()) for fault in schema_faults(event, payload)] == []


def test_there_are_cases():
    """A wrong folder would make the tests above pass without testing anything."""
    assert len(CASES) > 100


def test_a_case_says_in_one_sentence_what_it_shows():
    """Descriptions are sentences, and no two cases claim to show the same."""
    said = [load_case(path).document["description"] for path in CASES]

    assert [text for text in said if not (text[0].isupper() and text.endswith(".") and len(text) < 160)] == []
    assert [text for text in said if said.count(text) > 1] == []


def test_blessing_is_refused_in_ci():
    """With CI set, --bless stops before anything is written, and says why."""
    command = [sys.executable, "-m", "pytest", "--bless", "--collect-only", "-q", str(Path(__file__).relative_to(ROOT))]
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, "CI": "true"}, capture_output=True, text=True, check=False)

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "CI is set" in result.stderr
