"""See what becomes of a shop's events: `make demo`, or `python examples/demo.py [--out FOLDER]`.

It reads examples/*.jsonl through the same calls that your own code would make (`convert` below), writes the payloads and
the problems as JSON Lines, delivers the conversions to a sandbox (arrivals.py), and tells what happened.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from attrs import asdict, frozen

from examples import arrivals
from examples.shop import NOW
from pinterest_destination import Conversion, Destination, Problem
from pinterest_destination.errors import problem

try:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
except ImportError:
    sys.exit("The demo shows tables with rich: pip install 'pinterest-destination[cli]', or `make demo`, which does so.")

ROOT = Path(__file__).parents[1]
SETTINGS = "examples/settings.json"
INPUTS = ("examples/shop-visit.jsonl", "examples/orders.jsonl")
BAR = 24
WIDTH = 120
"""Of the output in a pipe."""


@frozen
class Record:
    """One line of the input, and what became of it."""

    line: int
    """Counted over all files, as the command does that reads them in one stream."""
    place: str
    """File, and the line in it."""
    event: dict[str, Any] | None
    conversion: Conversion

    @property
    def tracks(self) -> list[list[Any]]:
        """The events among the tag calls."""
        return [call for call in self.conversion.pintrk if call[0] == "track"]


# -- the job itself


def convert(destination: Destination, paths: Iterable[str]) -> Iterator[Record]:
    """Turn each line of JSON Lines files into the tag's calls and the Conversions API's events."""
    texts = ((path, *numbered) for path in paths for numbered in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1))
    for line, (path, number, text) in enumerate(texts, 1):
        place = f"{Path(path).name}:{number}"
        try:
            event = json.loads(text)
        except ValueError:
            yield Record(line, place, None, Conversion(problems=(problem("invalid_input"),)))
        else:
            yield Record(line, place, event, destination.transform(event))


def write(records: Iterable[Record], out: Path) -> tuple[Path, Path]:
    """Write payloads and problems as JSON Lines, in the form that the command writes, with the place of each besides."""
    out.mkdir(parents=True, exist_ok=True)
    payloads, problems = out / "payloads.jsonl", out / "problems.jsonl"
    with payloads.open("w", encoding="utf-8") as sent, problems.open("w", encoding="utf-8") as told:
        for record in records:
            made = record.conversion
            where = {"line": record.line, "place": record.place}
            if record.event is not None:
                print(json.dumps({**where, "pintrk": made.pintrk, "capi": made.capi}), file=sent)
            for each in made.problems:
                print(json.dumps({**where, **asdict(each)}), file=told)
    return payloads, problems


# -- what it shows


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    """Start a table; the columns in *right* hold numbers."""
    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def command() -> str:
    """What one would type to do the same."""
    reading = f"cat {' '.join(INPUTS)} |"
    return f"{reading} \\\n    pinterest-destination transform -s {SETTINGS} -o payloads.jsonl --problems problems.jsonl -"


def funnel(records: Iterable[Record]) -> Table:
    """How many tag calls and API events there are of each Pinterest event."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    counts: Counter[tuple[str, str]] = Counter()
    for record in records:
        sent = [("tag", call[1]) for call in record.tracks] + [("api", event["event_name"]) for event in record.conversion.capi]
        for channel, name in sent:
            key = name.lower().replace("_", "")  # AddToCart in the tag is add_to_cart in the API
            names[key][channel] = name
            counts[key, channel] += 1
    made = table("Pinterest events", "Conversions API", "tag", "API events", "tag calls", "", right=("API events", "tag calls"))
    most = max(counts.values(), default=1)
    for key in sorted(names, key=lambda key: (-counts[key, "api"], key)):
        api, tag = counts[key, "api"], counts[key, "tag"]
        bar = "#" * max(1, round(BAR * api / most))
        made.add_row(names[key].get("api", "-"), names[key].get("tag", "-"), str(api), str(tag), bar)
    return made


