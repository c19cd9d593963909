"""`transform --workers`: several processes say and write what one does, whatever the file, and end as cleanly."""

import contextlib
import gzip
import json
import os
import select
import signal
from pathlib import Path

import pytest

from pinterest_destination import Destination
from pinterest_destination.cli import _spread
from pinterest_destination.cli._input import opened

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
PARENT = os.getpid()
GROUP = {"type": "group"}
BIG = 12_000
"""Orders that make a file large enough for several processes as it is."""


@pytest.fixture
def small(monkeypatch):
    """Make every file large enough, and shards of a few lines."""
    monkeypatch.setattr(_spread, "SMALLEST", 1)
    monkeypatch.setattr(_spread, "SHARD", 700)
    monkeypatch.setattr(_spread, "_PART", 500)


@pytest.fixture
def big(write, order):
    """A file of some MiB."""
    return write("big.jsonl", [order | {"messageId": f"m-{number}"} for number in range(BIG)])


@pytest.fixture
def deaths(monkeypatch, tmp_path):
    """Make processes other than this one die over the event "Fatal", so many times."""
    marks = tmp_path / "marks"
    marks.mkdir()
    good = Destination.transform

    def transform(self, event, to):
        if event.get("event") == "Fatal" and os.getpid() != PARENT and (left := sorted(marks.iterdir())):
            left[0].unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return good(self, event, to)

    monkeypatch.setattr(Destination, "transform", transform)
    return lambda count: [(marks / str(number)).touch() for number in range(count)]


def both(run, tmp_path, *arguments):
    """Run with one process and with three; for each: what was said, the exit code, and both files."""
    for workers in (1, 3):
        output, problems = tmp_path / f"out{workers}", tmp_path / f"problems{workers}"
        result = run("transform", *arguments, "-o", output, "--problems", problems, "--workers", workers)
        yield result.stderr, result.exit_code, output.read_bytes(), problems.read_bytes()


@pytest.mark.parametrize("to", ["both", "pintrk", "capi"])
@pytest.mark.parametrize(
    "end",
    [b"", b"\n", b"\n\n", b'\r\n{"type": "group"}\r\n\r\nnope', b"\n" + b"x" * 5000 + b'\n{"type": "group"}'],
    ids=["no last line end", "plain", "empty line", "CRLF and a broken line", "giant line"],
)
def test_several_processes_write_and_say_what_one_does(run, write, settings, order, small, tmp_path, to, end):
    """The same bytes in output and problems, the same summary, the same exit code."""
    lines = [order, GROUP, {"event": "Order Completed"}, order, {}] * 8
    events = write("events.jsonl", b"\n" + "\n".join(map(json.dumps, lines)).encode() + end)

    one, three = both(run, tmp_path, events, "-s", settings, "--to", to)

    assert one == three
    assert one[2].count(b"\n") >= 16


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[{}, {}]", gzip.compress(b"{}\n{}\n"), b"nope"], ids=["empty", "blank", "array", "gzip", "broken"])
def test_other_input_is_read_by_one_process(run, write, settings, small, tmp_path, content):
    """What cannot be shared out gives what it gives with --workers 1."""
    one, three = both(run, tmp_path, write("events", content), "-s", settings)

    assert one == three


def test_a_zipped_output_has_the_same_bytes(run, write, settings, order, small, tmp_path):
    """However its lines arrive."""
    events = write("events.jsonl", [order] * 50)
    written = []
    for workers in (1, 3):
        run("transform", events, "-s", settings, "-o", tmp_path / "out.gz", "--workers", workers)
        written.append((tmp_path / "out.gz").read_bytes())

    assert written[0] == written[1]


def test_problems_that_nobody_wants_are_counted_all_the_same(run, write, settings, order, small):
    """Without --problems the summary is complete."""
    result = run("transform", write("events.jsonl", [order, 1, order, 2]), "-s", settings, "--workers", 2)

    assert "4 events read, 2 tag calls, 2 API events, 2 refused" in result.stderr
    assert "line 2: a number" in result.stderr
    assert result.exit_code == 1


def test_a_large_file_is_shared_out_by_default(start, settings, big, tmp_path):
    """Without --workers there are as many processes as CPUs, and nothing shows of it."""
    said = {}
    for name, more in {"default": (), "one": ("--workers", "1"), "four": ("--workers", "4")}.items():
        process = start("transform", big, "-s", settings, "-o", tmp_path / name, *more)
        _, said[name] = process.communicate(timeout=120)
        assert process.returncode == 0

    assert said["default"] == said["one"] == said["four"]
    assert (tmp_path / "default").read_bytes() == (tmp_path / "one").read_bytes() == (tmp_path / "four").read_bytes()


