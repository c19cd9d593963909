"""`send`: a stream of events in, delivered to the Conversions API, each with its own outcome."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from attrs import asdict, define, evolve, field

from ..delivery.delivery import Delivery, open_outbox
from ..delivery.probe import ADVICE
from ..delivery.result import Outcome
from ..delivery.retry import Pause
from ..delivery.rows import DEAD
from ..destination import Destination
from ..settings import Settings
from . import INTERRUPTED
from ._bookmarks import place_of
from ._clashes import refuse_clashes
from ._delivered import Delivered, show
from ._dry_run import dry_run
from ._exits import REFUSED
from ._input import opened
from ._interrupt import Interrupt
from ._options import (
    Seconds,
    dialect_option,
    input_argument,
    outbox_option,
    quiet_option,
    settings_option,
    strict_option,
)
from ._output import Write, json_lines, printable, say, styled
from ._send_progress import SendTick, ticks
from ._sending import Sending
from ._summary import Summary

_output_file = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command(short_help="Deliver events to the Conversions API.")
@input_argument
@settings_option
@dialect_option
@strict_option
@outbox_option
@click.option("--test", is_flag=True, help="Pinterest's test mode: events are checked, and none is counted.")
@click.option("--dry-run", is_flag=True, help="Transform, and tell what would be sent; send and store nothing.")
@click.option("--waiting", is_flag=True, help="Read no INPUT; deliver only what waits in the outbox.")
@click.option("--again", is_flag=True, help="Read INPUT from its start, even if it was accepted before.")
@click.option("--patience", type=Seconds(min=0), default=600, show_default=True, metavar="SECONDS", help="How long to go on trying, after the input's end, what could not be delivered.")
@click.option("--outcomes", metavar="FILE", type=_output_file, help="Where to write the outcome of every event, as JSON Lines.")
@click.option("--problems", metavar="FILE", type=_output_file, help="Where to write every problem of transforming, as JSON Lines.")
@quiet_option
@click.pass_context
def send(
    ctx: click.Context,
    source: str,
    settings_file: Path,
    dialect: str | None,
    strict: bool,
    path: Path,
    test: bool,
    dry_run: bool,
    waiting: bool,
    again: bool,
    patience: float,
    outcomes: Path | None,
    problems: Path | None,
    quiet: bool,
) -> None:
    """Turn the events of INPUT into Conversions API events, and deliver them to Pinterest.

    Events are written into the outbox first, with how far INPUT has been read, and leave it in the background. So a
    second start, after whatever ended the first, goes on where that stopped: nothing is lost, and nothing is counted
    twice. What cannot be delivered now (an outage, a rate limit, a wrong token) waits in the outbox, for up to the
    horizon that the settings allow; `outbox` shows it. INPUT is read as `transform` reads it; a stream from a pipe
    leaves no bookmark, but an event that was accepted before is recognised by its event_id and name.

    \b
    Examples:
      pinterest-destination send events.jsonl -s settings.json
      pinterest-destination send events.jsonl.gz -s settings.json --dry-run
      pinterest-destination send --waiting -s settings.json --patience 60

    Exit codes: 0 all delivered; 1 some events refused, or still waiting; 2 wrong use or settings; 130 after Ctrl-C,
    with everything that was read safe in the outbox.
    """
    refuse_clashes(() if waiting else (source,), settings_file, *(path for path in (outcomes, problems) if path))
    destination = _destination(settings_file, dialect, test, strict)
    if dry_run:
        ctx.exit(_dry(destination, source, problems, quiet))
    run = _Run(destination, path, patience, quiet, again)
    ctx.exit(run.over(None if waiting else source, outcomes, problems))


def _destination(settings_file: Path, dialect: str | None, test: bool, strict: bool) -> Destination:
    settings = Settings.from_file(settings_file, dialect)
    return Destination(evolve(settings, test_mode=True) if test else settings, strict=strict or None)


def _dry(destination: Destination, source: str, problems: Path | None, quiet: bool) -> int:
    with opened(source) as events, _lines(problems) as note:
        return dry_run(destination, events.records(), note, quiet=quiet)


def _lines(path: Path | None) -> contextlib.AbstractContextManager[Write]:
    return json_lines(path) if path else contextlib.nullcontext(lambda value: None)


@define
class _Run:
    """One run of the command."""

    destination: Destination
    outbox: Path
    patience: float
    quiet: bool
    again: bool
    delivered: Delivered = field(init=False, factory=Delivered)
    summary: Summary = field(init=False, factory=Summary)

    def over(self, source: str | None, outcomes: Path | None, problems: Path | None) -> int:
        """Send what *source* holds, and what waits already; give the exit code."""
        started = time.monotonic()
        with open_outbox(self.outbox, self.destination.settings) as box, _lines(outcomes) as write, _lines(problems) as note:
            delivery = Delivery(self.destination, box, on_outcomes=self._teller(write))
            with Interrupt() as interrupt:
                finished = self._work(delivery, source, note, interrupt)
            counts = box.counts(delivery.target.key)
        left = counts["waiting"] + counts["sending"]
        if not self.quiet:
            show(self.delivered, left, time.monotonic() - started)
        self._advise(left, sum(counts[state] for state in DEAD), delivery.pause)
        good = not (left or self.summary.refused or self.delivered.bad)
        return INTERRUPTED if not finished else 0 if good else REFUSED

    def _teller(self, write: Write) -> Callable[[Sequence[Outcome]], None]:
        logs = self.destination.settings.logs

        def tell(outcomes: Sequence[Outcome]) -> None:
            self.delivered.add(outcomes)
            for outcome in outcomes:
                write(asdict(outcome))
                if logs:
                    say(json.dumps(asdict(outcome)))

        return tell

    def _work(self, delivery: Delivery, source: str | None, note: Write, interrupt: Interrupt) -> bool:
        """Read, put and deliver; False after Ctrl-C."""
        delivery.start()
        try:
            with ticks(self.delivered, delivery, quiet=self.quiet) as tick:
                finished = source is None or self._read(delivery, source, note, tick, interrupt)
                return finished and self._wait(delivery, tick, interrupt)
        finally:
            if interrupt.presses and not self.quiet:
                say("Ending after the request that is under way; Ctrl-C once more ends at once, and loses nothing.")
            delivery.close(0.0)

    def _read(self, delivery: Delivery, source: str, note: Write, tick: SendTick, interrupt: Interrupt) -> bool:
        with opened(source) as events:
            place = place_of(Path(source), delivery.target.key, delivery.outbox, again=self.again) if source != "-" and delivery.outbox else None
            sending = Sending(self.destination, delivery, self.summary, note, lambda: tick(events), place)
            finished = sending.over(events.records(), interrupt)
        if not self.quiet:
            self.summary.say(self.destination.problems, quiet=False)
            for line in sending.told():
                say(line)
        return finished

    def _wait(self, delivery: Delivery, tick: SendTick, interrupt: Interrupt) -> bool:
        """Wait for what is still to be delivered, unless only a person can help; False after Ctrl-C."""
        deadline = time.monotonic() + self.patience
        while not delivery.flush(_LOOK):
            tick(None)
            if interrupt.presses:
                return False
            if delivery.pause or time.monotonic() > deadline:
                break
        return True

    def _advise(self, left: int, dead: int, pause: Pause | None) -> None:
        """Say what a person can do about what is left."""
        if pause:
            say(f"{styled('paused', fg='red')} {pause.code}: {printable(pause.message)}")
            say(ADVICE.get(pause.code, "What Pinterest refuses is the same in every event: look at the settings."))
        if left:
            say(f"{left:,} events wait in {printable(str(self.outbox))}; they go with the next `send`, or with `send --waiting`.")
        if dead and (self.delivered.bad or not self.quiet):
            say(f"{dead:,} events in {printable(str(self.outbox))} were not delivered, and wait for a person: `pinterest-destination outbox list` shows why.")


_LOOK = 0.2
"""Seconds between two looks at the progress, and at Ctrl-C."""
