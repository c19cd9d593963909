"""API events beside those of Segment's Pinterest Conversions API (Actions).

What differs on purpose is listed in segment_actions.json, which the docs show as well. For each entry there is a
function here that takes the difference away from what Segment sends; what is left must be in ours.
"""

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pinterest_destination import Destination
from pinterest_destination._resources import read_json, schemas
from pinterest_destination.errors import MappingError
from pinterest_destination.identity import KEYS, digest
from pinterest_destination.rules.directives import compile_mapping, mapping_faults
from pinterest_destination.rules.fql import compile_fql
from pinterest_destination.rules.presets import presets

from .conftest import FOLDER

LIST = json.loads((Path(__file__).parent / "segment_actions.json").read_text("utf-8"))
ENTRIES = {entry["id"]: entry for entry in LIST["differences"]}
SCHEMA = Draft202012Validator(read_json(schemas() / "capi-event.json"))
NOW = 1714585340
ANY = 'type != "none"'
"""A trigger for every event; some of the rows' events have no type."""


def rows(folder):
    """One row for each event, with its mapping and what Segment made of it."""
    found = json.loads((folder / "segment-actions.json").read_text("utf-8"))
    return [{**row, "name": f"{n}: {row['name'][:70]}"} for n, row in enumerate(found)]


def destination(row, **settings):
    """The destination that a row's mapping or preset makes."""
    mapping = {**presets().mapping, **row["mapping"]} if row.get("use_default_mappings") else row["mapping"]
    trigger = {"preset": row["preset"]} if row["preset"] else {"subscribe": row.get("subscribe") or ANY}
    return Destination({"ad_account_id": "549755885175", "conversion_token": "t", "subscriptions": [{**trigger, "mapping": mapping}], **settings}, clock=lambda: NOW)


def test_ours_says_all_that_segment_says(row, compare):
    """What Segment sends is sent, but for what the list takes away; what it drops is dropped, unless the list tells why not."""
    made = destination(row)
    conversion = made.transform(row["event"])

    assert "internal_error" not in {problem.code for problem in conversion.problems}
    if "error" in row:
        assert conversion.capi == [] or told_why(row["error"]["message"])
        assert conversion.capi or conversion.problems
        return
    peer, _ = mended(row, made)
    if conversion.capi:
        assert compare.covers(compare.capi({}, peer), compare.capi({}, conversion.capi[0])) == []
        assert list(SCHEMA.iter_errors(conversion.capi[0])) == []
    else:
        assert list(SCHEMA.iter_errors(peer)) != []
        assert any(problem.severity == "error" for problem in conversion.problems)


@pytest.mark.skipif(FOLDER is None, reason="PINTEREST_CONFORMANCE names no folder of cases")
def test_the_old_way_is_kept_where_it_is_asked_for():
    """With `preset_defaults` "original" a preset opts everybody out, and takes the price for the value, as Segment does."""
    for row in rows(Path(FOLDER or "")):
        if row["preset"] and "request" in row:
            (peer,) = row["request"]["body"]["data"]
            (ours,) = destination(row, preset_defaults="original").transform(row["event"]).capi

            assert ours["opt_out"] is peer["opt_out"]
            assert ours["action_source"] == peer["action_source"]
            assert float(ours.get("custom_data", {}).get("value", -1)) == float(peer["custom_data"].get("value", -1))


@pytest.mark.skipif(FOLDER is None, reason="PINTEREST_CONFORMANCE names no folder of cases")
def test_each_difference_is_one():
    """Every entry of the list is needed for some row, and has a function or words of an error."""
    used: set[str] = set()
    for row in rows(Path(FOLDER or "")):
        if "error" in row:
            used |= told_why(row["error"]["message"]) if destination(row).transform(row["event"]).capi else set()
        else:
            used |= mended(row, destination(row))[1]

    assert {*MENDERS} | {name for name, entry in ENTRIES.items() if "refused" in entry} == {*ENTRIES}
    assert [name for name in ENTRIES if name not in used] == []


@pytest.mark.parametrize("entry", LIST["triggers"], ids=lambda entry: entry["what"])
def test_a_trigger_that_differs_differs(entry):
    """Where the list says that a trigger is read otherwise, it is; and where Segment and we agree, there is nothing to list."""
    assert compile_fql(entry["trigger"])(entry["event"]) is entry["matches"]
    assert entry["matches"] is not entry["segment_matches"]


