"""`transform`: events in, payloads out, and what is said about them; as a user runs it, in pipes and on terminals."""

import contextlib
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinterest_destination import Conversion, Destination
from pinterest_destination.cli import _progress
from pinterest_destination.cli._input import Input, opened
from pinterest_destination.cli._interrupt import Interrupt
from pinterest_destination.cli._output import json_lines

BROKEN = "ann@example.com"
NO_TYPE = {"event": "Order Completed"}
GROUP = {"type": "group"}
MORE_THAN_A_PIPE_HOLDS = 3000


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


# -- what is written


def test_each_event_gives_one_line_with_both_channels(run, write, settings, order):
    """By default a line holds the place of the event and what both channels get, empty lists included."""
    result = run("transform", write("events.jsonl", [order, GROUP]), "-s", settings)

    first, second = lines_of(result.stdout)
    assert list(first) == ["line", "pintrk", "capi"]
    assert first["line"] == 1
    assert first["pintrk"][0][:2] == ["track", "Checkout"]
    assert first["capi"][0]["event_name"] == "checkout"
    assert second == {"line": 2, "pintrk": [], "capi": []}
    assert result.exit_code == 0


def test_the_tag_gets_one_list_of_calls_per_event_that_has_calls(run, write, settings, order):
    """With --to pintrk the calls of an event stay together, and events without calls leave no line."""
    result = run("transform", write("events.jsonl", [GROUP, order]), "-s", settings, "--to", "pintrk")

    assert [[call[:2] for call in calls] for calls in lines_of(result.stdout)] == [[["track", "Checkout"]]]


def test_the_api_gets_one_event_per_line(run, write, order):
    """With --to capi each line is what the Conversions API takes in `data`."""
    settings = write("settings.json", {"event_map": {"Order Completed": ["Lead", "Signup"]}})

    result = run("transform", write("events.jsonl", [GROUP, order]), "-s", settings, "--to", "capi")

    assert [event["event_name"] for event in lines_of(result.stdout)] == ["lead", "signup"]


def test_elements_of_an_array_are_known_by_their_index(run, write, settings, order):
    """For an array the place is the index."""
    result = run("transform", write("events.json", [GROUP, order]), "-s", settings)

    assert [line["index"] for line in lines_of(result.stdout)] == [0, 1]


def test_the_output_is_ascii(run, write, settings, order):
    """Any name and even half a character survives every terminal, pipe and character set."""
    order["properties"]["products"] = [{"product_id": "p-1", "name": "Tasse Größe 2 \u2028 茶"}]

    result = run("transform", write("events.jsonl", [order]), "-s", settings)

    assert result.stdout.isascii()
    (line,) = lines_of(result.stdout)
    assert line["pintrk"][0][2]["line_items"][0]["product_name"] == "Tasse Größe 2 \u2028 茶"


def test_events_come_from_standard_input_by_default(run, settings, order):
    """No INPUT and "-" both are standard input, plain or zipped."""
    text = json.dumps(order)

    plain = run("transform", "-s", settings, stdin=text)
    zipped = run("transform", "-", "-s", settings, stdin=gzip.compress(text.encode()))

    assert plain.stdout == zipped.stdout
    assert len(lines_of(plain.stdout)) == 1


def test_the_output_may_be_a_file_zipped_by_its_suffix(run, write, settings, order, tmp_path):
    """-o writes the same lines, zipped for .gz, and the same zipped bytes for the same events."""
    events = write("events.jsonl", [order, order])
    expected = run("transform", events, "-s", settings).stdout

    for name in ("out.jsonl", "out.jsonl.gz", "again.jsonl.gz"):
        assert run("transform", events, "-s", settings, "-o", tmp_path / name).stdout == ""

    assert (tmp_path / "out.jsonl").read_text() == expected
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).decode() == expected
    assert b"jsonl" not in (tmp_path / "out.jsonl.gz").read_bytes()[4:8]


