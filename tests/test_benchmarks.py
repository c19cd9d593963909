"""The benchmark runs and reports all that it should; how long anything takes is no matter of tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinterest_destination import Destination

ROOT = Path(__file__).parents[1]
ROWS = [
    "floor: the 12 digests alone",
    "by hand: the same to CAPI",
    "transform, to CAPI",
    "transform, to pintrk",
    "transform, both",
    "JSON line to JSON line",
    "import, fresh process",
    "first Destination, fresh process",
    "second Destination, same process",
]
TARGETS = {ROWS[4]: "< 10 x floor", ROWS[6]: "< 200 ms", ROWS[7]: "< 400 ms", ROWS[8]: "< 50 ms"}


def bench(*arguments, **environment):
    command = [sys.executable, str(ROOT / "benchmarks" / "transform.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short run: what it printed, and the JSON that it wrote."""
    file = tmp_path_factory.mktemp("bench") / "bench.json"
    done = bench("--repeat", 2, "--seed", 7, "--json", file, BENCH_EVENTS="3")
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text("utf-8"))


def test_it_prints_a_line_for_every_row(run):
    """In order, each with its target if it has one."""
    printed = [line for line in run[0].splitlines() if line.startswith(tuple(ROWS))]

    assert [next(name for name in ROWS if line.startswith(name)) for line in printed] == ROWS
    for name, line in zip(ROWS, printed, strict=True):
        assert TARGETS.get(name, "") in line
        assert line.endswith(("reached", "missed")) is (name in TARGETS)


def test_it_writes_the_same_as_json(run):
    """With the number of events that the environment asks for."""
    report = run[1]

    assert (report["events"], report["repeat"], report["seed"]) == (3, 2, 7)
    assert [row["name"] for row in report["rows"]] == ROWS
    assert {row["name"]: row["target"] for row in report["rows"] if row["target"]} == TARGETS
    assert [row["name"] for row in report["rows"] if row["ratio"] is not None] == ROWS[:6]
    assert all(0 < row["minimum"] <= row["median"] for row in report["rows"])
    assert all((row["reached"] is None) is (row["target"] is None) for row in report["rows"])


def test_wrong_use_is_told():
    """A number of events that is none."""
    done = bench(BENCH_EVENTS="many")

    assert done.returncode == 2
    assert "'many' is no whole number above 0" in done.stderr


EVENTS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from benchmarks.events import NOW, orders
print(json.dumps([NOW.timestamp(), orders(50, 1), orders(50, 1), orders(50, 2)]))
"""


def test_the_orders_are_all_different_and_always_the_same():
    """Of about 2.5 KB, with three products and twelve identifiers, and nothing wrong with them."""
    done = subprocess.run([sys.executable, "-c", EVENTS, str(ROOT)], capture_output=True, text=True, check=True)
    now, orders, again, others = json.loads(done.stdout)
    destination = Destination({"tag_id": "2612345678901"}, clock=lambda: now)
    conversions = [destination.transform(order) for order in orders]
    digests = [key for made in conversions for key, value in made.capi[0]["user_data"].items() if isinstance(value, list)]

    assert orders == again
    assert orders != others
    assert len({json.dumps(order) for order in orders}) == len({order["messageId"] for order in orders}) == 50
    assert all(2_000 < len(json.dumps(order)) < 3_200 for order in orders)
    assert [made.problems for made in conversions] == [()] * 50
    assert all(len(made.capi[0]["custom_data"]["contents"]) == 3 for made in conversions)
    assert len(digests) == 12 * 50


def test_the_benchmark_of_the_hosts_runs():
    """Each envelope beside the bare transform, with a target."""
    done = subprocess.run([sys.executable, str(ROOT / "benchmarks" / "hosts.py"), "--events", "3", "--repeat", "1", "--json"], capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)

    assert [row["name"] for row in rows] == ["transform, to CAPI", "process(), one destination", "process(), 100 destinations", "route(), one destination"]
    assert [row["target"] for row in rows] == [None, *["< 2 x floor"] * 3]
    assert rows[0]["times_floor"] == 1


def test_the_benchmark_of_the_workers_runs():
    """The same file with one process and with two; the outputs are compared."""
    done = subprocess.run([sys.executable, str(ROOT / "benchmarks" / "workers.py"), "--events", "2000", "--repeat", "1", "--json"], capture_output=True, text=True, check=True)
    one, two = json.loads(done.stdout)

    assert (one["workers"], one["gain"], two["workers"]) == (1, 1, 2)
    assert 0 < two["fastest"] == two["median"]
