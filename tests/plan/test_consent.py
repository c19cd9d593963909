"""Consent: every form in which it is told, what is asked for, and what the tag hears of it."""

import json
import pickle
from typing import Any

import pytest

from pinterest_destination import Conversion, Destination, Settings, SettingsError
from pinterest_destination._resources import mappings
from pinterest_destination.identity import digest
from pinterest_destination.rules.load import shipped_specs
from pinterest_destination.settings import ConsentSettings

ORDER: dict[str, Any] = {"type": "track", "event": "Order Completed", "messageId": "m", "timestamp": 1700000000, "context": {"traits": {"email": "jane@example.com"}}}
REFUSED = ["setconsent", False]
AGREED = ["setconsent", True]


def made(consent, **more):
    """A destination that asks for consent."""
    return Destination({"tag_id": "1", "consent": consent, **more}, clock=lambda: 1700000000)


def passes(asked, /, **told):
    """Tell whether an event goes out, with *told* in its context."""
    conversion = made(asked).transform({**ORDER, "context": {**ORDER["context"], **told}})
    assert conversion.ok
    assert (conversion.pintrk == [REFUSED]) is (conversion.capi == [])
    return bool(conversion.capi)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(True, True), ("granted", True), (" Yes ", True), (1, True), ("1", True), (False, False), ("denied", False), (0, False), ("Rejected", False), ("maybe", None), (2, None), (0.5, None), (None, None), ("", None), ({}, None)],
)
def test_an_answer_is_read_in_any_usual_form(answer, outcome):
    """Booleans, 0 and 1, words without case; anything else says nothing, and then the setting decides."""
    for unknown in ("granted", "denied"):
        assert passes({"from": ["context.ads"], "unknown": unknown}, ads=answer) is (unknown == "granted" if outcome is None else outcome)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"consentManagement": {"allowedConsentIds": ["C0004"]}}, True),
        ({"consentManagement": {"allowedConsentIds": {"C0004": "Targeting"}}}, True),
        ({"consentManagement": {"allowedConsentIds": {"x": "c0004"}}}, True),
        ({"consentManagement": {"allowedConsentIds": "C0001, C0004"}}, True),
        ({"consentManagement": {"allowedConsentIds": ["C0001"]}}, False),
        ({"consentManagement": {"allowedConsentIds": ["C0001"], "deniedConsentIds": ["C0002"]}}, False),
        ({"consentManagement": {"allowedConsentIds": [], "deniedConsentIds": []}}, None),
        ({"consentManagement": {"allowedConsentIds": {}, "deniedConsentIds": {}}}, None),
        ({"consentManagement": {"allowedConsentIds": [], "deniedConsentIds": ["C0002"]}}, False),
        ({"consentManagement": {"allowedConsentIds": {}, "deniedConsentIds": {"C0002": "Performance"}}}, False),
        ({"consentManagement": {"allowedConsentIds": []}}, False),
        ({"consentManagement": {"allowedConsentIds": " ", "deniedConsentIds": ["C0002"]}}, None),
        ({"consentManagement": {"allowedConsentIds": None, "deniedConsentIds": ["C0002"]}}, None),
        ({"consentManagement": {"deniedConsentIds": []}}, None),
        ({"consentManagement": {}}, None),
        ({"consentManagement": {"allowedConsentIds": 7, "deniedConsentIds": 0.5}}, None),
        ({"consentManagement": {"deniedConsentIds": [" c0004 "], "allowedConsentIds": ["C0004"]}}, False),
        ({"consentManagement": {"deniedConsentIds": [4, None, ["C0004"]]}}, None),
        ({"consentManagement": {"C0004": True}}, True),
        ({"consent": {"categoryPreferences": {"C0004": False, "C0001": True}}}, False),
        ({"consent": {"categoryPreferences": {"C0004": "denied"}}}, False),
        ({"consent": {"categoryPreferences": {"C0001": True}}}, None),
        ({"consent": {"categoryPreferences": 7}}, None),
        ({"OnetrustActiveGroups": ",C0001,C0004,"}, True),
        ({"OptanonActiveGroups": ",C0001,"}, False),
        ({"OnetrustActiveGroups": ","}, False),
        ({"OnetrustActiveGroups": []}, False),
        ({"OnetrustActiveGroups": ""}, None),
        ({"OnetrustActiveGroups": [], "consentManagement": {"allowedConsentIds": [], "deniedConsentIds": []}}, False),
        ({"consent_state": {"ad_storage": "granted"}}, True),
        ({"consent_state": {"ad_storage": False}, "consentManagement": {"allowedConsentIds": ["C0004"]}}, False),
        ({"x-ga-gcs": "g111"}, True),
        ({"x-ga-gcs": "G100"}, False),
        ({"x-ga-gcs": "G1--"}, None),
    ],
)
def test_consent_is_read_where_the_spec_says(told, outcome):
    """By category as RudderStack, Segment and OneTrust tell it, or as one answer, as Google does."""
    for unknown in ("granted", "denied"):
        assert passes({"categories": ["C0004"], "unknown": unknown}, **told) is (unknown == "granted" if outcome is None else outcome)


