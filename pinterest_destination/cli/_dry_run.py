"""`send --dry-run`: what would be sent, and to where; nothing is sent or stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import asdict

from ..delivery.request import Packed, batches, body, pack, target
from ..destination import Conversion, Destination
from ..errors import Problem
from ._exits import REFUSED
from ._output import Write, out, printable
from ._records import Record
from ._summary import Summary


def dry_run(destination: Destination, records: Iterable[Record], note: Write, *, quiet: bool) -> int:
    """Transform *records*, print what their delivery would be, and give the exit code. Raises `SettingsError` as delivery would."""
    where, summary, names = target(destination.settings), Summary(), Counter[str]()
    requests = size = 0
    for batch in batches(_packed(destination, records, summary, note, names), where.limit, destination.settings.delivery.max_batch_bytes):
        requests, size = requests + 1, size + len(body(item.text for item in batch))
    if not quiet:
        summary.say(destination.problems, quiet=False)
        out(f"Would send {sum(names.values()):,} events in {requests:,} requests, {size:,} bytes, to {printable(where.url)}")
        for name, number in names.most_common():
            out(f"  {number:>10,}  {printable(name)}")
    return REFUSED if summary.refused else 0


def _packed(destination: Destination, records: Iterable[Record], summary: Summary, note: Write, names: Counter[str]) -> Iterator[Packed]:
    for record in records:
        conversion = Conversion(problems=(record.content,)) if isinstance(record.content, Problem) else destination.transform(record.content, "capi")
        for found in conversion.problems:
            note({record.unit: record.number, **asdict(found)})
        summary.add(f"{record.unit} {record.number}", conversion)
        for event in conversion.capi:
            names[event["event_name"]] += 1
            yield pack(event)