def test_a_minus_as_output_is_standard_output(run, write, settings, order):
    """ "-" as output is standard output, as it is standard input as INPUT."""
    result = run("transform", write("events.jsonl", [order]), "-s", settings, "-o", "-")

    assert len(lines_of(result.stdout)) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("events.jsonl", "-o", "events.jsonl"),
        ("events.jsonl", "--problems", "events.jsonl"),
        ("events.jsonl", "-o", "out.jsonl", "--problems", "out.jsonl"),
        ("events.jsonl", "--problems", "-"),
        ("events.jsonl", "-o", "-", "--problems", "-"),
    ],
)
def test_no_file_is_read_and_written_or_written_twice(run, write, settings, order, tmp_path, monkeypatch, options):
    """A clash of files is wrong use, found before anything is lost."""
    monkeypatch.chdir(tmp_path)
    events = write("events.jsonl", [order])
    before = Path(events).read_text()

    result = run("transform", *options, "-s", settings)

    assert result.exit_code == 2
    assert "must be different files" in result.stderr
    assert Path(events).read_text() == before


# -- problems


def test_a_broken_line_is_one_problem_and_the_rest_goes_on(run, write, settings, order):
    """What is no event is told by its line, and costs nothing else."""
    events = write("events.jsonl", f"{json.dumps(order)}\n{BROKEN}\n[1]\n{json.dumps(order)}\n")

    result = run("transform", events, "-s", settings)

    assert [line["line"] for line in lines_of(result.stdout)] == [1, 4]
    assert "error    invalid_input" in result.stderr
    assert "line 2: not JSON at column 1: Expecting value" in result.stderr
    assert result.exit_code == 1


def test_a_broken_array_is_told_at_the_end_of_what_could_be_read(run, write, settings, order):
    """What stands before the break is delivered, then the index is told."""
    events = write("events.json", f"[{json.dumps(order)}, {{]")

    result = run("transform", events, "-s", settings)

    assert [line["index"] for line in lines_of(result.stdout)] == [0]
    assert "index 1: not JSON" in result.stderr
    assert result.exit_code == 1


def test_problems_go_to_a_file_one_per_line(run, write, settings, order, tmp_path):
    """--problems holds each problem of each event, with its place."""
    events = write("events.jsonl", f"{json.dumps(NO_TYPE)}\n{BROKEN}\n{json.dumps(GROUP)}\n")

    run("transform", events, "-s", settings, "--problems", tmp_path / "problems.jsonl")

    problems = lines_of((tmp_path / "problems.jsonl").read_text())
    assert [(row["line"], row["severity"], row["code"]) for row in problems] == [
        (1, "error", "invalid_type"),
        (2, "error", "invalid_input"),
        (3, "info", "unsupported_call"),
    ]
    assert list(problems[0]) == ["line", "severity", "code", "path", "message", "channel"]


def test_problems_may_go_to_standard_output_when_the_rest_does_not(run, write, settings, tmp_path):
    """--problems - serves a pipe of its own."""
    result = run("transform", write("e.json", [GROUP]), "-s", settings, "-o", tmp_path / "out", "--problems", "-")

    assert [row["index"] for row in lines_of(result.stdout)] == [0]


def test_an_event_whose_payload_is_no_json_does_not_take_the_others_along(run, write, settings, order, monkeypatch):
    """Should the package ever fail to give JSON, that is one refused event."""
    good = Destination.transform
    monkeypatch.setattr(
        Destination,
        "transform",
        lambda self, event, to: Conversion(capi=[{"n": float("nan")}]) if event == NO_TYPE else good(self, event, to),
    )

    result = run("transform", write("events.jsonl", [NO_TYPE, order]), "-s", settings)

    assert [line["line"] for line in lines_of(result.stdout)] == [2]
    assert "internal_error" in result.stderr
    assert result.exit_code == 1


# -- the summary


