"""FQL, the language of Segment's triggers: read once, told where it is wrong, and compiled to a test of events.

It means here what it means to Segment's own parser, down to what that one ignores; whatever is ignored is told as a
remark. Two things are read as people mean them: AND and OR in capitals, which Segment ignores, and a call within a
group, whose parenthesis would end the group there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from . import _js
from ._fql_tokens import Token, refused, tokens
from ._fql_tree import FIELDS, Condition, Group, Joint, Value, compile_tree, write_fql

__all__ = ["Condition", "Group", "Trigger", "compile_fql", "compile_tree", "parse_fql", "write_fql"]

_WITH_PATH = ("properties", "traits", "context")
_CALLS = ("contains", "match")


@frozen
class Trigger:
    """A trigger that has been read."""

    tree: Group
    remarks: tuple[str, ...] = field(default=())
    """What is read otherwise than it looks."""



def compile_fql(text: str) -> Callable[[Any], bool]:
    """Compile a trigger to a test of events, which never raises. Raises `MappingError` for a trigger that is wrong."""
    return compile_tree(parse_fql(text).tree)


# -- reading


def parse_fql(text: str) -> Trigger:
    """Read a trigger. Raises `MappingError` with one fault: position, what was found, what would be right."""
    reader = _Reader(tokens(text))
    tree = reader.group(outer=True)
    only = tree.children[0]
    return Trigger(only if isinstance(only, Group) and len(tree.children) == 1 else tree, tuple(reader.remarks))


class _Reader:
    """Goes through the words of one trigger."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.n = 0
        self.remarks: list[str] = []

    def take(self) -> Token:
        """Give the next word and go on; the end stays."""
        word = self.words[self.n]
        self.n = min(self.n + 1, len(self.words) - 1)
        return word

    @property
    def next(self) -> Token:
        return self.words[self.n]

    def group(self, *, outer: bool) -> Group:
        """Read conditions up to the end of the group."""
        start, joints = self.next, _Joints()
        children: list[Condition | Group] = []
        while self.next.kind != "end" and (outer or not self.next.is_mark(")")):
            if joint := _joint(self.next):
                joints.add(len(children), joint, meant=self.take().kind == "name")
            elif (item := self.item(outer=outer)) is not None:
                children.append(item)
            else:
                self.ignore()
        if not children:
            raise refused(f"no condition before {self.next}", f'a condition such as type = "page"; fields are {", ".join(FIELDS)}')
        if joints.mixed and not joints.meant:
            self.remarks.append(f"from {start} on there are both and and or: the last of them, {joints.last}, counts for all, as at Segment; parentheses would tell which belong together")
        return joints.group(tuple(children))

    def item(self, *, outer: bool) -> Condition | Group | None:
        """Read one condition, call or group; None where there is none."""
        word = self.next
        if word.kind == "not":
            return self.negated(outer=outer)
        if word.is_mark("("):
            return self.inner(outer=outer)
        if word.kind != "name":
            return None
        if word.text in _CALLS:
            return self.call(negate=False, outer=outer)
        return self.condition() if _field(word.text) else None

    def negated(self, *, outer: bool) -> Condition | None:
        """Read `!contains(...)` or `!match(...)`; None for `!(...)`."""
        following = self.words[self.n + 1]
        if following.kind == "name" and following.text in _CALLS:
            self.take()
            return self.call(negate=True, outer=outer)
        if following.is_mark("("):
            return None
        raise refused(f"{self.next} before {following}", "! before contains(...) or match(...)")

    def ignore(self) -> None:
        """Pass over what is no condition: a negated group as a whole, else up to the next thing that may be one."""
        word = self.take()
        if word.kind == "not":
            self.remarks.append(f"{word}: a group cannot be negated; all of it is ignored, as Segment does")
            while self.next.kind != "end" and not self.take().is_mark(")"):
                pass
            return
        self.remarks.append(f"{word} is nothing that a trigger can test: it is ignored, as Segment does")
        while self.next.kind in ("comparison", "text", "number", "null") or self.next.is_mark(",") or self.next.is_mark("."):
            self.take()

    def inner(self, *, outer: bool) -> Group:
        """Read a group in parentheses."""
        start = self.take()
        if not outer:
            raise refused(f"a group within a group, {start}", "groups one level deep")
        made = self.group(outer=False)
        if self.take().kind == "end":
            self.remarks.append(f"{start} is never closed: the group goes on to the end")
        return made

    def condition(self) -> Condition:
        """Read field, operator, value."""
        name, operator = self.take(), self.take()
        if operator.kind != "comparison":
            raise refused(f"{operator} after {name}", "an operator: = != < <= > >=, and a value")
        if self.next.kind == "end":
            self.remarks.append(f"there is no value after {operator}: Segment compares with the word eos, which never matches")
            return _condition(name, operator, Token("name", "eos", self.next.at))
        if self.next.kind not in ("text", "number", "name", "null", "joint"):
            raise refused(f"{self.next} after {operator}", "a value: text in double quotes, a number, true, false or null")
        made = _condition(name, operator, self.take())
        self.remarks += _odd(made, self.words[self.n - 1])
        return made

    def call(self, *, negate: bool, outer: bool) -> Condition:
        """Read `contains(field, value)` or `match(field, "x*")`."""
        name = self.take()
        if not outer:
            self.remarks.append(f"{name}: Segment ends the group at the parenthesis behind it, which nobody means; here the group goes on")
        self.expect("(", name)
        place = self.take()
        if place.kind != "name" or not _field(place.text) or place.text == "type":
            raise refused(f"{place} in {name.text}", "event, name, userId, or a path in properties, traits or context")
        self.expect(",", place)
        value = self.take()
        if value.kind not in ("text", "number", "name", "null", "joint"):
            raise refused(f"{value} in {name.text}", "text in double quotes")
        self.expect(")", value)
        operator, wanted = _wanted(name.text, value)
        if operator == "ends_with" and not value.text.startswith('"*'):
            self.remarks.append(f'{value}: the pattern has no * at either end; as Segment does, its first character is left out, and the rest must be the end of the value')
        return Condition(_field(place.text), f"not_{operator}" if negate else operator, wanted, _path(place.text))

    def expect(self, mark: str, after: Token) -> None:
        """Take a mark that must stand here."""
        word = self.take()
        if not word.is_mark(mark):
            raise refused(f"{word} after {after}", mark)


