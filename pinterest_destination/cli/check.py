"""`check`: every fault of settings and mapping documents, before they are used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import click
from attrs import evolve

from .. import _json
from ..delivery.probe import probe
from ..delivery.request import target
from ..destination import Destination
from ..errors import DocumentError, Fault, Problem, SettingsError
from ..plan.documents import KINDS, document_faults
from ..rules.check import nearest, shown
from ..settings import Settings
from ._exits import REFUSED, WRONG_USE
from ._options import dialect_option, existing_file
from ._output import COLOURS, fault_line, out, printable, problem_text, styled

API_VERSIONS: tuple[Literal["v5", "v3"], ...] = ("v5", "v3")


@click.command(short_help="Find the faults of settings and mappings.")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...", type=existing_file)
@dialect_option
@click.option("--live", is_flag=True, help="Send Pinterest one test event with the token and to the ad account of each settings file; nothing is counted.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], dialect: str | None, live: bool) -> None:
    """Check settings files and mapping documents, and print every fault of each.

    A document with a "kind" (spec, channel, catalogue or presets) is a mapping document, any other one settings. Settings are
    used as `transform` would use them, so that faults in the documents they name appear as well.

    With --live, Pinterest is asked as well: whether it takes the token, and lets it send to the ad account.

    \b
    Examples:
      pinterest-destination check settings.json mappings/specs/*.json
      pinterest-destination check --live settings.json

    \b
    Printed, one per line:
      FILE#POINTER: found ...; expected ... (did you mean ...?)
      FILE: warning CODE: ...
      FILE: ok
      FILE: live: ...

    Exit codes: 0 no fault (there may be warnings); 1 Pinterest could not be asked; 2 a fault in any file, or Pinterest
    refuses token or ad account.
    """
    good = [_reported(path, dialect) for path in paths]
    codes = [_asked(path, dialect) for path, is_good in zip(paths, good, strict=True) if live and is_good and _is_settings(path)]
    ctx.exit(max([0 if all(good) else WRONG_USE, *codes]))


def _reported(path: Path, dialect: str | None) -> bool:
    """Print what there is to say about one file; False when it has a fault."""
    try:
        problems = _checked(path, dialect)
    except DocumentError as error:
        _print_faults(error.faults)
        return False
    for problem in problems:
        out(_warning(path, problem))
    out(f"{styled(str(path), bold=True)}: {styled('ok', fg='green')}")
    return True


def _is_settings(path: Path) -> bool:
    document = _json.parse(path.read_bytes())
    return isinstance(document, dict) and "kind" not in document


def _asked(path: Path, dialect: str | None) -> int:
    """Ask Pinterest, say what it answers, and give the exit code."""
    settings = Settings.from_file(path, dialect)
    name = styled(str(path), bold=True)
    try:
        found = probe(settings)
    except SettingsError as error:
        _print_faults(error.faults)
        return WRONG_USE
    if found.ok:
        words = f"Pinterest takes events for {target(settings).account}" + (f", with a warning: {found.message}" if found.message else "")
        out(f"{name}: live: {styled('ok', fg='green')}: {printable(words)} (one test event, counted nowhere)")
        return 0
    out(f"{name}: live: {styled(found.code, fg='red')}: {printable(found.message)}")
    if found.advice:
        out(f"{name}: live: {found.advice}")
    return WRONG_USE if found.is_refusal else REFUSED


def _print_faults(faults: Iterable[Fault]) -> None:
    for line in dict.fromkeys(map(fault_line, faults)):
        out(line)


def _warning(path: Path, problem: Problem) -> str:
    severity = styled(problem.severity, fg=COLOURS[problem.severity])
    return f"{styled(str(path), bold=True)}: {severity} {problem.code}: {problem_text(problem)}"


def _checked(path: Path, dialect: str | None) -> tuple[Problem, ...]:
    """Give what is worth a warning. Raises `DocumentError` with every fault."""
    document = _json.parse(path.read_bytes())
    if not isinstance(document, dict) or "kind" not in document:
        return Destination.from_file(path, dialect).problems
    kind = document["kind"]
    if kind == "spec":
        return _checked_spec(path)
    if kind not in KINDS:
        hint = nearest(str(kind), KINDS)
        raise DocumentError([Fault("/kind", shown(kind, "/kind"), f"one of {', '.join(KINDS)}", hint, str(path))])
    plain, faults = _json.plain(document)
    if faults := [evolve(fault, file=str(path)) for fault in faults] or document_faults(kind, plain, str(path)):
        raise DocumentError(faults)
    return ()


def _checked_spec(path: Path) -> tuple[Problem, ...]:
    """Build a plan of the spec for each version of the API: that finds names in it which mean nothing."""
    found = [Destination(Settings(spec=str(path), api_version=version)).problems for version in API_VERSIONS]
    return tuple(dict.fromkeys(problem for problems in found for problem in problems))
