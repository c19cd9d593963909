"""The command itself: how it starts, what it says of itself, and how it ends when something is in its way."""

import io
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import pinterest_destination
from pinterest_destination import Destination
from pinterest_destination.cli import _exits, main
from pinterest_destination.cli.app import app

COMMANDS = sorted(app.commands)


@pytest.fixture
def arguments(monkeypatch):
    """Set the arguments of this process."""
    return lambda *words: monkeypatch.setattr(sys, "argv", ["pinterest-destination", *words])


def test_the_command_ends_the_process(arguments, capsys):
    """main() never returns: it exits with the code of the command."""
    arguments("--version")
    with pytest.raises(SystemExit) as good:
        main()
    arguments("nonsense")
    with pytest.raises(SystemExit) as bad:
        main()

    assert (good.value.code or 0, bad.value.code) == (0, 2)
    assert capsys.readouterr().out == f"pinterest-destination {pinterest_destination.__version__}\n"


def test_the_package_is_the_command(arguments, capsys):
    """`python -m pinterest_destination` does the same, under the same name."""
    arguments("--version")
    with pytest.raises(SystemExit):
        runpy.run_module("pinterest_destination", run_name="__main__")

    assert capsys.readouterr().out.startswith("pinterest-destination ")


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_a_missing_library_is_one_line_that_says_what_to_install(monkeypatch, capsys, missing):
    """The core works without the extra; the command names it."""
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"The command line needs {missing}: pip install 'pinterest-destination[cli]'\n"


def test_a_missing_library_is_found_before_anything_is_imported(start):
    """It is so in a process of its own, too: no module of the command line asks for click before main does."""
    code = "import sys; sys.modules['click'] = None; from pinterest_destination.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=False)

    assert result.returncode == 2
    assert result.stderr.count(b"\n") == 1


def test_ctrl_c_while_the_modules_load_is_quiet(monkeypatch, capsys):
    """An early Ctrl-C is no traceback either."""

    def pressed(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr("pinterest_destination.cli.app.app", pressed)
    monkeypatch.setattr(sys, "stdout", None)  # as a program without a console has it
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["transform -s {settings} {events}", "transform -s {settings} -o {out} {events}", "check {settings}", "settings {settings}", "--help"])
def test_a_closed_stream_is_no_traceback_and_no_file_takes_its_place(settings, write, order, tmp_path, command, closed):
    """What cannot be written is an error with exit code 2; what has another place to go goes there; no file gets messages into it."""
    events = write("events.jsonl", [order])
    words = command.format(settings=settings, events=events, out=tmp_path / "out.jsonl")
    before = Path(settings).read_bytes(), Path(events).read_bytes()

    result = subprocess.run(["sh", "-c", f'exec "$0" -m pinterest_destination {words} {closed}', sys.executable], capture_output=True, check=False)  # noqa: S607

    needs_output = "-o" not in command
    assert result.returncode == (2 if ">&- " in f"{closed} ".replace("2>&-", "") and needs_output else 0)
    assert b"Traceback" not in result.stderr
    assert (Path(settings).read_bytes(), Path(events).read_bytes()) == before
    if not needs_output:
        assert json.loads((tmp_path / "out.jsonl").read_text())["capi"][0]["event_id"] == "m-1"


def test_standard_input_that_is_closed_is_told(settings):
    """Nothing can be read there: that is wrong use, not an empty input."""
    command = f'exec "$0" -m pinterest_destination transform -s {settings} <&-'

    result = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, check=False)  # noqa: S607

    assert result.returncode == 2
    assert b"Error: standard input is closed; name a file" in result.stderr


def test_help_names_every_command(run):
    """The list of commands says in a few words what each is for."""
    text = run("--help").stdout

    assert [name for name in COMMANDS if not re.search(rf"^  {name} +\w.*\.$", text, re.MULTILINE)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_an_example_and_its_exit_codes(run, name):
    """Who asks for help can copy a line, and knows what a script can rely on."""
    text = run(name, "--help").stdout

    assert f"  pinterest-destination {name} " in text or f" | pinterest-destination {name} " in text
    assert "Exit codes: 0 " in text


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device"), 2, "error: the output: No space left on device\n"),
        (PermissionError(13, "Permission denied", "settings.json"), 2, "error: settings.json: Permission denied\n"),
    ],
)
def test_what_gets_in_the_way_is_an_exit_code_and_no_traceback(run, settings, monkeypatch, error, code, said):
    """Whatever a command cannot go on after, it ends in one line at most."""

    def failing(*arguments, **options):
        raise error

    silenced = []
    monkeypatch.setattr(Destination, "from_file", failing)
    monkeypatch.setattr(_exits, "_silence", lambda: silenced.append(1))
    result = run("check", settings)

    assert (result.exit_code, result.stderr, silenced) == (code, said, [1])


def test_what_is_still_buffered_goes_nowhere(monkeypatch, tmp_path):
    """A stream with a file behind it is pointed elsewhere; one without needs nothing."""
    path = tmp_path / "out.txt"
    with path.open("w") as stream:
        stream.write("buffered")
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", io.StringIO())

        _exits._silence()

    assert path.read_text() == ""


@pytest.mark.parametrize("arguments", [("--help",), ("transform", "--help"), ("explain", "-s", "SETTINGS", "--plan")])
def test_a_reader_that_goes_ends_every_command_quietly(start, settings, arguments):
    """`| head -0`, and the like, is no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*(settings if word == "SETTINGS" else word for word in arguments), stdout=writer)
    os.close(writer)

    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
