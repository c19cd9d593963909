"""Settings written back as native JSON."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.rules.presets import presets
from pinterest_destination.settings import Secret, Settings, to_native

TOKEN = "PINTEREST_CONVERSION_TOKEN"  # noqa: S105 - the name of a variable
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5).filter(str.strip)
few_names = st.sampled_from(["A", "a", "B", " b ", "add_to_cart", "AddToCart"]) | names
targets = st.sampled_from(["add_to_cart", "AddToCart", "Add to cart", "Lead", "mine", "Mine", "my_own", "my-own"])
steps = names.filter(lambda name: "." not in name and "\\" not in name)
paths = st.lists(steps, min_size=1, max_size=3).map(".".join) | st.just(r"a\.b")
rows = st.fixed_dictionaries(
    {"from": paths},
    optional={
        "to": names,
        "as": st.sampled_from(["auto", "text", "number", "boolean", "json"]),
        "channels": st.lists(st.sampled_from(["browser", "capi"]), min_size=1),
    },
)
mappings = st.dictionaries(names.filter(lambda name: "@" not in name), st.booleans() | st.just({"@path": "$.a"}), max_size=2)
parts = {"name": names, "mapping": mappings, "enabled": st.booleans()}
subscription_rows = st.fixed_dictionaries({"preset": st.sampled_from(["Checkout", "Lead"])}, optional={"subscribe": st.just("type = page"), **parts}) | st.fixed_dictionaries(
    {"subscribe": st.sampled_from(["type = page", 'event = "x" OR type = "y"'])}, optional=parts
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "tag_id": st.from_regex("[0-9]{1,20}", fullmatch=True),
        "conversion_token": st.just("pina_token"),
        "api_version": st.sampled_from(["v5", "v3"]),
        "spec": st.sampled_from(["ecommerce", "segment", "/specs/shop.json"]),
        "overrides": st.none() | st.fixed_dictionaries({}, optional={"options": st.fixed_dictionaries({"unmapped": st.sampled_from(["pass", "drop"])}), "events": st.just([])}),
        "event_map": st.dictionaries(few_names, targets | st.lists(targets, min_size=1))
        | st.lists(st.fixed_dictionaries({"from": few_names, "to": targets})),
        "custom_properties": st.lists(paths | rows),
        "event_id": paths | st.lists(paths),
        "subscriptions": st.none() | st.just("presets") | st.lists(subscription_rows),
        "preset_defaults": st.sampled_from(["mended", "original"]),
        "enhanced_match": st.lists(st.sampled_from(["em", "ph", "external_id"])),
        "send_external_id": st.booleans(),
        "content_id": st.sampled_from([None, "product_id", "sku", "variant"]),
        "test_mode": st.booleans(),
        "consent": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "categories": st.lists(st.sampled_from(["C0004", "Advertising", " ads "])),
                "match": st.sampled_from(["all", "any"]),
                "unknown": st.sampled_from(["denied", "granted"]),
                "from": st.none() | st.lists(paths, min_size=1),
            },
        ),
        "log": st.sampled_from(["none", "debug", "always"]),
        "strict": st.booleans(),
        "np": st.none() | st.just("example"),
        "delivery": st.fixed_dictionaries(
            {},
            optional={
                "base_url": st.sampled_from([None, "http://127.0.0.1:8090", "https://example.com/"]),
                "max_batch_bytes": st.integers(1, 100_000_000),
                "horizon": st.integers(1, 604_800) | st.floats(1, 604_800),
                "read_timeout": st.floats(0, 600, exclude_min=True),
                "keep_delivered": st.integers(0, 604_800),
                "environment_proxies": st.booleans(),
            },
        ),
    },
)


def bare(settings):
    """Settings without where they came from."""
    return evolve(
        settings,
        dialect="native",
        file="",
        problems=(),
        event_map=tuple(evolve(row, pointer="") for row in settings.event_map),
        custom_properties=tuple(evolve(row, pointer="") for row in settings.custom_properties),
        subscriptions=settings.subscriptions and tuple(evolve(row, pointer="") for row in settings.subscriptions),
    )


@pytest.mark.property
@given(documents)
def test_what_is_written_reads_the_same(document):
    """Reading the native form of settings gives equal settings, whatever they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, "pina_token")
        settings = Settings.load(document)

        again = Settings.load(json.loads(json.dumps(to_native(settings))))

    assert bare(again) == bare(settings)


def test_only_what_differs_from_the_defaults_is_written():
    """Default settings are an empty object."""
    assert to_native(Settings()) == {}
    assert to_native(Settings.load({"event_id": [], "enhanced_match": ["em"], "content_id": None})) == {}


def test_of_delivery_too_only_what_differs_is_written():
    """An object that says nothing is left out."""
    document = {"delivery": {"base_url": "https://example.com", "read_timeout": 60.0, "horizon": 86400}}

    assert json.dumps(to_native(Settings.load(document))) == (
        '{"delivery": {"base_url": "https://example.com", "read_timeout": 60}}'
    )
    assert to_native(Settings.load({"delivery": {"horizon": 86400}})) == {}


def test_the_token_is_never_written():
    """In its place stands the variable to put it into."""
    settings = Settings(conversion_token=Secret("pina_token"))

    assert to_native(settings) == {"conversion_token": {"env": "PINTEREST_CONVERSION_TOKEN"}}


def test_rows_are_written_in_their_shortest_form():
    """An object for the event map and a bare path for a plain custom property, wherever that says all."""
    document = {
        "event_map": {"a": "Lead", "b": ["Signup", "Custom"]},
        "custom_properties": ["x", {"from": "x", "to": "y", "as": "text", "channels": ["browser"]}],
    }

    assert to_native(Settings.load(document)) == document


def test_an_event_map_that_an_object_would_reorder_is_written_as_rows():
    """The order of the rows is the order of the calls."""
    rows = [{"from": "a", "to": "Lead"}, {"from": "b", "to": "Lead"}, {"from": "a", "to": "Signup"}]

    assert to_native(Settings.load({"event_map": rows}))["event_map"] == rows


def test_a_translated_dialect_is_written_natively():
    """This is what `pinterest-destination settings` shows."""
    config = {"tagId": "1", "enhancedMatch": True, "apiVersion": "newApi", "eventsMapping": [{"from": "a", "to": "Lead"}]}

    assert to_native(Settings.load(config)) == {
        "tag_id": "1",
        "spec": "rudderstack",
        "event_map": {"a": "Lead"},
        "send_external_id": False,
        "unmapped": "pass",
    }


def test_all_presets_are_one_word():
    """However they were given; as soon as one says something of its own, they are rows."""
    rows = [{"preset": name} for name in presets().names()]
    spec = {"spec": "segment_actions"}

    assert to_native(Settings.load({"subscriptions": "presets"})) == spec | {"subscriptions": "presets"}
    assert to_native(Settings.load({"subscriptions": rows})) == spec | {"subscriptions": "presets"}
    assert to_native(Settings.load({"subscriptions": rows[1:]})) == spec | {"subscriptions": rows[1:]}
    assert to_native(Settings.load({"subscriptions": [{"preset": "Lead", "enabled": False, "name": "x", "mapping": {}}]})) == spec | {"subscriptions": [{"preset": "Lead", "name": "x", "enabled": False}]}