def test_the_summary_counts_and_gives_one_example_of_each_problem(run, write, order):
    """Numbers first, then problems by severity and count, each with its first example, the settings' own last."""
    settings = write("settings.json", {"event_map": {"Sign Up": "Signupp", "A": "Lead"}})
    broken = order | {"properties": order["properties"] | {"currency": "Euro"}}
    events = write("events.jsonl", [order, NO_TYPE, GROUP, broken, GROUP, 1, 2])

    result = run("transform", events, "-s", settings)

    numbers, *rows = result.stderr.splitlines()
    assert numbers == "7 events read, 2 tag calls, 2 API events, 3 refused"
    assert [row.split()[:5] for row in rows] == [
        ["error", "invalid_input", "2", "line", "6:"],
        ["error", "invalid_type", "1", "line", "2:"],
        ["warning", "invalid_currency", "1", "line", "4:"],
        ["warning", "misspelt_event", "1", "settings:", "/event_map/Sign"],
        ["info", "unsupported_call", "2", "line", "3:"],
    ]
    assert "line 4: properties.currency: " in rows[2]


def test_a_problem_of_one_channel_names_it(run, write, settings):
    """The example says which channel it is about."""
    event = {"type": "track", "event": "Order Completed", "messageId": "m-1"}

    result = run("transform", write("events.jsonl", [event]), "-s", settings)

    assert re.search(r"missing_identity .*\(capi\)$", result.stderr, re.MULTILINE)


def test_nothing_but_errors_is_said_when_quiet(run, write, order):
    """--quiet leaves errors, and those alone."""
    settings = write("settings.json", {"event_map": {"Sign Up": "Signupp"}})

    good = run("transform", write("good.jsonl", [order, GROUP]), "-s", settings, "--quiet")
    bad = run("transform", write("bad.jsonl", [order, GROUP, NO_TYPE]), "-s", settings, "--quiet")

    assert (good.exit_code, good.stderr) == (0, "")
    assert bad.exit_code == 1
    assert [line.split()[:2] for line in bad.stderr.splitlines()] == [["error", "invalid_type"]]


def test_no_text_of_an_event_reaches_a_terminal_as_a_command(run, write, order):
    """Control characters in names are escaped in what is said."""
    settings = write("settings.json", {"custom_properties": ["evil\u009b2J"]})
    order["properties"]["evil\u009b2J"] = "ann@example.com"

    result = run("transform", write("events.jsonl", [order]), "-s", settings)

    assert r"properties.evil\x9b2J: " in result.stderr
    assert "\x9b" not in result.stderr


# -- wrong use


def test_every_fault_of_the_settings_is_told(run, write, tmp_path):
    """Wrong settings end it before anything is read or written: all faults, one per line, exit code 2."""
    settings = write("settings.json", {"tagid": "1", "identity": "plain"})

    result = run("transform", "-s", settings, "-o", tmp_path / "out.jsonl", stdin="{}")

    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{settings}#/tagid: found an unknown key; expected ")
    assert first.endswith("(did you mean 'tag_id'?)")
    assert second.startswith(f"{settings}#/identity: found ")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    "arguments",
    [(), ("-s", "missing.json"), ("missing.jsonl", "-s", "settings.json"), ("-s", "settings.json", "--to", "x"), (".", "-s", "settings.json")],
)
def test_wrong_use_is_told(run, settings, tmp_path, monkeypatch, arguments):
    """Without settings, with files that are not there or with unknown values the exit code is 2."""
    monkeypatch.chdir(tmp_path)

    result = run("transform", *arguments)

    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_an_output_that_cannot_be_written_is_told(run, write, settings, order, tmp_path):
    """A folder that is not there is no traceback."""
    result = run("transform", write("events.jsonl", [order]), "-s", settings, "-o", tmp_path / "no" / "out.jsonl")

    assert result.exit_code == 2
    assert "out.jsonl: No such file or directory" in result.stderr


def test_the_dialect_can_be_named(run, write, order):
    """--dialect decides how the settings are read."""
    settings = write("settings.json", {})
    other = order | {"event": "Something Else"}

    result = run("transform", write("e.jsonl", [other]), "-s", settings, "--dialect", "rudderstack", "--to", "capi")

    assert [event["event_name"] for event in lines_of(result.stdout)] == ["SomethingElse"]


# -- secrets


