"""Numbers of all worker processes in one piece of shared memory, and the page on which Prometheus reads them.

Every series is there from the start: labels come from tables in this package, never from a request.
"""

from __future__ import annotations

import itertools
import mmap
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from .. import __version__

TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of the page (Prometheus text format)."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds."""

Kind = Literal["counter", "gauge", "histogram"]


@frozen
class Family:
    """One metric: what it counts, and every value that its labels may have."""

    name: str
    kind: Kind
    help: str
    """"" where the family is a further part of the one before it."""
    labels: Mapping[str, Sequence[str]] = field(factory=dict)

    def series(self) -> Iterator[tuple[str, ...]]:
        """Yield every combination of label values."""
        return itertools.product(*self.labels.values())


class Board:
    """The numbers of so many *rows*: one for each process that counts. Make it before the processes are forked."""

    def __init__(self, routes: Sequence[str], rows: int) -> None:
        self.families = _families(routes)
        keys = [(family.name, series) for family in self.families for series in family.series()]
        self._places = {key: place for place, key in enumerate(keys)}
        # A shared anonymous mapping: forked processes see the same numbers, and each writes to its own row alone.
        self._cells = memoryview(mmap.mmap(-1, 8 * rows * len(keys))).cast("d")
        self._rows = rows
        self._since = memoryview(mmap.mmap(-1, 8 * rows)).cast("d")

    def row(self, number: int) -> Row:
        """Give the row of one process. A process that takes the place of a dead one goes on counting in its row."""
        width = len(self._places)
        return Row(self._places, self._cells[number * width : (number + 1) * width], self._since, number)

    def value(self, name: str, *series: str) -> float:
        """The sum over all rows."""
        return sum(self._cells[self._places[name, series] :: len(self._places)])

    def page(self) -> bytes:
        """The page in Prometheus' text format."""
        return "".join(line for family in self.families for line in self._lines(family)).encode("ascii")

    def _lines(self, family: Family) -> Iterator[str]:
        if family.help:
            name = family.name.removesuffix("_bucket")
            yield f"# HELP {name} {family.help}\n# TYPE {name} {family.kind}\n"
        for series in family.series():
            labels = ",".join(f'{name}="{value}"' for name, value in zip(family.labels, series, strict=True))
            yield f"{family.name}{f'{{{labels}}}' if labels else ''} {self.value(family.name, *series):.17g}\n"


class Row:
    """The numbers of one process. Only one thread of it may write, but for `begin` and `end`, which are the working thread's."""

    def __init__(self, places: Mapping[tuple[str, tuple[str, ...]], int], cells: memoryview[float], since: memoryview[float], number: int) -> None:
        self._places, self._cells, self._since, self._number = places, cells, since, number

    def begin(self, now: float) -> None:
        """Note that work has begun *now*, by a clock that all processes share."""
        self._since[self._number] = now

    def end(self) -> None:
        """Note that it is done."""
        self._since[self._number] = 0.0

    def oldest(self) -> float | None:
        """When the oldest work of all processes that is under way has begun; None when there is none."""
        return min(filter(None, self._since), default=None)

    def add(self, name: str, *series: str, amount: float = 1.0) -> None:
        """Add to a number. Raises `KeyError` for a series that there is not: labels are bounded."""
        self._cells[self._places[name, series]] += amount

    def set(self, name: str, *series: str, amount: float) -> None:
        """Set a gauge."""
        self._cells[self._places[name, series]] = amount

    def observe(self, name: str, route: str, seconds: float) -> None:
        """Count one observation of the histogram *name*."""
        for bound in _BOUNDS[bisect_left(BUCKETS, seconds) :]:
            self.add(f"{name}_bucket", route, bound)
        self.add(f"{name}_sum", route, amount=seconds)
        self.add(f"{name}_count", route)


_BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")

REQUESTS = "pinterest_http_requests_total"
SECONDS = "pinterest_http_request_seconds"
CONNECTIONS = "pinterest_http_connections_refused_total"
RECEIVED = "pinterest_http_received_bytes_total"
SENT = "pinterest_http_sent_bytes_total"
IN_FLIGHT = "pinterest_http_requests_in_flight"
EVENTS = "pinterest_events_total"
RESULTS = "pinterest_results_total"
RELOADS = "pinterest_settings_reads_total"
CACHED = "pinterest_destinations_cached"
WORKERS = "pinterest_workers"
RESTARTS = "pinterest_worker_restarts_total"
STARTED = "pinterest_start_time_seconds"
BUILD = "pinterest_build_info"

STATUSES = ("200", "400", "404", "405", "408", "413", "415", "429", "431", "499", "500", "503")
OTHERS = ("2xx", "3xx", "4xx", "5xx")
OUTCOMES = ("good", "filtered", "refused", "failed")
CODES = ("invalid_http", "request_timeout", "head_too_large")
"""Why a connection is refused: its 400, 408 and 431."""
READS = ("new", "changed", "refused")


def status_label(status: int) -> str:
    """The label of an HTTP status; one that is not expected shows its class alone."""
    return str(status) if str(status) in STATUSES else f"{min(max(status // 100, 2), 5)}xx"


def outcome(status: int) -> str:
    """What a status that RudderStack is told of one event comes down to."""
    if status == 298:
        return "filtered"
    return "good" if 200 <= status < 300 else "failed" if status >= 500 else "refused"


def _families(routes: Sequence[str]) -> tuple[Family, ...]:
    route = {"route": routes}
    return (
        Family(REQUESTS, "counter", "Requests answered, by route and HTTP status; 499 is a client that has gone.", {**route, "status": (*STATUSES, *OTHERS)}),
        Family(CONNECTIONS, "counter", "Connections refused for what is no request, or no whole one, by code.", {"code": CODES}),
        Family(f"{SECONDS}_bucket", "histogram", "Seconds from the head of a request to its answer.", {**route, "le": _BOUNDS}),
        Family(f"{SECONDS}_sum", "histogram", "", route),
        Family(f"{SECONDS}_count", "histogram", "", route),
        Family(RECEIVED, "counter", "Bytes of bodies received, as they came in.", route),
        Family(SENT, "counter", "Bytes of bodies sent.", route),
        Family(IN_FLIGHT, "gauge", "Requests that are being answered."),
        Family(EVENTS, "counter", "Events received.", route),
        Family(RESULTS, "counter", "Results given for events; one event may have several.", {**route, "outcome": OUTCOMES}),
        Family(RELOADS, "counter", "Settings read from the directory; refused: they cannot be used; good ones from before stay.", {"result": READS}),
        Family(CACHED, "gauge", "Compiled destinations in the caches of all workers."),
        Family(WORKERS, "gauge", "Worker processes."),
        Family(RESTARTS, "counter", "Worker processes that took the place of a dead one."),
        Family(STARTED, "gauge", "When the service was started, in epoch seconds."),
        Family(BUILD, "gauge", "1, with the version of this package.", {"version": (__version__,)}),
    )


def start(board: Board, row: int, workers: int, now: float | None = None) -> Row:
    """Fill in what is known from the start, in the *row* of the process that starts the others."""
    own = board.row(row)
    own.set(STARTED, amount=time.time() if now is None else now)
    own.set(BUILD, __version__, amount=1.0)
    own.set(WORKERS, amount=float(workers))
    return own

