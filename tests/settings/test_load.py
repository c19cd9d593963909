"""JSON becomes `Settings`, or all its faults are told at once."""

import copy
import json
import pickle
import subprocess
import sys
import time
from types import MappingProxyType
from typing import Any

import pytest

from pinterest_destination.errors import SettingsError
from pinterest_destination.settings import (
    CustomProperty,
    DeliverySettings,
    EventMapRow,
    Secret,
    Settings,
    load_settings,
    load_settings_file,
    to_native,
)
from pinterest_destination.settings._schema import schema, validator

FULL = {
    "$schema": "schemas/settings.json",
    "tag_id": "2612345678901",
    "ad_account_id": "549755885175",
    "conversion_token": "pina_token",
    "advertiser_id": "1",
    "app_id": "2",
    "api_version": "v3",
    "spec": "segment",
    "overrides": {"fields": {}},
    "event_map": {"Trial Started": "Signup"},
    "custom_properties": ["tier"],
    "event_id": "properties.order_id",
    "enhanced_match": ["em", "external_id", "em"],
    "identity": "hashed",
    "send_external_id": False,
    "content_id": "variant",
    "unmapped": "drop",
    "action_source": "offline",
    "test_mode": True,
    "limited_data_processing": True,
    "advertiser_tracking_enabled": True,
    "strict": True,
    "partner_name": "ss-example",
    "np": "example",
    "delivery": {
        "base_url": "http://127.0.0.1:8090/",
        "max_batch_bytes": 500000.0,
        "horizon": 3600,
        "connect_timeout": 2.5,
        "read_timeout": 60.0,
        "calls_per_minute": 1000,
        "environment_proxies": True,
        "max_outbox_bytes": 1000000,
        "keep_delivered": 7200,
    },
}


def test_an_empty_document_gives_the_defaults():
    """No key is required: a browser-only or transform-only user has no token."""
    assert Settings.load({}) == Settings()


def test_every_setting_is_read():
    """Each key of the document arrives in the field of its name."""
    assert Settings.load(FULL) == Settings(
        tag_id="2612345678901",
        ad_account_id="549755885175",
        conversion_token=Secret("pina_token"),
        advertiser_id="1",
        app_id="2",
        api_version="v3",
        spec="segment",
        overrides={"fields": {}},
        event_map=(EventMapRow("Trial Started", "Signup", "/event_map/Trial Started"),),
        custom_properties=(CustomProperty("tier", "tier", pointer="/custom_properties/0"),),
        event_id=("properties.order_id",),
        enhanced_match=("em", "external_id"),
        identity="hashed",
        send_external_id=False,
        content_id="variant",
        unmapped="drop",
        action_source="offline",
        test_mode=True,
        limited_data_processing=True,
        advertiser_tracking_enabled=True,
        strict=True,
        partner_name="ss-example",
        np="example",
        delivery=DeliverySettings("http://127.0.0.1:8090", 500_000, 3600, 2.5, 60, 1000, True, 1_000_000, 7200),
    )


def test_null_stands_for_the_default():
    """A key may be written with null where its default is null."""
    nulls = {key: None for key, part in schema()["properties"].items() if part["default"] is None}

    assert len(nulls) > 5
    assert Settings.load(nulls) == Settings()


def test_the_schema_and_the_model_agree():
    """Every setting in the schema is a field with the same default, and the other way round."""
    defaults = {key: part["default"] for key, part in schema()["properties"].items() if key != "$schema"}

    assert Settings.load(defaults) == Settings()
    assert {*defaults} == {*Settings.__annotations__} - {"dialect", "file", "problems"}


def test_the_schema_and_the_model_of_delivery_agree():
    """Every key within `delivery` is a field with the same default, and the other way round."""
    defaults = {key: part["default"] for key, part in schema()["properties"]["delivery"]["properties"].items()}

    assert Settings.load({"delivery": defaults}) == Settings.load({"delivery": {}}) == Settings()
    assert {*defaults} == {*DeliverySettings.__annotations__}


def test_delivery_numbers_are_integers_where_they_can_be():
    """JSON does not tell 2.0 from 2, and a number of bytes or calls is whole."""
    delivery = Settings.load({"delivery": {"calls_per_minute": 10.0, "read_timeout": 2.0, "connect_timeout": 0.5}}).delivery

    assert [type(delivery.calls_per_minute), delivery.read_timeout, delivery.connect_timeout] == [int, 2, 0.5]


