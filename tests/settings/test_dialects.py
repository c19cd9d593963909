"""Settings of other tools are recognised and translated; what is understood differently is told."""

import pytest

from pinterest_destination.errors import SettingsError
from pinterest_destination.rules.load import shipped_specs
from pinterest_destination.rules.presets import presets
from pinterest_destination.settings import (
    ConsentSettings,
    CustomProperty,
    EventMapRow,
    Secret,
    Settings,
    Subscription,
    recognise,
)
from pinterest_destination.settings._schema import schema
from pinterest_destination.settings.dialects import DIALECTS

RUDDERSTACK = {
    "tagId": "2612345678901",
    "appId": "429047995",
    "apiVersion": "newApi",
    "advertiserId": "",
    "adAccountId": "549755885175",
    "conversionToken": "pina_token",
    "sendAsTestEvent": True,
    "sendingUnHashedData": False,
    "deduplicationKey": "properties.refs[1]",
    "enhancedMatch": True,
    "sendExternalId": True,
    "sendAsCustomEvent": True,
    "customProperties": [{"properties": "customer.tier"}, {"properties": ""}],
    "eventsMapping": [
        {"from": "Trial Started", "to": "Signup"},
        {"from": "", "to": ""},
        {"from": "Trial Started", "to": "Lead"},
    ],
    "useNativeSDK": {"web": True},
    "connectionMode": {"web": "device", "android": "cloud"},
    "consentManagement": {"web": [{"provider": "custom", "consents": [{"consent": "ads"}, {"consent": ""}], "resolutionStrategy": "or"}]},
    "eventFilteringOption": "disable",
    "whitelistedEvents": [{"eventName": ""}],
    "blacklistedEvents": [{"eventName": ""}],
    "oneTrustCookieCategories": {"web": []},
    "ketchConsentPurposes": {"web": []},
    "enableDeduplication": False,
}


def told(settings):
    """Code and path of each problem that the translation left."""
    return [(problem.code, problem.path) for problem in settings.problems]


def rudderstack(**config):
    return Settings.load(config, "rudderstack")


def test_a_whole_rudderstack_config_is_translated():
    """Every key that the tool documents is known; none leaves a problem."""
    assert Settings.load(RUDDERSTACK) == Settings(
        tag_id="2612345678901",
        app_id="429047995",
        ad_account_id="549755885175",
        conversion_token=Secret("pina_token"),
        test_mode=True,
        identity="hashed",
        event_id=("properties.refs.1",),
        unmapped="custom",
        spec="rudderstack",
        consent=ConsentSettings(("ads",), "any", "granted"),
        custom_properties=(CustomProperty("customer.tier", "customer.tier", pointer="/customProperties/0"),),
        event_map=(
            EventMapRow("Trial Started", "Signup", "/eventsMapping/0/to"),
            EventMapRow("Trial Started", "Lead", "/eventsMapping/2/to"),
        ),
        dialect="rudderstack",
    )


def test_an_empty_rudderstack_config_has_that_tools_defaults():
    """API v3, no enhanced match, no external id: what an absent key means there."""
    assert rudderstack() == Settings(
        spec="rudderstack",
        api_version="v3",
        enhanced_match=(),
        send_external_id=False,
        unmapped="pass",
        dialect="rudderstack",
    )


@pytest.mark.parametrize("value", ["", "  ", None])
def test_blank_and_null_count_as_absent(value):
    """The forms of other tools store an empty field as empty text."""
    config = dict.fromkeys(DIALECTS["rudderstack"].keys, value)

    assert Settings.load(config) == rudderstack()


def test_a_complete_segment_document_is_translated():
    """The five options of the Pinterest Tag."""
    options = {
        "tid": "2612345678901",
        "pinterestEventMapping": {"Trial Started": "Signup", "a/b": "Lead"},
        "pinterestCustomProperties": ["customer.tier"],
        "useEnhancedMatchLoad": True,
        "mapMessageIdToEventId": True,
        "type": "browser",
    }

    assert Settings.load(options) == Settings(
        tag_id="2612345678901",
        spec="segment",
        event_map=(
            EventMapRow("Trial Started", "Signup", "/pinterestEventMapping/Trial Started"),
            EventMapRow("a/b", "Lead", "/pinterestEventMapping/a~1b"),
        ),
        custom_properties=(CustomProperty("customer.tier", "customer.tier", pointer="/pinterestCustomProperties/0"),),
        dialect="segment",
    )


