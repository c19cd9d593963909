"""`_resources` finds the JSON documents wherever the package is installed."""

import importlib.resources
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pinterest_destination import _resources
from pinterest_destination._resources import mappings, read_json, schemas


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """A package folder, and the folder it stands in, both empty."""
    package = tmp_path / "checkout" / "pinterest_destination"
    package.mkdir(parents=True)
    monkeypatch.setattr(importlib.resources, "files", lambda name: package)
    monkeypatch.setattr(_resources, "__file__", str(package / "_resources.py"))
    return package, package.parent


def document(folder, content='{"found": true}'):
    folder.mkdir()
    (folder / ".DS_Store").write_bytes(b"\0\xff")
    (folder / "one.json").write_text(content, encoding="utf-8")


@pytest.mark.parametrize(("find", "name"), [(mappings, "mappings"), (schemas, "schemas")])
def test_an_installed_package_holds_the_folder_itself(homes, find, name):
    """What the wheel brought wins over a folder that happens to stand beside the package."""
    package, beside = homes
    document(package / name)
    document(beside / name, '{"found": false}')

    assert read_json(find() / "one.json") == {"found": True}


@pytest.mark.parametrize(("find", "name"), [(mappings, "mappings"), (schemas, "schemas")])
def test_a_checkout_keeps_the_folder_beside_the_package(homes, find, name):
    """Without a folder in the package, the one beside it is taken."""
    document(homes[1] / name)

    assert read_json(find() / "one.json") == {"found": True}


def test_a_bare_folder_with_a_trace_of_a_file_manager_does_not_matter(homes):
    """A folder inside the package that holds no JSON does not hide the real one."""
    package, beside = homes
    (package / "mappings").mkdir()
    (package / "mappings" / ".DS_Store").touch()
    document(beside / "mappings")

    assert read_json(mappings() / "one.json") == {"found": True}


def test_the_documents_of_this_package_are_found():
    """The folders that come with the package under test hold JSON."""
    assert "US" in read_json(mappings() / "tables" / "countries.json")
    assert any(child.name.endswith(".json") for child in schemas().iterdir())


def test_a_byte_order_mark_does_no_harm(tmp_path):
    """Some editors put a byte order mark before the JSON."""
    (tmp_path / "one.json").write_text('["é"]', encoding="utf-8-sig")

    assert read_json(tmp_path / "one.json") == ["é"]


def test_a_package_in_a_zip_file_is_read_as_well(tmp_path):
    """Python imports from archives too, as some batch jobs ship their code."""
    source = Path(_resources.__file__).read_text(encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        archive.writestr("pinterest_destination/__init__.py", "")
        archive.writestr("pinterest_destination/_resources.py", source)
        archive.writestr("pinterest_destination/mappings/one.json", "[1]")
    script = "from pinterest_destination._resources import *; print(read_json(mappings() / 'one.json'))"

    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "package.zip")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout == "[1]\n"


def test_finding_them_costs_nothing_at_import():
    """Importing the module does not pull in importlib.resources, which takes longer than all the rest."""
    script = (
        "import sys; before = set(sys.modules); import pinterest_destination._resources; "
        "print('importlib.resources' in set(sys.modules) - before)"
    )

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout == "False\n"
