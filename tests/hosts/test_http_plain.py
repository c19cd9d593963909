"""The plain API over HTTP: events and settings in, conversions out, and every error with a code and a place."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict

from pinterest_destination import Destination
from pinterest_destination._resources import read_json, schemas
from pinterest_destination.hosts.http import LABELS, ROUTES

from .http_service import TRANSFORM, ask, order

SETTINGS = {"tag_id": "2612345678901", "ad_account_id": "549755885175"}


@pytest.fixture
def folder(tmp_path):
    """A directory with settings of one name."""
    made = tmp_path / "settings"
    made.mkdir()
    (made / "shop.json").write_text(json.dumps(SETTINGS))
    return made


def error(reply):
    """Status, code and pointer."""
    return reply.status, reply.json["error"]["code"], reply.json["error"]["pointer"]


@pytest.mark.parametrize("to", ["both", "pintrk", "capi"])
def test_events_become_conversions(service, to):
    """One for each, in order, as transform() makes them."""
    events: list[Any] = [order(1), {"type": "group"}, 7, None, order(2, event="Fancy Thing")]
    reply = service.post(TRANSFORM, {"settings": SETTINGS, "events": events, "to": to})
    made = [Destination(SETTINGS).transform(event, to) for event in events]

    assert reply.status == 200
    assert reply.json == {
        "conversions": [{"pintrk": each.pintrk, "capi": each.capi, "problems": [asdict(problem) for problem in each.problems]} for each in made]
    }


def test_both_channels_are_the_default(service):
    """As everywhere in this package."""
    reply = service.post(TRANSFORM, {"settings": SETTINGS, "events": [order(1)]})

    assert reply.json["conversions"][0]["pintrk"]
    assert reply.json["conversions"][0]["capi"]


def test_settings_of_other_tools_are_understood(service):
    """By their keys."""
    reply = service.post(TRANSFORM, {"settings": {"tagId": "1", "eventsMapping": [{"from": "Trial", "to": "Signup"}]}, "events": [order(1, event="Trial")], "to": "pintrk"})

    assert reply.json["conversions"][0]["pintrk"][0][1] == "Signup"


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ([], "", "expected an object with settings and events"),
        ({"settings": {}, "events": [], "too": 1}, "", "expected no keys but settings, events, to"),
        ({"settings": {}, "events": [], "": 1}, "", "expected no keys but settings, events, to"),
        ({"events": []}, "/settings", "expected the name of settings, or an object with them"),
        ({"settings": [], "events": []}, "/settings", "expected the name of settings, or an object with them"),
        ({"settings": {}}, "/events", "expected a list of events"),
        ({"settings": {}, "events": {}}, "/events", "expected a list of events"),
        ({"settings": {}, "events": [], "to": "all"}, "/to", "expected one of both, pintrk, capi"),
        ({"settings": {}, "events": [], "to": ["capi"]}, "/to", "expected one of both, pintrk, capi"),
    ],
)
def test_what_is_no_request_is_told(service, body, place, message):
    """With its place."""
    reply = service.post(TRANSFORM, body)

    assert (*error(reply), reply.json["error"]["message"]) == (400, "invalid_request", place, message)


def test_wrong_settings_are_told_all_at_once(service):
    """With the place of the first, and a list of all."""
    reply = service.post(TRANSFORM, {"settings": {"tag_id": "x", "apiversion": "v5"}, "events": []})

    assert error(reply) == (422, "invalid_settings", "/settings/tag_id")
    assert [(fault["pointer"], fault["suggestion"]) for fault in reply.json["error"]["faults"]] == [("/tag_id", ""), ("/apiversion", "api_version")]


@pytest.mark.parametrize("secret", [{"env": "HOME"}, {"file": "/etc/hostname"}])
def test_settings_that_come_with_a_request_reach_for_nothing(service, secret):
    """Neither the environment nor files of this process, nor specs from paths."""
    reply = service.post(TRANSFORM, {"settings": {"conversion_token": secret}, "events": []})
    spec = service.post(TRANSFORM, {"settings": {"spec": "/etc/spec.json"}, "events": []})

    assert error(reply) == (422, "invalid_settings", "/settings/conversion_token")
    assert error(spec) == (422, "invalid_settings", "/settings/spec")


def test_settings_have_names_in_the_directory(serve_here, folder, monkeypatch):
    """These are the host's own, and may refer to its environment."""
    monkeypatch.setenv("EXAMPLE_TOKEN", "pina_EXAMPLE")
    (folder / "second.shop-2.json").write_text(json.dumps({"conversion_token": {"env": "EXAMPLE_TOKEN"}, "event_map": {"Trial": "Signup"}}))
    service = serve_here(settings_dir=folder)
    replies = [service.post(TRANSFORM, {"settings": name, "events": [order(1, event="Trial")], "to": "pintrk"}) for name in ("shop", "second.shop-2")]

    assert [reply.json["conversions"][0]["pintrk"][0][1] for reply in replies] == ["Trial", "Signup"]


