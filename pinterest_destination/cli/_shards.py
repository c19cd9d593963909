"""Cutting a file of lines into ranges that can be read apart from each other: each ends where a line ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from ._stream import CHUNK


@frozen
class Shard:
    """A range of a file: whole lines, and perhaps a last one without its end."""

    start: int
    end: int
    """In bytes from the beginning of the file, the first that is not in it."""
    before: int
    """Lines in front of it."""
    ends: int
    """Line ends in it."""

    def __str__(self) -> str:
        return f"bytes {self.start:,} to {self.end:,} (from line {self.before + 1:,}, {self.ends:,} line ends)"


def cut(pieces: Iterable[bytes], start: int, before: int, size: int) -> Iterator[Shard]:
    """Yield the ranges of what comes in *pieces*; the first piece stands *start* bytes and *before* lines into the file.

    A range has at least *size* bytes, and ends with the first line that makes it so; the last one has what is left. How
    the pieces are cut does not matter, and no more than one is kept. Where *pieces* raise `OSError`, one more range holds
    what cannot be read, so that whoever reads the range finds that out in its place.
    """
    begin = at = start
    ends = 0
    try:
        for piece in pieces:
            used = 0
            while (found := piece.find(b"\n", max(used, begin + size - 1 - at))) >= 0:
                ends += piece.count(b"\n", used, found + 1)
                yield Shard(begin, at + found + 1, before, ends)
                begin, before, ends, used = at + found + 1, before + ends, 0, found + 1
            ends += piece.count(b"\n", used)
            at += len(piece)
    except OSError:
        at += CHUNK
    if at > begin:
        yield Shard(begin, at, before, ends)