def test_neither_a_token_nor_a_person_is_ever_printed(run, write, order, tmp_path):
    """Payloads hold the IP address and the user agent, as Pinterest asks; nothing that is said holds anything."""
    token = "pina_TOKEN0123456789"  # noqa: S105
    settings = write("settings.json", {"conversion_token": token, "tagg": token})
    good = write("good.json", {"conversion_token": token})
    person = ("ann@", "ann at", "example.com", "5550100", "555 0100", "203.0.113.7", "Examplebrowser", token)
    broken = [
        order | {"type": "ann@example.com"},
        order | {"context": order["context"] | {"ip": "203.0.113.7.1", "traits": {"email": "ann at example.com"}}},
        order | {"properties": {"value": "ann@example.com", "currency": "ann@example.com", "products": "ann@example.com"}},
        order | {"event": "ann@example.com"},
        "ann@example.com",
    ]
    text = "".join(f"{json.dumps(event)}\n" for event in broken) + '{"email": "ann@example.com'

    wrong = run("transform", "-s", settings, stdin=text)
    result = run("transform", "-s", good, "-o", tmp_path / "out", "--problems", tmp_path / "problems", stdin=text)

    assert wrong.exit_code == 2
    assert result.exit_code == 1
    said = wrong.output + result.output + (tmp_path / "problems").read_text()
    assert '"line":6' in said
    assert [word for word in person if word in said] == []


def test_standard_output_may_be_a_file(start, settings, write, order, tmp_path):
    """`transform ... > file` is what people type first."""
    target = tmp_path / "out.jsonl"
    with target.open("wb") as stdout:
        process = start("transform", write("events.jsonl", [order]), "-s", settings, stdout=stdout)
        _, told = process.communicate(timeout=60)

    assert process.returncode == 0, told
    assert json.loads(target.read_text())["capi"][0]["event_id"] == "m-1"


# -- Ctrl-C and closed pipes


def test_ctrl_c_while_waiting_ends_with_what_came_so_far(start, settings, order):
    """A pipeline that waits for more stops at once: complete lines, the summary so far, exit code 130."""
    process = start("transform", "-s", settings)
    process.stdin.write(f"{json.dumps(order)}\n{json.dumps(order)}\n{{".encode())
    process.stdin.flush()
    lines = [process.stdout.readline(), process.stdout.readline()]

    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)

    assert [json.loads(line)["line"] for line in lines] == [1, 2]
    assert rest == b""
    assert said.splitlines()[:2] == [b"Interrupted; until then:", b"2 events read, 2 tag calls, 2 API events, 0 refused"]
    assert process.returncode == 130


def test_ctrl_c_while_writing_completes_the_line(start, write, settings, order):
    """However full the pipe is, the last line is whole."""
    process = start("transform", write("events.jsonl", [order] * MORE_THAN_A_PIPE_HOLDS), "-s", settings, "--quiet")
    output = process.stdout.read(1)  # now the pipe is full, or about to be

    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)

    lines = (output + rest).splitlines(keepends=True)
    assert [json.loads(line)["line"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1].endswith(b"\n")
    assert len(lines) < MORE_THAN_A_PIPE_HOLDS
    assert (process.returncode, said) == (130, b"")


def test_a_line_is_written_to_its_last_byte(monkeypatch):
    """With PYTHONUNBUFFERED standard output takes what fits, and says how much that was."""

    class Narrow(io.RawIOBase):
        taken = b""

        def write(self, data):
            self.taken += bytes(data[:5])
            return min(len(data), 5)

    narrow = Narrow()
    monkeypatch.setattr("sys.stdout", type("Stdout", (), {"buffer": narrow}))
    with json_lines(None) as write_line:
        write_line({"a": "xxxxxxxxxxxxxxxxxxxx"})

    assert narrow.taken == b'{"a":"xxxxxxxxxxxxxxxxxxxx"}\n'


def test_ctrl_c_leaves_a_whole_gzip_file(start, settings, order, tmp_path):
    """A zipped output is ended properly, so that it can be read."""
    process = start("transform", "-s", settings, "-o", tmp_path / "out.jsonl.gz", "--problems", "-")
    process.stdin.write(f"{json.dumps(order)}\n{json.dumps(GROUP)}\n".encode())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["line"] == 2

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    lines = gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).splitlines()
    assert [json.loads(line)["line"] for line in lines] == [1, 2]
    assert process.returncode == 130