@pytest.mark.parametrize("entry", LIST["mappings"], ids=lambda entry: entry["what"])
def test_a_mapping_that_differs_differs(entry):
    """A mapping that is refused is refused at the place that the list names; another gives what the list says."""
    if "pointer" in entry:
        assert [fault.pointer for fault in mapping_faults(entry["mapping"])] == [entry["pointer"]]
        with pytest.raises(MappingError):
            compile_mapping(entry["mapping"])
    elif "gives" in entry:
        assert compile_mapping(entry["mapping"])({"messageId": "m-1"}) == entry["gives"]
    else:
        mapping = {"data_format": "latest", "event_name": "lead", "user_data": {"email": "jane@example.com"}, **entry["mapping"]}
        made = Destination({"subscriptions": [{"subscribe": ANY, "mapping": mapping}]}).transform({"timestamp": NOW, "traits": {"phone": entry["digest_of"]}})

        assert digest(entry["digest_of"]) in json.dumps(made.capi)
        assert entry["digest_of"] not in json.dumps(made.capi)


def told_why(message):
    """Name the entries that tell why an event is sent though Segment drops it with that message."""
    return {name for name, entry in ENTRIES.items() if any(re.search(words, message) for words in entry.get("refused", ()))}


# -- taking differences away


def mended(row, made):
    """Give what Segment sends without the differences, and which entries took any away."""
    (peer,) = row["request"]["body"]["data"]
    ((_, given),) = made.plan.stage.inputs(row["event"])
    used = set()
    for name, mend in MENDERS.items():
        before, peer = peer, mend(deepcopy(peer), given["payload"], row)
        if before != peer:
            used.add(name)
    return peer, used


def without(node, *keys):
    """Take keys out of an object."""
    return {key: part for key, part in node.items() if key not in keys}


def opt_out(peer, payload, row):
    return without(peer, "opt_out") if row["preset"] and "opt_out" not in payload else peer


def value(peer, payload, row):
    price = row["event"].get("properties", {}).get("price")
    custom = peer["custom_data"]
    if row["preset"] and price is not None and "value" in custom and float(custom["value"]) == float(price):
        peer["custom_data"] = without(custom, "value") if payload["custom_data_2"]["value"] != price else custom
    return peer


def action_source(peer, payload, _):
    return without(peer, "action_source") if payload.get("action_source") != peer["action_source"] else peer


def partner(peer, _, __):
    return {**without(peer, "partner_name"), "custom_data": without(peer["custom_data"], "np")}


def tracking(peer, _, __):
    return without(peer, "advertiser_tracking_enabled")