@pytest.mark.parametrize(
    "name",
    ["gone", "", ".", "..", "../settings/shop", "/etc/passwd", "shop.json", "shop/../shop", "%73hop", "shop\0", "shop\n", "Ⓢhop", ".hidden", "a" * 101, "folder"],
)
def test_a_name_is_no_path(serve_here, folder, name):
    """Nothing outside the directory, nothing hidden, and nothing that is no file of that very name."""
    (folder / ".hidden.json").write_text("{}")
    (folder / "folder.json").mkdir()
    reply = serve_here(settings_dir=folder).post(TRANSFORM, {"settings": name, "events": []})

    assert error(reply) == (404, "unknown_settings", "/settings")


def test_without_a_directory_there_are_no_names(service):
    """And the answer says why."""
    reply = service.post(TRANSFORM, {"settings": "shop", "events": []})

    assert error(reply) == (404, "unknown_settings", "/settings")
    assert "--settings-dir" in reply.json["error"]["message"]


def event_of(reply):
    """The name that the first event has for the tag."""
    return reply.json["conversions"][0]["pintrk"][0][1]


def test_a_change_counts_with_the_next_request(serve_here, folder):
    """Also one right after another, of the same length; what cannot be used leaves what was there before."""
    service = serve_here(settings_dir=folder)
    path = folder / "shop.json"
    body = {"settings": "shop", "events": [order(1, event="Trial")], "to": "pintrk"}
    names = []
    for target in ("Signup", "Search", "Signup"):
        path.write_text(json.dumps({"event_map": {"Trial": target}}))
        names.append(event_of(service.post(TRANSFORM, body)))
    path.write_text('{"event_map": ')
    names.append(event_of(service.post(TRANSFORM, body)))
    path.write_text(json.dumps({"event_map": {"Trial": "Lead"}}))
    names.append(event_of(service.post(TRANSFORM, body)))
    path.unlink()
    gone = service.post(TRANSFORM, body)

    assert names == ["Signup", "Search", "Signup", "Signup", "Lead"]
    assert error(gone) == (404, "unknown_settings", "/settings")
    reads = [(line["result"], line["settings"]) for line in service.lines() if "settings" in line["message"]]
    assert reads == [("new", "shop"), ("changed", "shop"), ("changed", "shop"), ("refused", "shop"), ("changed", "shop")]


def test_settings_that_never_were_good_answer_their_newest_faults(serve_here, folder):
    """The log claims that good ones stay only where there were some."""
    service = serve_here(settings_dir=folder)
    path = folder / "shop.json"
    body = {"settings": "shop", "events": [order()], "to": "pintrk"}
    pointers = []
    for settings in ({"tag_id": "x"}, {"tag_id": "1", "ad_account_id": "y"}, {"tag_id": "1"}, {"tag_id": "x"}):
        path.write_text(json.dumps(settings))
        answer = service.post(TRANSFORM, body)
        pointers.append([fault["pointer"] for fault in answer.json["error"]["faults"]] if answer.status != 200 else None)

    assert pointers == [["/tag_id"], ["/ad_account_id"], None, None]
    told = [line["message"] for line in service.lines() if "settings" in line["message"]]
    assert told == ["settings cannot be used", "settings cannot be used", "settings read", "settings cannot be used, those before stay"]


