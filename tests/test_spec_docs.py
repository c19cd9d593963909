"""docs/specs/: each page's settings load, its example prints what the page says, and its table has every difference."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pinterest_destination import Settings
from pinterest_destination.rules.load import shipped_specs
from pinterest_destination.settings import recognise
from pinterest_destination.settings.dialects import DIALECTS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "specs").glob("*.md"))
CASES = {path: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "tests" / "cases").rglob("*.json"))}


def make():
    """The program docs/make.py."""
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = make()
NAMES = MAKE.SPECS_PAGES
"""The pages that it knows, each with the first words of its cases' names."""


def blocks(path, language):
    """The code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def test_every_page_is_of_a_spec_or_dialect():
    """A page bears the name of a spec or of a dialect of settings, and is made by docs/make.py; each of both has one, but for the spec that all extend."""
    assert [path.stem for path in PAGES] == sorted({*NAMES, "segment_actions"})
    assert {*NAMES, "segment_actions"} == {*shipped_specs(), *DIALECTS} - {"ecommerce"}


@pytest.mark.parametrize("name", NAMES)
def test_the_example_prints_what_the_page_says(name):
    """The program is complete: it runs as it stands."""
    path = ROOT / "docs" / "specs" / f"{name}.md"
    code, printed = blocks(path, "python"), blocks(path, "text")

    done = subprocess.run([sys.executable, "-c", code[0]], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (len(code), done.stdout, done.stderr) == (1, printed[0], "")


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_of_a_page_load(name, monkeypatch):
    """Each that is to be pasted can be used, and leads to the page's spec; those of a dialect are recognised."""
    monkeypatch.setenv("PINTEREST_CONVERSION_TOKEN", "pina_EXAMPLE")
    documents = [json.loads(block) for block in blocks(ROOT / "docs" / "specs" / f"{name}.md", "json")]

    assert documents
    if name in shipped_specs():
        assert {Settings.load(document).spec for document in documents} == {name}
    else:
        assert {recognise(document) for document in documents} == {name}
        assert all(Settings.load(document) for document in documents)


def told_on(path, case):
    """The pages that tell of a case: those of the tools that an object is about; or the one that the case's name begins with."""
    told = case.get("original", {})
    return list(told) if isinstance(told, dict) else [name for name, firsts in NAMES.items() if path.stem.startswith(tuple(f"{first}_" for first in firsts))]


@pytest.mark.parametrize("name", NAMES)
def test_every_difference_stands_in_the_page(name):
    """And every case that the page links to is there; a page that is made has some."""
    page = (ROOT / "docs" / "specs" / f"{name}.md").read_text("utf-8")
    linked = re.findall(r"\]\(\.\./\.\./(tests/cases/\S+\.json)\)", page)
    mine = [path.relative_to(ROOT).as_posix() for path, case in CASES.items() if name in told_on(path, case)]

    assert sorted(linked) == mine
    assert bool(linked) is ("made by docs/make.py" in page)


def test_every_case_with_an_original_is_on_a_page():
    """A difference that no page tells is told nowhere."""
    assert [path.name for path, case in CASES.items() if "original" in case and not {*told_on(path, case)} & {*NAMES}] == []
    assert [path.name for path, case in CASES.items() if {*told_on(path, case)} - {*NAMES}] == []
