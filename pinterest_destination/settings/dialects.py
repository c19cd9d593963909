"""The dialects: which keys other tools give their settings, and what each key becomes here.

ADD A DIALECT HERE: one `Dialect` with one `Key` per key of the other tool. docs/settings.md is made from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve

from . import _actions as actions
from . import _gtm as gtm
from . import _readers as read
from ._schema import schema
from ._translate import Dialect, Key, keys_without_effect

NATIVE = "native"

_ENHANCED = Key("enhanced_match", read.switch(["em"], []), '`true`: `["em"]`; `false` or absent: `[]`')
_SOURCES = (
    "android", "androidKotlin", "ios", "iosSwift", "web", "unity", "amp", "cloud", "warehouse", "reactnative",
    "flutter", "cordova", "shopify",
)  # fmt: skip


def _per_source(to: str, reader: read.Reader, note: str = "") -> Key:
    return Key(to, read.by_source(reader, _SOURCES), note)


_RUDDERSTACK = Dialect(
    title="RudderStack, Pinterest Tag (`Config`)",
    defaults={
        "spec": "rudderstack",
        "api_version": "v3",
        "enhanced_match": [],
        "send_external_id": False,
        "unmapped": "pass",
    },
    keys={
        "tagId": _per_source("tag_id", read.number_id),
        "adAccountId": _per_source("ad_account_id", read.number_id),
        "advertiserId": _per_source("advertiser_id", read.number_id),
        "appId": _per_source("app_id", read.number_id),
        "conversionToken": _per_source(
            "conversion_token", read.token, '`env.NAME` is the environment variable: `{"env": "NAME"}`'
        ),
        "apiVersion": _per_source(
            "api_version",
            read.choice({"newApi": "v5", "legacyApi": "v3"}, otherwise="v5"),
            '`newApi`: `"v5"`; `legacyApi` or absent: `"v3"`; anything else: `"v5"`',
        ),
        "sendAsTestEvent": _per_source("test_mode", read.switch(True, False)),
        "sendingUnHashedData": _per_source(
            "identity", read.switch("auto", "hashed"), '`true` or absent: `"auto"`; `false`: `"hashed"`'
        ),
        "sendExternalId": _per_source("send_external_id", read.switch(True, False), "absent: `false`"),
        "deduplicationKey": _per_source("event_id", read.event_id, "a path or a list; `[1]` is read as `.1`"),
        "enhancedMatch": evolve(_ENHANCED, read=read.by_source(_ENHANCED.read, _SOURCES)),
        "sendAsCustomEvent": _per_source(
            "unmapped", read.switch("custom", "pass"), '`true`: `"custom"`; `false` or absent: `"pass"`'
        ),
        "customProperties": _per_source(
            "custom_properties", read.custom_properties("properties"), "rows `{properties}`; blank rows do not count"
        ),
        "eventsMapping": _per_source(
            "event_map",
            read.event_map("from", "to", names=False),
            "rows `{from, to}`, or one row; blank ones do not count",
        ),
        "consentManagement": _per_source(
            "consent",
            read.consent_management,
            "rows `{provider, consents, resolutionStrategy}`; an event that does not tell passes, as there, but `allowedConsentIds` without the category tells, also when it is empty (not beside an empty `deniedConsentIds`: nobody was asked yet)",
        ),
        "oneTrustCookieCategories": _per_source(
            "consent", read.consent(row_key="oneTrustCookieCategory"), "rows `{oneTrustCookieCategory}`, all of them needed"
        ),
        "ketchConsentPurposes": _per_source(
            "consent", read.consent(row_key="purpose", match="any"), "rows `{purpose}`, any of them enough"
        ),
    }
    | keys_without_effect(
        "useNativeSDK", "connectionMode", "eventFilteringOption", "whitelistedEvents", "blacklistedEvents",
        "enableDeduplication", "hasDynamicConfig", "eventDelivery", "eventDeliveryTS",
    ),
    note="Filters are the host's: it applies them before an event gets here. Consent rules hold here as well. "
    'A value given per kind of source, such as `{"web": true}`, is read as well.',
)

_CONSENT_SETTINGS = Key(
    "consent", read.consent_settings, "`{categories}`, all of them needed; an event that does not tell passes, as there"
)

_SEGMENT = Dialect(
    title="Segment, Pinterest Tag",
    defaults={"spec": "segment", "api_version": "v5", "enhanced_match": []},
    keys={
        "tid": Key("tag_id", read.number_id),
        "pinterestEventMapping": Key(
            "event_map",
            read.event_map("key", "value", names=True),
            "an object from name to target, or rows `{key, value}`; one without a target is left out",
        ),
        "pinterestCustomProperties": Key("custom_properties", read.custom_properties()),
        "useEnhancedMatchLoad": _ENHANCED,
        "mapMessageIdToEventId": Key(
            read=read.only(True, "the message id always becomes the event id here, which deduplication needs"),
            note="always as if `true`",
        ),
        "consentSettings": _CONSENT_SETTINGS,
    }
    | keys_without_effect("type", "versionSettings", "bundlingStatus", "unbundledIntegrations", "maybeBundledConfigIds"),
)

_METAROUTER_MAP = Key(
    "event_map", read.event_map("from", "to", names=True), "an object from name to target, or rows `{from, to}`"
)

_METAROUTER = Dialect(
    title="MetaRouter, Pinterest",
    bare_paths=True,
    defaults={"spec": "metarouter", "api_version": "v5", "enhanced_match": []},
    keys={
        "tagId": Key("tag_id", read.number_id, mark=False),
        "tagID": Key("tag_id", read.number_id),
        "adAccountId": Key("ad_account_id", read.number_id, mark=False),
        "conversionToken": Key("conversion_token", read.token, mark=False),
        "apiToken": Key("conversion_token", read.token),
        "deduplicationKey": Key("event_id", read.event_id, "a path or a list; `[1]` is read as `.1`", mark=False),
        "enhancedMatch": evolve(_ENHANCED, mark=False),
        "customProperties": Key("custom_properties", read.custom_properties(), "a list of dot-paths", mark=False),
        "eventMap": _METAROUTER_MAP,
        "eventMappings": _METAROUTER_MAP,
        "eventsMapping": evolve(_METAROUTER_MAP, mark=False),
    },
    note="MetaRouter publishes the labels of its form, but no names of keys. The keys here are those labels in camelCase, "
    "and the spellings its users are likely to choose; if yours differ, rename them.",
)

_SUBSCRIPTIONS = Key(
    "subscriptions",
    actions.subscriptions,
    "rows `{name, subscribe, partnerAction, mapping, enabled}`; absent: all presets",
    mark=actions.is_list,
)

_SEGMENT_ACTIONS = Dialect(
    title="Segment, Pinterest Conversions API (Actions)",
    defaults={"spec": "segment_actions", "api_version": "v5", "enhanced_match": [], "subscriptions": "presets"},
    keys={
        "ad_account_id": Key("ad_account_id", read.number_id, mark=False),
        "conversion_token": Key("conversion_token", read.token, mark=False),
        "mappings": _SUBSCRIPTIONS,
        "subscriptions": evolve(_SUBSCRIPTIONS, mark=actions.is_exported),
        "consentSettings": evolve(_CONSENT_SETTINGS, mark=False),
        "consent": Key("consent", note="our own key: the consent that events need", read=read.as_it_is, mark=False),
        "preset_defaults": Key("preset_defaults", note="our own key: how presets are taken", read=read.as_it_is, mark=False),
    },
    note="The two bare settings look like native ones: name the dialect for those. "
    "[specs/segment_actions.md](specs/segment_actions.md) tells what to paste where, and what differs from Segment.",
)

_TABLE = "rows `{name, value}`: each value is sent in place of the parameter of that name"
_GTM_ID = Key("ad_account_id", gtm.known(read.number_id, "write the id itself"), mark=False)
_GTM_TOKEN = Key("conversion_token", gtm.own_token, "a variable is left out")
_GTM_KEYS = {
    "advertiserId": evolve(_GTM_ID, note="the tag calls the ad account so"),
    "adAccountId": _GTM_ID,
    "apiAccessToken": _GTM_TOKEN,
    "actionSource": Key("action_source", read.source, "for events that do not tell it themselves", mark=False),
    "testMode": Key("test_mode", read.switch(True, False), mark=False),
    "serverEventDataList": Key("overrides", gtm.constants("ga4"), _TABLE, joins=True),
    "customDataList": Key("overrides", gtm.constants("ga4"), _TABLE, joins=True),
    "userDataList": Key("overrides", gtm.constants("ga4", "user_data"), _TABLE, joins=True),
}

_GTM = Dialect(
    title="Pinterest's tag for server-side Google Tag Manager",
    defaults={"spec": "ga4", "api_version": "v5", "enhanced_match": []},
    keys=_GTM_KEYS
    | {
        "conversionAccessToken": _GTM_TOKEN,
        "testEvent": Key("test_mode", read.switch(True, False), mark=False),
    },
    note="The template publishes its labels, and names of keys only inside the container. The keys here are those of the "
    "container's export, and spellings that users are likely to choose; if yours differ, rename them. "
    "[specs/gtm.md](specs/gtm.md) tells what to paste where.",
    changes=(
        "The number of products is that of the pieces, as Pinterest's API asks; the tag counts rows. "
        '`"num_items": {"from": [{"items": "count"}]}` among the fields of `overrides` keeps its way.',
    ),
)

_STAPE = Dialect(
    title="Stape's Pinterest tag for server-side Google Tag Manager",
    defaults={"spec": "ga4", "api_version": "v5", "enhanced_match": [], "unmapped": "custom"},
    keys=_GTM_KEYS
    | {
        "eventType": Key(read=gtm.event_type, note="`inherit`: by the event's own name; `standard`, `custom`: see the next two"),
        "eventNameStandard": Key("overrides", gtm.every_standard_event, "every event is sent under this name", joins=True, beside=("eventType", "standard")),
        "eventNameCustom": Key("overrides", gtm.every_event, "every event is sent under this name", joins=True, beside=("eventType", "custom")),
        "adStorageConsent": Key(
            "consent", read.ad_storage, "`required`: an event without Google's `ad_storage` consent is not sent; `optional` or absent: not asked for"
        ),
        "logType": Key("log", read.choice({"no": "none", "debug": "debug", "always": "always"}, otherwise="none")),
        "useOptimisticScenario": Key(
            read=read.only(False, "success is told only after Pinterest's answer here, so that nothing is lost unnoticed"),
            note="always as if `false`",
        ),
    },
    note="[specs/stape.md](specs/stape.md) tells what to paste where.",
    changes=(
        "An event that Pinterest has a standard event for is sent as that, where the tag sends some as custom; `event_map` keeps custom.",
        "The event's own time counts, where the tag always takes that of sending; "
        '`"event_time": {"from": [{"now": true}]}` among the fields of `overrides` keeps its way.',
    ),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "metarouter": _METAROUTER,
        "rudderstack": _RUDDERSTACK,
        "segment": _SEGMENT,
        "segment_actions": _SEGMENT_ACTIONS,
        "gtm": _GTM,
        "stape": _STAPE,
    }
)
"""By name; where a document fits several equally well, the first is taken."""


def recognise(document: Mapping[str, Any]) -> str:
    """Name the dialect of *document* by its keys.

    A dialect that knows every key comes first. Failing that, native settings win, which then refuse the strange key
    and suggest the right one; and a document of strange keys alone belongs to the dialect that knows most of them.
    """
    keys = set(document) - {"$schema"}
    found = {name: keys & set(table.keys) for name, table in DIALECTS.items() if table.looks_like(document)}
    whole = [name for name, known in found.items() if known == keys]
    if whole or not found or keys & set(schema()["properties"]):
        return whole[0] if whole else NATIVE
    return max(found, key=lambda name: len(found[name]))


def mixed(document: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Give the first key of ours in *document*, for which it is read as native, and its keys that only tools with a mark in it know."""
    ours = [key for key in document if key in schema()["properties"]]
    theirs = {key for table in DIALECTS.values() if table.looks_like(document) for key in document if key in table.keys}
    return (ours[0], theirs - set(ours)) if ours else ("", set())
