"""Settings of Pinterest's and of Stape's tags for server-side Google Tag Manager."""

import pytest

from pinterest_destination import Destination, SettingsError
from pinterest_destination.settings import ConsentSettings, Secret, Settings, recognise, to_native

WHO = {"advertiserId": "549755885175", "apiAccessToken": "pina_token"}


def told(settings):
    """Path and first words of each problem that belongs to a key."""
    return [(problem.path, problem.message.partition(":")[0]) for problem in settings.problems if problem.path]


@pytest.mark.parametrize(
    ("document", "dialect"),
    [
        (WHO, "gtm"),
        ({**WHO, "actionSource": "web", "testMode": False}, "gtm"),
        ({**WHO, "conversionAccessToken": "x"}, "gtm"),
        ({**WHO, "adStorageConsent": "optional"}, "stape"),
        ({"eventType": "inherit"}, "stape"),
        ({"advertiserId": "1"}, "rudderstack"),
    ],
)
def test_the_tags_are_recognised(document, dialect):
    """By the fields that only they have."""
    assert recognise(document) == dialect


def test_pinterests_tag_is_translated():
    """Its account is the ad account; that pieces are counted and not rows is told, with how to keep the old way."""
    settings = Settings.load({**WHO, "actionSource": "app_ios", "testEvent": True})

    assert (settings.ad_account_id, settings.conversion_token, settings.action_source, settings.test_mode) == ("549755885175", Secret("pina_token"), "app_ios", True)
    assert (settings.spec, settings.enhanced_match, settings.consent) == ("ga4", (), None)
    assert [(problem.code, problem.severity, problem.path) for problem in settings.problems] == [("changed_setting", "warning", "")]
    assert '{"items": "count"}' in settings.problems[0].message


def test_stapes_tag_is_translated():
    """Unknown events stay custom; consent and log are ours; success is told after the answer."""
    settings = Settings.load({**WHO, "eventType": "inherit", "adStorageConsent": "required", "logType": "always", "useOptimisticScenario": True, "testMode": "true", "actionSource": "shop"})

    assert (settings.unmapped, settings.consent, settings.log, settings.test_mode, settings.action_source) == ("custom", ConsentSettings(), "always", True, None)
    assert told(settings) == [
        ("useOptimisticScenario", "Success is told only after Pinterest's answer here, so that nothing is lost unnoticed."),
        ("testMode", 'The text "true" is read as true.'),
        ("actionSource", "None of web, app_android, app_ios, offline"),
    ]


@pytest.mark.parametrize(("word", "consent", "problems"), [("optional", None, 0), ("required", ConsentSettings(), 0), ("maybe", ConsentSettings(), 1)])
def test_consent_is_required_or_not(word, consent, problems):
    """What is neither is read as the stricter of them, and told."""
    settings = Settings.load({**WHO, "adStorageConsent": word})

    assert settings.consent == consent
    assert len(told(settings)) == problems


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"eventType": "standard", "eventNameStandard": "AddToCart"}, [{"event": "add_to_cart"}]),
        ({"eventNameStandard": "watch_video"}, [{"event": "watch_video"}]),
        ({"eventType": "custom", "eventNameStandard": "AddToCart", "eventNameCustom": "Mug Lifted"}, [{"event": "MugLifted", "own": True}]),
        ({"eventType": "inherit", "eventNameStandard": "AddToCart", "eventNameCustom": "x"}, None),
    ],
)
def test_one_name_may_stand_for_every_event(fields, events):
    """Only the field that the type points to counts."""
    overrides = Settings.load({**WHO, **fields}, "stape").overrides

    assert overrides == (None if events is None else {"events": [{"type": ["track", "page", "screen"], "to": events}]})


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"eventType": "bogus", "eventNameStandard": "AddToCart"}, "eventType", "None of inherit, standard, custom: events keep their own names."),
        ({"eventType": 5}, "eventType", "None of inherit, standard, custom: events keep their own names."),
        ({"eventType": "standard", "eventNameCustom": "x"}, "eventType", '"standard" asks for eventNameStandard, which is missing or blank: it has no effect.'),
        ({"eventType": "custom", "eventNameCustom": " "}, "eventType", '"custom" asks for eventNameCustom, which is missing or blank: it has no effect.'),
    ],
)
def test_a_type_without_a_name_is_told(fields, path, words):
    """A word that the tag does not know, and one whose field is blank; events keep their own names."""
    settings = Settings.load({**WHO, **fields}, "stape")

    assert settings.overrides is None
    assert [(problem.path, problem.message) for problem in settings.problems if problem.path] == [(path, words)]