def totals(records: Sequence[Record]) -> Iterator[str]:
    """What all of it comes to, and that both channels agree."""
    problems = Counter(each.severity for record in records for each in record.conversion.problems)
    refused = sum(not record.conversion.ok for record in records)
    sets = sum(len(record.conversion.pintrk) - len(record.tracks) for record in records)
    both = [record for record in records if record.tracks and record.conversion.capi]
    yield f"{len(records)} events read, {len(records) - refused} of them fine, {refused} with an error on at least one channel"
    yield (
        f"{sum(len(record.tracks) for record in records)} track calls and {sets} set calls (who the visitor is) for the tag, "
        f"{sum(len(record.conversion.capi) for record in records)} events for the Conversions API"
    )
    yield f"{problems['error']} errors, {problems['warning']} warnings, {problems['info']} notes"
    yield f"event_id, value, currency, order and product ids agree on both channels in {sum(map(agrees, both))} of {len(both)} events that have both"
    yield "orders: " + ", ".join(f"{currency} {value:,} ({count})" for currency, count, value in sales(records))


def agrees(record: Record) -> bool:
    """Tell whether tag and API say the same of one event."""
    tag, api = record.tracks[0][2], record.conversion.capi[0]
    custom = api.get("custom_data", {})
    value = Decimal(custom["value"]) if "value" in custom else None
    return (
        tag["event_id"] == api["event_id"]
        and (Decimal(str(tag["value"])) if "value" in tag else None) == value
        and all(tag.get(key) == custom.get(key) for key in ("currency", "order_id"))
        and [item.get("product_id") for item in tag.get("line_items", [])] == custom.get("content_ids", [])
    )


def sales(records: Iterable[Record]) -> list[tuple[str, int, Decimal]]:
    """Orders by currency: how many, and what they come to; one that came twice counts once, as at Pinterest."""
    orders = {
        (event["event_name"], event["event_id"]): event["custom_data"]
        for record in records
        for event in record.conversion.capi
        if event["event_name"] == "checkout" and {"value", "currency"} <= event.get("custom_data", {}).keys()
    }
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for order in orders.values():
        sums[order["currency"]].append(Decimal(order["value"]))
    return sorted(((currency, len(values), sum(values, Decimal())) for currency, values in sums.items()), key=lambda row: (-row[1], row[0]))


def problem_table(records: Iterable[Record]) -> Table:
    """The problems by code, each with the first line that has it."""
    found: dict[tuple[str, str], list[tuple[str, Problem]]] = defaultdict(list)
    for record in records:
        for each in record.conversion.problems:
            found[each.severity, each.code].append((record.place, each))
    made = table("Problems (a real stream is never clean; docs/problems.md lists all codes)", "severity", "code", "events", "for example", right=("events",))
    for severity in ("error", "warning", "info"):
        for (_, code), rows in sorted((item for item in found.items() if item[0][0] == severity), key=lambda item: -len(item[1])):
            place, each = rows[0]
            where = f"{each.path}: " if each.path else ""
            made.add_row(severity, code, str(len({place for place, _ in rows})), escape(f"{place}  {where}{each.message}"))
    return made


# -- one order on both channels

SHOWN = (
    "event_id", "value", "currency", "order_id", "num_items", "id", "price", "quantity", "event_time", "em", "fn", "ln",
    "external_id",
)  # fmt: skip
"""What is shown of an order; of products, only the first."""


def order_table(destination: Destination, record: Record, records: Iterable[Record]) -> Table:
    """One order: where each value stood in the event, and what it is for the tag and for the API."""
    explanation = destination.explain(record.event or {})
    rows: dict[str, dict[str, str]] = {"event": {"at": "event", "found": str((record.event or {})["event"]), "browser": explanation.browser[0], "capi": explanation.capi[0]}}
    for each in explanation.fields:
        if each.field in SHOWN:
            row = rows.setdefault(each.field, {"at": each.source, "found": each.stages[0].shown()})
            row.setdefault(each.channel, f"{each.output.rpartition('.')[2]} {short(each.value)}")
    rows |= _visitor(rows, record, records)
    made = table(f"One order ({record.place}), where its values stood, and what both channels got", "in the event", "there", "pintrk(...)", "Conversions API")
    made.columns[0].no_wrap = True
    for row in rows.values():
        made.add_row(row["at"], escape(cut(row["found"])), row.get("browser", "-"), escape(row.get("capi", "-")))
    return made


