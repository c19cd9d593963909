"""`settings`: other tools' settings in native form."""

import json

import pytest

from pinterest_destination import Settings
from pinterest_destination._resources import read_json, schemas
from pinterest_destination.settings import DIALECTS

TOKEN = "pina_TOKEN0123456789"  # noqa: S105 - invented
RUDDERSTACK = {
    "tagId": "2612345678901",
    "conversionToken": TOKEN,
    "apiVersion": "newApi",
    "eventsMapping": [{"from": "Größe gewählt", "to": "Lead"}],
}


def test_a_dialect_becomes_native(run, write):
    """RudderStack's keys are recognised; what is printed means the same."""
    path = write("rudderstack.json", RUDDERSTACK)

    result = run("settings", path)

    document = json.loads(result.stdout)
    assert document["tag_id"] == "2612345678901"
    assert document["event_map"] == {"Größe gewählt": "Lead"}
    assert Settings.load(document | {"conversion_token": TOKEN}).event_map[0].target == "Lead"
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_token_never_shows(run, write):
    """In its place stands a reference to a variable of the environment."""
    result = run("settings", write("rudderstack.json", RUDDERSTACK))

    assert json.loads(result.stdout)["conversion_token"] == {"env": "PINTEREST_CONVERSION_TOKEN"}
    assert TOKEN not in result.output


def test_what_cannot_be_taken_over_is_told_beside(run, write):
    """Problems go to standard error, so that the JSON can be redirected."""
    result = run("settings", write("rudderstack.json", RUDDERSTACK | {"colour": "red"}))

    assert json.loads(result.stdout)["tag_id"] == "2612345678901"
    assert result.stderr.startswith("warning unknown_setting: colour: ")
    assert result.exit_code == 0


def test_settings_come_from_standard_input_by_default(run, write):
    """Without FILE, and with "-"."""
    expected = run("settings", write("rudderstack.json", RUDDERSTACK)).stdout

    assert run("settings", stdin=json.dumps(RUDDERSTACK)).stdout == expected
    assert run("settings", "-", stdin=json.dumps(RUDDERSTACK)).stdout == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"tagid": "1"}', "standard input#/tagid: found an unknown key; "),
        ("pina_TOKEN", "standard input#: found text that is not JSON at line 1, column 1"),
        ('{"tag_id": "1", "tag_id": "2"}', "standard input#/tag_id: found a key that stands there more than once"),
        ("[]", "standard input#: found "),
        (b"\x1f\x8b", "Error: the input cannot be used as a whole: the gzip data"),
    ],
)
def test_faults_are_told(run, text, fault):
    """Settings that cannot be used give no JSON, and exit code 2."""
    result = run("settings", stdin=text)

    assert result.exit_code == 2
    assert fault in result.stderr
    assert "pina_TOKEN" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_can_be_named(run, dialect):
    """--dialect decides where keys do not tell; the help names all there are."""
    assert run("settings", "--dialect", dialect, stdin="{}").exit_code == 0
    assert dialect in run("settings", "--help").stdout


def test_the_schema_can_be_had(run):
    """--schema prints the shipped schema, and reads nothing."""
    result = run("settings", "--schema")

    assert json.loads(result.stdout) == read_json(schemas() / "settings.json")