def test_segment_mappings_may_be_rows():
    """Some versions of the form store key and value; a target that says nothing is left out, and told."""
    rows = [{"key": "Trial Started", "value": "Signup"}, {"key": "x", "value": None}, {"key": "", "value": ""}]
    settings = Settings.load({"tid": "1", "pinterestEventMapping": rows})

    assert settings.event_map == (EventMapRow("Trial Started", "Signup", "/pinterestEventMapping/0/value"),)
    assert settings.enhanced_match == ()
    assert told(settings) == [("changed_setting", "pinterestEventMapping.1")]


def test_segment_events_may_be_called_key_or_value():
    """An object is names and targets, unless it is one row to the letter."""
    settings = Settings.load({"tid": "1", "pinterestEventMapping": {"key": "Lead"}})

    assert [(row.event, row.target) for row in settings.event_map] == [("key", "Lead")]


def test_segment_always_sends_the_message_id():
    """Switching it off there is told: without an id Pinterest cannot remove duplicates."""
    settings = Settings.load({"tid": "1", "mapMessageIdToEventId": False})
    as_text = Settings.load({"tid": "1", "mapMessageIdToEventId": "true"})

    assert settings.problems[0].message == (
        "The message id always becomes the event id here, which deduplication needs."
    )
    assert told(settings) == told(as_text) == [("changed_setting", "mapMessageIdToEventId")]


def test_metarouter_labels_are_translated():
    """Its labels in camelCase, with bare paths and either form of the event map."""
    settings = Settings.load(
        {
            "tagID": "2612345678901",
            "adAccountId": "549755885175",
            "apiToken": "pina_token",
            "eventMap": {"Trial Started": "Signup"},
            "customProperties": ["myObject.myProperty"],
            "enhancedMatch": True,
            "deduplicationKey": "properties.order_id",
        }
    )

    assert settings == Settings(
        tag_id="2612345678901",
        ad_account_id="549755885175",
        conversion_token=Secret("pina_token"),
        spec="metarouter",
        event_map=(EventMapRow("Trial Started", "Signup", "/eventMap/Trial Started"),),
        custom_properties=(
            CustomProperty("myObject.myProperty", "myObject.myProperty", pointer="/customProperties/0"),
        ),
        event_id=("properties.order_id",),
        dialect="metarouter",
    )
    assert Settings.load({"eventMappings": [{"from": "a", "to": "Lead"}]}).event_map == (
        EventMapRow("a", "Lead", "/eventMappings/0/to"),
    )


@pytest.mark.parametrize(
    ("document", "dialect"),
    [
        ({}, "native"),
        ({"colour": "red"}, "native"),
        ({"tag_id": "1"}, "native"),
        ({"$schema": "x", "tagId": "1"}, "rudderstack"),
        ({"tagId": "1", "customProperties": [{"properties": "a"}]}, "rudderstack"),
        ({"sendAsTestEvent": True, "colour": "red"}, "rudderstack"),
        ({"tagId": "1", "customProperties": ["a"]}, "metarouter"),
        ({"tagId": "1", "eventMappings": []}, "metarouter"),
        ({"tagId": "1", "customProperties": ["a"], "sendAsTestEvent": True}, "rudderstack"),
        ({"tid": "1"}, "segment"),
        ({"useEnhancedMatchLoad": True, "colour": "red"}, "segment"),
        ({"tid": "1", "tagId": "1", "eventsMapping": []}, "rudderstack"),
        ({"tag_id": "1", "tagId": "1", "eventsMapping": []}, "native"),
        ({"type": "browser"}, "native"),
    ],
)
def test_a_document_is_recognised_by_its_keys(document, dialect):
    """A dialect that knows all keys, else native settings, else the dialect that knows most."""
    assert recognise(document) == dialect


def test_a_named_dialect_is_not_guessed():
    """Whoever names the dialect is believed, the native one too."""
    assert Settings.load({"tagId": "1"}, "metarouter").spec == "metarouter"
    with pytest.raises(SettingsError, match="did you mean 'tag_id'"):
        Settings.load({"tagId": "1"}, "native")


def test_unknown_keys_of_a_dialect_are_warnings():
    """They are told with the key that was probably meant; the address of a schema is not."""
    settings = rudderstack(**{"$schema": "x", "sendAsTestEvnt": True, "colour": "red"})

    assert told(settings) == [("unknown_setting", "sendAsTestEvnt"), ("unknown_setting", "colour")]
    assert [problem.severity for problem in settings.problems] == ["warning", "warning"]
    assert settings.problems[0].message.endswith("it has no effect. Did you mean sendAsTestEvent?")
    assert settings.problems[1].message.endswith("it has no effect.")


