"""The log: one line of JSON for each request, and nowhere a word of what requests hold."""

import json
import logging
import os
import re

import pytest

from pinterest_destination.hosts._http_log import Log

from .http_service import PROCESS, ROUTE, TRANSFORM, job, order

PLANTED = ("jane.planted@example.com", "pina_PLANTED_TOKEN", "+1 555 0100 177", "203.0.113.99", "Plantedname", "planted-query", "PlantedAgent")


@pytest.fixture
def log(tmp_path):
    """A log, and what gives its lines."""
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    yield Log(descriptor, clock=lambda: 1_768_478_400.5), lambda: [json.loads(line) for line in path.read_text().splitlines()]
    os.close(descriptor)


def test_a_line_is_json_with_the_time_and_what_happened(log):
    """In UTC, with the process."""
    log[0].write("info", "listening", workers=2)

    assert log[1]() == [{"time": "2026-01-15T12:00:00.500Z", "level": "info", "message": "listening", "process": os.getpid(), "workers": 2}]


def test_a_quiet_log_has_no_word_of_what_goes_well(tmp_path):
    """Only warnings and errors."""
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    for level in ("info", "warning", "error"):
        Log(descriptor, quiet=True).write(level, f"of level {level}")
    os.close(descriptor)

    assert [json.loads(line)["level"] for line in path.read_text().splitlines()] == ["warning", "error"]


def test_a_log_that_cannot_be_written_stops_nobody(log):
    """A pipe whose reader has gone, or a full disk."""
    reader, writer = os.pipe()
    os.close(reader)
    Log(writer).write("info", "listening")
    os.close(writer)


def test_nobody_waits_for_a_reader_that_has_come_to_a_halt():
    """Lines are left out, and once there is room again, the next one says how many."""
    reader, writer = os.pipe()
    log = Log(writer)
    for number in range(5000):
        log.write("info", "request", number=number)
    with os.fdopen(reader, "rb", buffering=0) as file:
        early = file.read(2**20)
        log.write("info", "request", number=5000)
        os.close(writer)
        late = file.read(2**20)

    assert late.endswith(b'"number":5000,"left_out":%d}\n' % (5000 - len(early.splitlines())))


def test_of_an_exception_only_kind_and_place_are_told(log):
    """Its text may hold values; one that was never raised has no place."""
    try:
        int("jane@example.com")
    except ValueError as error:
        log[0].fault("a request met a mistake in the plugin", error)
    log[0].fault("another", KeyError("jane@example.com"))
    first, second = log[1]()

    assert (first["error"], re.sub(r"\d+", "N", first["place"])) == ("ValueError", "test_http_log.py:N")
    assert (second["error"], second["place"]) == ("KeyError", "")


def test_what_libraries_say_loses_its_arguments(log):
    """Their messages stand in their source; what they fill in may be anything."""
    log[0].take_over()
    try:
        logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
        logging.getLogger("uvicorn.error").error("Cancel %s", "jane@example.com")
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=ValueError("jane@example.com"))
        logging.getLogger("asyncio").error("Task exception was never retrieved: jane@example.com")
        logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
    finally:
        for name in ("uvicorn.error", "asyncio"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True

    assert [(line["level"], line["message"], line.get("error")) for line in log[1]()] == [
        ("warning", "Unsupported upgrade request.", None),
        ("error", "Cancel %s", None),
        ("error", "Exception in ASGI application", "ValueError"),
        ("error", "a fault in the event loop", None),
    ]


def test_a_request_is_one_line(service):
    """With its route, not its path, and numbers alone."""
    body = [job(1), job(2, message=None)]
    service.post(PROCESS, body)
    (line,) = service.lines()

    assert line.pop("milliseconds") > 0
    assert line.pop("sent") > 100
    assert line.pop("time")
    assert line == {
        "level": "info",
        "message": "request",
        "process": os.getpid(),
        "method": "POST",
        "route": "/{version}/destinations/{destination}",
        "status": 200,
        "received": len(json.dumps(body)),
        "events": 2,
        "results": {"good": 1, "refused": 1},
    }


def test_nothing_that_a_request_holds_is_logged(serve_here, tmp_path):
    """Addresses, tokens, names and queries, in every part of every request, searched for byte by byte; neither are they metrics."""
    email, token, phone, address, name, query, agent = PLANTED
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "shop.json").write_text(json.dumps({"conversion_token": token, email: name}))
    service = serve_here(settings_dir=folder)
    person = {"email": email, "phone": phone, "firstName": name}
    context = {"traits": person, "ip": address, "userAgent": agent}
    message = order(1, context=context, properties={email: email, "value": email, "products": [{"price": email}, email]})
    whole = job(1, message=message)
    whole["destination"]["Config"] |= {"conversionToken": token, email: email}
    whole["metadata"]["secret"] = {"token": token}
    headers = {"user_agent": agent, "authorization": f"Bearer {token}", "x_request_id": email, "x_feature_odd": email, "cookie": email}
    bodies = [[whole], {"input": [whole], "destType": email}, {"input": [whole]}, [email], {email: email}, email.encode(), f'["{email}'.encode(), f'[{email}'.encode(), f'{{"{email}": 1e9999}}'.encode()]
    for path in (PROCESS, f"/{email}/destinations/{email}", ROUTE, "/batch", "/v0/destinations/pinterest_tag/proxy", "/v1/destinations/pinterest_tag/proxy", TRANSFORM, f"/{email}"):
        for body in bodies:
            service.post(f"{path}?{query}={email}", body, **headers)
    for settings in ({"conversion_token": token, email: email, "tag_id": email}, {"event_map": {email: email}}, "shop", email):
        service.post(TRANSFORM, {"settings": settings, "events": [message, email, {email: email}], "to": "both"}, **headers)
        service.post(TRANSFORM, {"settings": settings, "events": [email], "to": email, email: email}, **headers)
    service.post(TRANSFORM, b"{}", content_type=email, content_encoding=email)
    service.post(ROUTE, b"{}", **{"oauth-secret": email})
    service.post_gzip(PROCESS, json.dumps([whole]).encode())
    service.post(PROCESS, email.encode(), content_encoding="gzip")
    written = service.log.read_bytes() + service.board.page()

    assert len(service.lines()) > 80
    assert [word for word in PLANTED if word.encode() in written] == []


@pytest.mark.parametrize(("settings", "lines"), [({}, 0), ({"log": "debug"}, 0), ({"log": "debug", "test_mode": True}, 2), ({"log": "always"}, 2)])
def test_each_event_is_a_line_where_the_settings_ask_for_it(service, settings, lines):
    """By its place in the request, with numbers and codes; for test events only, or always."""
    service.post(TRANSFORM, {"settings": settings, "events": [order(1), 7]})
    told = [line for line in service.lines() if line["message"] == "event"]

    assert [(line["index"], line["ok"], line["pintrk"], line["capi"], line["problems"]) for line in told] == [
        (0, True, 1, 1, []), (1, False, 0, 0, ["invalid_event"]),
    ][:lines]  # fmt: skip
