"""Counting instructions, which takes minutes: a file of its own, so that no other tests wait for it."""

import json
import shutil

import pytest

from benchmarks import instructions
from benchmarks.transform import BOTH, BY_HAND, CAPI, FLOOR

from .test_benchmarks import bench


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind on this system")
def test_instructions_are_counted(tmp_path):
    """With a real counter, here for the floor alone: all kinds of work would take four times as long."""
    done = bench("instructions", "--events", 1, "--floor", "--json", tmp_path / "out.json")
    report = json.loads((tmp_path / "out.json").read_text("utf-8"))

    assert done.returncode == 0
    assert [(row["name"], row["ratio"], row["minimum"] > 10) for row in report["rows"]] == [(FLOOR, 1, True)]


def test_kinds_of_work_are_counted_and_compared():
    """What making ready takes is no part of any; each is beside the floor, and beside what it is compared with."""
    taken = {"": 100, FLOOR: 2_100, BY_HAND: 8_100, CAPI: 10_100, BOTH: 12_100}
    rows = instructions.measure(lambda command: taken[command[-1]], 1, 0)

    assert [(row.name, row.minimum, row.ratio) for row in rows[:4]] == [(FLOOR, 1, 1), (BY_HAND, 4, 4), (CAPI, 5, 5), (BOTH, 6, 6)]
    assert [(row.name, row.ratio) for row in rows[4:]] == [(f"{CAPI} / {BY_HAND}", 1.25), (f"{BOTH} / {CAPI}", 1.2)]
