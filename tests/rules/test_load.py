"""Mapping documents: shipped ones are valid, others are merged over them."""

import json

import pytest

from pinterest_destination import Destination, MappingError, SettingsError
from pinterest_destination._resources import mappings
from pinterest_destination.rules import load
from pinterest_destination.rules.check import check_document, nearest

DOCUMENTS = [*((mappings() / "specs").iterdir()), *((mappings() / "channels").iterdir()), mappings() / "pinterest.json"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_shipped_document_is_valid_by_its_schema(document):
    """They are checked here so that no start of a program needs to."""
    content = json.loads(document.read_text("utf-8"))

    assert check_document(content["kind"], content, document.name) == []
    assert content.get("name", "pinterest") == document.name.removesuffix(".json")


@pytest.mark.parametrize("name", load.shipped_specs())
def test_a_shipped_spec_makes_a_plan_with_both_api_versions(name):
    """Every name in the documents means something."""
    for version in ("v5", "v3"):
        assert Destination({"spec": name, "api_version": version}).plan.spec.name == name


def test_the_catalogue_has_pinterests_22_events():
    """20 of them exist in the tag."""
    events = load.catalogue().events

    assert len(events) == 22
    assert {event.name for event in events if event.tag is None} == {"app_install", "app_open"}


def test_a_spec_is_merged_over_its_parent():
    """Its events replace the parent's; its fields, items and options are laid over them name by name."""
    parent, child = load.spec("ecommerce"), load.spec("rudderstack")

    assert len(child.events) == 5
    assert child.fields["currency"] == parent.fields["currency"]
    assert child.fields["value"] != parent.fields["value"]
    assert child.items.fields == parent.items.fields
    assert child.items.own_any != parent.items.own_any
    assert (child.options.app_and_device, child.options.content_id) == ("flat", "product_id")
    assert child.files == ("mappings/specs/ecommerce.json", "mappings/specs/rudderstack.json")


def test_a_users_document_extends_another_of_the_same_folder(tmp_path):
    """A path in `extends` starts at the document that names it."""
    (tmp_path / "base.json").write_text(json.dumps({"kind": "spec", "name": "base", "extends": "segment", "options": {"unmapped": "drop"}}))
    (tmp_path / "mine.json").write_text(json.dumps({"kind": "spec", "name": "mine", "extends": "base.json", "fields": {"value": {"from": ["properties.net"], "as": "decimal"}}}))

    spec = load.spec(str(tmp_path / "mine.json"))

    assert spec.name == "mine"
    assert (spec.options.unmapped, spec.options.content_id) == ("drop", "sku")
    assert str(spec.fields["value"].origin) == f"{tmp_path / 'mine.json'}#/fields/value"


def test_overrides_lie_on_top_of_the_spec():
    """Each rule of theirs knows that it stands in the settings."""
    spec = load.spec("ecommerce", {"events": [{"type": "track", "event": "Sold", "to": "checkout"}], "items": {"own": None}}, "shop.json")

    assert spec.name == "ecommerce"
    assert str(spec.events[0].origin) == "shop.json#/overrides/events/0"
    assert spec.items.own_root is None


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ({"extends": "segment"}, "settings#/overrides/extends: found a key that has no use here; expected `spec` to name what the overrides lie on"),
        ({"optons": {}}, "settings#/overrides/optons: found an unknown key; expected"),
    ],
)
def test_faults_of_overrides_point_into_the_settings(overrides, line):
    """The pointer begins with /overrides."""
    with pytest.raises(SettingsError, match="overrides") as caught:
        Destination({"overrides": overrides})

    assert str(caught.value).startswith(line)


def test_a_document_that_cannot_be_read_is_a_fault(tmp_path):
    """Where it is named, in the settings or in another document; with the system's reason, and no traceback."""
    heir = tmp_path / "heir.json"
    heir.write_text('{"kind": "spec", "name": "heir", "extends": "none.json"}', "utf-8")
    reason = 'found "none.json", which is no readable file (No such file or directory); expected the path of a spec document'
    with pytest.raises(MappingError) as caught:
        load.spec(str(tmp_path / "none.json"))
    with pytest.raises(MappingError) as inherited:
        load.spec(str(heir))

    assert str(caught.value) == f"settings#/spec: {reason}"
    assert str(inherited.value) == f"{heir}#/extends: {reason}"


def test_v3_is_v5_with_the_advertisers_id():
    """The v3 document says only that."""
    five, three = load.channel("capi-v5"), load.channel("capi-v3")

    assert three.objects[0].entries[:-1] == five.objects[0].entries
    assert three.objects[0].entries[-1].key == ("advertiser_id",)
    assert (three.objects[0].required, three.objects[0].custom) == (five.objects[0].required, True)


def test_the_nearest_word_ignores_case_and_separators():
    """So that eventMap finds event_map."""
    assert nearest("eventMap", ["event_map", "event_id"]) == "event_map"
    assert nearest("zzz", ["event_map"]) == ""
