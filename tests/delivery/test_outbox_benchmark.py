"""The benchmark of the outbox runs and reports all that it should; how long anything takes is no matter of tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = ["floor: into a table, and out again"]
ROWS += [f"{part}{suffix}" for suffix in ("", ", 30 remembered") for part in ("put + claim + finish", "  put", "  claim", "  finish")]
ROWS += ["put, one event each, 1 thread", "put, one event each, 16 threads"]


def bench(*arguments, **environment):
    command = [sys.executable, str(ROOT / "benchmarks" / "outbox.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run: what it printed, and the JSON that it wrote."""
    folder = tmp_path_factory.mktemp("bench")
    done = bench("--repeat", 2, "--remembered", 30, "--folder", folder, "--json", folder / "bench.json", BENCH_EVENTS="20")
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "bench.json").read_text("utf-8"))


def test_it_prints_a_line_for_every_row(run):
    """In order; the one with a target says whether it was reached."""
    lines = run[0].splitlines()[3:]

    assert [line[:52].rstrip() for line in lines] == ROWS
    assert [line.endswith(("reached", "missed")) for line in lines] == [name == ROWS[1] for name in ROWS]


def test_it_writes_the_same_as_json(run):
    """With the numbers that were asked for."""
    report = run[1]

    assert (report["events"], report["remembered"], report["repeat"]) == (20, 30, 2)
    assert [row["name"] for row in report["rows"]] == ROWS
    assert all(0 < row["rate"] <= row["best"] and row["ratio"] > 0 for row in report["rows"])
    assert report["rows"][0]["ratio"] == 1.0


def test_wrong_use_is_told():
    """A number of events that is none."""
    done = bench(BENCH_EVENTS="0")

    assert done.returncode == 2
    assert "'0' is no whole number above 0" in done.stderr
