"""Refuse to write where something is read or written already."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import click


def refuse_clashes(sources: Sequence[str], settings_file: Path, *targets: Path) -> None:
    """Raise `UsageError` when an output is an input, the settings or another output, by whatever name or link it goes.

    "-" is standard input among *sources*, standard output among *targets*.
    """
    read = {_identity(settings_file), *(_identity(sys.stdin if source == "-" else Path(source)) for source in sources)}
    files = [one for target in targets if (one := _identity(sys.stdout if str(target) == "-" else target)) is not None]
    if len(set(files)) < len(files) or not read.isdisjoint(files) or [str(target) for target in targets].count("-") > 1:
        raise click.UsageError("INPUT, --settings and every file to write to must be different files")


def _identity(file: Path | TextIO | None) -> tuple[int, int] | str | None:
    """Tell which regular file this is; a name that is not there yet stands for itself, pipes and devices for nothing."""
    try:
        status = file.stat() if isinstance(file, Path) else os.fstat(file.fileno()) if file else None
    except FileNotFoundError:
        return str(file.resolve()) if isinstance(file, Path) else None
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if status and stat.S_ISREG(status.st_mode) else None
