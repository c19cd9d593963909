"""What all requests of one worker process share: compiled destinations, the settings directory, the client, threads and numbers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attrs import field, frozen

from ..delivery.client import Client
from ..destination import Destination
from ..errors import DocumentError
from ..settings.model import Settings
from . import _http_metrics as metrics
from ._http_body import Limits
from ._http_log import Log
from ._settings_folder import Read, SettingsFolder
from .cache import Destinations

T = TypeVar("T")

DELIVERIES = 16
"""Requests to Pinterest that one worker has under way at most; those beyond wait."""


@frozen
class Options:
    """How a service answers."""

    limits: Limits = field(factory=Limits)
    settings_dir: Path | None = None
    """Where settings with a name are; None for nowhere."""
    cache: int = 256
    """Compiled destinations that each worker keeps of those that come with requests, and again of those with a name."""
    stall: float = 60.0
    """Seconds; work that has been under way for longer stands still."""
    pinterest_url: str | None = None
    """A stand-in for Pinterest, to which all deliveries go; for tests."""
    strict: bool | None = None
    """Send no payload that its schema refuses; None: as the settings of each destination say."""
    quiet: bool = False
    """The log has only warnings and errors."""


class Service:
    """The shared part of one worker. *row* takes its numbers, *clock* gives epoch seconds, *steady* those of a clock that nobody
    sets. Close it in the end.

    One thread does all that keeps the processor busy, so that the event loop can always answer, and requests that come at
    the same time do not take the processor from each other; deliveries, which only wait, have threads of their own.
    """

    def __init__(
        self, options: Options, row: metrics.Row, log: Log, *, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.options, self.limits, self.row, self.log, self.clock = options, options.limits, row, log, clock
        self.destinations = Destinations(options.cache, clock=clock, strict=options.strict)
        self.folder = None
        if options.settings_dir:
            self.folder = SettingsFolder(options.settings_dir, options.cache, clock=clock, told=self._read, strict=options.strict)
        self.client = Client(connections=DELIVERIES)
        self.waiting = 0
        """Bytes of requests that are read and not yet answered."""
        self.in_flight = 0
        self._steady = steady
        row.end()  # whatever a worker before this one was doing
        self._work = ThreadPoolExecutor(1, "transform")
        self._deliveries = ThreadPoolExecutor(DELIVERIES, "deliver")
        self._work.submit(self._do, partial(Destination, Settings()))  # what all destinations share is read now, and not with the first request

    async def work(self, job: Callable[..., T], *arguments: Any) -> T:
        """Run *job* in the thread for work."""
        return await asyncio.get_running_loop().run_in_executor(self._work, self._do, partial(job, *arguments))

    def _do(self, job: Callable[[], T]) -> T:
        self.row.begin(self._steady())
        try:
            return job()
        finally:
            self.row.end()

    @property
    def stands_still(self) -> bool:
        """Whether any worker of the service has been doing the same for too long: what waits behind it may never be answered."""
        oldest = self.row.oldest()
        return oldest is not None and self._steady() - oldest > self.options.stall

    async def deliver(self, job: Callable[..., T], *arguments: Any) -> T:
        """Run *job* in one of the threads for deliveries."""
        return await asyncio.get_running_loop().run_in_executor(self._deliveries, partial(job, *arguments))

    def close(self) -> None:
        """End the threads, once what they have begun is done; what has not begun is left."""
        for pool in (self._work, self._deliveries):
            pool.shutdown(wait=False, cancel_futures=True)
        self.client.close()

    def count(self) -> None:
        """Bring the gauges up to date."""
        self.row.set(metrics.IN_FLIGHT, amount=self.in_flight)
        self.row.set(metrics.CACHED, amount=len(self.destinations) + (len(self.folder) if self.folder else 0))

    def _read(self, name: str, read: Read, error: DocumentError | None, stays: bool) -> None:
        self.row.add(metrics.RELOADS, read)
        if error is None:
            self.log.write("info", "settings read", settings=name, result=read)
        else:  # a fault names keys as they stand there, and may so name anything: the command `check` tells them all
            before = ", those before stay" if stays else ""
            self.log.write("warning", f"settings cannot be used{before}", settings=name, result=read, faults=len(error.faults))
