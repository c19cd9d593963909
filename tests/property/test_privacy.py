"""No personal value leaves in clear, whatever place it stands at and whatever a custom property asks for."""

import hashlib
import json
import logging
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination import Destination, SettingsError
from pinterest_destination.identity import KEYS

from ..interpreter import split
from .strategies import NOW, SPECS, path_sources, plant, realistic

pytestmark = pytest.mark.property
PRIVATE = sorted({(path, key) for spec in SPECS.values() for path, key in path_sources(spec) if key in {*KEYS, "ip"}})
"""Every place at which some spec looks for what identifies a person, with the match key it gives."""

COUNTRIES = ["Liechtenstein", "Kyrgyzstan", "Eswatini", "Mongolia", "Paraguay", "Suriname", "Burundi", "Vanuatu"]
GENDERS = ["feminine", "masculine", "nonbinary", "diverse", "neutral", "enby"]


def sentinel(n, key):
    """Give a value that the match key takes, and that stands nowhere else in the event."""
    return {
        "em": f"Sentinel.Mail{n}@Example.com",
        "ph": f"+1 (415) 555-01{n:02d}",
        "fn": f"Sentinelfirst{n}",
        "ln": f"Sentinellast{n} Zed",
        "ge": GENDERS[n % len(GENDERS)],
        "db": f"19{n + 10:02d}-11-28",
        "ct": f"Sentinel City{n}",
        "st": f"Sentinel State{n}",
        "zp": f"98765-43{n:02d}",
        "country": COUNTRIES[n % len(COUNTRIES)],
        "external_id": f"Sentinel-User-{n}",
        "hashed_maids": f"{n:08d}-CAFE-BABE-FEED-DEADBEEF0123",
        "ip": f"203.0.113.{n}",
    }[key]


def traces(value):
    """Give the forms in which a value would be recognised: as it is, in lower case, its letters and digits, its digits."""
    digits = re.sub(r"\D", "", value)
    return {value, value.lower(), re.sub(r"[^a-z0-9]", "", value.lower()), *([digits] if len(digits) >= 7 else [])}


VALUES = {place: sentinel(n, place[1]) for n, place in enumerate(PRIVATE)}


def values_of(spec):
    """Give the values at the places that *spec* itself reads: what another spec takes for personal may be none to it."""
    mine = set(path_sources(SPECS[spec]))
    return {place: value for place, value in VALUES.items() if place in mine}


FORMS = {
    "as it is": lambda value: value,
    "in a list": lambda value: [value],
    "in lists": lambda value: [[], [[value], value.upper()]],
    "in an object": lambda value: {"value": value},
    "beside nonsense": lambda value: ["n/a", {"x": value}, 7, value],
}


def said(destination, event):
    """Give all that comes out of *event*, as lower-case text; the IP address only where it is meant to be."""
    conversion = destination.transform(event)
    explanation = destination.explain(event)
    payloads = json.loads(json.dumps([conversion.pintrk, conversion.capi]))
    for payload in payloads[1]:
        payload["user_data"].pop("client_ip_address", None)
    masked = [(field.source, *(stage.shown() for stage in field.stages)) for field in explanation.fields if field.field != "client_ip_address"]
    problems = [*conversion.problems, *explanation.problems]
    return json.dumps([payloads, list(map(str, problems)), repr(problems), masked], ensure_ascii=False).lower()


def leaked(destination, event, values):
    """List the values of which a trace comes out of *event*."""
    text = re.sub(r"[0-9a-f]{64}", "", said(destination, event))
    return [value for value in values if any(trace.lower() in text for trace in traces(value))]


def told_of(destination):
    """List the values of which a trace is in what a destination that has seen them tells of itself."""
    text = f"{[*map(str, destination.problems)]} {destination.problems!r} {destination!r}".lower()
    return [value for value in VALUES.values() if any(trace.lower() in text for trace in traces(value))]


