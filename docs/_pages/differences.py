"""Pages written by hand, with tables of what fixtures and cases show of the originals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docs._pages.markdown import table

ROOT = Path(__file__).parents[2]

MADE, END = "<!-- The tables are made by docs/make.py", "<!-- end -->"
"""Between these, a page that is written by hand has tables that are not."""


def rudderstack() -> str:
    """The page on RudderStack, as it is, with the differences that its fixtures show."""
    page = (ROOT / "docs" / "hosts" / "rudderstack.md").read_text("utf-8")
    before, _, rest = page.partition(MADE)
    source, _, _ = rest.partition("\n")
    _, _, after = page.partition(END)
    tables = [f"### {call.capitalize()}\n\n{_differences('rudderstack', call)}" for call in ("processor", "router", "proxy")]
    return f"{before}{MADE}{source}\n\n" + "\n\n".join(tables) + f"\n\n{END}{after}"


def _differences(host: str, call: str) -> str:
    folder = Path("tests", "hosts", host, call)
    fixtures = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / folder).glob("*.json"))}
    link = "[{0}](../../{1}/{0}.json)"
    rows = [(made["description"], made["original"], link.format(name, folder.as_posix())) for name, made in fixtures.items() if "original" in made]
    return table(("here", "the original", "fixture"), rows)


SPECS_PAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: (name,) for name in ("funnelfox", "ga4", "gtm", "metarouter", "rudderstack", "segment", "stape")}
)
"""Pages in docs/specs/, each with the first words of the names of its cases in tests/cases."""


def original(page: str, path: Path, case: Mapping[str, Any]) -> str | None:
    """Say what the tool that *page* is about does instead in a case: what an object names it for, or any text in a case of the page's own."""
    told = case.get("original")
    if isinstance(told, dict):
        return told.get(page)
    return told if path.stem.startswith(tuple(f"{first}_" for first in SPECS_PAGES[page])) else None


def spec_page(name: str) -> str:
    """The page on one spec, as it is, with the differences that its cases show, where it has a table of them."""
    page = (ROOT / "docs" / "specs" / f"{name}.md").read_text("utf-8")
    if MADE not in page:
        return page
    before, _, rest = page.partition(MADE)
    source, _, _ = rest.partition("\n")
    _, _, after = page.partition(END)
    made = ((path, json.loads(path.read_text("utf-8"))) for path in sorted((ROOT / "tests" / "cases").glob("*/*.json")))
    rows = [(case["description"], told, _case_link(path)) for path, case in made if (told := original(name, path, case))]
    return f"{before}{MADE}{source}\n\n{table(('here', 'the original', 'case'), rows)}\n\n{END}{after}"


def _case_link(path: Path) -> str:
    return f"[{path.parent.name}/{path.stem}](../../{path.relative_to(ROOT).as_posix()})"
