"""The outbox among real processes: killed at every statement and at any moment, and two at work on one file."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

import pinterest_destination
from pinterest_destination.delivery.outbox import Bookmark, Filter, Outbox

SHOP = "v5/549755885175"
HOME = Path(pinterest_destination.__file__).parents[1]

COMMON = """
import itertools, os, signal, sqlite3, sys
from collections import namedtuple
from pinterest_destination.delivery.outbox import Bookmark, Filter, Outbox, Result
Packed = namedtuple("Packed", "event_id event_name offline text")
SHOP, path = "v5/549755885175", sys.argv[1]

def packed(event_id):
    return Packed(event_id, "checkout", event_id.startswith("off"), '{"id": "%s"}' % event_id)

def say(word, *ids):  # whole, at once, past all buffers: what is read was done
    os.write(1, " ".join([word, *map(str, ids), chr(10)]).encode())
"""

STEPS = COMMON + """
def work():
    with Outbox(path) as outbox:
        outbox.recover()
        for number in range(2):
            ids = [f"on-{number}", f"off-{number}"]
            outbox.put(SHOP, [packed(event_id) for event_id in ids], bookmark=Bookmark("in", "f", number + 1))
            say("put", *ids)
            rows = outbox.claim(SHOP, limit=10, max_bytes=10_000)
            say("claimed", *[row.event_id for row in rows])
            results = [Result(row.id, "waiting" if row.event_id == "on-1" else "delivered", due=0.0) for row in rows]
            outbox.finish(results)
            say("finished", *[row.event_id for row in rows if row.event_id != "on-1"])
        outbox.pause(SHOP, 1.0, "unauthorized", "")
        outbox.sweep()
    say("end")

connect, statements = sqlite3.connect, itertools.count(1)

def die_at(number):
    def noted(statement):
        if next(statements) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_trace_callback(noted)
        return connection

    sqlite3.connect = connected

for number in range(1, 10_000):
    path = f"{sys.argv[1]}/{number}.sqlite3"
    child = os.fork()
    if not child:
        os.dup2(os.open(f"{path}.said", os.O_WRONLY | os.O_CREAT), 1)
        die_at(number)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        break
print(number)
"""

WORKER = COMMON + """
name, count = sys.argv[2], int(sys.argv[3])
with Outbox(path) as outbox:
    for start in range(0, count, 5):
        ids = [f"{'off' if number % 3 == 0 else 'on'}-{name}-{number}" for number in range(start, start + 5)]
        say("putting", *ids)
        outbox.put(SHOP, [packed(event_id) for event_id in ids], bookmark=Bookmark(name, "f", start + 5))
        say("put", *ids)
        rows = outbox.claim(SHOP, limit=7, max_bytes=10_000)
        say("claimed", *[row.event_id for row in rows])
        outbox.finish(Result(row.id, "delivered") for row in rows)
        say("finished", *[row.event_id for row in rows])
    while rows := outbox.claim(SHOP, limit=7, max_bytes=10_000):
        say("claimed", *[row.event_id for row in rows])
        outbox.finish(Result(row.id, "delivered") for row in rows)
        say("finished", *[row.event_id for row in rows])
