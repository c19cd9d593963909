"""What came of all events: the numbers, and one example of each problem."""

from __future__ import annotations

from attrs import define, field

from ..destination import Conversion
from ..errors import PROBLEMS, Problem
from ._output import COLOURS, problem_text, say, styled

_RANKS = {severity: rank for rank, severity in enumerate(COLOURS)}


@define
class _Tally:
    count: int
    example: Problem
    place: str


@define
class Summary:
    """Counts while the events pass; keeps no more of them than one problem for each code."""

    events: int = 0
    tag_calls: int = 0
    api_events: int = 0
    refused: int = 0
    _tallies: dict[str, _Tally] = field(init=False, factory=dict)

    def add(self, place: str, conversion: Conversion) -> None:
        """Count what the record at *place* became."""
        self.events += 1
        self.tag_calls += len(conversion.pintrk)
        self.api_events += len(conversion.capi)
        self.refused += not conversion.ok
        for problem in conversion.problems:
            tally = self._tallies.setdefault(problem.code, _Tally(0, problem, place))
            tally.count += 1

    def merge(self, later: Summary) -> None:
        """Count what another one has counted after this one."""
        self.events += later.events
        self.tag_calls += later.tag_calls
        self.api_events += later.api_events
        self.refused += later.refused
        for code, row in later._tallies.items():
            self._tallies.setdefault(code, _Tally(0, row.example, row.place)).count += row.count

    def say(self, settings_problems: tuple[Problem, ...], *, quiet: bool) -> None:
        """Print everything to standard error, the most severe first; if *quiet*, errors alone."""
        rows = self._rows()
        if quiet:
            rows = [row for row in rows if row.example.severity == "error"]
        else:
            say(self._numbers())
            rows += [_Tally(1, problem, "settings") for problem in settings_problems]
        for row in sorted(rows, key=lambda row: _RANKS[row.example.severity]):
            say(_line(row))

    def _rows(self) -> list[_Tally]:
        return sorted(self._tallies.values(), key=lambda row: (-row.count, row.example.code))

    def _numbers(self) -> str:
        refused = styled(f"{self.refused:,} refused", fg="red" if self.refused else None)
        return f"{self.events:,} events read, {self.tag_calls:,} tag calls, {self.api_events:,} API events, {refused}"


_CODE_WIDTH = max(map(len, PROBLEMS))


def _line(row: _Tally) -> str:
    severity = styled(f"{row.example.severity:<7}", fg=COLOURS[row.example.severity])
    return f"{severity}  {row.example.code:<{_CODE_WIDTH}}  {row.count:>7,}  {row.place}: {problem_text(row.example)}"
