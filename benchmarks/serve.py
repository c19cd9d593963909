"""Measure what HTTP costs: `make bench` (BENCH_EVENTS=200 for a short run), or `python benchmarks/serve.py`.

The floor is process() in this process, of the same events. Over HTTP the same events go to one worker process in requests
of 100, and the processor time counts that this worker has used: what it does per core, however busy the machine is.
Where a system does not tell it, the time that passes counts. Everything is measured in rounds, one kind of work after the other.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from benchmarks._common import environment, parser, python, verdict, write
from benchmarks.events import fresh, orders
from benchmarks.hosts import calls, config
from pinterest_destination.hosts.rudderstack import Destinations, process

FLOOR = "process(), in this process"
BARE = "transform, to CAPI, in this process"
PROCESSOR, ROUTER, TRANSFORM = "HTTP, processor", "HTTP, router", "HTTP, POST /v1/transform"
STARTS = "serve, from its start to GET /health"
AT_LEAST: Mapping[str, float] = MappingProxyType({PROCESSOR: 0.5})
"""Of the floor's events per second."""
AT_MOST = 1.5
"""Seconds until GET /health is answered."""

IN_ONE = 100
"""Events in a request."""

Json = Any


@frozen
class Row:
    """One kind of work: events a second on one core, and that beside the floor's in the same round."""

    name: str
    microseconds: float
    per_second: float
    ratio: float
    target: str | None
    reached: bool | None


@frozen
class Worker:
    """A service with one worker, and a connection to it."""

    pid: int
    link: http.client.HTTPConnection
    started: float
    """Seconds until /health was answered."""

    def ask(self, path: str, bodies: Sequence[bytes]) -> None:
        """Send requests, one after the other. Ends the program when one is not answered."""
        for body in bodies:
            self.link.request("POST", path, body, {"Content-Type": "application/json"})
            answer = self.link.getresponse()
            answer.read()
            if answer.status != 200:
                sys.exit(f"{path} answers {answer.status}")

    def clock(self) -> float:
        """Processor seconds of the worker so far."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return time.perf_counter()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def worker() -> Iterator[Worker]:
    """Start the service, and end it."""
    command = [sys.executable, "-m", "pinterest_destination", "serve", "--port", "0", "--metrics-port", "0", "--workers", "1"]
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment()) as running,  # noqa: S603  # our own program
    ):
        found = re.search(r"http://127\.0\.0\.1:(\d+)", running.stdout.readline() if running.stdout else "")
        if found is None:
            sys.exit("the service does not start")
        link = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
        try:
            link.request("GET", "/health")
            link.getresponse().read()
            taken = time.perf_counter() - started
            log.seek(0)
            (pid,) = (line["process"] for line in map(json.loads, log) if line["message"] == "request")
            yield Worker(pid, link, taken)
        finally:  # or the end of the block would wait for the service for ever
            link.close()
            running.terminate()


def works(events: Sequence[Json], serving: Worker) -> dict[str, Callable[[], float]]:
    """Give the kinds of work by name; each goes through all *events*, and gives the processor seconds that it took."""
    jobs = calls(events, [config(0)])
    parts = [jobs[start : start + IN_ONE] for start in range(0, len(jobs), IN_ONE)]
    destinations = Destinations()
    bare = destinations.get(config(0), dialect="rudderstack")
    if any(entry["statusCode"] != 200 for part in parts for entry in process(part, destinations=destinations)):
        sys.exit("not every event is transformed")
    written = {
        "/v0/destinations/pinterest_tag": [json.dumps(part).encode() for part in parts],
        "/routerTransform": [json.dumps({"input": part, "destType": "pinterest_tag"}).encode() for part in parts],
        "/v1/transform": [json.dumps({"settings": config(0), "events": [one["message"] for one in part], "to": "capi"}).encode() for part in parts],
    }
    asked = {name: asking(serving, path, written[path]) for name, path in zip((PROCESSOR, ROUTER, TRANSFORM), written, strict=True)}
    return {
        FLOOR: here(lambda: [process(part, destinations=destinations) for part in parts]),
        BARE: here(lambda: [bare.transform(event, "capi") for event in events]),
        **asked,
    }


def here(work: Callable[[], object]) -> Callable[[], float]:
    """Measure work in this process."""

    def measured() -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    return measured


def asking(serving: Worker, path: str, bodies: Sequence[bytes]) -> Callable[[], float]:
    """Measure work of the worker."""

    def measured() -> float:
        started = serving.clock()
        serving.ask(path, bodies)
        return serving.clock() - started

    return measured


def measure(events: Sequence[Json], repeat: int, serving: Worker) -> list[Row]:
    """Measure all kinds of work in *repeat* rounds, after one that does not count."""
    kinds = works(events, serving)
    for work in kinds.values():
        work()
    gc.freeze()  # the events lie here already, and a worker never has them all: collecting garbage must not walk through them
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(repeat):
        for name, work in kinds.items():
            taken[name].append(max(work(), 1e-9) / len(events))
    return [_row(name, rounds, taken[FLOOR]) for name, rounds in taken.items()]


def _row(name: str, taken: Sequence[float], floor: Sequence[float]) -> Row:
    ratio = median(least / own for own, least in zip(taken, floor, strict=True))
    least = AT_LEAST.get(name)
    target, reached = (None, None) if least is None else (f">= {least:g} x process()", ratio >= least)
    return Row(name, median(taken) * 1e6, 1 / median(taken), ratio, target, reached)


def report(rows: Sequence[Row], events: int, repeat: int, started: float) -> str:
    """The rows as a table."""
    head = f"{events:,} orders of 3 products and 12 identifiers, {IN_ONE} in a request, {repeat} rounds; {python()}"
    lines = [head, "", f"{'per core':<40}{'us/event':>10}{'events/s':>12}{'x process()':>13}   target"]
    for row in rows:
        lines.append(f"{row.name:<40}{row.microseconds:>10.1f}{row.per_second:>12,.0f}{row.ratio:>13.2f}   {row.target or '':<19}{verdict(row.reached)}".rstrip())
    lines.append(f"{STARTS:<40}{started:>10.2f} s{'':>23}   {f'<= {AT_MOST:g} s':<19}{verdict(started <= AT_MOST)}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write. A target that is missed is told, and is no failure: machines differ."""
    chosen = parser("Measure what HTTP costs.", events=5000, repeat=7, seed=True).parse_args(arguments)
    with worker() as serving:
        rows = measure(fresh(orders(chosen.events, chosen.seed)), chosen.repeat, serving)
    print(report(rows, chosen.events, chosen.repeat, serving.started))
    write(chosen, "of process()'s events per second", [asdict(row) for row in rows], started=serving.started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
