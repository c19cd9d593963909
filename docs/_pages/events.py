"""The page on what the shipped specs map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs._pages.markdown import made_from, page, table

ROOT = Path(__file__).parents[2]


def events() -> str:
    """The page on what the shipped specs map, from mappings/."""
    from pinterest_destination.rules import load

    parts = [
        "# Events and values",
        made_from("mappings/"),
        "What the shipped specs make of events, and where they look for values. Names of events compare without case, "
        "spaces, underscores and hyphens. [mappings.md](mappings.md) explains the documents.",
        "## Pinterest's standard events",
        table(("Conversions API", "tag"), ((f"`{e.name}`", f"`{e.tag}`" if e.tag else "API only") for e in load.catalogue().events)),
    ]
    for name in load.shipped_specs():
        parts += _spec(name)
    return page(parts)


def _spec(name: str) -> Iterator[str]:
    """One spec: its events, and those of its fields that its parent does not have."""
    document = json.loads((ROOT / "mappings" / "specs" / f"{name}.json").read_text("utf-8"))
    parent = document.get("extends")
    yield f"## {name}: {document['title']}"
    yield document["description"] + (f" Extends `{parent}`." if parent else "")
    yield table(("call", "event", "becomes", "channels"), map(_rule, document["events"]))
    rows = [(f"`{field}`", _sources(part), _read_as(field, part, parent)) for field, part in document.get("fields", {}).items() if part["from"]]
    yield table(("value", "from, first that is usable", "as"), rows) if rows else ""
    items = document.get("items", {}).get("fields", {})
    rows = [(f"`{field}`", _sources(part), _read_as(field, part, parent, of_items=True)) for field, part in items.items()]
    yield table(("value of a product", "from, first that is usable", "as"), rows) if rows else ""


def _read_as(field: str, part: dict[str, Any], parent: str | None, *, of_items: bool = False) -> str:
    """The transform of a field; one that does not say is read as the parent's of that name."""
    while "as" not in part and parent:
        document = json.loads((ROOT / "mappings" / "specs" / f"{parent}.json").read_text("utf-8"))
        part = (document.get("items", {}) if of_items else document).get("fields", {}).get(field, {})
        parent = document.get("extends")
    return f"`{part.get('as', 'any')}`"


def _rule(rule: dict[str, Any]) -> tuple[str, str, str, str]:
    types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    names = ", ".join(rule.get("event", [])) or "any"
    when = " and ".join(map(_condition, rule.get("when", [])))
    targets = rule["to"] if isinstance(rule["to"], list) else [rule["to"]]
    events = [target if isinstance(target, str) else target["event"] for target in targets]
    channels = [", ".join(target.get("channels", [])) for target in targets if isinstance(target, dict)]
    return ", ".join(types), f"{names}, where {when}" if when else names, ", ".join(f"`{e}`" for e in events), ", ".join(channels) or "both"


def _condition(condition: dict[str, Any]) -> str:
    """A condition in words."""
    if "is" in condition:
        return f"`{condition['path']}` is {' or '.join(f'`{json.dumps(word)}`' if isinstance(word, bool) else f'`{word}`' for word in condition['is'])}"
    return f"`{condition['path']}` is {'present' if condition['present'] else 'absent'}"


def _sources(part: dict[str, Any]) -> str:
    preferred = [path for paths in part.get("prefer", {}).values() for path in paths]
    return "; ".join(map(_source, [*preferred, *part.get("from", [])]))


def _source(source: Any) -> str:
    if isinstance(source, str):
        return f"`{source}`"
    if "path" in source:
        told = [f"as `{source['as']}`"] if "as" in source else []
        told += [f"in {source['spelling'].replace('_', ' ')}"] if "spelling" in source else []
        told += [f"for {' and '.join(source['calls'])} only"] if "calls" in source else []
        told += [f"after `{source['prefix']}`"] if "prefix" in source else []
        told += [f"for {' and '.join(f'`{event}`' for event in source['events'])} only"] if "events" in source else []
        return f"`{source['path']}`" + (f" ({', '.join(told)})" if told else "")
    if "give" in source:
        tests = [*map(_condition, source.get("when", ())), *(f"not {_condition(c)}" for c in source.get("unless", ()))]
        tests += [f"the setting `{source['setting']}` is on"] if "setting" in source else []
        return f"*{json.dumps(source['give']) if not isinstance(source['give'], str) else source['give']}*" + (f" where {' and '.join(tests)}" if tests else "")
    if "now" in source:
        return "the present time"
    if source.get("items") == "count":
        return "the number of products"
    if "items" in source:
        return f"{source['items']} of the products' `{source['of']}`"
    return f"setting `{source.get('setting') or source.get('paths_setting')}`" if "digest" not in source else "a digest of what identifies the event"