@pytest.mark.parametrize(
    ("match", "preferences", "outcome"),
    [
        ("all", {"a": True, "b": True}, True),
        ("all", {"a": True}, None),
        ("all", {"a": True, "b": False}, False),
        ("any", {"a": True, "b": False}, True),
        ("any", {"a": False}, None),
        ("any", {"a": False, "b": False}, False),
    ],
)
def test_all_categories_or_any_are_asked_for(match, preferences, outcome):
    """What is not told of counts as the setting says."""
    for unknown in ("granted", "denied"):
        settings = {"categories": ["A", "b", "a"], "match": match, "unknown": unknown}

        assert passes(settings, consent={"categoryPreferences": preferences}) is (unknown == "granted" if outcome is None else outcome)


@pytest.mark.parametrize(("lists", "outcome"), [({"deniedConsentIds": [4]}, False), ({"allowedConsentIds": ["x", 4]}, True), ({"allowedConsentIds": [True, 1]}, False)])
def test_ids_of_categories_may_be_numbers(lists, outcome):
    """In the list; in the settings they are text."""
    assert passes({"categories": ["4"], "unknown": "granted"}, consentManagement=lists) is outcome


def test_the_settings_may_read_the_denied_alone():
    """As RudderStack's server does: it is read as the spec reads it, and a list of those allowed changes nothing."""
    destination = made({"categories": ["C0004"], "unknown": "granted", "from": ["context.consentManagement.deniedConsentIds"]})
    passed, refused = ({**ORDER, "context": {**ORDER["context"], "consentManagement": {"allowedConsentIds": ["C0001"], "deniedConsentIds": ids}}} for ids in ([], ["C0004"]))

    assert (len(destination.transform(passed).capi), len(destination.transform(refused).capi)) == (1, 0)


def test_lists_say_nothing_where_no_category_is_asked_for():
    """Then only an answer does."""
    assert not passes({}, consentManagement={"allowedConsentIds": ["C0004"]})
    assert passes({"unknown": "granted"}, consentManagement={"deniedConsentIds": ["C0004"]})


def test_the_problem_names_the_place_that_refuses():
    """And whoever is silent, the setting."""
    destination = made({"categories": ["a"]})
    refused = destination.transform({**ORDER, "context": {"consent": {"categoryPreferences": {"a": False}}}}).problems
    silent = destination.transform(ORDER).problems

    assert [(problem.severity, problem.code, problem.path) for problem in refused] == [("info", "consent_denied", "context.consent.categoryPreferences")]
    assert "`consent.unknown` is" in silent[0].message


def test_a_channel_that_nobody_asked_for_hears_nothing():
    """The server has nothing to say to a tag."""
    destination = made({})

    assert destination.transform(ORDER, "capi").pintrk == []
    assert destination.transform(ORDER, "pintrk").pintrk == [REFUSED]


