"""Makes the playground's library of examples of mapping fixtures: `python tools/playground/examples.py` writes it.

ADD AN EXAMPLE HERE: one row of `LIBRARY`. The times of fixtures become marks, for which the page puts the present time.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
TARGET = ROOT / "pinterest_destination" / "playground" / "examples.json"
TAG = {"tag_id": "2612345678901"}
"""Settings of our own that name no tag get one, or there would be no page code."""
NATIVE = {"spec", "event_map", "custom_properties", "enhanced_match", "consent", "subscriptions", "event_id"}


class Row(NamedTuple):
    """One example: the spec it stands for, its title, and its fixture below tests/cases."""

    spec: str
    title: str
    case: str


LIBRARY = (
    Row("ecommerce", "Order with products", "checkout/order_completed"),
    Row("ecommerce", "Product added", "add_to_cart/product_added"),
    Row("ecommerce", "Custom properties", "checkout/custom_properties"),
    Row("ecommerce", "App opened, with its device", "app_open/app_and_device"),
    Row("ecommerce", "Limited data processing", "checkout/limited_data_processing_by_event"),
    Row("ecommerce", "Consent by category", "checkout/consent_granted_by_id"),
    Row("ecommerce", "Values of the wrong type", "add_to_cart/values_of_wrong_type"),
    Row("rudderstack", "Order, settings of RudderStack", "checkout/rudderstack_order"),
    Row("rudderstack", "Product added", "add_to_cart/rudderstack_product_added"),
    Row("segment", "Order", "checkout/segment_order"),
    Row("segment", "Product added", "add_to_cart/segment_added_product"),
    Row("segment", "Video started", "watch_video/segment_video"),
    Row("segment_actions", "Order, by a preset", "checkout/segment_actions_preset"),
    Row("segment_actions", "Every field", "checkout/segment_actions_everything"),
    Row("metarouter", "Order", "checkout/metarouter_order"),
    Row("metarouter", "Products searched", "search/metarouter_products_searched"),
    Row("ga4", "Purchase", "checkout/ga4_purchase"),
    Row("ga4", "Search", "search/ga4_search"),
    Row("ga4", "Measurement Protocol", "checkout/ga4_measurement_protocol"),
    Row("funnelfox", "Checkout", "checkout/funnelfox_checkout"),
    Row("funnelfox", "Transaction", "checkout/funnelfox_transaction"),
)

UNITS = {"{seconds}": 1, "{milliseconds}": 1000, "{microseconds}": 1_000_000}
FIRST, LAST = 1768348800, 1768608000  # 2026-01-14 and 2026-01-17: the days on which fixtures happen


def library() -> str:
    """The text of examples.json."""
    return json.dumps({"examples": [_example(row) for row in LIBRARY]}, indent=2, ensure_ascii=False) + "\n"


def _example(row: Row) -> dict[str, Any]:
    case = json.loads((CASES / f"{row.case}.json").read_text("utf-8"))
    settings = case["settings"]
    extra = TAG if "tag_id" not in settings and set(settings) <= NATIVE else {}
    title = json.loads((ROOT / "mappings" / "specs" / f"{row.spec}.json").read_text("utf-8"))["title"]
    return {
        "group": title,
        "title": row.title,
        "description": case["description"],
        "settings": {**extra, **settings},
        "event": _marked(case["event"]),
    }


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_marked(part) for part in value]
    if isinstance(value, str):
        return "{now}" if re.fullmatch(r"2026-01-1[45]T[\d:.]+Z", value) else value
    if isinstance(value, int) and not isinstance(value, bool):
        return next((mark for mark, unit in UNITS.items() if FIRST <= value / unit <= LAST), value)
    return value


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.exists() and TARGET.read_text("utf-8") == library() else "examples.json is out of date: run tools/playground/examples.py")
    TARGET.write_text(library(), "utf-8")