HASHED = {"em": "email", "ph": "phone", "ge": "gender", "db": "date_of_birth", "fn": "first_name", "ln": "last_name", "ct": "city", "st": "state", "zp": "zip", "country": "country", "external_id": "external_id", "hashed_maids": "hashed_maids"}
SPACE = re.compile(r"[\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
SURROGATE = re.compile("[\ud800-\udfff]")
HEX = re.compile("[0-9a-fA-F]{64}")


def raw_values(payload, key):
    """Give the values that a match key is made of, as text."""
    found = payload["user_data"].get(HASHED[key])
    values = found if isinstance(found, list) else [found]
    return [value if isinstance(value, str) else json.dumps(value) for value in values if value is not None]


def raw_items(payload):
    """Give the products of a payload; Segment leaves nulls out."""
    found = payload.get("contents") or (payload.get("custom_data") or {}).get("contents") or []
    return [row for row in (found if isinstance(found, list) else [found]) if row is not None]


def cleaned(key, text):
    """What Segment hashes."""
    if key == "ph":
        return re.sub("[^0-9]", "", text)
    text = SPACE.sub("", text).lower()
    return {"male": "m", "female": "f", "non-binary": "n"}.get(text, text) if key == "ge" else text


def normal_forms(peer, payload, _):
    """A digest counts where Segment's form is Pinterest's."""
    user = peer["user_data"]
    for key in HASHED.keys() & user.keys():
        raws = [raw for raw in raw_values(payload, key) if raw.strip() and not HEX.fullmatch(raw.strip())]
        odd = {digest(SURROGATE.sub("\ufffd", cleaned(key, raw))) for raw in raws if KEYS[key](raw) != cleaned(key, raw)}
        user[key] = [each for each in user[key] if each not in odd]
    return peer


def digests(peer, payload, _):
    """A digest counts once, in lower case, and not hashed again."""
    user = peer["user_data"]
    for key in HASHED.keys() & user.keys():
        again = {digest(cleaned(key, raw)) for raw in raw_values(payload, key) if HEX.fullmatch(raw.strip()) and raw != raw.strip()}
        user[key] = list(dict.fromkeys(each.lower() for each in user[key] if each not in again))
    return peer


def blank(peer, _, __):
    """Take away what is null, blank text or empty, all the way down."""
    if isinstance(peer, dict):
        return {key: made for key, part in peer.items() if (made := blank(part, _, __)) not in (None, "", [], {})}
    return [made for part in peer if (made := blank(part, _, __)) not in (None, "", [], {})] if isinstance(peer, list) else peer


def unlawful(peer, _, __):
    """Take away what Pinterest's schema refuses."""
    if "language" in peer:
        peer["language"] = peer["language"][:2].lower()
    for _ in range(20):
        for error in SCHEMA.iter_errors(peer):
            node = peer
            *parents, last = [*error.absolute_path] or [None]
            if error.validator == "additionalProperties":
                for step in error.absolute_path:
                    node = node[step]
                for key in {*node} - {*error.schema["properties"]}:
                    del node[key]
            elif last is not None and last != "user_data":
                for step in parents:
                    node = node[step]
                del node[last]
                break
    return peer


def ip(peer, _, __):
    if not re.fullmatch("[0-9a-f.:]+", peer["user_data"].get("client_ip_address", "1.2.3.4")):
        del peer["user_data"]["client_ip_address"]
    return peer


def url(peer, _, __):
    return peer if peer.get("event_source_url", "https://").startswith("http") else without(peer, "event_source_url")


def currency(peer, _, __):
    if "currency" in peer.get("custom_data", {}):
        code = peer["custom_data"]["currency"].upper()
        peer["custom_data"] = {**peer["custom_data"], "currency": code} if len(code) == 3 else without(peer["custom_data"], "currency")
    return peer


def numbers(peer, payload, _):
    """A number counts where it is one, in the form that it has in the payload."""
    mapped, custom = payload.get("custom_data_2") or payload.get("custom_data") or {}, peer.get("custom_data", {})
    for key in ("value", "predicted_ltv", "num_items"):
        raw = mapped.get(key)
        if key in custom and (isinstance(raw, bool | list) or not re.fullmatch(r"-?[0-9.]+(e[+-]?[0-9]+)?", str(raw)) or (key == "num_items" and custom[key] < 0)):
            del custom[key]
        elif key in custom and key != "num_items":
            custom[key] = raw if isinstance(raw, str) and "e" not in raw else plain(raw)
    for item, raw in zip(custom.get("contents", []), raw_items(payload), strict=True):
        if isinstance(raw.get("item_price"), str):
            item["item_price"] = raw["item_price"]
    return peer


def plain(raw):
    """Give a number without an exponent."""
    text = str(raw) if isinstance(raw, int) else f"{float(raw):.17f}".rstrip("0").rstrip(".") if abs(float(raw)) < 1e-4 else repr(float(raw)) if abs(float(raw)) < 1e16 else str(int(float(raw)))
    return text.removesuffix(".0")


def words(peer, payload, _):
    mapped = payload.get("custom_data_2") or payload.get("custom_data") or {}
    for key in [key for key, part in mapped.items() if isinstance(part, bool) and key in peer.get("custom_data", {})]:
        del peer["custom_data"][key]
    return peer


def products(peer, payload, _):
    """Null in a product is absent."""
    for item, raw in zip(peer.get("custom_data", {}).get("contents", []), raw_items(payload), strict=True):
        for key in [key for key in item if raw.get(key) is None]:
            del item[key]
    return peer


def time(peer, payload, _):
    return peer if re.match(r"\s*\d{4}-\d\d-\d\d", str(payload.get("event_time"))) else without(peer, "event_time")


def install_time(peer, payload, _):
    raw = str(payload.get("app_info", {}).get("install_time", "")) if isinstance(payload.get("app_info"), dict) else ""
    if "install_time" in peer.get("app_info", {}) and (raw == "0" or re.fullmatch(r"\d{13}", raw)):
        peer["app_info"] = {**peer["app_info"], "install_time": int(raw) // 1000} if raw != "0" else without(peer["app_info"], "install_time")
    return peer


def languages(peer, _, __):
    if "languages" in peer.get("device_info", {}):
        peer["device_info"]["languages"] = [word.lower() for word in peer["device_info"]["languages"]]
    return peer


MENDERS = {
    mend.__name__: mend
    for mend in (opt_out, value, action_source, partner, tracking, normal_forms, digests, ip, url, currency, numbers, words, products, time, install_time, languages, unlawful, blank)
}
"""By the id of the entry."""
