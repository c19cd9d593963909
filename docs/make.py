"""Write the generated pages in docs/: `python docs/make.py` writes all, names choose, `--check` only compares.

ADD A PAGE HERE: one function that gives its text, and a row in `PAGES`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))  # a checkout that is not installed will do

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
        default = f" Default: {_code(part['default'])}." if "default" in part else ""
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


def events() -> str:
    """The page on what the shipped specs map, from mappings/."""
    from pinterest_destination.rules import load

    parts = [
        "# Events and values",
        _made_from("mappings/"),
        "What the shipped specs make of events, and where they look for values. Names of events compare without case, "
        "spaces, underscores and hyphens. [mappings.md](mappings.md) explains the documents.",
        "## Pinterest's standard events",
        _table(("Conversions API", "tag"), ((f"`{e.name}`", f"`{e.tag}`" if e.tag else "API only") for e in load.catalogue().events)),
    ]
    for name in load.shipped_specs():
        parts += _spec(name)
    return _page(parts)


def _spec(name: str) -> Iterator[str]:
    """One spec: its events, and those of its fields that its parent does not have."""
    document = json.loads((ROOT / "mappings" / "specs" / f"{name}.json").read_text("utf-8"))
    parent = document.get("extends")
    yield f"## {name}: {document['title']}"
    yield document["description"] + (f" Extends `{parent}`." if parent else "")
    yield _table(("call", "event", "becomes", "channels"), map(_rule, document["events"]))
    rows = [(f"`{field}`", _sources(part), _read_as(field, part, parent)) for field, part in document.get("fields", {}).items() if part["from"]]
    yield _table(("value", "from, first that is usable", "as"), rows) if rows else ""
    items = document.get("items", {}).get("fields", {})
    rows = [(f"`{field}`", _sources(part), _read_as(field, part, parent, of_items=True)) for field, part in items.items()]
    yield _table(("value of a product", "from, first that is usable", "as"), rows) if rows else ""


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


def transforms() -> str:
    """The page on transforms, from their docstrings."""
    from pinterest_destination import identity
    from pinterest_destination.rules import transforms as engine

    plain = ((f"`{name}`", made.expects, made.apply.__doc__ or "") for name, made in engine.TRANSFORMS.items())
    made = ((f"`{name}`", "text", getattr(engine, name).__doc__ or "") for name in sorted(engine.FACTORIES))
    keys = ((f"`{key}`", identity.EXPECTED[key], (normalise.__doc__ or "").partition(": ")[2]) for key, normalise in identity.KEYS.items())
    heads = ("`as`", "accepts", "gives")
    parts = [
        "# Transforms",
        _made_from("pinterest_destination/rules/transforms.py and identity.py"),
        "What `as` in a spec document does with a value. What a transform does not accept leaves a problem, and the next source is tried.",
        _table(heads, ((name, expects, _first(text)) for name, expects, text in plain)),
        "## With words in `of`",
        _table(heads, ((name, expects, _first(text)) for name, expects, text in made)),
        "## Match keys",
        "SHA-256 digests, in a list, of one value or of all values in a list. A digest passes as it is. The rules are "
        "those of `user_data` in Pinterest's OpenAPI 5.23; values that only stand for a missing one are never hashed.",
        _table(heads, ((name, expects, _first(text)) for name, expects, text in keys)),
    ]
    return _page(parts)


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split()).replace("*of*", "`of`").replace("*names*", "in `of`")


# -- pages of other tools


def segment_actions() -> str:
    """The page on Segment's Pinterest Conversions API (Actions): the presets document, an example, and the list of differences."""
    from pinterest_destination import Destination
    from pinterest_destination.rules._work import MAX_WORK
    from pinterest_destination.rules.directives import paths_read
    from pinterest_destination.rules.fql import FIELDS
    from pinterest_destination.rules.presets import presets

    listed = json.loads((DOCS.parent / "tests" / "conformance" / "segment_actions.json").read_text("utf-8"))
    destination = Destination(json.loads(ACTIONS_SETTINGS), clock=lambda: ACTIONS_NOW)
    made = destination.transform(json.loads(ACTIONS_EVENT))
    known = presets()
    parts = [
        "# Segment: Pinterest Conversions API (Actions)",
        _made_from("mappings/presets/segment_actions.json, tests/conformance/segment_actions.json and itself"),
        "Segment's destination of that name makes one Conversions API event of each event that one of its mappings is for. "
        "Its settings and mappings run here as they are, and the browser's calls come with them: both channels from one payload, "
        "with the same id, value, currency and products.",
        "## What to paste where",
        "Put the destination's two settings and its mappings into one JSON file, here `segment.json`. A mapping has the keys that Segment gives it: "
        "`name`, `subscribe` (the trigger), `partnerAction`, `mapping` and `enabled`; the list of them is `mappings` or `subscriptions`. The token may also be `{\"env\": \"NAME\"}` or `{\"file\": \"path\"}`.",
        f"```json\n{ACTIONS_SETTINGS}\n```",
        "Without a list, all 16 presets count. The two bare settings look like native ones, so name the dialect then: "
        "`--dialect segment_actions`, or `Settings.load(settings, \"segment_actions\")`.",
        "```sh\n"
        "pinterest-destination check segment.json                      # every fault, with its place; and what is worth a warning\n"
        "pinterest-destination explain -s segment.json order.json      # which mapping, which place in the event\n"
        "pinterest-destination settings segment.json > settings.json   # the same as native settings\n"
        "```",
        "Where an event triggers several mappings, `explain` tells for each its trigger, what it becomes, and apart from the others the fields of its payloads; "
        "with `--json` each field has its `subscription`.",
        "In native settings the list is [`subscriptions`](../settings.md#subscriptions): rows with `subscribe` and `mapping`, or with the name of a "
        "`preset` and what is to lie over it. There you may add what Segment's form does not have, such as `tag_id`, `enhanced_match` "
        "or `custom_properties`, whose paths lead into the event.",
        "## An example",
        "With the settings above, this event, which may be `order.json`,",
        f"```json\n{ACTIONS_EVENT}\n```",
        "becomes this for the tag",
        _block(made.pintrk),
        "and this for the Conversions API:",
        _block(made.capi),
        "`destination.problems` tells once what is worth knowing of the mappings:",
        "\n".join(f"- `{problem.code}` at `{problem.path}`: {problem.message}." for problem in destination.problems),
        "## How it runs",
        "An event goes to each mapping that is on and whose trigger is for it; one that no trigger is for is not sent (`not_subscribed`, "
        "no error), one that several are for is sent several times. What the mapping gives is the payload. The rules of "
        "`mappings/specs/segment_actions.json` read it below `payload`; what they list there is all that is sent, and `overrides` may "
        "add to it. Personal data that a mapping puts into a field that is not hashed leaves as a digest, with a warning. "
        f"With `{known.formats.field}` \"latest\" the fields of the other format do not count, and without it those of the latest: "
        + "; ".join(f"{name} has {', '.join(f'`{field}`' for field in fields)}" for name, fields in known.formats.only.items()) + ".",
        "## Presets",
        _table(("preset", "trigger", "becomes"), ((preset.name, f"`{preset.subscribe}`", f"`{preset.mapping['event_name']}`") for preset in known.presets)),
        "All fill the same fields, as Segment's form does:",
        _table(("payload", "from"), _filled(known.mapping, paths_read)),
        "Some of these defaults harm, and are mended unless `preset_defaults` is \"original\":",
        _table(("payload", "Segment's default", "here", "in"), ((", ".join(_dotted(at) for at in row.at), row.why, row.instead, ", ".join(row.presets) or "all presets") for row in known.mended)),
        "## Triggers",
        f"Triggers are Segment's FQL. They compare {', '.join(f'`{name}`' for name in FIELDS)} (the last three with a path) by `=`, `!=`, `<`, `<=`, `>`, `>=`, "
        "`contains(field, \"x\")`, `match(field, \"x*\")` and `!` before one of these two, joined by `and`, `or` and parentheses one level deep. "
        "What Segment's parser ignores is ignored here as well, and told as `odd_subscription`. Two things are read as they are meant:",
        _table(("what", "such as", "Segment", "here"), ((row["what"], f"`{row['trigger']}`", row["segment"], row["here"]) for row in listed["triggers"])),
        "## Directives",
        "All but one of Segment's 13 directives run as they do there; wrong ones are told when the settings are loaded, with their places.",
        _table(("what", "Segment", "here"), ((row["what"], row["segment"], row["here"]) for row in listed["mappings"])),
        f"A mapping that would make more than {MAX_WORK:,} rows, parts and characters of one event, because it uses over and over what it has made, "
        "gives nothing for that event.",
        "## Where the events differ",
        "Everything else that Segment sends is sent here, too. The conformance tests hold it, event by event, against what Segment sends: "
        "they are made from this list.",
        _table(("field", "Segment", "here", "why"), ((row["field"], row["segment"], row["here"], row["why"]) for row in listed["differences"])),
    ]
    return _page(parts)


