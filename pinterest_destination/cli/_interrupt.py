"""Ctrl-C ends the reading, never the writing of a line."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType, MappingProxyType
from typing import Any, Self, TypeVar

from attrs import define

Item = TypeVar("Item")

_USUAL: Mapping[int, Any] = MappingProxyType({signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL})
"""What Python does with a signal unless it was told otherwise."""


@define
class Interrupt:
    """While it is entered, Ctrl-C raises `KeyboardInterrupt` only out of `reading`; a second one does so anywhere.

    A third one ends the process, as it does by default. With SIGTERM among its *numbers*, that counts as Ctrl-C does.
    """

    numbers: tuple[int, ...] = (signal.SIGINT,)
    presses: int = 0
    waiting: bool = False

    def __enter__(self) -> Self:
        for number in self.numbers:
            if signal.getsignal(number) == _USUAL[number]:  # where it is ignored, as Ctrl-C is for a background job, it stays so
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        for number in self.numbers:
            if signal.getsignal(number) == self._handle:
                signal.signal(number, _USUAL[number])

    @property
    def is_urgent(self) -> bool:
        """Tell whether somebody will not wait any longer."""
        return self.presses > 1

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        self.presses += 1
        if self.is_urgent:
            signal.signal(signum, signal.SIG_DFL)
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