def base():
    """Give an event that goes to both channels without any of the sentinels."""
    return {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": "2026-01-15T10:00:00Z", "channel": "web", "context": {"device": {"advertisingId": "0" * 63 + "1"}}}


@pytest.mark.parametrize("identity", ["auto", "hashed"])
@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("form", FORMS)
def test_no_place_leaks(spec, identity, form, caplog):
    """A value at a place of personal data leaves as a digest or not at all, alone there or with all the others."""
    caplog.set_level(logging.DEBUG)
    destination = Destination({"spec": spec, "identity": identity, "enhanced_match": list(KEYS)[:-1]}, clock=lambda: NOW)
    everything = base()
    for (path, _), value in VALUES.items():
        plant(everything, path, FORMS[form](value))
    for (path, key), value in values_of(spec).items():
        event = base()
        plant(event, path, FORMS[form](value))
        for call in ("track", "page", "identify"):
            assert leaked(destination, {**event, "type": call}, [value]) == [], (path, key, call)

    assert leaked(destination, everything, VALUES.values()) == []
    assert leaked(destination, {**everything, "type": "identify"}, VALUES.values()) == []
    assert told_of(destination) == []
    assert caplog.text == ""


def spellings(path):
    """Give a path as it is, and with its last name spelt in other ways that a spec may take for the same."""
    head, _, last = path.rpartition(".")
    for name in dict.fromkeys([last, last.upper(), last.capitalize(), last.replace("_", ""), f"{last[:2]}-{last[2:]}", f"{last[:2]} {last[2:]}", f"{last}.0", f"{last}.0.0"]):
        yield f"{head}.{name}"


@pytest.mark.parametrize("kind", ["auto", "text", "number", "json"])
@pytest.mark.parametrize("spec", SPECS)
def test_no_custom_property_leaks(spec, kind):
    """A custom property that names a place of personal data, however it is spelt, brings out a digest or nothing."""
    places = [*values_of(spec)]
    for few in (places[n : n + 12] for n in range(0, len(places), 12)):
        names = [name for path, _ in few if "." in path for name in spellings(path)]
        destination = Destination({"spec": spec, "custom_properties": [{"from": name, "to": f"out{n}", "as": kind} for n, name in enumerate(names)]}, clock=lambda: NOW)
        for form, place in product(("as it is", "in lists"), few):
            event = base()
            plant(event, place[0], FORMS[form](VALUES[place]))

            assert leaked(destination, event, [VALUES[place]]) == [], (place, form)
        assert told_of(destination) == []


@pytest.mark.parametrize("spec", SPECS)
def test_no_part_that_holds_persons_leaves_as_json(spec):
    """A part that holds a place of personal data is no custom property: as JSON it is refused, else it gives nothing."""
    mine = values_of(spec)
    parts = {".".join(split(path)[:n]) for path, _ in mine for n in range(1, path.count(".") + 1)} - {"properties", "params"}
    event = base()
    for (path, _), value in mine.items():
        plant(event, path, value)

    for part in sorted(parts):
        destination = Destination({"spec": spec, "custom_properties": [part]}, clock=lambda: NOW)
        assert leaked(destination, event, VALUES.values()) == []
        for spelt in (part, part.title().replace("Context", "context").replace("Traits", "traits", 1), f"{part[:-1]}-{part[-1]}"):
            try:
                destination = Destination({"spec": spec, "custom_properties": [{"from": spelt, "as": "json"}]}, clock=lambda: NOW)
            except SettingsError:
                continue
            assert leaked(destination, event, VALUES.values()) == [], spelt
            assert told_of(destination) == []


ADDRESSES = ["sentinel.mail@example.com", "Sentinel.Mail@Example.COM", "sentinel.mail+tag@example.com", "o'sentinel.mail@example.com"]
PHRASES = st.sampled_from(["{}", "write to {}!", "<{}>", "a={}&b=1", "https://shop.example.com/?to={}", '{{"x": "{}"}}', "{},{}", "mailto:{}", "\n{}\t"])


@given(realistic(), st.data())
def test_no_address_leaks_from_a_plain_field(event, data):
    """An e-mail address in a value that is not meant for one leaves as its digest, wherever it hides in the text."""
    destination = DESTINATION
    phrase = data.draw(PHRASES)
    address = data.draw(st.sampled_from(ADDRESSES))
    path = data.draw(st.sampled_from(PLAIN))
    plant(event, path, phrase.replace("{}", address).replace("{{", "{").replace("}}", "}"))

    assert "sentinel.mail" not in said(destination, event)


DESTINATION = Destination(
    {"custom_properties": ["referrer", {"from": "note", "as": "json"}, {"from": "note2", "as": "text"}, {"from": "query", "to": "search_string"}, "a.b"], "event_id": "properties.order_id"},
    clock=lambda: NOW,
)
PLAIN = sorted({path for spec in SPECS.values() for path, transform in path_sources(spec) if transform in ("text", "url", "url_parameter", "cookie")} - {"type"})
PLAIN += ["properties.referrer", "properties.note", "properties.note2", "properties.a.b", "properties.note.deep", "properties.products.name"]


def test_a_digest_is_what_is_sent():
    """The tests above do not pass because nothing is sent: the digests of the values are there."""
    destination = Destination({"enhanced_match": ["em"]}, clock=lambda: NOW)
    event = base()
    plant(event, "traits.email", "Sentinel.Mail1@Example.com")
    wanted = hashlib.sha256(b"sentinel.mail1@example.com").hexdigest()

    assert destination.transform(event).capi[0]["user_data"]["em"] == [wanted]
    assert destination.transform({**event, "type": "identify"}).pintrk == [["set", {"em": wanted}]]
    assert leaked(destination, {**event, "properties": {"coupon": "Sentinel7"}}, ["Sentinel7"]) == ["Sentinel7"]
