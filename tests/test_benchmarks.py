"""The benchmarks run and report all that they should; how long anything takes is no matter of tests."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pinterest_destination import Destination

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
SIZES = ("1", "10", "100", "1,000")
STEPS = [f"from {less} to {more}" for less, more in itertools.pairwise(SIZES)]
ROWS: dict[str, dict[str, str | None]] = {
    "transform": {
        "floor: the 12 digests alone": None,
        "by hand: the same to CAPI": None,
        "transform, to CAPI": None,
        "transform, to pintrk": None,
        "transform, both": "< 10 x floor",
        "JSON line to JSON line": None,
        "transform, to CAPI / by hand: the same to CAPI": "< 1.15 x",
        "transform, both / transform, to CAPI": "< 1.5 x",
        "import, fresh process": "< 200 ms",
        "first Destination, fresh process": "< 400 ms",
        "second Destination, same process": "< 50 ms",
    },
    "lines": {
        "floor: orjson in, 12 digests, orjson out": None,
        "orjson in, by hand to CAPI, orjson out": None,
        "orjson in, transform to CAPI, orjson out": "< 2.2 x floor",
        "as the command does it, with the extra fast": "< 2.2 x floor",
        "as the command does it, without": None,
        "as the command does it, with the extra fast / without": "< 1 x",
        "the command, with the extra fast": None,
        "the command, without": None,
        "the command, with the extra fast / without": "< 1 x",
    },
    "strict": {
        "transform, both": None,
        "the same, strict, with jsonschema-rs": "< 1.5 x",
        "the same, strict, with jsonschema": None,
    },
    "growth": {
        **{
            name: target
            for more in ("products", "custom properties")
            for name, target in {
                **{f"{more}: {size}": None for size in SIZES},
                **{f"  one of the {more} more, {step}": None for step in STEPS},
                f"  one of the {more} more, {STEPS[2]} / {STEPS[1]}": "< 1.25 x",
            }.items()
        },
        **{f"rows of the event map: {size}": "< 1.1 x the first" if size == SIZES[-1] else None for size in SIZES},
    },
    "memory": {
        f"{before}{name}": target
        for name in ("1 process", "2 workers, the largest process")
        for before, target in {"3 events, ": None, "30 events, ": "< 1.1 x the first", "300 events, ": "< 1.1 x the first", "  per million events more, ": "< 10 MB"}.items()
    },
    "workers": {"1 worker": None, "2 workers": ">= 1.5 x", "2 workers, processor time in all": "< 1.2 x"},
    "hosts": {
        "transform, to CAPI": None,
        **dict.fromkeys(("process(), one destination", "process(), 100 destinations", "process(), 100 rows of an event map"), "< 2 x floor"),
        "process(), each event's own account": None,
        "route(), one destination": "< 2 x floor",
    },
    "send": {"transform, file to file": None, "send, into the sandbox": None},
}
"""The rows of each benchmark, in order, with their targets. Those of outbox and serve are tested beside what they measure."""


def bench(name, *arguments, **environment):
    """Run a program of benchmarks/."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.fixture(scope="module", params=ROWS)
def run(request, tmp_path_factory):
    """A short run: the name of the benchmark, what it printed, and the JSON that it wrote."""
    if request.param in ("lines", "strict"):
        pytest.importorskip("orjson")
        pytest.importorskip("jsonschema_rs")
    file = tmp_path_factory.mktemp("bench") / "bench.json"
    done = bench(request.param, "--repeat", 2 if request.param == "transform" else 1, "--json", file, BENCH_EVENTS="3")
    assert done.returncode == 0, done.stderr
    return request.param, done.stdout, json.loads(file.read_text("utf-8"))


def test_a_line_for_every_row_is_printed(run):
    """In order, each with its target, and whether it is reached, if it has one."""
    name, printed, _ = run
    lines = printed.splitlines()[3:]

    for (row, target), line in zip(ROWS[name].items(), lines, strict=True):
        assert line.startswith(row)
        assert (target or "") in line
        assert line.endswith(("reached", "missed")) is (target is not None)


def test_the_same_is_written_as_json(run):
    """With the number of events that the environment asks for, and what ratios are beside."""
    name, _, report = run

    assert (report["events"], report["repeat"]) == (3, 2 if name == "transform" else 1)
    assert report["beside"]
    assert {row["name"]: row["target"] for row in report["rows"]} == ROWS[name]
    assert all((row["reached"] is None) is (row["target"] is None) for row in report["rows"])
    assert all(row["ratio"] is None or row["ratio"] > 0 for row in report["rows"])
    first = report["rows"][0]
    assert first["ratio"] == 1
    assert 0 < first.get("minimum", first["median"]) <= first["median"]


def test_wrong_use_is_told():
    """A number of events that is none."""
    done = bench("transform", BENCH_EVENTS="many")

    assert done.returncode == 2
    assert "'many' is no whole number above 0" in done.stderr


def test_where_nothing_can_be_written_nothing_is_measured(tmp_path):
    """A folder that is not there is told before, not after."""
    done = bench("strict", "--json", tmp_path / "nowhere" / "out.json", BENCH_EVENTS="3")

    assert (done.returncode, done.stdout) == (2, "")
    assert "is no file in a folder that is there" in done.stderr


@pytest.mark.parametrize(("files", "page", "said"), [({}, "page.md", "holds no JSON files"), ({"work.json": "{}"}, "other.md", "is no file"), ({"work.json": "{"}, "page.md", "work.json: ")])
def test_tables_are_not_made_of_nothing(tmp_path, files, page, said):
    """What is missing is named, and the page stays as it is."""
    (tmp_path / "page.md").write_text("<!-- work -->\nold\n<!-- /work -->\n")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = bench("tables", tmp_path, tmp_path / page)

    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "old" in (tmp_path / "page.md").read_text("utf-8")