def polled(until):
    """Wait for a condition; False if it does not come in time."""
    deadline = time.monotonic() + 60
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)
    return until()


def test_ctrl_c_again_ends_even_a_pipe_that_nobody_reads(start, write, settings, order):
    """Who presses it again will not wait for the reader of the output."""
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    process = start("transform", write("events.jsonl", [order] * MORE_THAN_A_PIPE_HOLDS), "-s", settings)

    def is_full():
        return int.from_bytes(fcntl.ioctl(process.stdout, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder) > 60_000

    def has_ended():
        process.send_signal(signal.SIGINT)
        return process.poll() is not None

    assert polled(is_full)
    assert polled(has_ended)
    assert process.returncode in (130, -signal.SIGINT)  # the same to a shell
    assert b"Traceback" not in process.stderr.read()


@pytest.fixture
def _foreground():
    """Ctrl-C as it is for a program in the foreground, also where the tests run as a background job."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_foreground")
def test_ctrl_c_between_two_events_stops_before_the_next(run, write, settings, order, monkeypatch):
    """In the middle of an event it is only noted."""
    good = Destination.transform

    def pressed(self, event, to):
        signal.raise_signal(signal.SIGINT)
        return good(self, event, to)

    monkeypatch.setattr(Destination, "transform", pressed)
    result = run("transform", write("events.jsonl", [order, order]), "-s", settings)

    assert len(lines_of(result.stdout)) == 1
    assert result.stderr.startswith("Interrupted; until then:\n1 events read")
    assert result.exit_code == 130


@pytest.mark.usefixtures("_foreground")
def test_ctrl_c_twice_in_one_event_ends_it_there(run, write, settings, order, monkeypatch):
    """The second one is an order."""

    def pressed(self, event, to):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Destination, "transform", pressed)
    monkeypatch.setattr("pinterest_destination.cli._exits._silence", lambda: None)
    try:
        result = run("transform", write("events.jsonl", [order, order]), "-s", settings)
        third = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 130)
    assert third is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored():
    """A background job is not ended by a Ctrl-C that is meant for the foreground."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            assert list(interrupt.reading([1, 2])) == [1, 2]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_goes_ends_it_quietly(start, write, settings, order):
    """As after `| head -1`: nothing is said, also at the interpreter's exit, and the code is that of any such program."""
    process = start("transform", write("events.jsonl", [order] * MORE_THAN_A_PIPE_HOLDS), "-s", settings)
    line = process.stdout.readline()
    process.stdout.close()

    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    assert json.loads(line)["line"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_told(start, write, settings, order):
    """One line says so, also at the interpreter's exit."""
    with Path("/dev/full").open("wb") as full:
        process = start("transform", write("events.jsonl", [order]), "-s", settings, stdout=full)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 2
    assert said == b"error: the output: No space left on device\n"


# -- terminals


@pytest.fixture
def terminal():
    """A terminal: the end that a command writes to, and a way to read what it shows once the command has ended."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()

    def shown():
        os.close(theirs)
        pieces = []
        with contextlib.suppress(OSError):  # how Linux tells the end
            while piece := os.read(ours, 4096):
                pieces.append(piece)
        return b"".join(pieces).decode()

    yield theirs, shown
    os.close(ours)


def test_a_terminal_shows_progress_and_colours(start, terminal, write, settings, order, tmp_path):
    """On a terminal a bar tells how far a file is, and the summary is coloured."""
    theirs, shown = terminal
    events = write("events.jsonl", [order, NO_TYPE])
    process = start("transform", events, "-s", settings, "-o", tmp_path / "out.jsonl", stderr=theirs)

    process.wait(timeout=60)

    screen = shown()
    assert "events" in screen.split("events read")[0]
    assert "\x1b[31merror" in screen
    assert process.returncode == 1


def test_a_pipe_shows_neither(start, write, settings, order, tmp_path):
    """In a pipe there is only the summary, in plain text."""
    process = start("transform", write("events.jsonl", [order, NO_TYPE]), "-s", settings, "-o", tmp_path / "out.jsonl")

    _, said = process.communicate(timeout=60)

    assert said.startswith(b"2 events read")
    assert b"\x1b" not in said


def test_faults_are_coloured_on_a_terminal_unless_asked_not_to(start, terminal, write):
    """NO_COLOR is respected (no-color.org)."""
    theirs, shown = terminal
    settings = write("settings.json", {"tagid": "1"})
    process = start("transform", "-s", settings, stderr=theirs)
    process.wait(timeout=60)

    assert "\x1b[31m" in shown()


def test_no_colour_is_respected(start, terminal, write):
    """NO_COLOR leaves plain text (no-color.org)."""
    theirs, shown = terminal
    settings = write("settings.json", {"tagid": "1"})
    process = start("transform", "-s", settings, stderr=theirs, env={**os.environ, "NO_COLOR": "1"})
    process.wait(timeout=60)

    screen = shown()
    assert "tagid" in screen
    assert "\x1b" not in screen


@pytest.mark.parametrize(
    ("size", "output", "error_terminal", "output_terminal", "expected"),
    [
        (9, None, True, False, True),
        (9, Path("out"), True, True, True),
        (9, None, True, True, False),
        (9, Path("-"), True, True, False),
        (9, Path("out"), False, False, False),
        (None, Path("out"), True, True, False),
        (0, Path("out"), True, True, False),
    ],
)
def test_a_bar_is_drawn_only_where_it_can_be(monkeypatch, size, output, error_terminal, output_terminal, expected):
    """It needs a known end and a terminal, and must not run into lines that are printed there."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: error_terminal, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: output_terminal, raising=False)

    assert _progress.wanted(Input(io.BufferedReader(io.BytesIO()), size), output) is expected


def test_the_bar_moves_now_and_then(write, monkeypatch, capsys):
    """It looks at the position of the file, but not at every event."""
    now = iter([0.05, 0.05, 0.06, 0.2, 0.2])
    looked: list[int] = []

    def look(self):
        looked.append(1)
        return 1

    monkeypatch.setattr(_progress, "monotonic", lambda: next(now))
    monkeypatch.setattr(Input, "position", look)

    with opened(write("events.jsonl", [{}])) as stream, _progress.progress(stream) as tick:
        for n in range(3):
            tick(n)

    assert len(looked) == 2


def test_a_bar_is_used_when_it_is_wanted(run, write, settings, order, monkeypatch):
    """The command tells the bar how many events have passed, unless it is to be quiet."""
    ticks: list[int] = []

    @contextlib.contextmanager
    def bar(stream):
        yield ticks.append

    monkeypatch.setattr("pinterest_destination.cli.transform.wanted", lambda stream, output: True)
    monkeypatch.setattr("pinterest_destination.cli.transform.progress", bar)
    events = write("events.jsonl", [order, order])
    run("transform", events, "-s", settings)
    run("transform", events, "-s", settings, "--quiet")

    assert ticks == [1, 2]


def test_a_line_leaves_at_once(tmp_path):
    """Whoever follows the output sees each line when it is written."""
    with json_lines(tmp_path / "out.jsonl") as write_line:
        write_line({"a": 1})
        assert (tmp_path / "out.jsonl").read_text() == '{"a":1}\n'


def test_nothing_that_is_read_is_written_over_by_whatever_name(tmp_path):
    """A link to the input, the settings, and standard input that comes from the output are told apart from other files."""
    settings, events, hard = tmp_path / "settings.json", tmp_path / "events.jsonl", tmp_path / "hard.jsonl"
    settings.write_text("{}")
    events.write_text('{"type": "group"}\n')
    hard.hardlink_to(events)
    command = [sys.executable, "-m", "pinterest_destination", "transform", "-s", str(settings)]

    for more in ([str(events), "-o", str(hard)], [str(events), "-o", str(settings)], [str(events), "-o", str(tmp_path / "new"), "--problems", str(settings)]):
        assert subprocess.run([*command, *more], capture_output=True, check=False).returncode == 2
    with events.open("rb") as source:
        assert subprocess.run([*command, "-o", str(events)], stdin=source, capture_output=True, check=False).returncode == 2
    assert (settings.read_text(), events.read_text()) == ("{}", '{"type": "group"}\n')
