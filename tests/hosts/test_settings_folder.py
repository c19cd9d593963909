"""The directory of settings by itself: what is kept, what is read anew, and what is dropped."""

import json
import os

import pytest

from pinterest_destination import SettingsError
from pinterest_destination.errors import MappingError
from pinterest_destination.hosts._settings_folder import SettingsFolder

NOW = 1_768_478_400.0


class Clock:
    """A clock that is set by hand."""

    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def write(tmp_path):
    """Write settings, changed at a time."""

    def write(name, document, when=NOW - 100):
        path = tmp_path / f"{name}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        os.utime(path, (when, when))

    return write


@pytest.fixture
def folder(tmp_path, clock):
    """A folder that keeps three, and what it told."""
    told = []
    return SettingsFolder(tmp_path, 3, clock=clock, told=lambda name, read, error, stays: told.append((name, read, type(error), stays))), told


def test_settings_are_compiled_once(folder, write):
    """As long as their file does not change."""
    write("shop", {"tag_id": "1"})

    assert folder[0].get("shop") is folder[0].get("shop")
    assert folder[1] == [("shop", "new", type(None), False)]


def test_those_that_were_used_last_are_kept(folder, write):
    """And no more than it may keep."""
    for name in "abcd":
        write(name, {"tag_id": "1"})
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        folder[0].get(name)

    assert [name for name, *_ in folder[1]] == ["a", "b", "c", "d", "b"]
    assert len(folder[0]) == 3


def test_a_young_file_may_change_without_another_time(folder, write):
    """So its content is looked at; an older one's is not."""
    write("shop", {"tag_id": "1"}, when=NOW)
    first = folder[0].get("shop")
    write("shop", {"tag_id": "2"}, when=NOW)
    second = folder[0].get("shop")

    assert (first.settings.tag_id, second.settings.tag_id) == ("1", "2")
    assert folder[0].get("shop") is second


def test_a_file_that_grows_old_is_not_read_anew(folder, write, clock):
    """Time alone changes nothing."""
    write("shop", {"tag_id": "1"}, when=NOW)
    first = folder[0].get("shop")
    clock.now += 3600

    assert folder[0].get("shop") is first
    assert len(folder[1]) == 1


def test_what_cannot_be_used_leaves_what_was_there(folder, write):
    """It is told once; each further change is looked at."""
    write("shop", {"tag_id": "1"})
    first = folder[0].get("shop")
    write("shop", "{", when=NOW - 50)

    assert [folder[0].get("shop") for _ in range(3)] == [first] * 3
    write("shop", {"tag_id": "2"}, when=NOW - 40)
    assert folder[0].get("shop").settings.tag_id == "2"
    assert folder[1] == [("shop", "new", type(None), False), ("shop", "refused", SettingsError, True), ("shop", "changed", type(None), False)]


def test_what_never_could_be_used_is_an_error_each_time(folder, write):
    """A fresh one, read once."""
    write("shop", {"tag_id": "x"})
    errors = []
    for _ in range(2):
        with pytest.raises(SettingsError) as error:
            folder[0].get("shop")
        errors.append(error.value)

    assert errors[0] is not errors[1]
    assert errors[0].faults == errors[1].faults
    assert len(folder[1]) == 1


def test_what_never_was_good_tells_its_newest_faults(folder, write):
    """Nothing stays where nothing good was; what becomes good counts, and then stays."""
    write("shop", {"tag_id": "x"})
    with pytest.raises(SettingsError, match="#/tag_id: found"):
        folder[0].get("shop")
    write("shop", {"tag_id": "1", "ad_account_id": "y"}, when=NOW - 90)
    with pytest.raises(SettingsError) as error:
        folder[0].get("shop")
    assert [fault.pointer for fault in error.value.faults] == ["/ad_account_id"]

    write("shop", {"tag_id": "1"}, when=NOW - 80)
    good = folder[0].get("shop")
    for when in (70, 60):
        write("shop", {"tag_id": "x"}, when=NOW - when)
        assert folder[0].get("shop") is good
    assert [(read, stays) for _, read, _, stays in folder[1]] == [("refused", False), ("refused", False), ("changed", False), ("refused", True), ("refused", True)]


def test_a_spec_that_is_not_there_yet_is_waited_for(folder, write):
    """Its file is watched like any other."""
    write("shop", {"spec": "mine.json"})
    for _ in range(2):
        with pytest.raises(MappingError):
            folder[0].get("shop")
    write("mine", {"kind": "spec", "name": "mine", "extends": "ecommerce"})

    assert folder[0].get("shop").plan.spec.name == "mine"


def test_specs_in_a_circle_come_to_an_end(folder, write):
    """As the fault that they are."""
    write("shop", {"spec": "mine.json"})
    write("mine", {"kind": "spec", "name": "mine", "extends": "mine.json"})

    with pytest.raises(MappingError):
        folder[0].get("shop")


def test_a_name_whose_file_has_gone_is_forgotten(folder, write, tmp_path):
    """And may come back."""
    write("shop", {"tag_id": "1"})
    folder[0].get("shop")
    (tmp_path / "shop.json").unlink()
    with pytest.raises(KeyError):
        folder[0].get("shop")
    assert len(folder[0]) == 0
    write("shop", {"tag_id": "1"})
    folder[0].get("shop")

    assert [read for _, read, *_ in folder[1]] == ["new", "new"]


@pytest.mark.parametrize("name", ["\\u0000.json", "\\ud800.json"])
def test_a_spec_with_an_impossible_name_is_a_fault(tmp_path, name):
    """What was there before stays; what never was good is told."""
    file = tmp_path / "shop.json"
    file.write_text('{"tag_id": "2612345678901"}', "utf-8")
    folder = SettingsFolder(tmp_path)
    before = folder.get("shop")
    file.write_text(f'{{"tag_id": "2612345678902", "spec": "{name}"}}', "utf-8")
    (tmp_path / "other.json").write_text(file.read_text("utf-8"), "utf-8")

    assert folder.get("shop") is before
    with pytest.raises(SettingsError, match=r"#/spec: found .* expected the name of a shipped spec"):
        folder.get("other")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_spec_that_is_no_regular_file_is_a_fault(tmp_path):
    """Nobody waits for what comes out of a pipe; a file in its place is read the next time."""
    os.mkfifo(tmp_path / "own.json")
    (tmp_path / "shop.json").write_text('{"tag_id": "2612345678901", "spec": "own.json"}', "utf-8")
    folder = SettingsFolder(tmp_path)

    with pytest.raises(MappingError, match=r"no readable file \(not a regular file\)"):
        folder.get("shop")

    (tmp_path / "own.json").unlink()
    (tmp_path / "own.json").write_text('{"kind": "spec", "name": "own", "extends": "ecommerce"}', "utf-8")
    assert folder.get("shop").plan.spec.name == "own"