@pytest.mark.parametrize(
    ("value", "identity"), [(True, "auto"), (False, "hashed"), ("true", "auto"), (" False ", "hashed"), (0, "auto")]
)
def test_booleans_may_be_text(value, identity):
    """`"false"` is false here, which is told; what is neither leaves the default, which is told as well."""
    settings = rudderstack(sendingUnHashedData=value)

    assert settings.identity == identity
    assert told(settings) == ([] if isinstance(value, bool) else [("changed_setting", "sendingUnHashedData")])


@pytest.mark.parametrize(
    ("value", "version"), [("newApi", "v5"), ("legacyApi", "v3"), ("newapi", "v5"), (3, "v5"), (["legacyApi"], "v5")]
)
def test_api_versions_have_two_names(value, version):
    """Any other value means v5, which is told."""
    settings = rudderstack(apiVersion=value)

    assert settings.api_version == version
    assert told(settings) == ([] if value in ("newApi", "legacyApi") else [("changed_setting", "apiVersion")])


def test_numbers_are_read_as_ids():
    """A JSON number of sensible size is taken as its digits, which is told; any other is a fault."""
    settings = rudderstack(tagId=2612345678901)

    assert settings.tag_id == "2612345678901"
    assert told(settings) == [("changed_setting", "tagId")]
    for value in (-1, 10**20, 1.5, True):
        with pytest.raises(SettingsError, match="settings#/tagId: found"):
            rudderstack(tagId=value)


def test_a_token_may_be_a_variable(monkeypatch):
    """RudderStack writes `env.NAME`; our own forms work too, and both only where the settings are the host's."""
    monkeypatch.setenv("SOME_TOKEN", "pina_token")

    for value in ("env.SOME_TOKEN", {"env": "SOME_TOKEN"}, {"web": "env.SOME_TOKEN"}):
        assert rudderstack(conversionToken=value).conversion_token == Secret("pina_token")
        with pytest.raises(SettingsError, match="#/conversionToken"):
            Settings.load({"conversionToken": value}, local=False)
    assert rudderstack(conversionToken="env.").conversion_token == Secret("env.")


@pytest.mark.parametrize(
    ("key", "paths", "problems"),
    [
        ("properties.order_id", ["properties.order_id"], []),
        ("properties.items[0].ids[12]", ["properties.items.0.ids.12"], []),
        ("[0].id", ["0.id"], []),
        ("a[b]", ["a[b]"], []),
        (["properties.a", "", "messageId"], ["properties.a", "messageId"], []),
        (["a..b", 5, "c"], ["c"], ["deduplicationKey.0", "deduplicationKey.1"]),
        (5, [], ["deduplicationKey"]),
        ([], [], []),
    ],
)
def test_deduplication_keys_are_paths(key, paths, problems):
    """One or several, with JavaScript's array steps; an unusable one is left out, and told."""
    settings = rudderstack(deduplicationKey=key)

    assert list(settings.event_id) == paths
    assert told(settings) == [("changed_setting", place) for place in problems]


