"""The generated pages say what the code says, and the schema they come from is complete."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from pinterest_destination import Destination
from pinterest_destination.errors import PROBLEMS
from pinterest_destination.settings import Secret, Settings
from pinterest_destination.settings._schema import schema, validator

ROOT = Path(__file__).parents[1]


def program():
    """docs/make.py as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = program()


@pytest.mark.parametrize("name", make.PAGES)
def test_a_generated_page_is_up_to_date(name):
    """If this fails, run `python docs/make.py` and commit what it writes."""
    assert (ROOT / "docs" / f"{name}.md").read_text("utf-8").splitlines() == make.PAGES[name]().splitlines()
    assert make.is_current(name)


def test_the_program_writes_what_is_out_of_date(tmp_path, monkeypatch, capsys):
    """`--check` only tells, and gives 1; without it the page is written; then there is nothing to do."""
    monkeypatch.setattr(make, "DOCS", tmp_path)

    assert make.main(["--check", "problems"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert make.main(["problems"]) == 0
    assert make.main(["--check", "problems"]) == 0
    assert capsys.readouterr().out == "docs/problems.md is out of date\ndocs/problems.md written\n"


def test_an_unknown_page_is_wrong_use(capsys):
    """A misspelt page is told, not silently passed over."""
    with pytest.raises(SystemExit) as stopped:
        make.main(["setings"])

    assert stopped.value.code == 2
    assert "no such page: setings" in capsys.readouterr().err


@pytest.mark.parametrize("key", schema()["properties"])
def test_a_setting_is_documented(key):
    """Every key has a title, a description, a default and examples, all of them valid."""
    part = schema()["properties"][key]

    assert part["title"]
    assert part["description"].endswith(".")
    assert part["examples"]
    for value in [part["default"], *part["examples"]]:
        assert list(validator().iter_errors({key: value})) == []


@pytest.mark.parametrize("key", ["conversion_token", "event_map", "custom_properties", "consent", "subscriptions", "delivery"])
def test_keys_within_settings_are_documented(key):
    """The keys of rows and objects have a title and a description too."""
    part = schema()["properties"][key]
    rows = part.get("properties") or part["items"]["properties"]

    assert all(row["title"] and row["description"] for row in rows.values())


@pytest.mark.parametrize("key", schema()["properties"]["delivery"]["properties"])
def test_a_setting_of_delivery_is_documented(key):
    """Every key within `delivery` has what a setting has."""
    part = schema()["properties"]["delivery"]["properties"][key]

    assert part["description"].endswith(".")
    assert part["examples"]
    for value in [part["default"], *part["examples"]]:
        assert list(validator().iter_errors({"delivery": {key: value}})) == []


def test_the_example_settings_load(monkeypatch):
    """What the page shows first works."""
    monkeypatch.setenv("PINTEREST_CONVERSION_TOKEN", "pina_EXAMPLE")
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    examples = re.findall(r"```json\n(.*?)```", page, re.DOTALL)

    assert len(examples) == 1
    assert Settings.load(json.loads(examples[0])).conversion_token == Secret("pina_EXAMPLE")


def test_every_problem_code_is_documented():
    """A code in the code is a code on the page."""
    page = (ROOT / "docs" / "problems.md").read_text("utf-8")

    assert [code for code in PROBLEMS if f"| `{code}` |" not in page] == []


def test_the_example_of_segments_actions_works(tmp_path):
    """Settings and event of the page, pasted into files, become what the page says, and nothing has to be told but that."""
    page = (ROOT / "docs" / "specs" / "segment_actions.md").read_text("utf-8")
    settings, event, pintrk, capi = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (tmp_path / "segment.json").write_text(settings, "utf-8")
    destination = Destination.from_file(tmp_path / "segment.json", clock=lambda: 1795341660)
    conversion = destination.transform(json.loads(event))

    assert destination.settings.dialect == "segment_actions"
    assert conversion.pintrk == json.loads(pintrk)
    assert conversion.capi == json.loads(capi)
    assert conversion.problems == ()
    assert [f"- `{problem.code}` at `{problem.path}`: {problem.message}." for problem in destination.problems] == re.findall(r"^- `harmful.*$", page, re.MULTILINE)
