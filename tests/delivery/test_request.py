"""Where requests go, and how events are packed and put together."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_destination.delivery.request import Packed, Target, batches, body, pack, target
from pinterest_destination.errors import SettingsError
from pinterest_destination.settings import Settings

V5 = {"ad_account_id": "549755885175", "conversion_token": "pina_EXAMPLE"}
V3 = {"advertiser_id": "429047995", "api_version": "v3"}
EVENT = {"event_name": "checkout", "event_id": "m-1", "action_source": "web", "event_time": 1795341600, "user_data": {}}


@pytest.mark.parametrize(
    ("document", "key", "url", "limit"),
    [
        (V5, "v5/549755885175", "https://api.pinterest.com/v5/ad_accounts/549755885175/events", 1000),
        (V5 | {"test_mode": True}, "v5/549755885175/test", "https://api.pinterest.com/v5/ad_accounts/549755885175/events?test=true", 20),
        (V3, "v3/429047995", "https://ct.pinterest.com/events/v3", 1000),
        (V3 | {"test_mode": True}, "v3/429047995/test", "https://ct.pinterest.com/events/v3?test=true", 20),
    ],
)
def test_settings_name_a_target(document, key, url, limit):
    """Version, account and test flag make the address, the name in the outbox, and the size of a batch."""
    found = target(Settings.load(document))

    assert (found.key, found.url, found.limit) == (key, url, limit)


@pytest.mark.parametrize(
    ("document", "key", "url"),
    [
        (V5, "v5/549755885175@http://127.0.0.1:8090", "http://127.0.0.1:8090/v5/ad_accounts/549755885175/events"),
        (V3 | {"test_mode": True}, "v3/429047995/test@http://127.0.0.1:8090", "http://127.0.0.1:8090/events/v3?test=true"),
    ],
)
def test_another_server_is_another_destination(document, key, url):
    """What waits for a sandbox in an outbox never goes to Pinterest, and what a sandbox took does not count as delivered."""
    found = target(Settings.load(document | {"delivery": {"base_url": "http://127.0.0.1:8090/"}}))

    assert (found.key, found.url) == (key, url)


def test_pinterests_own_server_may_be_named():
    """It is the same destination as without a name."""
    named = Settings.load(V5 | {"delivery": {"base_url": "https://api.pinterest.com/"}})

    assert target(named) == target(Settings.load(V5)) == Target("v5", "549755885175", False, "https://api.pinterest.com")


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        (
            {},
            [
                "settings#/ad_account_id: found nothing; expected the ad account's id, which delivery with api_version \"v5\" needs",
                "settings#/conversion_token: found nothing; expected the token, which delivery with api_version \"v5\" needs",
            ],
        ),
        (
            V5 | {"conversion_token": {"env": "PINTEREST_NO_SUCH_VARIABLE"}},
            ["settings#/conversion_token/env: found an environment variable that is not set; expected a variable that holds the token"],
        ),
        (
            V5 | {"api_version": "v3"},
            ["settings#/advertiser_id: found nothing; expected the advertiser's id, which delivery with api_version \"v3\" needs"],
        ),
    ],
)
def test_every_setting_that_delivery_lacks_is_told(document, lines, monkeypatch):
    """With its name, before anything is sent."""
    monkeypatch.delenv("PINTEREST_NO_SUCH_VARIABLE", raising=False)

    with pytest.raises(SettingsError) as caught:
        target(Settings.load(document))

    assert str(caught.value).splitlines() == lines


def test_the_advertiser_needs_no_token():
    """V3 has no authorization: the id stands in each event."""
    assert target(Settings.load(V3)).account == "429047995"


def test_an_event_is_packed_as_compact_ascii():
    """Ready to be joined; its id, its name and whether it is offline are known without reading it again."""
    event = {**EVENT, "custom_data": {"content_name": "Tasse, blå"}}
    packed = pack(event)

    assert packed == Packed("m-1", "checkout", False, packed.text)
    assert packed.text.isascii()
    assert ": " not in packed.text
    assert json.loads(packed.text) == event


def test_an_offline_event_is_known_as_one():
    """Pinterest cannot remove its duplicates, so it is retried with more care."""
    assert pack({**EVENT, "action_source": "offline"}).offline


class Odd:
    """What JSON has not."""


circular: list[object] = []
circular.append(circular)
deep: list[object] = []
for _ in range(100_000):
    deep = [deep]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"custom_data": {"value": float("nan")}}, "JSON has not"),
        ({"custom_data": {"value": float("inf")}}, "JSON has not"),
        ({"custom_data": Odd()}, "JSON has not"),
        ({"custom_data": {b"k": 1}}, "JSON has not"),
        ({"custom_data": circular}, "JSON has not"),
        ({"custom_data": deep}, "too deep"),
        ({"event_id": None}, "no event_id"),
        ({"event_id": 7}, "no event_id"),
        ({"event_id": " "}, "no event_id"),
        ({"event_id": "jane\ud800"}, "event_id that is no valid Unicode"),
        ({"event_name": ""}, "no event_name"),
    ],
    ids=["NaN", "infinity", "object", "bytes key", "circular", "deep", "null id", "number", "blank id", "surrogate", "no name"],
)
def test_what_cannot_be_sent_is_refused_in_fixed_words(change, words):
    """The message holds nothing of the event, and no other exception hangs on it."""
    with pytest.raises(ValueError, match=words) as caught:
        pack({**EVENT, **change})

    assert "jane" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_body_is_the_events_in_data():
    """What was packed is not parsed again; no events make an empty list."""
    events = [{**EVENT, "event_id": f"m-{number}"} for number in range(3)]

    assert json.loads(body(pack(event).text for event in events)) == {"data": events}
    assert body([]) == b'{"data":[]}'


def texts(*sizes):
    """Give items of these sizes."""
    return [Packed(str(number), "lead", False, "x" * size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "limit", "max_bytes", "cut"),
    [
        ((), 3, 100, []),
        ((1,), 3, 100, [1]),
        ((1, 1, 1, 1), 3, 100, [3, 1]),
        ((1, 1, 1), 1, 100, [1, 1, 1]),
        ((10, 10, 10), 9, 11 + 21, [2, 1]),
        ((10, 10, 10), 9, 11 + 20, [1, 1, 1]),
        ((10, 10, 10), 9, 11 + 32, [3]),
        ((1, 500, 1, 1), 9, 100, [1, 1, 2]),
        ((500, 500), 9, 100, [1, 1]),
        ((5, 5), 9, 1, [1, 1]),
    ],
)
def test_batches_hold_as_many_as_fit(sizes, limit, max_bytes, cut):
    """In order; by number and by the bytes of the whole body; what is too long stands alone."""
    items = texts(*sizes)
    found = list(batches(items, limit, max_bytes))

    assert [len(batch) for batch in found] == cut
    assert [item for batch in found for item in batch] == items


def test_batches_come_as_items_do():
    """An endless stream is no trouble; the size of other items is given by a function."""
    stream = iter(lambda: "four", None)

    assert next(batches(stream, 3, 1000, len)) == ("four",) * 3


@pytest.mark.property
@given(st.lists(st.integers(0, 60)), st.integers(1, 10), st.integers(1, 150))
def test_no_batch_is_too_large_or_too_small(sizes, limit, max_bytes):
    """Nothing is lost or reordered; every body of more than one event fits; the next event would not have."""
    items = texts(*sizes)
    found = list(batches(items, limit, max_bytes))
    bodies = [len(body(item.text for item in batch)) for batch in found]

    assert [item for batch in found for item in batch] == items
    assert all(len(batch) <= limit for batch in found)
    assert all(size <= max_bytes or len(batch) == 1 for batch, size in zip(found, bodies, strict=True))
    for batch, size, after in zip(found, bodies, found[1:], strict=False):
        assert len(batch) == limit or size + 1 + len(after[0].text) > max_bytes
