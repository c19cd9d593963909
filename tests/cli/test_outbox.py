"""`outbox`: what a person sees of an outbox, and can do about it."""

import gzip
import json
import os
import re
import shlex
import stat
import sys
import time
from pathlib import Path

import pytest
from attrs import frozen

from pinterest_destination.cli.outbox import outbox as outbox_group
from pinterest_destination.delivery.outbox import Filter, Outbox, Result
from pinterest_destination.delivery.rows import STATES

SHOP = "v5/549755885175"
OTHER = "v5/549755885176/test"
IP = "203.0.113.7"
DIGEST = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


@frozen
class Packed:
    """One event as the outbox takes it."""

    event_id: str
    event_name: str
    offline: bool
    text: str


def packed(event_id, event_name="checkout", offline=False):
    person = {"em": [DIGEST], "client_ip_address": IP, "client_user_agent": "Examplebrowser/1.0"}
    event = {"event_name": event_name, "event_id": event_id, "user_data": person, "custom_data": {"value": "35.00"}}
    return Packed(event_id, event_name, offline, json.dumps(event))


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Give the path of an outbox with an event in each state, which the environment names as well."""
    path = tmp_path / "outbox.sqlite3"
    monkeypatch.setenv("PINTEREST_OUTBOX", str(path))
    with Outbox(path, clock=lambda: time.time() - 3 * 86_400) as outbox:
        for state in ("delivered", "delivered_with_warning", "rejected", "unknown", "expired"):
            outbox.put(SHOP, [packed(f"e-{state}", offline=state == "unknown")])
            (row,) = outbox.claim(SHOP, limit=1, max_bytes=10_000)
            outbox.finish([Result(row.id, state, "" if state == "delivered" else f"code-{state}", "Pinterest's own words\x1b[31m")])
    with Outbox(path) as outbox:
        outbox.put(SHOP, [packed("e-sending", "lead")])
        outbox.claim(SHOP, limit=1, max_bytes=10_000)
        outbox.put(SHOP, [packed("e-waiting", "lead")])
        outbox.pause(OTHER, time.time() + 7200 + 60, "unauthorized", "The token is refused.")
    return path


def states(path):
    with Outbox(path, create=False) as outbox:
        return {row.event_id: row.state for row in outbox.rows()}


@pytest.fixture
def terminal(monkeypatch):
    """Make both ends of a command a terminal."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")


def test_status_counts_by_destination(run, path):
    """With what is paused, and how large the file is."""
    result = run("outbox", "status")

    head, shop, other, total = result.stdout.splitlines()
    assert head.split() == ["DESTINATION", "WAITING", "SENDING", "DELIVERED", "WARNED", "REJECTED", "UNKNOWN", "EXPIRED", "OLDEST", "WAITING", "PAUSED"]
    assert re.fullmatch(rf"{SHOP} +1 +1 +1 +1 +1 +1 +1  \ds +-", shop)
    assert re.fullmatch(rf"{OTHER} +0( +0){{6}}  - +2h more: unauthorized The token is refused\.", other)
    assert re.fullmatch(r"/.*/outbox\.sqlite3: 0\.\d MiB", total)
    assert (result.exit_code, result.stderr) == (0, "")


def test_status_as_json(run, path):
    """One line for each destination, with times that programs can read."""
    shop, other = map(json.loads, run("outbox", "status", "--json").stdout.splitlines())

    assert (shop["destination"], shop["waiting"], shop["rejected"], shop["paused"]) == (SHOP, 1, 1, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shop["oldest_waiting"])
    assert (other["paused"]["code"], other["paused"]["until"][-1], other["oldest_waiting"]) == ("unauthorized", "Z", None)


def test_status_of_an_empty_outbox(run, tmp_path):
    """No table, but it is there."""
    Outbox(tmp_path / "new").close()

    assert run("outbox", "status", "--outbox", tmp_path / "new").stdout.endswith("new: 0.0 MiB, no events\n")


def test_list_shows_rows_in_columns(run, path):
    """Each on one line, and nothing in them that a terminal takes for a command."""
    head, *rows = run("outbox", "list").stdout.splitlines()

    assert head.split("  ")[0].strip() == "ID"
    assert [row.split()[1] for row in rows] == ["delivered", "delivered_with_warning", "rejected", "unknown", "expired", "sending", "waiting"]
    assert rows[2].split()[:5] == ["3", "rejected", "checkout", "e-rejected", "1"]
    assert rows[2].endswith("Z  code-rejected                Pinterest's own words\\x1b[31m")
    assert len({row.index("  ", 30) > 0 for row in rows}) == 1


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--state", "rejected", "--state", "unknown"], ["e-rejected", "e-unknown"]),
        (["--destination", OTHER], []),
        (["--event", "lead"], ["e-sending", "e-waiting"]),
        (["--event-id", "e-waiting"], ["e-waiting"]),
        (["--code", "code-expired"], ["e-expired"]),
        (["--older-than", "2d", "--event", "checkout", "--limit", "2"], ["e-delivered", "e-delivered_with_warning"]),
        (["--older-than", "4d"], []),
        (["--id", "7", "--id", "1"], ["e-delivered", "e-waiting"]),
    ],
)
def test_filters_choose_events(run, path, arguments, found):
    """All given ones must let an event pass."""
    result = run("outbox", "list", "--json", *arguments)

    assert [json.loads(line)["event_id"] for line in result.stdout.splitlines()] == found
    assert ("no such events" in result.stderr) is (not found)


