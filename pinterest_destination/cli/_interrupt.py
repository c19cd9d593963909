"""Ctrl-C ends the reading, never the writing of a line."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Self, TypeVar

from attrs import define

Item = TypeVar("Item")


@define
class Interrupt:
    """While it is entered, Ctrl-C raises `KeyboardInterrupt` only out of `reading`; a second one does so anywhere.

    A third one ends the process, as it does by default.
    """

    presses: int = 0
    waiting: bool = False

    def __enter__(self) -> Self:
        # Where it is ignored, as it is for a background job, it stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @property
    def is_urgent(self) -> bool:
        """Tell whether somebody will not wait any longer."""
        return self.presses > 1

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        self.presses += 1
        if self.is_urgent:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.waiting or self.is_urgent:
            raise KeyboardInterrupt

    def reading(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield *items* until Ctrl-C, then raise `KeyboardInterrupt`; not while the consumer is at work on one."""
        iterator = iter(items)
        while True:
            self.waiting = True
            if self.presses:
                raise KeyboardInterrupt
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self.waiting = False
            yield item
