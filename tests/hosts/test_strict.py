"""Strict mode of the HTTP service: for all settings, or for those that ask for it, with the same word on every route."""

import json

import pytest

from pinterest_destination.hosts import _http_metrics as metrics
from pinterest_destination.hosts.cache import Destinations
from pinterest_destination.plan import Plan
from pinterest_destination.testing import Sandbox

from .http_service import PROCESS, ROUTE, TRANSFORM, job, order

SAID = "the schema refuses the payload at /wifi"


def odd(number=2):
    """An order that the fixture of that name gives a bad payload."""
    return order(number, properties={"order_id": "refusable"})


def codes(reply):
    """The codes of the problems of each conversion."""
    return [[problem["code"] for problem in made["problems"]] for made in reply.json["conversions"]]


@pytest.mark.parametrize(("strict", "setting", "refused"), [(None, False, False), (None, True, True), (True, False, True), (False, True, False)])
@pytest.mark.parametrize("named", [True, False], ids=["named settings", "settings in the request"])
def test_the_service_decides_before_the_settings(serve_here, tmp_path, refusable, strict, setting, refused, named):
    """And where it does not, the settings do: those in the directory, and those that come with a request."""
    settings = {"strict": setting}
    (tmp_path / "shop.json").write_text(json.dumps(settings))
    reply = serve_here(settings_dir=tmp_path, strict=strict).post(TRANSFORM, {"settings": "shop" if named else settings, "events": [order(1), odd()]})

    assert codes(reply) == [[], ["invalid_payload"] if refused else []]
    assert [len(made["capi"]) for made in reply.json["conversions"]] == [1, 0 if refused else 1]


def test_rudderstacks_routes_refuse_the_event(serve_here, refusable):
    """With status 400 and the place, and only that one."""
    jobs = [job(1), job(2, message=odd())]
    service = serve_here(strict=True)
    processed = service.post(PROCESS, jobs).json
    routed = service.post(ROUTE, {"input": jobs, "destType": "pinterest_tag"}).json["output"]

    assert [entry["statusCode"] for entry in processed] == [200, 400]
    assert sorted(entry["statusCode"] for entry in routed) == [200, 400]
    for entries in (processed, routed):
        assert [SAID in entry["error"] for entry in entries if entry["statusCode"] == 400] == [True]


def test_rudderstacks_routes_tell_of_a_part(serve_here, monkeypatch):
    """Of two payloads one is refused: the processor has an entry for it, and the router a note, which the delivery tells with 296; both are counted."""
    convert = Plan.convert

    def broken(self, event, now, **channels):
        calls, events, problems = convert(self, event, now, **channels)
        return calls, [{**made, "wifi": "yes"} if made["event_name"] == "lead" else made for made in events], problems

    monkeypatch.setattr(Plan, "convert", broken)
    both = [{"from": "Order Completed", "to": name} for name in ("checkout", "lead")]
    one = job(1)
    one["destination"]["Config"]["eventsMapping"] = both
    jobs = [one]
    with Sandbox(token=None) as pinterest:
        service = serve_here(strict=True, pinterest_url=pinterest.url)
        processed = service.post(PROCESS, jobs).json
        (routed,) = service.post(ROUTE, {"input": jobs, "destType": "pinterest_tag"}).json["output"]
        delivered = service.post("/v1/destinations/pinterest_tag/proxy", {**routed["batchedRequest"], "metadata": routed["metadata"]}).json["output"]
    told = delivered["response"][0]
    counted = {(route, outcome): service.board.value(metrics.RESULTS, route, outcome) for route in ("/{version}/destinations/{destination}", ROUTE) for outcome in ("good", "refused")}

    assert [(entry["statusCode"], SAID in entry.get("error", "")) for entry in processed] == [(200, False), (400, True)]
    assert (routed["statusCode"], [made["event_name"] for made in routed["batchedRequest"]["body"]["JSON"]["data"]]) == (200, ["checkout"])
    assert (told["statusCode"], told["error"]) == (296, f"a part is not sent: message: {SAID}")
    assert set(counted.values()) == {1}


def test_a_cache_may_make_all_destinations_strict(refusable):
    """For a transformer process of one's own, whose settings have no such key."""
    strict, usual = (Destinations(strict=each).get({"tagId": "2612345678901"}) for each in (True, None))

    assert [problem.code for problem in strict.transform(odd()).problems] == ["invalid_payload"]
    assert usual.transform(odd()).ok