def test_standard_input_that_is_a_file_is_read_from_where_it_stands(start, settings, big, tmp_path):
    """As after `(read line; pinterest-destination transform ...) < file`; it is read to its end."""
    outputs = []
    for workers in "13":
        with Path(big).open("rb", buffering=0) as source:
            os.lseek(source.fileno(), len(Path(big).read_bytes().split(b"\n")[0]) + 1, os.SEEK_SET)
            process = start("transform", "-s", settings, "--workers", workers, stdin=source)
            output, said = process.communicate(timeout=120)
            outputs.append(output)
            assert said.startswith(f"{BIG - 1:,} events read".encode())
            assert source.tell() == Path(big).stat().st_size

    assert outputs[0] == outputs[1]


# -- how many


@pytest.mark.parametrize(
    ("size", "wanted", "expected"),
    [(_spread.SMALLEST, None, 3), (_spread.SMALLEST, 2, 2), (_spread.SMALLEST, 1, 1), (_spread.SMALLEST, 99, 4), (_spread.SMALLEST - 1, 99, 1)],
)
def test_a_file_gets_as_many_processes_as_it_is_worth(monkeypatch, tmp_path, size, wanted, expected):
    """One for each CPU unless told otherwise, no more than shards, and one for what is small."""
    monkeypatch.setattr(_spread, "cpus", lambda: 3)
    (tmp_path / "e").write_bytes(b"\n" * size)

    with opened(str(tmp_path / "e")) as events:
        assert _spread.processes(wanted, events) == expected
        events.file.seek(1)
        assert _spread.processes(wanted, events) in (1, min(expected, 3))


def test_a_pipe_or_a_system_without_fork_has_one(monkeypatch, tmp_path):
    """There is no sharing out what has no size, and nobody to share with."""
    (tmp_path / "e").write_bytes(b"\n" * _spread.SMALLEST)
    with opened(str(tmp_path / "e")) as events:
        monkeypatch.delattr(os, "fork")
        assert _spread.processes(9, events) == 1


def test_the_cpus_are_those_that_may_be_used(monkeypatch):
    """Fewer than the machine has, where the system says so."""
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {4, 7})
        assert _spread.cpus() == 2
        monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert _spread.cpus() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert _spread.cpus() == 1


@pytest.mark.parametrize("workers", ["0", "-1", "two"])
def test_a_number_of_processes_that_is_none_is_told(run, settings, workers):
    """Wrong use, with exit code 2."""
    assert run("transform", "-s", settings, "--workers", workers, stdin="").exit_code == 2


# -- deaths


def fatal(order):
    return [order] * 9 + [order | {"event": "Fatal"}] + [order] * 9


def test_a_death_costs_nothing(run, write, settings, order, small, deaths, tmp_path):
    """The range is told, done again, and nothing of it is there twice."""
    events = write("events.jsonl", fatal(order))
    one, _ = both(run, tmp_path, events, "-s", settings)
    deaths(1)
    again = run("transform", events, "-s", settings, "--workers", 3)

    first, *rest = again.stderr.splitlines(keepends=True)
    assert first.startswith("A process has died (signal 9) over bytes ")
    assert "from line 9" in first or "from line 10" in first
    assert ("".join(rest), again.exit_code, again.stdout.encode()) == one[:3]


def test_a_death_that_costs_nothing_is_not_told_when_quiet(run, write, settings, order, small, deaths):
    """It is no error."""
    deaths(1)
    result = run("transform", write("events.jsonl", fatal(order)), "-s", settings, "--workers", 3, "--quiet")

    assert (result.stderr, result.exit_code) == ("", 0)


def test_a_second_death_over_the_same_range_ends_it_there(run, write, settings, order, small, deaths):
    """All before the range is written and counted, the range is named, and the exit code is 3: what comes of the rest is missing."""
    deaths(2)
    result = run("transform", write("events.jsonl", fatal(order)), "-s", settings, "--workers", 3)

    lines = [json.loads(line)["line"] for line in result.stdout.splitlines()]
    assert lines in (list(range(1, 9)), list(range(1, 10)))
    _, numbers, *_, error = result.stderr.splitlines()
    assert numbers == f"{len(lines)} events read, {len(lines)} tag calls, {len(lines)} API events, 0 refused"
    assert error.startswith("error: two processes have died over bytes ")
    assert f"(from line {len(lines) + 1}, " in error
    assert result.exit_code == 3