def test_a_spec_of_ones_own_is_watched_too(serve_here, folder):
    """With the document that it extends."""
    (folder / "shop.json").write_text('{"spec": "specs/mine.json"}')
    (folder / "specs").mkdir()
    (folder / "specs" / "mine.json").write_text(json.dumps({"kind": "spec", "name": "mine", "extends": "base.json"}))

    def write_base(event):
        rule = {"type": "track", "event": ["Trial"], "to": [{"event": event}]}
        (folder / "specs" / "base.json").write_text(json.dumps({"kind": "spec", "name": "base", "extends": "ecommerce", "events": [rule]}))

    service = serve_here(settings_dir=folder)
    body = {"settings": "shop", "events": [order(1, event="Trial")], "to": "pintrk"}
    write_base("signup")
    first = service.post(TRANSFORM, body)
    write_base("search")
    second = service.post(TRANSFORM, body)

    assert (event_of(first), event_of(second)) == ("Signup", "Search")


def test_settings_that_never_could_be_used_are_the_hosts_to_mend(serve_here, folder):
    """500, with every fault, and without the name of the file."""
    (folder / "shop.json").write_text('{"tag_id": "x"}')
    service = serve_here(settings_dir=folder)
    reply = service.post(TRANSFORM, {"settings": "shop", "events": []})

    assert error(reply) == (500, "unusable_settings", "/settings")
    assert [fault["pointer"] for fault in reply.json["error"]["faults"]] == ["/tag_id"]
    assert str(folder) not in reply.body.decode()


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="a file that nobody can read, on Linux")  # noqa: PTH110
def test_settings_that_cannot_be_read_are_told(serve_here, folder):
    """As those that cannot be used."""
    (folder / "broken.json").symlink_to("/proc/self/mem")

    assert error(serve_here(settings_dir=folder).post(TRANSFORM, {"settings": "broken", "events": []})) == (500, "unusable_settings", "/settings")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1", (404, "not_found", "")),
        ("GET", "/nowhere", (404, "not_found", "")),
        ("GET", "/health/", (404, "not_found", "")),
        ("POST", "/health", (405, "method_not_allowed", "")),
        ("GET", TRANSFORM, (405, "method_not_allowed", "")),
        ("TRACE", "/version", (405, "method_not_allowed", "")),
    ],
)
def test_what_is_not_there_is_told(service, method, path, expected):
    """With the methods that are allowed, where only the method is wrong."""
    reply = ask(service.port, method, path)

    assert error(reply) == expected
    assert ("allow" in reply.headers) is (reply.status == 405)


def test_a_mistake_of_ours_is_500_without_a_word_of_it(service, monkeypatch):
    """The log has its kind and place, and nothing of its text either."""

    def fail(*_):
        raise ValueError("jane@example.com")

    monkeypatch.setattr(service.service.destinations, "get", fail)
    reply = service.post(TRANSFORM, {"settings": {}, "events": []})
    (fault,) = [line for line in service.lines() if "error" in line]

    assert error(reply) == (500, "internal_error", "")
    assert (fault["error"], fault["place"].partition(":")[0]) == ("ValueError", "test_http_plain.py")
    assert b"jane" not in reply.body + service.log.read_bytes()


def test_the_description_is_served(service):
    """As it stands in schemas/."""
    reply = service.get("/openapi.json")

    assert reply.headers["content-type"] == "application/json"
    assert reply.json == read_json(schemas() / "openapi.json")


def test_the_table_of_routes_is_on_its_page():
    """Every route, once."""
    page = (Path(__file__).parents[2] / "docs" / "hosts" / "http.md").read_text("utf-8")

    assert [row.path for row in ROUTES if f"`{row.method} {row.path}`" not in page] == []
    assert len(set(LABELS)) == len(ROUTES) + 1
