"""The generated code: readable, shown in tracebacks, safe against any name in a document, shared where it is the same."""

import gc
import json
import keyword
import linecache
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from pinterest_destination import Destination
from pinterest_destination._resources import mappings
from pinterest_destination.plan import compiler, emit, runtime
from pinterest_destination.plan.writer import RESERVED

EVENT: dict[str, Any] = {"type": "track", "event": "Order Completed", "messageId": "m", "timestamp": 1700000000, "context": {"traits": {"email": "jane@example.com"}}}


def test_the_code_has_a_function_for_each_call_type_and_says_which_field_a_line_is_for():
    """A reader finds `# value` and the paths behind it in one place."""
    source = Destination({}).plan.source

    assert re.findall(r"^def (\w+)\(", source, re.MULTILINE) == ["head", "item", "track", "page", "screen", "identify", "load"]
    assert "    # value\n    if (\n        (_raw := _properties.get('value')) is not None\n        or (_raw := _properties.get('revenue')) is not None\n" in source
    assert max(map(len, source.splitlines())) < 400


def test_a_traceback_shows_the_generated_lines():
    """Debuggers find the source by the name of its file."""
    destination = Destination({})
    code = destination.plan.functions["track"].__code__

    assert linecache.getline(code.co_filename, code.co_firstlineno) == "def track(_event, _browser, _capi, _now, _problems):\n"
    assert "".join(linecache.getlines(code.co_filename)) == destination.plan.source


def test_plans_of_the_same_code_share_it():
    """A second destination with equal settings compiles nothing."""
    first, second = Destination({"tag_id": "1"}), Destination({"tag_id": "2"})

    assert first.plan.functions["track"].__code__ is second.plan.functions["track"].__code__


def test_accounts_with_the_same_rules_share_a_plan():
    """What no rule asks for, such as the account and its token, is each destination's own; nothing is compiled for it."""
    asked = {"np": "shared"}
    first = Destination({**asked, "ad_account_id": "549755885175", "conversion_token": "pina_EXAMPLE"})
    second = Destination({**asked, "ad_account_id": "549755885176", "strict": True, "log": "debug", "delivery": {"read_timeout": 5}})
    third = Destination({**asked, "tag_id": "2612345678901"})

    assert first.plan.functions is second.plan.functions
    assert first.plan.functions is not third.plan.functions
    assert [each.plan.settings.ad_account_id for each in (first, second)] == ["549755885175", "549755885176"]
    assert [each.plan.settings is each.settings for each in (first, second, third)] == [True, True, True]


def test_problems_of_settings_stay_with_their_destination():
    """Another account's translation is nobody else's."""
    warned = Destination({"adAccountId": "549755885175", "conversionToken": "pina_EXAMPLE", "tagId": "1", "unknownKey": 1})
    quiet = Destination({"adAccountId": "549755885176", "conversionToken": "pina_EXAMPLE", "tagId": "1"})

    assert set(warned.problems) - set(quiet.problems)
    assert not set(quiet.problems) - set(warned.problems)


def test_documents_of_the_users_own_are_compiled_each_time(tmp_path):
    """They may ask for any setting, and be changed in the meantime."""
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"kind": "spec", "name": "own", "extends": "ecommerce"}))
    each: list[dict[str, Any]] = [{"overrides": {}}, {"spec": str(own)}, {"subscriptions": "presets"}]
    for own_settings in each:
        first, second = Destination(own_settings), Destination(own_settings)

        assert first.plan.functions is not second.plan.functions


def test_no_shipped_document_asks_for_what_is_apart():
    """Plans are shared over settings that differ in it."""
    text = "".join(path.read_text("utf-8") for path in Path(str(mappings())).rglob("*.json"))

    assert [name for name in compiler.APART if f'"{name}"' in text] == []


@pytest.mark.parametrize("name", sorted({*emit.CALLED - {"NOTHING"}, "class", "as_text", "find_it", "write_number", "track_dotted", "event", "raw", "item", "problem"}))
def test_a_field_may_have_any_name(name):
    """Python's own words and those of the engine are no trouble: the variable is then called otherwise."""
    variable = emit.local(name)

    assert variable.isidentifier()
    assert not keyword.iskeyword(variable)
    assert variable not in {*emit.CALLED, *RESERVED}
    assert variable.rstrip("_") == name.rstrip("_")


