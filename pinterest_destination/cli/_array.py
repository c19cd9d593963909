"""The elements of a JSON array, one by one, while the array is being read."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from ..errors import InputError
from ._records import LONG_NUMBERS, MAX_BYTES, TOO_DEEP, TOO_LONG, Record, as_event, refused
from ._stream import CHUNK, Stream

_BLANKS = re.compile(r"[ \t\n\r]*")
_UTF8 = codecs.getincrementaldecoder("utf-8")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of bytes that are no UTF-8."""

_NEAR_THE_END = 16
"""Longer than any token that the parser points to the start of, but for strings."""

_STRICT = json.JSONDecoder()


def elements(stream: Stream, head: bytes) -> Iterator[Record]:
    """Yield the records of an array that begins with *head*. After broken JSON there is no telling where the next begins."""
    index = 0
    text = _Text(stream)
    text.add(head)
    try:
        for value in text.values():
            yield _record(index, value)
            index += 1
    except InputError as error:
        yield refused("index", index, f"{stream.damage or error}; the array cannot be read on from here")
    else:
        if stream.damage:  # behind the last element
            yield refused("index", index, stream.damage)


def _record(index: int, value: Any) -> Record:
    try:
        if isinstance(value, InputError):
            raise value
        return Record("index", index, as_event(value))
    except InputError as error:
        return refused("index", index, str(error))


@define
class _Text:
    """The part of the array that has been read, but not yet used."""

    stream: Stream
    decoder: codecs.IncrementalDecoder = field(init=False, factory=lambda: _UTF8("surrogateescape"))
    text: str = field(init=False, default="")
    position: int = field(init=False, default=0)

    def add(self, data: bytes, *, final: bool = False) -> None:
        """Take *data* in, and let go of what is used."""
        self.text = self.text[self.position :] + self.decoder.decode(data, final)
        self.position = 0

    def more(self) -> bool:
        """Read on; False, with everything as it was, at the end.

        A long element doubles each time, so that parsing it anew each time stays linear.
        """
        unread = len(self.text) - self.position
        if unread > MAX_BYTES:
            raise InputError(TOO_LONG)
        data = self.stream.read(unread if unread >= CHUNK else 1)
        if data or self.decoder.getstate()[0]:  # the last bytes of the input may be half a character
            self.add(data, final=not data)
            return True
        return False

    def next(self) -> str:
        """Go to the next character that is not blank, and give it; "" at the end."""
        while True:
            self.position = _BLANKS.match(self.text, self.position).end()  # type: ignore[union-attr]  # it matches everywhere
            if self.position < len(self.text) or not self.more():
                return self.text[self.position : self.position + 1]

    def values(self) -> Iterator[Any]:
        """Yield the elements; one that is delimited but no good comes as `InputError`, anything worse raises it."""
        self._pass()
        if self.next() != "]":
            yield self._element()
            while self.next() == ",":
                self._pass()
                yield self._element()
        if self.next() != "]":
            raise InputError("not JSON: expecting ',' or ']'" if self.next() else "the array has no end")
        self._pass()
        if self.next():
            raise InputError("not JSON: something stands after the end of the array")

    def _pass(self) -> None:
        self.next()
        self.position += 1

    def _element(self) -> Any:
        decoder = _STRICT
        self.next()
        while True:
            try:
                value, end = decoder.raw_decode(self.text, self.position)
            except json.JSONDecodeError as error:
                if not (self._is_cut(error) and self.more()):
                    raise InputError(f"not JSON, or cut short: {error.msg}") from None
            except RecursionError:
                raise InputError(TOO_DEEP) from None
            except ValueError:  # Python's limit for the digits of an integer
                decoder = LONG_NUMBERS
            else:
                if not self._may_go_on(value, end):
                    return self._used(end, value)

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Tell an element that is not there to its end from one that is broken."""
        return error.msg.startswith("Unterminated string") or error.pos > len(self.text) - _NEAR_THE_END

    def _may_go_on(self, value: Any, end: int) -> bool:
        """Tell whether a number may have more digits, and read on if so."""
        return not isinstance(value, dict | list | str) and end > len(self.text) - _NEAR_THE_END and self.more()

    def _used(self, end: int, value: Any) -> Any:
        start, self.position = self.position, end
        return InputError("not UTF-8") if _NOT_UTF8.search(self.text, start, end) else value
