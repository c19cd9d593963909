"""What the names in generated code stand for, in words, for people who read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import MethodType
from typing import Any

from ..rules.path import Path
from .writer import Module

_NAME = re.compile(r"\b[A-Za-z]\w*\b")
_SPELLINGS = {"exact": "", "any_case": ", in any case", "any_spelling": ", in any spelling"}


def legend(module: Module) -> Iterator[str]:
    """Yield a line for each constant and each transform that the code of *module* uses, in their order there, and one for the rest.

    No value of a setting is told, and no problem, whose name says what it is.
    """
    for name in dict.fromkeys(_NAME.findall(module.text)):
        if told := module.told.get(name) or _told(module.names.get(name)):
            yield f"{name}: {told}"
    yield "..._WAYS: the places of the field, in order; `again` takes the first value that can be used, and tells what is wrong with the others"
    yield "What else is called stands in pinterest_destination/plan/runtime.py."


def _told(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(json.dumps(word, ensure_ascii=False) for word in sorted(value, key=str))
    if isinstance(value, MethodType) and isinstance(value.__self__, Path):
        return f"what stands at {value.__self__.text}{_SPELLINGS[value.__self__.spelling]}"
    return ""
