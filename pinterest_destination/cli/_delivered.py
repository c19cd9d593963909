"""What came of the events that were sent: the numbers, and each reason with how often it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from ..delivery.result import Outcome
from ._output import out, printable, styled

STATUSES = ("delivered", "delivered_with_warning", "rejected", "unknown", "expired", "waiting")
_WORDS = {
    "delivered": "delivered",
    "delivered_with_warning": "with a warning",
    "rejected": "rejected",
    "unknown": "unknown",
    "expired": "expired",
    "waiting": "waiting",
}
_COLOURS = {"delivered": "green", "delivered_with_warning": "yellow", "rejected": "red", "unknown": "red", "expired": "red", "waiting": "cyan"}
_MOST_REASONS = 50
"""Different reasons that are counted apart: a message may hold a number that differs each time."""
_REST = ("", "other reasons")


@define
class Delivered:
    """Counts outcomes while they come in."""

    counts: Counter[str] = field(init=False, factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(init=False, factory=Counter)
    retries: int = field(init=False, default=0)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count outcomes; "retry" is none yet."""
        for outcome in outcomes:
            if outcome.status == "retry":
                self.retries += 1
                continue
            self.counts[outcome.status] += 1
            if outcome.code:
                reason = (outcome.status, outcome.code, outcome.message)
                known = reason in self.reasons or len(self.reasons) < _MOST_REASONS
                self.reasons[reason if known else (outcome.status, *_REST)] += 1

    @property
    def bad(self) -> int:
        """How many events were not delivered, and wait for a person."""
        return sum(self.counts[status] for status in ("rejected", "unknown", "expired"))

    def table(self, waiting: int, seconds: float) -> Iterator[str]:
        """Yield the lines of the final table."""
        counts: Mapping[str, int] = {**self.counts, "waiting": waiting}
        for status in STATUSES:
            number = counts.get(status, 0)
            yield f"  {_WORDS[status]:<16}{styled(f'{number:>12,}', fg=_COLOURS[status] if number else None)}"
        handed = sum(self.counts.values())
        if handed and seconds > 0:
            yield f"  {'events a second':<16}{handed / seconds:>12,.0f}"

    def explained(self) -> Iterator[str]:
        """Yield a line for each reason, the most frequent first."""
        for (status, code, message), number in sorted(self.reasons.items(), key=lambda item: -item[1]):
            yield f"  {number:>8,}  {styled(f'{_WORDS[status]:<15}', fg=_COLOURS[status])}  {code}: {printable(message)}"


def show(delivered: Delivered, waiting: int, seconds: float) -> None:
    """Print table and reasons to standard output."""
    for line in delivered.table(waiting, seconds):
        out(line)
    reasons = list(delivered.explained())
    if reasons:
        out("Reasons:")
    for line in reasons:
        out(line)