def test_without_orjson_lines_are_not_measured(tmp_path):
    """It is said, and is no failure."""
    (tmp_path / "orjson.py").write_text("raise ModuleNotFoundError(name='orjson')")
    (tmp_path / "old.json").write_text("{}")
    done = bench("lines", "--json", tmp_path / "old.json", BENCH_EVENTS="3", PYTHONPATH=str(tmp_path))

    assert (done.returncode, done.stdout) == (0, "JSON Lines to JSON Lines is not measured: orjson is not installed (the extra fast)\n")
    assert not (tmp_path / "old.json").exists()


def test_instructions_are_counted_where_they_can_be(tmp_path):
    """Nothing is, where neither program is there, and that is said."""
    done = bench("instructions", "--events", 1, PATH=str(tmp_path))

    assert (done.returncode, done.stdout) == (0, "Instructions are not counted: neither perf nor valgrind can do it here\n")


# -- the page


def places(text):
    """What docs/performance.md has places for."""
    return re.findall(r"<!-- (\w+) -->", text)


def test_the_page_has_a_place_for_every_benchmark_that_make_runs():
    """And each is a program."""
    names = re.findall(r"^BENCHMARKS := (.+)$", MAKEFILE, re.MULTILINE)[0].split()

    assert sorted(places(PAGE.read_text("utf-8"))) == sorted(names)
    assert set(ROWS) == set(names) - {"outbox", "serve"}
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in names)


def test_tables_are_written_into_their_places(tmp_path):
    """Ratios and memory, and targets with their verdicts; what was not measured stays, and so does all around."""
    rows = [
        {"name": "floor", "unit": "us", "median": 5.0, "ratio": 1.0, "target": None, "reached": None},
        {"name": "  slope", "unit": "us", "median": 5.0, "ratio": None, "target": None, "reached": None},
        {"name": "work", "unit": "us", "median": 50.0, "ratio": 10.004, "target": "< 10 x floor", "reached": False},
        {"name": "  more", "unit": "MB", "median": 1.25, "ratio": None, "target": "< 10 MB", "reached": True},
    ]
    (tmp_path / "work.json").write_text(json.dumps({"events": 1000, "repeat": 1, "python": "3.11.7", "beside": "x floor", "rows": rows}))
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- other -->\nas it was\n<!-- /other -->\n<!-- work -->\nold\n<!-- /work -->\nend\n")
    for _ in range(2):  # what was written is found again
        done = bench("tables", tmp_path, page)

    assert done.returncode == 0, done.stderr
    assert page.read_text("utf-8").splitlines() == [
        "# Page",
        "<!-- other -->",
        "as it was",
        "<!-- /other -->",
        "<!-- work -->",
        "| | x floor | target | |",
        "|---|---|---|---|",
        "| floor | 1.00 |  |  |",
        "| work | 10.00 | < 10 x floor | missed |",
        "| more | 1.2 MB | < 10 MB | reached |",
        "",
        "1,000 events, 1 round, Python 3.11.7.",
        "<!-- /work -->",
        "end",
    ]


def test_the_tables_of_the_page_are_those_of_the_benchmarks():
    """Each row that is there is one that is measured, with its target: no table is older than its benchmark."""
    text = PAGE.read_text("utf-8")

    for name, rows in ROWS.items():
        found = re.findall(rf"<!-- {name} -->(.*?)<!-- /{name} -->", text, re.DOTALL)[0]
        told = re.findall(r"^\| ([^|]+) \| ([\d.]*(?: MB)?) \| ([^|]*) \| (?:reached|missed|) \|$", found, re.MULTILINE)
        wanted = {(_counted(row), target or "") for row, target in rows.items()}
        assert told
        assert {(_counted(row), target) for row, _, target in told} - wanted == set()


def _counted(row):
    """The name without numbers of events, which differ."""
    return re.sub(r"^[\d,]+ events", "events", row.strip())


def commands():
    """What the page says to run, without comments."""
    block = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    return [line.partition("#")[0].strip() for line in block.splitlines()]


@pytest.mark.parametrize("command", [line for line in commands() if not line.startswith("make")])
def test_a_command_of_the_page_works(command, tmp_path):
    """With few events, on copies of what it writes; instructions are not counted, which takes minutes."""
    page = tmp_path / "performance.md"
    page.write_bytes(PAGE.read_bytes())
    (tmp_path / "transform.json").write_text(json.dumps({"events": 1, "repeat": 1, "python": "3", "beside": "x", "rows": []}))
    places = {"build/bench/": str(tmp_path), "build/bench": str(tmp_path), "docs/performance.md": str(page), "500": "2", "9": "1"}
    interpreter, program, *arguments = command.split()
    environment = {"PATH": str(tmp_path)} if "instructions" in program else {}
    done = bench(Path(program).stem, *(places.get(argument, argument) for argument in arguments), BENCH_EVENTS="2", **environment)

    assert interpreter == ".venv/bin/python"
    assert done.returncode == 0, done.stderr
    assert done.stdout if "tables" not in program else "1 events, 1 round, Python 3." in page.read_text("utf-8")


def test_the_targets_of_make_that_the_page_names_are_there():
    """Such as `make bench`."""
    named = {line.split()[1] for line in commands() if line.startswith("make")}

    assert named == {"bench"}
    assert "\nbench:" in MAKEFILE


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
