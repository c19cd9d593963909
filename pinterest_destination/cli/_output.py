"""Writing: whole lines of JSON for machines, text that no terminal takes for commands for people."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from ..errors import Fault, Problem, Severity

COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "cyan"}
"""The severities, most severe first."""

Write = Callable[[object], None]
WriteLines = Callable[[bytes | bytearray], None]

to_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
"""ASCII on one line: safe for every reader, terminal and character set. Raises `ValueError` for what JSON has not."""


@contextlib.contextmanager
def json_lines(path: Path | None) -> Iterator[Write]:
    """Give what writes a value as one line of JSON to *path*, or to standard output for None and "-".

    Each line leaves at once and whole, so that whoever follows sees it, and an end at any time leaves complete lines.
    """
    with raw_lines(path) as write:
        yield lambda value: write(json_line(value))


def json_line(value: object) -> bytes:
    """Give *value* as one line of JSON. Raises `ValueError` for what JSON has not."""
    return f"{to_json(value)}\n".encode("ascii")


@contextlib.contextmanager
def raw_lines(path: Path | None) -> Iterator[WriteLines]:
    """Give what writes lines that are bytes already, as `json_lines` does."""
    with _opened(path) as file:
        flush = _nothing if isinstance(file, gzip.GzipFile) else file.flush  # zipped, it would cost the compression

        def write(lines: bytes | bytearray) -> None:
            _write_all(file, lines)
            flush()

        yield write


def _write_all(file: BinaryIO | gzip.GzipFile, data: bytes | bytearray) -> None:
    """Write to the last byte: with PYTHONUNBUFFERED standard output is unbuffered, and a signal may cut what is written to a full pipe."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _opened(path: Path | None) -> contextlib.AbstractContextManager[BinaryIO | gzip.GzipFile]:
    if path is None or str(path) == "-":
        return contextlib.nullcontext(sys.stdout.buffer)
    # Without the time in it, the same events give the same file.
    return gzip.GzipFile(path, "wb", mtime=0) if path.suffix == ".gz" else path.open("wb")


def _nothing() -> None:
    pass


def printable(text: str) -> str:
    """Escape what a terminal might take for a command, and what text files cannot hold."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def styled(text: str, **style: Any) -> str:
    """Give *text* made printable, in a style that `out` and `say` leave away where there is no terminal."""
    return click.style(printable(text), **style) if any(style.values()) else printable(text)


def out(text: str) -> None:
    """Print a line to standard output."""
    click.echo(text, color=_colour())


def say(text: str) -> None:
    """Print a line to standard error."""
    click.echo(text, err=True, color=_colour())


def _colour() -> bool | None:
    """Never with NO_COLOR (no-color.org); else as click decides: only on a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def fault_line(fault: Fault) -> str:
    """Give a fault as one line, its place standing out."""
    where, found, rest = str(fault).partition(": found ")
    return styled(where, bold=True) + styled(found, fg="red") + printable(rest)


def say_faults(faults: Iterable[Fault]) -> None:
    """Print faults to standard error, one per line."""
    for fault in faults:
        say(fault_line(fault))


def problem_text(found: Problem) -> str:
    """Give the path and the message of a problem, and the channel if it is about one alone."""
    channel = f" ({found.channel})" if found.channel else ""
    return printable(f"{found.path}: {found.message}{channel}" if found.path else f"{found.message}{channel}")