def test_unusable_custom_properties_are_left_out():
    """Blank rows are the form's; a bare path is understood, and told; anything else is left out, and told."""
    rows = [{"properties": " "}, {"properties": None}, {}, "tier", {"properties": "a..b"}, {"path": "x"}, 5]
    settings = rudderstack(customProperties=rows)

    assert [prop.path for prop in settings.custom_properties] == ["tier"]
    assert told(settings) == [("changed_setting", f"customProperties.{index}") for index in (3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("mapping", "rows", "problems"),
    [
        (None, [], []),
        ({}, [], []),
        ({"from": "a", "to": "Lead"}, [("a", "Lead", "/eventsMapping/to")], []),
        ([{"from": "a"}], [], ["eventsMapping.0"]),
        ([{"from": 404, "to": "Lead"}], [], ["eventsMapping.0"]),
        ([{"from": "a", "to": ["Lead"]}], [], ["eventsMapping.0"]),
        ([{"to": "Lead"}, {}, None, "a"], [], ["eventsMapping.0", "eventsMapping.3"]),
        ({"a": "Lead"}, [], ["eventsMapping"]),
        ("a", [], ["eventsMapping"]),
        (
            [{"from": "a", "to": "Lead"}, {"from": "A", "to": "Custom"}],
            [("a", "Lead", "/eventsMapping/0/to"), ("A", "Custom", "/eventsMapping/1/to")],
            ["eventsMapping.1"],
        ),
    ],
)
def test_unusable_mappings_are_left_out(mapping, rows, problems):
    """A row without an event or a target cannot be used, which is told; names that case alone keeps apart are told."""
    settings = rudderstack(eventsMapping=mapping)

    assert [(row.event, row.target, row.pointer) for row in settings.event_map] == rows
    assert told(settings) == [("changed_setting", place) for place in problems]


def test_a_value_may_be_given_per_source():
    """The browser's counts, or else the first; that others differ is told."""
    settings = rudderstack(
        tagId={"web": "1"},
        sendAsTestEvent={"ios": True, "android": True},
        sendExternalId={"android": True, "web": "false"},
        eventsMapping={"web": [{"from": "a", "to": "Lead"}]},
    )

    assert (settings.tag_id, settings.test_mode, settings.send_external_id) == ("1", True, False)
    assert settings.event_map[0].pointer == "/eventsMapping/web/0/to"
    assert told(settings) == [("changed_setting", "sendExternalId"), ("changed_setting", "sendExternalId.web")]


def test_of_two_keys_for_one_setting_the_first_counts():
    """The other has no effect, which is told."""
    settings = Settings.load({"tagID": "1", "tagId": "2"}, "metarouter")

    assert settings.tag_id == "1"
    assert told(settings) == [("changed_setting", "tagId")]


@pytest.mark.parametrize(
    ("key", "value", "consent", "problems"),
    [
        ("consentManagement", [{"provider": "oneTrust", "consents": [{"consent": "C0004"}, {"consent": "C0004"}]}], (("C0004",), "all"), 0),
        ("consentManagement", [{"provider": "ketch", "consents": [{"consent": "ads"}]}], (("ads",), "any"), 0),
        ("consentManagement", [{"provider": "custom", "consents": [{"consent": " ads "}], "resolutionStrategy": "and"}], (("ads",), "all"), 0),
        ("consentManagement", [{"provider": "ketch", "consents": [{"consent": "a"}]}, {"provider": "oneTrust", "consents": [{"consent": "b"}]}], (("a", "b"), "all"), 1),
        ("consentManagement", [{"provider": "oneTrust", "consents": []}, {"provider": "oneTrust"}, None], None, 0),
        ("consentManagement", "C0004", None, 0),
        ("consentManagement", {"web": [{"provider": "iubenda", "consents": [{"consent": "5"}]}]}, (("5",), "any"), 0),
        ("oneTrustCookieCategories", {"web": [{"oneTrustCookieCategory": "C0004"}]}, (("C0004",), "all"), 0),
        ("ketchConsentPurposes", [{"purpose": "ads"}, {"purpose": 5}], (("ads",), "any"), 0),
    ],
)
def test_rudderstacks_consent_rules_hold_here(key, value, consent, problems):
    """All categories or any, as its platforms do; an event that does not tell passes, as there."""
    settings = rudderstack(**{key: value})

    assert settings.consent == (consent and ConsentSettings(categories=consent[0], match=consent[1], unknown="granted"))
    assert len(told(settings)) == problems


def test_the_old_and_the_new_form_of_a_consent_rule_may_say_the_same():
    """Only where they differ, the one without effect is told."""
    old, new = {"oneTrustCookieCategories": {"web": [{"oneTrustCookieCategory": "C0004"}]}}, {"provider": "oneTrust", "consents": [{"consent": "C0004"}]}
    other = {"provider": "oneTrust", "consents": [{"consent": "C0002"}]}

    assert told(rudderstack(**old, consentManagement=[new])) == []
    assert told(rudderstack(**old, consentManagement=[other])) == [("changed_setting", "consentManagement")]


def test_segments_consent_settings_hold_here():
    """All of the categories that the destination is mapped to."""
    assert Settings.load({"tid": "1", "consentSettings": {"categories": ["Advertising"]}}).consent == ConsentSettings(("Advertising",), "all", "granted")
    assert Settings.load({"tid": "1", "consentSettings": {"categories": []}}).consent is None
    assert Settings.load({"tid": "1", "consentSettings": ["Advertising"]}).consent is None


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects_lead_to_settings_that_there_are(name):
    """Every key and default of a dialect names a native setting, and its spec bears its name or is Google's."""
    table = DIALECTS[name]
    targets = {key.to for key in table.keys.values() if key.to} | {*table.defaults}

    assert targets <= {*schema()["properties"]}
    assert table.defaults["spec"] == (name if name in shipped_specs() else "ga4")


def test_rudderstacks_settings_may_stand_in_their_config():
    """As a destination of RudderStack's holds them; places are told with it."""
    config = {"tagId": "2612345678901", "appId": 7, "eventsMapping": [{"from": "Sold", "to": "Checkout"}], "strange": 1}

    settings = Settings.load({"Config": config, "ID": "x"})
    with pytest.raises(SettingsError) as caught:
        Settings.load({"Config": {**config, "tagId": "one", "eventsMapping": [{"from": "Sold", "to": "a!"}]}})

    assert (settings.dialect, settings.tag_id) == ("rudderstack", "2612345678901")
    assert settings.event_map[0].pointer == "/Config/eventsMapping/0/to"
    assert sorted(problem.path for problem in settings.problems) == ["/Config/appId", "/Config/strange"]
    assert [fault.pointer for fault in caught.value.faults] == ["/Config/tagId", "/Config/eventsMapping/0/to"]


EXPORT = {
    "ad_account_id": "549755885175",
    "conversion_token": "pina_token",
    "mappings": [
        {
            "id": "s-1",
            "name": "Orders",
            "subscribe": 'type = "track" AND event = "Order Completed"',
            "partnerAction": "reportConversionEvent",
            "mapping": {"event_name": "checkout", "event_id": {"@path": "$.messageId"}},
            "enabled": True,
        },
        {"name": " ", "subscribe": 'type = "page"', "partnerAction": "reportConversionEvent", "mapping": None, "enabled": False},
    ],
}


@pytest.mark.parametrize("key", ["mappings", "subscriptions"])
def test_an_export_of_segments_actions_is_translated(key):
    """The two settings and the mappings, under either name; the places stay those of the export."""
    settings = Settings.load({**{k: v for k, v in EXPORT.items() if k != "mappings"}, key: EXPORT["mappings"]})

    assert settings == Settings(
        ad_account_id="549755885175",
        conversion_token=Secret("pina_token"),
        spec="segment_actions",
        enhanced_match=(),
        subscriptions=(
            Subscription("", "Orders", 'type = "track" AND event = "Order Completed"', {"event_name": "checkout", "event_id": {"@path": "$.messageId"}}, True, f"/{key}/0"),
            Subscription("", "", 'type = "page"', {}, False, f"/{key}/1"),
        ),
        dialect="segment_actions",
    )


def test_bare_settings_of_segments_actions_have_all_presets():
    """They look like native ones, so the dialect is named; the defaults of the original can be asked for."""
    bare = {"ad_account_id": 549755885175, "conversion_token": "pina_token"}
    settings = Settings.load({**bare, "preset_defaults": "original"}, "segment_actions")

    assert recognise(bare) == "native"
    assert settings.ad_account_id == "549755885175"
    assert [row.preset for row in settings.subscriptions or ()] == presets().names()
    assert settings.preset_defaults == "original"
    assert Settings.load({**bare, "mappings": []}).subscriptions == ()
    assert Settings.load({**bare, "mappings": None}, "segment_actions").subscriptions == settings.subscriptions


def test_native_subscriptions_are_no_export():
    """What tells them apart is the name of the action, which only Segment writes."""
    assert recognise({"ad_account_id": "1", "subscriptions": [{"subscribe": "type = page"}]}) == "native"
    assert recognise({"ad_account_id": "1", "subscriptions": [{"subscribe": "type = page", "partnerAction": "reportConversionEvent"}]}) == "segment_actions"


def test_rows_of_no_use_are_left_out_and_told():
    """Another action, a mapping without a trigger, keys that nobody knows."""
    rows = [{"partnerAction": "other", "subscribe": "type = page"}, {"mapping": {}}, {"subscribe": "type = page", "colour": 1}]
    settings = Settings.load({"mappings": rows})

    assert [row.pointer for row in settings.subscriptions or ()] == ["/mappings/2"]
    assert told(settings) == [("changed_setting", "mappings.0"), ("changed_setting", "mappings.1"), ("changed_setting", "mappings.2.colour")]


@pytest.mark.parametrize(
    ("mappings", "places"),
    [
        ([{"subscribe": "type"}, {"subscribe": "type = page", "mapping": {"a": {"@liquid": "x"}}}], ["/mappings/0/subscribe", "/mappings/1/mapping/a/@liquid"]),
        ([{"mapping": {}}, {"subscribe": "type = page", "mapping": 5}, 7], ["/mappings/1/mapping", "/mappings/2"]),
        ({"subscribe": "type = page"}, ["/mappings"]),
    ],
)
def test_faults_of_an_export_stand_where_it_has_them(mappings, places):
    """All at once, by the places of the document that was given."""
    with pytest.raises(SettingsError) as error:
        Settings.load({"ad_account_id": "1", "mappings": mappings}, "segment_actions")

    assert [fault.pointer for fault in error.value.faults] == places
