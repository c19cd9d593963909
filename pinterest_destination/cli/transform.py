"""`transform`: a stream of events in, a stream of payloads out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from ..destination import Destination, To
from ..errors import InputError
from . import INTERRUPTED
from ._clashes import refuse_clashes
from ._exits import REFUSED, BrokenOff
from ._input import Input, opened
from ._interrupt import Interrupt
from ._options import dialect_option, input_argument, quiet_option, settings_option, strict_option
from ._output import WriteLines, raw_lines, say
from ._progress import Tick, no_progress, progress, wanted
from ._spread import Pass, processes
from ._summary import Summary
from ._transforming import forget

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
@click.option(
    "--workers", metavar="N", type=click.IntRange(min=1), help="How many processes share the work on a large plain file. Default: the number of CPUs."
)
@strict_option
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
    workers: int | None,
    strict: bool,
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

    A plain file of JSON Lines of more than 4 MiB is shared out to several processes, some 1 MiB at a time; all that is
    written and said is the same, in the same order. Pipes, gzip and arrays are read by one process: there is no telling
    where their middle is without reading up to it.

    Each line is written whole, into the file itself, and at once (several processes: some lines at once). What is there
    after Ctrl-C are complete lines, and the summary on standard error tells of the events so far.

    \b
    Examples:
      pinterest-destination transform events.jsonl -s settings.json -o out.jsonl.gz
      zcat events.json.gz | pinterest-destination transform -s settings.json --to capi | head -1

    Exit codes: 0 all good; 1 some events refused (a problem of severity "error"); 2 wrong use or settings; 3 broken off
    before the end of INPUT, as processes have died; 130 after Ctrl-C; 141 when the reader of the output has gone.
    """
    refuse_clashes((source,), settings_file, output or Path("-"), *([problems] if problems else []))
    destination = Destination.from_file(settings_file, dialect, strict=strict or None)
    summary = Summary()
    with opened(source) as events, raw_lines(output) as write, _problem_lines(problems) as note, _ticks(events, output, quiet) as tick:
        one_pass = Pass(destination, to, write, note, tick, summary, forget if quiet else say)
        try:
            finished = _over(events, one_pass, processes(workers, events))
        except (InputError, BrokenOff):  # nothing comes of the rest
            summary.say(destination.problems, quiet=quiet)
            raise
    if not finished and not quiet:
        say("Interrupted; until then:")
    summary.say(destination.problems, quiet=quiet)
    ctx.exit(INTERRUPTED if not finished else REFUSED if summary.refused else 0)


def _problem_lines(path: Path | None) -> contextlib.AbstractContextManager[WriteLines | None]:
    return raw_lines(path) if path else contextlib.nullcontext()


def _ticks(events: Input, output: Path | None, quiet: bool) -> contextlib.AbstractContextManager[Tick]:
    return progress(events) if wanted(events, output) and not quiet else contextlib.nullcontext(no_progress)


def _over(events: Input, one_pass: Pass, count: int) -> bool:
    """Write what comes of each event, with *count* processes if the input can be shared out; False after Ctrl-C."""
    with Interrupt() as interrupt:
        try:
            first = events.first_line() if count > 1 else None
            if first:
                one_pass.shared(events, first, count, interrupt)
            else:
                one_pass.alone(events, interrupt)
        except KeyboardInterrupt:
            if interrupt.is_urgent:
                raise
            return False
    return True