def test_a_standard_event_that_there_is_not_is_told():
    """It is sent all the same; any spelling of one that there is will do."""
    settings = [Settings.load({**WHO, "eventType": "standard", "eventNameStandard": name}, "stape") for name in ("Nope", "Add to cart")]

    assert told(settings[0]) == [("eventNameStandard", "No standard event of Pinterest's")]
    assert told(settings[1]) == []
    assert [(each.overrides or {})["events"][0]["to"] for each in settings] == [[{"event": "Nope", "own": True}], [{"event": "add_to_cart"}]]


@pytest.mark.parametrize("name", ["{{Event Name}}", "!", 5])
def test_a_name_that_cannot_be_sent_is_left_out(name):
    """It is told, and events keep their own names."""
    settings = Settings.load({**WHO, "eventType": "custom", "eventNameCustom": name})

    assert settings.overrides is None
    assert [path for path, _ in told(settings)] == ["eventNameCustom"]


@pytest.mark.parametrize(("dialect", "key"), [("gtm", "apiAccessToken"), ("gtm", "conversionAccessToken"), ("stape", "apiAccessToken")])
def test_a_variable_is_no_token(dialect, key):
    """Nor an id: its name would be sent as one. It is left out, which is told without the value; what stands there itself is taken."""
    settings = Settings.load({"advertiserId": "{{Account}}", "adAccountId": "77", key: "{{Secret Token}}"}, dialect)
    both = Settings.load({"apiAccessToken": "{{Secret Token}}", "conversionAccessToken": "pina_token"}, "gtm")

    assert (settings.ad_account_id, settings.conversion_token) == ("77", None)
    assert told(settings) == [("advertiserId", "A variable of Tag Manager, whose value is not known here"), (key, "A variable of Tag Manager, whose value is not known here")]
    assert "Secret" not in str(settings.problems)
    assert both.conversion_token == Secret("pina_token")


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_token_is_absent(blank):
    """As every blank value is."""
    settings = Settings.load({"advertiserId": "77", "apiAccessToken": blank}, "gtm")

    assert settings.conversion_token is None
    assert told(settings) == []


def test_tables_become_constants():
    """Each row replaces a parameter; the paths that a spec reads say which field that is."""
    tables = {
        "serverEventDataList": [{"name": "opt_out", "value": "true"}, {"name": "action_source", "value": "OFFLINE"}, {"name": "event_source_url", "value": "https://shop.example.com/"}],
        "customDataList": [{"name": "value", "value": 12.5}, {"name": "content_ids", "value": "p-1"}, {"name": "currency", "value": "usd"}],
        "userDataList": [{"name": "email_address", "value": "jane@example.com"}, {"name": "address.city", "value": "New York"}, {"name": "external_id", "value": "u-1"}],
    }
    settings = Settings.load({**WHO, **tables})

    assert told(settings) == []
    assert settings.overrides == {
        "fields": {
            "opt_out": {"from": [{"give": "true"}]},
            "action_source": {"from": [{"give": "offline"}]},
            "event_source_url": {"from": [{"give": "https://shop.example.com/"}]},
            "value": {"from": [{"give": 12.5}]},
            "content_ids": {"from": [{"give": "p-1", "as": "texts"}]},
            "currency": {"from": [{"give": "usd"}]},
            "em": {"from": [{"give": "jane@example.com"}]},
            "ct": {"from": [{"give": "New York"}]},
            "external_id": {"from": [{"give": "u-1"}]},
        }
    }
    assert Settings.load(to_native(settings)).overrides == settings.overrides
    event = {"event_name": "purchase", "event_id": "e", "value": 1, "user_data": {"email_address": "other@example.com"}}
    sent = Destination(settings, clock=lambda: 1700000000).transform(event).capi[0]
    assert (sent["opt_out"], sent["action_source"], sent["custom_data"]) == (True, "offline", {"value": "12.5", "currency": "USD", "content_ids": ["p-1"]})
    assert len(sent["user_data"]["em"]) == 1


def test_rows_that_cannot_be_used_are_left_out():
    """Variables, unknown parameters, impossible values and rows that are none are told by their place, as are values without a name; blank rows are not."""
    rows = [{"name": "value", "value": "{{Value}}"}, {"name": "colour", "value": "red"}, {"name": "currency", "value": "gold"}, {"name": "", "value": "x"}, {"name": "value", "value": ""}, "value", {}, {"value": 1}, {"key": "value"}]
    settings = Settings.load({**WHO, "customDataList": rows, "serverEventDataList": {"name": "opt_out", "value": True}})

    assert settings.overrides == {"fields": {"opt_out": {"from": [{"give": True}]}}}
    assert told(settings) == [
        ("customDataList.0", "A variable of Tag Manager, whose value is not known here"),
        ("customDataList.1", "No parameter that Pinterest's API has a place for"),
        ("customDataList.2", "A value that the parameter cannot have"),
        ("customDataList.3", "A value without the name of a parameter"),
        ("customDataList.5", "No row of a name and a value"),
        ("customDataList.7", "A value without the name of a parameter"),
        ("customDataList.8", "No row of a name and a value"),
    ]


