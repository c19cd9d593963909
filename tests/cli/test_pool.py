"""The pool: real processes, results in order, deaths, and nobody left behind."""

import os
import select
import signal
import subprocess
import sys
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import pytest

from pinterest_destination.cli import _pool
from pinterest_destination.cli._pool import AHEAD, Lost, NoProcess, Pool, serve

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
PARENT = os.getpid()


def nobody(task: Any, how: str) -> None:
    """Be told of a death that must not be."""
    raise AssertionError(how)


def square(number):
    return number * number


def dying(marks):
    """Make work that ends its process over 3, as often as there are marks left in a folder."""

    def work(number):
        if number == 3 and (left := sorted(marks.iterdir())):
            left[0].unlink()
            assert os.getpid() != PARENT
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


@pytest.fixture
def marks(tmp_path):
    """A folder with so many marks."""

    def marks(count):
        for number in range(count):
            (tmp_path / f"mark{number}").touch()
        return tmp_path

    return marks


def ends(pid):
    """Wait until the process has ended, if it has not yet; False if it does not end at all."""
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([file], [], [], 60)[0])
    finally:
        os.close(file)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(count):
    """Whichever process is done first, and however many there are."""
    with Pool(square, count, nobody) as pool:
        assert list(pool.results(range(50))) == [(n, n * n) for n in range(50)]


def test_no_tasks_are_no_results():
    """Nothing to do is done at once."""
    with Pool(square, 2, nobody) as pool:
        assert list(pool.results([])) == []


def test_tasks_are_asked_for_only_a_little_ahead():
    """However long the queue is, no more of it is in memory than a few for each process."""
    asked = []

    def tasks():
        for number in range(100):
            asked.append(number)
            yield number

    with Pool(square, 2, nobody) as pool:
        for number, _ in pool.results(tasks()):
            assert len(asked) - number <= 2 * AHEAD + 1
    assert len(asked) == 100


def test_large_results_pass_whole():
    """More than any pipe holds."""
    with Pool(lambda size: b"x" * size, 2, nobody) as pool:
        assert [len(result) for _, result in pool.results([3_000_000] * 5)] == [3_000_000] * 5


def test_a_death_is_told_and_the_task_done_again(marks):
    """The results are those without it."""
    told = []
    with Pool(dying(marks(1)), 2, lambda task, how: told.append((task, how))) as pool:
        assert [result for _, result in pool.results(range(8))] == list(range(8))
    assert told == [(3, "signal 9")]


def test_a_second_death_over_the_same_task_ends_it_in_its_place(marks):
    """Everything before it has come; the task is named."""
    told: list[int] = []
    found: list[int] = []
    with Pool(dying(marks(2)), 2, lambda task, how: told.append(task)) as pool, pytest.raises(Lost) as lost:
        found.extend(result for _, result in pool.results(range(8)))

    assert lost.value.args == (3,)
    assert (told, found) == ([3], [0, 1, 2])


def test_work_that_fails_is_a_death_without_a_word(capfd):
    """A traceback might hold values."""
    told: list[str] = []

    def work(number: int) -> int:
        raise ValueError("ann@example.com")

    with Pool(work, 1, lambda task, how: told.append(how)) as pool, pytest.raises(Lost):
        list(pool.results([1]))

    assert told == ["exit code 1"]
    assert capfd.readouterr() == ("", "")


def test_a_process_that_dies_between_tasks_is_replaced():
    """Its next task tells of the death, and is done by another one."""
    told: list[int] = []

    def work(number: int) -> tuple[int, int]:
        return number, os.getpid()

    with Pool(work, 1, lambda task, how: told.append(task)) as pool:
        results = pool.results(range(3))
        _, (_, pid) = next(results)
        os.kill(pid, signal.SIGKILL)
        assert [number for _, (number, _) in results] == [1, 2]
    assert told in ([1], [2])


@pytest.fixture
def forked(monkeypatch):
    """The ids of the processes that are forked, by a system that refuses the fourth."""
    fork = os.fork
    pids: list[int] = []

    def limited():
        if len(pids) == 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        pid = fork()
        if pid:
            pids.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", limited)
    return pids


def test_nobody_is_left_when_it_is_left(forked):
    """Idle, at work or blocked: every process has ended, also after an exception."""
    with pytest.raises(RuntimeError), Pool(lambda size: (os.getpid(), b"x" * size), 3, nobody) as pool:  # noqa: PT012
        next(pool.results([3_000_000] * 9))
        raise RuntimeError
    assert [is_gone(pid) for pid in forked] == [True] * 3


def test_where_the_system_gives_fewer_processes_these_do_it(forked):
    """It is told how many there are and why, and all of them end."""
    told = []
    with Pool(square, 5, nobody, lambda *words: told.append(words)) as pool:
        assert [result for _, result in pool.results(range(20))] == [n * n for n in range(20)]
    assert told == [(3, "Resource temporarily unavailable")]
    assert [is_gone(pid) for pid in forked] == [True] * 3


def test_an_interruption_while_it_is_entered_leaves_nobody(forked, monkeypatch):
    """Whatever it is that comes between two processes."""
    limited = os.fork

    def fork():
        if len(forked) == 2:
            raise KeyboardInterrupt
        return limited()

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(KeyboardInterrupt), Pool(square, 3, nobody):
        pass
    assert [is_gone(pid) for pid in forked] == [True] * 2


def test_where_there_is_no_successor_it_ends(forked, marks):
    """What came before the death is there, and nobody is left."""
    found: list[int] = []
    with Pool(dying(marks(1)), 3, nobody) as pool, pytest.raises(NoProcess, match="temporarily unavailable"):
        found.extend(result for _, result in pool.results(range(9)))

    assert found in ([], [0], [0, 1], [0, 1, 2])
    assert [is_gone(pid) for pid in forked] == [True] * 3


def open_files():
    """How many this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    return len([*folder.iterdir()]) if folder.exists() else 0


@pytest.mark.parametrize("lacking", ["fork", "Pipe"])
def test_without_any_process_it_cannot_be_entered(monkeypatch, lacking):
    """Whether the system has no process or no pipe to give; nothing stays open."""

    def refuse(*_):
        raise OSError(24, "Too many open files")

    before = open_files()
    monkeypatch.setattr(os if lacking == "fork" else _pool, lacking, refuse)
    with pytest.raises(NoProcess, match="Too many open files"), Pool(square, 2, nobody):
        pass
    assert open_files() == before


ORPHANS = """
import os, signal, sys, time
from pinterest_destination.cli._pool import Pool
with Pool(lambda size: (os.getpid(), b"x" * size), 3, print) as pool:
    results = pool.results([3_000_000] * 9)
    print(*{next(results)[1][0] for _ in range(3)}, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no os.pidfd_open on this system")
def test_a_parent_that_is_killed_leaves_no_orphans():
    """Every process notices that there is nobody to work for."""
    done = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == -signal.SIGKILL
    pids = [int(word) for word in done.stdout.split()]
    assert pids
    assert all(ends(pid) for pid in pids)


def test_a_process_serves_until_the_other_side_has_gone():
    """One result for each task, and then the end."""
    ours, theirs = Pipe()
    asked = []

    def work(number):
        asked.append(number)
        if number == 4:
            ours.close()
        return number

    ours.send(3)
    ours.send(4)
    serve(theirs, work)
    theirs.close()

    assert asked == [3, 4]