@pytest.mark.parametrize(
    "url",
    [
        "https://capi.example.com",
        "https://capi.example.com:8443/pinterest/sandbox",
        "https://localhost",
        "http://localhost:1",
        "http://127.0.0.1:65535",
        "http://[::1]:8090",
    ],
)
def test_another_server_is_named_by_https_or_on_this_machine(url):
    """With a port or a path, and without the slash at the end, which may be written."""
    assert Settings.load({"delivery": {"base_url": f"{url}/"}}).delivery.base_url == url
    assert Settings.load({"delivery": {"base_url": url}}).delivery.base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "capi.example.com",
        "ftp://capi.example.com",
        "HTTPS://capi.example.com",
        "http://capi.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://localhost@example.com",
        "https://user:word@capi.example.com",
        "https://capi.example.com?test=false",
        "https://capi.example.com#part",
        "https://capi.example.com:65536",
        "https://capi.example.com:0",
        "https://capi.example.com:",
        "https://capi..example.com",
        "https://-.example.com",
        f"https://{'a' * 64}.example.com",
        "https://capi.example.com\n",
        "https://capi.example.com/a b",
        "https://[::1",
    ],
)
def test_a_server_that_would_get_the_token_in_clear_or_is_none_is_refused(url):
    """Plain HTTP is for this machine only; credentials, queries and broken names have no place in the base URL."""
    with pytest.raises(SettingsError) as caught:
        Settings.load({"delivery": {"base_url": url}})

    assert [fault.pointer for fault in caught.value.faults] == ["/delivery/base_url"]


@pytest.mark.parametrize(("horizon", "keep", "kept"), [(3600, 0, 3600), (3600, 7200, 7200), (604_800, 172_800, 604_800)])
def test_delivered_events_are_remembered_at_least_for_the_horizon(horizon, keep, kept):
    """A repeat within the horizon would be sent again if the first were forgotten."""
    document = {"delivery": {"horizon": horizon, "keep_delivered": keep}}

    assert Settings.load(document).delivery.keep_delivered == kept
    assert DeliverySettings(horizon=horizon, keep_delivered=keep).keep_delivered == kept


def test_a_document_may_be_any_mapping_and_is_not_kept():
    """What the caller does with the document afterwards changes nothing; a tuple is a list."""
    document: dict[str, Any] = {"overrides": {"fields": {}}, "event_id": ("a", "b")}
    settings = Settings.load(MappingProxyType(document))

    document["overrides"]["fields"]["value"] = None

    assert settings.overrides == {"fields": {}}
    assert settings.event_id == ("a", "b")


def test_the_event_map_takes_an_object_or_rows():
    """Both forms give the same rows; each remembers where its target stands."""
    by_name = Settings.load({"event_map": {" a/b ": ["Lead", " Signup "], "c": "Custom"}})
    by_row = Settings.load({"event_map": [{"from": "a/b", "to": ["Lead", "Signup"]}, {"from": "c", "to": "Custom"}]})

    assert by_name.event_map == (
        EventMapRow("a/b", "Lead", "/event_map/ a~1b /0"),
        EventMapRow("a/b", "Signup", "/event_map/ a~1b /1"),
        EventMapRow("c", "Custom", "/event_map/c"),
    )
    assert [(row.event, row.target) for row in by_row.event_map] == [(r.event, r.target) for r in by_name.event_map]
    assert [row.pointer for row in by_row.event_map] == ["/event_map/0/to/0", "/event_map/0/to/1", "/event_map/1/to"]


def test_event_map_rows_of_one_event_add_up_and_duplicates_merge():
    """Events compare without case and outer spaces, targets without case and separators; the first spelling stays."""
    rows = [("Order Done", "AddToCart"), (" order done ", "add_to_cart"), ("ORDER DONE", "Lead"), ("Order_Done", "Lead")]
    settings = Settings.load({"event_map": [{"from": event, "to": target} for event, target in rows]})

    assert [(row.event, row.target) for row in settings.event_map] == [
        ("Order Done", "AddToCart"),
        ("ORDER DONE", "Lead"),
        ("Order_Done", "Lead"),
    ]