def exported_row(**parts):
    """A row of a table as an exported container has it."""
    return {"type": "MAP", "map": [{"type": "TEMPLATE", "key": key, "value": value} for key, value in parts.items()]}


EXPORTED = [exported_row(name="content_brand", value="Potters"), exported_row(name="colour", value="red"), exported_row(value="7"), {"type": "MAP", "map": [5, {"type": "TEMPLATE", "value": "x"}]}]


@pytest.mark.parametrize(("table", "place"), [(EXPORTED, ""), ({"type": "LIST", "key": "customDataList", "list": EXPORTED}, ".list")])
def test_tables_of_an_exported_container_are_read(table, place):
    """With or without what the list stands in; a row without anything is blank."""
    settings = Settings.load({**WHO, "customDataList": table})

    assert settings.overrides == {"fields": {"content_brand": {"from": [{"give": "Potters"}]}}}
    assert told(settings) == [
        (f"customDataList{place}.1", "No parameter that Pinterest's API has a place for"),
        (f"customDataList{place}.2", "A value without the name of a parameter"),
    ]


def test_a_single_exported_row_may_stand_alone():
    """As any row may; one that holds a list has no value."""
    settings = Settings.load({**WHO, "customDataList": exported_row(name="content_brand", value="Potters"), "serverEventDataList": exported_row(name="opt_out", value=[5])})

    assert settings.overrides == {"fields": {"content_brand": {"from": [{"give": "Potters"}]}}}
    assert told(settings) == [("serverEventDataList", "A value that the parameter cannot have")]


def parameters(*more):
    """A tag of an exported container."""
    rows = [{"type": "TEMPLATE", "key": "advertiserId", "value": "549755885175"}, {"type": "TEMPLATE", "key": "apiAccessToken", "value": "pina_token"}]
    return {"accountId": "1", "name": "Pinterest", "type": "cvt_1_2", "firingTriggerId": ["3"], "parameter": [*rows, *more]}


def test_the_tag_of_an_exported_container_is_read_whole():
    """The rows of its `parameter` are the settings; problems tell the place there."""
    switch = {"type": "BOOLEAN", "key": "testMode", "value": "true"}
    table = {"type": "LIST", "key": "customDataList", "list": EXPORTED[:2]}
    settings = Settings.load(parameters(switch, table, {"type": "TEMPLATE", "key": "actionSource"}, {"type": "TEMPLATE", "key": "eventNam", "value": "x"}))

    assert (settings.dialect, settings.ad_account_id, settings.conversion_token, settings.test_mode) == ("gtm", "549755885175", Secret("pina_token"), True)
    assert settings.overrides == {"fields": {"content_brand": {"from": [{"give": "Potters"}]}}}
    assert [path for path, _ in told(settings)] == ["parameter.3.list.1", "parameter.5.value"]


def test_faults_in_an_exported_tag_tell_their_place():
    """Whether the key is known in another tool's settings or is our own; a token is never shown."""
    rows = [{"key": "advertiserId", "value": "x"}, {"key": "apiAccessToken", "value": "pina token"}]
    with pytest.raises(SettingsError) as gtm:
        Settings.load({"parameter": rows})
    with pytest.raises(SettingsError) as native:
        Settings.load({"parameter": [{"key": "tag_id", "value": "x"}, {"key": "tag/ids", "value": "1"}]})

    assert [fault.pointer for fault in gtm.value.faults] == ["/parameter/0/value", "/parameter/1/value"]
    assert [fault.pointer for fault in native.value.faults] == ["/parameter/0/value", "/parameter/1/value"]
    assert "pina token" not in str(gtm.value)


@pytest.mark.parametrize("document", [{"parameter": []}, {"parameter": [5]}, {"parameter": [{"value": "x"}]}, {"parameter": 5}, {"tag_id": "1", "parameter": [{"key": "tag_id", "value": "2"}]}])
def test_what_is_no_tags_parameter_is_an_unknown_key(document):
    """As any other that there is not."""
    with pytest.raises(SettingsError, match="#/parameter: found an unknown key"):
        Settings.load(document)


def test_a_constant_in_clear_is_left_out_where_only_digests_may_leave():
    """That is told when the plan is built."""
    settings = {"spec": "ga4", "identity": "hashed", "overrides": {"fields": {"em": {"from": [{"give": "jane@example.com"}]}, "ph": {"from": [{"give": "ab" * 32}]}}}}
    destination = Destination(settings)

    assert [(problem.code, problem.path) for problem in destination.problems] == [("clear_match_key", "/overrides/fields/em/from/0")]
    assert "jane" not in repr(destination.settings) + destination.plan.source