"""

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def command(program, *arguments):
    return [sys.executable, "-c", program, *map(str, arguments)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HOME)}


def heard(text):
    """What a process said, by word; a line that was cut off was not said."""
    said: dict[str, list[str]] = {}
    for line in text.split("\n")[:-1]:
        word, *ids = line.split()
        said.setdefault(word, []).extend(ids)
    return said


def check(path, said):
    """Hold that nothing said is lost, and that nothing is sent again that had an outcome or may not be repeated."""
    with Outbox(path) as outbox:
        outbox.recover()
        rows = {row.event_id: row for row in outbox.rows()}
        states = {event_id: row.state for event_id, row in rows.items()}

        assert len(rows) == sum(outbox.counts().values())
        assert set(said.get("put", ())) <= set(rows)
        assert {states[event_id] for event_id in said.get("finished", ())} <= {"delivered"}
        assert "sending" not in states.values()
        open_claims = set(said.get("claimed", ())) - set(said.get("finished", ()))
        assert {states[event_id] for event_id in open_claims if event_id.startswith("off")} <= {"unknown", "delivered"}
        assert {states[event_id] for event_id in open_claims if event_id.startswith("on")} <= {"waiting", "delivered"}
        assert all(row.text == (f'{{"id": "{row.event_id}"}}' if row.state != "delivered" else "") for row in rows.values())
        with outbox._db.reading() as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return states, outbox.bookmark("in")


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Run a program that opens, puts, claims, finishes and sweeps as often as it has statements, killed at the next one each time."""
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(command(STEPS, folder), env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return folder, int(done.stdout)


@FORKS
def test_a_kill_at_any_statement_loses_nothing(killed):
    """Whatever was said to be put is there, what was said to be finished stays so, and the bookmark fits the events."""
    folder, count = killed
    assert count > 60
    for number in range(1, count + 1):
        path = folder / f"{number}.sqlite3"
        said = heard(Path(f"{path}.said").read_text())
        assert ("end" in said) is (number == count)

        states, bookmark = check(path, said)

        stored = {0: None, 2: Bookmark("in", "f", 1), 4: Bookmark("in", "f", 2)}
        assert bookmark == stored[len(states)]


@FORKS
def test_a_kill_at_any_statement_leaves_no_rubbish(killed):
    """Once somebody recovers; but for a draft of an outbox that was killed in the making, which holds nothing."""
    folder, count = killed
    for number in range(1, count + 1):
        with Outbox(folder / f"{number}.sqlite3") as outbox:
            outbox.recover()
    names = [file.name.split(".sqlite3", 1)[1] for file in folder.iterdir()]

    assert {name.partition("-")[0] for name in names} <= {"", ".said", ".new"}
    assert all(b"on-0" not in file.read_bytes() for file in folder.iterdir() if ".new-" in file.name)


@pytest.mark.parametrize("seed", range(4))
def test_a_process_killed_at_any_moment_loses_nothing(tmp_path, seed):
    """SIGKILL from outside, after a random line of its protocol; a successor goes on and delivers the rest."""
    path = tmp_path / "outbox.sqlite3"
    lines = Random(seed).randrange(1, 60)  # noqa: S311  # for moments, not for secrets
    process = subprocess.Popen(command(WORKER, path, "a", 200), env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    text = b"".join(process.stdout.readline() for _ in range(lines))
    process.kill()
    text += process.stdout.read()
    process.wait()
    process.stdout.close()
    said = heard(text.decode())

    states, _ = check(path, said)
    after = subprocess.run(command(WORKER, path, "a", 200), env=ENVIRONMENT, capture_output=True, text=True, check=True)

    assert set(states) <= set(said["putting"])
    again = Counter(heard(after.stdout)["claimed"])
    assert set(again.values()) == {1}
    assert not set(again) & set(said.get("finished", ()))
    with Outbox(path) as outbox:
        assert {row.event_id.partition("-")[0] for row in outbox.rows(Filter(states=("unknown",)))} <= {"off"}
        assert outbox.counts()["delivered"] + outbox.counts()["unknown"] == sum(outbox.counts().values()) == 200


def test_two_processes_share_one_file(tmp_path):
    """Both put and claim at once, and make the file as well: each event is stored, claimed and delivered once."""
    path = tmp_path / "outbox.sqlite3"
    processes = [subprocess.Popen(command(WORKER, path, name, 300), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) for name in "ab"]
    said = [heard(process.communicate()[0]) for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    claimed = Counter(event_id for one in said for event_id in one["claimed"])
    assert len(claimed) == 600
    assert set(claimed.values()) == {1}
    with Outbox(path) as outbox:
        assert outbox.counts()["delivered"] == 600
        assert [outbox.bookmark(name) for name in "ab"] == [Bookmark(name, "f", 300) for name in "ab"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["outbox.sqlite3"]


def test_the_claims_of_a_living_process_are_its_own(tmp_path):
    """Until the moment it is killed: then they are free at once, without any time to wait for."""
    path = tmp_path / "outbox.sqlite3"
    program = COMMON + """
outbox = Outbox(path)
outbox.put(SHOP, [packed("on-1"), packed("off-1")])
outbox.claim(SHOP, limit=10, max_bytes=10_000)
say("claimed")
sys.stdin.read()
"""
    process = subprocess.Popen(command(program, path), env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with Outbox(path) as outbox:
        alive = len(outbox.recover())
        process.kill()
        process.communicate()

        assert (alive, len(outbox.recover())) == (0, 2)
        assert [row.state for row in outbox.rows()] == ["waiting", "unknown"]


def test_an_outbox_needs_no_library_but_attrs():
    """A host that only puts events starts quickly."""
    code = "import sys, pinterest_destination.delivery.outbox; print(json.dumps(sorted({'requests', 'jsonschema', 'cattrs', 'click'} & set(sys.modules))))"
    done = subprocess.run(command(f"import json; {code}"), env=ENVIRONMENT, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []


def test_a_child_of_a_fork_is_told_whatever_the_parents_threads_were_at(tmp_path):
    """Even while a thread of the parent holds the outbox, whose lock the child would wait for for ever."""
    path = tmp_path / "outbox.sqlite3"
    code = f"""
import os, threading
from pinterest_destination.delivery.outbox import Outbox
from pinterest_destination.errors import OutboxError
box = Outbox({str(path)!r})
held, done = threading.Event(), threading.Event()
def hold():
    with box._db.held():
        held.set()
        done.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    try:
        box.counts()
    except OutboxError as error:
        box.close()
        os._exit(7 if "before a fork" in str(error) else 8)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
done.set()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "7"