def _block(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _dotted(pointer: str) -> str:
    return f"`{pointer.removeprefix('/').replace('/', '.')}`"


def _filled(mapping: dict[str, Any], paths_read: Callable[[Any], list[str]], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each field that a mapping fills, and what from."""
    for key, part in mapping.items():
        paths = list(dict.fromkeys(path.removeprefix("$.") for path in paths_read(part)))
        if isinstance(part, dict) and not any(name.startswith("@") for name in part):
            yield from _filled(part, paths_read, f"{prefix}{key}.")
        elif isinstance(part, dict) and "@arrayPath" in part:
            root, shape = part["@arrayPath"]
            yield from _rows(f"{prefix}{key}", root, shape)
        else:
            yield f"`{prefix}{key}`", ", else ".join(f"`{path}`" for path in paths) or f"the constant {_code(part)}"


def _rows(field: str, root: str, shape: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, part in shape.items():
        yield f"`{field}[].{key}`", f"`{root.removeprefix('$.')}[].{part['@path'].removeprefix('$.')}`"


ACTIONS_NOW = 1795341660
ACTIONS_SETTINGS = """{
  "ad_account_id": "549755885175",
  "conversion_token": "pina_EXAMPLE",
  "mappings": [
    {
      "name": "Orders",
      "subscribe": "type = \\"track\\" AND event = \\"Order Completed\\"",
      "partnerAction": "reportConversionEvent",
      "enabled": true,
      "mapping": {
        "data_format": "latest",
        "event_name": "checkout",
        "action_source": "web",
        "event_time": {"@path": "$.timestamp"},
        "event_id": {"@path": "$.messageId"},
        "opt_out": true,
        "user_data": {
          "email": {
            "@if": {
              "exists": {"@path": "$.properties.email"},
              "then": {"@path": "$.properties.email"},
              "else": {"@path": "$.traits.email"}
            }
          }
        },
        "custom_data_2": {
          "value": {"@path": "$.properties.total"},
          "currency": {"@path": "$.properties.currency"},
          "order_id": {"@template": "shop-{{properties.order_id}}"}
        },
        "contents": {
          "@arrayPath": [
            "$.properties.products",
            {"id": {"@path": "$.product_id"}, "item_price": {"@path": "$.price"}, "quantity": {"@path": "$.quantity"}}
          ]
        }
      }
    }
  ]
}"""
ACTIONS_EVENT = """{
  "type": "track",
  "event": "Order Completed",
  "messageId": "msg-1",
  "timestamp": "2026-11-22T10:00:00Z",
  "properties": {
    "order_id": "O-1",
    "total": "35.00",
    "currency": "usd",
    "email": "Jane@Example.com",
    "products": [{"product_id": "P-1", "price": 10, "quantity": 2}, {"product_id": "S-2", "price": "15.00"}]
  }
}"""


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
    return _table(("here", "the original", "fixture"), rows)


SPECS_PAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"funnelfox": ("funnelfox",), "ga4": ("ga4", "gtm", "stape"), "metarouter": ("metarouter",), "rudderstack": ("rudderstack",), "segment": ("segment",)}
)
"""Pages in docs/specs/, each with the first words of the names of its cases in tests/cases."""


def spec_page(name: str) -> str:
    """The page on one spec, as it is, with the differences that its cases show, where it has a table of them."""
    page = (ROOT / "docs" / "specs" / f"{name}.md").read_text("utf-8")
    if MADE not in page:
        return page
    before, _, rest = page.partition(MADE)
    source, _, _ = rest.partition("\n")
    _, _, after = page.partition(END)
    cases = sorted(path for first in SPECS_PAGES[name] for path in (ROOT / "tests" / "cases").glob(f"*/{first}_*.json"))
    made = ((path, json.loads(path.read_text("utf-8"))) for path in cases)
    rows = [(case["description"], case["original"], _case_link(path)) for path, case in made if "original" in case]
    return f"{before}{MADE}{source}\n\n{_table(('here', 'the original', 'case'), rows)}\n\n{END}{after}"


def _case_link(path: Path) -> str:
    return f"[{path.parent.name}/{path.stem}](../../{path.relative_to(ROOT).as_posix()})"


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