def test_values_of_settings_are_no_part_of_the_code():
    """Tenants whose settings differ in values only share one source."""
    first, second = Destination({"partner_name": "ss-a", "app_id": "1", "np": "x"}), Destination({"partner_name": "ss-b", "app_id": "2", "np": "y"})

    assert first.plan.source is second.plan.source
    assert first.transform(EVENT).capi[0]["partner_name"] == "ss-a"
    assert second.transform(EVENT).capi[0]["partner_name"] == "ss-b"


def test_the_lines_of_a_plan_that_is_gone_are_forgotten():
    """Settings that come and go leave nothing in `linecache`."""
    compiler._compiled.cache_clear()
    gc.collect()
    before = {name for name in linecache.cache if "pinterest_destination" in name and name.startswith("<")}
    destination = Destination({"custom_properties": ["gone"]})
    during = {name for name in linecache.cache if "pinterest_destination" in name and name.startswith("<")}
    del destination
    compiler._shared.cache_clear()
    compiler._compiled.cache_clear()
    gc.collect()

    assert len(during - before) == 1
    assert not (during - before) & linecache.cache.keys()


def test_nothing_of_a_document_gets_into_the_code_but_as_a_literal():
    """Paths and constants with quotes, line breaks and code in them stay text."""
    nasty = "a'); raise SystemExit('\"\n#.b"
    settings = {"overrides": {"fields": {"coupon": {"from": [f"properties.{nasty}", {"give": nasty, "when": [{"path": nasty, "is": [nasty]}]}], "as": "text"}}}}

    conversion = Destination(settings).transform({**EVENT, "a'); raise SystemExit('\"\n#": {"b": nasty}})

    assert conversion.pintrk[0][2]["coupon"] == nasty


def test_objects_called_like_the_engines_own_variables_are_no_trouble():
    """A path may begin with event, raw or problems."""
    paths = [f"{name}.x" for name in ("event", "raw", "problems", "browser", "capi", "now", "items", "data")]
    settings = {"overrides": {"fields": {"coupon": {"from": paths, "as": "text"}}}}

    for path in paths:
        event = {**EVENT, path.partition(".")[0]: {"x": "found"}, "event": EVENT["event"]} if not path.startswith("event.") else {**EVENT, path: "found"}
        assert Destination(settings).transform(event).pintrk[0][2]["coupon"] == "found"


def test_an_event_with_dotted_keys_takes_the_twin_and_gives_the_same():
    """A literal key that equals the rest of a path wins; nested objects still count; nothing is told twice."""
    destination = Destination({}, clock=lambda: 1700000000)
    nested = {**EVENT, "properties": {"order_id": "nested", "coupon": 5}, "traits": "wrong"}
    dotted = {**nested, "properties.order_id": "literal"}

    plain, literal = destination.transform(nested), destination.transform(dotted)

    assert literal.pintrk[0][2] == {**plain.pintrk[0][2], "order_id": "literal"}
    assert literal.problems == plain.problems
    assert "traits" in [problem.path for problem in literal.problems]


