"""Reading events: a file or standard input, plain or gzipped, JSON Lines or one JSON array, in constant memory.

What is broken is told by its place, never by its content.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from ..errors import InputError
from ._array import elements
from ._records import CHUNK, MAX_BYTES, TOO_LONG, Record, event, refused
from ._stream import Stream

BOM = b"\xef\xbb\xbf"


@frozen
class Input:
    """An opened input. Its `records` come as they are read."""

    file: io.BufferedReader
    size: int | None
    """In bytes as they are stored; None for a pipe."""

    def position(self) -> int:
        """Tell how many of `size` bytes have been read."""
        return self.file.tell()

    def records(self) -> Iterator[Record]:
        """Yield every record, broken ones too; blank lines do not count."""
        source = Stream.of(self.file)
        skipped, head = 0, source.readline(CHUNK)
        while head and not _content(head):
            skipped += head.endswith(b"\n")
            head = source.readline(CHUNK)
        if _content(head).startswith(b"["):
            yield from elements(source, head.removeprefix(BOM))
        else:
            yield from _lines(source, head, skipped)

    def whole(self) -> bytes:
        """Read all of an input that should be small. Raises `UsageError` when it cannot be had."""
        stream = Stream.of(self.file)
        data = stream.read(MAX_BYTES + 1)
        if why := stream.damage or (TOO_LONG if len(data) > MAX_BYTES else ""):
            raise click.UsageError(f"the input cannot be used as a whole: {why}")
        return data.removeprefix(BOM)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Input]:
    """Open the file *name*, or standard input for "-"."""
    with contextlib.ExitStack() as stack:
        file = _stdin() if name == "-" else stack.enter_context(Path(name).open("rb"))
        yield Input(file, _size(file))


def _stdin() -> io.BufferedReader:
    if sys.stdin.isatty():
        click.echo("Reading from the terminal; Ctrl-D on an empty line ends it.", err=True)
    stream: Any = sys.stdin.buffer  # a host may have put something of its own there
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)


def _size(file: io.BufferedReader) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _content(line: bytes) -> bytes:
    return line.removeprefix(BOM).lstrip()


def _lines(source: Stream, head: bytes, number: int) -> Iterator[Record]:
    """Yield the records of JSON Lines; *head* begins the line after line *number*."""
    while head:
        line = _rest_of_line(source, head)
        if source.damage:
            break
        number += 1
        if line is None:
            yield refused("line", number, TOO_LONG)
        elif _content(line):
            yield _record(number, line.removeprefix(BOM))  # a BOM stands within, too, where files were put together
        head = source.readline(CHUNK)
    if source.damage:
        yield refused("line", number + 1, source.damage)


def _rest_of_line(source: Stream, head: bytes) -> bytes | None:
    """Read a line to its end; None, with nothing of it kept, when it is too long."""
    if head.endswith(b"\n"):
        return head
    pieces, size = [head], len(head)
    while piece := source.readline(CHUNK):
        size += len(piece)
        if size <= MAX_BYTES:
            pieces.append(piece)
        if piece.endswith(b"\n"):
            break
    return b"".join(pieces) if size <= MAX_BYTES else None


def _record(number: int, line: bytes) -> Record:
    try:
        return Record("line", number, event(line))
    except InputError as error:
        hint = "; an event must stand on one line" if line.strip() == b"{" else ""
        return refused("line", number, f"{error}{hint}")
