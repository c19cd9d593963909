"""The page on settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs._pages.markdown import code, made_from, page, table

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
        made_from("schemas/settings.json and pinterest_destination/settings/dialects.py"),
        "Settings are one JSON object. No key is required to load them: what a use of them needs, such as the token for "
        "delivery, is asked for by that use. All faults are told at once, each with its place, what was found there and "
        "what would be right.",
        f"```json\n{EXAMPLE}\n```",
        table(("setting", "type", "default"), (_summary(*item) for item in properties.items())),
        *(_setting(name, part) for name, part in properties.items()),
        *_dialects(),
    ]
    return page(parts)


def _summary(name: str, part: dict[str, Any]) -> tuple[str, str, str]:
    return f"[`{name}`](#{_anchor(name)})", _accepted(part), code(part["default"])


def _anchor(name: str) -> str:
    return name.replace("$", "")


def _accepted(part: dict[str, Any]) -> str:
    from pinterest_destination.settings._faults import expected

    words = expected(part).removeprefix("one of ")
    return words.replace('{"', '`{"').replace('"}', '"}`')


def _setting(name: str, part: dict[str, Any]) -> str:
    rows = part.get("properties") or part.get("items", {}).get("properties") or {}
    return page(
        [
            f"## {name}",
            part["description"],
            f"- Accepts: {_accepted(part)}\n- Default: {code(part['default'])}\n"
            f"- Examples: {', '.join(map(code, part['examples']))}",
            table(("key", "accepts", "meaning"), _row_keys(rows)) if rows else "",
        ]
    ).rstrip()


def _row_keys(rows: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, part in rows.items():
        default = f" Default: {code(part['default'])}." if "default" in part else ""
        yield f"`{name}`", _accepted(part), part["description"] + default


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
        yield f"Unless a key says otherwise: {', '.join(f'`{key}` {code(dialect.defaults[key])}' for key in dialect.defaults)}."
        rows = [(f"`{key}`", f"`{row.to}`" if row.to else "", row.note) for key, row in dialect.keys.items() if row.mark or row.to]
        yield table(("key", "becomes", "how"), rows)
        idle = [f"`{key}`" for key, row in dialect.keys.items() if not row.mark and not row.to]
        yield f"Known, and without effect here: {', '.join(idle)}." if idle else ""