def _visitor(rows: dict[str, dict[str, str]], record: Record, records: Iterable[Record]) -> dict[str, dict[str, str]]:
    """The rows with the visitor's digests, for the tag too: they went there before the order, with the `identify` event."""
    person = record.conversion.capi[0]["user_data"]
    seen = [call[1] for other in records for call in other.conversion.pintrk if call[0] == "set"]
    told = next(keys for keys in seen if keys.get("em") in person["em"])
    return {field: {**row, "browser": f"set: {field} {short(told[field])}"} for field, row in rows.items() if field in told}


def short(value: Any) -> str:
    """A value as JSON, cut."""
    if isinstance(value, list):
        return f"[{', '.join(map(short, value))}]"
    digest = isinstance(value, str) and len(value) == 64
    return f"{value[:8]}..." if digest else cut(json.dumps(value, ensure_ascii=False))


def cut(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= 19 else f"{text[:16]}..."


def first_order(records: Iterable[Record]) -> Record:
    """The first order that both channels get."""
    return next(record for record in records if record.conversion.capi and record.conversion.capi[0]["event_name"] == "checkout" and record.tracks)


def show(console: Console, destination: Destination, records: Sequence[Record], paths: Sequence[Path]) -> None:
    """Tell what happened."""
    console.print(f"$ {command()}", style="bold", highlight=False, soft_wrap=True)
    console.print(
        f"\nTwo days of an invented shop, until {NOW:%d %B %Y, %H:%M} UTC. This run does what the command does, with its clock set to "
        "then: events more than 7 days old get a warning, and with today's clock these all would.\n",
        highlight=False,
    )
    console.print(funnel(records))
    for line in totals(records):
        console.print(f"- {line}", markup=False, highlight=False)
    console.print()
    console.print(problem_table(records))
    order = first_order(records)
    console.print(order_table(destination, order, records))
    console.print(f"event_id {order.conversion.capi[0]['event_id']} is on both: by it and the name, Pinterest counts the order once.", highlight=False)
    console.print("Personal data is masked here, and leaves as SHA-256 digests, the same ones on both channels.\n")
    for path, what in zip(paths, ("what the tag and the API get, a line per event", "every problem"), strict=True):
        console.print(f"{_relative(path)}  {what}", soft_wrap=True, highlight=False)


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert the examples, write the results, tell about them."""
    parser = argparse.ArgumentParser(description="See what becomes of a shop's events.")
    parser.add_argument("--out", type=Path, default=ROOT / ".demo", help="where to write the results (.demo)")
    options = parser.parse_args(arguments)
    destination = Destination.from_file(ROOT / SETTINGS, clock=NOW.timestamp)
    records = list(convert(destination, INPUTS))
    paths = write(records, options.out)
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    show(console, destination, records, paths)
    show_arrivals(console, destination, records, options.out / "outbox.sqlite3")
    console.print("\nNext: change a name in examples/settings.json, or the event_map, and run this again;", highlight=False)
    console.print("      docs/settings.md tells what else can be set, docs/delivery.md how nothing is lost.", highlight=False)
    return 0


def show_arrivals(console: Console, destination: Destination, records: Sequence[Record], outbox: Path) -> None:
    """Deliver the conversions to a sandbox, and tell what arrived, and what counts once though it came twice."""
    conversions = [record.conversion for record in records]
    started = time.monotonic()
    arrived = arrivals.deliver(destination.settings, conversions, outbox, lambda: NOW.timestamp() + time.monotonic() - started)
    console.print("\nDelivered to a sandbox that stands in for Pinterest, through some trouble", style="bold", highlight=False)
    for line in arrivals.story(arrived):
        console.print(f"- {line}", markup=False, highlight=False)
    console.print()
    columns = ("by the API", "by the tag", "by both", "counted")
    made = table("What Pinterest counts: the same event_id and name on both channels is one event", "Pinterest event", *columns, right=columns)
    for name, *numbers in arrivals.rows(arrived, conversions):
        made.add_row(name, *map(str, numbers))
    console.print(made)
    console.print(f"{_relative(outbox)}  what waits and what was refused: pinterest-destination outbox status --outbox {_relative(outbox)}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
