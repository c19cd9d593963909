"""JavaScript's way with values, as far as mapping directives and triggers depend on it. Nothing here raises for any JSON value."""

from __future__ import annotations

import enum
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from ._work import Spend


class Absent(enum.Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""What JavaScript calls undefined: there is no value, not even null."""

# -- kinds


def is_number(value: Any) -> bool:
    """Tell whether *value* is a JSON number; a boolean is none."""
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    return isinstance(value, Decimal) and value.is_finite()


def is_nothing(value: Any) -> bool:
    """Tell whether *value* is null or absent."""
    return value is None or value is ABSENT


def falsy(value: Any) -> bool:
    """Tell whether *value* counts as false: absent, null, false, 0, NaN and empty text; empty lists and objects do not."""
    if isinstance(value, str):
        return not value
    return value is False or is_nothing(value) or (is_number(value) and (value == 0 or value != value))


# -- paths

_STEPS = re.compile(r"""\.|\[(?=[0-9'"])|(?<=[0-9'"])\]""")
_SIMPLE_STEP = re.compile(r"[^\[.\]]+")


def steps(path: str) -> tuple[str, ...]:
    """Split a directive's path: `a[0].b`, `a.0.b`, `a['b']` and `a["b"]`; "" and "." are the whole."""
    return tuple(re.sub("['\"]", "", step) for step in _STEPS.split(path) if step)


def simple_steps(path: str) -> tuple[str, ...]:
    """Split a trigger's path at dots and brackets."""
    return tuple(_SIMPLE_STEP.findall(path))


def walk(node: Any, names: Sequence[str]) -> Any:
    """Give what stands at *names* below *node*; the way ends at the first value that counts as false, and gives that."""
    for name in names:
        if isinstance(node, dict):
            node = node.get(name, ABSENT)
        elif falsy(node):
            return node
        else:
            node = _part(node, name)
    return node


def _part(node: Any, name: str) -> Any:
    """Give the element or the `length` of a list or text. No other attribute of JavaScript's is known."""
    if isinstance(node, str):
        units = node.encode("utf-16-le", "surrogatepass")
        if name == "length":
            return len(units) // 2
        n = _position(name, len(units) // 2)
        return ABSENT if n is None else units[2 * n : 2 * n + 2].decode("utf-16-le", "surrogatepass")
    if not isinstance(node, list):
        return ABSENT
    if name == "length":
        return len(node)
    n = _position(name, len(node))
    return ABSENT if n is None else node[n]


def _position(name: str, length: int) -> int | None:
    if not re.fullmatch("0|[1-9][0-9]{0,8}", name, re.ASCII) or int(name) >= length:
        return None
    return int(name)


# -- text


def _free(_: int) -> None:
    """Nothing is counted."""


def text(value: Any, spend: Spend = _free) -> str:
    """Write *value* as JavaScript's `String` does: a list as its parts with commas, an object as `[object Object]`.

    *spend* is told of the parts that are written, and may raise.
    """
    try:
        return _text(value, spend)
    except RecursionError:
        return ""


def _text(value: Any, spend: Spend = _free) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_nothing(value):
        return "undefined" if value is ABSENT else "null"
    if isinstance(value, list):
        spend(len(value) + sum(len(part) for part in value if isinstance(part, str)))
        return ",".join("" if is_nothing(part) else _text(part, spend) for part in value)
    return number_text(value) if is_number(value) else "[object Object]"


_EXPONENT_FROM = 10**21


def number_text(value: float | Decimal) -> str:
    """Write a number in JavaScript's form: 10.0 is "10", 1e-7 is "1e-7". An integer keeps all its digits."""
    if isinstance(value, int) and -_EXPONENT_FROM < value < _EXPONENT_FROM:
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if not math.isfinite(number):
        return "NaN" if number != number else f"{'-' if number < 0 else ''}Infinity"
    if number == 0 or (number.is_integer() and abs(number) < _EXPONENT_FROM):
        return str(int(number))
    shortest = repr(number)
    if 1e-6 <= abs(number) < _EXPONENT_FROM:
        return format(Decimal(shortest), "f") if "e" in shortest else shortest
    digits, _, exponent = shortest.partition("e")
    return f"{digits.removesuffix('.0')}e{int(exponent):+d}"


# -- JSON

_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(value: Any, spend: Spend = _free) -> Any:
    """Write *value* as `JSON.stringify` does; `ABSENT` for what cannot be written. *spend* is told of the parts that are written."""
    try:
        return ABSENT if value is ABSENT else _encoded(value, spend)
    except RecursionError:
        return ABSENT


def _encoded(value: Any, spend: Spend) -> str:
    if isinstance(value, dict | list | str):
        spend(len(value))
    if isinstance(value, dict):
        pairs = (f"{_quoted(str(key))}:{_encoded(part, spend)}" for key, part in value.items() if part is not ABSENT)
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(_encoded(part, spend) for part in value)}]"
    if isinstance(value, str):
        return _quoted(value)
    if is_number(value):
        return number_text(value) if -math.inf < value < math.inf else "null"
    return _text(value) if isinstance(value, bool) else "null"


def _quoted(value: str) -> str:
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def decode(value: str) -> Any:
    """Read JSON as `JSON.parse` does; text that is none is given back."""
    try:
        return json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)