class _Joints:
    """The ands and ors between the conditions of one group."""

    def __init__(self) -> None:
        self.found: dict[int, Joint] = {}
        self.last: Joint = "and"
        self.meant = False
        """One of them is in capitals or the like: Segment would have ignored it."""

    def add(self, before: int, joint: Joint, *, meant: bool) -> None:
        """Note the word before condition number *before*."""
        self.found[before] = self.last = joint
        self.meant = self.meant or meant

    @property
    def mixed(self) -> bool:
        return len({*self.found.values()}) > 1

    def group(self, children: tuple[Condition | Group, ...]) -> Group:
        """Give the group: by the last word, as Segment does; if some were only meant, "and" binds closer than "or"."""
        if not (self.mixed and self.meant):
            return Group(self.last, children)
        runs: list[list[Condition | Group]] = []
        for n, child in enumerate(children):
            if n == 0 or self.found.get(n) == "or":
                runs.append([])
            runs[-1].append(child)
        return Group("or", tuple(Group("and", tuple(run)) if len(run) > 1 else run[0] for run in runs))


def _joint(word: Token) -> Joint | None:
    """Read and/or, also where Segment takes it for a name, which it then ignores: in capitals, or before a parenthesis."""
    spelt = word.text.lower()
    if word.kind not in ("joint", "name"):
        return None
    return "and" if spelt == "and" else "or" if spelt == "or" else None


def _field(name: str) -> str:
    """Give the type of the conditions on field *name*; "" where there is no such field."""
    root, dot, _ = name.partition(".")
    return FIELDS.get(root, "") if not dot or root in _WITH_PATH else ""


def _path(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name.partition(".")[2], flags=re.DOTALL)


def _literal(word: Token) -> Value:
    """Give the value that a word stands for. Single quotes are a part of the text."""
    if word.kind == "number":
        number = float(word.text)
        return int(Decimal(word.text)) if number.is_integer() else number
    if word.kind == "text":
        return word.text[1:-1] if word.text.startswith('"') else word.text
    return word.text == "true" if word.text in ("true", "false") else re.sub(r"\\(.)", r"\1", word.text, flags=re.DOTALL)


def _condition(name: Token, comparison: Token, word: Token) -> Condition:
    kind, value, sign = _field(name.text), _literal(word), comparison.text
    path = _path(name.text)
    if sign in ("=", "!=") and word.kind == "null" and kind not in ("event", "event-type"):
        return Condition(kind, "not_exists" if sign == "=" else "exists", None, path)
    if sign == "=" and isinstance(value, bool) and kind not in ("event", "event-type", "name"):
        return Condition(kind, "is_true" if value else "is_false", None, path)
    if kind in ("event", "event-type", "name", "userId"):
        return Condition(kind, sign, _js.text(value))
    if sign in ("=", "!=") and word.kind == "number":
        return Condition(kind, "number_equals" if sign == "=" else "number_not_equals", value, path)
    return Condition(kind, sign, value, path)


def _odd(made: Condition, word: Token) -> Iterator[str]:
    """Tell what a condition means that looks like something else."""
    if word.text.startswith("'"):
        yield f"{word}: single quotes are a part of the text, as at Segment; double quotes are not"
    if made.operator == "!=" and word.kind == "name" and word.text in ("true", "false"):
        yield f"{word}: != compares with the text {word.text}, as at Segment, and no boolean is that text"
    if word.kind == "null" and made.type in ("event", "event-type"):
        yield f'{word}: type and event are compared with the text "null", as at Segment'


def _wanted(call: str, word: Token) -> tuple[str, str]:
    """Give operator and text of a call."""
    text = _js.text(_literal(word)) if word.kind != "number" else word.text
    if call == "contains":
        return "contains", text
    return ("starts_with", text[:-1]) if word.text.endswith('*"') else ("ends_with", text[1:])
