"""`check`: every fault of settings and mapping documents, and `ok` for those that have none."""

from pathlib import Path

import pytest

from pinterest_destination._resources import mappings

SPEC = {"kind": "spec", "name": "shop", "extends": "ecommerce"}


def test_good_settings_are_ok(run, settings):
    """Without faults there is one line, and exit code 0."""
    result = run("check", settings)

    assert (result.stdout, result.stderr, result.exit_code) == (f"{settings}: ok\n", "", 0)


def test_every_fault_of_every_file_is_told(run, write, settings):
    """A file with faults hides neither its own others nor those of the next file."""
    first = write("first.json", {"tagid": "1", "identity": "plain"})
    second = write("second.json", {"api_version": "v4"})

    result = run("check", first, settings, second)

    starts = [line.partition(" found ")[0] for line in result.stdout.splitlines()]
    assert starts == [f"{first}#/tagid:", f"{first}#/identity:", f"{settings}: ok", f"{second}#/api_version:"]
    assert "(did you mean 'tag_id'?)" in result.stdout
    assert result.exit_code == 2


def test_what_is_no_json_is_told_with_its_place(run, write):
    """A text that is no JSON has one fault, without any of the text."""
    path = write("settings.json", '{"conversion_token": "pina_TOKEN",}')

    result = run("check", path)

    assert result.stdout.startswith(f"{path}#: found text that is not JSON at line 1, column 3")
    assert "pina_TOKEN" not in result.stdout
    assert result.exit_code == 2


def test_settings_are_used_as_transform_would_use_them(run, write):
    """What can only be seen when the plan is built is told as well: faults, and what is worth a warning."""
    unknown = write("unknown.json", {"spec": "ecomerce"})
    misspelt = write("misspelt.json", {"event_map": {"A": "Signupp"}})

    result = run("check", unknown, misspelt)

    first, second, third = result.stdout.splitlines()
    assert '#/spec: found "ecomerce"; expected ' in first
    assert first.endswith("(did you mean 'ecommerce'?)")
    assert second.startswith(f"{misspelt}: warning misspelt_event: /event_map/A: ")
    assert third == f"{misspelt}: ok"
    assert result.exit_code == 2


def test_a_dialect_can_be_named(run, write):
    """--dialect decides how settings are read."""
    path = write("settings.json", {"tagId": "2612345678901"})

    assert run("check", path, "--dialect", "rudderstack").exit_code == 0
    assert run("check", path, "--dialect", "native").exit_code == 2


def test_the_shipped_documents_are_ok(run):
    """Catalogue, specs and channels pass their own check."""
    folder = Path(str(mappings()))
    paths = [folder / "pinterest.json", *sorted(folder.glob("specs/*.json")), *sorted(folder.glob("channels/*.json"))]

    result = run("check", *paths)

    assert result.stdout.splitlines() == [f"{path}: ok" for path in paths]
    assert result.exit_code == 0


def test_a_spec_of_ones_own_is_held_against_the_shipped_documents(run, write):
    """Names that mean nothing are found: transforms, Pinterest's events, fields."""
    good = write("good.json", SPEC)
    bad = write("bad.json", SPEC | {"events": [{"type": "track", "event": ["Sale"], "to": "chekout"}]})

    result = run("check", good, bad)

    ok, *faults = result.stdout.splitlines()
    assert ok == f"{good}: ok"
    assert [fault for fault in faults if not fault.startswith(f"{bad}#/events/0/to: found ")] == []
    assert len(faults) == 1
    assert "(did you mean 'checkout'?)" in faults[0]
    assert result.exit_code == 2


def test_a_channel_document_is_held_against_the_fields_there_are(run, write):
    """Names that mean nothing, and keys that take another kind of value than the field gives, are found."""
    fields = {"value": {"take": "valeu"}, "count": {"take": "num_items"}, "price": {"take": "value", "type": "decimal", "as": "first"}, "total": {"take": "value", "type": "decimal", "as": "number"}}
    path = write("channel.json", {"kind": "channel", "name": "mine", "channel": "browser", "objects": [{"command": "track", "calls": ["track"], "fields": fields}]})
    orphan = write("orphan.json", {"kind": "channel", "name": "mine", "channel": "capi", "extends": "capi-v55", "objects": [{"command": "event", "calls": ["track"], "fields": {}}]})

    result = run("check", path, orphan)

    unknown, kind, written, parent = result.stdout.splitlines()
    assert unknown.startswith(f"{path}#/objects/0/fields/value/take: found the unknown field 'valeu'; expected one of call_type, ")
    assert unknown.endswith("(did you mean 'value'?)")
    assert kind == f"{path}#/objects/0/fields/count: found the field num_items for a key of the type text; expected the type, words and limit of what the field gives"
    assert written == f"{path}#/objects/0/fields/price/as: found first of decimal; expected a type among digests, texts"
    assert parent == f"{orphan}#/extends: found 'capi-v55'; expected one of capi-v3, capi-v5, pintrk (did you mean 'capi-v5'?)"
    assert result.exit_code == 2


