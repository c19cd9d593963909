"""Write the generated pages in docs/: `python docs/make.py` writes all, names choose, `--check` only compares.

ADD A PAGE HERE: one function that gives its text, and a row in `PAGES`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))  # a checkout that is not installed will do

EXAMPLE = """{
  "tag_id": "2612345678901",
  "ad_account_id": "549755885175",
  "conversion_token": {"env": "PINTEREST_CONVERSION_TOKEN"},
  "event_map": {"Trial Started": "Signup"}
}"""


def settings() -> str:
    """The page on settings, from schemas/settings.json and the dialects' tables."""
    from pinterest_destination.settings._schema import schema

    properties = schema()["properties"]
    parts = [
        "# Settings",
        _made_from("schemas/settings.json and pinterest_destination/settings/dialects.py"),
        "Settings are one JSON object. No key is required to load them: what a use of them needs, such as the token for "
        "delivery, is asked for by that use. All faults are told at once, each with its place, what was found there and "
        "what would be right.",
        f"```json\n{EXAMPLE}\n```",
        _table(("setting", "type", "default"), (_summary(*item) for item in properties.items())),
        *(_setting(name, part) for name, part in properties.items()),
        *_dialects(),
    ]
    return _page(parts)


def _made_from(source: str) -> str:
    return f"<!-- Made by docs/make.py from {source}: change those instead. -->"


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _summary(name: str, part: dict[str, Any]) -> tuple[str, str, str]:
    return f"[`{name}`](#{_anchor(name)})", _accepted(part), _code(part["default"])


def _anchor(name: str) -> str:
    return name.replace("$", "")


def _accepted(part: dict[str, Any]) -> str:
    from pinterest_destination.settings._faults import expected

    words = expected(part).removeprefix("one of ")
    return words.replace('{"', '`{"').replace('"}', '"}`')


def _setting(name: str, part: dict[str, Any]) -> str:
    rows = part.get("properties") or part.get("items", {}).get("properties") or {}
    return _page(
        [
            f"## {name}",
            part["description"],
            f"- Accepts: {_accepted(part)}\n- Default: {_code(part['default'])}\n"
            f"- Examples: {', '.join(map(_code, part['examples']))}",
            _table(("key", "accepts", "meaning"), _row_keys(rows)) if rows else "",
        ]
    ).rstrip()


def _row_keys(rows: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, part in rows.items():
        yield f"`{name}`", _accepted(part), part["description"]


def _dialects() -> Iterator[str]:
    from pinterest_destination.settings.dialects import DIALECTS

    yield "## Settings of other tools"
    yield (
        "Settings written for another tool are recognised by their keys and translated; naming the dialect "
        f"({', '.join(f'`{name}`' for name in sorted(DIALECTS))}) makes sure. A key that the tool does not have, and "
        "a value that is understood differently here, is told as a problem (`unknown_setting`, `changed_setting`) and "
        "has no effect, or the effect that the message says. Values that are null or blank count as absent. "
        "`pinterest-destination settings` prints the native equivalent."
    )
    for name, dialect in sorted(DIALECTS.items()):
        yield f"### {name}: {dialect.title}"
        yield dialect.note
        yield f"Unless a key says otherwise: {', '.join(f'`{key}` {_code(dialect.defaults[key])}' for key in dialect.defaults)}."
        rows = [(f"`{key}`", f"`{row.to}`" if row.to else "", row.note) for key, row in dialect.keys.items() if row.mark or row.to]
        yield _table(("key", "becomes", "how"), rows)
        idle = [f"`{key}`" for key, row in dialect.keys.items() if not row.mark and not row.to]
        yield f"Known, and without effect here: {', '.join(idle)}." if idle else ""


def problems() -> str:
    """The page on problem codes, from the table in errors.py."""
    from pinterest_destination.errors import PROBLEMS

    intro = {
        "error": "Something that should be sent is not. `Conversion.ok` is false.",
        "warning": "It is sent, with something repaired or left out.",
        "info": "Nothing is wrong; something is not meant to be sent, or was decided that you may want to know.",
    }
    parts = [
        "# Problems",
        _made_from("pinterest_destination/errors.py"),
        "A problem tells what is wrong with one event, or with the settings. Its `code` is stable; its `path` names the "
        "place, and its `message` what was expected there. Neither ever holds a personal value or a secret.",
    ]
    for severity, text in intro.items():
        rows = ((f"`{code}`", kind.meaning, kind.remedy) for code, kind in PROBLEMS.items() if kind.severity == severity)
        parts += [f"## {severity}", text, _table(("code", "meaning", "remedy"), rows)]
    return _page(parts)


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType({"settings": settings, "problems": problems})
"""Name of the page (docs/<name>.md) and the function that gives its text."""


def is_current(name: str) -> bool:
    """Tell whether the page in docs/ says what the code says."""
    page = DOCS / f"{name}.md"
    return page.exists() and page.read_text("utf-8") == PAGES[name]()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare pages; give 1 if one that was only to be compared is out of date."""
    parser = argparse.ArgumentParser(description="Write the generated pages in docs/.")
    parser.add_argument("pages", nargs="*", metavar="page", help=f"which pages ({', '.join(PAGES)}); all if none is named")
    parser.add_argument("--check", action="store_true", help="only tell which pages are out of date")
    options = parser.parse_args(arguments)
    if unknown := set(options.pages) - set(PAGES):
        parser.error(f"no such page: {', '.join(sorted(unknown))}")
    stale = [name for name in options.pages or PAGES if not is_current(name)]
    for name in stale:
        print(f"docs/{name}.md is out of date" if options.check else f"docs/{name}.md written")
        if not options.check:
            (DOCS / f"{name}.md").write_text(PAGES[name](), "utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
