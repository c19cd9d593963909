"""Pieces of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence


def made_from(source: str) -> str:
    return f"<!-- Made by docs/make.py from {source}: change those instead. -->"


def page(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def block(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"
