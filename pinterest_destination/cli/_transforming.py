"""What `transform` makes of one record: lines, problems and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import asdict, define

from ..destination import Conversion, Destination, To
from ..errors import Problem, problem
from ._output import Write
from ._records import Record
from ._summary import Summary


def forget(value: object) -> None:
    """Write nothing."""


@define
class Run:
    """One pass over records, in one process."""

    destination: Destination
    to: To
    write: Write
    note: Write
    summary: Summary

    def add(self, record: Record) -> None:
        """Write what comes of one record."""
        conversion = self._written(record)
        for found in conversion.problems:
            self.note({record.unit: record.number, **asdict(found)})
        self.summary.add(f"{record.unit} {record.number}", conversion)

    def _written(self, record: Record) -> Conversion:
        if isinstance(record.content, Problem):
            return Conversion(problems=(record.content,))
        conversion = self.destination.transform(record.content, self.to)
        try:
            for line in _LAYOUTS[self.to](record, conversion):
                self.write(line)
        except (ValueError, RecursionError):  # payloads are JSON; should one ever not be, it must not take the others along
            return Conversion(problems=(*conversion.problems, problem("internal_error")))
        return conversion


def _both(record: Record, conversion: Conversion) -> Sequence[Any]:
    return [{record.unit: record.number, "pintrk": conversion.pintrk, "capi": conversion.capi}]


def _pintrk(record: Record, conversion: Conversion) -> Sequence[Any]:
    return [conversion.pintrk] if conversion.pintrk else []


def _capi(record: Record, conversion: Conversion) -> Sequence[Any]:
    return conversion.capi


_LAYOUTS: dict[To, Callable[[Record, Conversion], Sequence[Any]]] = {"both": _both, "pintrk": _pintrk, "capi": _capi}
"""What is written of one event, line by line."""
