"""The words of a trigger expression, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from attrs import evolve, frozen

from ..errors import Fault, MappingError

Kind = Literal["name", "text", "number", "comparison", "joint", "null", "not", "mark", "end"]
"""joint: a lower-case and/or. mark: one of . , [ ] ( )."""

MAX_LENGTH = 10_000
"""Characters: no trigger that a person writes is longer."""


@frozen
class Token:
    """One word: its kind, its text as written, and its position, counted from 1."""

    kind: Kind
    text: str
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"{self.text[:40]!r} at position {self.at}"

    def is_mark(self, text: str) -> bool:
        """Tell whether this is that mark."""
        return self.kind == "mark" and self.text == text


_END = r"(?=[\s,\])]|$)"
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("text", rf"(?:\"[^\"]*\"|'[^']*'){_END}"),
    ("number", r"[+-]?[0-9]+(?:\.[0-9]+)?"),
    ("comparison", rf"(?:!=|<=|>=){_END}|[<>](?!=)|="),
    ("not", r"!(?=[A-Za-z(])"),
    ("joint", rf"(?:and|or){_END}"),
    ("null", rf"null{_END}"),
    ("name", r"(?:[A-Za-z_]|\\.)(?:[A-Za-z0-9_-]|\\.)*"),
    ("mark", r"[.,\[\]()]"),
)
_TOKEN = re.compile(r"\s*(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS) + ")", re.DOTALL)


def refused(found: str, expected: str) -> MappingError:
    """Make the error of a trigger that cannot be read."""
    return MappingError([Fault("", found, expected)])


def tokens(text: str) -> list[Token]:
    """Split *text* into words, names joined by dots being one; the last word is the end. Raises `MappingError`."""
    if len(text) > MAX_LENGTH:
        raise refused(f"a trigger of {len(text)} characters", f"a trigger of at most {MAX_LENGTH} characters")
    return list(_joined([*_split(text), Token("end", "", len(text) + 1)]))


def _split(text: str) -> Iterator[Token]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise refused(f"{text[at : at + 20]!r} at position {at + 1}", _EXPECTED)
        yield Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1)  # type: ignore[arg-type]  # the groups are the kinds
        position = match.end()


_EXPECTED = "a name, text in quotes, a number, an operator with a space behind it, or a parenthesis"


def _joined(words: list[Token]) -> Iterator[Token]:
    """Join `a . b`; any other dot stays."""
    n = 0
    while n < len(words):
        word = words[n]
        while word.kind == "name" and words[n + 1].is_mark(".") and words[n + 2].kind == "name":
            word, n = evolve(word, text=f"{word.text}.{words[n + 2].text}"), n + 2
        yield word
        n += 1
