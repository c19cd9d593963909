"""`transform`: a stream of events in, a stream of payloads out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import asdict, define

from ..destination import Conversion, Destination, To
from ..errors import Problem, problem
from . import INTERRUPTED
from ._clashes import refuse_clashes
from ._exits import REFUSED
from ._input import Input, opened
from ._interrupt import Interrupt
from ._options import dialect_option, input_argument, quiet_option, settings_option
from ._output import Write, json_lines, say
from ._progress import Tick, no_progress, progress, wanted
from ._records import Record
from ._summary import Summary

_output_file = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command(short_help="Turn events into payloads.")
@input_argument
@settings_option
@dialect_option
@click.option(
    "--to", type=click.Choice(["pintrk", "capi", "both"]), default="both", show_default=True, help="What to write."
)
@click.option(
    "-o", "--output", metavar="FILE", type=_output_file, help="Where to write; gzipped if it ends in .gz. Default: standard output."
)
@click.option(
    "--problems", metavar="FILE", type=_output_file, help="Where to write every problem, as JSON Lines, without personal data."
)
@quiet_option
@click.pass_context
def transform(
    ctx: click.Context,
    source: str,
    settings_file: Path,
    dialect: str | None,
    to: To,
    output: Path | None,
    problems: Path | None,
    quiet: bool,
) -> None:
    """Turn the events of INPUT into pintrk calls and Conversions API events.

    INPUT is a file or "-" (the default), plain or gzipped: JSON Lines or one JSON array. It is read as a stream, so it
    may be of any size, and may come in slowly. A line that is no event is a problem (invalid_input); the rest goes on.
    After broken JSON inside an array nothing more can be read.

    \b
    Written are JSON Lines, in ASCII:
      --to both     one object for each event, {"line": 1, "pintrk": [...], "capi": [...]};
                    both lists are empty where nothing is sent. For an array, "index" (from 0)
                    stands in place of "line" (from 1)
      --to pintrk   for each event that has calls, the list of them: [["track", "Checkout", {...}]]
      --to capi     one Conversions API event object on each line
      --problems    {"line": 1, "severity": ..., "code": ..., "path": ..., "message": ..., "channel": ...}

    Each line is written at once and whole, into the file itself: what is there after Ctrl-C are complete lines, and
    the summary on standard error tells of the events so far.

    \b
    Examples:
      pinterest-destination transform events.jsonl -s settings.json -o out.jsonl.gz
      zcat events.json.gz | pinterest-destination transform -s settings.json --to capi | head -1

    Exit codes: 0 all good; 1 some events refused (a problem of severity "error"); 2 wrong use or settings; 130 after
    Ctrl-C; 141 when the reader of the output has gone.
    """
    refuse_clashes((source,), settings_file, output or Path("-"), *([problems] if problems else []))
    destination = Destination.from_file(settings_file, dialect)
    summary = Summary()
    with opened(source) as events, json_lines(output) as write, _problem_lines(problems) as note, _ticks(events, output, quiet) as tick:
        finished = _Run(destination, to, write, note, tick, summary).over(events)
    if not finished and not quiet:
        say("Interrupted; until then:")
    summary.say(destination.problems, quiet=quiet)
    ctx.exit(INTERRUPTED if not finished else REFUSED if summary.refused else 0)


def _problem_lines(path: Path | None) -> contextlib.AbstractContextManager[Write]:
    return json_lines(path) if path else contextlib.nullcontext(lambda value: None)


def _ticks(events: Input, output: Path | None, quiet: bool) -> contextlib.AbstractContextManager[Tick]:
    return progress(events) if wanted(events, output) and not quiet else contextlib.nullcontext(no_progress)


@define
class _Run:
    """One pass over the input."""

    destination: Destination
    to: To
    write: Write
    note: Write
    tick: Tick
    summary: Summary

    def over(self, events: Input) -> bool:
        """Write what comes of each event; False after Ctrl-C."""
        with Interrupt() as interrupt:
            try:
                for record in interrupt.reading(events.records()):
                    self._one(record)
            except KeyboardInterrupt:
                if interrupt.is_urgent:
                    raise
                return False
        return True

    def _one(self, record: Record) -> None:
        conversion = self._written(record)
        for found in conversion.problems:
            self.note({record.unit: record.number, **asdict(found)})
        self.summary.add(f"{record.unit} {record.number}", conversion)
        self.tick(self.summary.events)

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
