"""What the tests and the page on page code promise is complete: every text field, every key of a visitor, every function."""

import re
from pathlib import Path
from typing import Any

import pytest

from pinterest_destination import Conversion, Destination
from pinterest_destination._resources import read_json, schemas
from pinterest_destination.browser import code
from pinterest_destination.browser.escape import PageCode

from .hostile import TEXTS, conversions
from .reading import calls, read

SCHEMA = read_json(schemas() / "pintrk-call.json")
PAGE = (Path(__file__).parents[2] / "docs" / "browser.md").read_text("utf-8")


def texts(name: str) -> set[str]:
    """The fields of one of the schema's objects that hold text of any kind."""
    return {key for key, part in SCHEMA["$defs"][name]["properties"].items() if part.get("$ref") == "#/$defs/text"}


@pytest.mark.parametrize("name", ["data", "line_item"])
def test_hostile_text_stands_in_every_text_field_of_the_schema(name):
    """So the tests with hostile text leave out none."""
    made = [call[2] for conversion in conversions() for call in conversion.pintrk if call[0] == "track"]
    objects = made if name == "data" else [item for data in made for item in data.get("line_items", [])]

    assert texts(name) - {key for data in objects for key, value in data.items() if value in TEXTS} == set()


@pytest.mark.parametrize("key", SCHEMA["$defs"]["visitor"]["properties"])
@pytest.mark.parametrize("command", ["load", "set"])
def test_every_key_of_a_visitor_is_on_the_image(key, command):
    """As `pd[...]`, whichever call told it."""
    visitor = {key: "LDP"}
    load: list[list[Any]] = [["load", "1", visitor], ["page"]] if command == "load" else [["load", "1"], ["page"], ["set", visitor]]

    found = read(code.event(load, [["track", "Lead", {"event_id": "m"}]]))

    assert found.images[0][f"pd[{key}]"] == "LDP"


def test_every_command_of_the_schema_is_written():
    """`prefixItems` lists them."""
    stream: list[list[Any]] = [["setconsent", True], ["set", {"em": "ab" * 32}], ["track", "Lead", {"event_id": "m"}]]
    found = read(code.page([["load", "1"], ["page"]], [stream]))

    assert {call[0] for script in found.scripts for call in calls(script)} == set(SCHEMA["prefixItems"][0]["enum"])


def test_every_function_that_gives_page_code_is_on_the_page():
    """Read off their annotations."""
    found = [
        name
        for owner in (Destination, Conversion)
        for name, member in vars(owner).items()
        if getattr(member, "__annotations__", {}).get("return") in ("PageCode", PageCode)
    ]

    assert sorted(found) == ["event_code", "page", "page_code", "script"]
    assert [name for name in found if not re.search(rf"^\| .*\.{name}\(", PAGE, re.MULTILINE)] == []