def test_a_list_that_is_cut_says_so(run, path):
    """Nobody takes the first two for all; exactly as many are no reason to say anything."""
    assert run("outbox", "list", "--limit", 2).stderr == "there are more than these 2; --limit shows them\n"
    assert run("outbox", "list", "--limit", 7).stderr == ""
    assert run("outbox", "list", "--code", "nobody").stdout == ""


@pytest.mark.parametrize(("age", "told"), [("2", "expected a number and s, m, h, d or w"), ("2y", "such as 2d"), ("-1d", "found '-1d'")])
def test_an_age_is_a_number_and_a_unit(run, path, age, told):
    """Anything else is wrong use."""
    result = run("outbox", "list", "--older-than", age)

    assert result.exit_code == 2
    assert told in result.stderr


def test_a_terminal_gets_tables(run, path, terminal):
    """With the same cells; escapes in a message do nothing."""
    listed, counted = run("outbox", "list").stdout, run("outbox", "status").stdout

    assert "─" in listed
    assert "─" in counted
    assert "Pinterest's own words\\x1b[31m" in listed
    assert "\x1b[31m" not in listed
    assert "e-delivered_with_warning" in listed


def test_show_tells_all_but_personal_data(run, path):
    """By default; the mask keeps the keys."""
    result = run("outbox", "show", 3, 1)

    assert result.exit_code == 0
    assert re.search(r"^state +rejected$", result.stdout, re.MULTILINE)
    assert re.search(r"^message +Pinterest's own words\\x1b\[31m$", result.stdout, re.MULTILINE)
    assert '    "em": "***"' in result.stdout
    assert '    "value": "35.00"' in result.stdout
    assert "event       - (no longer kept: it was delivered)" in result.stdout
    assert not [secret for secret in (IP, DIGEST, "Examplebrowser") if secret in result.stdout]


def test_show_values_shows_them(run, path):
    """When a person asks for it."""
    assert IP in run("outbox", "show", 3, "--show-values").stdout


def test_show_as_json(run, path):
    """One line for each, masked just so."""
    row = json.loads(run("outbox", "show", 3, "--json").stdout)

    assert (row["id"], row["state"], row["offline"], row["attempts"]) == (3, "rejected", False, 1)
    assert row["event"]["user_data"] == dict.fromkeys(["em", "client_ip_address", "client_user_agent"], "***")
    assert "event" not in json.loads(run("outbox", "show", 1, "--json").stdout)


def test_an_event_that_is_not_there_is_told(run, path):
    """The others are shown."""
    result = run("outbox", "show", 3, 99, 98)

    assert (result.exit_code, result.stderr) == (1, "not in the outbox: 99, 98\n")
    assert "e-rejected" in result.stdout


def test_an_event_without_user_data_has_nothing_to_mask(run, path):
    """Whatever was put is shown."""
    with Outbox(path) as outbox:
        outbox.put(SHOP, [Packed("odd", "checkout", False, "[1]")])

    assert json.loads(run("outbox", "show", 8, "--json").stdout)["event"] == [1]


def test_retry_sends_dead_events_back_to_wait(run, path):
    """Those that the filter lets pass."""
    result = run("outbox", "retry", "--state", "rejected", "--state", "expired", "--yes")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "2 events wait again\n", "")
    assert states(path)["e-rejected"] == states(path)["e-expired"] == "waiting"
    assert states(path)["e-unknown"] == "unknown"


@pytest.mark.parametrize("command", ["retry", "purge"])
def test_nothing_changes_without_a_filter(run, path, command):
    """--all has to say that it is meant."""
    before = states(path)
    result = run("outbox", command, "--yes")

    assert result.exit_code == 2
    assert "choose events with a filter, such as --state; --all stands for all of them" in result.stderr
    assert states(path) == before


@pytest.mark.parametrize(
    ("command", "would"),
    [
        ("retry", "send 1 rejected, 1 unknown, 1 expired once more; 2 of them may have been counted already, and Pinterest recognises no repeat of them any more"),
        ("purge", "remove 1 delivered, 1 delivered_with_warning, 1 rejected, 1 unknown, 1 expired for good"),
    ],
)
def test_in_a_pipe_nothing_changes_without_yes(run, path, command, would):
    """Nobody could answer; what would be done is told."""
    before = states(path)
    result = run("outbox", command, "--all")

    assert result.exit_code == 2
    assert f"this would {would}; add --yes to do it" in " ".join(result.stderr.split())
    assert states(path) == before


@pytest.mark.parametrize(("answer", "left"), [("y\n", "waiting"), ("n\n", "rejected")])
def test_on_a_terminal_it_is_asked(run, path, terminal, answer, left):
    """And only yes is yes."""
    result = run("outbox", "retry", "--state", "rejected", stdin=answer)

    assert result.exit_code == 0
    assert "This will send 1 rejected once more. Go on? [y/N]" in result.stderr
    assert states(path)["e-rejected"] == left