def test_a_name_that_two_events_have_is_a_fault_of_the_catalogue(run, write):
    """Names compare without case and separators, in the API and in the tag."""
    events = [{"name": "lead", "tag": "Lead"}, {"name": "new_lead", "tag": "LEAD"}]
    path = write("catalogue.json", {"kind": "catalogue", "events": events})

    result = run("check", path)

    assert result.stdout == f"{path}#/events/1/tag: found the name 'LEAD', which another event has; expected a name of its own\n"
    assert result.exit_code == 2


@pytest.mark.parametrize("kind", ["spec", "channel", "catalogue"])
def test_a_mapping_document_is_checked_against_its_schema(run, write, kind):
    """An unknown key is a fault in every kind of document."""
    path = write("document.json", {"kind": kind, "name": "shop", "colour": "red"})

    result = run("check", path)

    assert f"{path}#/colour: found an unknown key; expected " in result.stdout
    assert result.exit_code == 2


def test_a_key_that_stands_twice_is_a_fault(run, write):
    """JSON would silently take the last one."""
    path = write("channel.json", '{"kind": "channel", "name": "a", "name": "b"}')

    result = run("check", path)

    assert f"{path}#/name: found a key that stands there more than once" in result.stdout
    assert result.exit_code == 2


@pytest.mark.parametrize(("kind", "hint"), [("chanel", " (did you mean 'channel'?)"), (7, "")])
def test_an_unknown_kind_is_told_with_the_known_ones(run, write, kind, hint):
    """A document with a kind is no settings file, whatever the kind is."""
    path = write("document.json", {"kind": kind})

    result = run("check", path)

    assert result.stdout.startswith(f"{path}#/kind: found ")
    assert result.stdout.endswith(f"expected one of spec, channel, catalogue, presets{hint}\n")
    assert result.exit_code == 2


@pytest.mark.parametrize("paths", [(), ("missing.json",), (".",)])
def test_wrong_use_is_told(run, paths):
    """No path, a path that is not there and a folder are wrong use."""
    result = run("check", *paths)

    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_all_faults_come_at_once(run, write):
    """Those of settings, of the form of the overrides, and of what the rest of the overrides mean."""
    overrides = {
        "events": [{"type": "track", "event": "Buy", "to": "chekout"}, {"typ": 1}, {"type": "identify", "to": "lead"}],
        "fields": {"valu": {"from": ["properties.amount"]}, "value": {"form": ["a"]}, "coupon": {"from": ["traits.phone"]}},
    }
    path = write("settings.json", {"tag_id": "12x", "event_map": {"x": "a!"}, "overrides": overrides})

    result = run("check", path)

    told = [line.partition(": found ")[0].removeprefix(f"{path}#") for line in result.stdout.splitlines()]
    assert sorted(set(told)) == [
        "/event_map/x",
        "/overrides/events/0/to",
        "/overrides/events/1",
        "/overrides/events/1/typ",
        "/overrides/events/2/type",
        "/overrides/fields/coupon/from/0",
        "/overrides/fields/valu",
        "/overrides/fields/value/form",
        "/tag_id",
    ]


def test_a_spec_with_a_fault_of_form_still_has_its_names_checked(run, write):
    """One misspelt key hides nothing of the others."""
    path = write("spec.json", SPEC | {"events": [{"type": "track", "event": ["Sale"], "to": "chekout"}], "fields": {"value": {"form": []}, "coupon": {"from": ["properties.x"], "as": "texst"}}})

    result = run("check", path)

    assert [line.partition(": found ")[0].removeprefix(f"{path}#") for line in result.stdout.splitlines()] == ["/events/0/to", "/fields/value/form", "/fields/coupon/from/0"]