# -- a system without processes


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (0, "The system gives no other process (Resource temporarily unavailable); this one does all the work."),
        (1, "The system gives no more than 1 of the processes (Resource temporarily unavailable); they do all the work."),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_a_system_with_few_processes_costs_only_time(run, write, settings, order, small, monkeypatch, tmp_path, limit, said, quiet):
    """The output is that of one process, and nobody is told who does not want to be."""
    events = write("events.jsonl", [order | {"messageId": f"m-{number}"} for number in range(30)])
    one, _ = both(run, tmp_path, events, "-s", settings)
    limited(monkeypatch, limit)
    result = run("transform", events, "-s", settings, "--workers", 3, *(["--quiet"] if quiet else []))

    assert (result.stderr, result.exit_code, result.stdout.encode()) == ("" if quiet else f"{said}\n{one[0]}", one[1], one[2])


def test_a_death_without_a_successor_ends_it_there(run, write, settings, order, small, deaths, monkeypatch):
    """What was done before is written and counted, the reason is told, and the exit code is 1."""
    deaths(1)
    limited(monkeypatch, 3)
    result = run("transform", write("events.jsonl", fatal(order)), "-s", settings, "--workers", 3)

    lines = [json.loads(line)["line"] for line in result.stdout.splitlines()]
    assert lines == list(range(1, len(lines) + 1))
    assert len(lines) < 10
    assert result.stderr.splitlines()[-1] == "error: a process has died, and the system gives no other (Resource temporarily unavailable); nothing is written of what was left to do"
    assert result.exit_code == 3


def limited(monkeypatch, limit):
    """Make the system refuse more processes than so many."""
    fork = os.fork
    left = [None] * limit

    def limited():
        if not left:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        left.pop()
        return fork()

    monkeypatch.setattr(os, "fork", limited)


# -- Ctrl-C and closed pipes


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def offspring():
    """Watch the children of a process, to tell later whether they have all ended."""
    if not (Path("/proc/self/task") / str(os.getpid()) / "children").exists():
        pytest.skip("the system does not tell of children")  # macOS, or Linux without this part of /proc: what is left over cannot be seen

    @contextlib.contextmanager
    def watched(process):
        files = [os.pidfd_open(pid) for pid in children(process.pid)]
        assert len(files) == 2
        yield
        assert all(select.select([file], [], [], 60)[0] for file in files)
        for file in files:
            os.close(file)

    return watched


def test_ctrl_c_leaves_whole_lines_and_no_process(start, settings, big, offspring):
    """The summary is that of what was written, the exit code 130."""
    process = start("transform", big, "-s", settings, "--workers", "2")
    output = process.stdout.read(1)
    with offspring(process):
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)

    lines = (output + rest).splitlines(keepends=True)
    assert [json.loads(line)["line"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1].endswith(b"\n")
    assert len(lines) < BIG
    assert said.splitlines()[:2] == [b"Interrupted; until then:", f"{len(lines):,} events read, {len(lines):,} tag calls, {len(lines):,} API events, 0 refused".encode()]
    assert process.returncode == 130


def test_ctrl_c_for_all_processes_is_one_for_the_parent(start, settings, big):
    """A terminal sends it to the whole group; the others say nothing of it."""
    process = start("transform", big, "-s", settings, "--workers", "2", "--quiet", start_new_session=True)
    process.stdout.read(1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (130, b"")


def test_a_reader_that_goes_ends_all_processes_quietly(start, settings, big, offspring):
    """As after `| head -1`."""
    process = start("transform", big, "-s", settings, "--workers", "2")
    line = process.stdout.readline()
    with offspring(process):
        process.stdout.close()
        assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    assert json.loads(line)["line"] == 1


def test_a_parent_that_is_killed_takes_the_others_along(start, settings, big, offspring):
    """Nobody works for a parent that has gone."""
    process = start("transform", big, "-s", settings, "--workers", "2")
    process.stdout.read(1)
    with offspring(process):
        process.kill()
        process.wait(timeout=60)


def test_the_bar_tells_how_far_the_output_is(run, write, settings, order, small, monkeypatch):
    """Not how far anybody has read ahead, and in the end it is at the end."""
    seen = []

    @contextlib.contextmanager
    def bar(events):
        yield lambda count: seen.append((count, events.position()))
        seen.append((0, events.position()))

    monkeypatch.setattr("pinterest_destination.cli.transform.wanted", lambda events, output: True)
    monkeypatch.setattr("pinterest_destination.cli.transform.progress", bar)
    events = write("events.jsonl", [order] * 20)
    run("transform", events, "-s", settings, "--workers", 2)

    size = Path(events).stat().st_size
    assert [count for count, _ in seen[:-1]] == sorted({count for count, _ in seen[:-1]})
    assert all(place <= count * size / 20 for count, place in seen[:-1])
    assert seen[-1] == (0, size)
