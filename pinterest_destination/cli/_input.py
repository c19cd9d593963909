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
from typing import Any, TextIO

import click
from attrs import frozen

from ..errors import InputError
from ._array import elements
from ._records import MAX_BYTES, TOO_LONG, Record, event, refused
from ._stream import CHUNK, Stream

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
        """Yield every record, broken ones too; a blank line is none."""
        stream = Stream.of(self.file)
        skipped, head = _beginning(stream)
        if _is_array(head):
            yield from elements(stream, head.removeprefix(BOM))
        else:
            yield from _lines(stream, head, skipped)

    def first_line(self) -> tuple[int, int] | None:
        """Give the bytes and the lines in front of the first line of JSON Lines; None for zipped input, arrays, and without records.

        Only for input that has a `size`; it stands where it stood before.
        """
        start = self.file.tell()
        stream = Stream.of(self.file)
        skipped, head = (0, b"") if stream.is_zipped else _beginning(stream)
        found = self.file.tell() - len(head)
        self.file.seek(start)
        return (found, skipped) if head and not _is_array(head) else None

    def whole(self) -> bytes:
        """Read all of an input that should be small. Raises `UsageError` when it cannot be had."""
        stream = Stream.of(self.file)
        data = stream.read(MAX_BYTES + 1)
        if why := stream.damage or (TOO_LONG if len(data) > MAX_BYTES else ""):
            raise click.UsageError(f"the input cannot be used as a whole: {why}")
        return data.removeprefix(BOM)


class _Range(io.RawIOBase):
    """Some bytes of the file with a descriptor, read without moving its position, which other processes share."""

    def __init__(self, number: int, at: int, end: int) -> None:
        self.number, self.at, self.end = number, at, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self.number, min(len(buffer), self.end - self.at), self.at)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def lines_within(number: int, start: int, end: int, before: int) -> Iterator[Record]:
    """Yield the records of the lines between two places of the file with the descriptor *number*, which stand after *before* others."""
    stream = Stream(io.BufferedReader(_Range(number, start, end), CHUNK))
    yield from _lines(stream, stream.read(), before)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Input]:
    """Open the file *name*, or standard input for "-"."""
    with contextlib.ExitStack() as stack:
        file = _stdin() if name == "-" else stack.enter_context(Path(name).open("rb"))
        yield Input(file, _size(file))


def _stdin() -> io.BufferedReader:
    if not _is_readable(sys.stdin):
        raise click.UsageError("standard input is closed; name a file, or pipe events into the command")
    if sys.stdin.isatty():
        click.echo("Reading from the terminal; Ctrl-D on an empty line ends it.", err=True)
    stream: Any = sys.stdin.buffer  # a host may have put something of its own there
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)


def _is_readable(stream: TextIO) -> bool:
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # nothing of the system's is behind it
        return True
    try:
        os.read(number, 0)
    except OSError:
        return False
    return True


def _size(file: io.BufferedReader) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _beginning(stream: Stream) -> tuple[int, bytes]:
    """Read up to the first data that is not blank, and give it with the number of lines before it."""
    skipped, head = 0, stream.read(len(BOM))
    while head and not _content(head):
        skipped += head.count(b"\n")
        head = stream.read()
    return skipped, head


def _is_array(head: bytes) -> bool:
    return _content(head).startswith(b"[")


def _content(line: bytes) -> bytes:
    return line.removeprefix(BOM).lstrip()


def _lines(stream: Stream, head: bytes, skipped: int) -> Iterator[Record]:
    """Yield the records of JSON Lines; *head* has been read already, and comes after some *skipped* lines."""
    number = skipped
    for number, line in enumerate(_split(stream, head), skipped + 1):
        if line is None:
            yield refused("line", number, TOO_LONG)
        elif _content(line):
            yield _record(number, line.removeprefix(BOM).rstrip())  # files put together have a BOM within
    if stream.damage:
        yield refused("line", number + 1, stream.damage)


def _split(stream: Stream, data: bytes) -> Iterator[bytes | None]:
    """Yield the lines; None, with nothing of it kept, for one that is too long."""
    pieces: list[bytes] = []
    size = 0
    while data:
        *ended, rest = data.split(b"\n")
        for line in ended:
            yield _joined([*pieces, line], size + len(line))
            pieces, size = [], 0
        size += len(rest)
        if size <= MAX_BYTES:
            pieces.append(rest)
        else:
            pieces.clear()
        data = stream.read()
    if size and not stream.damage:
        yield _joined(pieces, size)


def _joined(pieces: list[bytes], size: int) -> bytes | None:
    return b"".join(pieces) if size <= MAX_BYTES else None


def _record(number: int, line: bytes) -> Record:
    try:
        return Record("line", number, event(line))
    except InputError as error:
        hint = "; an event must stand on one line" if line == b"{" else ""
        return refused("line", number, f"{error}{hint}")