@pytest.mark.parametrize("command", ["retry", "purge"])
def test_where_there_is_nothing_to_do_nothing_is_asked(run, path, command):
    """The filter lets no event pass."""
    result = run("outbox", command, "--event-id", "nobody's")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no such events\n")


def test_purge_removes_what_is_done(run, path):
    """What waits stays, unless its state is named."""
    assert run("outbox", "purge", "--older-than", "1s", "--yes").stdout == "5 events removed\n"
    assert set(states(path)) == {"e-sending", "e-waiting"}
    assert run("outbox", "purge", "--state", "waiting", "--yes").stdout == "1 events removed\n"
    assert set(states(path)) == {"e-sending"}


def test_resume_ends_pauses(run, path):
    """Of one destination, or all."""
    assert run("outbox", "resume", "--destination", SHOP).stderr == "nothing is paused\n"
    assert run("outbox", "resume").stdout == f"{OTHER}: resumed\n"
    with Outbox(path) as outbox:
        assert outbox.paused(OTHER) is None


def test_export_writes_events_as_they_are_sent(run, path):
    """To standard output, one on each line; delivered ones have nothing to write."""
    result = run("outbox", "export")

    assert [json.loads(line)["event_id"] for line in result.stdout.splitlines()] == ["e-rejected", "e-unknown", "e-expired", "e-sending", "e-waiting"]
    assert result.stderr == "2 delivered events have no content any more\n"
    assert IP in result.stdout
    assert len(run("outbox", "export", "--limit", 1, "--state", "rejected", "-o", "-").stdout.splitlines()) == 1


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_an_exported_file_is_for_its_owner_alone(run, path, tmp_path, name):
    """Also where one lay there that others could read."""
    target = tmp_path / name
    target.write_bytes(b"x" * 10_000)
    target.chmod(0o644)

    assert run("outbox", "export", "--state", "rejected", "-o", target).exit_code == 0

    content = gzip.decompress(target.read_bytes()) if name.endswith(".gz") else target.read_bytes()
    assert [json.loads(line)["event_id"] for line in content.splitlines()] == ["e-rejected"]
    assert os.name == "nt" or stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_export_does_not_overwrite_the_outbox(run, path, tmp_path):
    """By whatever name."""
    link = tmp_path / "link.jsonl"
    link.hardlink_to(path)
    for target in (path, link, tmp_path / "outbox.sqlite3-wal"):
        result = run("outbox", "export", "-o", target)
        assert result.exit_code == 2
        assert "--output is the outbox itself" in result.stderr

    assert len(states(path)) == 7


@pytest.mark.parametrize("command", ["status", "list", "show 1", "retry --all", "purge --all", "export", "resume"])
def test_a_missing_outbox_is_one_line_and_is_not_made(run, tmp_path, command):
    """A misspelt name would look like an empty outbox."""
    result = run("outbox", *command.split(), "--outbox", tmp_path / "nowhere.sqlite3")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {tmp_path / 'nowhere.sqlite3'}: found no outbox there")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_outbox_is_the_one_of_the_folder_by_default(run, tmp_path, monkeypatch):
    """As `send` makes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PINTEREST_OUTBOX", raising=False)
    Outbox("pinterest-outbox.sqlite3").close()

    assert run("outbox", "status").stdout == "pinterest-outbox.sqlite3: 0.0 MiB, no events\n"


@pytest.mark.parametrize("command", ["status", "list", "show", "retry", "purge", "export", "resume"])
def test_the_help_of_each_command_has_an_example(run, command):
    """A line to copy."""
    assert f"  pinterest-destination outbox {command}" in run("outbox", command, "--help").stdout


def test_a_worker_goes_on_while_a_person_looks(run, path):
    """The commands take nothing from a living process."""
    with Outbox(path) as outbox:
        (row,) = outbox.claim(SHOP, limit=1, max_bytes=10_000)
        run("outbox", "status")
        run("outbox", "purge", "--older-than", "1s", "--yes")

        assert outbox.finish([Result(row.id, "delivered")]) == 1
        assert [found.event_id for found in outbox.rows(Filter(states=("delivered",)))] == ["e-waiting"]


def test_the_page_on_the_outbox_is_right(run, path, tmp_path, monkeypatch):
    """Every state and command is on it, and its commands work as they stand."""
    page = (Path(__file__).parents[2] / "docs" / "outbox.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [shlex.split(line)[1:] for line in page.splitlines() if line.startswith("pinterest-destination ")]

    assert [state for state in STATES if f"| `{state}` |" not in page] == []
    assert {words[1] for words in commands} == set(outbox_group.commands)
    for words in commands:
        extra = ["--yes"] if words[1] in ("retry", "purge") else []
        assert run(*["3" if word == "17" else word for word in words], *extra).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes of this kind")
def test_a_reader_that_goes_ends_the_export_quietly(start, path):
    """`outbox export | head -1` is no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    process = start("outbox", "export", "--outbox", path, stdout=writer)
    os.close(writer)

    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