def test_an_event_that_is_kept_back_is_explained():
    """By the setting and the place that refuses."""
    explanation = made({"from": ["context.ads"]}).explain({**ORDER, "context": {"ads": "no"}})

    assert (explanation.rule, explanation.browser, explanation.capi) == ("settings#/consent", (), ())
    assert [(field.output, field.value, field.source) for field in explanation.fields] == [("setconsent", False, "context.ads")]


# -- pages


def test_a_page_that_is_loaded_without_consent_tells_the_tag_nothing():
    """No match keys, no page; the tag is there for the day that consent comes."""
    page = made({"from": ["context.ads"]}).page_load
    person = {"email": "jane@example.com"}
    em = {"em": digest("jane@example.com")}

    assert page(person) == page(person, False) == page(person, {"context": {"ads": False}}) == page(person, {}) == [REFUSED, ["load", "1"]]
    assert page(person, True) == page(person, {"context": {"ads": True}}) == [AGREED, ["load", "1", em], ["page"]]


def test_silence_that_counts_as_consent_is_not_told_to_the_tag():
    """A refusal of an earlier page, which the tag keeps, stays as it is."""
    page = made({"from": ["context.ads"], "unknown": "granted"}).page_load

    assert page() == page(consent={"context": {}}) == [["load", "1"], ["page"]]
    assert page(consent={"context": {"ads": "yes"}}) == [AGREED, ["load", "1"], ["page"]]


def test_without_the_setting_only_an_answer_counts():
    """Nothing is read in events that nobody asks."""
    page = Destination({"tag_id": "1"}).page_load

    assert page(consent={"consent_state": {"ad_storage": "denied"}}) == [["load", "1"], ["page"]]
    assert page(consent=False) == [REFUSED, ["load", "1"]]
    assert page(consent=True)[0] == AGREED


def answered(answer):
    """An order that says so."""
    return {**ORDER, "context": {**ORDER["context"], "ads": answer}}


def test_a_page_tells_of_a_refusal_once_and_takes_it_back():
    """The first event tells of the load; then comes the page, if it was not told of."""
    destination = made({"from": ["context.ads"], "unknown": "granted"})
    calls = destination.page_calls([answered(False), answered(False), answered(True), answered(None), answered(False), answered(True)])

    assert [call[:2] if call[0] in ("setconsent", "track") else call for call in calls] == [
        REFUSED, ["load", "1"], AGREED, ["page"], ["track", "Checkout"], ["track", "Checkout"], REFUSED, AGREED, ["track", "Checkout"],
    ]  # fmt: skip


def test_silence_takes_no_refusal_back():
    """The tag keeps what it was told."""
    destination = made({"from": ["context.ads"], "unknown": "granted"})

    assert [call[0] for call in destination.page_calls([answered(None)], consent=False)] == ["setconsent", "load", "track"]


@pytest.mark.parametrize("unknown", ["granted", "denied"])
@pytest.mark.parametrize("answers", [[True], [False], [None], [True, False], [False, True, False, None], [None, False, True], [False, None]])
def test_a_page_of_conversions_is_that_of_their_events(unknown, answers):
    """What counts is on each conversion, whichever channels it was made for, so that the page is loaded, refused and taken back alike."""
    destination = made({"from": ["context.ads"], "unknown": unknown})
    events = list(map(answered, answers))
    conversions = list(destination.transform_all(events))
    silence = None if unknown == "granted" else False

    assert [conversion.consent for conversion in conversions] == [silence if answer is None else answer for answer in answers]
    assert destination.page(conversions) == destination.page(events)
    assert pickle.loads(pickle.dumps(conversions)) == conversions  # noqa: S301  # our own
    assert [conversion.consent for conversion in destination.transform_all(events, "capi")] == [conversion.consent for conversion in conversions]


