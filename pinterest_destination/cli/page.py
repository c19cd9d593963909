"""`page`: the code of the tag for a page, to be pasted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from ..browser.escape import nonce_fault
from ..destination import Conversion, Destination
from ..errors import Problem
from ._exits import REFUSED
from ._input import opened
from ._options import dialect_option, quiet_option, settings_option
from ._output import out
from ._records import Record
from ._summary import Summary


@click.command(short_help="Print the tag's code for a page.")
@click.argument("sources", metavar="[EVENTS]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@settings_option
@dialect_option
@click.option(
    "--nonce",
    metavar="TEXT",
    help="The nonce of the page's Content-Security-Policy, or what a template has for it: '{{ csp_nonce }}', without quotes in the braces.",
)
@quiet_option
@click.pass_context
def page(
    ctx: click.Context, sources: tuple[str, ...], settings_file: Path, dialect: str | None, nonce: str | None, quiet: bool
) -> None:
    """Print the HTML that starts the Pinterest tag on a page, and then that of the events in EVENTS, if any.

    EVENTS are files or "-" for standard input, as `transform` reads them. All their events count as events of one page.
    What starts the tag belongs once into every page; paste it into the head, or into a Custom HTML tag of Google Tag
    Manager. Personal data is in the code as digests only.

    \b
    Examples:
      pinterest-destination page -s settings.json
      pinterest-destination page -s settings.json --nonce '{{ csp_nonce }}' thanks.jsonl

    Exit codes: 0 all good; 1 some events refused (a problem of severity "error"); 2 wrong use or settings.
    """
    if nonce is not None and (fault := nonce_fault(nonce)):
        raise click.BadParameter(f"{fault}; leave the option away for a page without a nonce", param_hint="--nonce")
    destination = Destination.from_file(settings_file, dialect)
    summary = Summary()
    out(destination.page(_conversions(destination, sources, summary), nonce=nonce))
    if sources:
        summary.say(destination.problems, quiet=quiet)
    ctx.exit(REFUSED if summary.refused else 0)


def _conversions(destination: Destination, sources: tuple[str, ...], summary: Summary) -> Iterator[Conversion]:
    """Yield what each event becomes, and count it."""
    for source in sources:
        with opened(source) as events:
            for record in events.records():
                conversion = _conversion(destination, record)
                place = f"{record.unit} {record.number}"
                summary.add(f"{source}: {place}" if len(sources) > 1 else place, conversion)
                yield conversion


def _conversion(destination: Destination, record: Record) -> Conversion:
    content = record.content
    return Conversion(problems=(content,)) if isinstance(content, Problem) else destination.transform(content, "pintrk")