def test_custom_properties_are_paths_or_rows():
    """The name is the path unless `to` says otherwise; channels come in one order; equal rows merge."""
    rows = [
        "customer.tier",
        {"from": "customer.tier"},
        r"a\.b",
        {"from": "x", "to": "y", "as": "json", "channels": ["capi", "browser"]},
        {"from": "x", "channels": ["capi"]},
    ]

    assert Settings.load({"custom_properties": rows}).custom_properties == (
        CustomProperty("customer.tier", "customer.tier", pointer="/custom_properties/0"),
        CustomProperty(r"a\.b", "a.b", pointer="/custom_properties/2"),
        CustomProperty("x", "y", "json", pointer="/custom_properties/3"),
        CustomProperty("x", "x", channels=("capi",), pointer="/custom_properties/4"),
    )


@pytest.mark.parametrize("path", ["a", "a.b.0", " a ", r"a\.b", "a\\", r"\a", r"a\.", "a[0]", "é.ü", "-"])
def test_a_dot_path_is_names_joined_by_dots(path):
    """Only empty steps are refused; what a path finds is the plan's concern."""
    assert Settings.load({"event_id": [path, path]}).event_id == (path,)


@pytest.mark.parametrize("path", ["", "  ", ".", "a.", ".a", "a..b", r"a\..", r"\.."])
def test_an_empty_step_is_no_path(path):
    """A blank path, or a dot with nothing on one side, is refused."""
    with pytest.raises(SettingsError):
        Settings.load({"event_id": path})


def test_a_path_with_many_escapes_is_judged_at_once():
    """The pattern has one way only to read a path: no document can make it try them all."""
    start = time.perf_counter()
    with pytest.raises(SettingsError):
        Settings.load({"event_id": r"\." * 5000 + ".."})

    assert time.perf_counter() - start < 5


def test_a_spec_may_be_a_name():
    """A name is one of the shipped specs'; another one is a fault, with what was probably meant."""
    with pytest.raises(SettingsError) as caught:
        load_settings({"spec": "e-commerce"}, local=False)

    assert load_settings({"spec": "ecommerce"}, local=False).spec == "ecommerce"
    assert [(fault.pointer, fault.suggestion) for fault in caught.value.faults] == [("/spec", "ecommerce")]
    assert ".json" not in caught.value.faults[0].expected  # which only the host's own settings may name


@pytest.mark.parametrize("spec", ["shop.json", "specs/shop", "../shop.json"])
def test_a_spec_may_be_a_path(tmp_path, monkeypatch, spec):
    """A path starts at the folder of the settings file, or the working directory, and is made absolute."""
    (tmp_path / "settings.json").write_text(json.dumps({"spec": spec}), "utf-8")
    monkeypatch.chdir(tmp_path)

    assert load_settings_file(tmp_path / "settings.json").spec == str(tmp_path / spec)
    assert Settings.from_file("settings.json").spec == str(tmp_path / spec)
    assert Settings.load({"spec": spec}).spec == str(tmp_path / spec)
    assert Settings.load({"spec": "/a/b.json"}).spec == "/a/b.json"


@pytest.mark.parametrize("spec", ["", "a b", "a\0.json", "a/b\n", "x.jsonx"])
def test_anything_else_is_no_spec(spec):
    """Neither a name nor a path: refused."""
    with pytest.raises(SettingsError):
        Settings.load({"spec": spec})


def test_a_file_is_named_in_its_settings_and_faults(tmp_path):
    """Messages say which file they are about."""
    path = tmp_path / "mine.json"
    path.write_bytes(b'\xef\xbb\xbf{"tag_id": "1"}')
    assert Settings.from_file(path).file == str(path)

    path.write_text('{"tag_id": 1}', "utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.from_file(str(path))
    assert caught.value.faults[0].file == str(path)


def test_a_token_file_is_found_beside_the_settings(tmp_path):
    """A relative path in a settings file starts at its folder."""
    (tmp_path / "token").write_text("pina_token\n", "utf-8")
    (tmp_path / "settings.json").write_text('{"conversion_token": {"file": "token"}}', "utf-8")

    assert Settings.from_file(tmp_path / "settings.json").conversion_token == Secret("pina_token")


def test_a_file_that_cannot_be_read_is_an_os_error(tmp_path):
    """A missing file is no fault in the settings."""
    with pytest.raises(FileNotFoundError):
        Settings.from_file(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"tag_id": "\xff"}', "a file that is not UTF-8 text (byte 12)"),
        (b'{"tag_id": %s}' % (b"9" * 5000), "a number with too many digits"),
        (b"[" * 100_000 + b"]" * 100_000, "JSON nested too deep"),
    ],
    ids=["bytes", "digits", "depth"],
)
def test_a_file_that_the_parser_chokes_on_is_a_fault(tmp_path, content, found):
    """Whatever the parser raises becomes a fault."""
    (tmp_path / "settings.json").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Settings.from_file(tmp_path / "settings.json")

    assert [fault.found for fault in caught.value.faults] == [found]