def test_a_conversion_that_tells_nothing_counts_as_the_setting_says():
    """As one that somebody made; and an answer for the page comes before any conversion's."""
    lead = Conversion([["track", "Lead", {"event_id": "m"}]])
    granted, denied = (made({"from": ["context.ads"], "unknown": unknown}) for unknown in ("granted", "denied"))
    agreed = denied.transform(answered(True))

    assert granted.page([lead]).count("<img") == 2
    assert "setconsent" not in granted.page([lead])
    assert 'pintrk("setconsent", false);\n  pintrk("load", "1");\n}' in denied.page([lead])
    assert denied.page([agreed]).startswith(denied.page_code(consent=True))
    assert denied.page([agreed], consent=False).startswith(denied.page_code(consent=False))


def test_where_nobody_asks_a_conversion_tells_nothing_of_consent():
    """Its event may say what it will."""
    assert Destination({"tag_id": "1"}).transform({**ORDER, "consent_state": {"ad_storage": "denied"}}).consent is None


def test_the_code_of_a_page_without_consent_has_no_images():
    """An image cannot ask."""
    destination = made({"from": ["context.ads"]})

    assert "<noscript>" not in destination.page([answered(False)])
    assert "<noscript>" not in destination.page_code(consent=False)
    assert "<noscript>" not in destination.event_code(destination.transform(answered(True)), consent=False)
    assert "setconsent" in destination.page([destination.transform(answered(False))], consent=True)
    assert destination.page([answered(True)]).count("<img") == 2


def test_limited_data_processing_is_not_cleared_for_who_refuses():
    """A refusal is all that is told then; it is cleared when consent is back."""
    destination = made({"from": ["context.ads"]})
    limited = {**answered(True), "properties": {"optOutType": "LDP"}}

    assert [call[0] for call in destination.page_calls([limited, answered(False), answered(True)])] == ["setconsent", "load", "page", "set", "track", "setconsent", "set", "setconsent", "track"]


def test_a_spec_without_places_of_consent_is_told(tmp_path):
    """Every event would fare the same; a path of one's own is enough."""
    document = tmp_path / "own.json"
    shipped = json.loads((mappings() / "specs" / "ecommerce.json").read_text("utf-8"))
    del shipped["consent"]
    document.write_text(json.dumps(shipped), "utf-8")

    with pytest.raises(SettingsError, match="settings#/consent/from: found nothing, and nothing in the spec 'ecommerce'; expected dot-paths"):
        made({}, spec=str(document))

    assert made({"from": ["context.ads"]}, spec=str(document)).transform(answered(True)).capi


@pytest.mark.parametrize("name", shipped_specs())
def test_every_spec_knows_where_consent_is_told(name):
    """A refusal keeps an event back under each of them; who is asked and agrees is not refused."""
    subscriptions = {"subscriptions": "presets"} if name == "segment_actions" else {}
    destination = made({"categories": ["ads"], "unknown": "granted"}, spec=name, **subscriptions)
    context = ORDER["context"]
    refused = destination.transform({**ORDER, "context": {**context, "consentManagement": {"deniedConsentIds": ["ads"]}}})
    strict = made({"categories": ["ads"]}, spec=name, **subscriptions)
    agreed = strict.transform({**ORDER, "context": {**context, "consentManagement": {"allowedConsentIds": ["ads"]}}})

    assert (refused.pintrk, refused.capi) == ([REFUSED], [])
    assert [problem.code for problem in refused.problems] == ["consent_denied"]
    assert "consent_denied" not in [problem.code for problem in agreed.problems]
    assert agreed.pintrk != [REFUSED]


def test_the_mappings_of_segment_actions_take_consent():
    """In Segment's words, and in our own."""
    for asked in ({"consentSettings": {"categories": ["ads"]}}, {"consent": {"categories": ["ads"], "unknown": "granted"}}):
        settings = Settings.load({"mappings": [], **asked}, "segment_actions")

        assert settings.consent == ConsentSettings(("ads",), "all", "granted")
