"""Every document in tests/invalid/settings is refused with exactly the lines it expects."""

import json
from pathlib import Path

import pytest

from pinterest_destination.errors import SettingsError
from pinterest_destination.settings import load_settings, load_settings_file

FOLDER = Path(__file__).parents[1] / "invalid" / "settings"
CASES = sorted(FOLDER.glob("*.json"))
KEYS = {"description", "document", "text", "dialect", "local", "expect_errors"}


def load(case):
    """Load a case: its `document` from memory, or its `text` as the content of settings.json."""
    if "text" not in case:
        return load_settings(case["document"], case.get("dialect"), local=case.get("local", True))
    Path("settings.json").write_text(case["text"], "utf-8")
    return load_settings_file(Path("settings.json"), case.get("dialect"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_document_is_refused_with_exactly_these_lines(path, tmp_path, monkeypatch):
    """The message names each place, what stands there and what would be right, in the order of the document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PINTEREST_NO_SUCH_VARIABLE", raising=False)
    case = json.loads(path.read_text("utf-8"))

    with pytest.raises(SettingsError) as caught:
        load(case)

    assert str(caught.value).splitlines() == case["expect_errors"]
    assert case.keys() <= KEYS


def test_there_are_cases():
    """A wrong folder would make the test above pass without testing anything."""
    assert len(CASES) >= 20
