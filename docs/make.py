"""Write the generated pages in docs/: `python docs/make.py` writes all, names choose, `--check` only compares.

ADD A PAGE HERE: one function in a module of docs/_pages that gives its text, and a row in `PAGES`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).parents[1]))  # a checkout that is not installed will do

from docs._pages.differences import SPECS_PAGES, rudderstack, spec_page
from docs._pages.events import events
from docs._pages.problems import problems
from docs._pages.segment_actions import segment_actions
from docs._pages.settings import settings
from docs._pages.transforms import transforms

DOCS = Path(__file__).parent

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "settings": settings,
        "problems": problems,
        "events": events,
        "transforms": transforms,
        "hosts/rudderstack": rudderstack,
        "specs/segment_actions": segment_actions,
    }
    | {f"specs/{name}": partial(spec_page, name) for name in SPECS_PAGES}
)
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
            (DOCS / f"{name}.md").parent.mkdir(exist_ok=True)
            (DOCS / f"{name}.md").write_text(PAGES[name](), "utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
