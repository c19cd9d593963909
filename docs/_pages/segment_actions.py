"""The page on Segment's Pinterest Conversions API (Actions)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docs._pages.markdown import block, code, made_from, page, table

ROOT = Path(__file__).parents[2]

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




def segment_actions() -> str:
    """The page on Segment's Pinterest Conversions API (Actions): the presets document, an example, and the list of differences."""
    from pinterest_destination import Destination
    from pinterest_destination.rules._work import MAX_WORK
    from pinterest_destination.rules.directives import paths_read
    from pinterest_destination.rules.fql import FIELDS
    from pinterest_destination.rules.presets import presets

    listed = json.loads((ROOT / "tests" / "conformance" / "segment_actions.json").read_text("utf-8"))
    destination = Destination(json.loads(ACTIONS_SETTINGS), clock=lambda: ACTIONS_NOW)
    made = destination.transform(json.loads(ACTIONS_EVENT))
    known = presets()
    parts = [
        "# Segment: Pinterest Conversions API (Actions)",
        made_from("mappings/presets/segment_actions.json, tests/conformance/segment_actions.json and itself"),
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
        block(made.pintrk),
        "and this for the Conversions API:",
        block(made.capi),
        "`destination.problems` tells once what is worth knowing of the mappings:",
        "\n".join(f"- `{problem.code}` at `{problem.path}`: {problem.message}." for problem in destination.problems),
        "## How it runs",
        "An event goes to each mapping that is on and whose trigger is for it; one that no trigger is for is not sent (`not_subscribed`, "
        "no error), one that several are for is sent several times. What the mapping gives is the payload. The rules of "
        "`mappings/specs/segment_actions.json` read it below `payload`; what they list there is all that is sent, and `overrides` may "
        "add to it. Personal data that a mapping puts into a field that is not hashed leaves as a digest, with a warning; where no digest can stand, as in a URL, nothing leaves. "
        "That goes for what is read at a place of personal data, for all that is made of an object that such a place lies in, as `$.context` or the whole event "
        "(a field that is read within the object, as `order_id` in `$.properties`, counts by its own place), and for what a path or template gives that "
        "the mapping does not spell out. In other objects that `@json` writes as text, what has a name such as phone or email is a digest as well, without a warning. "
        f"With `{known.formats.field}` \"latest\" the fields of the other format do not count, and without it those of the latest: "
        + "; ".join(f"{name} has {', '.join(f'`{field}`' for field in fields)}" for name, fields in known.formats.only.items()) + ".",
        "## Presets",
        table(("preset", "trigger", "becomes"), ((preset.name, f"`{preset.subscribe}`", f"`{preset.mapping['event_name']}`") for preset in known.presets)),
        "All fill the same fields, as Segment's form does:",
        table(("payload", "from"), _filled(known.mapping, paths_read)),
        "Some of these defaults harm, and are mended unless `preset_defaults` is \"original\":",
        table(("payload", "Segment's default", "here", "in"), ((", ".join(_dotted(at) for at in row.at), row.why, row.instead, ", ".join(row.presets) or "all presets") for row in known.mended)),
        "## Triggers",
        f"Triggers are Segment's FQL. They compare {', '.join(f'`{name}`' for name in FIELDS)} (the last three with a path) by `=`, `!=`, `<`, `<=`, `>`, `>=`, "
        "`contains(field, \"x\")`, `match(field, \"x*\")` and `!` before one of these two, joined by `and`, `or` and parentheses one level deep. "
        "What Segment's parser ignores is ignored here as well, and told as `odd_subscription`. Two things are read as they are meant:",
        table(("what", "such as", "Segment", "here"), ((row["what"], f"`{row['trigger']}`", row["segment"], row["here"]) for row in listed["triggers"])),
        "## Directives",
        "All but one of Segment's 13 directives run as they do there; wrong ones are told when the settings are loaded, with their places.",
        table(("what", "Segment", "here"), ((row["what"], row["segment"], row["here"]) for row in listed["mappings"])),
        f"A mapping that would make more than {MAX_WORK:,} rows, parts and characters of one event, because it uses over and over what it has made, "
        "gives nothing for that event: the problem `excessive_mapping` tells its place.",
        "## Where the events differ",
        "Everything else that Segment sends is sent here, too. The conformance tests hold it, event by event, against what Segment sends: "
        "they are made from this list.",
        table(("field", "Segment", "here", "why"), ((row["field"], row["segment"], row["here"], row["why"]) for row in listed["differences"])),
    ]
    return page(parts)


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
            yield f"`{prefix}{key}`", ", else ".join(f"`{path}`" for path in paths) or f"the constant {code(part)}"


def _rows(field: str, root: str, shape: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, part in shape.items():
        yield f"`{field}[].{key}`", f"`{root.removeprefix('$.')}[].{part['@path'].removeprefix('$.')}`"