def test_values_that_are_no_json_are_faults():
    """A document from memory may hold anything; each strange value is told once, by its kind."""
    circular: dict[str, Any] = {}
    circular["again"] = circular
    with pytest.raises(SettingsError) as caught:
        Settings.load({"tag_id": b"1", "overrides": {"a": [float("inf"), {1}], 5: 6}, "np": object()})
    with pytest.raises(SettingsError, match="64 levels"):
        Settings.load({"overrides": circular})
    with pytest.raises(SettingsError, match="found a number with too many digits"):
        Settings.load({"tag_id": 10**5000})

    assert [(fault.pointer, fault.found) for fault in caught.value.faults] == [
        ("/tag_id", "a Python bytes"),
        ("/overrides", "an object with a key that is no text"),
        ("/overrides/a", "an unknown key"),
        ("/overrides/a/0", "a number that JSON has not"),
        ("/overrides/a/1", "a Python set"),
        ("/np", "a Python object"),
    ]


def test_what_is_no_object_is_no_settings():
    """Null, text and numbers are told for what they are."""
    documents: Any = {None: "null", "": "an empty string", True: "a boolean", 5: "a number"}
    for document, found in documents.items():
        with pytest.raises(SettingsError, match=f"found {found}; expected an object with settings"):
            load_settings(document)


def test_settings_print_hash_and_travel():
    """Settings are values: they can be hashed, and pickled without their secret."""
    settings = Settings.load(FULL)
    travelled = pickle.loads(pickle.dumps(settings))  # noqa: S301

    assert hash(settings) == hash(Settings.load(FULL))
    assert "conversion_token=Secret(***)" in repr(settings)
    assert "overrides={...}" in repr(settings)
    assert "overrides=None" in repr(Settings())
    assert to_native(travelled) == to_native(settings)
    assert copy.deepcopy(settings) == settings


def test_a_secret_in_broken_json_shows_nowhere(tmp_path):
    """The parser's own exception holds the whole text; it is no part of ours."""
    (tmp_path / "settings.json").write_text('{"conversion_token": "pina_token" "tag_id"}', "utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.from_file(tmp_path / "settings.json")

    assert "pina" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_patterns_of_the_schema_are_anchored():
    """We match patterns as a whole; other tools find them anywhere, unless they are anchored."""
    patterns = [part["pattern"] for part in parts(schema()) if isinstance(part.get("pattern"), str)]

    assert len(patterns) > 5
    assert [pattern for pattern in patterns if not (pattern.startswith("^") and pattern.endswith("$"))] == []


def test_the_schema_is_a_schema():
    """It follows the 2020-12 meta-schema, and has no choice between forms, whose faults are hard to tell."""
    validator().check_schema(schema())

    assert [part for part in parts(schema()) if {"anyOf", "oneOf"} & part.keys()] == []


def parts(value):
    """Every object within a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from parts(inner)


def test_a_load_is_quick():
    """The first load of a process may take the time to import the validator, the next ones next to none."""
    program = (
        "import sys, time; from pinterest_destination.settings import Settings; slow = {'jsonschema', 'cattrs'};"
        "assert not slow & sys.modules.keys();"
        "a = time.process_time(); Settings.load({'tag_id': '1'});"
        "b = time.process_time(); Settings.load({'tagId': '1', 'eventsMapping': [{'from': 'a', 'to': 'Lead'}]});"
        "print(b - a, time.process_time() - b)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = map(float, done.stdout.split())

    # Many times what it takes, so that a busy machine does not fail the test.
    assert first < 2
    assert second < 0.1
