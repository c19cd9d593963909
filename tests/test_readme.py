"""The README and the pages in docs/ say what is so: their code runs, their commands work, their links lead somewhere."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pinterest_destination import Destination, Settings
from pinterest_destination.rules import load, transforms
from pinterest_destination.rules.check import check_document

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MAPPINGS = (ROOT / "docs" / "mappings.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> list[str]:
    """Each line of the README that calls the command."""
    lines = (line.partition("#")[0].strip() for block in blocks(README, "sh") for line in block.splitlines())
    return [line for line in lines if line.startswith("pinterest-destination")]


def test_the_first_example_runs_and_gives_what_the_readme_shows():
    """Event in, pintrk calls and API events out, to the letter."""
    names: dict[str, Any] = {}
    exec(blocks(README, "python")[0], names)  # noqa: S102  # our own text
    calls, events, _ = map(json.loads, blocks(README, "json"))

    assert names["conversion"].pintrk == calls
    assert names["conversion"].capi == events
    assert names["conversion"].ok


def test_the_settings_of_the_readme_load():
    """Without a warning, once the token is where they say."""
    settings = json.loads(blocks(README, "json")[2])
    settings["conversion_token"] = "example-token"  # noqa: S105  # no token of anybody

    assert [p for p in Destination(Settings.load(settings)).problems if p.severity == "warning"] == []


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_works(command):
    """As it stands, from the top of the checkout."""
    assert len(commands()) >= 4
    done = subprocess.run([sys.executable, "-m", "pinterest_destination", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.strip()


def test_the_spec_of_the_mappings_page_works(tmp_path):
    """It is valid, and does what the page says."""
    document = json.loads(blocks(MAPPINGS, "json")[0])
    path = tmp_path / "bookshop.json"
    path.write_text(json.dumps(document))
    event = {"type": "track", "event": "book_bought", "messageId": "m", "properties": {"net": 9, "books": [{"title": "T", "sku": "s", "product_id": "p"}]}}

    call = Destination({"spec": str(path)}).transform(event).pintrk[0]

    assert check_document("spec", document, "bookshop.json") == []
    assert call[1:] == ["Checkout", {"event_id": "m", "value": 9, "order_quantity": 1, "line_items": [{"product_id": "s", "product_name": "T", "product_quantity": 1}]}]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_path_of_a_page_leads_somewhere(page):
    """Links to files, and the files that tables name."""
    text = page.read_text("utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    paths = re.findall(r"`((?:mappings|schemas|examples|tests|pinterest_destination|docs)/[\w./-]*)`", text)

    for place in (*((page.parent / link) for link in links), *((ROOT / path) for path in paths)):
        assert place.exists(), place


def test_every_transform_and_spec_is_on_its_page():
    """A new one appears when the pages are made anew."""
    listed = (ROOT / "docs" / "transforms.md").read_text("utf-8")
    events = (ROOT / "docs" / "events.md").read_text("utf-8")

    assert [name for name in transforms.names() if f"| `{name}` |" not in listed] == []
    assert [name for name in load.shipped_specs() if f"## {name}: " not in events] == []


def test_make_targets_and_the_readme_agree():
    """The README opens with the two commands that are all one needs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert re.findall(r"^make (\w+)", README, re.MULTILINE) == ["demo", "test"]
    for target in ("demo", "test", "bench", "docs", "clean"):
        assert f"\n{target}:" in makefile
