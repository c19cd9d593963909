"""Write what `make bench` has measured into the tables of docs/performance.md: `python benchmarks/tables.py`, or with a folder and a page.

The page has a place for each benchmark, between `<!-- NAME -->` and `<!-- /NAME -->`; a benchmark without a file leaves its place as
it is. Only ratios are written, memory, and whether targets are reached: they hold on other machines, times do not.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def filled(page: str, folder: Path) -> str:
    """Give the page with the tables of all that has been measured."""

    def place(found: re.Match[str]) -> str:
        file = folder / f"{found[1]}.json"
        return f"<!-- {found[1]} -->\n{table(read(file))}\n<!-- /{found[1]} -->" if file.exists() else found[0]

    return re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", place, page, flags=re.DOTALL)


def read(file: Path) -> Mapping[str, Any]:
    """Read what a benchmark has written. Ends the program for a file that is none."""
    try:
        report: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        sys.exit(f"{file}: {error}; measure it anew (make bench)")
    return report


def table(report: Mapping[str, Any]) -> str:
    """The rows that tell something on other machines, as Markdown."""
    rows = [row for row in report["rows"] if row["ratio"] is not None or row["target"]]
    lines = [f"| | {report['beside']} | target | |", "|---|---|---|---|", *map(_line, rows)]
    return "\n".join([*lines, "", f"{report['events']:,} events, {report['repeat']} round{'s' if report['repeat'] > 1 else ''}, Python {report['python']}."])


def _line(row: Mapping[str, Any]) -> str:
    alone = f"{row['median']:.1f} MB" if row.get("unit") == "MB" else ""
    ratio = alone if row["ratio"] is None else f"{row['ratio']:.2f}"
    verdict = {None: "", True: "reached", False: "missed"}[row["reached"]]
    return f"| {row['name'].strip()} | {ratio} | {row['target'] or ''} | {verdict} |"


def main(arguments: Sequence[str]) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Write what make bench has measured into the tables of a page.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "bench", help="with a JSON file for each benchmark (build/bench)")
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "docs" / "performance.md", help="(docs/performance.md)")
    chosen = parser.parse_args(arguments)
    if not any(chosen.folder.glob("*.json")):
        parser.error(f"{chosen.folder} holds no JSON files; measure first (make bench)")
    if not chosen.page.is_file():
        parser.error(f"{chosen.page} is no file")
    chosen.page.write_text(filled(chosen.page.read_text("utf-8"), chosen.folder), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