def test_the_twin_is_built_once_even_by_many_threads():
    """The first event with a dotted key pays for it."""
    destination = Destination({})
    event = {**EVENT, "properties.order_id": "x"}
    made = []
    threads = [threading.Thread(target=lambda: made.append(destination.transform(event))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert all(conversion == made[0] for conversion in made)


def test_items_may_be_one_object_several_lists_or_the_event_itself():
    """The first path with products counts; what is no product is told by its place."""
    settings = {"overrides": {"items": {"from": ["properties.books", "properties.products"], "own": {"root": "properties", "any": [["sku", "name"]]}}}}
    destination = Destination(settings, clock=lambda: 1700000000)

    def rows(**properties):
        conversion = destination.transform({**EVENT, "properties": properties})
        return conversion.pintrk[-1][2].get("line_items"), [p.path for p in conversion.problems if p.code in ("invalid_item", "unusable_value")]

    assert rows(books={"sku": "s"}) == ([{"product_id": "s", "product_quantity": 1}], [])
    assert rows(books=[], products=[{"sku": "s"}, None, {}, {"x": 1}]) == ([{"product_id": "s", "product_quantity": 1}], ["properties.products.1", "properties.products.2", "properties.products.3"])
    assert rows(books="a,b", sku="s", name="n") == ([{"product_id": "s", "product_name": "n", "product_quantity": 1}], ["properties.books"])
    assert rows(sku="s") == (None, [])
    assert rows(books=[{"quantity": "many"}]) == (None, ["properties.books.0.quantity", "properties.books.0"])


def test_a_spec_without_own_products_finds_none_in_the_event():
    """`own: null` takes the parent's away."""
    conversion = Destination({"overrides": {"items": {"own": None}}}).transform({**EVENT, "properties": {"sku": "s"}})

    assert "line_items" not in conversion.pintrk[0][2]


def test_targets_share_nothing():
    """Changing one payload leaves the others alone."""
    destination = Destination({"event_map": {"Order Completed": ["Checkout", "Lead"]}})

    conversion = destination.transform({**EVENT, "properties": {"products": [{"sku": "s"}]}})
    conversion.pintrk[0][2]["line_items"][0]["product_id"] = "changed"
    conversion.capi[0]["user_data"]["em"].append("changed")

    assert conversion.pintrk[1][2]["line_items"][0]["product_id"] == "s"
    assert len(conversion.capi[1]["user_data"]["em"]) == 1


def test_each_api_event_begins_with_its_name():
    """Several targets of one event: the same keys in the same order, each under its own name."""
    destination = Destination({"event_map": {"Order Completed": ["Checkout", "Lead", "Signup"]}})

    made = destination.transform({**EVENT, "properties": {"value": 7}}).capi

    assert [next(iter(payload.items())) for payload in made] == [("event_name", "checkout"), ("event_name", "lead"), ("event_name", "signup")]
    assert len({tuple(payload) for payload in made}) == 1


@pytest.mark.parametrize(("browser", "capi"), [((), ("checkout",)), (("Checkout",), ()), (("Checkout",), ("checkout",))])
def test_a_product_becomes_an_object_only_for_channels_that_have_the_event(browser, capi):
    """What both need is read in any case, problems included."""
    item = Destination({}).plan.functions["track"].__globals__["item"]
    told: list[Any] = []

    quantity, product, for_tag, for_api = item({"product_id": "p-1", "price": "much"}, ("properties.products", 2), told, browser, capi)

    assert (quantity, product) == (1, "p-1")
    assert for_tag == ({"product_id": "p-1", "product_quantity": 1} if browser else {})
    assert for_api == ({"id": "p-1", "quantity": 1} if capi else {})
    assert [problem.path for problem in told] == ["properties.products.2.price"]


def test_a_part_of_a_product_that_is_no_object_is_told_by_its_place():
    """Fields of products may stand in objects of their own."""
    settings = {"overrides": {"items": {"fields": {"brand": {"from": ["maker.name"], "as": "text"}}}}}

    conversion = Destination(settings).transform({**EVENT, "properties": {"products": [{"sku": "a", "maker": {"name": "M"}}, {"sku": "b", "maker": "M"}]}})

    assert [item.get("item_brand") for item in conversion.capi[0]["custom_data"]["contents"]] == ["M", None]
    assert [problem.path for problem in conversion.problems if problem.code == "unusable_value"] == ["properties.products.1.maker"]


def test_runtime_helpers_are_exact():
    """Words compare without case and outer spaces, booleans as booleans; places are dot-paths."""
    assert runtime.says(" Web ", frozenset({"web"}))
    assert not runtime.says(1, frozenset({True}))
    assert runtime.at(("properties.products", 2)) == "properties.products.2"
    assert runtime.at(("properties.products", 2), "maker.name") == "properties.products.2.maker.name"
    assert runtime.at((), "type") == "type"


def test_a_field_that_the_api_does_not_document_is_sent_only_by_setting():
    """`advertiser_tracking_enabled` is in no schema, but some accounts take it."""
    event = {**EVENT, "context": {**EVENT["context"], "device": {"adTrackingEnabled": True}}}

    assert "advertiser_tracking_enabled" not in Destination({}).transform(event).capi[0]
    assert Destination({"advertiser_tracking_enabled": True}).transform(event).capi[0]["advertiser_tracking_enabled"] is True
