"""Where requests begin and end in the bytes of a connection, so that every byte of a head is counted, and none of a body."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define

_BLANK_LINE = b"\r\n\r\n"
"""Ends every head, and every body that does not say its length; the parser takes no shorter one."""


@define
class Framing:
    """How far a connection has come. What comes in is cut so that no piece has parts of two requests.

    The parser, fed with the pieces, says with `has_head`, `has_body` and `has_ended` what it has found in them.
    """

    in_body: bool = False
    count: int = 0
    """Bytes of the head; in a body that does not say its length, those since its last byte, such as a trailer."""
    _left: int = 0
    """Bytes of a body with a length that are still to come."""
    _tail: bytes = b""
    """The last bytes before these: a blank line may come in two pieces."""

    def take(self, data: bytes, start: int) -> int:
        """Count the piece of *data* that begins at *start*, and give its end."""
        end = self._end(data, start)
        if self._left:
            self._left -= end - start
        else:
            self.count += end - start
            self._tail = (self._tail + data[max(start, end - 3) : end])[-3:]
        return end

    def _end(self, data: bytes, start: int) -> int:
        if self._left:
            return min(start + self._left, len(data))
        near = (self._tail + data[start : start + 3]).find(_BLANK_LINE)
        if near >= 0:
            return start + near + len(_BLANK_LINE) - len(self._tail)
        far = data.find(_BLANK_LINE, start)
        return len(data) if far < 0 else far + len(_BLANK_LINE)

    def has_head(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take note of the end of a head with *headers*, whose names are in small letters."""
        self.in_body, self.count, self._tail = True, 0, b""
        self._left = next((int(value) for name, value in headers if name == b"content-length"), 0)

    def has_body(self) -> None:
        """Take note of bytes of a body."""
        self.count = 0

    def has_ended(self) -> None:
        """Take note of the end of a request."""
        self.in_body, self.count, self._left, self._tail = False, 0, 0, b""
